/** Infinities as neutral elements: the numbers are those of the same network without them, by every method that serves it. */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METHODS, type AttributionRequest, type Method, type RunResult } from '../../src/contract/attribution';
import { asMhoError } from '../../src/contract/errors';
import { attribute } from '../../src/main/engine/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { hold, inHand } from '../device';

const field = resolve(import.meta.dirname, '../field/minus-infinity');

let before = 0;
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const asked = (inputs: AttributionRequest['inputs'], methods: readonly Method[]): AttributionRequest => ({
  inputs,
  baseline: { kind: 'constant', value: 0 },
  target: { index: 0, afterActivation: true },
  methods,
  rule: 'secant',
  steps: 16,
});

/** Of the methods that serve the graph; parts have no rule for softmax. */
async function run(
  graph: Graph,
  inputs: AttributionRequest['inputs'],
  methods: readonly Method[] = METHODS,
): Promise<ReadonlyMap<Method, RunResult>> {
  const found = new Map<Method, RunResult>();
  for (const method of methods)
    try {
      for (const result of await attribute(inHand(), graph, asked(inputs, [method]))) found.set(method, result);
    } catch (error) {
      if (asMhoError(error).code !== 'RULE_MISSING') throw error;
    }
  return found;
}

/** Every number finite; where contributions are shares of the difference, they sum to it at every cut. */
function sound(result: RunResult): void {
  expect([result.complete, result.faults]).toEqual([true, []]);
  for (const { name, contributions, residual, error } of result.layers) {
    const as = `${result.method} at ${name}`;
    expect(contributions.every(Number.isFinite), as).toBe(true);
    expect(error === null || error.every(Number.isFinite), as).toBe(true);
    if (residual) expect(Math.abs(residual[0]!), as).toBeLessThan(1e-5);
  }
}

/** softmax(z)₀ along the straight path of z from 0 to x·w, integrated in float64. */
function softmaxTruth(x: readonly number[], w: readonly (readonly number[])[]): number[] {
  const z = w[0]!.map((_, unit) => x.reduce((sum, value, at) => sum + value * w[at]![unit]!, 0));
  const points = 20_000;
  const units = z.map(() => 0);
  for (let point = 0; point < points; point++) {
    const exps = z.map((value) => Math.exp((value * (point + 0.5)) / points));
    const total = exps.reduce((a, b) => a + b);
    const [p] = exps.map((each) => each / total);
    z.forEach((value, unit) => (units[unit]! += (value * p! * ((unit === 0 ? 1 : 0) - exps[unit]! / total)) / points));
  }
  return units;
}

describe.each(['auto', 'cpu'] as const)('on %s', (backend) => {
  beforeEach(async () => {
    await hold(backend);
    before = tf.memory().numTensors;
  });

  it.each(['jax_softmax', 'min', 'clip', 'logsm'])('%s is softmax of z, at z as at the input', async (name) => {
    const { graph } = await openModel(resolve(field, `${name}.onnx`));
    const results = await run(graph, await readArrays(resolve(field, 'x.npz')));
    for (const result of results.values()) sound(result);
    const nig = results.get('nig')!;
    const truth = softmaxTruth([1, 2, 3], [[1, 2], [0, -1], [0.5, 0.3]].map((row) => row.map(Math.fround))); // prettier-ignore
    expect(nig.atInput[0]).toBeCloseTo(1 / (1 + Math.exp(0.9 - 2.5)), 5);
    const dense = nig.layers.find((layer) => layer.name === 'dense')!;
    dense.units.forEach((value, unit) => expect(value).toBeCloseTo(truth[unit]!, 2));
  });

  it('where masks z by minus infinity: nothing is left to differ, and that is said', async () => {
    const { graph } = await openModel(resolve(field, 'where.onnx'));
    const results = await run(graph, await readArrays(resolve(field, 'x.npz')));
    for (const result of results.values()) {
      sound(result);
      if (result.method === 'nig') expect(result.remarks.map(({ kind }) => kind)).toContain('flat');
    }
  });

  it('pad_pool has the contributions of its convolution, and none of what pads it', async () => {
    const { graph } = await openModel(resolve(field, 'pad_pool.onnx'));
    const results = await run(graph, await readArrays(resolve(field, 'x8.npz')));
    expect(results.size).toBe(METHODS.length);
    for (const result of results.values()) sound(result);
    for (const method of ['nig', 'rescale', 'gradient-difference'] as const) {
      const { layers } = results.get(method)!;
      const [conv, pad] = ['conv', 'pad'].map((name) => layers.find((layer) => layer.name === name)!);
      conv!.units.forEach((value, unit) => expect(pad!.units[unit]).toBeCloseTo(value, 5));
    }
  });

  /** A network of layers named as they are added, from an input of some size. */
  const graphOf = (
    size: readonly number[],
    make: (x: ValueId, add: (op: Parameters<GraphBuilder['add']>[0], inputs: ValueId[], attributes: object, name: string) => ValueId, constant: (shape: number[], ...data: number[]) => ValueId) => ValueId, // prettier-ignore
  ): Graph => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', [...size]);
    const layer = (name: string, output: ValueId): void =>
      builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: null, inputs: [], parameters: 0 });
    layer('x', x);
    let constants = 0;
    const output = make(
      x,
      (op, inputs, attributes, name) => {
        const value = builder.add(op, inputs, attributes as never, name);
        layer(name, value);
        return value;
      },
      (shape, ...data) => builder.constant({ shape, data: Float32Array.from(data) }, `constant${constants++}`),
    );
    builder.output('out', output);
    return builder.build();
  };
  const rows = (...data: number[]) => ({ x: { shape: [1, data.length], data: Float32Array.from(data) } });

  it.each([
    ['minus infinity', -Infinity],
    ['the lowest number', -3.4028234663852886e38],
    ['minus a thousand million', -1e9],
  ])('an additive mask of %s takes its place out of a softmax, and nothing else', async (_, masked) => {
    const graph = graphOf([3], (x, add, constant) =>
      add('softmax', [add('add', [x, constant([3], 0, masked, 0)], {}, 'masked')], { axis: 0 }, 'attention'),
    );
    const results = await run(graph, rows(1, 5, -1));
    for (const result of results.values()) sound(result);
    const truth = softmaxTruth([1], [[1, -1]]);
    const { contributions } = results.get('nig')!.layers[0]!;
    [truth[0]!, 0, truth[1]!].forEach((value, at) => expect(contributions[at]).toBeCloseTo(value, 3));
  });

  it('no path starts at a layer that holds them', async () => {
    const graph = graphOf([2], (x, add, constant) =>
      add('softmax', [add('add', [x, constant([2], 0, -Infinity)], {}, 'masked')], { axis: 0 }, 'attention'),
    );
    const request = { ...asked(rows(1, 2), ['nig']), pathStart: 'masked' };
    await expect(attribute(inHand(), graph, request)).rejects.toThrow(
      'PATH_START: The path cannot start at masked: it holds -Infinity, which no straight path has.',
    );
  });

  it('a row that is masked as a whole is a fault, as it is no number in any framework', async () => {
    const graph = graphOf([2], (x, add, constant) =>
      add('softmax', [add('add', [x, constant([2], -Infinity, -Infinity)], {}, 'masked')], { axis: 0 }, 'attention'),
    );
    await expect(run(graph, rows(1, 2))).rejects.toThrow(
      /NOT_FINITE_INPUT: In example 0, NaN first arises at layer attention \(op softmax\), at the input/,
    );
  });

  it('maxima, minima, clips and log-sums over infinities', async () => {
    const graph = graphOf([4], (x, add, constant) => {
      const padded = add('pad', [x], { padding: [[2, 1]], mode: 'constant', value: -Infinity }, 'padded');
      const top = add('max', [padded], { axes: [0], keepDims: true }, 'top');
      const shifted = add('sub', [padded, top], {}, 'shifted');
      const total = add('sum', [add('exp', [shifted], {}, 'exp')], { axes: [0], keepDims: true }, 'total');
      const logSum = add('add', [add('log', [total], {}, 'log'), top], {}, 'logSum');
      const held = add('minimum', [constant([1], Infinity), logSum], {}, 'held');
      const clipped = add('clip', [held], { min: -Infinity, max: Infinity }, 'clipped');
      return add('relu', [add('maximum', [clipped, constant([1], -Infinity)], {}, 'raised')], {}, 'out');
    });
    // RevealCancel asks for logarithms of parts alone, which may be those of negative numbers.
    const methods = METHODS.filter((method) => method !== 'reveal-cancel' && method !== 'genomics');
    const results = await run(graph, rows(1, -2, 0.5, 3), methods);
    for (const result of results.values()) sound(result);
    const at = (alpha: number) => Math.log([1, -2, 0.5, 3].reduce((sum, value) => sum + Math.exp(alpha * value), 0));
    expect(results.get('nig')!.delta[0]).toBeCloseTo(at(1) - at(0), 5);
  });

  it('maxima over infinities carry the parts of RevealCancel', async () => {
    const graph = graphOf([4], (x, add, constant) => {
      const padded = add('pad', [x], { padding: [[2, 1]], mode: 'constant', value: -Infinity }, 'padded');
      const opened = add('relu', [padded], {}, 'opened');
      const top = add('max', [padded], { axes: [0], keepDims: true }, 'top');
      const raised = add('maximum', [top, constant([1], -Infinity)], {}, 'raised');
      const all = add('sum', [opened], { axes: [0], keepDims: true }, 'all');
      return add('relu', [add('add', [raised, all], {}, 'both')], {}, 'out');
    });
    const results = await run(graph, rows(1, -2, 0.5, 3));
    expect(results.size).toBe(METHODS.length);
    for (const result of results.values()) sound(result);
    expect(results.get('reveal-cancel')!.delta[0]).toBeCloseTo(7.5, 5);
  });

  it('what is no number where it is not taken: a logarithm and a quotient behind where', async () => {
    const graph = graphOf([3], (x, add, constant) => {
      const positive = add('greater', [x, constant([1], 0)], {}, 'positive');
      const logarithm = add('select', [positive, add('log', [x], {}, 'log'), constant([1], 0)], {}, 'safeLog');
      const quotient = add('div', [constant([1], 6), x], {}, 'quotient');
      const safe = add('select', [positive, quotient, constant([1], 0)], {}, 'safeQuotient');
      return add('sum', [add('add', [logarithm, safe], {}, 'both')], { axes: [0], keepDims: true }, 'out');
    });
    // the second of x is 0 at both ends, where its logarithm and its quotient are infinite and not taken
    const results = await run(graph, rows(2, 0, 3), ['nig', 'rescale']);
    for (const result of results.values()) sound(result);
    expect(results.get('nig')!.layers[0]!.sum[0]).toBeCloseTo(Math.log(2) + Math.log(3) + 3 + 2, 4);
  });
});
