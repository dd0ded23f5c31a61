/** `--target` by name, and one for each example out of a file; what is said where a target is a probability. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TargetTerm } from '../../src/contract/attribution';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { openSession } from '../../src/main/engine/sessions';
import { onnxFile } from '../formats/onnxFile';
import { mho, type Outcome } from './terminal';

const folder = await mkdtemp(join(tmpdir(), 'mho-targets-'));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const npy = (name: string, shape: readonly number[], data: readonly number[]) =>
  writeFile(at(name), Buffer.concat([npyHeader(shape), npyBytes(Float32Array.from(data))]));

/** Logits are x times 1, 2 and 3: which class, can be told from F. */
const X = [1, 2, 4, 8];
beforeAll(async () => {
  const weights = { shape: [1, 3], data: [1, 2, 3] };
  const node = (op: string, inputs: string[], output: string, attributes = {}) => ({ op, inputs, outputs: [output], name: output, attributes }); // prettier-ignore
  const ports = { inputs: [{ name: 'x', shape: ['n', 1] }], outputs: [{ name: 'y', shape: ['n', 3] }] };
  const logits = node('MatMul', ['x', 'w'], 'logits');
  const softmax = node('Softmax', ['logits'], 'y', { axis: -1 });
  await writeFile(at('classes.onnx'), onnxFile({ nodes: [logits, softmax], ...ports, constants: { w: weights } }, 17));
  await npy('x.npy', [4, 1], X);
  await writeFile(at('labels.txt'), 'cat\ndog\nEgyptian mau\n');
  await writeFile(at('twice.json'), '["crane", "dog", "crane"]');
  await writeFile(at('five.txt'), 'a\nb\nc\nd\ne\n');
  await npy('each.npy', [4], [2, 0, 1, 1]);
  await npy('column.npy', [4, 1], [2, 0, 1, 1]);
  await npy('three.npy', [3], [2, 0, 1]);
  await npy('far.npy', [4], [0, 1, 2, 3]);
  await npy('real.npy', [4], [0, 1, 0.5, 2]);
  await writeFile(at('only.csv'), 'dog\ncat\nEgyptian mau\ndog\n');
  await writeFile(at('headed.csv'), 'truth\n2\n0\n1\n1\n');
  await writeFile(at('table.csv'), 'file,truth,index\na,dog,1\nb,cat,0\nc,Egyptian mau,2\nd,dgo,1\n');
});

const asked = (...words: string[]): string[] => ['attribute', at('classes.onnx'), '--input', at('x.npy'), '--quiet', '--steps', '2', ...words]; // prettier-ignore
interface Shown {
  readonly runs: readonly {
    readonly target: readonly string[];
    readonly atInput: readonly number[];
    readonly terms: readonly TargetTerm[];
    readonly targetNotes: readonly (readonly string[])[];
  }[];
}
const run = async (...words: string[]): Promise<Shown['runs'][number]> => {
  const outcome: Outcome = await mho(asked('--json', ...words));
  expect(outcome.err).toBe('');
  return (JSON.parse(outcome.out) as Shown).runs[0]!;
};
/** Which class each example explains, by F. */
const classes = ({ atInput }: Shown['runs'][number], inputs = X): number[] => atInput.map((f, example) => f / inputs[example]! - 1); // prettier-ignore

describe('a target by name', () => {
  it('is one of the labels beside the model', async () => {
    const found = await run('--target', 'y:Egyptian mau');
    expect(classes(found)).toEqual([2, 2, 2, 2]);
    expect(found.target).toEqual(new Array(4).fill('logits[2]'));
    expect(found.terms[0]).toMatchObject({
      layer: 'y',
      index: [2, 2, 2, 2],
      labels: new Array(4).fill('Egyptian mau'),
    });
    expect(classes(await run('--target', ':dog'))).toEqual([1, 1, 1, 1]);
    expect(classes(await run('--target', 'logits:dog'))).toEqual([1, 1, 1, 1]);
  });

  it('or of a file that is given, and is shown beside its index', async () => {
    const { out, code } = await mho(asked('--target', 'y:dog', '--labels', at('twice.json'), '--minus', 'y:0'));
    expect(code).toBe(0);
    expect(out).toContain('Example 0: logits[1] − logits[0] (dog − crane) is 1 at the input');
  });

  it.each([
    [['--target', 'y:dgo'], 'TARGET_LABEL_UNKNOWN: y has no value called dgo (did you mean dog?).'],
    [['--target', 'y:crane', '--labels', 'twice.json'], 'TARGET_LABEL_TWICE: crane is what 0 and 2 of y are called. Give the index.'],
    [['--target', 'y:dog', '--labels', 'five.txt'], 'TARGET_LABELS: The labels of five.txt cannot be used: it holds 5, and y has shape [3].'],
    [['--target', 'y:dog', '--labels', 'none.txt'], 'TARGET_LABELS: The labels of none.txt cannot be used: it does not exist.'],
    [['--target', 'x:dog'], 'TARGET_LABEL: dog is no index of x, and no labels of it are known.'],
    [['--target', 'logitz'], 'LAYER_UNKNOWN: There is no layer logitz (did you mean logits?).'],
  ])('%j is refused', async (words, message) => {
    const here = words.map((word) => (/\.(txt|json)$/.test(word) ? at(word) : word));
    const { code, err } = await mho(asked(...here));
    expect(code).toBe(1);
    expect(err.replaceAll(`${folder}/`, '')).toContain(message);
  }); // prettier-ignore
});

describe('a target for each example', () => {
  it.each([
    ['each.npy', [2, 0, 1, 1]],
    ['column.npy', [2, 0, 1, 1]],
    ['only.csv', [1, 0, 2, 1]],
    ['headed.csv', [2, 0, 1, 1]],
    ['table.csv#index', [1, 0, 2, 1]],
    ['table.csv#3', [1, 0, 2, 1]],
  ])('%s', async (file, expected) => {
    const found = await run('--target', `y:${at(file)}`);
    expect(classes(found)).toEqual(expected);
    expect(found.target).toEqual(expected.map((index) => `logits[${index}]`));
    expect(found.terms[0]!.index).toEqual(expected);
  });

  it('is taken of the examples that are asked for, less another, and goes into the session', async () => {
    const out = at('each.mho');
    const found = await run('--target', at('each.npy'), '--minus', 'y:0', '--examples', '2-3', '--out', out);
    expect(found.target).toEqual(['logits[1] − logits[0]', 'logits[1] − logits[0]']);
    const session = await openSession(out);
    expect(session.questions[0]!.target.index).toEqual({ each: [1, 1] });
    expect(session.runs[0]!.terms!.map(({ index, labels }) => [index, labels])).toEqual([[[1, 1], ['dog', 'dog']], [[0, 0], ['cat', 'cat']]]); // prettier-ignore
    const again = await mho(['show', out]);
    expect(again.out).toContain('Example 3: logits[1] − logits[0] (dog − cat) is 8 at the input');
  });

  it.each([
    ['three.npy', 'TARGET_EXAMPLES: three.npy holds 3 indices for 4 examples.'],
    ['far.npy', 'TARGET_EXAMPLE_INDEX: Example 3: y of shape [3] has no value at 3.'],
    ['real.npy', 'TARGET_FILE: real.npy holds 0.5, which is no index.'],
    ['table.csv', 'TARGET_FILE: table.csv has the columns file, truth, index.'],
    ['table.csv#label', 'TARGET_FILE: table.csv has the columns file, truth, index, but no label.'],
    ['table.csv#truth', 'TARGET_LABEL_UNKNOWN: table.csv, example 3: y has no value called dgo (did you mean dog?).'],
    ['missing.npy', 'TARGET_FILE: missing.npy does not exist.'],
  ])('%s is refused', async (file, message) => {
    const { code, err } = await mho(asked('--target', `y:${at(file)}`));
    expect(code).toBe(1);
    expect(err.replaceAll(`${folder}/`, '')).toContain(message);
  });

  it('is numbered in messages as in the inputs', async () => {
    const { err } = await mho(asked('--target', `y:${at('far.npy')}`, '--examples', '1,3'));
    expect(err).toContain('Example 3: y of shape [3] has no value at 3.');
  });
});

describe('what is said of a target', () => {
  const field = resolve(import.meta.dirname, '../field/activation-behind-move');
  const seg = (...words: string[]) => mho(['attribute', join(field, 'seg_softmax.onnx'), '--input', join(field, 'x.npz'), '--quiet', '--steps', '2', ...words]); // prettier-ignore

  it('a probability is told, with the layer before it', async () => {
    const { out } = await mho(asked('--target', 'y:dog', '--after-activation'));
    expect(out).toContain('y[1] is a probability, behind the softmax: where that saturates, it hardly moves whatever led there. Before it lies logits.'); // prettier-ignore
    const { terms, targetNotes } = await run('--after-activation');
    expect(terms[0]!.activations).toEqual([{ kind: 'softmax', before: 'logits', passed: false }]);
    expect(targetNotes[0]).toHaveLength(1);
  });

  it('so is a place that is called otherwise in the layer before', async () => {
    const { out } = await seg('--target', 'y:1,2,3');
    expect(out).toContain('conv[2, 3, 1] is y[1, 2, 3] before its softmax.');
    expect((await run('--target', 'y:1')).targetNotes[0]).toEqual([]);
  });
});
