/** Edited examples as data of their own, and what the model says of many examples in short. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Edit } from '../../../src/contract/studio';
import { editedWords } from '../../../src/contract/words/edits';
import { editedRow } from '../../../src/main/hosts/service/editing';
import { tops } from '../../../src/main/hosts/service/verdicts';
import { code, digits, get, read, run, samples, start } from './studio';

const pixel = (at: number, value: number): Edit => ({
  input: 'image',
  places: [at],
  values: [value],
  made: { kind: 'value', input: null, position: at, from: 0, to: value },
});

describe('an edited example', () => {
  it('is data of its own: the example keeps its number, the original its values', async () => {
    const service = start();
    const { data, baseline } = await digits(service);
    const before = await get(service, 'inputRows', { data, examples: [6] });
    const edited = await get(service, 'editInputs', { data, example: 6, edits: [pixel(3, 0.25), pixel(3, 0.75)] });
    expect(edited).toMatchObject({ examples: 1, rows: [6], faults: [], name: 'inputs.npz, example 6, edited: feature 3 0 → 0.25; feature 3 0 → 0.75' }); // prettier-ignore
    expect(edited.edited).toHaveLength(2);
    const after = await get(service, 'inputRows', { data: edited.data, examples: [6] });
    expect(after['image']!.data[3]).toBe(0.75);
    expect([...after['image']!.data].filter((value, at) => value !== before['image']!.data[at])).toEqual([0.75]);
    expect((await get(service, 'inputRows', { data, examples: [6] }))['image']!.data).toEqual(before['image']!.data);
    const [was, is] = [
      await get(service, 'predict', { data, examples: [6], baseline }),
      await get(service, 'predict', { data: edited.data, examples: [6], baseline }),
    ];
    expect(is.outputs[0]!.atInput.data).not.toEqual(was.outputs[0]!.atInput.data);
  });

  it('is run, called so wherever the run stands, and known as long as the run', async () => {
    const service = start();
    const setup = await digits(service);
    const edited = await get(service, 'editInputs', { data: setup.data, example: 6, edits: [pixel(3, 0.5)] });
    await run(service, { ...setup, data: edited.data, examples: [6], methods: ['rescale'] });
    const [record] = await get(service, 'runList', {});
    expect(record!.asked).toMatchObject({ examples: [6], dataName: edited.name });
    // twenty more edits: of the first one only its run knows
    for (let at = 0; at < 20; at++)
      await get(service, 'editInputs', { data: setup.data, example: 0, edits: [pixel(at, 1)] });
    const rows = await get(service, 'inputRows', { data: edited.data, examples: [6] });
    expect(rows['image']!.data[3]).toBe(0.5);
  });

  it('pushes no file out, and is not what is open', async () => {
    const service = start();
    const { data } = await digits(service);
    for (let at = 0; at < 5; at++) await get(service, 'editInputs', { data, example: 1, edits: [pixel(at, 1)] });
    expect((await get(service, 'openedModel', {}))!.data!.data).toBe(data);
    expect((await get(service, 'inputRows', { data, examples: [0] }))['image']!.shape).toEqual([1, 8, 8, 1]);
  });

  it('refuses what no example has', async () => {
    const service = start();
    const { data } = await digits(service);
    const asked = (change: Partial<Edit>, example = 0) =>
      code(service, { name: 'editInputs', params: { data, example, edits: [{ ...pixel(3, 1), ...change }] } });
    expect(await asked({ places: [64] })).toBe('EDIT_OUTSIDE');
    expect(await asked({ input: '__proto__' })).toBe('INPUT_UNKNOWN');
    expect(await asked({}, 10_000)).toBe('EXAMPLES_RANGE');
    expect(await asked({ values: [1, 2] })).not.toBe('ok');
  });

  it('of any edits holds what was written last at each place', () => {
    const anEdit = fc.array(fc.tuple(fc.nat(11), fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(anEdit, { maxLength: 6 }), fc.nat(2), (edits, place) => {
        const data = Float32Array.from({ length: 36 }, (_, at) => at);
        const given = edits.map((pairs) => ({ ...pixel(0, 0), input: 'x', places: pairs.map(([at]) => at), values: pairs.map(([, value]) => value) })); // prettier-ignore
        const row = editedRow({ x: { shape: [3, 12], data, lost: data.slice() } }, place, given)['x']!;
        const written = new Map(edits.flat());
        row.data.forEach((value, at) => expect(value).toBe(written.get(at) ?? place * 12 + at));
        row.lost!.forEach((value, at) => expect(value).toBe(written.has(at) ? 0 : place * 12 + at));
        expect(data[35]).toBe(35);
      }),
    );
  });

  it('is told in words, three changes one by one', () => {
    const letter = (position: number) => ({ kind: 'letter', input: null, position, from: 'C', to: 'T' }) as const;
    expect(editedWords(3, [letter(12)])).toBe('example 3, edited: position 12 C → T');
    expect(editedWords(3, [1, 2, 3, 4].map(letter))).toContain('position 3 C → T and 1 more');
    const patch = { kind: 'patch', input: 'b', from: [0, 1], to: [2, 3], filled: 'mean' } as const;
    expect(editedWords(0, [patch])).toBe('example 0, edited: b patch rows 0 to 2, columns 1 to 3 → mean');
  });
});

describe('verdicts', () => {
  it('are what prediction says, by its largest value', async () => {
    const service = start();
    const { data, baseline } = await digits(service);
    const examples = [5, 0, 7];
    const { outputs } = await get(service, 'predict', { data, examples, baseline });
    const short = await get(service, 'verdicts', { data, examples, baseline });
    const { shape, data: values } = outputs[0]!.atInput;
    examples.forEach((_, at) => {
      const row = [...values.slice(at * shape[1]!, (at + 1) * shape[1]!)];
      expect(short.outputs[0]!.value[at]).toBeCloseTo(Math.max(...row), 5);
      expect(short.outputs[0]!.top[at]).toBe(row.indexOf(Math.max(...row)));
    });
    expect(await code(service, { name: 'verdicts', params: { data, examples: Array(1025).fill(0), baseline } })).not.toBe('ok'); // prettier-ignore
  });

  it('say so where an example has none', () => {
    const values = { shape: [3, 2], data: Float32Array.of(1, 2, NaN, 1, 4, 4) };
    const { top, value } = tops(values, new Set([1]));
    expect([...top]).toEqual([1, -1, 0]);
    expect([...value]).toEqual([2, NaN, 4]);
    expect([...tops({ shape: [1, 2], data: Float32Array.of(-Infinity, -Infinity) }, new Set()).top]).toEqual([0]);
  });

  it('of tables that were read are of their rows', async () => {
    const service = start();
    const { baseline } = await digits(service);
    const data = await read(service, [join(samples, 'digits', 'inputs.npz')]);
    const { outputs } = await get(service, 'verdicts', { data: data.data, examples: [1], baseline });
    expect(outputs[0]!.top).toHaveLength(1);
  });
});
