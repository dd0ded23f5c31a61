/** Adaptive runs in a document, with the real engine: watched, enough, going on, saved and found again. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type Accuracy, type RunResult } from '../../../src/contract/attribution';
import type { Session } from '../../../src/contract/session';
import type { JobNotice, RunRecord, RunSetup } from '../../../src/contract/studio';
import { openSession, saveSession } from '../../../src/main/engine/sessions';
import type { StudioService } from '../../../src/main/hosts/service';
import { code, digits, folder, get, run, start } from './studio';

const to = (tolerance: number): Accuracy => ({ ...DEFAULT_ACCURACY, tolerance, mostWalks: null });
const COARSE = to(0.1);
const FINE = to(0.01);
/** Points of a split for each of its walks. */
const ROWS = 1.5;

const asked = async (service: StudioService, document = 'one'): Promise<RunSetup> => ({
  ...(await digits(service, document)),
  methods: ['nig'],
  accuracy: COARSE,
});

const runIn = (notices: readonly JobNotice[]): RunRecord =>
  notices.flatMap((notice) => (notice.kind === 'run' ? [notice.run] : []))[0]!;

/** @returns all that it told, its end last */
const goOn = async (
  service: StudioService,
  id: string,
  accuracy: Accuracy,
  meanwhile: (notice: JobNotice) => void = () => undefined,
): Promise<JobNotice[]> => {
  const notices: JobNotice[] = [];
  await new Promise<void>((finish, fail) => {
    const emit = (notice: JobNotice): void => {
      notices.push(notice);
      meanwhile(notice);
      if (notice.kind === 'finished' || notice.kind === 'failed') finish();
    };
    get(service, 'continueRun', { run: id, accuracy, backend: 'auto' }, { emit }).catch(fail);
  });
  return notices;
};

const walks = ({ result }: RunRecord): number[] => result.adaptive!.examples.map((each) => each.walks);
const sums = ({ layers }: Pick<RunRecord, 'layers'>) => layers.map(({ units }) => [...units]);
/** Of all layers, the largest distance of units as a share of their sum. */
const apart = (a: Pick<RunRecord, 'layers'>, b: Pick<RunRecord, 'layers'>): number =>
  Math.max(
    ...sums(a).map((units, layer) => {
      const others = sums(b)[layer]!;
      const total = others.reduce((sum, each) => sum + Math.abs(each), 0);
      return units.reduce((sum, each, at) => sum + Math.abs(each - others[at]!), 0) / total;
    }),
  );

describe('an adaptive run', () => {
  it('tells rounds before its result, whose arrays are their own, and a record without what it goes on from', async () => {
    const service = start();
    const notices = await run(service, { ...(await asked(service)), accuracy: FINE });
    const kinds = notices.map(({ kind }) => kind);
    expect(kinds.indexOf('round')).toBeGreaterThan(-1);
    expect(kinds.indexOf('round')).toBeLessThan(kinds.indexOf('run'));
    const { layers, result } = runIn(notices);
    for (const notice of notices) {
      if (notice.kind !== 'round') continue;
      expect(notice.round.layers.map(({ name }) => name)).toEqual(layers.map(({ name }) => name));
      for (const { units, unitError } of notice.round.layers)
        for (const array of [units, unitError]) expect(array.byteLength).toBe(array.buffer.byteLength);
    }
    expect(result.adaptive!.examples).toHaveLength(2);
    for (const example of result.adaptive!.examples) {
      expect(Object.keys(example)).not.toContain('saved');
      expect(example).toMatchObject({ goesOn: 'held', reached: true });
      expect(Object.is(example.grid![0]!.at(-1), -0)).toBe(true);
    }
  });

  it('goes on as the same run: further walks alone, name and note kept, and what a run from the beginning says', async () => {
    const service = start();
    const setup = await asked(service);
    const first = runIn(await run(service, setup));
    await get(service, 'describeRun', { run: first.run, name: 'mine', note: 'seen' });
    const notices = await goOn(service, first.run, FINE);
    const after = runIn(notices);
    expect(after).toMatchObject({ run: first.run, job: first.job, created: first.created, name: 'mine', note: 'seen' });
    expect(after.result.adaptive!.accuracy).toEqual(FINE);
    for (const [at, taken] of walks(after).entries()) expect(taken).toBeGreaterThan(walks(first)[at]!);
    expect(after.result.adaptive!.examples.every(({ reached }) => reached)).toBe(true);
    expect(after.result.durationMs).toBeGreaterThan(first.result.durationMs);
    const progress = notices.flatMap((notice) => (notice.kind === 'progress' ? [notice.progress.done] : []));
    const more = walks(after).reduce((sum, each, at) => sum + each - walks(first)[at]!, 0);
    expect(progress.at(-1)).toBeLessThanOrEqual(ROWS * more); // nothing was walked twice
    const anew = runIn(await run(service, { ...setup, accuracy: FINE }));
    expect(apart(after, anew)).toBeLessThan(0.02);
    expect((await get(service, 'runList', {})).map((each) => each.run)).toEqual([first.run, anew.run]);
    expect(await get(service, 'contributions', { run: first.run, layer: after.layers[0]!.name })).toBeDefined();
  });

  it('ends as a complete run when it is enough, and says what it came to', async () => {
    const service = start();
    const first = runIn(await run(service, await asked(service)));
    let job = '';
    const enough = (): void => void get(service, 'enoughRun', { job });
    const notices: JobNotice[] = [];
    await new Promise<void>((finish) => {
      const emit = (notice: JobNotice): void => {
        notices.push(notice);
        if (notice.kind === 'progress') enough();
        if (notice.kind === 'finished' || notice.kind === 'failed') finish();
      };
      const accuracy = { ...to(0.0001), untilTop: null };
      void get(service, 'continueRun', { run: first.run, accuracy, backend: 'auto' }, { emit }).then((given) => {
        job = given.job;
        enough();
      });
    });
    expect(notices.at(-1)).toEqual({ kind: 'finished', cancelled: false });
    const { result } = runIn(notices);
    expect(result.complete).toBe(true);
    expect(result.adaptive!.examples.map(({ stopped }) => stopped)).toEqual(['enough', 'enough']);
  });

  it('that is cancelled as it goes on stays as it was', async () => {
    const service = start();
    const first = runIn(await run(service, await asked(service)));
    let cancelled = false;
    const notices: JobNotice[] = [];
    await new Promise<void>((finish) => {
      const emit = (notice: JobNotice): void => {
        notices.push(notice);
        if (notice.kind === 'finished') finish();
      };
      const accuracy = to(0.0001);
      void get(service, 'continueRun', { run: first.run, accuracy, backend: 'auto' }, { emit }).then(({ job }) => {
        cancelled = true;
        void get(service, 'cancelRun', { job });
      });
    });
    expect(cancelled).toBe(true);
    expect(notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(await get(service, 'runList', {})).toEqual([first]);
  });

  it('of even steps, or of a model that is not open, does not go on', async () => {
    const service = start();
    const setup = await asked(service);
    const { accuracy: _, ...even } = setup;
    const path = join(folder, 'a.mho');
    const [one, other] = [runIn(await run(service, even)), runIn(await run(service, setup))];
    const params = { run: one.run, accuracy: FINE, backend: 'auto' };
    expect(await code(service, { name: 'continueRun', params })).toBe('RUN_NOT_ADAPTIVE');
    expect(await code(service, { name: 'continueRun', params: { ...params, run: 'none' } })).toBe('HANDLE_UNKNOWN');
    expect(await code(service, { name: 'save', params: { path } })).toBe('ok');
    await get(service, 'removeRun', { run: other.run });
    expect(await code(service, { name: 'continueRun', params: { ...params, run: other.run } })).toBe('HANDLE_UNKNOWN');
    await service.handle({ document: 'one', name: 'close', params: {} });
    const session = await openSession(path);
    await saveSession(path, { ...session, model: { ...session.model, path: join(folder, 'gone') } });
    const { runs } = await get(service, 'openSession', { file: 's' }, { paths: { s: path } });
    const reopened = { ...params, run: runs[1]!.run };
    expect(await code(service, { name: 'continueRun', params: reopened })).toBe('NOTHING_OPEN');
  });
});

describe('a session of adaptive runs', () => {
  const path = (): string => join(folder, 'a.mho');
  /** Saved by a program that is gone. @returns the run as it was */
  const saved = async (accuracy: Accuracy, change: (session: Session) => Session = (session) => session) => {
    const service = start();
    const results: RunResult[] = [];
    const setup = { ...(await asked(service)), accuracy };
    const first = runIn(await run(service, setup));
    expect(await code(service, { name: 'save', params: { path: path() } })).toBe('ok');
    await service.handle({ document: 'one', name: 'close', params: {} });
    await saveSession(path(), change(await openSession(path())));
    return { first, results };
  };
  const reopened = async (service: StudioService): Promise<RunRecord> =>
    (await get(service, 'openSession', { file: 's' }, { paths: { s: path() } })).runs[0]!;

  it('is the same after it is opened, and its run goes on from where it was', async () => {
    const { first } = await saved(COARSE);
    const service = start();
    const again = await reopened(service);
    // but for how it is called here, and for what a file does not hold
    expect(again).toEqual({ ...first, run: again.run, trace: [], asked: { ...first.asked, dataName: again.asked.dataName } }); // prettier-ignore
    const notices = await goOn(service, again.run, FINE);
    const after = runIn(notices);
    const progress = notices.flatMap((notice) => (notice.kind === 'progress' ? [notice.progress.done] : []));
    const more = walks(after).reduce((sum, each, at) => sum + each - walks(first)[at]!, 0);
    expect(progress.at(-1)).toBeLessThanOrEqual(ROWS * more);
    expect((await get(service, 'document', {})).dirty).toBe(true);
    expect(await code(service, { name: 'save', params: { path: null } })).toBe('ok');
    await service.handle({ document: 'one', name: 'close', params: {} });
    expect(walks(await reopened(start()))).toEqual(walks(after));
  });

  const hostile: readonly (readonly [string, (result: RunResult) => RunResult['adaptive']])[] = [
    ['no leaves', kept((saved) => ({ ...saved, arrays: {} }))],
    ['other words about them', kept((saved) => ({ ...saved, about: { walks: 'many' } }))],
    ['leaves that are none', kept(({ about, arrays }) => ({ about, arrays: { ...arrays, leaves: new Float64Array(arrays['leaves']!.length).fill(Number.NaN) } }))], // prettier-ignore
    ['leaves of another network', kept(({ about, arrays }) => ({ about: { ...about, options: { ...(about['options'] as object), lines: 3 } }, arrays }))], // prettier-ignore
    ['nothing but the grid', ({ adaptive }) => ({ ...adaptive!, examples: adaptive!.examples.map((each) => ({ ...each, saved: null })) })], // prettier-ignore
  ];
  it.each(hostile)('with %s goes on from the beginning', async (_, change) => {
    await saved(COARSE, (session) => ({
      ...session,
      runs: session.runs.map((each) => ({ ...each, adaptive: change(each) })),
    }));
    const service = start();
    const again = await reopened(service);
    const after = runIn(await goOn(service, again.run, FINE));
    const anew = runIn(await run(service, { ...(await asked(service)), accuracy: FINE }));
    expect(walks(after)).toEqual(walks(anew));
    expect(apart(after, anew)).toBeLessThan(1e-5);
  });

  it('bounds what is asked now, whatever was bounded then', async () => {
    await saved(COARSE);
    const service = start();
    const neurons = { ...to(0.05), over: 'neurons' } as const;
    const after = runIn(await goOn(service, (await reopened(service)).run, neurons));
    const anew = runIn(await run(service, { ...(await asked(service)), accuracy: neurons }));
    expect(walks(after)).toEqual(walks(anew));
    expect(after.result.adaptive!.examples.map(({ estimate }) => estimate)).toEqual(
      anew.result.adaptive!.examples.map(({ estimate }) => estimate),
    );
  });
});

/** The same paths with something else in the place of what they go on from. */
function kept(change: (saved: NonNullable<Reachable['saved']>) => Reachable['saved']) {
  return ({ adaptive }: RunResult): RunResult['adaptive'] => ({
    ...adaptive!,
    examples: adaptive!.examples.map((each) => ({ ...each, saved: change(each.saved!) })),
  });
}
type Reachable = NonNullable<RunResult['adaptive']>['examples'][number];

describe('the estimate of an adaptive run', () => {
  it('counts what is sure, what is usual and what is most, and other methods beside it', async () => {
    const service = start();
    const setup = { ...(await asked(service)), accuracy: { ...COARSE, tolerance: 0.02, mostWalks: 600 } };
    const path = await get(service, 'estimate', setup);
    expect(path).toMatchObject({ walks: { first: 18, typical: 42, most: 600 }, passes: 2 * 63 });
    const both = await get(service, 'estimate', { ...setup, methods: ['nig', 'rescale'] });
    expect(both.passes).toBe(path.passes + 2 * 2);
    const { accuracy: _, ...even } = setup;
    expect(await get(service, 'estimate', { ...even, steps: 50 })).toMatchObject({ walks: null, passes: 2 * 51 });
  });
});
