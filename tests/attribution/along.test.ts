/** Point by point along a path: what is told adds up to what a run of the same rule and steps gives. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { RULES, type AttributionRequest } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { valuesAlongPath } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { CASES, firstRows, openCase, type ReferenceCase } from './cases';

let device: Device;
const cases = new Map<string, ReferenceCase>();
beforeAll(async () => {
  device = await hold('tensorflow');
  for (const name of CASES) cases.set(name, await openCase(name));
});

/** The first example of a case alone. */
const one = (name: string, more: Partial<AttributionRequest> = {}): AttributionRequest => {
  const { request } = cases.get(name)!;
  const inputs = Object.fromEntries(Object.entries(request.inputs).map(([port, array]) => [port, firstRows(array, 1)]));
  return { ...request, inputs, ...more };
};
const last = (values: Float32Array): number => values.at(-1)!;
const total = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

describe.each(CASES)('%s', (name) => {
  it.each(RULES)('%s: every layer ends at what a run gives, and its errors cover the estimate', async (rule) => {
    const { graph } = cases.get(name)!;
    // an odd number of steps in chunks of few rows: chunks meet, and the last step stands alone
    const request = one(name, { rule, steps: 9, chunkRows: 5 });
    const [run] = await attribute(device, graph, request);
    const { target, layers, unit } = await valuesAlongPath(device, graph, request);
    expect(unit).toBeNull();
    expect(target[0]).toBeCloseTo(run!.atBaseline[0]!, 4);
    expect(last(target)).toBeCloseTo(run!.atInput[0]!, 4);
    expect(layers.map((layer) => layer.name)).toEqual(run!.layers.map((layer) => layer.name));
    for (const [place, layer] of layers.entries()) {
      const { sum, error, contributions, cut } = run!.layers[place]!;
      const mass = contributions.reduce((all, value) => all + Math.abs(value), 0) + 1e-3;
      expect(Math.abs(last(layer.running) - sum[0]!)).toBeLessThan(1e-4 * mass);
      expect(layer.cut).toBe(cut);
      expect(layer.running[0]).toBe(0);
      // the odd step at the end is in neither
      expect(total(layer.error)).toBeGreaterThan(error![0]! - 1e-4 * mass);
    }
  });

  it('a cut keeps up with F at every point, by secant', async () => {
    const { graph } = cases.get(name)!;
    const { target, layers } = await valuesAlongPath(device, graph, one(name, { steps: 6 }));
    const size = Math.max(...target.map((value) => Math.abs(value - target[0]!)));
    for (const { running } of layers.filter(({ cut }) => cut))
      running.forEach((sum, point) => expect(Math.abs(sum - (target[point]! - target[0]!))).toBeLessThan(1e-4 * size));
  });

  it("a unit's gradient is that of the run at the input, and its running sum that of the run", async () => {
    const { graph } = cases.get(name)!;
    const request = one(name, { steps: 8, methods: ['nig', 'gradient-difference'] });
    const runs = await attribute(device, graph, request);
    const [nig, difference] = ['nig', 'gradient-difference'].map((method) =>
      runs.find((run) => run.method === method)!,
    );
    const flat = nig!.layers.findIndex(({ shape }, place) => shape.length === 1 && shape[0]! > 1 && place > 0);
    const layer = nig!.layers[flat]!;
    for (let unit = 0; unit < Math.min(6, layer.shape[0]!); unit++) {
      const along = await valuesAlongPath(device, graph, request, { only: { layer: layer.name, unit } });
      expect(along.layers.map((each) => each.name)).toEqual([layer.name]);
      const { activation, gradient, running } = along.unit!;
      expect(last(running)).toBeCloseTo(layer.units[unit]!, 4);
      const moved = last(activation) - activation[0]!;
      expect(last(gradient) * moved).toBeCloseTo(difference!.layers[flat]!.units[unit]!, 4);
    }
  });
});

it('the gradient is that of F: finite differences at every point, from a start inside the network', async () => {
  const { graph } = cases.get('motif')!;
  const names = graph.layers.map(({ name }) => name);
  const shape = (name: string) => graph.values[graph.layers.find((layer) => layer.name === name)!.output]!.shape;
  const start = names.find((name, at) => at > 1 && shape(name).length === 1 && shape(name)[0]! > 1)!;
  const steps = 200;
  const { target, layers, alphas } = await valuesAlongPath(device, graph, one('motif', { pathStart: start, steps, rule: 'trapezoid' })); // prettier-ignore
  const { running } = layers.find(({ name }) => name === start)!;
  // by the trapezoid rule the running sum at the path's start is ∫ ∂F/∂y dy: F itself
  alphas.forEach((_, point) => expect(running[point]).toBeCloseTo(target[point]! - target[0]!, 2));
});

it('pools over positions: mean value and gradient of a conv unit', async () => {
  const { graph } = cases.get('plain')!;
  const request = one('plain', { steps: 4 });
  const [run] = await attribute(device, graph, request);
  const layer = run!.layers.find(({ shape }) => shape.length === 3 && shape[2]! > 1)!;
  const { unit } = await valuesAlongPath(device, graph, request, { only: { layer: layer.name, unit: 1 } });
  expect(last(unit!.running)).toBeCloseTo(layer.units[1]!, 4);
  expect(unit!.activation).toHaveLength(5);
  await expect(valuesAlongPath(device, graph, request, { only: { layer: layer.name, unit: 9999 } })).rejects.toThrow(
    'OUTPUT_INDEX: Index 9999 is outside',
  );
});

it('leaves no tensor, whether it ends or is ended', async () => {
  const { graph } = cases.get('residual')!;
  const request = one('residual', { steps: 12, chunkRows: 5 });
  await valuesAlongPath(device, graph, request);
  const before = tf.memory().numTensors;
  await valuesAlongPath(device, graph, request);
  await valuesAlongPath(device, graph, { ...request, rule: 'right' });
  await expect(valuesAlongPath(device, graph, request, { signal: AbortSignal.abort() })).rejects.toThrow(
    /^CANCELLED: The run was cancelled after 5 of 13 passes\./,
  );
  await expect(valuesAlongPath(device, graph, request, { only: { layer: 'nowhere', unit: 0 } })).rejects.toThrow(
    'LAYER_UNKNOWN',
  );
  expect(tf.memory().numTensors).toBe(before);
});
