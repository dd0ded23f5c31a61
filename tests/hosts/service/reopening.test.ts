/** A document as it was: after the engine died, after the program, after another took its place, out of a session file. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSetup } from '../../../src/contract/studio';
import { createStudioService, type StudioService } from '../../../src/main/hosts/service';
import { engine, type Engine } from '../../../src/main/hosts/service/engine';
import { ownerOf } from '../../../src/main/hosts/service/recovery';
import { code, digits, folder, get, GONE, run, samples, start } from './studio';

describe('recovery', () => {
  it('an engine that starts again finds the document by itself', async () => {
    const before = start();
    const setup = await digits(before);
    await run(before, setup);
    const runs = await get(before, 'runList', {});
    const after = start();
    expect((await get(after, 'runList', {})).map(({ run: id, name }) => [id, name])).toEqual(
      runs.map(({ run: id, name }) => [id, name]),
    );
    expect(await run(after, setup)).not.toContainEqual(expect.objectContaining({ kind: 'failed' }));
  });

  it('a program that is gone: its runs are offered, taken back, and given up', async () => {
    const before = start(GONE);
    await run(before, await digits(before));
    const after = start();
    const [entry] = await get(after, 'recoveryList', {}, { document: 'new' });
    expect(entry).toMatchObject({ runs: 2, title: 'Handwritten digits' });
    const recovered = await get(after, 'recover', { id: entry!.id }, { document: 'new' });
    expect(recovered.document).toMatchObject({ dirty: true, modelOpen: true, runs: 2 });
    expect(await get(after, 'recoveryList', {}, { document: 'new' })).toEqual([]);
    await after.handle({ document: 'new', name: 'close', params: {} });
    expect(readdirSync(join(folder, 'recovery'))).toEqual([]);
  });

  it('passes over what is damaged', async () => {
    const before = start(GONE);
    await run(before, await digits(before));
    const [name] = readdirSync(join(folder, 'recovery'));
    const file = readdirSync(join(folder, 'recovery', name!)).find((each) => each.endsWith('.mho'))!;
    writeFileSync(join(folder, 'recovery', name!, file), 'half a file');
    const after = start();
    const [entry] = await get(after, 'recoveryList', {});
    expect((await get(after, 'recover', { id: entry!.id })).runs).toHaveLength(1);
  });
});

describe('an engine that died between writing the session file and telling its folder', () => {
  const path = () => join(folder, 'kept.mho');
  const save = (service: StudioService) => code(service, { name: 'save', params: { path: path() } });
  const told = () => join(folder, 'recovery', readdirSync(join(folder, 'recovery'))[0]!, 'document.json');

  it('knows its own file by what it holds: nothing is unsaved, and it is saved to again', async () => {
    const before = start();
    await run(before, await digits(before));
    expect(await save(before)).toBe('ok');
    const state = readFileSync(told());
    await new Promise((resolve) => setTimeout(resolve, 20)); // another time of change
    expect(await save(before)).toBe('ok');
    writeFileSync(told(), state);
    const after = start();
    expect((await get(after, 'present', {}))!.document).toMatchObject({
      dirty: false,
      runs: 2,
      session: { name: 'kept.mho' },
    });
    expect(await code(after, { name: 'save', params: { path: null } })).toBe('ok');
  });

  it('of a run that was named since, the file has what was before', async () => {
    const before = start();
    await run(before, await digits(before));
    expect(await save(before)).toBe('ok');
    const [first] = await get(before, 'runList', {});
    await get(before, 'describeRun', { run: first!.run, name: 'mine', note: '' });
    const state = readFileSync(told());
    writeFileSync(path(), readFileSync(path())); // the same runs, another time of change
    writeFileSync(told(), state);
    const after = start();
    expect((await get(after, 'present', {}))!.document).toMatchObject({ dirty: true, runs: 2 });
    expect((await get(after, 'runList', {})).map(({ name }) => name)).toContain('mine');
  });

  it('does not take for its own what holds another run', async () => {
    const other = start();
    await run(other, await digits(other));
    expect(await code(other, { name: 'save', params: { path: join(folder, 'other.mho') } })).toBe('ok');
    await other.handle({ document: 'one', name: 'close', params: {} });
    const before = start();
    await run(before, await digits(before));
    expect(await save(before)).toBe('ok');
    writeFileSync(path(), readFileSync(join(folder, 'other.mho')));
    const after = start();
    expect((await get(after, 'present', {}))!.document.dirty).toBe(true);
    expect(await code(after, { name: 'save', params: { path: null } })).toBe('SESSION_CHANGED');
  });
});

describe('replacing what is open', () => {
  const sample = (service: StudioService, name: string, unsaved: 'ask' | 'discard') =>
    service.handle({ document: 'one', name: 'openSample', params: { name }, unsaved });

  it('refuses to replace unsaved runs unasked, but not for the same model again', async () => {
    const service = start();
    await run(service, await digits(service));
    expect(await sample(service, 'motifs', 'ask')).toMatchObject({ ok: false, fault: { code: 'RUNS_UNSAVED' } });
    expect(await get(service, 'runList', {})).toHaveLength(2);
    expect((await sample(service, 'digits', 'ask')).ok).toBe(true);
    expect(await get(service, 'runList', {})).toHaveLength(2);
  });

  it('what was given up can be taken back, and is not offered at the next start', async () => {
    const service = start();
    await run(service, await digits(service));
    const before = await get(service, 'runList', {});
    expect((await sample(service, 'motifs', 'discard')).ok).toBe(true);
    expect(await get(service, 'runList', {})).toEqual([]);
    const back = await get(service, 'reopenBefore', {});
    expect(back.runs.map(({ run: id }) => id)).toEqual(before.map(({ run: id }) => id));
    expect(back.document).toMatchObject({ dirty: true, modelOpen: true, title: 'Handwritten digits' });

    await sample(service, 'motifs', 'discard');
    expect(readdirSync(join(folder, 'recovery'))).toHaveLength(2);
    await service.handle({ document: 'one', name: 'close', params: {} });
    expect(readdirSync(join(folder, 'recovery'))).toEqual([]);
  });

  it('given up, then the program is gone: nothing is offered', async () => {
    const service = start(GONE);
    await run(service, await digits(service));
    await sample(service, 'motifs', 'discard');
    expect(await get(start(), 'recoveryList', {}, { document: 'new' })).toEqual([]);
  });

  it('a host that cannot ask: offered at the next start', async () => {
    const service = start(GONE);
    await run(service, await digits(service));
    await get(service, 'openSample', { name: 'motifs' });
    expect(await get(start(), 'recoveryList', {}, { document: 'new' })).toHaveLength(1);
  });

  it('a run that ends after its document was replaced is no part of the next one', async () => {
    const service = start();
    const setup = { ...(await digits(service)), steps: 400_000 };
    const going = run(service, setup);
    await sample(service, 'motifs', 'discard');
    expect((await going).at(-1)).toEqual({ kind: 'finished', cancelled: true });
    expect(await get(service, 'runList', {})).toEqual([]);
  });

  it('discarding what a crash left can be undone', async () => {
    const before = start(GONE);
    await run(before, await digits(before));
    const after = start();
    const [entry] = await get(after, 'recoveryList', {});
    await get(after, 'discardRecovery', { id: entry!.id });
    expect(await get(after, 'recoveryList', {})).toEqual([]);
    expect(await get(after, 'restoreRecovery', { id: entry!.id })).toEqual(entry);
    expect(await get(after, 'recoveryList', {})).toEqual([entry]);
  });
});

describe('reopened sessions', () => {
  const reopened = async (baseline: RunSetup['baseline'] | null, change: (path: string) => void = () => undefined) => {
    const first = start();
    const setup = await digits(first);
    const path = join(folder, 'kept.mho');
    let given = baseline;
    if (baseline?.kind === 'data') {
      const inputs = join(samples, 'digits', 'inputs.npz');
      const data = await get(first, 'readInputs', { files: ['token'] }, { paths: { token: inputs } });
      given = { ...baseline, data: data.data };
    }
    await run(first, { ...setup, ...(given && { baseline: given }) });
    const runs = await get(first, 'runList', {});
    expect(await first.handle({ document: 'one', name: 'save', params: { path } })).toMatchObject({ ok: true });
    await first.handle({ document: 'one', name: 'close', params: {} });
    change(path);
    const service = start();
    await get(service, 'openSession', { file: 'token' }, { paths: { token: path } });
    return { service, setup, runs };
  };

  it('are run again on the very same rows, with the labels of the sample', async () => {
    const { service, setup, runs } = await reopened(null);
    const opened = (await get(service, 'openedModel', {}))!;
    expect(opened.sample!.name).toBe('digits');
    expect(opened.data).toMatchObject({ name: 'inputs.npz', rows: null, faults: [] });
    await run(service, { ...setup, data: opened.data!.data });
    const again = (await get(service, 'runList', {})).slice(2);
    expect(again.map(({ result }) => result.delta)).toEqual(runs.map(({ result }) => result.delta));
  });

  it('opened twice at once, as by a double click and a drop, they are there once', async () => {
    const { runs, service: before } = await reopened(null);
    await before.handle({ document: 'one', name: 'close', params: {} });
    const slow: Partial<Engine> = {
      releaseModel: async (graph) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await engine.releaseModel(graph);
      },
    };
    const service = start(undefined, slow);
    await digits(service, 'two');
    const more = { paths: { token: join(folder, 'kept.mho') }, document: 'two' };
    const twice = [0, 1].map(() => get(service, 'openSession', { file: 'token' }, more));
    for (const { runs: opened } of await Promise.all(twice)) expect(opened).toHaveLength(runs.length);
    expect(await get(service, 'runList', {}, more)).toHaveLength(runs.length);
  });

  it('without their data file they hold the rows themselves, by their old numbers', async () => {
    const elsewhere = join(folder, 'samples');
    const { service, setup, runs } = await reopened(null, () => undefined);
    const moved = createStudioService({
      engine: {
        ...engine,
        readArrays: () => Promise.reject(new Error('gone')),
        readData: () => Promise.reject(new Error('gone')),
      },
      samples: elsewhere,
      recovery: join(folder, 'recovery'),
      owner: ownerOf(process.pid),
      software: { mho: '0', node: '0', platform: 'test' },
      onDocument: () => undefined,
    });
    await service.handle({ document: 'one', name: 'close', params: {} });
    await get(moved, 'openSession', { file: 'token' }, { paths: { token: join(folder, 'kept.mho') } });
    const { data } = (await get(moved, 'openedModel', {}))!;
    expect(data).toMatchObject({ rows: setup.examples, examples: 2, faults: [] });
    await run(moved, { ...setup, data: data!.data, examples: [6] });
    const last = (await get(moved, 'runList', {})).at(-1)!;
    const original = runs.find(({ result }) => result.method === last.result.method)!;
    expect(last.result.delta[0]).toBeCloseTo(original.result.delta[1]!, 5);
    expect(await code(moved, { name: 'predict', params: { ...setup, data: data!.data, examples: [1] } })).toBe(
      'EXAMPLES_RANGE',
    );
  });

  it('bring along a baseline that came from a file', async () => {
    const { service, setup, runs } = await reopened({ kind: 'data', data: '', perExample: false });
    const { data } = (await get(service, 'openedModel', {}))!;
    const [first] = await get(service, 'runList', {});
    const baseline = (await get(service, 'runBaseline', { run: first!.run }))!;
    expect(baseline.perExample).toBe(false);
    await run(service, { ...setup, data: data!.data, baseline: { kind: 'data', data: baseline.data.data } });
    const again = (await get(service, 'runList', {})).slice(2);
    expect(again.map(({ result }) => result.atBaseline)).toEqual(runs.map(({ result }) => result.atBaseline));
    expect((await get(service, 'openedModel', {}))!.data!.data).toBe(data!.data);
  });
});

describe('a model with several signatures', () => {
  const grants = { model: resolve('tests/field/signatures/two') };
  const rows = resolve('tests/field/signatures/case.in.npz');

  it('is opened by another, which is another model, and comes back by it out of its session', async () => {
    const service = start();
    const first = await get(service, 'openModel', { file: 'model' }, { paths: grants });
    expect(first.summary.signature).toBe('classify');
    const { summary } = await get(service, 'reopenModel', { choices: { signature: 'embed' } });
    expect(summary).toMatchObject({ signature: 'embed', signatures: ['classify', 'embed'] });
    const { data } = await get(service, 'readInputs', { files: ['rows'] }, { paths: { rows } });
    await run(service, {
      data,
      examples: [0],
      baseline: { kind: 'constant', value: 0 },
      target: { index: 0 },
      methods: ['rescale'],
      rule: 'secant',
      steps: 1,
      backend: 'auto',
    });
    expect(await code(service, { name: 'reopenModel', params: { choices: {} }, unsaved: 'ask' })).toBe('RUNS_UNSAVED');
    const after = start();
    expect((await get(after, 'openedModel', {}))!.summary.signature).toBe('embed');
    const path = join(folder, 'embed.mho');
    expect(await code(after, { name: 'save', params: { path } })).toBe('ok');
    const other = await get(after, 'openSession', { file: 'it' }, { paths: { it: path }, document: 'two' }).catch(
      String,
    );
    expect(other).toContain('SESSION_OPEN_ELSEWHERE');
    await after.handle({ document: 'one', name: 'close', params: {} });
    await get(after, 'openSession', { file: 'it' }, { paths: { it: path }, document: 'two' });
    expect((await get(after, 'openedModel', {}, { document: 'two' }))!.summary.signature).toBe('embed');
  });
});
