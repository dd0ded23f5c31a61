/** How a document was shown comes back with it: out of a session file, after a crash, for a page that is loaded again. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { OpenedSession } from '../../../src/contract/studio';
import type { StudioService } from '../../../src/main/hosts/service';
import { npyBytes, npyHeader } from '../../../src/main/engine/data/npy';
import { readKept } from '../../../src/main/hosts/service/document/keptData';
import { viewFromFile } from '../../../src/main/hosts/service/document/session';
import { code, digits, folder, get, GONE, read, run, start } from './studio';

/** A run of example 0, one of example 6, and one that a view made to look into the first; the first is shown. */
async function shown(service: StudioService, document = 'one') {
  const setup = { ...(await digits(service, document)), methods: ['rescale' as const] };
  await run(service, { ...setup, examples: [0] }, document);
  await run(service, { ...setup, examples: [6], baseline: { kind: 'constant', value: 0.5 } }, document);
  const [first] = await get(service, 'runList', {}, { document });
  await run(service, { ...setup, examples: [0], aside: first!.job }, document);
  const view = { version: 1 as const, shown: [first!.run], example: 0, layer: 'conv1', unit: 3, tab: 'path' };
  await get(service, 'keepView', { of: first!.run, view }, { document });
  return { setup, view, first: first! };
}
const told = ({ runs, view }: OpenedSession) => ({
  aside: runs.map(({ aside }) => aside),
  shown: view?.shown?.map((id) => runs.findIndex(({ run: each }) => each === id)),
  looked: [view?.example, view?.layer, view?.unit, view?.tab],
});

describe('how a document is shown', () => {
  it('is in the session file, with which runs a view made for itself; and is no unsaved work', async () => {
    const service = start();
    const { first, view } = await shown(service);
    const path = join(folder, 'kept.mho');
    await service.handle({ document: 'one', name: 'save', params: { path } });
    await get(service, 'keepView', { of: first.run, view: { ...view, unit: 4 } });
    expect((await get(service, 'document', {})).dirty).toBe(false);
    await service.handle({ document: 'one', name: 'save', params: { path } });
    const opened = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: path } }).catch(
      String,
    );
    expect(opened).toMatch(/SESSION_OPEN_ELSEWHERE/);
    await service.handle({ document: 'one', name: 'close', params: {} });
    const again = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: path } });
    expect(told(again)).toEqual({ aside: [undefined, undefined, first.job], shown: [0], looked: [0, 'conv1', 4, 'path'] }); // prettier-ignore
  });

  it('names runs of other sessions by where their file is: read again, beside the session too, and kept where it is away', async () => {
    const service = start();
    const { first, view } = await shown(service, 'other');
    const other = join(folder, 'other.mho');
    await service.handle({ document: 'other', name: 'save', params: { path: other } });
    const mine = await shown(service);
    const { runs: guests } = await get(service, 'readSession', { file: 'o' }, { paths: { o: other } });
    const ids = guests.slice(0, 2).map((each) => each.run);
    const seen = { ...view, shown: [mine.first.run, ids[1]!], guests: ids, compare: { a: ids[0]!, b: mine.first.run } };
    await get(service, 'keepView', { of: mine.first.run, view: seen });
    await mkdir(join(folder, 'elsewhere'));
    const path = join(folder, 'elsewhere', 'kept.mho');
    await service.handle({ document: 'one', name: 'save', params: { path } });
    await service.handle({ document: 'one', name: 'close', params: {} });

    const again = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: path } });
    const { runs: found, missing } = await get(service, 'guestRuns', {}, { document: 'two' });
    expect(missing).toEqual([]);
    expect(found.map(({ created }) => created)).toEqual(guests.slice(0, 2).map(({ created }) => created));
    expect(found[0]!.created).toBe(first.created);
    expect(again.view).toMatchObject({
      guests: found.map((each) => each.run),
      shown: [again.runs[0]!.run, found[1]!.run],
      compare: { a: found[0]!.run, b: again.runs[0]!.run },
    });
    expect(again.view).not.toHaveProperty('guestFiles');

    // gone: said, and still named by what is saved then
    await rename(other, join(folder, 'away.mho'));
    await service.handle({ document: 'two', name: 'close', params: {} });
    const without = await get(service, 'openSession', { file: 'f' }, { document: 'three', paths: { f: path } });
    const lost = await get(service, 'guestRuns', {}, { document: 'three' });
    expect([lost.runs, lost.missing.map((fault) => fault.code)]).toEqual([[], ['GUESTS_AWAY']]);
    expect(lost.missing[0]!.message).toContain('2 runs of other.mho');
    await get(service, 'keepView', { of: without.runs[0]!.run, view: without.view! }, { document: 'three' });
    await service.handle({ document: 'three', name: 'save', params: { path } });
    await service.handle({ document: 'three', name: 'close', params: {} });
    await rename(join(folder, 'away.mho'), join(folder, 'elsewhere', 'other.mho'));
    await get(service, 'openSession', { file: 'f' }, { document: 'four', paths: { f: path } });
    expect((await get(service, 'guestRuns', {}, { document: 'four' })).runs).toHaveLength(2);
  });

  it('reads no guest by a path that leads to another machine, or to what is called no session', async () => {
    const at = (path: string) =>
      viewFromFile({ version: 1, guests: ['guest 0'], guestFiles: [{ path, place: 0, created: '' }] }, [], join(folder, 'a.mho')); // prettier-ignore
    for (const path of ['\\\\host\\share\\x.mho', '//host/share/x.mho', '/etc/passwd', 'x.mho'])
      expect(await at(path)).toEqual({ view: { version: 1, guests: [] }, guests: [], data: [] });
    expect((await at('/some/x.mho')).guests).toMatchObject([{ path: '/some/x.mho' }]);
  });

  it('has data and baselines that nothing was run with again, where their files are: beside the session, or where they were', async () => {
    const service = start();
    const { view, first } = await shown(service);
    const files = join(folder, 'data');
    await mkdir(files);
    const [input] = (await get(service, 'present', {}))!.summary!.inputs;
    const write = (path: string, value: number, examples: number): Promise<void> => {
      const shape = [examples, ...input!.shape.map((size) => size ?? 1)];
      const data = new Float32Array(shape.reduce((all, size) => all * size)).fill(value);
      return writeFile(path, Buffer.concat([npyHeader(shape), npyBytes(data)]));
    };
    const [mineFile, blankFile] = [join(files, 'mine.npy'), join(files, 'blank.npy')];
    await write(mineFile, 0.5, 3);
    await write(blankFile, 0.25, 2);
    const mine = await read(service, [mineFile]);
    const blank = await read(service, [blankFile], { purpose: 'baseline' });
    const baseline = { kind: 'data' as const, data: blank.data, perExample: false };
    const asked = { data: mine.name, rows: mine.data, examples: [2], baseline };
    await get(service, 'keepView', { of: first.run, view: { ...view, asked } });
    const path = join(folder, 'kept.mho');
    await service.handle({ document: 'one', name: 'save', params: { path } });
    await service.handle({ document: 'one', name: 'close', params: {} });

    const reopened = async (document: string) => {
      const again = await get(service, 'openSession', { file: 'f' }, { document, paths: { f: path } });
      const kept = again.view!.asked!;
      const open = (data: string) =>
        get(service, 'openData', { data }, { document }).then(
          ({ name, examples }) => [name, examples],
          () => 'away',
        );
      const found = [await open(kept.rows!), await open(kept.baseline?.kind === 'data' ? kept.baseline.data : '')];
      // what the run took is open as well
      const took = await get(service, 'runInputs', { run: again.runs[0]!.run }, { document });
      expect([took.name, took.examples > 6]).toEqual([first.asked.dataName, true]);
      expect(again.view).not.toHaveProperty('dataFiles');
      expect(kept).toMatchObject({ data: 'mine.npy', examples: [2] });
      await service.handle({ document, name: 'close', params: {} });
      return found;
    };
    expect(await reopened('two')).toEqual([['mine.npy', 3], ['blank.npy', 2]]); // prettier-ignore
    // moved beside the session; and another file by now
    await rename(mineFile, join(folder, 'mine.npy'));
    await write(blankFile, 0.75, 2);
    expect(await reopened('three')).toEqual([['mine.npy', 3], 'away']);
  });

  it('reads no data by a path that leads to another machine, or to what is called no data', async () => {
    const readData = vi.fn(() => Promise.reject(new Error('it was read')));
    const inputs = ['\\\\host\\share\\x.npy', '//host/share/x.npy', '/etc/passwd', 'x.npy', '/some/model.onnx'];
    for (const path of inputs) {
      const place = { id: 'd', source: { parts: [{ paths: [path], input: null }], reading: {} }, digest: '' };
      expect(await readKept({ readData }, place, join(folder, 'a.mho'), [], new AbortController().signal)).toBeNull();
    }
    expect(readData).not.toHaveBeenCalled();
  });

  it('shows a run that was made after the page told what it shows: beside its job, else alone', async () => {
    const service = start();
    const setup = { ...(await digits(service)), examples: [0], methods: ['rescale' as const] };
    await run(service, setup);
    const [first] = await get(service, 'runList', {});
    const shownNow = async () => (await get(service, 'present', {}))!.view!.shown;
    await get(service, 'keepView', { of: first!.run, view: { version: 1, shown: [first!.run] } });
    await run(service, { ...setup, aside: first!.job });
    expect(await shownNow()).toEqual([first!.run]);
    await run(service, { ...setup, methods: ['rescale', 'genomics'] });
    const made = (await get(service, 'runList', {})).slice(-2).map(({ run: id }) => id);
    expect(await shownNow()).toEqual(made);
    // a view that was under way while runs came in: those that it had not heard of stay shown, what it hid stays hidden
    const known = (await get(service, 'runList', {})).map(({ run: id }) => id).filter((id) => id !== made[1]);
    await get(service, 'keepView', { of: first!.run, view: { version: 1, shown: [made[0]!] }, known });
    expect(await shownNow()).toEqual(made);
    await get(service, 'keepView', {
      of: first!.run,
      view: { version: 1, shown: [made[0]!] },
      known: [...known, made[1]!],
    });
    expect(await shownNow()).toEqual([made[0]]);
  });

  it('comes back after a crash and for a page that is loaded again', async () => {
    const before = start(GONE);
    const { first } = await shown(before);
    const expected = { aside: [undefined, undefined, first.job], shown: [0], looked: [0, 'conv1', 3, 'path'] };
    expect(told((await get(before, 'present', {}))!)).toEqual(expected);
    const after = start();
    const [entry] = await get(after, 'recoveryList', {}, { document: 'new' });
    expect(told(await get(after, 'recover', { id: entry!.id }, { document: 'new' }))).toEqual(expected);
  });

  it('is kept for the document that it is of alone', async () => {
    const service = start();
    const { view } = await shown(service);
    expect(await code(service, { name: 'keepView', params: { of: 'another', view } })).toBe('HANDLE_UNKNOWN');
    expect((await get(service, 'present', {}))!.view).toEqual(view);
  });

  it('tells which rows a run of a session took, out of the file where they are all there', async () => {
    const service = start();
    await shown(service);
    const path = join(folder, 'kept.mho');
    await service.handle({ document: 'one', name: 'save', params: { path } });
    await service.handle({ document: 'one', name: 'close', params: {} });
    const { runs } = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: path } });
    const data = await Promise.all(
      runs.map(({ run: id }) => get(service, 'runInputs', { run: id }, { document: 'two' })),
    );
    expect(new Set(data.map((each) => each.data)).size).toBe(1);
    expect(data[0]!.examples).toBeGreaterThan(6);
  });
});
