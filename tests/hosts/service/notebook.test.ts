/** The notebook of a document: saved with its session, back after a crash, gone with its model. */
import { copyFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StudioService } from '../../../src/main/hosts/service';
import { code, digits, folder, get, GONE, run, start } from './studio';

const NOTES = [
  { layer: 'conv1', unit: 3, note: 'Edges.', tags: ['edge'] },
  { layer: 'conv1', unit: 1, note: '', tags: [] },
];
const file = () => join(folder, 'noted.mho');

async function withRun(service: StudioService): Promise<string> {
  await run(service, await digits(service));
  return (await get(service, 'present', {}))!.summary!.hash;
}
const save = (service: StudioService, path: string | null) =>
  service.handle({ document: 'one', name: 'save', params: { path } });

describe('the notebook', () => {
  it('is unsaved until the session has it, and again when it changes; back as it was, nothing is unsaved', async () => {
    const service = start();
    const model = await withRun(service);
    await save(service, file());
    const dirty = async () => (await get(service, 'document', {})).dirty;
    expect(await dirty()).toBe(false);
    await get(service, 'keepNotebook', { model, notebook: NOTES });
    expect(await dirty()).toBe(true);
    await get(service, 'keepNotebook', { model, notebook: [] });
    expect(await dirty()).toBe(false);
    await get(service, 'keepNotebook', { model, notebook: NOTES });
    await save(service, null);
    expect(await dirty()).toBe(false);
    await service.handle({ document: 'one', name: 'close', params: {} });
    const opened = await service.handle({
      document: 'two',
      name: 'openSession',
      params: { file: 'noted' },
      paths: { noted: file() },
    });
    expect(opened).toMatchObject({ ok: true, value: { notebook: NOTES, document: { dirty: false } } });
  });

  it('comes back with what a crash left, unsaved', async () => {
    const before = start(GONE);
    const model = await withRun(before);
    await get(before, 'keepNotebook', { model, notebook: NOTES });
    const after = start();
    const [entry] = await get(after, 'recoveryList', {}, { document: 'new' });
    const back = await get(after, 'recover', { id: entry!.id }, { document: 'new' });
    expect(back).toMatchObject({ notebook: NOTES, document: { dirty: true } });
  });

  it('without any run is unsaved, saved as a session, asked about before it is replaced, and comes back after a crash', async () => {
    const before = start(GONE);
    await digits(before);
    const model = (await get(before, 'present', {}))!.summary!.hash;
    expect(await get(before, 'document', {})).toMatchObject({ dirty: false, notes: 0 });
    expect(await save(before, file())).toMatchObject({ ok: false, fault: { code: 'NOTHING_OPEN' } });
    await get(before, 'keepNotebook', { model, notebook: NOTES });
    expect(await get(before, 'document', {})).toMatchObject({ dirty: true, runs: 0, notes: 2 });
    const another = { document: 'one', name: 'openSample', params: { name: 'motifs' }, unsaved: 'ask' } as const;
    expect(await before.handle(another)).toMatchObject({ ok: false, fault: { code: 'RUNS_UNSAVED' } });

    const service = start();
    const [entry] = await get(service, 'recoveryList', {}, { document: 'new' });
    expect(entry).toMatchObject({ runs: 0, notes: 2 });
    expect(Date.parse(entry!.when)).toBeGreaterThan(0);
    const back = await get(service, 'recover', { id: entry!.id }, { document: 'new' });
    expect(back).toMatchObject({ notebook: NOTES, runs: [], document: { dirty: true, modelOpen: true } });
    await service.handle({ document: 'new', name: 'save', params: { path: file() } });
    expect((await get(service, 'document', {}, { document: 'new' })).dirty).toBe(false);
    await service.handle({ document: 'new', name: 'close', params: {} });
    const opened = await get(service, 'openSession', { file: 'noted' }, { document: 'two', paths: { noted: file() } });
    expect(opened).toMatchObject({ notebook: NOTES, runs: [], document: { dirty: false, modelOpen: true } });
  });

  it('without any run, whose model is gone by the time that it comes back after a crash: its notes, and what model they are of', async () => {
    const path = join(folder, 'model.keras');
    await copyFile(resolve('tests/reference/cases/plain/model.keras'), path);
    const before = start(GONE);
    const opened = (service: StudioService, document: string) =>
      get(service, 'openModel', { file: 'm' }, { document, paths: { m: path } });
    const { summary } = await opened(before, 'one');
    await get(before, 'keepNotebook', {
      model: summary.hash,
      notebook: [{ ...NOTES[0]!, layer: summary.layers[0]!.name }],
    });
    await rm(path);

    const service = start();
    const [entry] = await get(service, 'recoveryList', {}, { document: 'new' });
    const back = await get(service, 'recover', { id: entry!.id }, { document: 'new' });
    expect(back).toMatchObject({ summary: { hash: summary.hash }, notebook: [{ note: 'Edges.' }], document: { dirty: true, modelOpen: false } }); // prettier-ignore
    expect(back.summary!.layers).toEqual(summary.layers);
    // it can be saved without its model, and is a session of that model
    await service.handle({ document: 'new', name: 'save', params: { path: file() } });
    await service.handle({ document: 'new', name: 'close', params: {} });
    const again = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: file() } });
    expect(again).toMatchObject({ summary: { hash: summary.hash }, document: { notes: 1, modelOpen: false } });
    // where the model is again, another crash later, it is open
    await get(service, 'keepNotebook', { model: summary.hash, notebook: NOTES }, { document: 'two' });
    await service.handle({ document: 'two', name: 'leave', params: {} });
    await copyFile(resolve('tests/reference/cases/plain/model.keras'), path);
    const third = start();
    const [left] = await get(third, 'recoveryList', {}, { document: 'third' });
    const whole = await get(third, 'recover', { id: left!.id }, { document: 'third' });
    expect(whole).toMatchObject({ notebook: NOTES, document: { dirty: true, modelOpen: true } });
  });

  it('without any run keeps how it was shown, of its own model alone', async () => {
    const service = start();
    await digits(service);
    const model = (await get(service, 'present', {}))!.summary!.hash;
    const view = { version: 1 as const, layer: 'conv1', unit: 3, page: 'notebook' as const };
    expect(await code(service, { name: 'keepView', params: { of: model, view } })).toBe('HANDLE_UNKNOWN'); // nothing is kept yet
    await get(service, 'keepNotebook', { model, notebook: NOTES });
    expect(await code(service, { name: 'keepView', params: { of: 'another model', view } })).toBe('HANDLE_UNKNOWN');
    await get(service, 'keepView', { of: model, view });
    await save(service, file());
    await service.handle({ document: 'one', name: 'close', params: {} });
    const again = await get(service, 'openSession', { file: 'f' }, { document: 'two', paths: { f: file() } });
    expect(again.view).toMatchObject(view);
  });

  it('of a model that is no longer open is refused; another model has none', async () => {
    const service = start();
    const model = await withRun(service);
    await get(service, 'keepNotebook', { model, notebook: NOTES });
    await service.handle({ document: 'one', name: 'openSample', params: { name: 'motifs' }, unsaved: 'discard' });
    const refused = await service.handle({ document: 'one', name: 'keepNotebook', params: { model, notebook: NOTES } });
    expect(refused).toMatchObject({ ok: false, fault: { code: 'HANDLE_UNKNOWN' } });
    expect((await get(service, 'present', {}))!.notebook).toEqual([]);
    const back = await service.handle({ document: 'one', name: 'reopenBefore', params: {} });
    expect(back).toMatchObject({ ok: true, value: { notebook: NOTES } });
  });
});
