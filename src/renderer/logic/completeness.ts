/** Per layer: what its contributions sum to, and whether that is what there is to explain. */
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { layerShares, trustOf } from '../../contract/words/accuracy';
import { drowns } from '../../contract/words/alarms';
import { number, signed } from './format';
import { examplePlace } from './ranking';

export interface LayerSum {
  readonly layer: LayerRecord;
  readonly sum: number;
  /** Sum − (F(x) − F(x')); null where nothing is promised: beside a skip, or by a method without completeness. */
  readonly residual: number | null;
  /** Estimated L1 error over the layer's units and over its neurons, and as shares of their totals; null without an estimate. */
  readonly error: {
    readonly units: number;
    readonly unitsShare: number;
    readonly neurons: number;
    readonly neuronsShare: number;
  } | null;
  /** The residual is beyond the tolerance. */
  readonly broken: boolean;
}

export interface LayerSums {
  readonly rows: readonly LayerSum[];
  /** F(x) − F(x') */
  readonly delta: number;
  /** How far rounding leaves that open; null where it is not known. */
  readonly uncertainty: number | null;
  /** Whether it is no more than rounding may have made it: nothing is judged by it. */
  readonly drowned: boolean;
  /** Relative to `delta`. */
  readonly tolerance: number;
  /** Largest |sum|, and room for `delta`: the bars' scale. */
  readonly extent: number;
  /** The first cut in the order of the graph whose residual is beyond the tolerance. */
  readonly firstBroken: LayerSum | null;
  /** Largest |residual|. */
  readonly worst: number;
  readonly judged: number;
  /**
   * The layer whose units' errors are the largest of those that say nothing yet: above what is to be explained, or no smaller than
   * a good share of the layer itself. Sums that are right do not speak for these. Null where all units are resolved.
   */
  readonly unresolved: LayerSum | null;
}

/**
 * How large a residual may be before it counts; without a difference to compare with, none does, nor does one that rounding of
 * the difference explains.
 */
export const beyond = (residual: number, delta: number, tolerance: number, uncertainty = 0): boolean =>
  Math.abs(delta) > Math.max(1e-9, uncertainty) &&
  Math.abs(residual) > Math.max(tolerance * Math.abs(delta), uncertainty);

/** @returns null where the run did not take the example */
export function layerSums(run: RunRecord, example: number, tolerance: number): LayerSums | null {
  const place = examplePlace(run, example);
  if (place < 0) return null;
  const delta = run.result.delta[place]!;
  const uncertainty = run.result.deltaUncertainty?.[place] ?? null;
  const rows = run.layers.map((layer): LayerSum => {
    const residual = layer.residual ? layer.residual[place]! : null;
    return {
      layer,
      sum: layer.sum[place]!,
      residual,
      error: errorOf(layer, place),
      broken: residual !== null && beyond(residual, delta, tolerance, uncertainty ?? 0),
    };
  });
  const judged = rows.filter(({ residual }) => residual !== null);
  return {
    rows,
    delta,
    uncertainty,
    drowned: Math.abs(delta) < 1e-9 || drowns(run.result, place),
    tolerance,
    extent: Math.max(Math.abs(delta) * 1.25, ...rows.map(({ sum }) => Math.abs(sum)), 1e-12),
    firstBroken: judged.find(({ broken }) => broken) ?? null,
    worst: Math.max(0, ...judged.map(({ residual }) => Math.abs(residual!))),
    judged: judged.length,
    unresolved: leastResolved(rows, delta),
  };
}

function leastResolved(rows: readonly LayerSum[], delta: number): LayerSum | null {
  const open = rows.filter(
    ({ error }) =>
      error && error.units > 0 && (error.units > Math.abs(delta) || trustOf(error.unitsShare) === 'unresolved'),
  );
  return open.reduce<LayerSum | null>((most, row) => (row.error!.units > (most?.error!.units ?? 0) ? row : most), null);
}

function errorOf(layer: LayerRecord, place: number): LayerSum['error'] {
  const shares = layerShares(layer, place);
  return (
    shares && {
      units: layer.unitsError![place]!,
      unitsShare: shares.units,
      neurons: layer.error![place]!,
      neuronsShare: shares.neurons,
    }
  );
}

/** `F(x) − F(x')` with what rounding leaves open of it, where that is known: `+3.21 ± 2e−6`. */
export const deltaWords = ({ delta, uncertainty }: Pick<LayerSums, 'delta' | 'uncertainty'>, digits = 3): string =>
  `${signed(delta, digits)}${uncertainty === null || uncertainty === 0 ? '' : ` ± ${number(uncertainty, 2)}`}`;
