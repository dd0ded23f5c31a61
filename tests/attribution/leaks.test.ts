/** No tensor outlives a run that fails in its middle: a rule throws at some chunk, in some kind of walk. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Method, Rule } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import type { OpName } from '../../src/main/engine/graph/ops';
import type { OpRule } from '../../src/main/engine/ops/rule';
import { ops } from '../../src/main/engine/ops/table';
import { openCase, type ReferenceCase } from './cases';

let motif: ReferenceCase;
beforeAll(async () => {
  motif = await openCase('motif');
});
afterEach(() => vi.restoreAllMocks());

/** Makes a function of a row throw at its n-th call. */
function failing<Row extends object>(row: Row, key: keyof Row, call: number): void {
  const original = row[key] as (...words: unknown[]) => unknown;
  let calls = 0;
  vi.spyOn(row as Record<string, (...words: unknown[]) => unknown>, key as string).mockImplementation((...words) => {
    calls += 1;
    if (calls === call) throw new Error('a kernel failed');
    return original(...words);
  });
}

const rowOf = (op: OpName): OpRule<OpName> => ops[op] as unknown as OpRule<OpName>;

const FAILURES: readonly (readonly [string, Method, Rule, () => void])[] = [
  ['forward', 'nig', 'secant', () => failing(rowOf('averagePool'), 'run', 3)],
  ['the first multipliers', 'nig', 'secant', () => failing(rowOf('relu'), 'multiplier', 1)],
  ['later multipliers', 'nig', 'secant', () => failing(rowOf('averagePool'), 'multiplier', 4)],
  ['gradients', 'nig', 'trapezoid', () => failing(rowOf('averagePool'), 'gradient', 2)],
  ['influence', 'internal-influence', 'secant', () => failing(rowOf('relu'), 'gradient', 2)],
  ['gradient × difference', 'gradient-difference', 'secant', () => failing(rowOf('relu'), 'gradient', 2)],
  ['Rescale', 'rescale', 'secant', () => failing(rowOf('relu'), 'multiplier', 2)],
  ['parts', 'reveal-cancel', 'secant', () => failing(rowOf('averagePool').parts!, 'run', 1)],
  ['multipliers of parts', 'genomics', 'secant', () => failing(rowOf('averagePool').parts!, 'multiplier', 1)],
];

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  let device: Device;
  beforeAll(async () => {
    device = await hold(choice);
  });
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });

  it.each(FAILURES)('a failure in %s', async (_where, method, rule, fail) => {
    fail();
    const request = { ...motif.request, methods: [method], rule, steps: 9, chunkRows: 4 };
    await expect(attribute(device, motif.graph, request)).rejects.toThrow('a kernel failed');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a listener that throws', async () => {
    const onProgress = (): void => {
      throw new Error('nobody listens');
    };
    await expect(attribute(device, motif.graph, motif.request, { onProgress })).rejects.toThrow('nobody listens');
    expect(tf.memory().numTensors).toBe(before);
  });
});
