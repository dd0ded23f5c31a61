import { beforeEach, describe, expect, it, vi } from 'vitest';
import { selection } from '../../../src/renderer/stores/selection.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import { FakeClient } from './client';
import { inputData, opened, predictionOf, rowsFor } from './models';

beforeEach(() => {
  vi.useFakeTimers();
  selection.clear();
  return () => vi.useRealTimers();
});

const estimate = { passes: 1, durationMs: 1, walks: null, basis: 'forward', memoryMB: 1 } as const;
const answers = {
  openSample: () => opened(),
  inputRows: ({ examples }: { examples: readonly number[] }) => rowsFor(examples),
  estimate: () => estimate,
  chooseData: () => [{ file: 'f', name: 'b.npz', where: '', kind: 'data' } as const],
};
/** What is shown at an example, by the place that its row is found at. */
const shownAt = (studio: Studio, example: number): number | undefined => {
  const told = studio.model.inputs!.told;
  const place = told?.examples.indexOf(example) ?? -1;
  return place < 0 ? undefined : told!.prediction.outputs[0]!.atInput.data[place];
};

describe('prediction', () => {
  it('shows each example its own where the baseline is one for each, also an example that is not asked now', async () => {
    const studio = new Studio();
    await studio.start(
      new FakeClient({
        ...answers,
        predict: ({ examples }) => predictionOf(examples),
        readInputs: () => inputData('baseline', 8),
      }),
    );
    await studio.openSample('net');
    await studio.chooseBaseline();
    expect(studio.question.perExample).toBe(true);
    studio.model.chooseExample(5, 'only');
    await vi.runAllTimersAsync();
    expect(shownAt(studio, 5)).toBe(5);
    studio.model.look(2);
    await vi.runAllTimersAsync();
    expect(shownAt(studio, 2)).toBe(2);
    expect(shownAt(studio, 5)).toBe(5);
  });

  it('shows each example its own whatever order answers come in', async () => {
    const client = new FakeClient(answers);
    const studio = new Studio();
    await studio.start(client);
    await studio.openSample('net');
    for (const example of [3, 4]) {
      studio.model.chooseExample(example, 'only');
      await vi.runAllTimersAsync();
    }
    const [first, second] = client.open.filter(({ name }) => name === 'predict');
    second!.answer(predictionOf([4]));
    await vi.runAllTimersAsync();
    first!.answer(predictionOf([3]));
    await vi.runAllTimersAsync();
    expect([shownAt(studio, 3), shownAt(studio, 4)]).toEqual([undefined, 4]);
  });

  it('of data that were replaced meanwhile is not shown with the new ones', async () => {
    const client = new FakeClient({ ...answers, readInputs: () => inputData('other', 8) });
    const studio = new Studio();
    await studio.start(client);
    await studio.openSample('net');
    await vi.runAllTimersAsync();
    await studio.chooseInputs();
    client.open.find(({ name }) => name === 'predict')!.answer(predictionOf([0]));
    await vi.advanceTimersByTimeAsync(0);
    expect(studio.model.data!.data).toBe('other');
    expect(shownAt(studio, 0)).toBeUndefined();
  });
});

describe('rows of a picker', () => {
  it('are those of the data they were read from, whichever came last', async () => {
    const client = new FakeClient({ ...answers, inputRows: undefined, openSample: () => opened({}, { data: null }) });
    const studio = new Studio();
    await studio.start(client);
    await studio.openSample('net');
    const [slow, quick] = [
      studio.model.use(inputData('slow', 2), [0]),
      studio.model.use(inputData('quick', 2, { rows: [7, 9] }), [9]),
    ];
    const [first, second] = client.open;
    second!.answer(rowsFor([7, 9]));
    first!.answer(rowsFor([0, 1]));
    await Promise.all([slow, quick]);
    expect(studio.model.inputs!.row('x', 9)!.data[0]).toBe(9);
    expect(studio.model.inputs!.row('x', 1)).toBeNull();
  });

  it('of two inputs whose files are opened at once are both kept, in the order of opening', async () => {
    const client = new FakeClient({ ...answers, openSample: () => opened({}, { data: null }) });
    const studio = new Studio();
    await studio.start(client);
    await studio.openSample('net');
    const file = (name: string) => [{ file: name, name, where: '', kind: 'data' } as const];
    const both = Promise.all([studio.readInputs(file('a'), 'left'), studio.readInputs(file('b'), 'right')]);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.asked('readInputs')).toEqual([{ files: ['a'], input: 'left' }]);
    client.open[0]!.answer(inputData('first', 2));
    await vi.advanceTimersByTimeAsync(0);
    expect(client.asked('readInputs')[1]).toEqual({ files: ['b'], input: 'right', into: 'first' });
    client.open[1]!.answer(inputData('second', 2));
    await both;
    expect(studio.model.data!.data).toBe('second');
  });

  it('show the baseline of the example, not of the first that a run took', async () => {
    const studio = new Studio();
    await studio.start(
      new FakeClient({
        ...answers,
        predict: ({ examples }) => predictionOf(examples),
        runBaseline: () => ({ data: inputData('as in the run', 2, { rows: [3, 5] }), perExample: true }),
      }),
    );
    await studio.openSample('net');
    await studio.model.compareAs('run');
    expect(studio.question.baselineRow('x', 5, 0)!.data[0]).toBe(5);
    expect(studio.question.baselineRow('x', 3, 0)!.data[0]).toBe(3);
    expect(studio.question.baselineRow('x', 4, 0)).toBeNull();
  });

  it('are found for inputs of any name', async () => {
    const studio = new Studio();
    await studio.start(new FakeClient({ ...answers, predict: ({ examples }) => predictionOf(examples) }));
    await studio.openSample('net');
    for (const name of ['constructor', '__proto__', 'toString']) expect(studio.model.inputs!.row(name, 0)).toBeNull();
    expect(studio.model.finalActivation('constructor')).toBeNull();
  });
});
