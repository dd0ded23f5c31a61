/** Every path method against its literal twin (tests/reference/methods.ts), on every backend that serves researchers. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, NumericArray, RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { random } from '../ops/random';
import { baseAt, contributions, LAYERS, type Layers, type Net, type Start, type TwinMethod, type Vector } from '../reference/methods'; // prettier-ignore
import { worst } from './cases';

const next = random(11);
const vector = (length: number): number[] => Array.from({ length }, () => next.normal());
const matrix = (rows: number, columns: number): number[][] => Array.from({ length: rows }, () => vector(columns));
const net: Net = { A: matrix(5, 4), B: matrix(6, 5), C: matrix(6, 5), D: matrix(3, 6) };
const INPUTS = [vector(4), vector(4)];
const REFERENCES = [vector(4), vector(4), vector(4)];

function graphOf({ A, B, C, D }: Net): Graph {
  const builder = new GraphBuilder('twin');
  const layer = (name: string, output: ValueId, inputs: string[]): ValueId => {
    builder.layer({ name, kind: 'Op', group: [], output, unitAxis: 0, inputs, parameters: 0 });
    return output;
  };
  const product = (x: ValueId, W: readonly Vector[], name: string): ValueId => {
    const [rows, columns] = [W.length, W[0]!.length];
    const data = Float32Array.from({ length: rows * columns }, (_, at) => W[at % rows]![Math.floor(at / rows)]!);
    const weights = builder.constant({ shape: [columns, rows], data }, `${name}/weights`);
    return builder.add('matmul', [x, weights], { transposeA: false, transposeB: false }, name);
  };
  const x = layer('x', builder.input('x', [4]), []);
  const base = layer('base', builder.add('tanh', [product(x, A, 'base/product')], {}, 'base'), ['x']);
  const hidden = layer('hidden', builder.add('relu', [product(base, B, 'hidden/product')], {}, 'hidden'), ['base']);
  const gate = layer('gate', builder.add('sigmoid', [product(base, C, 'gate/product')], {}, 'gate'), ['base']);
  const mix = layer('mix', builder.add('mul', [hidden, gate], {}, 'mix'), ['hidden', 'gate']);
  builder.output('out', layer('out', product(mix, D, 'out'), ['mix']));
  return builder.build();
}

const rows = (of: readonly Vector[]): NumericArray => ({
  shape: [of.length, of[0]!.length],
  data: Float32Array.from(of.flat()),
});

const METHODS: readonly (readonly [TwinMethod, Partial<AttributionRequest>])[] = [
  ['secant', { methods: ['nig'], rule: 'secant' }],
  ['right', { methods: ['nig'], rule: 'right' }],
  ['left', { methods: ['nig'], rule: 'left' }],
  ['trapezoid', { methods: ['nig'], rule: 'trapezoid' }],
  ['rescale', { methods: ['rescale'] }],
  ['gradient-difference', { methods: ['gradient-difference'] }],
  ['internal-influence', { methods: ['internal-influence'] }],
];

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  const graph = graphOf(net);
  let device: Device;
  beforeAll(async () => {
    device = await hold(choice);
  });

  const run = async (changes: Partial<AttributionRequest>): Promise<RunResult> => {
    const before = tf.memory().numTensors;
    const request: AttributionRequest = {
      inputs: { x: rows(INPUTS) },
      baseline: { kind: 'arrays', arrays: { x: rows(REFERENCES.slice(0, 1)) } },
      target: { index: 1 },
      methods: ['nig'],
      rule: 'secant',
      steps: 7,
      ...changes,
    };
    const [result] = await attribute(device, graph, request);
    expect(tf.memory().numTensors).toBe(before);
    return result!;
  };

  /** Holds every layer of a result against the twin's, example by example. */
  const agree = (
    result: RunResult,
    wanted: (example: number) => Layers,
    layers: readonly (keyof Layers)[] = LAYERS,
  ) => {
    expect(result.layers.map(({ name }) => name)).toEqual(layers);
    for (const { name, contributions: have } of result.layers) {
      const want = Float32Array.from(INPUTS.flatMap((_, example) => wanted(example)[name as keyof Layers]));
      expect(worst(have, want), name).toBeLessThan(1e-5);
    }
  };

  describe.each(METHODS)('%s', (method, changes) => {
    it.each([1, 2, 7, 20])('with %i steps', async (steps) => {
      const result = await run({ ...changes, steps });
      agree(result, (example) =>
        contributions(net, method, steps, { start: 'x', from: REFERENCES[0]!, to: INPUTS[example]! }, [0, 1, 0]),
      );
    });

    it('of the difference of two targets', async () => {
      const result = await run({ ...changes, target: { index: 2 }, minus: { index: 0 } });
      agree(result, (example) =>
        contributions(net, method, 7, { start: 'x', from: REFERENCES[0]!, to: INPUTS[example]! }, [-1, 0, 1]),
      );
    });

    it('along a path from a hidden layer', async () => {
      const result = await run({ ...changes, pathStart: 'base' });
      const start: Start = 'base';
      const from = baseAt(net, REFERENCES[0]!);
      const path = (example: number) => ({ start, from, to: baseAt(net, INPUTS[example]!) });
      agree(result, (example) => contributions(net, method, 7, path(example), [0, 1, 0]), LAYERS.slice(1));
    });

    it('over several references: their mean, and the spread between them', async () => {
      const result = await run({ ...changes, baseline: { kind: 'arrays', arrays: { x: rows(REFERENCES) } } });
      const each = (example: number): Layers[] =>
        REFERENCES.map((from) => contributions(net, method, 7, { start: 'x', from, to: INPUTS[example]! }, [0, 1, 0]));
      const over = (example: number, f: (values: number[]) => number): Layers => {
        const all = each(example);
        const layer = (name: keyof Layers) => all[0]![name].map((_, at) => f(all.map((one) => one[name][at]!)));
        return Object.fromEntries(LAYERS.map((name) => [name, layer(name)])) as unknown as Layers;
      };
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
      agree(result, (example) => over(example, mean));
      const spread = (values: readonly number[]): number => {
        const middle = mean(values);
        return Math.sqrt(values.reduce((total, value) => total + (value - middle) ** 2, 0) / (values.length - 1));
      };
      for (const layer of result.layers) {
        const want = INPUTS.flatMap((_, example) => over(example, spread)[layer.name as keyof Layers]);
        const largest = Math.max(...want);
        want.forEach((value, at) =>
          expect(Math.abs(layer.spread![at]! - value), layer.name).toBeLessThan(1e-4 * largest + 1e-6),
        );
      }
    });
  });
});
