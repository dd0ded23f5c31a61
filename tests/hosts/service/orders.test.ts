/** Orders of events that once lost or mixed up something: each by hand, step by step. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../../src/contract/session';
import type { InputData, OpenedSession, RunRecord } from '../../../src/contract/studio';
import * as disk from './disk';
import { Hand, kept, RECOVERY, ROUND, ROUNDS, settled, walksOf } from './world';

vi.mock('node:fs/promises', () => import('./disk'));

let hand: Hand;
beforeEach(() => {
  hand = new Hand();
});

const runs = async (document = 'one'): Promise<readonly RunRecord[]> =>
  (await hand.done('runList', {}, { document })) as readonly RunRecord[];
const heard = (): readonly RunRecord[] => hand.notices.flatMap((notice) => (notice.kind === 'run' ? [notice.run] : []));
const inFile = (path: string): readonly string[] => (disk.get(path) as Session).runs.map(({ target }) => target[0]!);
const tags = (records: readonly RunRecord[]): readonly string[] => records.map(({ result }) => result.target[0]!);
const folders = (): readonly string[] =>
  [...disk.entries.keys()].filter((path) => path.startsWith(`${RECOVERY}/`) && !path.slice(RECOVERY.length + 1).includes('/')); // prettier-ignore

describe('saving', () => {
  it('marks what it wrote: a run that finishes meanwhile is unsaved', async () => {
    const setup = await hand.opened();
    await hand.done('startRun', setup);
    const saving = hand.ask('save', { path: '/sessions/S.mho' });
    await hand.until('save /sessions');
    await hand.ask('startRun', setup);
    await hand.go('device');
    await hand.go('chunk');
    await hand.until();
    expect(await saving).toMatchObject({ ok: true });
    expect(inFile('/sessions/S.mho')).toHaveLength(1);
    expect(heard()).toHaveLength(2);
    expect(hand.state!.dirty).toBe(true);
    await hand.done('save', { path: null });
    expect(inFile('/sessions/S.mho')).toEqual(tags(heard()));
    expect(hand.state!.dirty).toBe(false);
  });

  it('a name or note given meanwhile is unsaved', async () => {
    const setup = await hand.opened();
    await hand.done('startRun', setup);
    const saving = hand.ask('save', { path: '/sessions/S.mho' });
    await hand.until('save /sessions');
    void hand.ask('describeRun', { run: heard()[0]!.run, note: 'seen' });
    await hand.until();
    await saving;
    expect(hand.state!.dirty).toBe(true);
  });

  it('writes to the file of what it was asked for: a model opened meanwhile gets none', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    const saving = hand.ask('save', { path: '/sessions/S.mho' });
    await hand.until('save /sessions');
    const opening = hand.ask('openModel', { file: 'b' }, { unsaved: 'discard' });
    await hand.but('save /sessions');
    await hand.until();
    expect(await saving).toMatchObject({ ok: true, value: true });
    expect(await opening).toMatchObject({ ok: true });
    expect(hand.state).toMatchObject({ title: '/models/b', session: null, dirty: false });
    expect(await hand.done('save', { path: null })).toBe(false);
    expect(inFile('/sessions/S.mho')).toEqual(tags(heard()));
  });

  it('is refused for what is replaced by the time of its turn', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    void hand.ask('openModel', { file: 'b' }, { unsaved: 'discard' });
    await hand.until('release model');
    expect(await hand.done('save', { path: '/sessions/S.mho' })).toBe('NOTHING_OPEN');
    expect(disk.get('/sessions/S.mho')).toBeUndefined();
  });

  it('what was taken out of a file and put back is unsaved until then, and survives the engine', async () => {
    const setup = { ...(await hand.opened()), methods: ['nig', 'rescale'] };
    await hand.done('startRun', setup);
    await hand.done('save', { path: '/sessions/S.mho' });
    await hand.done('openSession', { file: 'S' }, { document: 'one' });
    const [first, second] = await runs();
    await hand.done('removeRun', { run: first!.run });
    expect(hand.state!.dirty).toBe(true);
    await hand.done('save', { path: null });
    expect(inFile('/sessions/S.mho')).toEqual(tags([second!]));
    // the second is now the first of the file: an engine that starts again must not take it for another
    hand.restart();
    expect(await runs()).toMatchObject([{ run: second!.run, result: { target: second!.result.target } }]);
  });

  it('put back after its file was written without it, a run is kept in the recovery folder', async () => {
    const setup = { ...(await hand.opened()), methods: ['nig', 'rescale'] };
    await hand.done('startRun', setup);
    await hand.done('save', { path: '/sessions/S.mho' });
    await hand.done('openSession', { file: 'S' });
    const [first] = await runs();
    await hand.done('removeRun', { run: first!.run });
    await hand.done('save', { path: null });
    await hand.done('restoreRun', { run: first!.run });
    expect(hand.state!.dirty).toBe(true);
    hand.restart();
    expect(tags(await runs())).toContain(first!.result.target[0]);
    expect(await hand.done('document', {})).toMatchObject({ dirty: true });
  });

  it('a run that is put back after a restart of the engine is there', async () => {
    const setup = await hand.opened();
    await hand.done('startRun', setup);
    await hand.done('removeRun', { run: heard()[0]!.run });
    hand.restart();
    expect(await runs()).toEqual([]);
    await hand.done('restoreRun', { run: heard()[0]!.run });
    expect(tags(await runs())).toEqual(tags(heard()));
  });

  it('two documents that write to one file: one of them is refused', async () => {
    for (const document of ['one', 'two']) {
      await hand.done('openModel', { file: 'a' }, { document });
      const { data } = (await hand.done('readInputs', { files: ['data'] }, { document })) as InputData;
      const setup = { data, examples: [0], baseline: { kind: 'constant', value: 0 }, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 1, backend: 'auto' }; // prettier-ignore
      await hand.done('startRun', setup, { document });
    }
    const both = ['one', 'two'].map((document) => hand.ask('save', { path: '/sessions/S.mho' }, { document }));
    await hand.until();
    expect((await Promise.all(both)).map(({ ok }) => ok).sort()).toEqual([false, true]);
  });
});

describe('replacing', () => {
  it('a request that was begun before leaves the next document alone', async () => {
    const setup = await hand.opened('a');
    const { data, baseline, target } = setup;
    const walk = hand.ask('alongPath', { data, example: 0, baseline, target, rule: 'secant', steps: 3 });
    await hand.until('chunk of a path');
    void hand.ask('openModel', { file: 'b' });
    await hand.go('model');
    await hand.go('weights');
    await hand.but('chunk');
    const reading = hand.ask('readInputs', { files: ['data'] });
    await hand.but('chunk');
    const read = await reading;
    const next = { ...setup, data: (read.ok && (read.value as InputData).data) || '' };
    const started = await hand.ask('startRun', next);
    expect(started.ok).toBe(true);
    await hand.until();
    expect(await walk).toMatchObject({ ok: false, fault: { code: 'CANCELLED' } });
    expect(hand.notices.at(-1)).toEqual({ kind: 'finished', cancelled: false });
    expect(heard()).toHaveLength(1);
  });

  it('cancels what runs at once, not when the next model is there', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', { ...setup, methods: ['nig', 'rescale'] });
    await hand.until('chunk of nig');
    void hand.ask('openModel', { file: 'b' });
    await hand.go('model');
    await hand.go('weights');
    await hand.until();
    expect(hand.notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(await runs()).toEqual([]);
  });

  it('asks about a run that finishes while the next model is read', async () => {
    const setup = await hand.opened('a');
    const opening = hand.ask('openModel', { file: 'b' }, { unsaved: 'ask' });
    await hand.until('weights');
    await hand.ask('startRun', setup);
    await hand.go('device');
    await hand.go('chunk');
    await hand.until();
    expect(await opening).toMatchObject({ ok: false, fault: { code: 'RUNS_UNSAVED' } });
    expect(tags(await runs())).toEqual(tags(heard()));
  });

  it('a run that is being kept while its document is replaced comes back with it, and is no news for the next', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', setup);
    await hand.go('device');
    await hand.go('chunk');
    const opening = hand.ask('openModel', { file: 'b' }, { unsaved: 'discard' });
    await hand.but('save');
    await hand.until();
    expect(await opening).toMatchObject({ ok: true });
    expect(heard()).toEqual([]);
    expect(((await hand.done('reopenBefore', {})) as OpenedSession).runs).toHaveLength(1);
  });

  it.each(['discard', 'keep'] as const)(
    'what was complete as it was replaced (%s) comes back with it',
    async (unsaved) => {
      const setup = await hand.opened('a');
      await hand.ask('startRun', setup);
      await hand.until('chunk');
      const opening = hand.ask('openModel', { file: 'b' }, { unsaved });
      await hand.but('chunk');
      expect(await opening).toMatchObject({ ok: true });
      const back = hand.ask('reopenBefore', {});
      await hand.until();
      const answer = await back;
      expect(answer.ok && (answer.value as OpenedSession)).toMatchObject({ runs: [{}], document: { dirty: true } });
      expect(heard()).toEqual([]);
    },
  );

  it('what was complete as it was replaced unasked, and is not taken back, is offered', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', setup);
    await hand.until('chunk');
    const opening = hand.ask('openModel', { file: 'b' }, { unsaved: 'ask' });
    await hand.but('chunk');
    expect(await opening).toMatchObject({ ok: true });
    const closing = hand.ask('close', {});
    await hand.until();
    expect(await closing).toMatchObject({ ok: true });
    expect(await hand.done('recoveryList', {}, { document: 'two' })).toMatchObject([{ title: '/models/a', runs: 1 }]);
  });

  it('of two windows that recover the same session one gets it', async () => {
    const setup = await hand.opened();
    await hand.done('startRun', setup);
    await hand.done('leave', {});
    hand.restart();
    const [entry] = (await hand.done('recoveryList', {}, { document: 'two' })) as { id: string }[];
    const both = ['two', 'three'].map((document) => hand.ask('recover', { id: entry!.id }, { document }));
    await hand.until();
    const answers = await Promise.all(both);
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.fault.code)).sort()).toEqual(['HANDLE_UNKNOWN', 'ok']);
    expect([...(await runs('two')), ...(await runs('three'))]).toHaveLength(1);
  });
});

describe('closing', () => {
  it('while a session is written: it is written, and nothing is left behind', async () => {
    const setup = await hand.opened();
    await hand.done('startRun', setup);
    const saving = hand.ask('save', { path: '/sessions/S.mho' });
    await hand.until('save /sessions');
    const closing = hand.ask('close', {});
    await hand.until();
    expect(await saving).toMatchObject({ ok: true });
    expect(await closing).toMatchObject({ ok: true });
    expect(inFile('/sessions/S.mho')).toEqual(tags(heard()));
    expect(folders()).toEqual([]);
  });

  it('while a model is opened: no model stays on the device, no folder on the disk', async () => {
    await hand.opened('a');
    const opening = hand.ask('openModel', { file: 'b' });
    await hand.until('weights');
    const closing = hand.ask('close', {});
    await hand.until();
    expect(await opening).toMatchObject({ ok: false, fault: { code: 'OPENING_CANCELLED' } });
    expect(await closing).toMatchObject({ ok: true });
    expect([...kept.values()].every((count) => count === 0)).toBe(true);
    expect(folders()).toEqual([]);
  });

  it('while a run goes on: it ends, and the folder does not come back', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', { ...setup, methods: ['nig', 'rescale'] });
    await hand.until('chunk of nig');
    await hand.go('chunk');
    void hand.ask('close', {});
    await hand.until();
    expect(hand.notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(folders()).toEqual([]);
  });

  it('asked again at once, a closed document is an empty one', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    void hand.ask('close', {});
    await settled();
    expect(await hand.done('document', {})).toMatchObject({ runs: 0, title: null });
    expect(folders()).toEqual([]);
  });

  it('a page that left: what it finished is offered, also a run that was just written', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', setup);
    await hand.until('chunk');
    await hand.go('chunk');
    void hand.ask('leave', {});
    await hand.until();
    const [entry] = (await hand.done('recoveryList', {}, { document: 'two' })) as { runs: number }[];
    expect(entry).toMatchObject({ runs: 1 });
  });
});

describe('left in the middle of a run', () => {
  it('what was complete by then is offered, not before it is all there', async () => {
    const setup = await hand.opened('a');
    await hand.ask('startRun', setup);
    await hand.until('chunk');
    const leaving = hand.ask('leave', {});
    await hand.but('chunk');
    const early = hand.ask('recoveryList', {}, { document: 'two' });
    await hand.but('chunk');
    expect(await early).toEqual({ ok: true, value: [] });
    await hand.until();
    expect(await leaving).toMatchObject({ ok: true });
    expect(await hand.done('recoveryList', {}, { document: 'two' })).toMatchObject([{ runs: 1 }]);
  });
});

describe('after a death of the engine', () => {
  const saved = async (): Promise<void> => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    await hand.done('save', { path: '/sessions/S.mho' });
    hand.restart();
  };
  const other = async (): Promise<unknown> => {
    await hand.done('openModel', { file: 'a' }, { document: 'two' });
    const { data } = (await hand.done('readInputs', { files: ['data'] }, { document: 'two' })) as InputData;
    const setup = { data, examples: [0], baseline: { kind: 'constant', value: 0 }, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 1, backend: 'auto' }; // prettier-ignore
    await hand.done('startRun', setup, { document: 'two' });
    return hand.done('save', { path: '/sessions/S.mho' }, { document: 'two' });
  };

  it('a session file is still its document’s, also before that is asked for', async () => {
    await saved();
    expect(await other()).toBe('SESSION_OPEN_ELSEWHERE');
    expect(await hand.done('document', {})).toMatchObject({ dirty: false, session: { name: 'S.mho' } });
    expect(await other()).toBe('SESSION_OPEN_ELSEWHERE');
  });

  it.each(['close', 'leave'] as const)('and free once that is closed (%s)', async (name) => {
    await saved();
    await hand.done(name, {});
    expect(await other()).toBe(true);
  });
});

describe('opening', () => {
  it('is given up when asked: the document stays as it was', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    const { state } = hand;
    const opening = hand.ask('openModel', { file: 'b' }, { unsaved: 'discard' });
    const queued = hand.ask('openSession', { file: 'S' }, { unsaved: 'discard' });
    const data = hand.ask('readInputs', { files: ['data'] });
    await hand.until('data');
    expect(await hand.ask('cancelOpening', {})).toEqual({ ok: true, value: undefined });
    for (const asked of [opening, queued, data])
      expect(await asked).toMatchObject({ ok: false, fault: { code: 'OPENING_CANCELLED' } });
    await hand.until();
    expect(hand.state).toEqual(state);
    expect(tags(await runs())).toEqual(tags(heard()));
    // and another opening is no worse off
    await hand.done('openModel', { file: 'b' }, { unsaved: 'discard' });
    expect(hand.state!.title).toBe('/models/b');
  });

  it('what a restarted engine finds again is there though its model was given up', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    hand.restart();
    const list = hand.ask('runList', {});
    await hand.until('weights');
    await hand.ask('cancelOpening', {});
    await hand.until();
    const answer = await list;
    expect(answer.ok && tags(answer.value as RunRecord[])).toEqual(tags(heard()));
    expect(await hand.done('document', {})).toMatchObject({ modelOpen: false, dirty: true });
  });

  it('of the data read last two stay, of older ones the rows that runs took', async () => {
    const setup = { ...(await hand.opened('a')), examples: [2] };
    await hand.done('startRun', setup);
    const read = async (): Promise<string> => ((await hand.done('readInputs', { files: ['data'] })) as InputData).data;
    const unused = await read();
    await read();
    const last = await read();
    expect(await hand.done('inputRows', { data: unused, examples: [0] })).toBe('HANDLE_UNKNOWN');
    expect(await hand.done('inputRows', { data: last, examples: [0] })).toMatchObject({ x: { shape: [1, 1] } });
    expect(await hand.done('inputRows', { data: setup.data, examples: [2] })).toMatchObject({ x: { data: Float32Array.of(2) } }); // prettier-ignore
    expect(await hand.done('inputRows', { data: setup.data, examples: [1] })).toBe('EXAMPLES_RANGE');
    expect(await hand.done('startRun', setup)).toMatchObject({ job: expect.any(String) as string });
    hand.restart();
    expect(await hand.done('inputRows', { data: setup.data, examples: [2] })).toMatchObject({ x: { data: Float32Array.of(2) } }); // prettier-ignore
  });

  it('a guest that was put away is read again when it is wanted back', async () => {
    const setup = await hand.opened('a');
    await hand.done('startRun', setup);
    await hand.done('save', { path: '/sessions/S.mho' });
    const { runs: guests } = (await hand.done('readSession', { file: 'S' }, { document: 'two' })) as OpenedSession;
    const asked = { run: guests[0]!.run, layer: 'none' };
    expect(await hand.done('contributions', asked, { document: 'two' })).toBe('LAYER_UNKNOWN');
    await hand.done('forgetGuest', { run: guests[0]!.run }, { document: 'two' });
    const again = hand.ask('contributions', asked, { document: 'two' });
    await hand.until('session /sessions/S.mho');
    expect(disk.steps).toHaveLength(1);
    await hand.until();
    expect(await again).toMatchObject({ fault: { code: 'LAYER_UNKNOWN' } });
  });
});

describe('a run that goes on', () => {
  const accuracy = { tolerance: 0.05, over: 'units', mostWalks: null, untilTop: null } as const;
  const first = async (): Promise<RunRecord> => {
    const setup = await hand.opened('a');
    await hand.done('startRun', { ...setup, accuracy });
    return heard()[0]!;
  };
  const onward = ({ run }: RunRecord) => ({ run, accuracy: { ...accuracy, tolerance: 0.01 }, backend: 'auto' });
  const goOn = (run: RunRecord) => hand.ask('continueRun', onward(run));
  const walks = async (): Promise<number[]> => (await runs()).map(({ result }) => walksOf(result));
  const inSession = (path: string): number[] => (disk.get(path) as Session).runs.map(walksOf);
  const kinds = (): string[] => hand.notices.map(({ kind }) => kind);
  const [ONE, TWO] = [ROUNDS * ROUND, 2 * ROUNDS * ROUND];

  it('is the same run with further walks, told once it is kept, and unsaved', async () => {
    const run = await first();
    await hand.done('describeRun', { run: run.run, name: 'mine', note: 'seen' });
    await hand.done('save', { path: '/sessions/S.mho' });
    await hand.done('continueRun', onward(run));
    expect(heard().at(-1)).toMatchObject({ run: run.run, created: run.created, job: run.job, name: 'mine', note: 'seen' }); // prettier-ignore
    expect(await walks()).toEqual([TWO]);
    expect(hand.state).toMatchObject({ dirty: true, runs: 1 });
    await hand.done('save', { path: null });
    expect(inSession('/sessions/S.mho')).toEqual([TWO]);
    expect(hand.state!.dirty).toBe(false);
  });

  it('while it is saved: the file has it as it was, the document as it is', async () => {
    const run = await first();
    const saving = hand.ask('save', { path: '/sessions/S.mho' });
    await hand.until('save /sessions');
    void goOn(run);
    await hand.but('save /sessions');
    await hand.until();
    expect(await saving).toMatchObject({ ok: true });
    expect(inSession('/sessions/S.mho')).toEqual([ONE]);
    expect(await walks()).toEqual([TWO]);
    expect(hand.state!.dirty).toBe(true);
  });

  it('in one job at a time; when that is over it may again', async () => {
    const run = await first();
    void goOn(run);
    expect(await hand.done('continueRun', onward(run))).toBe('RUN_GOES_ON');
    expect(await hand.done('continueRun', onward(run))).toMatchObject({ job: expect.any(String) as string });
    expect(await walks()).toEqual([3 * ROUNDS * ROUND]);
  });

  it.each(['before its turn', 'in the middle'])('cancelled %s stays as it was, and may go on again', async (when) => {
    const run = await first();
    const asked = goOn(run);
    await hand.until(when === 'in the middle' ? 'chunk' : 'device');
    const answer = await asked;
    await hand.ask('cancelRun', (answer as { value: { job: string } }).value);
    await hand.until();
    expect(hand.notices.at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(await runs()).toEqual([run]);
    expect(kinds().filter((kind) => kind === 'run')).toHaveLength(1);
    await hand.done('continueRun', onward(run));
    expect(await walks()).toEqual([TWO]);
  });

  it('is complete as far as it has come when that is enough', async () => {
    const run = await first();
    const asked = goOn(run);
    await hand.until('chunk');
    await hand.ask('enoughRun', ((await asked) as { value: { job: string } }).value);
    await hand.until();
    expect(hand.notices.at(-1)).toEqual({ kind: 'finished', cancelled: false });
    expect(await walks()).toEqual([ONE + ROUND]);
    expect(heard().at(-1)!.result).toMatchObject({ complete: true, adaptive: { examples: [{ stopped: 'enough' }] } });
  });

  it('nobody else’s job is enough by another document’s word', async () => {
    const run = await first();
    const asked = goOn(run);
    await hand.until('chunk');
    void hand.ask('enoughRun', ((await asked) as { value: { job: string } }).value, { document: 'two' });
    await hand.until();
    expect(await walks()).toEqual([TWO]);
  });

  it('taken out meanwhile is no news; put back, it has come as far as it came', async () => {
    const run = await first();
    void goOn(run);
    await hand.until('chunk');
    void hand.ask('removeRun', { run: run.run });
    await hand.until();
    expect(kinds().filter((kind) => kind === 'run')).toHaveLength(1);
    expect(await hand.done('continueRun', onward(run))).toBe('HANDLE_UNKNOWN');
    expect(walksOf(((await hand.done('restoreRun', { run: run.run })) as RunRecord).result)).toBe(TWO);
    expect(await walks()).toEqual([TWO]);
  });

  it('replaced meanwhile comes back with what replaced it undone, and is no news for the next', async () => {
    const run = await first();
    void goOn(run);
    await hand.until('chunk');
    void hand.ask('openModel', { file: 'b' }, { unsaved: 'keep' });
    await hand.but('chunk');
    await hand.until();
    expect(kinds().filter((kind) => kind === 'run')).toHaveLength(1);
    const back = (await hand.done('reopenBefore', {})) as OpenedSession;
    expect(back.runs.map(({ result }) => walksOf(result))).toEqual([ONE]);
  });

  it.each([
    ['as its new numbers are written', 'save /state', ONE],
    ['once they are there', 'finished', TWO],
  ])('the engine that dies %s leaves a run, whole', async (_, label, come) => {
    const run = await first();
    await hand.done('save', { path: '/sessions/S.mho' });
    void goOn(run);
    await hand.until(label === 'finished' ? '\n' : label);
    hand.restart();
    expect(await walks()).toEqual([come]);
    expect((await runs())[0]!.run).toBe(run.run);
    expect(inSession('/sessions/S.mho')).toEqual([ONE]);
    expect(await hand.done('document', {})).toMatchObject({ dirty: come !== ONE });
  });

  it('on a full disk goes on in memory, says so, and is kept with the next save', async () => {
    const run = await first();
    void goOn(run);
    await hand.until('save /state');
    disk.full.now = true;
    await hand.until();
    disk.full.now = false;
    const told = hand.notices.findLast((notice) => notice.kind === 'run');
    expect(told).toMatchObject({ unkept: { message: expect.stringContaining('ENOSPC') as string } });
    expect(await walks()).toEqual([TWO]);
    await hand.done('save', { path: '/sessions/S.mho' });
    expect(inSession('/sessions/S.mho')).toEqual([TWO]);
    hand.restart();
    expect(await walks()).toEqual([TWO]);
    expect(await hand.done('document', {})).toMatchObject({ dirty: false });
  });
});
