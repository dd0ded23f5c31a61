/** Pieces of work that overlap: each computes on what it asked for, in whatever order things happen. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BACKENDS, type BackendName } from '../../src/contract/backends';
import { devices, kernels, type Device } from '../../src/main/engine/backends';

let before = 0;
beforeEach(async () => {
  for (const name of BACKENDS) await devices.use(name, async () => undefined);
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

/** Where a tensor lies. */
const placeOf = (tensor: tf.Tensor): unknown => tf.engine().state.tensorInfo.get(tensor.dataId)!.backend;

/** Work of some chunks whose sum stays on the device, as a sweep's does. @returns the sum 1² + 2² + … */
async function squares(device: Device, chunks: number, pause: () => Promise<void>): Promise<number> {
  const here = (): void => expect(tf.getBackend()).toBe(device.info.name);
  let sum: tf.Tensor = tf.scalar(0);
  try {
    for (let chunk = 1; chunk <= chunks; chunk++) {
      here();
      const added = tf.tidy(() => tf.add(sum, kernels.divNoNan(tf.scalar(chunk ** 3), tf.scalar(chunk))));
      expect(placeOf(added)).toBe(tf.findBackend(device.info.name));
      sum.dispose();
      sum = added;
      await pause();
      here();
      await device.between();
    }
    here();
    return (await sum.data())[0]!;
  } finally {
    sum.dispose();
  }
}

const pieces = fc.array(
  fc.record({
    choice: fc.constantFrom(...BACKENDS, 'auto' as const),
    urgent: fc.boolean(),
    chunks: fc.integer({ min: 0, max: 4 }),
    fate: fc.constantFrom('ends', 'fails', 'is aborted'),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('uses that overlap', () => {
  it('are computed and labelled by what each asked for, one at a time, and leave nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), pieces, async (scheduler, asked) => {
        let longWork = 0;
        const outcomes = asked.map(async ({ choice, urgent, chunks, fate }, at) => {
          await scheduler.schedule(Promise.resolve(), `ask ${at}`);
          const abort = new AbortController();
          if (fate === 'is aborted')
            void scheduler.schedule(Promise.resolve(), `abort ${at}`).then(() => abort.abort(new Error('aborted')));
          let turns = 0;
          const pause = async (): Promise<void> => {
            await scheduler.schedule(Promise.resolve(), `read ${at}`);
            turns++;
            if (fate === 'fails' && turns === 2) throw new Error('failed');
            abort.signal.throwIfAborted();
          };
          const work = async (device: Device) => {
            if (!urgent) expect(++longWork, 'long work never overlaps').toBe(1);
            try {
              return { label: device.info.name, sum: await squares(device, chunks, pause) };
            } finally {
              if (!urgent) longWork--;
            }
          };
          const signal = fate === 'is aborted' ? { signal: abort.signal } : {};
          const outcome = await devices.use(choice, work, { urgent, ...signal }).catch((error: unknown) => error);
          if (outcome instanceof Error) {
            expect([fate, outcome.message]).toEqual(fate === 'fails' ? ['fails', 'failed'] : ['is aborted', 'aborted']);
            return;
          }
          const squared = Array.from({ length: chunks }, (_, chunk) => (chunk + 1) ** 2);
          expect(outcome).toEqual({
            label: choice === 'auto' ? 'tensorflow' : choice,
            sum: squared.reduce((sum, each) => sum + each, 0),
          });
        });
        await scheduler.waitFor(Promise.all(outcomes));
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe('urgent work', () => {
  it('comes in between the chunks of other work, each on its own backend, newest last', async () => {
    const heard: string[] = [];
    const short = (choice: BackendName, name: string): Promise<void> =>
      devices.use(
        choice,
        async () => {
          heard.push(`${name} on ${tf.getBackend()}`);
        },
        { urgent: true },
      );
    const asked: Promise<void>[] = [];
    const long = devices.use('wasm', async (device) => {
      for (let chunk = 0; chunk < 3; chunk++) {
        heard.push(`chunk ${chunk} on ${tf.getBackend()}`);
        if (chunk === 0) asked.push(short('cpu', 'first'), short('tensorflow', 'second'));
        await device.between();
      }
    });
    const next = devices.use('cpu', async () => void heard.push('the next run'));
    await Promise.all([long, next]);
    await Promise.all(asked);
    expect(heard).toEqual([
      'chunk 0 on wasm',
      'first on cpu',
      'second on tensorflow',
      'chunk 1 on wasm',
      'chunk 2 on wasm',
      'the next run',
    ]);
  });

  it('that is long steps back for what was cancelled, which only has to end', async () => {
    const heard: string[] = [];
    const abort = new AbortController();
    const chunks = (name: string, count: number) => async (device: Device) => {
      for (let chunk = 0; chunk < count && !abort.signal.aborted; chunk++) {
        heard.push(name);
        if (name === 'walk' && chunk === 1) abort.abort();
        await device.between();
      }
      heard.push(`${name} ends`);
    };
    const run = devices.use('wasm', chunks('run', 9), { signal: abort.signal });
    const walk = devices.use('cpu', chunks('walk', 9), { urgent: true });
    await Promise.all([run, walk]);
    expect(heard).toEqual(['run', 'walk', 'walk', 'run ends', 'walk ends']);
  });
});

describe('work that was given up before its turn', () => {
  it('is forgotten at once', async () => {
    const abort = new AbortController();
    let worked = false;
    await devices.use('cpu', async () => {
      const waiting = devices.use('cpu', async () => (worked = true), { signal: abort.signal });
      const outcome = waiting.catch((error: unknown) => error);
      abort.abort('enough');
      expect(await outcome).toBe('enough');
    });
    await expect(devices.use('cpu', async () => (worked = true), { signal: abort.signal })).rejects.toBe('enough');
    expect(worked).toBe(false);
  });
});

it('a device is of no use outside its turn', async () => {
  const device = await devices.use('cpu', async (lent) => lent);
  await expect(device.between()).rejects.toThrow('outside its turn');
});
