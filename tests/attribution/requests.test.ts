/** Requests that do not fit the model, in every place where one can name something: each told by the catalogue. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttributionRequest, NumericArray, TargetSpec } from '../../src/contract/attribution';
import { attribute, planCost, predict, valuesAlongPath, valuesAtEnds } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { hold } from '../device';

let device: Device;
let before = 0;
beforeAll(async () => {
  device = await hold('cpu');
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const array = (shape: readonly number[], ...data: number[]): NumericArray => ({ shape, data: Float32Array.from(data) });

interface Names {
  readonly ids: string;
  readonly x: string;
  readonly table: string;
  readonly out: string;
}
const PLAIN: Names = { ids: 'ids', x: 'x', table: 'table', out: 'out' };

/**
 * out = (Σ table[ids] + Σ x²), one number; beside it `count`, the ids plus one, which no path reaches, and a stamp that is
 * constant. All are outputs, and so are the ids as they came.
 */
function graphOf({ ids: idsName, x: xName, table: tableName, out: outName }: Names = PLAIN): Graph {
  const builder = new GraphBuilder('net');
  const layer = (name: string, output: ValueId, inputs: readonly string[]): void =>
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: null, inputs, parameters: 0 });
  const ids = builder.input(idsName, [3], 'int32');
  const x = builder.input(xName, [2]);
  layer(idsName, ids, []);
  layer(xName, x, []);
  const rows = builder.constant({ shape: [4, 2], data: Float32Array.of(0, 0, 1, 2, 3, 5, 8, 13) }, 'rows');
  const table = builder.add('embedding', [ids, rows], {}, tableName);
  layer(tableName, table, [idsName]);
  const one = builder.constant({ shape: [1], data: Float32Array.of(1) }, 'one');
  const count = builder.add('add', [ids, one], {}, 'count', undefined, 'int32');
  layer('count', count, [idsName]);
  const summed = builder.add('sum', [table], { axes: [0, 1], keepDims: false }, 'summed');
  const squares = builder.add('sum', [builder.add('square', [x], {}, 'square')], { axes: [0], keepDims: false }, 'sum');
  const out = builder.add('add', [summed, squares], {}, outName);
  layer(outName, out, [tableName, xName]);
  builder.output(outName, out);
  builder.output('count', count);
  builder.output('passed', ids);
  builder.output('stamp', builder.constant({ shape: [2], data: Float32Array.of(7, 9) }, 'stamp'));
  return builder.build();
}

const INPUTS = { ids: array([2, 3], 1, 2, 3, 0, 3, 1), x: array([2, 2], 1, 2, 3, 4) };
const REQUEST: AttributionRequest = {
  inputs: INPUTS,
  baseline: { kind: 'constant', value: 0 },
  target: { index: 0 },
  methods: ['nig'],
  rule: 'secant',
  steps: 2,
};
const asked = (changes: Partial<AttributionRequest>): AttributionRequest => ({ ...REQUEST, ...changes });
const run = (changes: Partial<AttributionRequest>) => attribute(device, graphOf(), asked(changes));

describe('values that no path reaches', () => {
  const CONSTANT = /^TARGET_CONSTANT: (ids|count|passed|stamp) does not depend on x, table\./;
  const still: readonly TargetSpec[] = ['ids', 'count', 'passed', 'stamp'].flatMap((layer) => [
    { layer, index: 'argmax' as const },
    { layer, index: 0 },
  ]);

  it.each(still)('are no target: %o', async (target) => {
    await expect(run({ target })).rejects.toThrow(CONSTANT);
    await expect(run({ minus: target })).rejects.toThrow(CONSTANT);
    await expect(planCost(device, graphOf(), asked({ target }))).rejects.toThrow(CONSTANT);
    await expect(valuesAlongPath(device, graphOf(), asked({ target }))).rejects.toThrow(CONSTANT);
  });

  it.each(['ids', 'count'])('are no start of a path: %s', async (pathStart) => {
    const fault = `PATH_START: The path cannot start at ${pathStart}: its values are the same all along a path.`;
    for (const target of [{ index: 0 }, { index: 'argmax' }] as const)
      await expect(run({ pathStart, target })).rejects.toThrow(fault);
    await expect(planCost(device, graphOf(), asked({ pathStart }))).rejects.toThrow(fault);
  });

  it('have no row in a result, and keep nothing else from having one', async () => {
    const [result] = await run({ layers: ['ids', 'count', 'table', 'out'] });
    expect(result!.layers.map(({ name }) => name)).toEqual(['table', 'out']);
    expect([...result!.delta]).toEqual([32 + 5, 24 + 25]);
  });

  it('are outputs like others: passed through, made of whole numbers alone, constant', async () => {
    const graph = graphOf();
    const outputs = await predict(device, graph, INPUTS);
    expect(outputs.passed).toEqual(INPUTS.ids);
    expect(outputs.count).toEqual(array([2, 3], 2, 3, 4, 1, 4, 2));
    expect(outputs.stamp).toEqual(array([2, 2], 7, 9, 7, 9));
    const wanted = graph.outputs.map(({ value }) => value);
    const baseline = { kind: 'arrays', arrays: { ids: array([1, 3], 0, 0, 0), x: array([1, 2], 0, 0) } } as const;
    const { atInput, atBaseline } = await valuesAtEnds(device, graph, asked({ baseline }), wanted);
    for (const { name, value } of graph.outputs) expect(atInput.get(value), name).toEqual(outputs[name]);
    // What is the same all along a path is so at its beginning.
    for (const { name, value } of graph.outputs.slice(1)) expect(atBaseline.get(value), name).toEqual(outputs[name]);
    expect(atBaseline.get(wanted[0]!)).toEqual(array([2], 0, 0));
  });

  it('alone make a model that has no path', async () => {
    const builder = new GraphBuilder('net');
    const ids = builder.input('ids', [3], 'int32');
    builder.layer({ name: 'ids', kind: 'Input', group: [], output: ids, unitAxis: null, inputs: [], parameters: 0 });
    builder.output('ids', ids);
    for (const index of ['argmax', 0] as const)
      await expect(
        attribute(device, builder.build(), { ...REQUEST, inputs: { ids: INPUTS.ids }, target: { index } }),
      ).rejects.toThrow('TARGET_CONSTANT: ids does not depend on any real number of the input.');
  });
});

describe('names that the model has not', () => {
  it.each<readonly [string, Partial<AttributionRequest>, string]>([
    [
      'of an input',
      { inputs: { ...INPUTS, y: INPUTS.x } },
      'INPUT_UNKNOWN: The model has no input y (did you mean x?).',
    ],
    [
      'of a baseline',
      { baseline: { kind: 'arrays', arrays: { ...INPUTS, idz: INPUTS.x } } },
      'INPUT_UNKNOWN: The model has no input idz (did you mean ids?). The model needs: ids, x.',
    ],
    ['of a layer', { layers: ['table', 'tible'] }, 'LAYER_UNKNOWN: There is no layer tible (did you mean table?).'],
    [
      'of a target',
      { target: { layer: 'uot', index: 0 } },
      'LAYER_UNKNOWN: There is no layer uot (did you mean out?).',
    ],
    ['of what is taken off', { minus: { layer: 'uot', index: 0 } }, 'LAYER_UNKNOWN: There is no layer uot'],
    ['of a path start', { pathStart: 'tible' }, 'LAYER_UNKNOWN: There is no layer tible (did you mean table?).'],
    [
      'that every object has',
      { target: { layer: 'constructor', index: 0 } },
      'LAYER_UNKNOWN: There is no layer constr',
    ],
  ])('%s', async (_what, changes, fault) => {
    await expect(run(changes)).rejects.toThrow(fault);
    await expect(planCost(device, graphOf(), asked(changes))).rejects.toThrow(fault);
  });

  it('that every object has are missing all the same', async () => {
    const graph = graphOf({ ...PLAIN, ids: 'constructor', x: '__proto__' });
    await expect(predict(device, graph, {})).rejects.toThrow(
      'INPUT_MISSING: No data was given for the input constructor.',
    );
    const inputs = Object.fromEntries([
      ['constructor', INPUTS.ids],
      ['__proto__', INPUTS.x],
    ]);
    const baseline = { kind: 'arrays', arrays: {} } as const;
    await expect(attribute(device, graph, { ...REQUEST, inputs, baseline })).rejects.toThrow(
      'BASELINE_SHAPE: The baseline for constructor has shape none',
    );
  });
});

it('layers and inputs may be called as what every object has', async () => {
  const names = { ids: 'constructor', x: '__proto__', table: 'toString', out: 'hasOwnProperty' };
  const graph = graphOf(names);
  const named = <Value>(values: readonly (readonly [keyof Names, Value])[]): Record<string, Value> =>
    Object.fromEntries(values.map(([key, value]) => [names[key], value]));
  const request: AttributionRequest = {
    ...REQUEST,
    inputs: named([['ids', INPUTS.ids], ['x', INPUTS.x]]), // prettier-ignore
    baseline: { kind: 'arrays', arrays: named([['ids', array([1, 3], 0, 0, 0)], ['x', array([1, 2], 0, 0)]]) }, // prettier-ignore
    methods: ['nig', 'rescale', 'gradient-difference', 'internal-influence'],
    target: { layer: names.out, index: 'argmax' },
  };
  const plain = await attribute(device, graphOf(), { ...REQUEST, methods: request.methods });
  const told = await attribute(device, graph, request);
  expect(told[0]!.target).toEqual(['hasOwnProperty', 'hasOwnProperty']);
  const keys = Object.keys(names) as (keyof Names)[];
  for (const [place, result] of told.entries())
    for (const [at, layer] of result.layers.entries()) {
      const other = plain[place]!.layers[at]!;
      expect(layer.name).toBe(names[keys.find((key) => PLAIN[key] === other.name)!]);
      expect(layer.contributions).toEqual(other.contributions);
    }
  const only = { ...request, layers: ['__proto__', 'toString'], pathStart: 'toString' };
  const [started] = await attribute(device, graph, only);
  expect(started!.layers.map(({ name }) => name)).toEqual(['__proto__', 'toString']);
  const along = await valuesAlongPath(device, graph, request, { only: { layer: '__proto__', unit: 0 } });
  expect(along.layers.map(({ name }) => name)).toEqual(['__proto__']);
  const outputs = await predict(device, graph, request.inputs);
  expect(Object.keys(outputs)).toEqual(['hasOwnProperty', 'count', 'passed', 'stamp']);
});
