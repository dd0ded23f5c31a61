/**
 * Deep models, made without Python: hundreds of layers and tens of thousands of nodes, with few weights, as every format
 * keeps them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxFile, INT64, type Node as OnnxNode, type Tensor } from './onnxFile';
import { hdf5, zippedWeights } from './kerasFile';
import { savedModelFolder, variableNodes } from './savedModelFile';
import { functional, type KerasLayer, placeholder, tensor, type TfNode } from './written';

export const DEEP_FORMATS = ['.keras', '.h5', 'LayersModel', 'GraphModel', 'SavedModel', 'ONNX'] as const;
export type DeepFormat = (typeof DEEP_FORMATS)[number];

type Kind = 'conv' | 'norm' | 'relu' | 'add' | 'multiply' | 'dense' | 'sigmoid' | 'tanh' | 'at';
/** A step of a network: an op with the weights that it owns. */
interface Step {
  readonly name: string;
  readonly kind: Kind;
  readonly inputs: readonly string[];
  /** Of `at`: which place along the first axis is taken. */
  readonly place?: number;
}
interface Net {
  /** Without the batch axis, channels last. */
  readonly shape: readonly number[];
  readonly steps: readonly Step[];
}

const CHANNELS = 8;
const UNITS = 16;

/** Blocks of convolution, norm, ReLU, convolution and sum, as a residual network has them. @param layers at most */
export function residual(layers: number): Net {
  const steps: Step[] = [];
  let last = 'x';
  for (let block = 0; steps.length + 5 <= layers; block++) {
    const name = (part: string): string => `stage/block_${block}/${part}`;
    const chain: readonly (readonly [Kind, string])[] = [['conv', 'conv1'], ['norm', 'norm'], ['relu', 'relu'], ['conv', 'conv2']]; // prettier-ignore
    let from = last;
    for (const [kind, part] of chain) {
      steps.push({ name: name(part), kind, inputs: [from] });
      from = name(part);
    }
    steps.push({ name: name('sum'), kind: 'add', inputs: [last, from] });
    last = name('sum');
  }
  return { shape: [8, 8, CHANNELS], steps };
}

/** A gated recurrence whose steps are all written out, each in six to eleven nodes of a file. @param nodes about so many steps */
export function unrolled(nodes: number): Net {
  const steps: Step[] = [];
  let state = 'x0';
  const times = Math.max(1, Math.floor(nodes / 8));
  steps.push({ name: 'x0', kind: 'at', inputs: ['x'], place: 0 });
  for (let time = 0; time < times; time++) {
    const name = (part: string): string => `cell/${part}_${time}`;
    const add = (part: string, kind: Kind, inputs: readonly string[], place?: number): string => {
      steps.push({ name: name(part), kind, inputs, ...(place !== undefined && { place }) });
      return name(part);
    };
    const x = add('at', 'at', ['x'], time % 100);
    const joined = add('join', 'add', [x, state]);
    const gate = add('gate', 'sigmoid', [add('gate_sum', 'dense', [joined])]);
    const value = add('value', 'tanh', [add('value_sum', 'dense', [joined])]);
    state = add('state', 'add', [add('kept', 'multiply', [gate, value]), state]);
  }
  return { shape: [100, UNITS], steps };
}

const numbers = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 2654435761) % 1000) / 5e3 - 0.1);
const positive = (count: number): Float32Array => numbers(count).map((each) => 1 + each);

const KERNEL = [3, 3, CHANNELS, CHANNELS];
const KERNEL_SIZE = 9 * CHANNELS * CHANNELS;
/** The weights of a step in the order in which Keras lists them. */
function weightsOf({
  kind,
}: Step): readonly { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array }[] {
  if (kind === 'conv')
    return [
      { name: 'kernel', shape: KERNEL, data: numbers(KERNEL_SIZE) },
      { name: 'bias', shape: [CHANNELS], data: numbers(CHANNELS) },
    ];
  if (kind === 'dense')
    return [
      { name: 'kernel', shape: [UNITS, UNITS], data: numbers(UNITS * UNITS) },
      { name: 'bias', shape: [UNITS], data: numbers(UNITS) },
    ];
  if (kind === 'norm')
    return ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => ({
      name,
      shape: [CHANNELS],
      data: name === 'gamma' || name === 'moving_variance' ? positive(CHANNELS) : numbers(CHANNELS),
    }));
  return [];
}

const last = ({ steps }: Net): string => steps.at(-1)!.name;

// Keras

const LAYERS: Readonly<Record<Kind, { readonly kind: string; readonly config: object }>> = {
  conv: { kind: 'Conv2D', config: { filters: CHANNELS, kernel_size: [3, 3], strides: [1, 1], padding: 'same' } },
  norm: { kind: 'BatchNormalization', config: { axis: -1, epsilon: 1e-3 } },
  relu: { kind: 'ReLU', config: {} },
  add: { kind: 'Add', config: {} },
  multiply: { kind: 'Multiply', config: {} },
  dense: { kind: 'Dense', config: { units: UNITS } },
  sigmoid: { kind: 'Activation', config: { activation: 'sigmoid' } },
  tanh: { kind: 'Activation', config: { activation: 'tanh' } },
  at: { kind: 'GlobalAveragePooling1D', config: {} },
};
/** Keras's names have no slashes. `at` is a mean over all places, which every Keras knows. */
const plain = (name: string): string => name.replaceAll('/', '_');

/** The configuration, calls as Keras 2 writes them or as Keras 3 does. */
function kerasConfig({ shape, steps }: Net, version: 2 | 3): object {
  const layers = steps.map(({ name, kind, inputs }): KerasLayer => {
    const from = inputs.map((each) => tensor(plain(each)));
    return { kind: LAYERS[kind].kind, module: 'keras.layers', name: plain(name), config: LAYERS[kind].config as Record<string, unknown>, args: from.length > 1 ? [from] : from }; // prettier-ignore
  });
  const config = functional([{ name: 'x', shape }], layers, [[plain(steps.at(-1)!.name), 0]]);
  if (version === 3) return config;
  const inputs = new Map(steps.map((step) => [plain(step.name), step.inputs]));
  return {
    ...config,
    class_name: 'Functional',
    config: {
      ...config.config,
      layers: config.config.layers.map((layer) => ({
        ...layer,
        config: { ...layer.config, batch_input_shape: (layer.config as { batch_shape?: unknown }).batch_shape },
        inbound_nodes: inputs.has(layer.name) ? [inputs.get(layer.name)!.map((each) => [plain(each), 0, 0, {}])] : [],
      })),
    },
  };
}

/** What a `.keras` calls a layer's place: its class in snake case as Keras writes it (`conv2d`, `re_lu`), counted. */
const placesOf = ({ steps }: Net): readonly string[] => {
  const counts = new Map<string, number>();
  return steps.map(({ kind }) => {
    const name = LAYERS[kind].kind.replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase(); // prettier-ignore
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
};

// TensorFlow

const float = { type: 'DT_FLOAT' };
const OPS: Readonly<Record<Exclude<Kind, 'conv' | 'norm' | 'dense' | 'at'>, string>> = {
  relu: 'Relu',
  add: 'AddV2',
  multiply: 'Mul',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};
interface Whole {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Int32Array;
}
interface Tf {
  /** Nodes of the arithmetic, which read weights and whole numbers by name. */
  readonly nodes: readonly TfNode[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
  readonly wholes: readonly Whole[];
}
function tensorflow(net: Net): Tf {
  const nodes: TfNode[] = [];
  const weights: { name: string; shape: readonly number[]; data: Float32Array }[] = [];
  const wholes: Whole[] = [];
  for (const step of net.steps) {
    const { name, kind, inputs, place } = step;
    const own = weightsOf(step).map((each) => ({ ...each, name: `${name}/${each.name}` }));
    weights.push(...own);
    const names = own.map((each) => each.name);
    switch (kind) {
      case 'conv':
        nodes.push({ name: `${name}/Conv2D`, op: 'Conv2D', input: [inputs[0]!, names[0]!], attr: { T: float, strides: { list: { i: ['1', '1', '1', '1'] } }, padding: { s: Buffer.from('SAME').toString('base64') }, data_format: { s: Buffer.from('NHWC').toString('base64') } } }); // prettier-ignore
        nodes.push({ name, op: 'BiasAdd', input: [`${name}/Conv2D`, names[1]!], attr: { T: float } });
        break;
      case 'norm':
        nodes.push({ name, op: 'FusedBatchNormV3', input: [inputs[0]!, ...names], attr: { T: float, epsilon: { f: 1e-3 }, data_format: { s: Buffer.from('NHWC').toString('base64') } } }); // prettier-ignore
        break;
      case 'dense':
        nodes.push({ name: `${name}/MatMul`, op: 'MatMul', input: [inputs[0]!, names[0]!], attr: { T: float } });
        nodes.push({ name, op: 'BiasAdd', input: [`${name}/MatMul`, names[1]!], attr: { T: float } });
        break;
      case 'at': {
        const slice = (part: string, data: readonly number[]): string => {
          wholes.push({ name: `${name}/${part}`, shape: [data.length], data: Int32Array.from(data) });
          return `${name}/${part}`;
        };
        const from = [slice('begin', [0, place!]), slice('end', [0, place! + 1]), slice('strides', [1, 1])];
        nodes.push({ name, op: 'StridedSlice', input: [inputs[0]!, ...from], attr: { T: float, Index: { type: 'DT_INT32' }, begin_mask: { i: '1' }, end_mask: { i: '1' }, shrink_axis_mask: { i: '2' } } }); // prettier-ignore
        break;
      }
      default:
        nodes.push({ name, op: OPS[kind], input: inputs, attr: { T: float } });
    }
  }
  return { nodes, weights, wholes };
}

// ONNX

const ONNX_OPS: Readonly<Record<Exclude<Kind, 'conv' | 'norm' | 'dense' | 'at'>, string>> = {
  relu: 'Relu',
  add: 'Add',
  multiply: 'Mul',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};
function onnx(net: Net): Uint8Array {
  const nodes: OnnxNode[] = [];
  const constants: Record<string, Tensor> = {};
  for (const step of net.steps) {
    const { name, kind, inputs, place } = step;
    const own = weightsOf(step).map((each) => {
      const key = `${name}.${each.name}`;
      constants[key] =
        kind === 'conv' && each.name === 'kernel' ? { ...each, shape: [CHANNELS, CHANNELS, 3, 3] } : each;
      return key;
    });
    if (kind === 'conv')
      nodes.push({ op: 'Conv', name, inputs: [...inputs, ...own], outputs: [name], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } }); // prettier-ignore
    else if (kind === 'norm')
      nodes.push({ op: 'BatchNormalization', name, inputs: [...inputs, ...own], outputs: [name] }); // prettier-ignore
    else if (kind === 'dense') {
      nodes.push({ op: 'MatMul', name: `${name}/MatMul`, inputs: [inputs[0]!, own[0]!], outputs: [`${name}/MatMul`] });
      nodes.push({ op: 'Add', name, inputs: [`${name}/MatMul`, own[1]!], outputs: [name] });
    } else if (kind === 'at') {
      constants[`${name}.place`] = { shape: [], data: [place!], type: INT64 };
      nodes.push({ op: 'Gather', name, inputs: [inputs[0]!, `${name}.place`], outputs: [name], attributes: { axis: 1 } }); // prettier-ignore
    } else nodes.push({ op: ONNX_OPS[kind], name, inputs, outputs: [name] });
  }
  const picture = net.shape.length === 3;
  const sizes = picture ? [net.shape[2]!, net.shape[0]!, net.shape[1]!] : net.shape;
  const out = picture ? sizes : [UNITS];
  return onnxFile({
    nodes,
    constants,
    inputs: [{ name: 'x', shape: ['n', ...sizes] }],
    outputs: [{ name: last(net), shape: ['n', ...out] }],
  });
}

/** Writes a network in an empty folder. @returns what is opened, and how many nodes or layers the file names */
export async function deep(
  format: DeepFormat,
  folder: string,
  net: Net,
): Promise<{ readonly path: string; readonly named: number }> {
  const path = join(folder, 'model');
  switch (format) {
    case 'ONNX':
      writeFileSync(path, onnx(net));
      return { path, named: net.steps.length };
    case 'GraphModel': {
      const { nodes, weights, wholes } = tensorflow(net);
      const held = [...weights, ...wholes];
      const node = [
        placeholder('x', [-1, ...net.shape]),
        ...held.map(({ name, data }) => ({ name, op: 'Const', attr: { dtype: { type: data instanceof Int32Array ? 'DT_INT32' : 'DT_FLOAT' } } })), // prettier-ignore
        ...nodes,
      ];
      const manifest = held.map(({ name, shape, data }) => ({ name, shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' })); // prettier-ignore
      writeManifest(folder, { format: 'graph-model', modelTopology: { node } }, manifest, held);
      return { path: folder, named: node.length };
    }
    case 'SavedModel': {
      const { nodes, weights, wholes } = tensorflow(net);
      const constants = wholes.map(({ name, shape, data }) => ({ name, op: 'Const', attr: { dtype: { type: 'DT_INT32' }, value: { tensor: { shape, data } } } })); // prettier-ignore
      const variables = weights.flatMap(({ name }) => variableNodes(name));
      const all = [placeholder('x', [-1, ...net.shape]), ...variables, ...constants, ...nodes];
      const out = net.shape.length === 3 ? net.shape : [UNITS];
      savedModelFolder(folder, all, { input: { name: 'x', shape: [-1, ...net.shape] }, output: { name: last(net), shape: [-1, ...out] } }, weights); // prettier-ignore
      return { path: folder, named: all.length };
    }
    case 'LayersModel': {
      const held = net.steps.flatMap((step) => weightsOf(step).map((each) => ({ ...each, name: `${plain(step.name)}/${each.name}` }))); // prettier-ignore
      const manifest = held.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
      const topology = { model_config: kerasConfig(net, 2), keras_version: '2.15.0' };
      writeManifest(folder, { modelTopology: topology }, manifest, held);
      return { path: folder, named: net.steps.length };
    }
    case '.h5':
      await hdf5(path, {
        attributes: { model_config: JSON.stringify(kerasConfig(net, 2)), keras_version: '2.15.0' },
        groups: net.steps.flatMap((step) => {
          const own = weightsOf(step);
          const name = plain(step.name);
          if (own.length === 0) return [];
          return [{ at: `model_weights/${name}`, names: own.map((each) => `${name}/${each.name}:0`), arrays: own }];
        }),
      });
      return { path, named: net.steps.length };
    case '.keras': {
      const places = placesOf(net);
      await zippedWeights(path, kerasConfig(net, 3), (weights) =>
        hdf5(weights, {
          attributes: {},
          groups: net.steps.flatMap((step, i) => {
            const own = weightsOf(step);
            return own.length === 0 ? [] : [{ at: `layers/${places[i]!}/vars`, names: own.map((_, at) => String(at)), arrays: own }]; // prettier-ignore
          }),
        }),
      );
      return { path, named: net.steps.length };
    }
  }
}

function writeManifest(
  folder: string,
  json: object,
  weights: readonly object[],
  held: readonly { readonly data: Float32Array | Int32Array }[],
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...json, weightsManifest: [{ paths: ['weights.bin'], weights }] })); // prettier-ignore
  writeFileSync(join(folder, 'weights.bin'), Buffer.concat(held.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)))); // prettier-ignore
}
