/** `mho check`, and what is said of a model that brings its own proof. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/contract/check';
import { readArrays } from '../../src/main/engine/data';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { checkAgainst } from '../../src/main/engine/attribution';
import { openModel } from '../../src/main/engine/formats';
import { devices } from '../../src/main/engine/backends';
import { onnxTensor } from '../formats/onnxFile';
import { mho } from './terminal';

const plain = join(import.meta.dirname, '../reference/cases/plain');
const given = join(plain, 'inputs.npz');

interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

let folder: string;
let stored: Record<string, Numbers>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-check-'));
  stored = await readArrays(given);
});
afterAll(() => rm(folder, { recursive: true }));

async function npz(path: string, entries: Record<string, Numbers>): Promise<string> {
  const files = Object.entries(entries).map(([name, { shape, data }]) => [
    `${name}.npy`,
    Buffer.concat([npyHeader([...shape]), npyBytes(data)]) as Uint8Array,
  ]);
  await writeFile(path, zipSync(Object.fromEntries(files) as Record<string, Uint8Array>));
  return path;
}

/** The same with one number changed. */
const spoilt = ({ shape, data }: Numbers, at: number): Numbers => {
  const changed = data.slice();
  changed[at]! += 0.5;
  return { shape, data: changed };
};

const checked = async (model: string, expect: string, ...more: string[]): Promise<CheckResult & { code: number }> => {
  const { out, code } = await mho(['check', model, '--input', given, '--expect', expect, '--json', ...more]);
  return { ...(JSON.parse(out) as CheckResult), code };
};

describe('mho check', () => {
  it.each(['model.keras', 'model.h5', 'model.onnx', 'saved_model', 'tfjs_layers', 'tfjs_graph'])(
    'finds that %s gives what Keras gives',
    async (file) => {
      const { code, compared, agrees, begins, examples } = await checked(join(plain, file), given);
      expect({ code, agrees, begins, examples }).toEqual({ code: 0, agrees: true, begins: null, examples: 8 });
      expect(compared.map(({ kind, shape }) => [kind, shape])).toEqual([['output', [10]]]);
      expect(compared[0]!.difference).toBeLessThan(1e-5);
    },
  );

  it('tells the largest difference, where it is, and exits with 1', async () => {
    const path = await npz(join(folder, 'spoilt.npz'), { output: spoilt(stored['output']!, 23) });
    const { code, out } = await mho(['check', join(plain, 'model.keras'), '--input', given, '--expect', path]);
    expect(code).toBe(1);
    expect(out).toMatch(/logits.*0\.5.*\[2, 3\].*differs/);
    expect(out).toContain('Does not give what spoilt.npz says: the largest difference is 0.50, at logits [2, 3]');
    expect((await checked(join(plain, 'model.keras'), path, '--tolerance', '0.6')).code).toBe(0);
  });

  it('tells the layer where it begins, whichever way its axes are ordered', async () => {
    const { graph } = await openModel(join(plain, 'model.keras'));
    const zeros = (...shape: number[]): Numbers => ({
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const inputs = { [graph.inputs[0]!.name]: zeros(1, 8, 8, 1) };
    const known = { conv1: zeros(1, 16, 8, 8), logits: zeros(1, 10), dense1: zeros(1, 32), conv3: zeros(1, 4, 4, 32) };
    const compared = (values: Record<string, Numbers>): Promise<CheckResult> =>
      devices.use('auto', (device) => checkAgainst(device, graph, inputs, values, { tolerance: 1e-4, from: 'y.npz' }));
    const first = await compared(known);
    expect(first.compared.map(({ name }) => name)).toEqual(['logits', 'conv1', 'conv3', 'dense1']);
    expect(first.begins).toEqual({ layer: 'conv1', after: null });
    // Of zeros the first layer gives its biases, channel by channel.
    const biases = graph.values.find(({ constant }) => constant?.shape.join() === '16')!.constant!.data;
    const right = zeros(1, 16, 8, 8);
    right.data.forEach((_, i) => (right.data[i] = Math.max(0, biases[Math.floor(i / 64)]!)));
    expect((await compared({ ...known, conv1: right })).begins).toEqual({ layer: 'conv3', after: 'conv1' });
  });

  it.each([
    [
      'a name that is no output and no layer',
      { logit: [8, 10] },
      /^LAYER_UNKNOWN: There is no layer logit \(did you mean logits\?\)/,
    ],
    [
      'another shape',
      { logits: [8, 5] },
      /^CHECK_SHAPE: The model gives logits the shape \[8, 10\], the known values have \[8, 5\]/,
    ],
  ])('refuses %s', async (_, entries, words) => {
    const arrays = Object.fromEntries(Object.entries(entries).map(([name, shape]) => [name, { shape, data: new Float32Array(shape[0]! * shape[1]!) }])); // prettier-ignore
    // A second entry, so that the first is not the model's only output by being alone.
    const path = await npz(join(folder, 'odd.npz'), {
      ...arrays,
      dense1: { shape: [8, 32], data: new Float32Array(256) },
    });
    const { code, err } = await mho(['check', join(plain, 'model.keras'), '--input', given, '--expect', path]);
    expect(code).toBe(1);
    expect(err).toMatch(words);
  });

  it('says that a number is no tolerance', async () => {
    const { code, err } = await mho(['check', plain, '--input', given, '--expect', given, '--tolerance', 'small']);
    expect([code, err]).toEqual([2, expect.stringMatching(/USAGE.*Give a number from 0 on/)]);
  });
});

describe('a model that brings its own proof', () => {
  const placed = async (name: string, file: string): Promise<string> => {
    await mkdir(join(folder, name));
    await cp(join(plain, file), join(folder, name, file));
    return join(folder, name);
  };
  const inspected = async (path: string): Promise<{ out: string; proven: unknown }> => {
    const { out } = await mho(['inspect', path]);
    const json = await mho(['inspect', path, '--json']);
    return { out, proven: (JSON.parse(json.out) as { proven?: unknown }).proven };
  };

  it('is compared with NAME.npz beside it', async () => {
    const at = await placed('alike', 'model.keras');
    await npz(join(at, 'model.npz'), stored);
    const { out, proven } = await inspected(join(at, 'model.keras'));
    expect(out).toMatch(/checked: Gives what model\.npz says, in 8 examples: the largest difference is \d/);
    expect(proven).toMatchObject({ agrees: true, from: 'model.npz', examples: 8 });
  });

  it('is compared with ONNX test data', async () => {
    const at = await placed('onnx', 'model.onnx');
    const data = join(at, 'test_data_set_0');
    await mkdir(data);
    await writeFile(join(data, 'input_0.pb'), onnxTensor('anything', stored['input_0']!));
    await writeFile(join(data, 'output_0.pb'), onnxTensor('anything', stored['output']!));
    const { out } = await inspected(at);
    expect(out).toMatch(/checked: Gives what test_data_set_0 says, in 8 examples/);
    await writeFile(join(data, 'output_0.pb'), onnxTensor('anything', spoilt(stored['output']!, 7)));
    const { code, err } = await mho(['attribute', at, '--input', given, '--method', 'rescale', '--json', '--quiet']);
    expect(code).toBe(0);
    expect(err).toContain('Does not give what test_data_set_0 says: the largest difference is 0.50');
  });

  it('is compared with the files that mho.json names, and nothing outside its folder is read', async () => {
    const at = await placed('told', 'model.h5');
    await writeFile(join(at, 'mho.json'), JSON.stringify({ check: { input: 'x.npz', expect: 'y.npz' } }));
    await npz(join(at, 'x.npz'), { input_0: stored['input_0']! });
    await npz(join(at, 'y.npz'), { output: stored['output']! });
    expect((await inspected(at)).proven).toMatchObject({ agrees: true, from: 'y.npz' });
    await rm(join(at, 'y.npz'));
    await symlink(given, join(at, 'y.npz'));
    const { out, proven } = await inspected(at);
    expect(proven).toMatchObject({ from: 'y.npz', reason: expect.stringMatching(/leads out of/) as unknown });
    expect(out).toContain('checked: Not compared with y.npz');
  });

  it('says what it cannot compare, and opens', async () => {
    const at = await placed('broken', 'model.onnx');
    const data = join(at, 'test_data_set_0');
    await mkdir(data);
    await writeFile(join(data, 'input_0.pb'), new Uint8Array([0x0a, 0xff]));
    await writeFile(join(data, 'output_0.pb'), new Uint8Array([0x0a, 0xff]));
    expect((await inspected(at)).out).toContain('checked: Not compared with test_data_set_0');
  });

  it('is left alone where nothing lies beside it', async () => {
    expect((await inspected(join(plain, 'model.keras'))).proven).toBeUndefined();
  });
});
