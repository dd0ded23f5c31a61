import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_ACCURACY } from '../../../src/contract/attribution';
import type { RunRecord } from '../../../src/contract/studio';
import { PROVISIONAL } from '../../../src/renderer/logic/provisional';
import { messages } from '../../../src/renderer/stores/messages.svelte';
import { selection } from '../../../src/renderer/stores/selection.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import { reached } from '../../reached';
import { record } from '../records';
import { round } from '../rounds';
import { FakeClient } from './client';
import { opened, predictionOf, rowsFor } from './models';

const layer = (name: string, inputs: string[]) => ({
  name,
  kind: 'Dense',
  group: [],
  shape: [3],
  unitAxis: 0,
  units: 3,
  parameters: 0,
  inputs,
  unsupported: [],
});
const model = opened({ layers: [layer('x', []), layer('a', ['x']), layer('y', ['a'])] });

const asked = (examples: readonly number[]): RunRecord['asked'] => ({
  ...record('nig', []).asked,
  examples,
  digests: examples.map(String),
});
/** A complete run of the job, with what each of its examples came to. */
function complete(method: 'nig' | 'rescale', run: string, job: string, examples: readonly number[]): RunRecord {
  const made = record(method, [{ name: 'a', units: [2, 1.5, -0.5], errors: [0.1, 0.1, 0.1] }]);
  const each = <Numbers extends Float32Array | Int32Array>(numbers: Numbers): Numbers =>
    (numbers.constructor as unknown as { from(all: number[]): Numbers }).from(examples.flatMap(() => [...numbers]));
  return {
    ...made,
    run,
    job,
    asked: asked(examples),
    layers: made.layers.map((one) => ({ ...one, units: each(one.units), sum: each(one.sum), unitError: each(one.unitError!) })), // prettier-ignore
    result: {
      ...made.result,
      examples: examples.map((_, at) => at),
      atInput: each(made.result.atInput),
      atBaseline: each(made.result.atBaseline),
      delta: each(made.result.delta),
      target: examples.map(() => 'y[1]'),
      adaptive:
        method === 'nig'
          ? { accuracy: DEFAULT_ACCURACY, examples: examples.map(() => ({ ...reached(), goesOn: 'held' as const })) }
          : null,
    },
  };
}

async function begun(): Promise<{ studio: Studio; client: FakeClient }> {
  selection.clear();
  const client = new FakeClient({
    openSample: () => model,
    inputRows: ({ examples }) => rowsFor(examples),
    predict: ({ examples }) => predictionOf(examples),
    estimate: () => ({ passes: 1, walks: null, durationMs: 1, basis: null, memoryMB: 1 }),
    forgetGuest: () => undefined,
  });
  const studio = new Studio();
  await studio.start(client);
  await studio.openSample('net');
  return { studio, client };
}
const names = (studio: Studio): string[] => studio.runs.columns.map(({ run }) => run);
const turn = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  messages.list = [];
});

describe('a run that sharpens', () => {
  it('is asked by default, and by even steps where those are chosen', async () => {
    const { studio } = await begun();
    expect(studio.model.setup!.accuracy).toEqual(DEFAULT_ACCURACY);
    studio.question.even = true;
    expect(studio.model.setup!.accuracy).toBeUndefined();
    studio.question.even = false;
    studio.question.rule = 'trapezoid';
    expect(studio.model.setup!.accuracy).toBeUndefined();
    studio.question.rule = 'secant';
    studio.question.tolerate(0.01);
    expect(studio.model.setup!.accuracy).toEqual({ ...DEFAULT_ACCURACY, tolerance: 0.01, mostWalks: null });
    studio.question.tolerate(0.02);
    expect(studio.model.setup!.accuracy).toEqual(DEFAULT_ACCURACY);
    studio.question.methods = ['rescale'];
    expect(studio.model.setup!.accuracy).toBeUndefined();
  });

  it('is shown from its first round on, sharper with each, and is replaced by the run where it stands', async () => {
    const { studio, client } = await begun();
    void studio.run();
    await turn();
    const [job] = client.jobs;
    job!.tell({ kind: 'round', round: round(1) });
    expect(names(studio)).toEqual([PROVISIONAL]);
    expect(studio.runs.main!.layers[0]!.unitsError![0]).toBe(1);
    expect(studio.runs.main!.layers[0]!.residual![0]).toBeCloseTo(2 + 1.5 - 0.5 - 3);
    selection.selectUnit({ layer: 'a', unit: 1 });
    job!.tell({ kind: 'run', run: complete('rescale', 'r1', 'j', [0]), unkept: null });
    expect(names(studio)).toEqual([PROVISIONAL, 'r1']); // in the order of the methods, whichever was quicker
    job!.tell({ kind: 'round', round: round(2) });
    await vi.advanceTimersByTimeAsync(1000);
    expect(studio.runs.main!.layers[0]!.unitsError![0]).toBe(0.5);
    job!.tell({ kind: 'run', run: complete('nig', 'n1', 'j', [0]), unkept: null });
    expect(names(studio)).toEqual(['n1', 'r1']);
    job!.tell({ kind: 'round', round: round(3) }); // late
    job!.tell({ kind: 'finished', cancelled: false });
    await vi.advanceTimersByTimeAsync(1000);
    expect(names(studio)).toEqual(['n1', 'r1']);
    expect([selection.layer, selection.unit]).toEqual(['a', 1]);
  });

  it('is looked at no more often than an eye can follow', async () => {
    const { studio, client } = await begun();
    void studio.run();
    await turn();
    const seen = new Set<unknown>();
    for (let at = 1; at <= 400; at++) {
      client.jobs[0]!.tell({ kind: 'round', round: round(at) });
      seen.add(studio.runs.provisional);
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(seen.size).toBeLessThan(20);
    expect(seen.size).toBeGreaterThan(5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(studio.runs.provisional!.result.adaptive!.examples[0]!.rounds).toBe(400);
  });

  it('gives way to what was shown before where it is cancelled before anything is complete', async () => {
    const { studio, client } = await begun();
    studio.runs.take([complete('nig', 'old', 'before', [0])]);
    void studio.run();
    await turn();
    client.jobs[0]!.tell({ kind: 'round', round: round(1) });
    expect(names(studio)).toEqual([PROVISIONAL]);
    client.jobs[0]!.tell({ kind: 'finished', cancelled: true });
    await turn();
    expect(names(studio)).toEqual(['old']);
  });

  it('ends with the engine', async () => {
    const { studio, client } = await begun();
    void studio.run();
    await turn();
    client.jobs[0]!.tell({ kind: 'round', round: round(1) });
    client.notify({ kind: 'engine', state: 'restarting', fault: null });
    await turn();
    expect([names(studio), studio.runs.sharpening, studio.jobs.running]).toEqual([[], null, null]);
  });

  it('is enough once there is something to keep, and said so once', async () => {
    const { studio, client } = await begun();
    void studio.run();
    await turn();
    expect(studio.jobs.running!.rounds).toBe(false);
    client.jobs[0]!.tell({ kind: 'round', round: round(1) });
    expect(studio.jobs.running!.rounds).toBe(true);
    await studio.jobs.enough();
    await studio.jobs.enough();
    expect([client.jobs[0]!.enough, client.jobs[0]!.cancelled, studio.jobs.running!.enough]).toEqual([true, false, true]); // prettier-ignore
  });

  it('that goes on stands where the run stood, and the run stays what it was where that is cancelled', async () => {
    const { studio, client } = await begun();
    const [nig, rescale] = [complete('nig', 'n', 'j', [0]), complete('rescale', 'r', 'j', [0])];
    studio.runs.take([nig, rescale]);
    for (const cancelled of [true, false]) {
      void studio.goOn(nig, { ...DEFAULT_ACCURACY, tolerance: 0.01 });
      await turn();
      const job = client.jobs.at(-1)!;
      expect(job.setup).toEqual({ run: 'n', accuracy: { ...DEFAULT_ACCURACY, tolerance: 0.01 }, backend: 'auto' });
      expect(names(studio)).toEqual(['n', 'r']);
      job.tell({ kind: 'round', round: round(9) });
      expect(names(studio)).toEqual([PROVISIONAL, 'r']);
      if (!cancelled) {
        const better = { ...nig, note: 'better' };
        job.tell({ kind: 'run', run: better, unkept: null });
        expect(studio.runs.own).toEqual([better, rescale]);
      }
      job.tell({ kind: 'finished', cancelled });
      await turn();
      expect(names(studio)).toEqual(['n', 'r']);
    }
  });

  it('of a model that was closed meanwhile is shown nowhere', async () => {
    const { studio, client } = await begun();
    void studio.run();
    await turn();
    client.jobs[0]!.tell({ kind: 'round', round: round(1) });
    Object.assign(client.answers, { openSample: () => opened({ hash: 'another' }) });
    await studio.openSample('other');
    client.jobs[0]!.tell({ kind: 'round', round: round(2) });
    await vi.advanceTimersByTimeAsync(1000);
    expect([studio.runs.all, studio.runs.sharpening]).toEqual([[], null]);
  });

  it('asks anew for contributions of a run that went on', async () => {
    const { studio, client } = await begun();
    const nig = complete('nig', 'n', 'j', [0]);
    studio.runs.take([nig]);
    void studio.runs.contributions('n', 'a');
    void studio.runs.contributions('n', 'a');
    expect(client.asked('contributions').length).toBe(1);
    void studio.goOn(nig, DEFAULT_ACCURACY);
    await turn();
    client.jobs[0]!.tell({ kind: 'run', run: nig, unkept: null });
    void studio.runs.contributions('n', 'a');
    expect(client.asked('contributions').length).toBe(2);
  });
});

/** What can happen while a run sharpens, in any order. */
type Step =
  | { readonly kind: 'round'; readonly example: number; readonly rounds: number }
  | { readonly kind: 'nig' | 'rescale' | 'wait' | 'toggle' | 'enough' | 'other' }
  | { readonly kind: 'look'; readonly example: number }
  | { readonly kind: 'end'; readonly cancelled: boolean };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('round' as const), example: fc.nat(2), rounds: fc.integer({ min: 1, max: 9 }) }) }, // prettier-ignore
  fc.record({ kind: fc.constantFrom('nig', 'rescale', 'wait', 'toggle', 'enough', 'other') }),
  fc.record({ kind: fc.constant('look' as const), example: fc.nat(2) }),
  fc.record({ kind: fc.constant('end' as const), cancelled: fc.boolean() }),
);

describe('in any order', () => {
  it('newest wins, nothing is shown twice or after its end, and what is selected stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), fc.boolean(), async (orders, continuing) => {
        const { studio, client } = await begun();
        studio.question.examples = [0, 1, 2];
        const old = complete('nig', 'n', 'old', [0, 1, 2]);
        studio.runs.take([old, complete('rescale', 'r', 'old', [0, 1, 2])]);
        selection.selectUnit({ layer: 'a', unit: 2 });
        const { runs } = studio;
        void (continuing ? studio.goOn(old, DEFAULT_ACCURACY) : studio.run());
        await turn();
        const { tell } = client.jobs[0]!;
        const newest = new Map<number, number>();
        let [done, ended, other] = [false, false, false];
        for (const step of orders) {
          if (step.kind === 'round') {
            tell({ kind: 'round', round: round(step.rounds, { example: step.example }) });
            if (!done && !ended) newest.set(step.example, Math.max(step.rounds, newest.get(step.example) ?? 0));
          } else if (step.kind === 'nig' && !done && !ended) {
            const seen = newest.size > 0 ? runs.shown.has(PROVISIONAL) : null;
            const id = continuing ? 'n' : 'n2';
            tell({ kind: 'run', run: complete('nig', id, continuing ? 'old' : 'new', [0, 1, 2]), unkept: null });
            done = true;
            if (seen !== null) expect(runs.shown.has(id)).toBe(seen);
          } else if (step.kind === 'rescale' && !continuing && !ended)
            tell({ kind: 'run', run: complete('rescale', 'r2', 'new', [0, 1, 2]), unkept: null });
          else if (step.kind === 'wait') await vi.advanceTimersByTimeAsync(500);
          else if (step.kind === 'toggle' && runs.shown.has(PROVISIONAL)) runs.toggle(PROVISIONAL);
          else if (step.kind === 'enough') void studio.jobs.enough();
          else if (step.kind === 'look') selection.example = step.example;
          else if (step.kind === 'other' && !other) {
            other = true;
            await studio.openSample('net'); // the same model: its runs stay
          } else if (step.kind === 'end' && !ended) {
            ended = true;
            tell({ kind: 'finished', cancelled: step.cancelled });
            await turn();
          }
          const ids = runs.all.map(({ run }) => run);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.filter((id) => id === PROVISIONAL).length).toBeLessThanOrEqual(1);
          if (done || ended) expect([runs.provisional, runs.shown.has(PROVISIONAL)]).toEqual([null, false]);
          if (continuing && runs.shown.has(PROVISIONAL)) expect(runs.shown.has('n')).toBe(false);
          const methods = runs.columns.filter(({ job }) => job === 'new').map(({ result }) => result.method);
          expect(methods).toEqual([...methods].sort());
        }
        expect([selection.layer, selection.unit]).toEqual(['a', 2]);
        await vi.advanceTimersByTimeAsync(1000);
        const shown = runs.provisional?.result.adaptive!.examples[0]!.rounds;
        expect(shown).toBe(done || ended ? undefined : newest.get(selection.example));
      }),
      { numRuns: 150 },
    );
  });
});
