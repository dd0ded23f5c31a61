/** The path from baseline to input: where the target rises, where it has saturated, how fast the sums converge. */
import type { AlongPath, Params, RunRecord, RunSetup } from '../../contract/studio';
import { isProvisional } from './provisional';
import { examplePlace, unitCount } from './ranking';
import { targetFor } from './target';

/** Most points that are asked for: a plot shows no more. */
const MOST_STEPS = 256;

/** Even points of a path whose run chose its own, which are not asked for again. */
const ADAPTIVE_STEPS = 64;

/**
 * What a run's path is asked point by point: as the run was, by its rule where it has one, where runs are computed; of an
 * adaptive path at even points.
 */
export const alongRequest = (
  { data, examples, baseline, target, minus, hold, walk, pathStart, memoryMB, backend }: RunSetup,
  { result }: RunRecord,
  example: number,
  steps = result.adaptive ? ADAPTIVE_STEPS : result.steps,
): Params<'alongPath'> => ({
  data,
  example,
  baseline,
  target: targetFor(target, examples, [example]) ?? target,
  backend,
  ...(minus && { minus: targetFor(minus, examples, [example]) ?? minus }),
  ...(hold && { hold }),
  ...(walk && { walk }),
  ...(pathStart !== undefined && { pathStart }),
  ...(memoryMB !== undefined && { memoryMB }),
  rule: result.method === 'nig' ? (result.rule ?? 'secant') : 'secant',
  steps: Math.min(MOST_STEPS, steps),
});

/** Where on the path an adaptive run looked, by its first baseline; none of another run. */
export function adaptivePoints(run: RunRecord, example: number): number[] {
  const [grid] = run.result.adaptive?.examples[examplePlace(run, example)]?.grid ?? [];
  // counted from the input's side where the sign bit is set
  return Array.from(grid ?? [], (point) => (Object.is(point, -0) || point < 0 ? 1 + point : point));
}

export interface TracePoint {
  readonly alpha: number;
  /** F(α) − F(x') */
  readonly expected: number;
}

/** dF/dα between neighbouring points, at their middles. */
export function slopes(trace: readonly TracePoint[]): { alpha: number; slope: number }[] {
  return trace.slice(1).flatMap((point, at) => {
    const before = trace[at]!;
    const width = point.alpha - before.alpha;
    return width > 0
      ? [{ alpha: (point.alpha + before.alpha) / 2, slope: (point.expected - before.expected) / width }]
      : [];
  });
}

/** The stretch of the path on which the middle 90 % of the target's movement happens; null where nothing moves. */
export function activeStretch(trace: readonly TracePoint[]): readonly [number, number] | null {
  let total = 0;
  const moved = trace.map((point, at) => (total += at === 0 ? 0 : Math.abs(point.expected - trace[at - 1]!.expected)));
  if (total === 0) return null;
  const at = (share: number) => trace[moved.findIndex((sum) => sum >= share * total)]!.alpha;
  return [trace[Math.max(0, moved.findIndex((sum) => sum >= 0.05 * total) - 1)]!.alpha, at(0.95)];
}

/** Whether both runs took the example, and it is the same input in both. */
const sameInput = (a: RunRecord, b: RunRecord, example: number): boolean => {
  const [one, other] = [a, b].map(({ asked }) => asked.digests[asked.examples.indexOf(example)]);
  return examplePlace(a, example) >= 0 && one !== undefined && one === other;
};

export interface ConvergencePoint {
  readonly run: RunRecord;
  readonly steps: number;
  /** Σ over units of |value − finest|, over the finest's mass, mean over hidden layers. */
  readonly distance: number;
  /** The run's own error estimate of the units over the same mass, mean over layers; null where it has none. */
  readonly estimate: number | null;
}

const sameQuestion = ({ asked }: RunRecord, other: RunRecord): boolean =>
  JSON.stringify([asked.baseline, asked.target, asked.minus, asked.hold, asked.walk]) ===
  JSON.stringify([other.asked.baseline, other.asked.target, other.asked.minus, other.asked.hold, other.asked.walk]);

/** Runs with even steps that differ in steps alone, and what they are held against. */
export interface Convergence {
  /** The adaptive run with the smallest estimate, where there is one; else the one with the most steps; null without runs. */
  readonly reference: RunRecord | null;
  /** Coarsest first, without the reference. */
  readonly points: readonly ConvergencePoint[];
}

/** Runs of one method with even steps against what is known to be nearest to their limit. */
export function convergence(
  runs: readonly RunRecord[],
  like: RunRecord,
  example: number,
  hidden: ReadonlySet<string>,
): Convergence {
  const same = runs
    .filter(
      (run) =>
        !isProvisional(run) &&
        run.model === like.model &&
        run.result.method === like.result.method &&
        run.result.rule === like.result.rule &&
        run.result.pathStart === like.result.pathStart &&
        sameQuestion(run, like) &&
        sameInput(run, like, example),
    )
    .sort((a, b) => a.result.steps - b.result.steps);
  const estimateOf = (run: RunRecord): number =>
    run.result.adaptive?.examples[examplePlace(run, example)]?.estimate ?? Infinity;
  const even = same.filter(({ result }) => !result.adaptive);
  const [closest] = same.filter(({ result }) => result.adaptive).sort((a, b) => estimateOf(a) - estimateOf(b));
  const finest = closest ?? even.at(-1);
  if (!finest) return { reference: null, points: [] };
  const points = even
    .filter((run) => run !== finest)
    .map((run) => {
      const [distances, estimates]: [number[], number[]] = [[], []];
      for (const layer of run.layers) {
        const reference = finest.layers.find(({ name }) => name === layer.name);
        if (!reference || !hidden.has(layer.name)) continue;
        const count = unitCount(layer);
        const at = (of: Float32Array, place: number) => of.subarray(place * count, (place + 1) * count);
        const place = examplePlace(run, example);
        const values = at(layer.units, place);
        const truth = at(reference.units, examplePlace(finest, example));
        const mass = truth.reduce((sum, value) => sum + Math.abs(value), 0);
        if (mass === 0) continue;
        distances.push(values.reduce((sum, value, at) => sum + Math.abs(value - truth[at]!), 0) / mass);
        if (layer.unitError) estimates.push(at(layer.unitError, place).reduce((sum, value) => sum + value, 0) / mass);
      }
      return {
        run,
        steps: run.result.steps,
        distance: mean(distances),
        estimate: estimates.length ? mean(estimates) : null,
      };
    });
  return { reference: finest, points };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

export interface ErrorAlong {
  readonly layer: string;
  /** Of the largest error that any layer has at any step. */
  readonly shares: readonly number[];
  /** Σ over the steps, in units of the target. */
  readonly total: number;
  /** Where nine tenths of it lie; null where there is none. */
  readonly stretch: readonly [number, number] | null;
}

/** Where on the path each layer's error arises, the layer with the most first. */
export function errorsAlong({ layers }: AlongPath): ErrorAlong[] {
  const largest = Math.max(0, ...layers.flatMap(({ error }) => [...error]));
  return layers
    .map(({ name, error }) => {
      const steps = error.length;
      let sum = 0;
      const cumulated = Array.from(error, (value) => (sum += value));
      const reaches = (share: number) => cumulated.findIndex((value) => value >= share * sum);
      return {
        layer: name,
        shares: Array.from(error, (value) => (largest === 0 ? 0 : value / largest)),
        total: sum,
        stretch: sum === 0 ? null : ([reaches(0.05) / steps, (reaches(0.95) + 1) / steps] as const),
      };
    })
    .sort((a, b) => b.total - a.total);
}

export interface Saturation {
  readonly layer: string;
  /** ‖∂F/∂y‖ at each point, of its largest on the path. */
  readonly shares: readonly number[];
  /** At the input, of its largest. */
  readonly atInput: number;
}

/** How much of each layer's gradient is left at every point. */
export const saturations = ({ layers }: AlongPath): Saturation[] =>
  layers.map(({ name, gradient }) => {
    const largest = Math.max(...gradient);
    const shares = Array.from(gradient, (value) => (largest === 0 ? 0 : value / largest));
    return { layer: name, shares, atInput: shares.at(-1) ?? 0 };
  });

/** How far a cut's running sum strays from F along the path, largest first. */
export const strays = ({ layers, target }: AlongPath): { layer: string; most: number }[] =>
  layers
    .filter(({ cut }) => cut)
    .map(({ name, running }) => ({
      layer: name,
      most: running.reduce((most, sum, at) => Math.max(most, Math.abs(sum - (target[at]! - target[0]!))), 0),
    }))
    .sort((a, b) => b.most - a.most);
