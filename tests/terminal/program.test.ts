import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { version } from '../../package.json';
import { layerGraph, nodeData } from '../../src/contract/layerGraph';
import type { ModelSummary, OpSupport, Varied } from '../../src/contract/model';
import { saveSession } from '../../src/main/engine/sessions';
import { right, table } from '../../src/main/hosts/terminal/table';
import { ownTerminal } from '../../src/main/hosts/terminal/terminal';
import { processorMs } from '../processorTime';
import { sampleSession } from '../sessions/sample';
import { mho } from './terminal';

const cases = resolve(import.meta.dirname, '../reference/cases');
let folder: string;
let session: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-terminal-'));
  session = join(folder, 'a.mho');
  await saveSession(session, sampleSession());
});
afterAll(() => rm(folder, { recursive: true }));

describe('help', () => {
  it.each([[['--help']], [['attribute', '--help']], [['show', '--help']], [['help', 'export']]])(
    'of %j is as it was',
    async (words) => {
      const { code, out, err } = await mho(words);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatchSnapshot();
    },
  );

  it('is printed where no command is given, as a usage fault', async () => {
    const { code, out, err } = await mho([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: mho');
  });

  it('tells the version', async () => {
    expect(await mho(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('a command line that is not understood', () => {
  it.each([
    [['atribute'], "USAGE: unknown command 'atribute' (Did you mean attribute?). mho --help shows how."],
    [['attribute', 'm', '--input', 'x', '--stpes', '3'], "USAGE: unknown option '--stpes' (Did you mean --steps?)."],
    [['show', 'a.mho', '--jsn'], "USAGE: unknown option '--jsn' (Did you mean --json?)."],
    [['attribute', 'm', '--inptu', 'x'], "USAGE: unknown option '--inptu' (Did you mean --input?)."],
    [['attribute', 'm'], "USAGE: required option '--input <file...>' not specified."],
    [['attribute', 'm', '--input', 'x', '--steps', '0'], 'Give a whole number from 1 on.'],
    [['attribute', 'm', '--input', 'x', '--steps', '2.5'], 'Give a whole number from 1 on.'],
    [['attribute', 'm', '--input', 'x', '--rule', 'simpson'], 'Allowed choices are secant, trapezoid, right, left.'],
    [
      ['attribute', 'm', '--input', 'x', '--method', 'nig,magic'],
      "There is no method 'magic'. Choose from nig, rescale,",
    ],
    [['attribute', 'm', '--input', 'x', '--examples', '3-'], 'Give numbers and ranges: 0-3 or 0,2,5.'],
    [['attribute', 'm', '--input', 'x', '--backend', 'tpu'], 'Allowed choices are auto, tensorflow, wasm, cpu.'],
    [['attribute', 'm', '--input', 'x', '--memory', '-5'], 'Give a whole number from 1 on.'],
    [['inspect'], "USAGE: missing required argument 'model'."],
    [['inspect', 'a', 'b'], 'USAGE: too many arguments'],
    [['export', 'a.mho', '--cvs', 'x'], "USAGE: unknown option '--cvs' (Did you mean --csv?)."],
    [['export', 'a.mho'], "USAGE: required option '--csv <file>' not specified."],
    [['sample', '../digits'], 'USAGE: There is no sample ../digits; there are digits, motifs.'],
  ])('%j exits with 2 and one line', async (words, message) => {
    const { code, out, err } = await mho(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/^USAGE: .*\n$/);
  });
});

describe('a fault of the catalogue', () => {
  it.each([
    [['inspect', 'missing.keras'], 'MODEL_NOT_FOUND: '],
    [['inspect', join(cases, 'plain/inputs.npz')], 'MODEL_'],
    [['show', 'missing.mho'], 'SESSION_NOT_FOUND: missing.mho does not exist.'],
    [['show', join(cases, 'plain/inputs.npz')], 'SESSION_DAMAGED: '],
    [['export', 'missing.mho', '--csv', 'a.csv'], 'SESSION_NOT_FOUND: '],
    [
      ['attribute', join(cases, 'plain/model.keras'), '--input', 'missing.npz'],
      'INPUT_FILE: missing.npz cannot be read',
    ],
    [['attribute', join(cases, 'plain/model.keras'), '--input', 'imagee=x.npy'], 'INPUT_FILE: x.npy'],
    [['attribute', 'm', '--input', 'x', '--out', '/missing/a.mho'], 'FILE_WRITE: /missing/a.mho could not be written'],
    [
      ['attribute', join(cases, 'plain/model.keras'), '--input', join(cases, 'plain/inputs.npz'), '--examples', '6-9'],
      'EXAMPLES_RANGE: Examples 6-9 were asked for, the inputs hold 8. Choose from 0 to 7.',
    ],
  ])('of %j exits with 1 and one line', async (words, message) => {
    const { code, out, err } = await mho(words);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.startsWith(message)).toBe(true);
    expect(err).toMatch(/^[A-Z_]+: .*\n$/);
  });

  it('names the nearest input for one that is mistyped', async () => {
    const array = `imagee=${join(cases, 'plain/inputs.npz')}`;
    const { err } = await mho(['attribute', join(cases, 'plain/model.keras'), '--input', array]);
    expect(err).toMatch(/^INPUT_UNKNOWN: The model has no input imagee \(did you mean image\?\)/);
  });
});

describe('mho inspect', () => {
  it('lists the layers', async () => {
    const { code, out } = await mho(['inspect', join(cases, 'plain/model.keras')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^inputs: {2}image \[8, 8, 1\] float32$/m);
    expect(out).toMatch(/│ conv1 +│ Conv2D +│ \[8, 8, \d+\] +│/);
  });

  it('gives the summary as JSON', async () => {
    const { out } = await mho(['inspect', join(cases, 'gated/model.keras'), '--json']);
    const summary = JSON.parse(out) as ModelSummary;
    expect(summary.inputs.map(({ shape }) => shape)).toEqual([[12, 6], [3]]);
    expect(summary.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(summary.layers.length).toBeGreaterThan(5);
  });

  it('says what each method gives for the ops of the model', async () => {
    const { out } = await mho(['inspect', join(cases, 'gated/model.keras')]);
    expect(out).toMatch(/│ softmax +│ +1 │ sums exactly +│ sums exactly +│ none +│ none +│/);
    expect(out).toMatch(/^matmul: both factors vary: no rule for parts\.$/m);
    const { ops, varied } = JSON.parse((await mho(['inspect', join(cases, 'gated/model.keras'), '--json'])).out) as {
      ops: OpSupport[];
      varied: Varied;
    };
    expect(ops).toContainEqual(
      expect.objectContaining({ op: 'softmax', nodes: 1, rescale: 'exact', genomics: 'none' }),
    );
    expect(varied.walked.map(({ name }) => name)).toEqual(['series', 'context']);
  });

  it('says where the path starts behind whole numbers', async () => {
    const model = join(folder, 'words.json');
    const layer = (class_name: string, name: string, config: object) => ({ class_name, config: { name, ...config } });
    const layers = [
      layer('Embedding', 'words', { input_dim: 5, output_dim: 2, batch_input_shape: [null, 3], dtype: 'float32' }),
      layer('Flatten', 'flat', {}),
    ];
    await writeFile(
      model,
      JSON.stringify({
        modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'texts', layers } } },
        weightsManifest: [
          { paths: ['words.bin'], weights: [{ name: 'words/embeddings', shape: [5, 2], dtype: 'float32' }] },
        ],
      }),
    );
    await writeFile(join(folder, 'words.bin'), new Uint8Array(40));
    const { out } = await mho(['inspect', model]);
    expect(out).toMatch(/^path: {4}starts at words, the first real values behind words_input/m);
  });

  it('names the models of a folder that it does not open', async () => {
    const place = join(folder, 'several');
    await cp(join(cases, 'plain/model.keras'), join(place, 'b.keras'), { recursive: true });
    await cp(join(cases, 'plain/model.onnx'), join(place, 'a.onnx'));
    const { out, err } = await mho(['inspect', place]);
    expect(out).toMatch(/^plain: Keras \(\.keras\)/);
    expect(err).toMatch(/^Of several models in the folder .*b\.keras is opened; .*: a\.onnx\.$/m);
  });
});

describe('mho show', () => {
  it('prints tables', async () => {
    const { code, out, err } = await mho(['show', session, '--top', '2']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchSnapshot();
  });

  it('prints JSON with everything but the arrays', async () => {
    const { out } = await mho(['show', session, '--json', '--top', '1']);
    const shown = JSON.parse(out) as { session: string; runs: { [key: string]: unknown; layers: object[] }[] };
    const [run] = sampleSession().runs;
    const [layer] = run!.layers;
    expect(shown.session).toBe(session);
    expect(shown.runs[0]).toMatchObject({
      method: 'nig',
      rule: 'secant',
      steps: 50,
      examples: [0, 2, 5],
      complete: true,
    });
    expect(shown.runs[1]).toMatchObject({ complete: false, examples: [0, 2] });
    expect(shown.runs[0]!['delta']).toEqual(Array.from(run!.delta));
    expect(shown.runs[0]!.layers[0]).toMatchObject({
      name: layer!.name,
      shape: [3, 4, 2],
      cut: false,
      residual: null,
      sum: Array.from(layer!.sum),
      error: Array.from(layer!.error!),
      units: [0, 1, 2].map((example) => Array.from(layer!.units.subarray(example * 2, example * 2 + 2))),
    });
    expect(Object.keys(shown.runs[0]!.layers[0]!)).not.toContain('contributions');
  });

  it('prints every neuron when asked', async () => {
    const { out } = await mho(['show', session, '--json', '--neurons']);
    const shown = JSON.parse(out) as { runs: { layers: { contributions: number[][] }[] }[] };
    const { contributions } = sampleSession().runs[0]!.layers[0]!;
    expect(shown.runs[0]!.layers[0]!.contributions.flat()).toEqual(Array.from(contributions));
  });

  it('lets no name of a file move the cursor', async () => {
    const hostile = sampleSession();
    Object.assign(hostile.runs[0]!.layers[0]!, { name: 'a\u001b[2Jb' });
    Object.assign(hostile, { notes: 'x\u001b]0;title\u0007' });
    const path = join(folder, 'hostile.mho');
    await saveSession(path, hostile);
    const { out } = await mho(['show', path]);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('lets nothing that stands in a session reach the terminal raw, and gives it back in JSON as it was', async () => {
    const [hostile, odd] = [sampleSession(), '\u001b]0;x\u0007\u009b2J\u202ea\u2066\u200f'];
    const [run] = hostile.runs;
    Object.assign(run!.layers[0]!, { name: odd, kind: odd });
    Object.assign(run!, { target: run!.target.map(() => odd), pathStart: odd });
    Object.assign(run!.backend, { device: odd, version: odd });
    Object.assign(hostile.model, { name: odd, format: odd, hash: odd });
    Object.assign(hostile, { notes: odd, errors: [{ code: odd, message: odd, remedy: odd }] });
    Object.assign(hostile.questions[0]!, { source: odd });
    const path = join(folder, 'odd.mho');
    await saveSession(path, hostile);
    const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/;
    const asText = await mho(['show', path]);
    const asJson = await mho(['show', path, '--json']);
    for (const { code, out, err } of [asText, asJson]) {
      expect(code).toBe(0);
      expect(out + err).not.toMatch(raw);
    }
    const read = JSON.parse(asJson.out) as { runs: { backend: { device: string }; layers: { name: string }[] }[] };
    expect([read.runs[0]!.backend.device, read.runs[0]!.layers[0]!.name]).toEqual([odd, odd]);
    const fault = await mho(['show', join(folder, `${odd}\n.mho`)]);
    expect(fault.err).not.toMatch(raw);
    expect(fault.err.match(/\n/g)).toHaveLength(1);
  });

  it('draws tables of many layers in time that grows with them', async () => {
    const row = (at: number) => [`layer/${at}`, right(String(at * at)), 'a\nb'];
    const few = table(
      ['Layer', 'Value', 'Lines'],
      Array.from({ length: 70 }, (_, at) => row(at)),
      false,
    );
    expect(few.split('\n').slice(0, 7)).toEqual([
      '┌──────────┬───────┬───────┐',
      '│ Layer    │ Value │ Lines │',
      '├──────────┼───────┼───────┤',
      '│ layer/0  │     0 │ a     │',
      '│          │       │ b     │',
      '├──────────┼───────┼───────┤',
      '│ layer/1  │     1 │ a     │',
    ]);
    expect(few.split('\n').slice(3 * 64 - 1, 3 * 64 + 6)).toEqual([
      '├──────────┼───────┼───────┤',
      '│ layer/63 │  3969 │ a     │',
      '│          │       │ b     │',
      '├──────────┼───────┼───────┤',
      '│ layer/64 │  4096 │ a     │',
      '│          │       │ b     │',
      '├──────────┼───────┼───────┤',
    ]);
    expect(few.split('\n').slice(-3)).toEqual(['│          │       │ b     │', '└──────────┴───────┴───────┘', '']);
    const compact = table(
      ['Layer'],
      Array.from({ length: 70 }, (_, at) => [`${at}`]),
    ).split('\n');
    expect(compact.filter((line) => line.startsWith('├'))).toHaveLength(1);
    expect(compact).toHaveLength(70 + 5);
    expect(table(['Layer'], [['a'.repeat(65_536)], ['b']]).split('\n')[0]).toHaveLength(204);
    const rows = Array.from({ length: 20_000 }, (_, at) => row(at));
    expect(await processorMs(() => table(['Layer', 'Value', 'Lines'], rows))).toBeLessThan(5000); // over 40 s before
  });
});

describe('mho export', () => {
  it('writes CSV', async () => {
    const csv = join(folder, 'a.csv');
    expect(await mho(['export', session, '--csv', csv])).toEqual({ code: 0, out: '', err: `Wrote ${csv}\n` });
    expect(await readFile(csv, 'utf8')).toMatch(/^run,method,rule,steps,example,target,layer,unit,contribution,/);
  });

  it('writes layers as JSON for other programs, alone or beside the table', async () => {
    const [graph, overlay] = [join(folder, 'graph.json'), join(folder, 'overlay.json')];
    const { code, err } = await mho(['export', session, '--graph', graph, '--overlay', overlay]);
    expect({ code, err }).toEqual({ code: 0, err: `Wrote ${graph}\nWrote ${overlay}\n` });
    const told = layerGraph.parse(JSON.parse(await readFile(graph, 'utf8')));
    expect(told.runs.length).toBeGreaterThan(1);
    // as the window calls them
    expect(told.runs.map(({ name }) => name)).toEqual(['NIG · 50', 'looked into']);
    const { results } = nodeData.parse(JSON.parse(await readFile(overlay, 'utf8')));
    const [first] = told.runs[0]!.examples;
    expect(Object.keys(results)).toEqual(first!.layers.map(({ layer }) => layer));
    for (const { layer, mass } of first!.layers) expect(results[layer]!.value).toBe(mass);
  });

  it('refuses an overlay of a run or an example that is not there', async () => {
    const overlay = join(folder, 'none.json');
    const asked = (...more: string[]) => mho(['export', session, '--overlay', overlay, ...more]);
    expect(await asked('--run', '99')).toMatchObject({ code: 2, err: expect.stringContaining('--run 99: the session has runs 0 to') }); // prettier-ignore
    expect(await asked('--example', '999')).toMatchObject({ code: 2, err: expect.stringContaining('--example 999: run 0 has ') }); // prettier-ignore
  });

  it('says when it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    const { code, err } = await mho(['export', session, '--csv', join(folder, 'file/a.csv')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^FILE_WRITE: .*its folder is a file/);
  });
});

describe('ownTerminal', () => {
  it('hears Ctrl-C once, ends at the second, and stops listening', () => {
    const before = process.listenerCount('SIGINT');
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
    const stop = vi.fn();
    const settle = ownTerminal().onInterrupt(stop);
    process.emit('SIGINT', 'SIGINT');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exit).not.toHaveBeenCalled();
    process.emit('SIGINT', 'SIGINT');
    expect(exit).toHaveBeenCalledWith(130);
    settle();
    expect(process.listenerCount('SIGINT')).toBe(before);
    exit.mockRestore();
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('hears %s as it hears Ctrl-C', (signal, code) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
    const stop = vi.fn();
    const settle = ownTerminal().onInterrupt(stop);
    process.emit(signal, signal);
    expect(stop).toHaveBeenCalledWith(signal);
    process.emit(signal, signal);
    expect(exit).toHaveBeenCalledWith(code);
    settle();
    exit.mockRestore();
  });
});
