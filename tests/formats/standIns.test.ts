/**
 * Numbers that stand for the batch and for free sizes are seen by nobody: not in what is told of any model of the tests, nor in what any
 * of them is refused with, nor where arithmetic makes others of them.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { made, symbolic, withoutStandIns } from '../../src/main/engine/formats/tensors/standIns';
import { recurrentFile } from './freeOnnx';
import { FLOAT, INT64, type Node, onnxFile } from './onnxFile';

const scratch = mkdtempSync(join(tmpdir(), 'mho-stand-ins-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** All that is told of a model, whether it opens or not; nothing of where it lies, nor its hash. */
async function told(path: string): Promise<string> {
  const own = (text: string): string => text.replaceAll(path, '').replaceAll(dirname(path), '');
  try {
    const { summary, graph } = await openModel(path);
    const shapes = graph.values.map(({ name, shape }) => ({ name, shape }));
    return own(JSON.stringify({ ...summary, hash: '', shapes }));
  } catch (error) {
    return own(String(error));
  }
}
const numbers = (text: string): number[] =>
  [...text.matchAll(/\d+(?:\.\d+)?(?:e\+\d+)?/g)].map(([written]) => Number(written));

const root = resolve(import.meta.dirname, '..');
const MODEL = /(\.keras|\.h5|\.onnx|model\.json|saved_model\.pb)$/;
const MODELS = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => MODEL.test(path))
  .map((path) => join(root, path.endsWith('saved_model.pb') ? dirname(path) : path))
  .sort();

it('of the models of the tests', { timeout: 300_000 }, async () => {
  expect(MODELS.length).toBeGreaterThan(50);
  const seen: string[] = [];
  for (const path of MODELS) if (numbers(await told(path)).some(symbolic)) seen.push(path);
  expect(seen).toEqual([]);
});

const node = (op: string, inputs: string, output: string, attributes: Node['attributes'] = {}): Node => ({
  op,
  inputs: inputs.split(' '),
  outputs: [output],
  attributes,
});
const ints = (...data: number[]) => ({ shape: [data.length], data, type: INT64 });

/** What arithmetic makes of the last size of x, `[n, 2, size]`, as files do. */
const OF_A_SIZE: readonly (readonly [what: string, nodes: readonly Node[]])[] = [
  ['a reshape', [node('Concat', 'batch size', 'to', { axis: 0 }), node('Reshape', 'x to', 'y')]],
  ['half of it', [node('Div', 'size two', 'half'), node('Expand', 'c half', 'd'), node('Concat', 'd d', 'y', { axis: 0 })]],
  ['less than it', [node('Sub', 'size two', 'less'), node('Concat', 'batch2 less', 'to', { axis: 0 }), node('Expand', 'x to', 'y')]],
  ['a range', [node('Squeeze', 'size', 'scalar'), node('Range', 'zero scalar one', 'r'), node('Add', 'x r', 'y')]],
  ['parts of it', [node('Mul', 'size size', 'sizes'), node('Reshape', 'x sizes', 'y')]],
  ['what fills it', [node('ConstantOfShape', 'shape', 'filled'), node('Add', 'x filled', 'y')]],
  ['a list', [node('Div', 'size two', 'half'), node('Concat', 'half half', 'parts', { axis: 0 }), node('Split', 'x parts', 'y', { axis: 2 })]],
  ['places', [node('Sub', 'size two', 'at'), node('Gather', 'x at', 'y', { axis: 1 })]],
]; // prettier-ignore

it.each(OF_A_SIZE)('where a file makes %s of a free one', async (_, nodes) => {
  const path = join(scratch, 'model.onnx');
  writeFileSync(
    path,
    onnxFile({
      inputs: [{ name: 'x', shape: ['n', 2, 'size'], type: FLOAT }],
      outputs: [{ name: 'y' }],
      constants: {
        third: ints(2),
        two: ints(2),
        batch: ints(-1),
        batch2: ints(1, 2),
        zero: { shape: [], data: [0], type: INT64 },
        one: { shape: [], data: [1], type: INT64 },
        c: { shape: [1], data: [1] },
      },
      nodes: [node('Shape', 'x', 'shape'), node('Gather', 'shape third', 'size'), ...nodes],
    }),
  );
  expect(numbers(await told(path)).filter((each) => each > 1000)).toEqual([]);
});

it('in a recurrent net', async () => {
  const path = join(scratch, 'lstm.onnx');
  writeFileSync(path, recurrentFile('steps'));
  expect(numbers(await told(path)).filter((each) => each > 1000)).toEqual([]);
});

it('and what is no stand-in is told as it is', () => {
  expect([1048571, 2 * 1048571 - 2, 1048571 / 2, 524286, 262143].every(made)).toBe(true);
  expect(withoutStandIns('a list of 1048573 and 3145719, 1e+25 numbers of 2000000', false)).toBe(
    'a list of ? and ?, ? numbers of 2000000',
  );
  expect(withoutStandIns('shape [1048569, 3] of 8192', true)).toBe('shape [?, 3] of 8192');
});
