/** What examples are compared with where it is made of the data: reference by reference, in a run, and in the line that repeats it. */
import { describe, expect, it } from 'vitest';
import type { StudioBaseline } from '../../../src/contract/studio';
import { code, digits, get, run, start } from './studio';

const shuffles: StudioBaseline = { kind: 'shuffle', seed: 3, count: 12 };

describe('what an example is compared with', () => {
  it('is told reference by reference, the first of them, each with what the model says there', async () => {
    const service = start();
    const { data } = await digits(service);
    const told = await get(service, 'comparedWith', { data, example: 6, baseline: shuffles });
    expect(told).toMatchObject({
      references: 12,
      rows: { image: { shape: [8, 8, 8, 1] } },
      chosen: [{ input: 'image', kind: 'shuffle', made: shuffles }],
      faults: [],
    });
    const [{ name, atBaseline }] = told.outputs as [(typeof told.outputs)[0]];
    expect(atBaseline.shape).toEqual([8, 10]);
    // as the model says of each of these as an example of its own: of a single reference, what is told of the ends
    const one = await get(service, 'predict', { data, examples: [6], baseline: { ...shuffles, count: 1 } });
    const alone = one.outputs.find((output) => output.name === name)!.atBaseline.data;
    alone.forEach((value, at) => expect(atBaseline.data[at]).toBeCloseTo(value, 4));
    expect(atBaseline.data.subarray(10, 20)).not.toEqual(atBaseline.data.subarray(0, 10));
  });

  it('is one row where all examples share it, and none where it is a constant', async () => {
    const service = start();
    const { data } = await digits(service);
    const mean = await get(service, 'comparedWith', { data, example: 0, baseline: { kind: 'mean' } });
    expect(mean).toMatchObject({ references: 1, rows: { image: { shape: [1, 8, 8, 1] } } });
    const zeros = await get(service, 'comparedWith', { data, example: 0, baseline: { kind: 'constant', value: 0 } });
    expect(zeros).toMatchObject({ references: 1, rows: {}, chosen: null });
    const outside = { data, example: 0, baseline: { kind: 'examples', examples: [100_000] } };
    expect(await code(service, { name: 'comparedWith', params: outside })).toBe('EXAMPLES_RANGE');
  });

  it('of a changed example is made of the data that it was among', async () => {
    const service = start();
    const { data } = await digits(service);
    const made = { kind: 'value' as const, input: null, position: 0, from: 0, to: 1 };
    const edits = [{ input: 'image', places: [0], values: [1], made }];
    const edited = await get(service, 'editInputs', { data, example: 6, edits });
    const rows = async (of: string) => (await get(service, 'comparedWith', { data: of, example: 6, baseline: { kind: 'mean' } })).rows; // prettier-ignore
    expect(await rows(edited.data)).toEqual(await rows(data));
  });

  it('is recorded with a run, and asked for again by its command', async () => {
    const service = start();
    const setup = await digits(service);
    await run(service, { ...setup, baseline: shuffles, methods: ['rescale'] });
    const [record] = await get(service, 'runList', {});
    expect(record!.asked.baseline).toMatchObject({ kind: 'fitting', chosen: [{ made: shuffles }] });
    expect(record!.asked).not.toHaveProperty('fileless', 'baselines');
    expect(await get(service, 'runCommand', { run: record!.run })).toContain("--baseline=shuffle:3*12'");
  });
});
