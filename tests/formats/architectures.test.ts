/**
 * The nine whole architectures among ONNX's test models (AlexNet to ZFNet, at their full size): grouped by block, and
 * attributed with random weights, as the files hold none. `MHO_TELL=1` prints what each took; docs/formats.md has the figures.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { sizeOf, type Graph, type Value } from '../../src/main/engine/graph/graph';
import { random } from '../ops/random';
import { onnxData } from './conformance';

const data = onnxData();
const STEPS = 4;

/** Groups of the outermost level with how many layers are in each; layers outside of all are counted by themselves. */
interface Grouping {
  readonly blocks: Readonly<Record<string, number>>;
  readonly outside: number;
}
const numbered = (name: string, counts: readonly number[], first = 0): Record<string, number> =>
  Object.fromEntries(counts.map((count, i) => [`${name}${first + i}`, count]));
const inception = (...stages: readonly (readonly number[])[]): Record<string, number> =>
  Object.fromEntries(
    stages.flatMap((counts, stage) => counts.map((count, i) => [`inception_${stage + 3}${'abcde'[i]!}`, count])),
  );
const NETWORKS: Readonly<Record<string, Grouping>> = {
  bvlc_alexnet: { blocks: {}, outside: 23 },
  densenet121: {
    blocks: {
      conv1: 4,
      ...numbered('conv2_', Array<number>(6).fill(7), 1),
      ...numbered('conv3_', Array<number>(12).fill(7), 1),
      ...numbered('conv4_', Array<number>(24).fill(7), 1),
      ...numbered('conv5_', Array<number>(16).fill(7), 1),
      conv2_blk: 3,
      conv3_blk: 3,
      conv4_blk: 3,
      conv5_blk: 2,
    },
    outside: 7,
  },
  inception_v1: {
    blocks: { conv1: 4, conv2: 6, ...inception([14, 15], [14, 14, 14, 14, 15], [14, 16]), loss3: 2 },
    outside: 1,
  },
  inception_v2: {
    blocks: { conv1: 4, conv2: 10, ...inception([30, 32, 20], [30, 30, 30, 32, 20], [30, 32]), loss3: 2 },
    outside: 1,
  },
  resnet50: {
    blocks: {
      ...numbered('res2_', [12, 10, 10]),
      ...numbered('res3_', [12, 10, 10, 10]),
      ...numbered('res4_', [12, 10, 10, 10, 10, 10]),
      ...numbered('res5_', [12, 10, 12]),
    },
    outside: 7,
  },
  shufflenet: { blocks: {}, outside: 188 },
  squeezenet: { blocks: numbered('fire', [8, 7, 8, 7, 8, 7, 7, 7], 2), outside: 8 },
  vgg19: { blocks: {}, outside: 45 },
  zfnet512: { blocks: {}, outside: 23 },
};

/**
 * Normal numbers over and over, begun anew at a drawn place for each constant: of the hundred million of a network, each drawn by itself
 * would take longer than its attribution. So many that no rows are alike: a prime.
 */
const DRAWN = 1_000_003;

/** The network with weights as training begins with them: without, all classes would be alike. */
function withRandomWeights(graph: Graph): Graph {
  const next = random(5);
  const normals = new Float32Array(DRAWN);
  for (let i = 0; i < DRAWN; i++) normals[i] = next.normal();
  const filled = new Map<number, Float32Array>();
  const fill = (id: number | undefined, mean: number, deviation: (fan: number) => number): void => {
    const constant = id === undefined ? null : graph.values[id]!.constant;
    // The files' weights are all alike; other constants are part of an op, as the window of a local response norm.
    if (!constant || constant.shape.length === 0 || constant.data.some((each) => each !== constant.data[0])) return;
    const scale = deviation(sizeOf(constant.shape.slice(0, -1)));
    const data = new Float32Array(constant.data.length);
    let at = Math.floor(next.uniform() * DRAWN);
    for (let i = 0; i < data.length; i++) {
      data[i] = mean + scale * normals[at]!;
      if (++at === DRAWN) at = 0;
    }
    filled.set(id!, data);
  };
  for (const { op, inputs } of graph.nodes) {
    if (op === 'conv' || op === 'matmul' || op === 'depthwiseConv') fill(inputs[1], 0, (fan) => Math.sqrt(2 / fan));
    if (op === 'affine') {
      fill(inputs[1], 1, () => 0.1);
      fill(inputs[2], 0, () => 0.1);
    }
    if (op === 'mul') for (const id of inputs) fill(id, 1, () => 0.1);
    if (op === 'add') for (const id of inputs) fill(id, 0, () => 0.05);
  }
  const values = graph.values.map((value): Value => {
    const own = filled.get(value.id);
    return own ? { ...value, constant: { ...value.constant!, data: own } } : value;
  });
  return { ...graph, values };
}

describe.skipIf(!data)(`whole architectures${data ? '' : ' (pip cannot fetch onnx 1.23.0: set MHO_ONNX_DATA)'}`, () => {
  let device: Device;
  beforeAll(async () => {
    device = await hold('auto');
  });
  const open = (name: string) => openModel(join(data!, 'light', `light_${name}.onnx`));

  it.each(Object.entries(NETWORKS))('%s is grouped by its blocks', async (name, { blocks, outside }) => {
    const { layers } = (await open(name)).summary;
    const counts: Record<string, number> = {};
    for (const { group } of layers) if (group[0] !== undefined) counts[group[0]] = (counts[group[0]] ?? 0) + 1;
    expect({ blocks: counts, outside: layers.filter(({ group }) => group.length === 0).length }).toEqual({
      blocks,
      outside,
    });
  });

  it.each(Object.keys(NETWORKS))('%s is attributed', { timeout: 600_000 }, async (name) => {
    const graph = withRandomWeights((await open(name)).graph);
    const [input] = graph.inputs;
    const shape = [1, ...(graph.values[input!.value]!.shape as number[])];
    const next = random(11);
    const image = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => next.normal()) };
    const start = performance.now();
    const [result] = await attribute(device, graph, {
      inputs: { [input!.name]: image },
      baseline: { kind: 'constant', value: 0 },
      target: { index: 'argmax' },
      methods: ['nig'],
      rule: 'secant',
      steps: STEPS,
      memoryMB: name === 'densenet121' ? 3584 : 2560, // each of its concatenations is a layer
    });
    const seconds = (performance.now() - start) / 1000;
    const { delta, layers } = result!;
    const cuts = layers.filter(({ cut }) => cut);
    const residual = Math.max(...cuts.map((layer) => Math.abs(layer.residual![0]! / delta[0]!)));
    const errors = layers.map(({ error, contributions }) => {
      const mass = contributions.reduce((sum, value) => sum + Math.abs(value), 0);
      return error![0]! / Math.max(mass, Math.abs(delta[0]!));
    });
    if (process.env['MHO_TELL'])
      console.log(
        `TELL ${name}: ${layers.length} layers, ${cuts.length} cuts, delta ${delta[0]}, residual ${residual.toExponential(1)}, error ${(100 * Math.max(...errors)).toFixed(1)} %, ${seconds.toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
      );
    expect(Math.abs(delta[0]!)).toBeGreaterThan(1e-3);
    expect(cuts.length).toBeGreaterThan(5);
    expect(residual).toBeLessThan(1e-4);
    expect(errors.every(Number.isFinite)).toBe(true);
  });
});
