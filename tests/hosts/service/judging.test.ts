/** Judging as a job: its judgement belongs to the document as runs do, whatever becomes of the program. */
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobNotice, JudgementRecord, JudgeSetup, RunSetup } from '../../../src/contract/studio';
import type { StudioService } from '../../../src/main/hosts/service';
import { engine } from '../../../src/main/hosts/service/engine';
import { code, digits, folder, get, GONE, start } from './studio';

const asked = ({ methods: _, ...setup }: RunSetup, more: Partial<JudgeSetup> = {}): JudgeSetup => ({
  ...setup,
  judged: ['rescale', 'gradient-difference', 'random'],
  layers: ['branches'],
  to: { kind: 'baseline' },
  seed: 3,
  sanity: false,
  ...more,
});

/** @param hear of each notice; gives what cancels the job */
const judged = async (
  service: StudioService,
  setup: JudgeSetup,
  hear: (notice: JobNotice, cancel: () => void) => void = () => undefined,
): Promise<JobNotice[]> => {
  const notices: JobNotice[] = [];
  await new Promise<void>((finish, fail) => {
    let job: string | null = null;
    let wanted = false;
    const cancel = (): void => {
      wanted = true;
      if (job !== null) void get(service, 'cancelRun', { job });
    };
    const emit = (notice: JobNotice): void => {
      notices.push(notice);
      hear(notice, cancel);
      if (notice.kind === 'finished' || notice.kind === 'failed') finish();
    };
    get(service, 'startJudging', setup, { emit }).then((told) => {
      ({ job } = told);
      if (wanted) cancel();
    }, fail);
  });
  return notices;
};
const judgementOf = (notices: readonly JobNotice[]): JudgementRecord =>
  notices.flatMap((notice) => (notice.kind === 'judgement' ? [notice.judgement] : []))[0]!;
const document = (service: StudioService) => get(service, 'document', {});
const file = () => join(folder, 'judged.mho');
const save = (service: StudioService, path: string | null = file()) =>
  service.handle({ document: 'one', name: 'save', params: { path } });
const open = (service: StudioService, name: string) =>
  service.handle({ document: name, name: 'openSession', params: { file: 'it' }, paths: { it: file() } });

describe('a judgement', () => {
  it('is made by a job that tells how far it is, and is unsaved until the session has it', async () => {
    const service = start();
    const setup = asked(await digits(service));
    const notices = await judged(service, setup);
    expect(notices.at(-1)).toEqual({ kind: 'finished', cancelled: false });
    const { judgement } = judgementOf(notices);
    expect(judgement).toMatchObject({ examples: [0, 6], seed: 3, to: { kind: 'baseline' }, complete: true });
    expect(judgement.layers.map(({ name }) => name)).toEqual(['branches']);
    expect(judgement.source).toBe((await get(service, 'openedModel', {}))!.data!.name);
    for (const notice of notices)
      if (notice.kind === 'judging') expect(notice.progress.done).toBeLessThanOrEqual(notice.progress.total * 1.0001);
    expect(await document(service)).toMatchObject({ dirty: true, judgements: 1, runs: 0 });
    await save(service);
    expect(await document(service)).toMatchObject({ dirty: false });
    await service.handle({ document: 'one', name: 'close', params: {} });
    const opened = await open(service, 'two');
    expect(opened).toMatchObject({ ok: true, value: { document: { dirty: false, judgements: 1 }, runs: [] } });
    expect((opened as unknown as { value: { judgements: JudgementRecord[] } }).value.judgements[0]!.judgement).toEqual(
      judgement,
    );
  });

  it('of units that become their mean is over the examples that a press in the window takes', async () => {
    const service = start();
    const setup = asked(await digits(service), { to: { kind: 'mean' } });
    const { judgement } = judgementOf(await judged(service, setup));
    const { judged: _judged, layers: _layers, to, seed: _seed, sanity: _sanity, methods: _methods, ...rest } = { methods: null, ...setup }; // prettier-ignore
    const { rule: _rule, steps: _steps, accuracy: _accuracy, ...question } = rest;
    const layer = 'branches';
    const singles = await get(service, 'knockOuts', { ...question, layer, to, units: [0, 1] });
    expect(judgement.meanOver).toBe(8);
    expect(singles.meanOver).toBe(8);
    const [kept] = judgement.layers;
    singles.drop.forEach((drop, example) =>
      drop.forEach((value, unit) => expect(value).toBeCloseTo(kept!.drop[example]![unit]!, 5)),
    );
  });

  it('taken out leaves something to be saved, and can be had back', async () => {
    const service = start();
    const { id } = judgementOf(await judged(service, asked(await digits(service))));
    await save(service);
    await get(service, 'removeJudgement', { judgement: id });
    expect(await document(service)).toMatchObject({ dirty: true, judgements: 0 });
    expect(await code(service, { name: 'removeJudgement', params: { judgement: id } })).toBe('HANDLE_UNKNOWN');
    await get(service, 'restoreJudgement', { judgement: id });
    expect(await document(service)).toMatchObject({ dirty: false, judgements: 1 });
    expect(await code(service, { name: 'restoreJudgement', params: { judgement: id } })).toBe('HANDLE_UNKNOWN');
  });

  it('comes back after a crash, saved or not, and one that was taken out can still be had back', async () => {
    const before = start(GONE);
    const setup = asked(await digits(before));
    const kept = judgementOf(await judged(before, setup));
    await save(before);
    const fresh = judgementOf(await judged(before, { ...setup, to: { kind: 'mean' } }));
    const gone = judgementOf(await judged(before, { ...setup, to: { kind: 'zero' } }));
    await get(before, 'removeJudgement', { judgement: gone.id });
    const after = start();
    const [entry] = await get(after, 'recoveryList', {}, { document: 'new' });
    expect(entry).toMatchObject({ judgements: 2, runs: 0, when: fresh.judgement.created });
    const back = await get(after, 'recover', { id: entry!.id }, { document: 'new' });
    expect(back.document).toMatchObject({ dirty: true, judgements: 2 });
    expect(back.judgements).toEqual([kept, fresh]);
    await get(after, 'restoreJudgement', { judgement: gone.id }, { document: 'new' });
    expect(await get(after, 'document', {}, { document: 'new' })).toMatchObject({ judgements: 3 });
  });

  it('that is damaged in the recovery folder takes nothing else with it', async () => {
    const before = start(GONE);
    const setup = asked(await digits(before));
    const [one, other] = [judgementOf(await judged(before, setup)), judgementOf(await judged(before, setup))];
    const [own] = readdirSync(join(folder, 'recovery'));
    const path = (name: string) => join(folder, 'recovery', own!, name);
    copyFileSync(path('document.json'), path(`${one.id}.json`));
    const after = start();
    const [entry] = await get(after, 'recoveryList', {}, { document: 'new' });
    const back = await get(after, 'recover', { id: entry!.id }, { document: 'new' });
    expect(back.judgements).toEqual([other]);
  });

  it('cancelled keeps the layers that were done by then', async () => {
    const service = start(undefined, {
      // The second layer is not begun before Cancel has come.
      judge: (device, graph, asking, options) =>
        engine.judge(device, graph, asking, {
          ...options,
          onProgress: (progress) => {
            options.onProgress?.(progress);
            if (progress.at.kind === 'layer' && progress.at.layer === 'hidden') cancelling();
          },
        }),
    });
    let cancelling = (): void => undefined;
    const setup = asked(await digits(service), { layers: ['branches', 'hidden'] });
    const notices: JobNotice[] = [];
    await new Promise<void>((finish, fail) => {
      const emit = (notice: JobNotice): void => {
        notices.push(notice);
        if (notice.kind === 'finished' || notice.kind === 'failed') finish();
      };
      get(service, 'startJudging', setup, { emit }).then(({ job }) => {
        cancelling = () => void get(service, 'cancelRun', { job });
      }, fail);
    });
    expect(notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    const { judgement } = judgementOf(notices);
    expect(judgement.complete).toBe(false);
    expect(judgement.layers.map(({ name }) => name)).toEqual(['branches']);
  });

  it('cancelled at once leaves nothing', async () => {
    const service = start();
    const setup = asked(await digits(service), { judged: ['nig', 'rescale'], steps: 400 });
    const notices = await judged(service, setup, (_, cancel) => cancel());
    expect(notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(await document(service)).toMatchObject({ dirty: false, judgements: 0 });
  });

  it('with units as they are at another example takes that one by its number', async () => {
    const service = start();
    const setup = asked(await digits(service));
    const drops = async (to: JudgeSetup['to']) =>
      judgementOf(await judged(service, { ...setup, to })).judgement.layers[0]!.drop;
    const [own, other] = await drops({ kind: 'example', example: 6 });
    // Example 6 replaced by itself loses nothing.
    expect(Math.max(...other!.map(Math.abs))).toBeLessThan(1e-5);
    expect(Math.max(...own!.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(await code(service, { name: 'startJudging', params: { ...setup, to: { kind: 'example', example: 100_000 } } })).toBe('EXAMPLES_RANGE'); // prettier-ignore
  });

  it('is estimated in forward passes, more with more layers, examples and methods', async () => {
    const service = start();
    const setup = asked(await digits(service));
    const of = async (more: Partial<JudgeSetup>) =>
      (await get(service, 'judgeEstimate', { ...setup, ...more })).forwards;
    const one = await of({});
    expect(one).toBeGreaterThan(0);
    expect(await of({ examples: [0, 1, 2, 6] })).toBeGreaterThan(1.9 * one);
    expect(await of({ judged: [...setup.judged, 'rescale', 'internal-influence'] })).toBeGreaterThan(one);
    expect(await of({ layers: undefined })).toBeGreaterThan(one);
    expect(await of({ sanity: true })).toBeGreaterThan(one);
    const takes = async () => (await get(service, 'judgeEstimate', setup)).durationMs;
    expect(await takes()).toBeNull();
    await judged(service, setup);
    expect(await takes()).toBeGreaterThan(0);
  });
});
