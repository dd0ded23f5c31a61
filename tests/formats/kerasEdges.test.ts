/** What people meet beside plain layers (make_keras_edges.py): right, or refused with a way that works. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MhoError } from '../../src/contract/errors';
import { attribute, predict } from '../../src/main/engine/attribution';
import { readArrays } from '../../src/main/engine/data';
import { rounded } from '../../src/main/engine/data/precision';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { functional, kerasGraph, tensor } from './written';

const at = (name: string): string => resolve(import.meta.dirname, '../samples/keras_edges', name);

const inputsOf = async (name: string) =>
  Object.fromEntries(
    Object.entries(await readArrays(at(`${name}.npz`)))
      .filter(([key]) => key.startsWith('in/'))
      .map(([key, array]) => [key.slice(3), array]),
  );

describe('gives what Keras gives', () => {
  it.each(['fresh.keras', 'stateful.keras', 'bfloat16.keras', 'bfloat16.h5', 'cudnn.h5', 'behind.keras', 'hash.keras'])(
    '%s',
    async (file) => {
      const device = await hold('auto');
      const name = file.replace(/\.\w+$/, '');
      const { graph } = await openModel(at(file));
      const given = await inputsOf(name);
      const inputs = Object.fromEntries(graph.inputs.map((port) => [port.name, given[port.name] ?? given['middle']!]));
      const wanted = await readArrays(at(`${name}.npz`));
      for (const [output, have] of Object.entries(await predict(device, graph, inputs))) {
        const want = wanted[`out/${output}`]!;
        expect(have.shape).toEqual(want.shape);
        want.data.forEach((value, place) => expect(have.data[place], `${output}[${place}]`).toBeCloseTo(value, 5));
      }
    },
  );
});

it('says that a state is taken as zero', async () => {
  const device = await hold('auto');
  const { graph } = await openModel(at('stateful.keras'));
  const [result] = await attribute(device, graph, {
    inputs: await inputsOf('stateful'),
    baseline: { kind: 'constant', value: 0 },
    target: { layer: 'out', index: 0 },
    methods: ['rescale'],
    rule: 'secant',
    steps: 1,
  });
  expect(result!.remarks.filter(({ kind }) => kind === 'state')).toEqual(
    [0, 1, 2].map((example) => ({ kind: 'state', example, layers: ['state', 'both'] })),
  );
});

it.each(['custom.keras', 'custom.h5'])('counts what a layer without a rule has: %s', async (file) => {
  const { summary } = await openModel(at(file));
  expect(summary.layers.map(({ name, parameters }) => [name, parameters])).toEqual([
    ['x', 0],
    ['first', 42],
    ['scale', 34],
    ['after', 35],
  ]);
});

it('refuses attention of which nothing tells whether its inputs are rounded', async () => {
  const { summary } = await openModel(at('attention_alone.keras'));
  expect(summary.layers.flatMap(({ unsupported }) => unsupported).join()).toMatch(
    /int8 weights, of which nothing in the file tells whether inputs are rounded/,
  );
});

it('sends a model of a class to its program', async () => {
  await expect(openModel(at('subclassed.keras'))).rejects.toThrow(
    /a Keras model of the class Net, .* custom_objects=\{"Net": Class\}\); model\.export\("model"\)/,
  );
});

it('sends a model with crossed hashes to one that begins behind them', async () => {
  const device = await hold('auto');
  const { graph } = await openModel(at('crossed.keras'));
  const given = await inputsOf('behind');
  const ids = { shape: [3, 1], data: Float32Array.from([1, 2, 3]) };
  const run = attribute(device, graph, {
    inputs: { first: ids, second: ids, x: given['x']! },
    baseline: { kind: 'constant', value: 0 },
    target: { layer: 'out', index: 0 },
    methods: ['rescale'],
    rule: 'secant',
    steps: 1,
  });
  const error = await run.then(
    () => null,
    (fault: MhoError) => fault,
  );
  expect(error?.ways?.[0]).toEqual({ kind: 'behind', layer: 'crossed' });
  expect(error?.message).toContain('keras.Model([others…, model.get_layer("crossed").output], model.outputs)');
});

const masking = {
  shape: [1, 2, 1],
  config: functional(
    [{ name: 'x', shape: [2, 1] }],
    [
      { kind: 'Masking', module: 'keras.layers', name: 'mask', config: { mask_value: 0 }, args: [tensor('x')] },
      { kind: 'GlobalAveragePooling1D', module: 'keras.layers', name: 'mean', config: {}, args: [tensor('mask')] },
    ],
    [['mean', 0]],
  ),
};
const lookup = (unknown: number) => ({
  shape: [1, 2],
  config: functional(
    [{ name: 'x', shape: [2], dtype: 'int64' }],
    [
      {
        kind: 'IntegerLookup',
        module: 'keras.layers',
        name: 'lookup',
        config: { vocabulary: [2, 5, 7], num_oov_indices: unknown, output_mode: 'multi_hot' },
        args: [tensor('x')],
      },
    ],
    [['lookup', 0]],
  ),
});

it('refuses whole numbers that float32 does not tell apart, where a layer does', async () => {
  const device = await hold('auto');
  const { graph } = await openModel(at('hash.keras'));
  const x = (await inputsOf('hash'))['x']!;
  const ids = (values: readonly number[]) => ({
    shape: [3, 4],
    ...rounded(12, (place) => values[place] ?? place),
  });
  const predicted = (values: readonly number[]) => predict(device, graph, { ids: ids(values), x });
  await expect(predicted([123456789])).rejects.toThrow(
    'INPUT_WHOLE: The input ids holds 123456789 at index 0; computed in float32 that is 123456792, and hash tells whole numbers apart.',
  );
  await expect(predicted([2 ** 24, 123456792])).resolves.toBeDefined();
});

it.each([
  ['a Masking by zero', [masking], null],
  ['a list of small numbers', [lookup(1)], null],
  ['several places for numbers that are in no list', [lookup(3)], /INPUT_WHOLE.*123456789.*and lookup tells/],
] as const)('large numbers and %s', async (_, [made], fault) => {
  const device = await hold('auto');
  const given = { shape: [1, 2], ...rounded(2, (place) => [123456789, 5][place]!) };
  const run = predict(device, kerasGraph(made.config), { x: { ...given, shape: [...made.shape] } });
  if (fault) await expect(run).rejects.toThrow(fault);
  else await expect(run).resolves.toBeDefined();
});

it('refuses what reads a mask behind layers that augment pictures', async () => {
  const { summary } = await openModel(at('masked_pictures.keras'));
  const refused = summary.layers.flatMap(({ name, unsupported }) => (unsupported.length > 0 ? [name] : []));
  expect(refused).toEqual(['read0', 'read1', 'read2']);
});
