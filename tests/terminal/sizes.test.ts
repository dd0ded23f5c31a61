/** Models that leave sizes free: bound by what they are given, or by --size; lengths that differ, group by group. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { openSession } from '../../src/main/engine/sessions';
import { recurrentFile } from '../formats/freeOnnx';
import { random } from '../random';
import { mho } from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'mho-sizes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const next = random(3);
function array(name: string, ...shape: number[]): string {
  const path = join(folder, name);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() - 0.5);
  writeFileSync(path, Buffer.concat([npyHeader(shape), npyBytes(data)]));
  return path;
}
function model(steps: number | string): string {
  const path = join(folder, `${steps}.onnx`);
  writeFileSync(path, recurrentFile(steps));
  return path;
}
const free = model('steps');
const long = array('long.npy', 2, 7, 2);
const short = array('short.npy', 1, 4, 2);
const other = array('other.npy', 1, 7, 2);

const sessionOf = async (...words: string[]) => {
  const out = join(folder, 'out.mho');
  const { code, err } = await mho(['attribute', ...words, '--steps', '4', '--target', '0', '--out', out]);
  expect([code, err]).toEqual([0, expect.any(String)]);
  return { ...(await openSession(out)), err };
};

it('takes the sizes of the input, says so, and gives what a file of these sizes gives', async () => {
  const bound = await sessionOf(free, '--input', long);
  expect(bound.err).toContain('Input: x is taken as [7, 2]\n');
  expect(bound.model.inputs[0]!.shape).toEqual([7, 2]);
  const fixed = await sessionOf(model(7), '--input', long);
  expect(bound.runs.map(({ layers }) => layers)).toEqual(fixed.runs.map(({ layers }) => layers));
  expect(bound.model.layers).toEqual(fixed.model.layers);
});

it('runs files of different lengths group by group, as each alone', async () => {
  const together = await sessionOf(free, '--input', long, short, other, '--method', 'nig');
  expect(together.questions.map(({ examples }) => examples)).toEqual([[0, 1, 3], [2]]);
  expect(together.runs.map(({ question }) => question)).toEqual([0, 1]);
  expect(together.model.inputs[0]!.shape).toEqual([null, 2]);
  const alone = await sessionOf(free, '--input', short, '--method', 'nig');
  expect(together.runs[1]!.layers).toEqual(alone.runs[0]!.layers);
  const same = await sessionOf(free, '--input', long, other, '--method', 'nig');
  expect(together.runs[0]!.layers).toEqual(same.runs[0]!.layers);
});

it('chooses examples and their baselines through all groups', async () => {
  const words = ['--input', long, short, '--baseline', long, short, '--per-example', '--examples', '1-2'];
  const { questions, runs } = await sessionOf(free, ...words, '--method', 'nig');
  expect(questions.map(({ examples }) => examples)).toEqual([[1], [2]]);
  for (const { delta } of runs) expect(delta[0]).toBeCloseTo(0, 6);
});

it('goes on with a run at the sizes that it took', async () => {
  const out = join(folder, 'goes-on.mho');
  const asked = [
    'attribute',
    free,
    '--input',
    short,
    '--target',
    '0',
    '--method',
    'nig',
    '--tolerance',
    '0.01%',
    '--max-passes',
    '1',
    '--baseline',
    '5',
  ];
  expect((await mho([...asked, '--out', out])).code).toBe(0);
  const { code, err } = await mho(['attribute', '--continue', out, '--tolerance', '0.01%']);
  expect([code, err]).toEqual([0, '']);
});

it('inspects with ? where it must, and the rest at sizes that are given', async () => {
  const open = await mho(['inspect', free]);
  expect(open.out).toContain('inputs:  x [?, 2] float32');
  expect(open.out).toContain(
    'sizes:   the sizes ? are free: an input binds them, or --size x=?,2 with numbers in place of ?',
  );
  for (const given of [
    ['--size', 'x=4,2'],
    ['--size', 'x=1,4,2'],
    ['--input', short],
  ]) {
    const { out, code } = await mho(['inspect', free, ...given]);
    expect(code).toBe(0);
    expect(out).toContain('inputs:  x [4, 2] float32\noutputs: last [3] float32');
    expect(out).not.toContain('has no rule');
  }
});

it.each([
  ['--size', 'x', 'USAGE: --size x: give NAME=SIZES, for example images=3,320,320'],
  ['--size', 'x=0,2', 'USAGE: --size x=0,2: give'],
  ['--size', 'y=4,2', 'INPUT_UNKNOWN: The model has no input y'],
  ['--size', 'x=4,3', 'MODEL_SIZES: The input x cannot have the sizes [4, 3]: its shape is [4, 2], where ? is free.'],
])('refuses %s %s', async (option, value, message) => {
  expect((await mho(['inspect', free, option, value])).err).toContain(message);
});
