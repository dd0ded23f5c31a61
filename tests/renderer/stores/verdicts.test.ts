/** What the model says of all examples, asked in batches; and rows that are read when they are seen. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import type { Verdicts as Answer } from '../../../src/contract/studio';
import { Inputs } from '../../../src/renderer/stores/inputs.svelte';
import { Program } from '../../../src/renderer/stores/program.svelte';
import { FakeClient } from './client';
import { inputData, rowsFor } from './models';

const backend = { name: 'cpu', device: 'CPU', version: 'test' } as const;
const asked = { baseline: { kind: 'constant', value: 0 } } as const;
const answer = (examples: readonly number[]): Answer => ({
  outputs: [{ name: 'y', top: Int32Array.from(examples), value: Float32Array.from(examples) }],
  backend,
});

function inputsOf(client: FakeClient, examples: number): Inputs {
  const program = new Program();
  program.connect(client);
  return new Inputs(program, inputData('data', examples), []);
}
beforeEach(() => void vi.useRealTimers());

describe('verdicts', () => {
  it('are asked of every example once, in bounded batches', async () => {
    const client = new FakeClient({ verdicts: ({ examples }) => answer(examples) });
    const { verdicts } = inputsOf(client, 600);
    await verdicts.ask(asked);
    const batches = client.asked('verdicts').map(({ examples }) => examples);
    expect(batches.flat()).toEqual(Array.from({ length: 600 }, (_, at) => at));
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(verdicts.told.get(599)!.get('y')).toEqual({ top: 599, value: 599 });
    expect(verdicts.running).toBe(false);
    await verdicts.ask(asked);
    expect(client.asked('verdicts')).toHaveLength(batches.length);
  });

  it('of thousands stop at a limit until all are asked for', async () => {
    const client = new FakeClient({ verdicts: ({ examples }) => answer(examples) });
    const { verdicts } = inputsOf(client, 3000);
    await verdicts.ask(asked);
    expect([verdicts.told.size, verdicts.total]).toEqual([2000, 2000]);
    await verdicts.askAll(asked);
    expect(verdicts.told.size).toBe(3000);
  });

  it('keep what is known when they fail, and go on from there', async () => {
    let fails = true;
    const client = new FakeClient({
      verdicts: ({ examples }) => {
        if (fails && examples[0]! > 0) throw new Error('gone');
        return answer(examples);
      },
    });
    const { verdicts } = inputsOf(client, 30);
    await verdicts.ask(asked);
    expect(verdicts.fault).not.toBeNull();
    expect(verdicts.told.size).toBe(8);
    fails = false;
    await verdicts.ask(asked);
    expect([verdicts.fault, verdicts.told.size]).toEqual([null, 30]);
  });

  it('stopped and asked in any order, tell each example as the engine does and end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.constantFrom('ask', 'stop'), { maxLength: 6 }), async (s, steps) => {
        const client = new FakeClient();
        client.request = ((_: string, { examples }: { examples: number[] }) =>
          s.schedule(Promise.resolve(answer(examples)))) as never;
        const { verdicts } = inputsOf(client, 20);
        const { promise } = { promise: s.scheduleSequence(steps.map((step) => async () => void (step === 'ask' ? verdicts.ask(asked) : verdicts.stop()))) }; // prettier-ignore
        void promise;
        for (let time = 0; time === 0 || (verdicts.running && time < 30); time++) {
          await s.waitAll();
          await new Promise((done) => setTimeout(done)); // what follows an answer takes a turn of its own
        }
        for (const [example, of] of verdicts.told) expect(of.get('y')!.top).toBe(example);
        expect(verdicts.running).toBe(false);
        if (steps.at(-1) === 'ask') expect(verdicts.told.size).toBe(20);
      }),
      { numRuns: 60 },
    );
  });
});

describe('rows beyond the first', () => {
  it('are read when they are seen, each block once', async () => {
    const client = new FakeClient({ inputRows: ({ examples }) => rowsFor(examples) });
    const inputs = inputsOf(client, 300);
    await inputs.read();
    expect(inputs.row('x', 63)!.data[0]).toBe(63);
    expect(inputs.row('x', 200)).toBeNull();
    await Promise.all([inputs.show([200, 210]), inputs.show([201])]);
    expect(inputs.row('x', 200)!.data[0]).toBe(200);
    expect(client.asked('inputRows')).toHaveLength(2);
    expect(inputs.row('x', 300)).toBeNull();
  });

  it('are asked for again after they could not be read', async () => {
    let fails = true;
    const client = new FakeClient({
      inputRows: ({ examples }) => {
        if (fails) throw new Error('gone');
        return rowsFor(examples);
      },
    });
    const inputs = inputsOf(client, 100);
    await inputs.show([99]);
    expect(inputs.row('x', 99)).toBeNull();
    fails = false;
    await inputs.show([99]);
    expect(inputs.row('x', 99)!.data[0]).toBe(99);
  });
});
