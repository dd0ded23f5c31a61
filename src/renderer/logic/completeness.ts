/** Per layer: what its contributions sum to, and whether that is what there is to explain. */
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { examplePlace } from './ranking';

export interface LayerSum {
  readonly layer: LayerRecord;
  readonly sum: number;
  /** Sum − (F(x) − F(x')); null where nothing is promised: beside a skip, or by a method without completeness. */
  readonly residual: number | null;
  /** Estimated L1 error over the layer's neurons. */
  readonly error: number | null;
  /** The residual is beyond the tolerance. */
  readonly broken: boolean;
}

export interface LayerSums {
  readonly rows: readonly LayerSum[];
  /** F(x) − F(x') */
  readonly delta: number;
  /** Relative to `delta`. */
  readonly tolerance: number;
  /** Largest |sum|, and room for `delta`: the bars' scale. */
  readonly extent: number;
  /** The first cut in the order of the graph whose residual is beyond the tolerance. */
  readonly firstBroken: LayerSum | null;
  /** Largest |residual|. */
  readonly worst: number;
  readonly judged: number;
}

/** How large a residual may be before it counts; without a difference to compare with, none does. */
export const beyond = (residual: number, delta: number, tolerance: number): boolean =>
  Math.abs(delta) > 1e-9 && Math.abs(residual) > tolerance * Math.abs(delta);

/** @returns null where the run did not take the example */
export function layerSums(run: RunRecord, example: number, tolerance: number): LayerSums | null {
  const place = examplePlace(run, example);
  if (place < 0) return null;
  const delta = run.result.delta[place]!;
  const rows = run.layers.map((layer): LayerSum => {
    const residual = layer.residual ? layer.residual[place]! : null;
    return {
      layer,
      sum: layer.sum[place]!,
      residual,
      error: layer.error ? layer.error[place]! : null,
      broken: residual !== null && beyond(residual, delta, tolerance),
    };
  });
  const judged = rows.filter(({ residual }) => residual !== null);
  return {
    rows,
    delta,
    tolerance,
    extent: Math.max(Math.abs(delta) * 1.25, ...rows.map(({ sum }) => Math.abs(sum)), 1e-12),
    firstBroken: judged.find(({ broken }) => broken) ?? null,
    worst: Math.max(0, ...judged.map(({ residual }) => Math.abs(residual!))),
    judged: judged.length,
  };
}
