/** A run on one backend, with other work on other backends in between its chunks: what it gives alone, to the last bit. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { BACKENDS, type BackendName } from '../../src/contract/backends';
import type { Progress, RunResult } from '../../src/contract/attribution';
import {
  attribute,
  keepWeights,
  releaseWeights,
  valuesAlongPath,
  valuesAtEnds,
} from '../../src/main/engine/attribution';
import { devices } from '../../src/main/engine/backends';
import { openCase, type ReferenceCase } from './cases';

let motif: ReferenceCase;
let before = 0;
beforeAll(async () => {
  motif = await openCase('motif');
  for (const name of BACKENDS) await devices.use(name, async () => undefined);
  before = tf.memory().numTensors;
});
afterEach(() => {
  releaseWeights(motif.graph);
  expect(tf.memory().numTensors).toBe(before);
});

/** Asks for everything that a window asks for while a run goes on. @returns where each was computed */
function everything(choice: BackendName): Promise<BackendName>[] {
  const { graph, request } = motif;
  const wanted = graph.layers.map(({ output }) => output);
  const path = { ...request, steps: 8, chunkRows: 5, memoryMB: 64 };
  return [
    devices.use(
      choice,
      async (device) => {
        await valuesAtEnds(device, graph, request, wanted);
        expect(tf.getBackend()).toBe(choice);
        return device.info.name;
      },
      { urgent: true },
    ),
    devices.use(
      choice,
      async (device) => {
        await valuesAlongPath(device, graph, path);
        expect(tf.getBackend()).toBe(choice);
        return device.info.name;
      },
      { urgent: true },
    ),
  ];
}

it.each([
  ['wasm', 'as it comes'],
  ['wasm', 'kept on the device'],
  ['tensorflow', 'as it comes'],
  ['tensorflow', 'kept on the device'],
] as const)('on %s, the model %s', async (pinned, how) => {
  const { graph, request } = motif;
  const asked = { ...request, steps: 16, chunkRows: 5, methods: ['nig', 'internal-influence'] as const };
  if (how === 'kept on the device') keepWeights(graph);
  const run = (onProgress: (progress: Progress) => void): Promise<RunResult[]> =>
    devices.use(pinned, (device) => attribute(device, graph, asked, { onProgress }));
  const alone = await run(() => undefined);
  const others: Promise<BackendName>[] = [];
  const expected: BackendName[] = [];
  let chunks = 0;
  const disturbed = await run(() => {
    expect(tf.getBackend()).toBe(pinned);
    if (++chunks > 9) return;
    const choice = BACKENDS[chunks % 3]!;
    others.push(...everything(choice));
    expected.push(choice, choice);
  });
  expect(await Promise.all(others)).toEqual(expected);
  expect(chunks).toBeGreaterThan(9);
  for (const [place, result] of disturbed.entries()) {
    expect(result.backend.name).toBe(pinned);
    expect(result.delta).toEqual(alone[place]!.delta);
    for (const [at, layer] of result.layers.entries()) {
      const same = alone[place]!.layers[at]!;
      expect(layer.name).toBe(same.name);
      // From its third meeting on work that is kept runs as a graph, which adds up in another order.
      const largest = same.contributions.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const within = pinned === 'tensorflow' ? 1e-6 * largest : 0;
      layer.contributions.forEach((value, neuron) =>
        expect(Math.abs(value - same.contributions[neuron]!), layer.name).toBeLessThanOrEqual(within),
      );
    }
  }
});
