/** Judgements in the window, in whatever order a job, another document, removing and undoing come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../../src/contract/judgement';
import type { JudgementRecord, JudgeSetup } from '../../../src/contract/studio';
import { messages } from '../../../src/renderer/stores/messages.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import { FakeClient } from './client';
import { opened, predictionOf, rowsFor } from './models';

const record = (id: string): JudgementRecord => ({ id, judgement: { created: id } as Judgement });
const setup = { data: 'data', examples: [0], judged: ['rescale'], to: { kind: 'zero' }, seed: 1, sanity: false } as unknown as JudgeSetup; // prettier-ignore
const settle = () => new Promise((resolve) => setTimeout(resolve));

async function begun(): Promise<{ studio: Studio; client: FakeClient }> {
  let models = 0;
  const client = new FakeClient({
    openSample: () => opened({ hash: `model${models++}` }),
    inputRows: ({ examples }) => rowsFor(examples),
    predict: ({ examples }) => predictionOf(examples),
    estimate: () => ({ passes: 1, walks: null, durationMs: 1, basis: null, memoryMB: 1 }),
    removeJudgement: () => undefined,
    restoreJudgement: () => undefined,
  });
  const studio = new Studio();
  await studio.start(client);
  await studio.openSample('net');
  return { studio, client };
}

describe('a job that judges', () => {
  it('tells how far it is; what it made is shown, once however often it is heard', async () => {
    const { studio, client } = await begun();
    const end = studio.judge(setup);
    await settle();
    const { tell } = client.jobs.at(-1)!;
    tell({ kind: 'judging', progress: { done: 1, total: 4, remainingMs: 30, at: { kind: 'layer', layer: 'a' } } });
    expect(studio.jobs.running?.judging).toMatchObject({ done: 1, total: 4 });
    tell({ kind: 'judgement', judgement: record('one'), unkept: null });
    tell({ kind: 'judgement', judgement: record('one'), unkept: null });
    tell({ kind: 'finished', cancelled: true });
    await end;
    expect(studio.judgements.all.map(({ id }) => id)).toEqual(['one']);
    expect(studio.judgements.shown?.id).toBe('one');
    expect(studio.jobs.running).toBeNull();
    expect(messages.list.at(-1)?.text).toBe('Cancelled. What was complete is kept.');
  });

  it('is never offered as a run to be run again when the engine dies', async () => {
    const { studio, client } = await begun();
    void studio.judge(setup);
    await settle();
    client.notify({ kind: 'engine', state: 'restarting', fault: { code: 'ENGINE_DIED', message: 'gone', remedy: '' } as never }); // prettier-ignore
    await settle();
    expect(studio.jobs.running).toBeNull();
    expect(messages.list.findLast(({ kind }) => kind === 'fault')).toMatchObject({ text: 'gone', action: null });
  });
});

it('belongs to the document that it was begun for: removing, undoing, judging and opening in any order', async () => {
  const steps = fc.array(fc.constantFrom('judge', 'end', 'remove', 'undo', 'open', 'show'), { maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { studio, client } = await begun();
      let ids = 0;
      let there: string[] = [];
      let gone: { id: string; at: object } | null = null;
      /** The document of the job that is under way. */
      let begunIn: object | null = null;
      for (const step of sequence) {
        const { judgements } = studio;
        if (step === 'judge' && !studio.jobs.running) {
          begunIn = judgements;
          void studio.judge(setup);
        } else if (step === 'end' && studio.jobs.running && client.jobs.length > 0) {
          const id = `j${ids++}`;
          client.jobs.at(-1)!.tell({ kind: 'judgement', judgement: record(id), unkept: null });
          client.jobs.at(-1)!.tell({ kind: 'finished', cancelled: false });
          if (begunIn === judgements) there.push(id);
        } else if (step === 'remove' && judgements.shown) {
          const { shown } = judgements;
          await judgements.remove(shown);
          there = there.filter((id) => id !== shown.id);
          gone = { id: shown.id, at: judgements };
        } else if (step === 'undo' && gone && gone.at === judgements) {
          messages.list.findLast(({ action }) => action?.label === 'Undo')?.action?.run();
          await settle();
          there.push(gone.id);
          gone = null;
        } else if (step === 'open') {
          await studio.openSample('other');
          there = [];
          gone = null;
        } else if (step === 'show' && judgements.all[0]) judgements.show(judgements.all[0].id);
        await settle();
        expect(studio.judgements.all.map(({ id }) => id)).toEqual(there);
        expect(studio.judgements.shown === null).toBe(there.length === 0);
        if (studio.judgements.shown) expect(there).toContain(studio.judgements.shown.id);
      }
    }),
    {
      numRuns: 40,
      examples: [
        [['judge', 'end', 'remove', 'undo']],
        [['judge', 'open', 'end']],
        [['judge', 'end', 'remove', 'open', 'undo']],
      ],
    },
  );
});
