/** What is refused when a run is planned, before anything is computed: methods without a rule for an op on the way. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import type { AttributionRequest, Method } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { planRun } from '../../src/main/engine/attribution/plan';
import { planCost } from '../../src/main/engine/attribution/queries';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, Shape, ValueId } from '../../src/main/engine/graph/graph';

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});

/** A model of one input x and the op under test, named `node`, summed to one number. */
function graphOf(shape: Shape, add: (builder: GraphBuilder, x: ValueId) => ValueId): Graph {
  const builder = new GraphBuilder('net');
  const x = builder.input('x', shape);
  builder.layer({ name: 'x', kind: 'InputLayer', group: [], output: x, unitAxis: shape.length - 1, inputs: [], parameters: 0 }); // prettier-ignore
  const y = add(builder, x);
  const axes = shape.map((_, axis) => axis);
  const out = builder.add('sum', [y], { axes, keepDims: false }, 'out');
  builder.layer({ name: 'out', kind: 'Sum', group: [], output: out, unitAxis: null, inputs: ['x'], parameters: 0 });
  builder.output('out', out);
  return builder.build();
}

const request = (shape: readonly number[], methods: readonly Method[]): AttributionRequest => {
  const size = shape.reduce((product, each) => product * each, 1);
  const data = Float32Array.from({ length: size }, (_, place) => Math.sin(place + 1));
  return {
    inputs: { x: { shape: [1, ...shape], data } },
    baseline: { kind: 'constant', value: 0 },
    target: { index: 0 },
    methods,
    rule: 'secant',
    steps: 4,
  };
};

const weight = (builder: GraphBuilder, shape: readonly number[]): ValueId => {
  const size = shape.reduce((product, each) => product * each, 1);
  return builder.constant({ shape, data: Float32Array.from({ length: size }, (_, place) => place - 1) }, 'weight');
};

const WITHOUT: readonly (readonly [string, string, (builder: GraphBuilder, x: ValueId) => ValueId])[] = [
  ['softmax', 'softmax', (builder, x) => builder.add('softmax', [x], { axis: 1 }, 'node')],
  ['layer norm', 'normalise', (builder, x) => builder.add('normalise', [x], { axes: [1], epsilon: 1e-3 }, 'node')],
  [
    'a product of two varying matrices',
    'matmul',
    (builder, x) => {
      const turned = builder.add('transpose', [x], { permutation: [1, 0] }, 'turned');
      return builder.add('matmul', [x, turned], { transposeA: false, transposeB: false }, 'node');
    },
  ],
  [
    'a product whose varying factor comes second',
    'matmul',
    (builder, x) =>
      builder.add('matmul', [weight(builder, [2, 2]), x], { transposeA: false, transposeB: false }, 'node'),
  ],
  [
    'values of different rank',
    'mul',
    (builder, x) => {
      const means = builder.add('mean', [x], { axes: [0], keepDims: false }, 'means');
      return builder.add('mul', [x, means], {}, 'node');
    },
  ],
];

it.each(WITHOUT)('%s has no positive and negative parts: refused by name before the run', async (_what, op, add) => {
  const graph = graphOf([2, 2], add);
  const before = tf.memory().numTensors;
  for (const method of ['reveal-cancel', 'genomics'] as const) {
    let chunks = 0;
    const onProgress = (): void => void (chunks += 1);
    // Rescale would be swept first; nothing is computed.
    const asked = request([2, 2], ['rescale', method]);
    await expect(attribute(device, graph, asked, { onProgress })).rejects.toMatchObject({
      code: 'RULE_MISSING',
      details: { op, node: 'node', method },
    });
    await expect(planCost(device, graph, asked)).rejects.toMatchObject({ code: 'RULE_MISSING' });
    expect(chunks).toBe(0);
  }
  const [result] = await attribute(device, graph, request([2, 2], ['rescale']));
  const { sum, residual } = result!.layers[0]!;
  expect(Math.abs(residual![0]!)).toBeLessThan(1e-5 * Math.abs(sum[0]!) + 1e-5);
  expect(tf.memory().numTensors).toBe(before);
});

it('an op without parts beside the path refuses nothing', async () => {
  const graph = graphOf([2, 2], (builder, x) => {
    builder.add('softmax', [x], { axis: 1 }, 'unused');
    return builder.add('relu', [x], {}, 'node');
  });
  const [result] = await attribute(device, graph, request([2, 2], ['reveal-cancel']));
  expect(result!.layers[0]!.residual![0]!).toBeCloseTo(0, 5);
});

it('a run of one layer walks no further than that, and gives what a run of all layers gives it', async () => {
  const graph = graphOf([2, 2], (builder, x) => {
    const low = builder.add('tanh', [x], {}, 'low');
    builder.layer({ name: 'low', kind: 'Tanh', group: [], output: low, unitAxis: 1, inputs: ['x'], parameters: 0 });
    const high = builder.add('softplus', [low], {}, 'high');
    builder.layer({ name: 'high', kind: 'Softplus', group: [], output: high, unitAxis: 1, inputs: ['low'], parameters: 0 }); // prettier-ignore
    return high;
  });
  const asked = request([2, 2], ['nig']);
  const [all] = await attribute(device, graph, asked);
  const valueOf = (name: string): ValueId => graph.layers.find((layer) => layer.name === name)!.output;
  const starts = graph.inputs.map(({ value }) => value);
  const sinks = [valueOf('out')];
  const walked = ['high', 'out'].map(valueOf);
  const plan = planRun(graph, starts, sinks, ['high'], asked.methods);
  expect([...plan.walked].sort()).toEqual([...walked].sort());
  expect(plan.kept.has(valueOf('low'))).toBe(false);
  for (const layer of all!.layers) {
    const [alone] = await attribute(device, graph, { ...asked, layers: [layer.name] });
    expect(alone!.layers).toHaveLength(1);
    expect([...alone!.layers[0]!.contributions]).toEqual([...layer.contributions]);
  }
});
