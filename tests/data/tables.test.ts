/** CSV tables as inputs: numbers, token ids, letters; told apart, checked, refused with expected and found. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { howWords } from '../../src/contract/words/data';
import type { InputPort } from '../../src/contract/data';
import { readData } from '../../src/main/engine/data';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-tables-'));
  path = join(folder, 'table.csv');
});
afterAll(() => rm(folder, { recursive: true }));

const port = (shape: (number | null)[], more: Partial<InputPort> = {}): InputPort => ({
  name: 'x',
  shape,
  dtype: 'float32',
  ...more,
});
const read = async (text: string, ...ports: InputPort[]) => {
  await writeFile(path, text);
  const { arrays, how } = await readData([path], ports);
  const plain = Object.entries(arrays).map(([name, { shape, data }]) => [name, { shape, data: [...data] }]);
  type Read = Record<'x' | 'left' | 'right' | 'age', { shape: number[]; data: number[] }>;
  return { how: howWords(how[0]!), ...(Object.fromEntries(plain) as Read) };
};
const letters = (text: string): number[] => [...text].flatMap((letter) => [...'ACGT'].map((other) => +(other === letter))); // prettier-ignore

describe('numbers', () => {
  it.each([
    ['commas', '1,2\n3,4\n'],
    ['semicolons', '1;2\n3;4'],
    ['tabs', '1\t2\n3\t4\n'],
    ['spaces, as numpy.savetxt writes', '# x y\n1.000e+00 2.000e+00\n3.0 4.0\n'],
    ['a byte order mark, blank lines, Windows ends', '\ufeff1,2\r\n\r\n3,4\r\n'],
    ['a header', 'a,b\n1,2\n3,4\n'],
    ['quotes', '"1","2"\n"3","4"\n'],
  ])('%s', async (_, text) => {
    expect((await read(text, port([2])))['x']).toEqual({ shape: [2, 2], data: [1, 2, 3, 4] });
  });

  it('rows are flattened examples', async () => {
    const { x, how } = await read('1,2,3,4\n5,6,7,8\n', port([2, 2, 1]));
    expect(x).toEqual({ shape: [2, 2, 2, 1], data: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect(how).toBe('table of 2 rows as 2 examples');
  });

  it('rows are positions where a row is too short for an example', async () => {
    const { x, how } = await read('1,2\n3,4\n5,6\n7,8\n', port([2, 2]));
    expect(x).toEqual({ shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect(how).toContain('rows are positions');
    expect((await read('1,2\n3,4\n5,6\n', port([null, 2])))['x'].shape).toEqual([1, 3, 2]);
  });

  it('keeps what the header calls the places of an example, where that says more than their numbers', async () => {
    const columnsOf = async (text: string, ...ports: InputPort[]) => {
      await writeFile(path, text);
      const [{ made }] = (await readData([path], ports)).how as unknown as [{ made: object }];
      return 'columns' in made ? made.columns : null;
    };
    expect(await columnsOf('age,id,bmi,label\n1,7,2,3\n', port([2]))).toEqual([{ input: 'x', names: ['age', 'bmi'] }]);
    expect(await columnsOf('x_0,x_1\n1,2\n', port([2]))).toBeNull();
    expect(await columnsOf('1,2\n3,4\n', port([2]))).toBeNull();
    // positions of one example, and places along several axes, are none of single columns
    expect(await columnsOf('a,b\n1,2\n3,4\n', port([2, 2]))).toBeNull();
    const two = [port([1], { name: '__proto__' }), port([2], { name: 'rest' })];
    expect(await columnsOf('age,bmi,pulse\n1,2,3\n', ...two)).toEqual([
      { input: '__proto__', names: ['age'] },
      { input: 'rest', names: ['bmi', 'pulse'] },
    ]);
  });

  it('passes over columns that are labels, and says so', async () => {
    const { x, how } = await read('id,label,p0,p1\n1,seven,10,20\n2,one,30,40\n', port([2]));
    expect(x).toEqual({ shape: [2, 2], data: [10, 20, 30, 40] });
    expect(how).toContain('not used: id, label');
  });

  it('goes to several inputs by header, in any order, or else in order', async () => {
    const [left, right] = [port([2], { name: 'left' }), port([1], { name: 'right' })];
    const text = 'right,left_1,left_0\n9,2,1\n';
    expect(await read(text, left, right)).toMatchObject({ left: { data: [1, 2] }, right: { data: [9] } });
    expect(await read('1,2,9\n', left, right)).toMatchObject({ left: { data: [1, 2] }, right: { data: [9] } });
  });

  it('token ids', async () => {
    const tokens = port([3], { dtype: 'int32', vocabulary: 10 });
    expect((await read('1,2,3\n4,5,6\n', tokens))['x'].data).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await read('1,2,3,4\n', { ...tokens, shape: [null] }))['x'].shape).toEqual([1, 4]);
  });
});

describe('letters', () => {
  it('become one-hot, unknown ones zero', async () => {
    const { x, how } = await read('ACGT\nnNac\n', port([4, 4]));
    expect(x).toEqual({ shape: [2, 4, 4], data: [...letters('ACGT'), ...letters('..AC')] });
    expect(how).toContain('letters as channels ACGT');
  });

  it('beside numbers and names, with a header and without', async () => {
    const sequence = port([3, 4]);
    expect((await read('name,sequence,score\nfirst,ACG,0.5\nsecond,TTT,1\n', sequence))['x'].data).toEqual([
      ...letters('ACG'),
      ...letters('TTT'),
    ]);
    expect((await read('ACG,0.5\nUUU,1\n', sequence))['x'].shape).toEqual([2, 3, 4]);
  });

  it('with a number for another input', async () => {
    const [x, age] = [port([3, 4]), port([1], { name: 'age' })];
    expect(await read('x,age\nACG,3\nTTT,4\n', x, age)).toMatchObject({
      x: { shape: [2, 3, 4] },
      age: { data: [3, 4] },
    });
  });

  it('in the order of the model', async () => {
    const { x } = await read('TG\n', port([2, 4], { alphabet: 'TGCA' }));
    expect(x.data).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
  });
});

describe('refuses', () => {
  it.each([
    ['1,2,3\n', [port([2])], 'INPUT_COLUMNS: {} holds 1 rows of 3 numbers; the input x of shape [2] wants rows of 2.'],
    [
      '1,2,3\n',
      [port([2, 2])],
      'holds 1 rows of 3 numbers; the input x of shape [2, 2] wants rows of 4, or 2 rows of 2 for one example.',
    ],
    ['1,2\n3,four\n', [port([2])], 'INPUT_CELL: {}, line 2, column 2: four was found, expected a number.'],
    ['1,2\n3,\n', [port([2])], 'INPUT_CELL: {}, line 2, column 2: an empty cell was found, expected a number.'],
    ['1,2\n3\n', [port([2])], 'INPUT_FILE: {} cannot be read as .csv: line 2 has 1 columns, the first has 2.'],
    ['a,b\n', [port([2])], 'it holds only a header'],
    ['\n\n', [port([2])], 'it holds no rows'],
    ['1,"2\n', [port([2])], 'INPUT_FILE: {} cannot be read as .csv: Quote Not Closed'],
    ['ACGTA\n', [port([4, 4])], 'INPUT_CELL: {}, line 1, column 1: ACGTA was found, expected 4 letters, it has 5.'],
    ['ACGT\nACZT\n', [port([4, 4])], 'INPUT_CELL: {}, line 2, column 1: Z was found, expected a letter of ACGT.'],
    [
      '1,2\n',
      [port([2], { name: 'left' }), port([1], { name: 'right' })],
      'holds 2 columns of numbers; the input left, right of shape [2], [1] wants columns called left_0 …, right.',
    ],
  ])('%j', async (text, ports, message) => {
    await expect(read(text, ...ports)).rejects.toThrow(message.replace('{}', path));
  });

  it('what is neither text nor anything known', async () => {
    await writeFile(path, Uint8Array.of(1, 2, 3, 0, 5));
    await expect(readData([path], [port([2])])).rejects.toThrow('it is none of these');
  });
});
