/**
 * Models as somebody brings them to the window, with data: long and scoped names, channels first, two inputs, one output, many
 * units, many layers, many classes. Small, made of seeded random numbers: what they find means nothing, how it is shown does.
 *
 * `node --import tsx tests/window/ownModels.ts FOLDER` writes them all, to look at them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { onnxFile, type Node, type Tensor } from '../formats/onnxFile';
import { writeLayersModel, type WrittenLayer } from '../layersModelFile';
import { random } from '../random';

/** A model, what it is to be run on, and files beside it. */
export interface OwnModel {
  /** File or folder. */
  readonly model: string;
  /** Data files that are opened together. */
  readonly data: readonly string[];
  /** A picture file that it takes, too. */
  readonly picture?: string;
}

const writeArray = (path: string, shape: readonly number[], values: Float32Array): string => {
  writeFileSync(path, Buffer.concat([npyHeader(shape), npyBytes(values)]));
  return path;
};

const SHAPES = ['circle', 'square', 'triangle'] as const;
const COLOURS = { red: [214, 48, 49], green: [39, 174, 96], blue: [41, 98, 255] } as const;

/** A coloured shape on a grey ground, red, green, blue of each pixel from 0 to 255. */
function drawn(shape: (typeof SHAPES)[number], colour: keyof typeof COLOURS, size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 3);
  const middle = (size - 1) / 2;
  const radius = size * 0.32;
  const inside = {
    circle: (x: number, y: number) => Math.hypot(x, y) < radius,
    square: (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) < radius * 0.85,
    triangle: (x: number, y: number) => y < radius * 0.8 && y > -radius && Math.abs(x) < (y + radius) * 0.6,
  }[shape];
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const at = (row * size + column) * 3;
      const ground = 200 + Math.round((20 * row) / size);
      pixels.set(inside(column - middle, row - middle) ? COLOURS[colour] : [ground, ground, ground], at);
    }
  return pixels;
}

/** Twelve pictures as one array of 0 to 1. @param first channels first */
function pictures(path: string, size: number, first: boolean): string {
  const count = 12;
  const values = new Float32Array(count * size * size * 3);
  const colours = Object.keys(COLOURS) as (keyof typeof COLOURS)[];
  for (let at = 0; at < count; at++) {
    const pixels = drawn(SHAPES[at % 3]!, colours[Math.floor(at / 3) % 3]!, size);
    const from = at * pixels.length;
    pixels.forEach((value, index) => {
      const channel = index % 3;
      const place = first ? channel * size * size + (index - channel) / 3 : index;
      values[from + place] = value / 255;
    });
  }
  return writeArray(path, [count, ...(first ? [3, size, size] : [size, size, 3])], values);
}

/** One of the pictures as a file. */
function picture(path: string, size: number): string {
  writeFileSync(
    path,
    encode({ width: size, height: size, channels: 3, depth: 8, data: drawn('circle', 'green', size) }),
  );
  return path;
}

/** Layers one after another, each with the one before it as its input unless it says otherwise. */
class Chain {
  readonly layers: WrittenLayer[] = [];
  constructor(public at: string) {}

  /** @param joined other layers than the one before, or what a call takes besides */
  add(
    kind: string,
    name: string,
    config: object,
    weights?: WrittenLayer['weights'],
    joined: readonly string[] | object = {},
  ): string {
    const of = Array.isArray(joined) ? { inputs: joined as string[] } : { inputs: [this.at], call: joined };
    this.layers.push({ kind, name, config, ...of, ...(weights && { weights }) });
    this.at = name;
    return name;
  }
  dense(name: string, from: number, units: number, activation = 'linear'): string {
    const weights = { kernel: [from, units], bias: [units] };
    return this.add('Dense', name, { units, activation, use_bias: true }, weights);
  }
  conv(
    name: string,
    channels: readonly [number, number],
    kernel: readonly number[],
    strides: number,
    activation = 'linear',
  ): string {
    const kind = kernel.length === 1 ? 'Conv1D' : 'Conv2D';
    const config = {
      filters: channels[1],
      kernel_size: kernel,
      strides: kernel.map(() => strides),
      padding: 'same',
      data_format: 'channels_last',
      dilation_rate: kernel.map(() => 1),
      activation,
      use_bias: true,
    };
    return this.add(kind, name, config, { kernel: [...kernel, ...channels], bias: [channels[1]] });
  }
}

/** A residual net of 38 layers on pictures of 32 × 32, ten classes with names. */
export function resnet38(folder: string): OwnModel {
  const chain = new Chain('input');
  chain.conv('stem_conv', [3, 8], [3, 3], 1, 'relu');
  let channels = 8;
  for (const [stage, width] of [8, 12, 16].entries())
    for (let block = 0; block < 2; block++) {
      const name = `block${stage * 2 + block + 1}`;
      const before = chain.at;
      const strides = stage > 0 && block === 0 ? 2 : 1;
      chain.conv(`${name}_conv1`, [channels, width], [3, 3], strides);
      chain.add('Activation', `${name}_relu1`, { activation: 'relu' });
      const main = chain.conv(`${name}_conv2`, [width, width], [3, 3], 1);
      chain.at = before;
      const skip = width === channels ? before : chain.conv(`${name}_skip`, [channels, width], [1, 1], strides);
      chain.add('Add', `${name}_add`, {}, undefined, [main, skip]);
      chain.add('Activation', `${name}_out`, { activation: 'relu' });
      channels = width;
    }
  chain.add('GlobalAveragePooling2D', 'pool', { data_format: 'channels_last' });
  chain.dense('head', channels, 24, 'relu');
  chain.dense('logits', 24, 10);
  const model = writeLayersModel(join(folder, 'resnet38'), 'resnet38', [32, 32, 3], chain.layers);
  const classes = SHAPES.flatMap((shape) => Object.keys(COLOURS).map((colour) => `${colour} ${shape}`));
  writeFileSync(join(model, 'labels.txt'), [...classes, 'nothing'].join('\n'));
  return { model, data: [pictures(join(folder, 'resnet38-pictures.npy'), 32, false)] };
}

/** Checkpoints of one small net on the same pictures: two that differ in their weights alone, and one with a wider layer. */
export function checkpoints(folder: string): Record<'first' | 'second' | 'wider', string> & Pick<OwnModel, 'data'> {
  const write = (name: string, seed: number, width: number): string => {
    const chain = new Chain('input');
    chain.conv('stem_conv', [3, 8], [3, 3], 2, 'relu');
    chain.conv('body_conv', [8, 12], [3, 3], 2, 'relu');
    chain.add('GlobalAveragePooling2D', 'pool', { data_format: 'channels_last' });
    chain.dense('head', 12, width, 'relu');
    chain.dense('logits', width, 10);
    return writeLayersModel(join(folder, name), 'shapes', [32, 32, 3], chain.layers, seed);
  };
  return {
    first: write('epoch-10', 7, 24),
    second: write('epoch-20', 8, 24),
    wider: write('wider', 9, 32),
    data: [pictures(join(folder, 'shapes.npy'), 32, false)],
  };
}

/** A convolutional net on sequences of 400 letters with one output. */
export function genomics(folder: string): OwnModel {
  const chain = new Chain('input');
  chain.conv('motifs', [4, 24], [11], 1, 'relu');
  chain.add('MaxPooling1D', 'motifs_pool', {
    pool_size: [4],
    strides: [4],
    padding: 'valid',
    data_format: 'channels_last',
  });
  chain.conv('grammar', [24, 32], [7], 1, 'relu');
  chain.add('GlobalMaxPooling1D', 'strongest', { data_format: 'channels_last' });
  chain.dense('dense', 32, 48, 'relu');
  chain.dense('bound', 48, 1);
  const model = writeLayersModel(join(folder, 'genomics'), 'genomics', [400, 4], chain.layers);
  const next = random(11);
  const values = new Float32Array(6 * 400 * 4);
  for (let at = 0; at < 6 * 400; at++) values[at * 4 + Math.floor(next() * 4)] = 1;
  return { model, data: [writeArray(join(folder, 'genomics-sequences.npy'), [6, 400, 4], values)] };
}

/** Two blocks of attention over twelve tokens of a vocabulary of fifty. */
export function transformer(folder: string): OwnModel {
  const [width, heads, size, hidden] = [16, 4, 4, 32];
  const chain = new Chain('input');
  chain.add('Embedding', 'embedding', { input_dim: 50, output_dim: width }, { embeddings: [50, width] });
  for (let block = 0; block < 2; block++) {
    const name = `block${block}`;
    const before = chain.at;
    const projection = (own: string) => ({ [`${own}/kernel`]: [width, heads, size], [`${own}/bias`]: [heads, size] });
    chain.add(
      'MultiHeadAttention',
      `${name}_attention`,
      { num_heads: heads, key_dim: size, value_dim: size, use_bias: true, attention_axes: [1] },
      {
        ...projection('query'),
        ...projection('key'),
        ...projection('value'),
        'attention_output/kernel': [heads, size, width],
        'attention_output/bias': [width],
      },
      { value: [before, 0, 0] },
    );
    const attended = chain.add('Add', `${name}_attended`, {}, undefined, [before, chain.at]);
    const norm = { axis: [-1], epsilon: 1e-3, center: true, scale: true };
    chain.add('LayerNormalization', `${name}_norm`, norm, { gamma: [width], beta: [width] });
    chain.dense(`${name}_expand`, width, hidden, 'gelu');
    chain.dense(`${name}_project`, hidden, width);
    chain.add('Add', `${name}_out`, {}, undefined, [attended, chain.at]);
  }
  chain.add('GlobalAveragePooling1D', 'mean', { data_format: 'channels_last', keepdims: false });
  chain.dense('logits', width, 4);
  const model = writeLayersModel(join(folder, 'transformer'), 'transformer', [12], chain.layers);
  writeFileSync(join(model, 'labels.txt'), 'negative\nneutral\npositive\nmixed');
  const next = random(12);
  const tokens = Float32Array.from({ length: 4 * 12 }, () => Math.floor(next() * 50));
  return { model, data: [writeArray(join(folder, 'transformer-tokens.npy'), [4, 12], tokens)] };
}

/** 302 layers with scoped names, in stages of blocks, a hundred classes without names. */
export function deep302(folder: string): OwnModel {
  const width = 16;
  const chain = new Chain('input');
  chain.dense('backbone/encoder/stem/projection', 12, width, 'relu');
  for (let block = 0; chain.layers.length < 299; block++) {
    const scope = `backbone/encoder/stage_${Math.floor(block / 20)}/residual_block_${block % 20}`;
    const before = chain.at;
    chain.dense(`${scope}/expand_dense`, width, width);
    chain.add('Activation', `${scope}/expand_activation`, { activation: 'relu' });
    chain.dense(`${scope}/project_dense`, width, width);
    chain.add('Add', `${scope}/residual_add`, {}, undefined, [before, chain.at]);
    // what is added up would grow with every block
    chain.add('Rescaling', `${scope}/rescale`, { scale: 0.577, offset: 0 });
  }
  while (chain.layers.length < 300) chain.dense('backbone/neck/dense', width, width, 'relu');
  chain.dense('logits', width, 100);
  const model = writeLayersModel(join(folder, 'deep302'), 'deep302', [12], chain.layers);
  const next = random(13);
  const values = Float32Array.from({ length: 5 * 12 }, () => next() * 2 - 1);
  return { model, data: [writeArray(join(folder, 'deep302-features.npy'), [5, 12], values)] };
}

/** Two inputs, a layer of 2,048 units, one of one unit, and a single output. */
export function twoInputs(folder: string): OwnModel {
  const chain = new Chain('features');
  const features = chain.dense('features_wide', 64, 2048, 'relu');
  chain.at = 'context';
  const context = chain.dense('context_gate', 8, 1, 'sigmoid');
  chain.at = features;
  const narrow = chain.dense('features_narrow', 2048, 32, 'relu');
  chain.add('Multiply', 'gated', {}, undefined, [narrow, context]);
  chain.dense('bound', 32, 1);
  const model = writeLayersModel(
    join(folder, 'two-inputs'),
    'two-inputs',
    { features: [64], context: [8] },
    chain.layers,
  );
  const next = random(14);
  const values = (length: number) => Float32Array.from({ length }, () => next() * 2 - 1);
  return {
    model,
    data: [
      writeArray(join(folder, 'features.npy'), [3, 64], values(3 * 64)),
      writeArray(join(folder, 'context.npy'), [3, 8], values(3 * 8)),
    ],
  };
}

/** Sequences of 24 steps through a recurrent layer. */
export function recurrent(folder: string): OwnModel {
  const chain = new Chain('input');
  const units = 8;
  chain.add(
    'LSTM',
    'lstm',
    { units, activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true, return_sequences: false },
    {
      'lstm_cell/kernel': [6, 4 * units],
      'lstm_cell/recurrent_kernel': [units, 4 * units],
      'lstm_cell/bias': [4 * units],
    },
  );
  chain.dense('state', units, 16, 'relu');
  chain.dense('forecast', 16, 3);
  const model = writeLayersModel(join(folder, 'recurrent'), 'recurrent', [24, 6], chain.layers);
  const next = random(15);
  const values = Float32Array.from({ length: 4 * 24 * 6 }, () => next() * 2 - 1);
  return { model, data: [writeArray(join(folder, 'recurrent-series.npy'), [4, 24, 6], values)] };
}

/** Pictures of 96 × 96 with their channels first, a hundred classes with long names, names as PyTorch's exporter writes them. */
export function torchStages(folder: string): OwnModel {
  const next = random(16);
  const constants: Record<string, Tensor> = {};
  const nodes: Node[] = [];
  const weight = (name: string, shape: readonly number[]): string => {
    const size = shape.reduce((product, each) => product * each, 1);
    const scale = Math.sqrt(6 / (size / shape[0]!));
    constants[name] = {
      shape,
      data: Float32Array.from({ length: size }, () => (next() * 2 - 1) * (shape.length > 1 ? scale : 0.1)),
    };
    return name;
  };
  const node = (op: string, scope: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string => {
    const output = `${scope}_output_0`;
    nodes.push({ op, name: scope, inputs, outputs: [output], attributes });
    return output;
  };
  const conv = (
    scope: string,
    from: string,
    channels: readonly [number, number],
    kernel: number,
    strides: number,
  ): string => {
    const module = scope.slice(1).replaceAll('/', '.');
    const given = [
      from,
      weight(`${module}.weight`, [channels[1], channels[0], kernel, kernel]),
      weight(`${module}.bias`, [channels[1]]),
    ];
    const pads = Array.from({ length: 4 }, () => Math.floor(kernel / 2));
    return node('Conv', `${scope}/Conv`, given, { strides: [strides, strides], pads, kernel_shape: [kernel, kernel] });
  };
  let at = conv('/backbone/encoder/stem', 'pixel_values', [3, 12], 7, 4);
  let channels = 12;
  for (const [stage, width] of [12, 16, 24].entries())
    for (let block = 0; block < 2; block++) {
      const scope = `/backbone/encoder/stages.${stage}/blocks.${block}`;
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const first = node('Relu', `${scope}/act1/Relu`, [conv(`${scope}/conv1`, at, [channels, width], 3, strides)]);
      const second = conv(`${scope}/conv2`, first, [width, width], 3, 1);
      const skip = strides > 1 ? conv(`${scope}/downsample`, at, [channels, width], 1, strides) : at;
      at = node('Relu', `${scope}/act2/Relu`, [node('Add', `${scope}/Add`, [second, skip])]);
      channels = width;
    }
  at = node('GlobalAveragePool', '/backbone/pooling/GlobalAveragePool', [at]);
  at = node('Flatten', '/backbone/pooling/Flatten', [at], { axis: 1 });
  const head = [
    at,
    weight('classification_head.dense.weight', [100, channels]),
    weight('classification_head.dense.bias', [100]),
  ];
  nodes.push({
    op: 'Gemm',
    name: '/classification_head/dense/Gemm',
    inputs: head,
    outputs: ['logits'],
    attributes: { transB: 1 },
  });
  const to = join(folder, 'torch-stages');
  mkdirSync(to, { recursive: true });
  const model = join(to, 'torch-stages.onnx');
  writeFileSync(
    model,
    onnxFile({
      nodes,
      constants,
      inputs: [{ name: 'pixel_values', shape: ['batch', 3, 96, 96] }],
      outputs: [{ name: 'logits', shape: ['batch', 100] }],
    }),
  );
  const kinds = ['golden retriever', 'Egyptian cat', 'sulphur-crested cockatoo', 'ringneck snake', 'traffic light'];
  const places = ['on a beach', 'in a garden', 'at night', 'behind glass', 'in the rain'];
  const ways = ['seen from afar', 'close up', 'in black and white', 'half hidden'];
  const labels = kinds.flatMap((kind) => places.flatMap((place) => ways.map((way) => `${kind} ${place}, ${way}`)));
  writeFileSync(join(to, 'labels.txt'), labels.join('\n'));
  return {
    model,
    data: [pictures(join(folder, 'torch-pictures.npy'), 96, true)],
    picture: picture(join(folder, 'green-circle.png'), 96),
  };
}

/** Every one of them, by name. */
export const OWN_MODELS = { resnet38, genomics, transformer, deep302, twoInputs, recurrent, torchStages } as const;

if (process.argv[1]?.endsWith('ownModels.ts')) {
  const folder = process.argv[2] ?? '.';
  mkdirSync(folder, { recursive: true });
  for (const [name, write] of Object.entries(OWN_MODELS)) {
    const { model, data } = write(folder);
    process.stdout.write(`${name}: ${[model, ...data].join(' ')}\n`);
  }
}
