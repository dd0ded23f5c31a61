/** The engine's side of the studio, with the real engine and no window. */
import * as tf from '@tensorflow/tfjs-core';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engine, type Engine } from '../../../src/main/hosts/service/engine';
import { createStudioService, type ServiceRequest, type StudioService } from '../../../src/main/hosts/service';
import { ownerOf, type Owner } from '../../../src/main/hosts/service/recovery';
import { howWords } from '../../../src/contract/words/data';
import type { EngineRequestName, JobNotice, Params, Result, RunSetup } from '../../../src/contract/studio';

const samples = resolve('resources/samples');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mho-service-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const GONE: Owner = { pid: 0, began: null };
const start = (owner: Owner = ownerOf(process.pid), own: Partial<Engine> = {}): StudioService =>
  createStudioService({
    engine: { ...engine, ...own },
    samples,
    recovery: join(folder, 'recovery'),
    owner,
    software: { mho: '0', node: '0', platform: 'test' },
    onDocument: () => undefined,
  });

const get = async <Name extends EngineRequestName>(
  service: StudioService,
  name: Name,
  params: Params<Name>,
  more: Partial<ServiceRequest> = {},
): Promise<Result<Name>> => {
  const answer = await service.handle({ document: 'one', name, params, ...more });
  if (!answer.ok) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
  return answer.value as Result<Name>;
};
const code = async (service: StudioService, request: Omit<Partial<ServiceRequest>, 'name'> & { name: string }) => {
  const answer = await service.handle({ document: 'one', params: {}, ...request } as ServiceRequest);
  return answer.ok ? 'ok' : answer.fault.code;
};

async function digits(service: StudioService, document = 'one'): Promise<RunSetup> {
  const { data, sample } = await get(service, 'openSample', { name: 'digits' }, { document });
  const { baseline, target, rule } = sample!;
  return {
    data: data!.data,
    examples: [0, 6],
    baseline,
    target,
    rule,
    methods: ['nig', 'rescale'],
    steps: 4,
    backend: 'auto',
  };
}

const run = async (service: StudioService, setup: RunSetup, document = 'one'): Promise<JobNotice[]> => {
  const notices: JobNotice[] = [];
  await new Promise<void>((finish, fail) => {
    const emit = (notice: JobNotice): void => {
      notices.push(notice);
      if (notice.kind === 'finished' || notice.kind === 'failed') finish();
    };
    get(service, 'startRun', setup, { emit, document }).catch(fail);
  });
  return notices;
};

describe('requests', () => {
  it('opens each sample with data that fits', async () => {
    const service = start();
    for (const { name, examples } of await get(service, 'sampleList', {})) {
      const { data, sample, finalActivation } = await get(service, 'openSample', { name });
      expect(data!.faults).toEqual([]);
      expect(data!.arrays[0]!.input).not.toBeNull();
      expect(Math.max(...examples)).toBeLessThan(data!.examples);
      expect(sample!.labels.length).toBeGreaterThan(0);
      expect(Object.values(finalActivation)[0]).toMatch(/softmax|sigmoid/);
    }
  });

  it('leaves no tensor behind, whatever is asked, but the open model', async () => {
    const service = start();
    const setup = await digits(service);
    const nothing = await engine.use('auto', async () => tf.memory().numTensors);
    const { data, examples, baseline, target } = setup;
    const everything = async (): Promise<number> => {
      await get(service, 'predict', { data, examples, baseline });
      await get(service, 'activations', { data, examples, baseline, layer: 'stem' }).catch(() => undefined);
      await get(service, 'alongPath', { data, example: 0, baseline, target, rule: 'secant', steps: 5 });
      await get(service, 'estimate', setup);
      await run(service, setup);
      expect(await code(service, { name: 'predict', params: { data, examples: [10_000], baseline } })).toBe(
        'EXAMPLES_RANGE',
      );
      return tf.memory().numTensors;
    };
    const open = await everything();
    expect(open).toBeGreaterThan(nothing);
    expect(await everything()).toBe(open);
    expect(await everything()).toBe(open);
    expect(await code(service, { name: 'close', params: {} })).toBe('ok');
    expect(tf.memory().numTensors).toBe(nothing);
  });

  it('of two walks along a path the later one is answered', async () => {
    const service = start();
    const { data, baseline, target } = await digits(service);
    const asked = (example: number, steps: number) => ({
      name: 'alongPath',
      params: { data, example, baseline, target, rule: 'secant', steps, memoryMB: 16 },
    });
    const [first, second] = await Promise.all([code(service, asked(0, 1000)), code(service, asked(1, 4))]);
    expect([first, second]).toEqual(['CANCELLED', 'ok']);
  });

  it('the path curve begins at the baseline and ends at the input, as a run says', async () => {
    const service = start();
    const setup = { ...(await digits(service)), examples: [0] };
    const { data, baseline, target } = setup;
    const asked = { data, example: 0, baseline, target, rule: setup.rule, steps: 8 };
    const { target: curve } = await get(service, 'alongPath', asked);
    await run(service, setup);
    const [first] = await get(service, 'runList', {});
    expect(curve[0]).toBeCloseTo(first!.result.atBaseline[0]!, 4);
    expect(curve[8]).toBeCloseTo(first!.result.atInput[0]!, 4);
  });

  it.each([
    ['openModel', { file: 'unknown' }, 'FILE_NOT_GRANTED'],
    ['openModel', {}, 'REQUEST_INVALID'],
    ['predict', { data: 'none', examples: [0], baseline: { kind: 'constant', value: 0 } }, 'NOTHING_OPEN'],
    ['openSample', { name: 'nothing' }, 'MODEL_NOT_FOUND'],
    ['toString', {}, 'REQUEST_INVALID'],
    ['removeRun', { run: 'none' }, 'HANDLE_UNKNOWN'],
    ['recover', { id: 'none' }, 'HANDLE_UNKNOWN'],
    ['save', { path: null }, 'ok'],
  ])('%s %j: %s', async (name, params, expected) => {
    expect(await code(start(), { name, params })).toBe(expected);
  });

  it('says what it expected and what it found in data that does not fit', async () => {
    const service = start();
    await digits(service);
    const path = join(samples, 'motifs', 'inputs.npz');
    const data = await get(service, 'readInputs', { files: ['token'] }, { paths: { token: path } });
    expect(data.faults.map((fault) => fault.code)).toEqual(['INPUT_SHAPE']);
    expect(data.faults[0]!.message).toContain('[?, 8, 8, 1]');
  });
});

describe('data', () => {
  const write = (name: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const read = (
    service: StudioService,
    paths: readonly string[],
    more: Omit<Params<'readInputs'>, 'files'> = {},
  ): Promise<Result<'readInputs'>> => {
    const tokens = paths.map((_, at) => `token${at}`);
    const granted = Object.fromEntries(tokens.map((token, at) => [token, paths[at]!]));
    return get(service, 'readInputs', { files: tokens, ...more }, { paths: granted });
  };
  const grey = (level: number, size = 16): Uint8Array =>
    encodePng({ width: size, height: size, channels: 1, depth: 8, data: new Uint8Array(size * size).fill(level) });

  it('pictures of another size and a table become examples, and say how', async () => {
    const service = start();
    await digits(service);
    const pictures = await read(service, [write('a.png', grey(51)), write('b.png', grey(255))]);
    expect(pictures).toMatchObject({ name: 'a.png and 1 more', examples: 2, faults: [], doubts: [] });
    expect(pictures.how.map(howWords)).toEqual(['2 × PNG, 16 × 16 grey, resized to 8 × 8, values 0 to 1']);
    expect(pictures.reading).toMatchObject({ range: '0..1', why: { kind: 'own data' } });
    const { image } = await get(service, 'inputRows', { data: pictures.data, examples: [0] });
    expect(image!.shape).toEqual([1, 8, 8, 1]);
    image!.data.forEach((value) => expect(value).toBeCloseTo(0.2, 6));

    const table = await read(service, [write('t.csv', `${Array(64).fill(0.5).join()}\n`)]);
    expect(table).toMatchObject({ examples: 1, faults: [], reading: null });
    await get(service, 'predict', { data: table.data, examples: [0], baseline: { kind: 'constant', value: 0 } });
  });

  it('the same pictures in another range, with a doubt about it', async () => {
    const service = start();
    await digits(service);
    const first = await read(service, [write('a.png', grey(255))]);
    const again = await get(service, 'rereadInputs', { data: first.data, reading: { range: '0..255' } });
    expect(again.data).not.toBe(first.data);
    expect(again.reading).toMatchObject({ range: '0..255', why: { kind: 'chosen' } });
    expect(again.doubts).toEqual([{ low: 255, high: 255, because: { kind: 'own data', low: 0, high: 1 } }]);
    const rows = await get(service, 'inputRows', { data: first.data, examples: [0] });
    expect(rows['image']!.data[0]).toBe(1);
  });

  it('letters become a sequence of the sample', async () => {
    const service = start();
    await get(service, 'openSample', { name: 'motifs' });
    const text = `sequence\n${'ACGT'.repeat(15)}\n`;
    const data = await read(service, [write('s.csv', text)]);
    expect(data).toMatchObject({ examples: 1, faults: [] });
    const short = await service.handle({
      document: 'one',
      name: 'readInputs',
      params: { files: ['token'] },
      paths: { token: write('short.csv', 'ACGT\n') },
    });
    expect(short).toMatchObject({ ok: false, fault: { code: 'INPUT_CELL' } });
    expect(!short.ok && short.fault.message).toContain('expected 60 letters, it has 4');
  });

  it('names of the output lie beside the model', async () => {
    const service = start();
    const path = join(folder, 'model.keras');
    copyFileSync(join(samples, 'digits', 'model.keras'), path);
    const labels = async (name: string, text: string): Promise<readonly string[]> => {
      write(name, text);
      return (await get(service, 'openModel', { file: 'token' }, { paths: { token: path } })).labels;
    };
    expect(await labels('labels.txt', 'too\nfew\n')).toEqual([]);
    const ten = Array.from({ length: 10 }, (_, at) => `digit ${at}`);
    expect(await labels('labels.json', JSON.stringify(ten))).toEqual(ten);
    const pairs = Object.fromEntries(ten.map((name, at) => [at, [`n${at}`, name]]));
    expect(await labels('labels.json', JSON.stringify(pairs))).toEqual(ten);
    const turned = Object.fromEntries(ten.map((name, at) => [name, at]));
    expect(await labels('labels.json', JSON.stringify(turned))).toEqual(ten);
    expect(await labels('labels.json', '{"a": "b"')).toEqual([]);
    expect(await labels('model.labels.txt', `${ten.join('\n')}\n`)).toEqual(ten);
  });

  it('several inputs come one by one, and replace each other', async () => {
    const service = start();
    const model = resolve('tests/samples/keras_layers/keras3/nested.keras');
    const { summary } = await get(service, 'openModel', { file: 'token' }, { paths: { token: model } });
    const size = (name: string): number => summary.inputs.find((port) => port.name === name)!.shape.reduce<number>((all, each) => all * each!, 1); // prettier-ignore
    const [left, right] = summary.inputs.map(({ name }) => name) as [string, string];
    const table = (name: string, value: number, rows = 1): string =>
      write(`${name}${value}.csv`, `${Array(size(name)).fill(value).join()}\n`.repeat(rows));
    const half = await read(service, [table(left, 1)], { input: left });
    expect(half.faults.map(({ code }) => code)).toEqual(summary.inputs.slice(1).map(() => 'INPUT_MISSING'));
    let whole = half;
    for (const { name } of summary.inputs.slice(1))
      whole = await read(service, [table(name, 2)], { input: name, into: whole.data });
    expect(whole.faults).toEqual([]);
    const other = await read(service, [table(right, 3, 2)], { input: right, into: whole.data });
    expect(other.faults[0]).toMatchObject({ code: 'INPUT_SHAPE' });
    const rows = await get(service, 'inputRows', { data: whole.data, examples: [0] });
    expect([rows[left]!.data[0], rows[right]!.data[0]]).toEqual([1, 2]);
  });

  it('comes back in a new engine as it was read', async () => {
    const before = start();
    await digits(before);
    const first = await read(before, [write('a.png', grey(255))], { reading: { range: '-1..1' } });
    const baseline = await read(before, [write('b.png', grey(0))], { purpose: 'baseline' });
    const after = start();
    const opened = (await get(after, 'openedModel', {}))!;
    expect(opened.data).toMatchObject({ data: first.data, reading: { range: '-1..1' } });
    const rows = await get(after, 'inputRows', { data: baseline.data, examples: [0] });
    expect(rows['image']!.data[0]).toBe(0);
  });

  it('token ids beyond the vocabulary are refused, with what was expected', async () => {
    const service = start();
    const model = resolve('tests/samples/keras_layers/keras3/embedding.keras');
    const { summary } = await get(service, 'openModel', { file: 'token' }, { paths: { token: model } });
    const [port] = summary.inputs;
    const count = port!.shape.reduce<number>((all, each) => all * (each ?? 1), 1);
    const ids = write('ids.csv', `${Array(count).fill(10_000).join()}\n`);
    const data = await read(service, [ids], { input: port!.name });
    const fault = data.faults.find(({ code }) => code === 'INPUT_RANGE');
    expect(fault!.message).toMatch(/holds 10000 at index 0, expected whole numbers from 0 to \d+/);
  });
});

describe('documents', () => {
  it('do not see each other', async () => {
    const service = start();
    await run(service, await digits(service));
    const other = await get(service, 'document', {}, { document: 'two' });
    expect(other).toMatchObject({ runs: 0, title: null });
    const [first] = await get(service, 'runList', {});
    expect(
      await code(service, { document: 'two', name: 'contributions', params: { run: first!.run, layer: 'stem' } }),
    ).toBe('HANDLE_UNKNOWN');
  });

  it('two jobs take turns, whichever document they are of', async () => {
    const service = start();
    const first = await digits(service, 'one');
    const second = await digits(service, 'two');
    const [, waited] = await Promise.all([run(service, first, 'one'), run(service, second, 'two')]);
    expect(waited.map(({ kind }) => kind)).toContain('queued');
    expect(waited.at(-1)).toEqual({ kind: 'finished', cancelled: false });
  });

  it('a run that cannot be kept is still there, and says why', async () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const service = start(undefined, { saveSession: () => Promise.reject(full) });
    const notices = await run(service, await digits(service));
    const told = notices.filter((notice) => notice.kind === 'run');
    expect(told).toHaveLength(2);
    for (const notice of told) expect(notice.unkept?.message).toContain('ENOSPC');
    expect(await get(service, 'runList', {})).toHaveLength(2);
  });
});

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
    const { runs } = await reopened(null);
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
