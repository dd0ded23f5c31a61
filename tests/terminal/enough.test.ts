/** Ctrl-C on an adaptive path of the engine, pressed as soon as there is something to be content with. */
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import type { RunResult } from '../../src/contract/attribution';
import { openSession } from '../../src/main/engine/sessions';
import { mho } from './terminal';
import { watchProgress } from './watched';

vi.mock('../../src/main/engine/attribution', async (original) => (await import('./watched')).watched(original));

const folder = await mkdtemp(join(tmpdir(), 'mho-enough-'));
afterAll(() => rm(folder, { recursive: true }));

it('ends all examples as far as they have come: a complete run, which can go on', async () => {
  const gated = resolve(import.meta.dirname, '../reference/cases/gated');
  const input = join(gated, 'inputs.npz');
  const out = join(folder, 'enough.mho');
  const words = ['attribute', join(gated, 'model.keras'), '--input', input, '--baseline', input, '--method', 'nig'];
  let press: () => unknown = () => undefined;
  let pressed = false;
  watchProgress(({ phase }) => {
    if (pressed || phase.kind !== 'adaptive' || phase.estimate === null) return;
    pressed = true;
    press();
  });
  await mho([...words, '--steps', '1', '--examples', '0']); // the device and what it keeps are there
  const tensors = tf.memory().numTensors;
  const outcome = await mho([...words, '--tolerance', '0.01%', '--memory', '8', '--out', out, '--json'], (stop) => {
    press = stop;
  });
  expect(outcome).toMatchObject({ code: 0, err: 'Ending with what is there; Ctrl-C again cancels.\n' });
  expect(tf.memory().numTensors).toBe(tensors);
  const kept: RunResult = (await openSession(out)).runs[0]!;
  expect(kept.complete).toBe(true);
  const came = kept.adaptive!.examples;
  expect(came).toHaveLength(8);
  for (const { stopped, reached, estimate } of came) {
    expect([stopped, reached]).toEqual(['enough', false]);
    expect(estimate).toBeGreaterThan(1e-4);
  }
  expect((await mho(['show', out])).out).toMatch(/nig: asked 0\.01 %, ended early with \d+ walks: /);
  const further = await mho(['attribute', '--continue', out, '--tolerance', '0.04%', '--json']);
  expect(further).toMatchObject({ code: 0, err: '' });
});
