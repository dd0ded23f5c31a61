/** What is held stays as it is at the input, so that padded and full examples answer one question: against float64 truth. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, NumericArray, Rounded, RunResult } from '../../src/contract/attribution';
import { attribute, predict, valuesAtEnds } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { rounded } from '../../src/main/engine/data/precision';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { asConstant, precise } from '../../src/main/engine/formats/tensors/array';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph } from '../../src/main/engine/graph/graph';
import { variation } from '../../src/main/engine/graph/varied';
import { selectExamples } from '../../src/main/hosts/terminal/inputs';
import { hold } from '../device';

const folder = (name: string): string => join(import.meta.dirname, '../field', name);
let device: Device;
beforeAll(async () => {
  device = await hold('wasm');
});

/** L1 distance to the truth, as a share of it. */
const off = (have: ArrayLike<number>, want: ArrayLike<number>): number => {
  const apart = Array.from(want, (value, i) => Math.abs(have[i]! - value)).reduce((a, b) => a + b, 0);
  return apart / Array.from(want, Math.abs).reduce((a, b) => a + b, 0);
};

describe('an attention mask that is converted to real numbers', () => {
  let model: OpenedModel;
  let inputs: AttributionRequest['inputs'];
  let expected: AttributionRequest['inputs'];
  beforeAll(async () => {
    model = await openModel(join(folder('mask-cast'), 'bert.onnx'));
    inputs = await readArrays(join(folder('mask-cast'), 'inputs.npz'));
    expected = await readArrays(join(folder('mask-cast'), 'expected.npz'));
  });
  const run = async (example: number, more: Partial<AttributionRequest> = {}): Promise<RunResult> => {
    const [result] = await attribute(device, model.graph, {
      inputs: selectExamples(inputs, [example]),
      baseline: { kind: 'arrays', arrays: { input_ids: { shape: [1, 10], data: new Float32Array(10) } } },
      target: { layer: 'out', index: 1 },
      methods: ['nig'],
      rule: 'secant',
      steps: 128,
      ...more,
    });
    return result!;
  };

  it('is held, and the token ids are walked behind their table', () => {
    expect(variation(model.graph).varied).toEqual({
      walked: [{ name: 'word', behind: ['input_ids'] }],
      held: [{ input: 'attention_mask', why: 'mask', walkable: true }],
    });
  });

  it.each([0, 4])('gives what float64 gives, of example %i', async (example) => {
    const result = await run(example);
    const [atInput, atBaseline] = expected[`ex${example}_F`]!.data;
    expect(result.atInput[0]).toBeCloseTo(atInput!, 4);
    expect(result.atBaseline[0]).toBeCloseTo(atBaseline!, 4);
    let compared = 0;
    for (const { name, contributions } of result.layers) {
      const truth = expected[`ex${example}_${name === 'word' ? 'in0' : name}`];
      if (!truth) continue;
      expect(off(contributions, truth.data), name).toBeLessThan(0.01);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(8);
  });
});

describe('seconds since 1970 in a model of float64', () => {
  let graph: Graph;
  let arrays: Readonly<Record<'inputs' | 'baseline' | 'expected', AttributionRequest['inputs']>>;
  beforeAll(async () => {
    graph = (await openModel(join(folder('float64-input'), 'stamp.onnx'))).graph;
    const read = (name: string) => readArrays(join(folder('float64-input'), `${name}.npz`));
    arrays = { inputs: await read('inputs'), baseline: await read('baseline'), expected: await read('expected') };
  });
  const asked = (more: Partial<AttributionRequest> = {}): AttributionRequest => ({
    inputs: arrays.inputs,
    baseline: { kind: 'arrays', arrays: arrays.baseline },
    target: { index: 0 },
    methods: ['nig', 'rescale'],
    rule: 'secant',
    steps: 256,
    ...more,
  });

  it('F and contributions are what float64 gives, since differences are taken before rounding', async () => {
    const { Fx, F, in0, f1 } = arrays.expected as Record<string, NumericArray>;
    const [nig, rescale] = await attribute(device, graph, asked());
    expect(off(nig!.atInput, Fx!.data)).toBeLessThan(1e-5);
    expect(nig!.atBaseline[0]).toBeCloseTo(F!.data[1]!, 5);
    const layer = (name: string): Float32Array => nig!.layers.find((each) => each.name === name)!.contributions;
    expect(off(layer('x').subarray(0, 3), in0!.data)).toBeLessThan(0.01);
    expect(off(layer('f1').subarray(0, 16), f1!.data)).toBeLessThan(0.01);
    for (const result of [nig, rescale])
      expect(Math.abs(result!.layers.find(({ name }) => name === 'x')!.residual![0]!)).toBeLessThan(1e-6);
    const [{ out }] = [await predict(device, graph, arrays.inputs)];
    expect(off(out!.data, Fx!.data)).toBeLessThan(1e-5);
  });

  it('says what float32 alone would have taken, and what is left of it', async () => {
    const [result] = await attribute(device, graph, asked({ steps: 8 }));
    const [{ input, alone, by }] = result!.rounded as readonly [Rounded];
    expect(input).toBe('x');
    expect(alone).toBeGreaterThan(30); // neighbours are 128 apart
    expect(alone).toBeLessThanOrEqual(64);
    expect(by).toBeLessThan(0.01);
  });

  it('a layer right behind the input is looked at as it is', async () => {
    const id = graph.nodes.find(({ op }) => op === 'slice')!.output;
    const { atInput } = await valuesAtEnds(device, graph, asked(), [id]);
    expect(atInput.get(id)!.data[0]).toBeCloseTo(1.7001659e9, -3);
  });

  it('from zeros too: F(x) is right', async () => {
    const [result] = await attribute(device, graph, asked({ baseline: { kind: 'constant', value: 0 }, steps: 8 }));
    expect(off(result!.atInput, (arrays.expected['Fx'] as NumericArray).data)).toBeLessThan(1e-5);
  });
});

describe('weights of float64 files, exported by PyTorch with what it predicts', () => {
  const NETS = {
    norm: [-0.03830008595391296, 0.08578774540940763],
    late: [-0.748123802927438, -0.09267549874564907],
  };
  it.each(Object.entries(NETS))(
    '%s.onnx: a trained norm, and sums of weights that take up an input late',
    async (name, truth) => {
      const { graph } = await openModel(join(import.meta.dirname, 'float64', `${name}.onnx`));
      const values = [1.25, 7.5, 3, 2].map((seconds) => 1.7e9 + seconds);
      const [result] = await attribute(device, graph, {
        inputs: { x: { shape: [2, 2], ...rounded(4, (at) => values[at]!) } },
        baseline: { kind: 'constant', value: 1.7e9 },
        target: { index: 0 },
        methods: ['nig'],
        rule: 'secant',
        steps: 8,
      });
      truth.forEach((value, at) => expect(result!.atInput[at]).toBeCloseTo(value, 5));
      expect(result!.rounded![0]).toMatchObject({ input: 'x', by: 0 });
    },
  );
});

describe('inputs that float32 does not hold, whatever the first ops are', () => {
  const START = 1.7e9 + 3;
  const stamps = (...values: number[]): NumericArray => ({
    shape: [values.length, 1],
    ...rounded(values.length, (at) => values[at]!),
  });
  const given = stamps(START + 1, START + 7);
  const based = stamps(START);
  const WEIGHT = 0.03125;

  type Made = (builder: GraphBuilder, x: number) => number;
  const constant = (builder: GraphBuilder, values: readonly number[], shape = [values.length]): number =>
    builder.constant({ shape, ...rounded(values.length, (at) => values[at]!) }, 'c');
  const dense = (builder: GraphBuilder, x: number): number =>
    builder.add('matmul', [x, constant(builder, [WEIGHT], [1, 1])], { transposeA: false, transposeB: false }, 'dense');
  const CASES: Readonly<Record<string, Made>> = {
    'a constant is subtracted': (b, x) => dense(b, b.add('sub', [x, constant(b, [START])], {}, 'sub')),
    'it is subtracted from a constant': (b, x) =>
      dense(b, b.add('neg', [b.add('sub', [constant(b, [START]), x], {}, 'sub')], {}, 'neg')),
    'a constant is added': (b, x) => dense(b, b.add('add', [constant(b, [-START]), x], {}, 'add')),
    'scaled, then shifted': (b, x) =>
      b.add('sub', [b.add('mul', [x, constant(b, [WEIGHT])], {}, 'mul'), constant(b, [START * WEIGHT])], {}, 'sub'),
    'scale and offset of one layer': (b, x) =>
      b.add('affine', [x, constant(b, [WEIGHT]), constant(b, [-START * WEIGHT])], {}, 'norm'),
    'a dense layer whose bias takes it up': (b, x) =>
      b.add('add', [dense(b, x), constant(b, [-START * WEIGHT])], {}, 'bias'),
    'a constant that comes late, behind another that does not bring it near zero': (b, x) =>
      b.add('sub', [b.add('add', [dense(b, x), constant(b, [0.5])], {}, 'bias'), constant(b, [START * WEIGHT + 0.5])], {}, 'sub'), // prettier-ignore
    'joined with nothing but itself, and moved': (b, x) => {
      const twice = b.add('concat', [x, x], { axis: 0 }, 'twice');
      const turned = b.add('transpose', [b.add('reshape', [twice], { shape: [2, 1] }, 'wide')], { permutation: [1, 0] }, 'turned'); // prettier-ignore
      const flat = b.add('reshape', [turned], { shape: [2] }, 'flat');
      const last = b.add('slice', [flat], { begin: [1], end: [null], strides: [1] }, 'last');
      return dense(b, b.add('sub', [last, constant(b, [START])], {}, 'sub'));
    },
  };

  it.each(Object.entries(CASES))('%s', async (_, make) => {
    const builder = new GraphBuilder('stamp');
    const x = builder.input('x', [1]);
    builder.layer({ name: 'x', kind: 'InputLayer', group: [], output: x, unitAxis: 0, inputs: [], parameters: 0 });
    builder.output('y', builder.add('tanh', [make(builder, x)], {}, 'tanh'));
    const [result] = await attribute(device, builder.build(), {
      inputs: { x: given },
      baseline: { kind: 'arrays', arrays: { x: based } },
      target: { index: 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: 8,
    });
    [1, 7].forEach((seconds, at) => expect(result!.delta[at]).toBeCloseTo(Math.tanh(seconds * WEIGHT), 5));
    expect(result!.layers[0]!.contributions[1]).toBeCloseTo(Math.tanh(7 * WEIGHT), 5);
    expect(result!.rounded![0]).toMatchObject({ input: 'x', by: 0 });
  });

  const PAIRS: Readonly<Record<string, readonly [Made, (first: number) => number]>> = {
    'what is apart from the mean': [
      (b, x) => b.add('sub', [x, b.add('mean', [x], { axes: [0], keepDims: true }, 'mean')], {}, 'apart'),
      (first) => first / 2,
    ],
    'what is apart from a share of the sum': [
      (b, x) => {
        const sum = b.add('sum', [x], { axes: [0], keepDims: true }, 'sum');
        return b.add('sub', [x, b.add('mul', [sum, constant(b, [0.5])], {}, 'half')], {}, 'apart');
      },
      (first) => first / 2,
    ],
    'a softmax': [
      (b, x) => b.add('softmax', [b.add('mul', [x, constant(b, [WEIGHT])], {}, 'scaled')], { axis: 0 }, 'shares'),
      (first) => 1 / (1 + Math.exp(-first * WEIGHT)),
    ],
    'a log-softmax': [
      (b, x) => b.add('logSoftmax', [b.add('mul', [x, constant(b, [WEIGHT])], {}, 'scaled')], { axis: 0 }, 'shares'),
      (first) => -Math.log1p(Math.exp(-first * WEIGHT)),
    ],
    'a logarithm, less that of a constant': [
      (b, x) => {
        const log = asConstant(precise([1], [Math.log(START)]));
        const apart = b.add('sub', [b.add('log', [x], {}, 'log'), b.constant(log, 'logStart')], {}, 'apart');
        return b.add('mul', [apart, constant(b, [START * WEIGHT])], {}, 'scaled');
      },
      (first) => Math.log1p(first / START) * START * WEIGHT,
    ],
  };

  it.each(Object.entries(PAIRS))('of two: %s', async (_, [make, truth]) => {
    const builder = new GraphBuilder('stamp');
    const x = builder.input('x', [2]);
    builder.layer({ name: 'x', kind: 'InputLayer', group: [], output: x, unitAxis: 0, inputs: [], parameters: 0 });
    builder.output('y', builder.add('tanh', [make(builder, x)], {}, 'tanh'));
    const pair = (...values: number[]): NumericArray => ({ ...stamps(...values), shape: [values.length / 2, 2] });
    const [result] = await attribute(device, builder.build(), {
      inputs: { x: pair(START + 1, START, START + 7, START) },
      baseline: { kind: 'arrays', arrays: { x: pair(START, START) } },
      target: { index: 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: 8,
    });
    [1, 7].forEach((first, at) => expect(result!.atInput[at]).toBeCloseTo(Math.tanh(truth(first)), 5));
    [1, 7].forEach((first, at) =>
      expect(result!.layers[0]!.sum[at]).toBeCloseTo(Math.tanh(truth(first)) - Math.tanh(truth(0)), 5),
    );
    expect(result!.rounded![0]).toMatchObject({ input: 'x', by: 0 });
  });

  it('what no constant takes up is rounded, and told', async () => {
    const builder = new GraphBuilder('stamp');
    const x = builder.input('x', [1]);
    builder.layer({ name: 'x', kind: 'InputLayer', group: [], output: x, unitAxis: 0, inputs: [], parameters: 0 });
    builder.output('y', builder.add('mul', [builder.add('sin', [x], {}, 'sin'), constant(builder, [2])], {}, 'out'));
    const [result] = await attribute(device, builder.build(), {
      inputs: { x: given },
      baseline: { kind: 'arrays', arrays: { x: based } },
      target: { index: 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: 8,
    });
    const [{ alone, by }] = result!.rounded as readonly [Rounded];
    expect(by).toBe(alone);
    expect(by).toBeGreaterThan(0);
  });
});
