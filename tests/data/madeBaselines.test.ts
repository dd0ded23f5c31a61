/** Baselines that are made of the data: known figures of blurs, what shuffles keep, what is drawn, and what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BaselineSpec, NumericArray } from '../../src/contract/attribution';
import { madeFrom, madeWord, type MadeBaseline } from '../../src/contract/baselines';
import type { InputPort } from '../../src/contract/data';
import { choiceWords } from '../../src/contract/words/baselines';
import { seededNumbers } from '../../src/main/engine/attribution/random';
import { layBaselines } from '../../src/main/engine/attribution/inputs';
import { madeBaseline } from '../../src/main/engine/data/baselines';
import { blurred } from '../../src/main/engine/data/baselines/blur';
import { layoutOf } from '../../src/main/engine/data/baselines/layout';
import { pairKeepingShuffle } from '../../src/main/engine/data/baselines/shuffle';
import type { Graph } from '../../src/main/engine/graph/graph';

const array = (shape: number[], values: ArrayLike<number>): NumericArray => ({
  shape,
  data: Float32Array.from(values),
});
const port = (name: string, more: Partial<InputPort> = {}): InputPort => ({
  name,
  shape: [],
  dtype: 'float32',
  ...more,
});
const walked = (...names: string[]) => ({ walked: names.map((name) => ({ name, behind: [] })), held: [] });

/** Of one float32 input that is all there is, unless said. */
function made(
  asked: MadeBaseline,
  x: NumericArray,
  more: { port?: Partial<InputPort>; numbers?: number[]; pool?: NumericArray } = {},
): BaselineSpec & { kind: 'arrays' } {
  const count = (more.pool ?? x).shape[0]!;
  const numbers = more.numbers ?? Array.from({ length: x.shape[0]! }, (_, at) => at);
  const pool = { arrays: { x: more.pool ?? x }, numbers: Array.from({ length: count }, (_, at) => at) };
  return madeBaseline([port('x', more.port)], walked('x'), { inputs: { x }, numbers }, asked, pool) as never;
}

describe('blur', () => {
  // scipy.ndimage's own documentation: gaussian_filter1d of 1 … 5, and gaussian_filter of arange(50, step=2) as whole numbers
  it.each([
    [1, [1.42704095, 2.06782203, 3, 3.93217797, 4.57295905]],
    [4, [2.91948343, 2.95023502, 3, 3.04976498, 3.08051657]],
  ])('of a sequence by sigma %d is as scipy documents it', (sigma, want) => {
    const x = array([1, 5, 1], [1, 2, 3, 4, 5]);
    const have = blurred(x.data, layoutOf(port('x'), x), sigma);
    want.forEach((value, at) => expect(have[at]).toBeCloseTo(value, 7));
  });

  it('of a picture is that of its columns, then of its rows, as scipy documents it; whichever axis its channels are', () => {
    const one = Array.from({ length: 25 }, (_, at) => 2 * at);
    const along = (values: ArrayLike<number>): Float64Array =>
      blurred(Float32Array.from(values), layoutOf(port('x'), array([1, 5, 1], values)), 1);
    /** Lines of five, so many places apart. */
    const pass = (values: ArrayLike<number>, step: number, after: (value: number) => number): number[] => {
      const to = new Array<number>(25);
      for (let line = 0; line < 5; line++) {
        const places = Array.from({ length: 5 }, (_, at) => (step === 5 ? line + 5 * at : 5 * line + at));
        along(places.map((at) => values[at]!)).forEach((value, at) => (to[places[at]!] = after(value)));
      }
      return to;
    };
    // scipy keeps whole numbers whole after each axis
    const documented = [4, 6, 8, 9, 11, 10, 12, 14, 15, 17, 20, 22, 24, 25, 27, 29, 31, 33, 34, 36, 35, 37, 39, 40, 42];
    expect(pass(pass(one, 5, Math.trunc), 1, Math.trunc)).toEqual(documented);
    const want = pass(
      pass(one, 5, (value) => value),
      1,
      (value) => value,
    );
    const last = array(
      [1, 5, 5, 2],
      one.flatMap((value) => [value, -value]),
    );
    const first = array([1, 2, 5, 5], [...one, ...one.map((value) => -value)]);
    const ofLast = made({ kind: 'blur', sigma: 1 }, last);
    const ofFirst = made({ kind: 'blur', sigma: 1 }, first, { port: { channelsFirst: true } });
    expect(ofLast.perExample).toBe(true);
    want.forEach((value, at) => {
      expect(ofLast.arrays['x']!.data[2 * at]).toBeCloseTo(value, 4);
      expect(ofLast.arrays['x']!.data[2 * at + 1]).toBeCloseTo(-value, 4);
      expect(ofFirst.arrays['x']!.data[at]).toBeCloseTo(value, 4);
      expect(ofFirst.arrays['x']!.data[25 + at]).toBeCloseTo(-value, 4);
    });
  });

  it('takes a tenth of the longest side as its sigma, and says so; keeps sums', () => {
    const x = array(
      [2, 28, 20, 1],
      Array.from({ length: 2 * 560 }, (_, at) => (at * 7919) % 13),
    );
    const { chosen, arrays } = made({ kind: 'blur', sigma: null }, x);
    expect(choiceWords(chosen![0]!)).toBe('x: blurred by a Gaussian of sigma 2.8');
    const sum = (data: Float32Array, at: number) => data.subarray(at * 560, (at + 1) * 560).reduce((a, b) => a + b, 0);
    for (const at of [0, 1]) expect(sum(arrays['x']!.data, at)).toBeCloseTo(sum(x.data, at), 1);
  });
});

const pairs = (letters: readonly number[]): string =>
  letters.slice(1).map((each, at) => `${letters[at]}${each}`).sort().join(); // prettier-ignore

describe('a shuffle that keeps pairs', () => {
  it('keeps pairs, the first and the last letter, for any letters', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }), fc.nat(), (letters, seed) => {
        const have = pairKeepingShuffle(letters, seededNumbers(seed));
        expect(have).toHaveLength(letters.length);
        expect(pairs(have)).toBe(pairs(letters));
        expect([have[0], have.at(-1)]).toEqual([letters[0], letters.at(-1)]);
      }),
    );
  });

  it('reaches every sequence with these pairs, all about as often', () => {
    const letters = [0, 1, 0, 2, 1, 2, 0, 0, 1];
    const all = new Set<string>();
    const extend = (start: readonly number[], left: readonly number[]): void => {
      if (left.length === 0 && pairs(start) === pairs(letters) && start.at(-1) === letters.at(-1))
        all.add(start.join(''));
      for (const each of new Set(left)) {
        const rest = [...left];
        rest.splice(rest.indexOf(each), 1);
        extend([...start, each], rest);
      }
    };
    extend([letters[0]!], letters.slice(1));
    expect(all.size).toBeGreaterThan(10);
    const random = seededNumbers(1);
    const times = new Map([...all].map((each) => [each, 0]));
    const draws = 400 * all.size;
    for (let at = 0; at < draws; at++) {
      const drawn = pairKeepingShuffle(letters, random).join('');
      times.set(drawn, times.get(drawn)! + 1);
    }
    expect(times.size).toBe(all.size); // none that is not one of them
    const chiSquare = [...times.values()].reduce((sum, each) => sum + (each - 400) ** 2 / 400, 0);
    // mean and deviation of chi-square: degrees of freedom, and the root of twice as many
    expect(chiSquare).toBeLessThan(all.size - 1 + 4 * Math.sqrt(2 * (all.size - 1)));
  });

  it('does not take long where one letter has a single way out among thousands', () => {
    const letters = [...Array<number>(20_000).fill(0), 1, ...Array<number>(20_000).fill(1), 2];
    expect(pairs(pairKeepingShuffle(letters, seededNumbers(3)))).toBe(pairs(letters));
  });
});

describe('a shuffle of an input', () => {
  const letters = [0, 1, 2, 3, 3, 2, 1, 0, 0, 2, 1, 3, 2, 0];
  const hot = (order: readonly number[]) =>
    order.flatMap((each) => [0, 1, 2, 3].map((channel) => Number(each === channel)));
  const read = (data: Float32Array, row: number): number[] =>
    Array.from({ length: 14 }, (_, at) => data.subarray((row * 14 + at) * 4, (row * 14 + at) * 4 + 4).indexOf(1));

  it('of one-hot letters keeps pairs; positions without a letter are one, too', () => {
    const gap = letters.map((each, at) => (at === 5 ? -1 : each));
    const x = array([2, 14, 4], [...hot(letters), ...hot(gap)]);
    const { arrays, references, perExample } = made({ kind: 'shuffle', seed: 4, count: 3 }, x);
    expect({ shape: arrays['x']!.shape, references, perExample }).toEqual({
      shape: [6, 14, 4],
      references: 3,
      perExample: true,
    });
    for (const row of [0, 1, 2]) expect(pairs(read(arrays['x']!.data, row))).toBe(pairs(letters));
    for (const row of [3, 4, 5]) expect(pairs(read(arrays['x']!.data, row))).toBe(pairs(gap));
    expect(new Set([0, 1, 2].map((row) => read(arrays['x']!.data, row).join())).size).toBeGreaterThan(1);
  });

  it('is an example’s own: the same whichever others are asked, the first of several the single one', () => {
    const x = array([2, 14, 4], [...hot(letters), ...hot([...letters].reverse())]);
    const both = made({ kind: 'shuffle', seed: 4, count: 1 }, x, { numbers: [3, 8] }).arrays['x']!.data;
    const second = array([1, 14, 4], x.data.subarray(56));
    const alone = made({ kind: 'shuffle', seed: 4, count: 2 }, second, { numbers: [8] }).arrays['x']!.data;
    expect(alone.subarray(0, 56)).toEqual(both.subarray(56));
  });

  it('of a picture moves whole positions; of ids all but the padding', () => {
    const picture = array(
      [1, 3, 4, 2],
      Array.from({ length: 24 }, (_, at) => at),
    );
    const moved = made({ kind: 'shuffle', seed: 1, count: 1 }, picture).arrays['x']!.data;
    expect(moved).not.toEqual(picture.data);
    const seen = Array.from({ length: 12 }, (_, at) => [moved[2 * at]!, moved[2 * at + 1]!]);
    for (const [a, b] of seen) expect(b).toBe(a! + 1);
    expect(seen.map(([a]) => a).sort((a, b) => a! - b!)).toEqual(Array.from({ length: 12 }, (_, at) => 2 * at));
    const ids = array([1, 8], [5, 6, 7, 8, 9, 0, 0, 0]);
    const words = made({ kind: 'shuffle', seed: 1, count: 1 }, ids, {
      port: { dtype: 'int32', vocabulary: 10, padding: 0 },
    });
    expect([...words.arrays['x']!.data].slice(5)).toEqual([0, 0, 0]);
    expect([...words.arrays['x']!.data].sort()).toEqual([...ids.data].sort());
  });
});

describe('mean, noise and other examples', () => {
  const pool = array([3, 2, 2], [0, 10, 2, 20, 4, 30, 6, 40, 8, 50, 10, 60]);
  const asked = array([1, 2, 2], [0, 10, 2, 20]);

  it('mean: of each channel over all that was given', () => {
    const spec = made({ kind: 'mean' }, asked, { pool });
    expect(spec.arrays['x']).toEqual(array([1, 2, 2], [5, 35, 5, 35]));
    expect(choiceWords(spec.chosen![0]!)).toBe('x: the mean of each channel over all examples');
  });

  it('noise: within each channel’s range, all over it, the same for a seed', () => {
    const { arrays, perExample } = made({ kind: 'noise', seed: 7, count: 200 }, asked, { pool });
    const { data, shape } = arrays['x']!;
    expect({ shape, perExample }).toEqual({ shape: [200, 2, 2], perExample: undefined });
    const channel = (of: number) => [...data].filter((_, at) => at % 2 === of);
    for (const [of, low, high] of [
      [0, 0, 10],
      [1, 10, 60],
    ] as const) {
      // prettier-ignore
      const [least, most] = [Math.min(...channel(of)), Math.max(...channel(of))];
      expect(least).toBeGreaterThanOrEqual(low);
      expect(most).toBeLessThanOrEqual(high);
      expect(most - least).toBeGreaterThan(0.95 * (high - low));
      expect(channel(of).reduce((sum, each) => sum + each / 400, 0)).toBeCloseTo((low + high) / 2, low === 0 ? 0 : -1);
    }
    expect(made({ kind: 'noise', seed: 7, count: 200 }, asked, { pool }).arrays['x']!.data).toEqual(data);
    expect(made({ kind: 'noise', seed: 8, count: 200 }, asked, { pool }).arrays['x']!.data).not.toEqual(data);
    expect(made({ kind: 'noise', seed: 7, count: 1 }, asked, { pool }).arrays['x']!.data).toEqual(data.subarray(0, 4));
  });

  it('examples: rows of what was given, by their numbers', () => {
    expect(made({ kind: 'examples', examples: [2, 0] }, asked, { pool }).arrays['x']).toEqual(
      array([2, 2, 2], [8, 50, 10, 60, 0, 10, 2, 20]),
    );
    expect(() => made({ kind: 'examples', examples: [1, 3] }, asked, { pool })).toThrow(
      'Examples 3 were asked for, the inputs hold 3',
    );
  });
});

describe('whole numbers and rows of features', () => {
  const ids = array([2, 4], [1, 2, 3, 9, 4, 5, 6, 7]);
  const lookedUp = { dtype: 'int32', vocabulary: 12, padding: 0 } as const;

  it('noise of ids are ids within their range', () => {
    const { data } = made({ kind: 'noise', seed: 0, count: 50 }, ids, { port: lookedUp }).arrays['x']!;
    expect(data.every((id) => Number.isInteger(id) && id >= 1 && id <= 9)).toBe(true);
    expect(new Set(data).size).toBe(9);
  });

  it.each([{ kind: 'mean' }, { kind: 'blur', sigma: 1 }] as MadeBaseline[])(
    '$kind of ids is refused, with why',
    (asked) => {
      expect(() => made(asked, ids, { port: lookedUp })).toThrow(
        /BASELINE_MADE: The baseline \w+ cannot be made for x: .*looked up/,
      );
    },
  );

  it.each([
    { kind: 'blur', sigma: 1 },
    { kind: 'shuffle', seed: 0, count: 1 },
  ] as MadeBaseline[])('$kind of features without positions is refused, with why', (asked) => {
    expect(() => made(asked, array([2, 4], new Float32Array(8)))).toThrow(/BASELINE_MADE: .*no positions/);
  });

  it('whole numbers that are no ids stay whole', () => {
    const pixels = array([1, 2, 2, 1], [0, 1, 2, 255]);
    const mean = made({ kind: 'mean' }, pixels, { port: { dtype: 'int32' } });
    expect([...mean.arrays['x']!.data]).toEqual([65, 65, 65, 65]);
    const blur = made({ kind: 'blur', sigma: 1 }, pixels, { port: { dtype: 'int32' } });
    expect(blur.arrays['x']!.data.every(Number.isInteger)).toBe(true);
  });

  it('beside an input that can have it an id keeps to its padding, held inputs stay, and both are said', () => {
    const x = array([2, 2, 1], [1, 2, 3, 4]);
    const inputs = { ids, x, mask: array([2, 4], new Float32Array(8)) };
    const ports = [port('ids', lookedUp), port('x'), port('mask')];
    const pool = { arrays: inputs, numbers: [0, 1] };
    const spec = madeBaseline(ports, walked('ids', 'x'), { inputs, numbers: [0, 1] }, { kind: 'mean' }, pool);
    expect(spec).toMatchObject({
      arrays: {
        ids: { shape: [1, 4], data: new Float32Array(4) },
        x: { shape: [1, 2, 1], data: Float32Array.of(2.5, 2.5) },
      },
      rest: 0,
    });
    expect(spec.chosen!.map(choiceWords)).toEqual([
      'ids: the id of padding, 0, as ids have neither mean nor blur',
      'x: the mean of each channel over all examples',
    ]);
  });
});

describe('several references of each example', () => {
  const graph = {
    inputs: [{ name: 'x', value: 0 }],
    values: [{ shape: [1], dtype: 'float32' }],
    nodes: [],
  } as unknown as Graph;
  const inputs = { x: array([2, 1], [0, 0]) };
  const laid = (rows: number, references?: number) =>
    layBaselines(
      graph,
      { inputs, baseline: { kind: 'arrays', arrays: { x: array([rows, 1], Array.from({ length: rows }, (_, at) => at)) }, perExample: true, references } }, // prettier-ignore
      2,
      new Set(),
    );

  it('are its own rows, one after the other', () => {
    expect(laid(6, 3)).toMatchObject({ references: 3, arrays: { x: { data: Float32Array.of(0, 1, 2, 3, 4, 5) } } });
    expect(laid(2)).toMatchObject({ references: 1, arrays: { x: { data: Float32Array.of(0, 1) } } });
    expect(laid(1, 3)).toMatchObject({ references: 1, arrays: { x: { data: Float32Array.of(0, 0) } } });
  });

  it('are refused where rows are not as many', () => {
    expect(() => laid(4, 3)).toThrow('expected 1 or 6 rows');
    expect(() => laid(4)).toThrow('expected 1 or 2 rows');
  });
});

describe('words', () => {
  it.each<[string, MadeBaseline]>([
    ['mean', { kind: 'mean' }],
    ['blur', { kind: 'blur', sigma: null }],
    ['blur:2.5', { kind: 'blur', sigma: 2.5 }],
    ['noise:1*4', { kind: 'noise', seed: 1, count: 4 }],
    ['shuffle:0', { kind: 'shuffle', seed: 0, count: 1 }],
    ['example:3,7', { kind: 'examples', examples: [3, 7] }],
  ])('%s is read and written', (word, asked) => {
    expect(madeFrom(word)).toEqual(asked);
    expect(madeWord(asked)).toBe(word);
  });

  it('have a seed of 0 and one reference where none is said', () => {
    expect(madeFrom('noise')).toEqual({ kind: 'noise', seed: 0, count: 1 });
    expect(madeFrom('shuffle*8')).toEqual({ kind: 'shuffle', seed: 0, count: 8 });
  });

  it.each(['blur:0', 'blur:x', 'noise:-1', 'noise*0', 'noise*999', 'example', 'example:a', 'mean:x', 'zeros'])(
    '%s is none',
    (word) => {
      expect(madeFrom(word)).toBeNull();
    },
  );
});
