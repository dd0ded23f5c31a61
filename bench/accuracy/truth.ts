/** True contributions of a network's neurons, by the secant rule on grids far finer than any that is measured. */
import { overPositions } from '../../src/main/engine/attribution/positions';
import { chunkSize, liveShapes, PEAK_PER_KEPT } from '../../src/main/engine/attribution/chunks';
import { Rows, stagesOf } from '../../src/main/engine/attribution/stages';
import { budgetOf } from '../../src/main/engine/attribution/memory';
import { genomicsNonlinearity } from '../../src/main/engine/attribution/methods';
import { planRun } from '../../src/main/engine/attribution/plan';
import { prepare } from '../../src/main/engine/attribution/request';
import { sweepGroup } from '../../src/main/engine/attribution/sweep';
import { withWeights } from '../../src/main/engine/attribution/weights';
import type { Device } from '../../src/main/engine/backends';
import type { Net } from './nets';

export interface Truth {
  readonly examples: number;
  /** `[examples, …]` of each layer. */
  readonly layers: ReadonlyMap<string, { readonly neurons: Float64Array; readonly units: Float64Array }>;
  /** Per example, Σ|contribution| of the layer that has most. */
  readonly largest: readonly number[];
}

const EVEN = 2048;
/** From the baseline on in equal ratios, where features may be of any width, then in equal steps. */
const GRADED = { from: -24, points: 8000, then: 0.1, even: 4000 };

/** Of grids each twice as fine as the next, `[examples, …]`, what they tend to. */
function limit([fine, half, quarter]: readonly Float64Array[], examples: number): Float64Array {
  const size = fine!.length / examples;
  const extrapolated = Array.from({ length: examples }, (_, example) =>
    smooth(fine!, half!, quarter!, example * size, (example + 1) * size),
  );
  return fine!.map((value, at) => value + (extrapolated[Math.floor(at / size)] ? (value - half![at]!) / 3 : 0));
}

function smooth(fine: Float64Array, half: Float64Array, quarter: Float64Array, from: number, to: number): boolean {
  let [xx, yy, xy, x1, y1] = [0, 0, 0, 0, 0];
  for (let at = from; at < to; at++) {
    const [x, y] = [half[at]! - quarter[at]!, fine[at]! - half[at]!];
    xx += x * x;
    yy += y * y;
    xy += x * y;
    x1 += Math.abs(x);
    y1 += Math.abs(y);
  }
  return xy > SMOOTH.cosine * Math.sqrt(xx * yy) && x1 > SMOOTH.least * y1 && x1 < SMOOTH.most * y1;
}

const even = (): number[] => Array.from({ length: EVEN + 1 }, (_, k) => k / EVEN);
function graded(): number[] {
  const { from, points, then, even } = GRADED;
  const near = Array.from({ length: points }, (_, k) => 10 ** (from + ((Math.log10(then) - from) * k) / points));
  const far = Array.from({ length: even + 1 }, (_, k) => then + ((1 - then) * k) / even);
  return [0, ...near, ...far];
}

/** Where these hold of what a grid and its every second point changed, a layer is smooth there, and is extrapolated. */
const SMOOTH = { cosine: 0.95, least: 3, most: 5 };
/** A grid, every second point of it, every fourth. */
const COARSER = [1, 2, 4] as const;

/** Pieces of a grid that are summed in float64, so that their number leaves no rounding. */
const PIECES = 16;

export const truthOf = (device: Device, net: Net): Promise<Truth> =>
  withWeights(device, net.graph, async (weights) => {
    const { inputs, baseline, target, graph } = net;
    const request = { inputs, baseline, target, methods: ['nig'] as const, rule: 'secant' as const, steps: EVEN };
    const prepared = await prepare(graph, weights, request);
    const plan = planRun(graph, prepared.starts, prepared.sinks, undefined, ['nig'], prepared.fixed);
    const rows = new Rows(plan, liveShapes(plan, weights, prepared.lines));
    const alphas = net.graded ? graded() : even();
    const budget = budgetOf(undefined, device.info);
    const swept = {
      plan,
      weights,
      lines: prepared.lines,
      seeds: prepared.seeds,
      kinds: ['secant'] as const,
      spans: null,
      nonlinearity: genomicsNonlinearity(graph),
      watched: plan.sinks[0]!,
      stages: stagesOf(plan, []),
      rowBytes: rows.bytes,
      bytes: 1e6 * budget.megabytes,
    };
    const fine = new Map<string, { shape: readonly number[]; unitAxis: number | null; grids: Float64Array[] }>();
    for (const [place, every] of COARSER.entries()) {
      const points = alphas.filter((_, at) => at % every === 0);
      const segments = points.length - 1;
      for (let pair = 0; pair < prepared.lines.pairs; pair++)
        for (let piece = 0; piece < PIECES; piece++) {
          const [from, to] = [Math.floor((segments * piece) / PIECES), Math.floor((segments * (piece + 1)) / PIECES)];
          const stretch = points.slice(from, to + 1);
          const size = chunkSize(
            stretch.length - 1,
            rows,
            { layers: 0, sums: 0, peak: PEAK_PER_KEPT, flows: 0, others: 0 },
            budget,
          );
          const { sums } = await sweepGroup(swept, { first: pair, pairs: 1 }, stretch, size, () => device.between());
          for (const { layer } of plan.layers) {
            const { fine: own, shape } = sums.get('secant')!.get(layer.output)!;
            const held = fine.get(layer.name) ?? { shape, unitAxis: layer.unitAxis, grids: COARSER.map(() => new Float64Array(net.examples * own.length)) }; // prettier-ignore
            own.forEach((value, at) => (held.grids[place]![pair * own.length + at]! += value));
            fine.set(layer.name, held);
          }
        }
    }
    const layers = new Map(
      [...fine].map(([name, { grids, shape, unitAxis }]) => {
        const neurons = limit(grids, net.examples);
        const units = overPositions(Float32Array.from(neurons), net.examples, shape, unitAxis);
        return [name, { neurons, units: Float64Array.from(units) }];
      }),
    );
    const l1 = (values: Float64Array, example: number): number => {
      const size = values.length / net.examples;
      return values.subarray(example * size, (example + 1) * size).reduce((total, value) => total + Math.abs(value), 0);
    };
    const largest = Array.from({ length: net.examples }, (_, example) =>
      Math.max(...[...layers.values()].map(({ neurons }) => l1(neurons, example))),
    );
    return { examples: net.examples, layers, largest };
  });
