/** `mho knock-out`: as another program reads it, as a reader sees it, and its faults. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { flatPosition, placeIn } from '../../src/contract/positions';
import { readArrays } from '../../src/main/engine/data';
import { positionsFrom, unitsFrom } from '../../src/main/hosts/terminal/replacements';
import { mho } from './terminal';

const motif = join(import.meta.dirname, '../reference/cases/motif');
const model = join(motif, 'model.keras');
const asked = ['--input', join(motif, 'inputs.npz'), '--baseline', join(motif, 'inputs.npz'), '--examples', '0-3', '--target', 'logits:0']; // prettier-ignore

interface Json {
  readonly layer: string;
  readonly target: string;
  readonly examples: number[];
  readonly units: number[];
  readonly positions?: number[][];
  readonly atInput: number[];
  readonly atBaseline: number[];
  readonly without: number[];
  readonly drop: number[][];
  readonly restore: number[][];
  readonly together?: {
    readonly after: number[];
    readonly drop: number[];
    readonly outputs: Record<string, number[][]>;
  };
  readonly layers?: { readonly layer: string; readonly units: number[] }[];
}

const json = async (...words: string[]): Promise<Json> => {
  const { out, err, code } = await mho(['knock-out', model, ...asked, ...words, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Json;
};

let truth: Record<string, NumericArray>;
beforeAll(async () => {
  truth = await readArrays(join(motif, 'truth_more.npz'));
});

describe('mho knock-out', () => {
  it('gives every unit of a layer by itself, both ways', async () => {
    const { layer, target, units, atInput, atBaseline, drop, restore } = await json('--layer', 'conv2', '--all');
    expect({ layer, target, units: units.length }).toEqual({
      layer: 'conv2',
      target: 'logits[0]',
      units: truth['knockout/conv2']!.shape[1],
    });
    const scale = Math.max(...atInput.map(Math.abs));
    for (const [have, name] of [[drop, 'knockout'], [restore, 'restore']] as const) // prettier-ignore
      have.flat().forEach((value, at) => expect(Math.abs(value - truth[`${name}/conv2`]!.data[at]!)).toBeLessThan(1e-4 * scale)); // prettier-ignore
    expect(atBaseline).toHaveLength(4);
  });

  it('takes named units out together', async () => {
    const told = await json('--units', 'conv2:3,conv2:7');
    expect(told.units).toEqual([3, 7]);
    expect(told.drop.map(({ length }) => length)).toEqual([2, 2, 2, 2]);
    told.together!.drop.forEach((drop, at) =>
      expect(drop).toBeCloseTo(told.atInput[at]! - told.together!.after[at]!, 6),
    );
    expect(Object.values(told.together!.outputs)[0]).toHaveLength(4);
  });

  it('takes units of several layers out, layer by layer', async () => {
    const told = await json('--units', 'conv1:0-2,dense1:5', '--to', 'zero');
    expect(told.layers!.map(({ layer, units }) => [layer, units])).toEqual([['conv1', [0, 1, 2]], ['dense1', [5]]]); // prettier-ignore
  });

  it('of the whole layer at another example gives that example', async () => {
    const { without, atInput } = await json('--layer', 'conv1', '--to', 'example:2');
    without.forEach((F) => expect(F).toBeCloseTo(atInput[2]!, 4));
    const beyond = await json('--layer', 'conv1', '--to', 'example:6'); // not among those that were chosen
    expect(beyond.without[0]).not.toBeCloseTo(atInput[0]!, 3);
  });

  it('tells a reader what was dropped, and where something goes around', async () => {
    const residual = join(import.meta.dirname, '../reference/cases/residual');
    const { out, code } = await mho(['knock-out', join(residual, 'model.keras'), '--input', join(residual, 'inputs.npz'), '--examples', '1', '--layer', 'a_relu', '--top', '3']); // prettier-ignore
    expect(code).toBe(0);
    expect(out).toMatch(/Example 1: logits\[\d\]; F \S+ at the input, \S+ at the baseline/);
    expect(out.match(/a_relu │/g)).toHaveLength(3);
    expect(out).toContain('Units became their value at the baseline.');
    expect(out).toContain('a_relu is no cut');
  });

  it('says where no unit can do anything, since the input is its own baseline', async () => {
    const { out } = await mho(['knock-out', model, '--input', join(motif, 'inputs.npz'), '--baseline', 'example:0', '--examples', '0', '--layer', 'conv2', '--top', '2']); // prettier-ignore
    expect(out).toContain('With any unit of conv2 out, or put back, F stays what it was: its units are already');
    expect((await mho(['knock-out', model, ...asked, '--layer', 'conv2', '--top', '2'])).out).not.toContain(
      'stays what',
    );
  });

  it.each([
    [['--layer', 'conv9'], 'LAYER_UNKNOWN', 1],
    [['--units', 'conv2:99'], 'OUTPUT_INDEX', 1],
    [['--units', 'conv2'], 'INTERVENTION_UNITS', 1],
    [['--units', 'conv2:3', '--layer', 'conv1'], 'USAGE', 2],
    [[], 'USAGE', 2],
    [['--all', '--units', 'conv2:3'], 'USAGE', 2],
    [['--layer', 'conv2', '--to', 'nothing'], 'USAGE', 2],
    [['--layer', 'conv2', '--to', 'example:99'], 'EXAMPLES_RANGE', 1],
  ])('refuses %j', async (words, fault, code) => {
    const told = await mho(['knock-out', model, ...asked, ...words]);
    expect(told.err).toContain(`${fault}: `);
    expect(told.code).toBe(code);
    expect(told.out).toBe('');
  });
});

describe('positions', () => {
  it('stand behind a unit, and are rows before columns', () => {
    expect(unitsFrom('conv:3@4x5,conv:7,conv:1-2@4x5')).toEqual([
      { layer: 'conv', units: [3, 1, 2], at: '4x5' },
      { layer: 'conv', units: [7], at: null },
    ]);
    expect(positionsFrom('4x5', 'conv', [8, 6])).toEqual([29]);
    expect(positionsFrom('0-1x2+7x5+0x2', 'conv', [8, 6])).toEqual([2, 8, 47]);
    expect(positionsFrom('*x0', 'conv', [3, 2])).toEqual([0, 2, 4]);
    expect(positionsFrom('12-14', 'steps', [15])).toEqual([12, 13, 14]);
    for (const [text, sizes] of [
      ['4', [8, 6]],
      ['8x0', [8, 6]],
      ['4x', [8, 6]],
      ['3-1', [8]],
      ['0', []],
      ['*x*', [2000, 2000]],
    ] as const)
      // prettier-ignore
      expect(() => positionsFrom(text, 'conv', sizes), text).toThrow('INTERVENTION_UNITS');
    expect(placeIn(29, [8, 6])).toEqual([4, 5]);
    for (let flat = 0; flat < 48; flat++) expect(flatPosition(placeIn(flat, [8, 6]), [8, 6])).toBe(flat);
  });

  it('alone are replaced and put back: all of them are the unit, and without them nothing moves', async () => {
    const whole = await json('--units', 'conv2:3');
    const all = await json('--units', 'conv2:3@*');
    const count = all.positions!.length;
    expect(count).toBeGreaterThan(1);
    const close = (have: number[][], want: number[][]): void =>
      have.flat().forEach((value, at) => expect(value).toBeCloseTo(want.flat()[at]!, 5));
    close(all.drop, whole.drop);
    close(all.restore, whole.restore);
    const halves = await json('--units', `conv2:3@0-${Math.floor(count / 2)},conv2:3@${Math.floor(count / 2) + 1}-${count - 1}`); // prettier-ignore
    expect(halves.layers).toHaveLength(2);
    halves.together!.drop.forEach((drop, at) => expect(drop).toBeCloseTo(whole.drop[at]![0]!, 5));
    const { out } = await mho(['knock-out', model, ...asked, '--units', 'conv2:3@1-2']);
    expect(out).toContain('3@1-2 │');
    const none = await mho(['knock-out', model, ...asked, '--units', `conv2:3@${count}`]);
    expect(none.err).toContain(`INTERVENTION_UNITS: conv2@${count} names no unit: conv2 has ${count} positions`);
    expect(none.code).toBe(1);
  });
});

it('names of layers hold commas and colons', () => {
  expect(unitsFrom('a,b:3,a:2:1-2,a,b:4')).toEqual([
    { layer: 'a,b', units: [3, 4], at: null },
    { layer: 'a:2', units: [1, 2], at: null },
  ]);
  expect(() => unitsFrom('a:3,')).not.toThrow();
  expect(() => unitsFrom('a:3,b')).toThrow('INTERVENTION_UNITS: b names no unit');
  expect(() => unitsFrom('a:7-3')).toThrow('INTERVENTION_UNITS');
});
