/** True contributions of a network's neurons, by the secant rule on grids far finer than any that is measured. */
import { overPositions } from '../../src/main/engine/attribution/positions';
import { chunkSize, keptShapes, rowBytes } from '../../src/main/engine/attribution/chunks';
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
const GRADED = { from: -24, points: 4000, then: 0.02, even: 2000 };

const even = (): number[] => Array.from({ length: EVEN + 1 }, (_, k) => k / EVEN);
function graded(): number[] {
  const { from, points, then, even } = GRADED;
  const near = Array.from({ length: points }, (_, k) => 10 ** (from + ((Math.log10(then) - from) * k) / points));
  const far = Array.from({ length: even + 1 }, (_, k) => then + ((1 - then) * k) / even);
  return [0, ...near, ...far];
}

/** Pieces of a grid that are summed in float64, so that their number leaves no rounding. */
const PIECES = 16;

export const truthOf = (device: Device, net: Net): Promise<Truth> =>
  withWeights(device, net.graph, async (weights) => {
    const { inputs, baseline, target, graph } = net;
    const request = { inputs, baseline, target, methods: ['nig'] as const, rule: 'secant' as const, steps: EVEN };
    const prepared = await prepare(graph, weights, request);
    const plan = planRun(graph, prepared.starts, prepared.sinks, undefined, ['nig'], prepared.fixed);
    const bytes = rowBytes(keptShapes(plan, weights, prepared.lines));
    const alphas = net.scaleFree ? graded() : even();
    const swept = {
      plan,
      weights,
      lines: prepared.lines,
      seeds: prepared.seeds,
      kinds: ['secant'] as const,
      spans: null,
      nonlinearity: genomicsNonlinearity(graph),
      watched: plan.sinks[0]!,
      rowBytes: bytes,
    };
    const sums = new Map<string, { neurons: Float64Array; shape: readonly number[]; unitAxis: number | null }>();
    for (let pair = 0; pair < prepared.lines.pairs; pair++)
      for (let piece = 0; piece < PIECES; piece++) {
        const segments = alphas.length - 1;
        const [from, to] = [Math.floor((segments * piece) / PIECES), Math.floor((segments * (piece + 1)) / PIECES)];
        const stretch = alphas.slice(from, to + 1);
        const size = chunkSize(stretch.length - 1, bytes);
        const { sums: own } = await sweepGroup(swept, { first: pair, pairs: 1 }, stretch, size, () => device.between());
        for (const { layer } of plan.layers) {
          const { fine, shape } = own.get('secant')!.get(layer.output)!;
          const held = sums.get(layer.name) ?? { neurons: new Float64Array(net.examples * fine.length), shape, unitAxis: layer.unitAxis }; // prettier-ignore
          fine.forEach((value, at) => (held.neurons[pair * fine.length + at]! += value));
          sums.set(layer.name, held);
        }
      }
    const layers = new Map(
      [...sums].map(([name, { neurons, shape, unitAxis }]) => {
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
