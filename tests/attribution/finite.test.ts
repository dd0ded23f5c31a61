/** Numbers that are none: found where they first arise and told; what they do not touch is kept. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { METHODS, type AttributionRequest, type NumericArray, type RunResult } from '../../src/contract/attribution';
import { asMhoError, type MhoError } from '../../src/contract/errors';
import { attribute, predict, valuesAlongPath, valuesAtEnds } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { hold } from '../device';

let device: Device;
let before = 0;
beforeAll(async () => {
  device = await hold();
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const array = (shape: readonly number[], ...data: number[]): NumericArray => ({ shape, data: Float32Array.from(data) });

type Add = (name: string, op: Parameters<GraphBuilder['add']>[0], inputs: ValueId[], attributes?: object) => ValueId;

/** A graph of layers called as they are added. */
function graphOf(size: number, make: (x: ValueId, add: Add, builder: GraphBuilder) => ValueId): Graph {
  const builder = new GraphBuilder('net');
  const layer = (name: string, output: ValueId): void =>
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
  const x = builder.input('x', [size]);
  layer('x', x);
  const add: Add = (name, op, inputs, attributes = {}) => {
    const output = builder.add(op, inputs, attributes as never, name);
    layer(name, output);
    return output;
  };
  builder.output('out', make(x, add, builder));
  return builder.build();
}

/** Shares of the sum, whose squares are added up: 0/0 where all of x is 0. */
const shares = graphOf(2, (x, add) => {
  const whole = add('whole', 'sum', [x], { axes: [0], keepDims: true });
  return add('out', 'sum', [add('squared', 'square', [add('share', 'div', [x, whole])])], {
    axes: [0],
    keepDims: true,
  });
});

const asked = (more: Partial<AttributionRequest> = {}): AttributionRequest => ({
  inputs: { x: array([3, 2], 1, 2, 3, 4, 5, 6) },
  baseline: { kind: 'arrays', perExample: true, arrays: { x: array([3, 2], 1, 1, 0, 0, 2, 1) } },
  target: { index: 0 },
  methods: ['nig', 'rescale'],
  rule: 'secant',
  steps: 8,
  ...more,
});

interface Outcome {
  readonly results: readonly RunResult[];
  readonly error: MhoError | null;
}
async function run(graph: Graph, request: AttributionRequest): Promise<Outcome> {
  const results: RunResult[] = [];
  try {
    await attribute(device, graph, request, { onResult: (result) => void results.push(result) });
  } catch (error) {
    return { results, error: asMhoError(error) };
  }
  return { results, error: null };
}

describe('an example that is no number at its baseline', () => {
  it.each(METHODS)('is left out of the results by %s, which keep the others as they are alone', async (method) => {
    const { results, error } = await run(shares, asked({ methods: [method] }));
    expect(error?.message).toBe(
      'NOT_FINITE_BASELINE: In example 1, NaN first arises at layer share (op div), at its baseline. ' +
        'Choose another baseline, at which that layer has a value: a small number in place of zeros (0.01), or a typical example.',
    );
    const [result] = results;
    expect(result!.complete).toBe(false);
    expect(result!.examples).toEqual([0, 2]);
    expect(result!.faults).toEqual([{ example: 1, fault: error!.fault }]);
    const alone = await run(
      shares,
      asked({
        methods: [method],
        inputs: { x: array([2, 2], 1, 2, 5, 6) },
        baseline: { kind: 'arrays', perExample: true, arrays: { x: array([2, 2], 1, 1, 2, 1) } },
      }),
    );
    expect(alone.error).toBeNull();
    for (const [place, layer] of alone.results[0]!.layers.entries())
      layer.contributions.forEach((value, at) =>
        expect(result!.layers[place]!.contributions[at]).toBeCloseTo(value, 5),
      );
  });

  it('is left out of an adaptive path, which goes on with the others', async () => {
    const accuracy = { tolerance: 0.02, over: 'units', mostWalks: 600, untilTop: null } as const;
    const { results, error } = await run(shares, asked({ methods: ['nig'], accuracy }));
    expect(error?.sentence).toBe('In example 1, NaN first arises at layer share (op div), at its baseline.');
    const [result] = results;
    expect([result!.complete, result!.examples, result!.faults.length]).toEqual([false, [0, 2], 1]);
    expect(result!.adaptive!.examples.map(({ reached }) => reached)).toEqual([true, true]);
    expect(result!.layers[0]!.residual![1]).toBeCloseTo(0, 5);
  });

  it('is told by the number that its data give it, and which of its references it is', async () => {
    const inputs = { x: array([2, 2], 1, 2, 3, 4) };
    const arrays = { x: array([3, 2], 1, 1, 0, 0, 2, 1) };
    const { results, error } = await run(
      shares,
      asked({ inputs, baseline: { kind: 'arrays', arrays }, exampleNumbers: [7, 9] }),
    );
    expect(error?.sentence).toBe('In example 7, NaN first arises at layer share (op div), at its baseline 1 of 3.');
    expect(results).toEqual([]);
  });

  it('is told by predictions, activations and walks along the path', async () => {
    const request = asked({ exampleNumbers: [4, 5, 6] });
    const { value } = shares.outputs[0]!;
    const { atBaseline, faults } = await valuesAtEnds(device, shares, request, [value]);
    expect(atBaseline.get(value)!.data[0]).toBeCloseTo(0.5);
    expect(faults.map(({ example, fault }) => [example, fault.code, fault.message])).toEqual([
      [1, 'NOT_FINITE_BASELINE', 'In example 5, NaN first arises at layer share (op div), at its baseline.'],
    ]);
    const one = { ...request, inputs: { x: array([1, 2], 3, 4) }, exampleNumbers: [5] };
    const walk = valuesAlongPath(device, shares, { ...one, baseline: { kind: 'constant', value: 0 } });
    await expect(walk).rejects.toThrow(/NOT_FINITE_BASELINE: In example 5, NaN .* layer share/);
    await expect(predict(device, shares, { x: array([2, 2], 1, 2, 0, 0) })).rejects.toThrow(
      /NOT_FINITE_INPUT: In example 1, NaN first arises at layer share \(op div\), at the input/,
    );
  });
});

describe('a number that is none', () => {
  it('at the input is told of the input, where F itself is none', async () => {
    const inputs = { x: array([2, 2], 0, 0, 3, 4) };
    const { results, error } = await run(shares, asked({ inputs, baseline: { kind: 'constant', value: 1 } }));
    expect(error?.sentence).toBe('In example 0, NaN first arises at layer share (op div), at the input.');
    expect(results.map(({ examples }) => examples)).toEqual([[1], [1]]);
  });

  it('on the path alone is told with its α', async () => {
    // x from −1 to 1 passes 0 in the middle
    const inputs = { x: array([1, 2], 1, 1) };
    const { results, error } = await run(shares, asked({ inputs, baseline: { kind: 'constant', value: -1 } }));
    expect(error?.sentence).toBe('In example 0, NaN first arises at layer share (op div), on the path at α = 0.5.');
    expect(results.map(({ method }) => method)).toEqual(['rescale']); // which does not pass there
  });

  it('that overflows is told where it leaves float32', async () => {
    const graph = graphOf(1, (x, add) => add('out', 'sub', [add('large', 'exp', [x]), add('larger', 'exp', [x])]));
    const { error } = await run(graph, asked({ inputs: { x: array([1, 1], 100) }, baseline: { kind: 'constant', value: 0 } })); // prettier-ignore
    expect(error?.sentence).toBe('In example 0, an infinite value first arises at layer large (op exp), at the input.');
  });

  it('in weights is told of them', async () => {
    const graph = graphOf(2, (x, add, builder) =>
      add('out', 'matmul', [x, builder.constant({ shape: [2, 1], data: Float32Array.of(1, Number.NaN) }, 'w')], {
        transposeA: false,
        transposeB: false,
      }),
    );
    const { error } = await run(graph, asked());
    expect(error?.code).toBe('NOT_FINITE_WEIGHTS');
    expect(error?.sentence).toContain('layer out (op matmul), whose weights hold it');
  });

  it('among contributions of finite activations is told with what passes it on', async () => {
    // The derivative of x^0.5 at 0 is infinite; its secant slope is not.
    const graph = graphOf(1, (x, add) => add('out', 'add', [add('root', 'pow', [x], { exponent: 0.5 }), x]));
    const request = asked({ inputs: { x: array([1, 1], 4) }, baseline: { kind: 'constant', value: 0 } });
    const { results, error } = await run(graph, { ...request, methods: ['nig', 'rescale'], rule: 'left' });
    expect(error?.message).toContain('NOT_FINITE_CONTRIBUTIONS: In example 0, contributions of layer x by nig');
    expect(error?.message).toContain(
      'root (op pow) or out (op add) passes on what is no number between α = 0 and 0.125',
    );
    expect(error?.remedy).toMatch(/^Choose nig by the secant rule or rescale/);
    expect(results.map(({ method, complete }) => [method, complete])).toEqual([['rescale', true]]);
  });

  it('that the target does not depend on is none of its business', async () => {
    const graph = graphOf(2, (x, add) => {
      const whole = add('whole', 'sum', [x], { axes: [0], keepDims: true });
      add('share', 'div', [x, whole]);
      return add('out', 'square', [whole]);
    });
    const { results, error } = await run(graph, asked());
    expect(error).toBeNull();
    expect(results.map(({ complete }) => complete)).toEqual([true, true]);
  });
});

describe('an activation that is infinite at one end alone', () => {
  /** F = e^log x, which is x. */
  const graph = graphOf(1, (x, add) => add('out', 'exp', [add('logarithm', 'log', [x])]));
  it('is told though F and all sums may be finite', async () => {
    const request = asked({ inputs: { x: array([1, 1], 3) }, baseline: { kind: 'constant', value: 0 } });
    const { error } = await run(graph, request);
    expect(error?.sentence).toBe(
      'In example 0, a value of minus infinity first arises at layer logarithm (op log), at its baseline.',
    );
    const accuracy = { tolerance: 0.02, over: 'units', mostWalks: 600, untilTop: null } as const;
    const adaptive = await run(graph, { ...request, methods: ['nig'], accuracy });
    expect(adaptive.error?.sentence).toBe(error?.sentence);
    const mended = await run(graph, { ...request, baseline: { kind: 'constant', value: 0.01 } });
    expect(mended.error).toBeNull();
    expect(mended.results[0]!.layers[0]!.sum[0]).toBeCloseTo(2.99, 4);
  });
});
