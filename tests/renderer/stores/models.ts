/** A small opened model and data for it, for tests of the window's stores. */
import type { NumericArray } from '../../../src/contract/attribution';
import type { InputData, OpenedModel, Prediction } from '../../../src/contract/studio';

const backend = { name: 'cpu', device: 'CPU', version: 'test' } as const;

export const opened = (change: Partial<OpenedModel['summary']> = {}, more: Partial<OpenedModel> = {}): OpenedModel => ({
  summary: {
    name: 'net',
    format: 'Keras',
    path: '',
    hash: 'hash',
    inputs: [{ name: 'x', shape: [2], dtype: 'float32' }],
    outputs: [{ name: 'y', shape: [3], dtype: 'float32' }],
    layers: [],
    parameters: 1,
    ...change,
  },
  ops: [],
  varied: { walked: [], held: [] },
  beside: [],
  finalActivation: {},
  probabilities: {},
  sample: null,
  labels: [],
  tokens: [],
  data: inputData('data', 8),
  ...more,
});

export const inputData = (data: string, examples: number, change: Partial<InputData> = {}): InputData => ({
  data,
  name: `${data}.npz`,
  examples,
  arrays: [],
  rows: null,
  faults: [],
  expected: [],
  bound: [],
  how: [],
  reading: null,
  doubts: [],
  ...change,
});

/** One value for each example: its number. */
export const rowsFor = (examples: readonly number[]): Record<string, NumericArray> => ({
  x: { shape: [examples.length, 2], data: Float32Array.from(examples.flatMap((example) => [example, example])) },
});

/** Says of every example that its output is its number. */
export const predictionOf = (examples: readonly number[]): Prediction => ({
  outputs: [
    {
      name: 'y',
      atInput: { shape: [examples.length, 1], data: Float32Array.from(examples) },
      atBaseline: { shape: [examples.length, 1], data: Float32Array.from(examples) },
    },
  ],
  faults: [],
  durationMs: 1,
  backend,
});
