/** The original formula against its float64 truth (truth_more.npz), on two backends. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { literalConductance } from '../../src/main/engine/study/literal';
import { folder, openCase, worst, type CaseName } from '../attribution/cases';
import { hold } from '../device';

/** Points by which truth was summed. */
const STEPS = 2048;

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  let device: Device;
  beforeAll(async () => {
    device = await hold(choice);
  });

  // Layers of many neurons take a walk for each: minutes on WebAssembly.
  const large: [CaseName, string][] = choice === 'tensorflow' ? [['motif', 'pool'], ['plain', 'pool2']] : []; // prettier-ignore
  it.each([
    ...large,
    ['motif', 'dense1'],
    ['plain', 'dense1'],
    ['residual', 'pooled'],
    ['gated', 'context_elu'],
    ['gated', 'mix'],
  ] as [CaseName, string][])('%s %s to 1e-4 of its largest', async (name, layer) => {
    const { graph, request } = await openCase(name);
    const truth: Record<string, NumericArray> = await readArrays(`${folder(name)}/truth_more.npz`);
    const before = tf.memory().numTensors;
    const { conductance, passes } = await literalConductance(device, graph, { ...request, steps: STEPS }, layer);
    expect(tf.memory().numTensors).toBe(before);
    const want = truth[`conductance/${layer}`]!;
    expect(worst(conductance, want.data)).toBeLessThan(1e-4);
    expect(passes).toBe((STEPS + 1) * (1 + want.data.length));
  });
});
