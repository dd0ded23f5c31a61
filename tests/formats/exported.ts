/** Networks that were exported with what they were given and gave: outputs, sums at the cuts, contributions by plain differences. */
import { expect } from 'vitest';
import type { NumericArray, RunResult } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { firstRows, worst } from '../attribution/cases';
import { numericContributions } from '../attribution/numeric';

/** Between a baseline and an input, a twentieth of the way from the input. Whole numbers go all the way. */
const near = (from: NumericArray, to: NumericArray): NumericArray => ({
  shape: to.shape,
  data: to.data.every(Number.isInteger) ? from.data : to.data.map((end, i) => end + 0.05 * (from.data[i]! - end)),
});

export interface Example extends OpenedModel {
  readonly device: Device;
  readonly inputs: Record<string, NumericArray>;
  readonly outputs: readonly NumericArray[];
  readonly baselines: Record<string, NumericArray>;
}

/** Inputs of whole numbers that say where and how many, and no baseline changes. */
const KEPT = /places|lengths/;

/**
 * @param arrays a .npz with `in/NAME` and `out/NAME`; other formats may order and name inputs and outputs in their own way
 */
export async function openedExample(path: string, arrays: string, device: Device): Promise<Example> {
  const model = await openModel(path);
  const stored = Object.entries(await readArrays(arrays));
  const given = stored.filter(([key]) => key.startsWith('in/')).map(([key, value]) => [key.slice(3), value] as const);
  const inputs = Object.fromEntries(
    model.graph.inputs.map(({ name: port }) => [port, (given.find(([key]) => port.includes(key)) ?? given[0]!)[1]]),
  );
  const baselines = Object.fromEntries(
    Object.entries(inputs).map(([port, { shape, data }]) => [
      port,
      // Numbers become zero and words another.
      { shape, data: KEPT.test(port) ? data : new Float32Array(data.length) },
    ]),
  );
  const outputs = stored.filter(([key]) => key.startsWith('out/')).map(([, value]) => value);
  return { ...model, device, inputs, outputs, baselines };
}

export async function checkOutputs({ graph, inputs, outputs, summary, device }: Example): Promise<void> {
  expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
  const have = Object.values(await predict(device, graph, inputs));
  expect(have.length).toBe(outputs.length);
  for (const want of outputs) {
    const alike = have.filter(({ shape }) => shape.join() === want.shape.join());
    expect(Math.min(...alike.map(({ data }) => worst(data, want.data)))).toBeLessThan(1e-4);
  }
}

/** The first output of more than one value. */
const target = (graph: Graph): string =>
  graph.outputs.find(({ value }) => graph.values[value]!.shape.some((size) => size !== 1))!.name;

async function ran(
  { graph, inputs, baselines, device }: Example,
  method: 'rescale' | 'nig',
  steps: number,
  { index = 1, layers }: { index?: number; layers?: string[] } = {},
): Promise<RunResult> {
  const [result] = await attribute(device, graph, {
    inputs,
    baseline: { kind: 'arrays', arrays: baselines, perExample: true },
    target: { layer: target(graph), index },
    methods: [method],
    rule: 'secant',
    steps,
    ...(layers ? { layers } : {}),
  });
  return result!;
}

/** DeepLIFT's contributions sum to the difference at every cut. */
export async function checkSums(example: Example): Promise<void> {
  const result = await ran(example, 'rescale', 1);
  expect(result.layers.filter(({ cut }) => cut).length).toBeGreaterThan(1);
  for (const { residual, name } of result.layers)
    residual?.forEach((each, row) => {
      const scale = Math.max(Math.abs(result.delta[row]!), 1e-2);
      expect(Math.abs(each) / scale, `${name}, example ${row}`).toBeLessThan(5e-4);
    });
}

const mass = (contributions: Float32Array): number => contributions.reduce((sum, each) => sum + Math.abs(each), 0);

/** Two values of a layer early and of one late: what plain differences give. */
export async function checkSpots(example: Example): Promise<void> {
  const firstOf = (arrays: Record<string, NumericArray>): Record<string, NumericArray> =>
    Object.fromEntries(Object.entries(arrays).map(([port, array]) => [port, firstRows(array, 1)]));
  const inputs = firstOf(example.inputs);
  // A short path: both sides are sums over a grid, which the kinks of a long one would keep apart.
  const baselines = Object.fromEntries(
    Object.entries(firstOf(example.baselines)).map(([port, array]) => [port, near(array, inputs[port]!)]),
  );
  const one = { ...example, inputs, baselines };
  // What changes most on this path; a value behind closed units does not change at all.
  const [above, below] = await Promise.all([inputs, baselines].map((data) => predict(one.device, one.graph, data)));
  const [to, from] = [above![target(one.graph)]!.data, below![target(one.graph)]!.data];
  const index = to.reduce(
    (most, value, i) => (Math.abs(value - from[i]!) > Math.abs(to[most]! - from[most]!) ? i : most),
    0,
  );
  const { layers: once, delta } = await ran(one, 'nig', 1, { index });
  // A layer through which next to nothing goes has nothing to compare.
  const named = once
    .filter(({ name, contributions }) => !(name in inputs) && mass(contributions) > 0.01 * Math.abs(delta[0]!))
    .map(({ name }) => name);
  expect(named.length).toBeGreaterThan(once.length / 2);
  const chosen = [named[Math.floor(named.length / 3)]!, named[Math.floor((2 * named.length) / 3)]!];
  const { layers } = await ran(one, 'nig', 256, { index, layers: chosen });
  expect(layers.length).toBe(2);
  for (const { name, contributions } of layers) {
    const order = [...contributions.keys()].sort((a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!));
    const asked = { inputs, baselines, target: target(one.graph), index };
    const largest = Math.abs(contributions[order[0]!]!);
    for (const place of order.slice(0, 2)) {
      let nearest = Infinity;
      // Kinks spoil plain differences: those on the path the less the more points it has, those beside it (a tie in a max
      // pool) the less the narrower the difference.
      for (const [points, share] of [
        [64, 5e-3],
        [64, 3e-4],
        [256, 1e-3],
        [1024, 3e-4],
      ] as const) {
        const [numeric] = await numericContributions(one.device, one.graph, asked, name, [place], points, share);
        nearest = Math.min(nearest, Math.abs(numeric! - contributions[place]!) / largest);
        if (nearest < 0.03) break;
      }
      expect(nearest, `${name}[${place}]`).toBeLessThan(0.03);
    }
  }
}
