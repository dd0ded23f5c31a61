/**
 * Models as strangers bring them, unlike those of `ownModels.ts`: a thousand classes of pictures of 224 × 224, a table of named
 * features, two outputs, sound, labels of tokens, classes of pixels, one layer, 4,000 units, names of 120 letters and in other scripts.
 *
 * `node --import tsx tests/window/strangerModels.ts FOLDER` writes them all, to look at them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { INT64, onnxFile, type Node, type Port, type Tensor } from '../formats/onnxFile';
import { random } from '../random';

/** A model file, data files that are opened together, and others that it takes or that do not fit. */
export interface StrangerModel {
  readonly model: string;
  readonly data: readonly string[];
  readonly others?: readonly string[];
}

/** A chain of ONNX nodes with seeded weights. */
class Onnx {
  readonly nodes: Node[] = [];
  readonly constants: Record<string, Tensor> = {};
  readonly #next;
  constructor(seed: number) {
    this.#next = random(seed);
  }
  weight(name: string, shape: readonly number[]): string {
    const size = shape.reduce((product, each) => product * each, 1);
    const scale = shape.length > 1 ? Math.sqrt(3 / (size / shape[0]!)) * 1.4 : 0.1;
    this.constants[name] = { shape, data: Float32Array.from({ length: size }, () => (this.#next() * 2 - 1) * scale) };
    return name;
  }
  node(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Node['attributes'] = {},
    output = `${name}_out`,
  ): string {
    this.nodes.push({ op, name, inputs, outputs: [output], attributes });
    return output;
  }
  conv(
    name: string,
    from: string,
    [before, after]: readonly [number, number],
    kernel: readonly number[],
    strides: number,
  ): string {
    const weights = [this.weight(`${name}.weight`, [after, before, ...kernel]), this.weight(`${name}.bias`, [after])];
    const half = kernel.map((size) => Math.floor(size / 2));
    return this.node('Conv', name, [from, ...weights], {
      kernel_shape: kernel,
      strides: kernel.map(() => strides),
      pads: [...half, ...half],
    });
  }
  dense(name: string, from: string, [before, after]: readonly [number, number], output?: string): string {
    const weights = [this.weight(`${name}.weight`, [after, before]), this.weight(`${name}.bias`, [after])];
    return this.node('Gemm', name, [from, ...weights], { transB: 1 }, output);
  }
  write(folder: string, file: string, inputs: readonly Port[], outputs: readonly Port[], metadata = {}): string {
    mkdirSync(folder, { recursive: true });
    const to = join(folder, file);
    writeFileSync(to, onnxFile({ nodes: this.nodes, constants: this.constants, inputs, outputs }, 17, metadata));
    return to;
  }
}

const array = (path: string, shape: readonly number[], value: (at: number) => number): string => {
  const size = shape.reduce((product, each) => product * each, 1);
  writeFileSync(
    path,
    Buffer.concat([npyHeader(shape), npyBytes(Float32Array.from({ length: size }, (_, at) => value(at)))]),
  );
  return path;
};

/** Pictures with a disc of a colour on a slope of another. */
function picture(path: string, size: number, seed: number): string {
  const next = random(seed);
  const [disc, ground] = [0, 1].map(() => Array.from({ length: 3 }, () => next() * 255));
  const [x, y, radius] = [0.3 + next() * 0.4, 0.3 + next() * 0.4, 0.15 + next() * 0.2];
  const data = new Uint8Array(size * size * 3);
  for (let at = 0; at < size * size; at++) {
    const [column, row] = [(at % size) / size, Math.floor(at / size) / size];
    const inside = Math.hypot(column - x, row - y) < radius;
    for (let channel = 0; channel < 3; channel++)
      data[at * 3 + channel] = inside ? disc![channel]! : ground![channel]! * (0.5 + row / 2);
  }
  writeFileSync(path, encode({ width: size, height: size, channels: 3, depth: 8, data }));
  return path;
}

/** Convolutions, a pooling and a head over pictures with their channels first. */
function classifier(seed: number, size: number, classes: number, folder: string, file: string): string {
  const net = new Onnx(seed);
  let at = net.node('Relu', 'relu', [net.conv('conv1', 'input', [3, 16], [7, 7], size > 100 ? 4 : 2)]);
  at = net.node('MaxPool', 'maxpool', [at], { kernel_shape: [2, 2], strides: [2, 2] });
  at = net.node('Relu', 'layer1.0.relu', [net.conv('layer1.0.conv1', at, [16, 24], [3, 3], 1)]);
  at = net.node('Relu', 'layer2.0.relu', [net.conv('layer2.0.conv1', at, [24, 32], [3, 3], 2)]);
  at = net.node('GlobalAveragePool', 'avgpool', [at]);
  at = net.node('Flatten', 'flatten', [at], { axis: 1 });
  net.dense('fc', at, [32, classes], 'output');
  return net.write(
    folder,
    file,
    [{ name: 'input', shape: ['N', 3, size, size] }],
    [{ name: 'output', shape: ['N', classes] }],
  );
}

/** 224 × 224, a thousand classes; their names lie beside it, as ImageNet has them. */
export function thousand(folder: string): StrangerModel {
  const to = join(folder, 'thousand');
  const model = classifier(21, 224, 1000, to, 'resnet_tiny.onnx');
  const kinds = [
    'tench, Tinca tinca',
    'great white shark, white shark, man-eater, man-eating shark, Carcharodon carcharias',
    'cock',
    'house finch, linnet, Carpodacus mexicanus',
  ];
  writeFileSync(
    join(to, 'labels.txt'),
    Array.from({ length: 1000 }, (_, at) => (at < 4 ? kinds[at] : `${kinds[at % 4]!.split(',')[0]} no. ${at}`)).join(
      '\n',
    ),
  );
  return { model, data: [1, 2, 3].map((each) => picture(join(to, `photo ${each}.png`), 300, each)) };
}

/** 64 × 64, ten classes without names; arrays that are not finite, and of another shape, besides. */
export function ten(folder: string): StrangerModel {
  const to = join(folder, 'ten');
  const model = classifier(22, 64, 10, to, 'cnn10.onnx');
  const next = random(23);
  const data = array(join(to, 'x_test.npy'), [6, 3, 64, 64], () => next());
  const others = [
    array(join(to, 'with_nan.npy'), [4, 3, 64, 64], (at) =>
      Math.floor(at / 12288) === 2 && at % 7 === 0 ? NaN : next(),
    ),
    array(join(to, 'wrong.npy'), [4, 3, 60, 64], () => next()),
  ];
  return { model, data: [data], others };
}

export const FEATURES = ['age', 'income', 'bmi', 'systolic_pressure', 'diastolic_pressure', 'cholesterol_ldl', 'cholesterol_hdl', 'glucose_fasting', 'smoker', 'alcohol_units_per_week', 'hours_of_sleep', 'steps_per_day', 'heart_rate_at_rest', 'creatinine', 'hemoglobin', 'years_of_education', 'household_size', 'distance_to_hospital_km', 'previous_admissions', 'medications']; // prettier-ignore

/** A regression on a table of twenty named features; 5,000 rows and one row besides. */
export function table(folder: string): StrangerModel {
  const to = join(folder, 'table');
  const net = new Onnx(24);
  let at = net.node('Relu', 'hidden1_relu', [net.dense('hidden1', 'features', [20, 64])]);
  at = net.node('Relu', 'hidden2_relu', [net.dense('hidden2', at, [64, 32])]);
  net.dense('risk', at, [32, 1], 'predicted_risk');
  const model = net.write(
    to,
    'regression.onnx',
    [{ name: 'features', shape: ['N', 20] }],
    [{ name: 'predicted_risk', shape: ['N', 1] }],
  );
  const next = random(25);
  const rows = (count: number) =>
    [
      FEATURES.join(','),
      ...Array.from({ length: count }, () => FEATURES.map(() => ((next() * 2 - 1) * 2).toFixed(3)).join(',')),
    ].join('\n');
  const write = (name: string, count: number) => {
    writeFileSync(join(to, name), rows(count));
    return join(to, name);
  };
  const gaps = join(to, 'gaps.csv');
  writeFileSync(gaps, rows(5).replace(/^(.*\n.*\n)[^,]*,/, '$1,'));
  return { model, data: [write('patients.csv', 12)], others: [write('one.csv', 1), write('many.csv', 5000), gaps] };
}

/** Two outputs: classes and a box. */
export function twoOutputs(folder: string): StrangerModel {
  const to = join(folder, 'two-outputs');
  const net = new Onnx(26);
  let at = net.node('Relu', 'backbone/relu', [net.conv('backbone/conv', 'image', [3, 12], [5, 5], 2)]);
  at = net.node('GlobalAveragePool', 'backbone/pool', [at]);
  at = net.node('Flatten', 'backbone/flatten', [at], { axis: 1 });
  net.node(
    'Softmax',
    'class_head/softmax',
    [net.dense('class_head/fc', at, [12, 4])],
    { axis: -1 },
    'class_probabilities',
  );
  net.dense('box_head/fc', at, [12, 4], 'box_xywh');
  const outputs = [
    { name: 'class_probabilities', shape: ['N', 4] },
    { name: 'box_xywh', shape: ['N', 4] },
  ];
  const model = net.write(to, 'detector.onnx', [{ name: 'image', shape: ['N', 3, 32, 32] }], outputs);
  const next = random(27);
  return { model, data: [array(join(to, 'images.npy'), [4, 3, 32, 32], () => next())] };
}

/** Sound of 8,000 samples at one channel. */
export function audio(folder: string): StrangerModel {
  const to = join(folder, 'audio');
  const net = new Onnx(28);
  let at = net.node('Relu', 'frontend.relu', [net.conv('frontend.conv', 'waveform', [1, 16], [65], 16)]);
  at = net.node('Relu', 'encoder.0.relu', [net.conv('encoder.0.conv', at, [16, 24], [9], 4)]);
  at = net.node('Relu', 'encoder.1.relu', [net.conv('encoder.1.conv', at, [24, 24], [9], 4)]);
  at = net.node('GlobalAveragePool', 'pool', [at]);
  at = net.node('Flatten', 'flatten', [at], { axis: 1 });
  net.dense('classifier', at, [24, 6], 'logits');
  const model = net.write(
    to,
    'keywords.onnx',
    [{ name: 'waveform', shape: ['N', 1, 8000] }],
    [{ name: 'logits', shape: ['N', 6] }],
  );
  writeFileSync(join(to, 'labels.txt'), ['yes', 'no', 'up', 'down', 'stop', 'silence'].join('\n'));
  const next = random(29);
  const sound = (at: number) => {
    const [which, time] = [Math.floor(at / 8000), (at % 8000) / 8000];
    return (
      Math.sin(2 * Math.PI * (220 * (which + 1)) * time) * Math.exp(-((time - 0.3 - which * 0.1) ** 2) * 60) +
      (next() - 0.5) * 0.02
    );
  };
  return { model, data: [array(join(to, 'clips.npy'), [4, 1, 8000], sound)] };
}

/** A label for each of 128 tokens. */
export function tokens(folder: string): StrangerModel {
  const to = join(folder, 'tokens');
  const net = new Onnx(30);
  let at = net.node('Gather', 'embeddings', [net.weight('embeddings.weight', [400, 24]), 'input_ids']);
  net.constants['w1'] = { shape: [24, 32], data: net.constants[net.weight('tmp', [32, 24])]!.data };
  delete net.constants['tmp'];
  at = net.node('MatMul', 'encoder.dense', [at, 'w1']);
  at = net.node('Tanh', 'encoder.activation', [at]);
  net.constants['w2'] = { shape: [32, 5], data: net.constants[net.weight('tmp', [5, 32])]!.data };
  delete net.constants['tmp'];
  net.node('MatMul', 'classifier', [at, 'w2'], {}, 'logits');
  const model = net.write(
    to,
    'ner.onnx',
    [{ name: 'input_ids', shape: ['N', 128], type: INT64 }],
    [{ name: 'logits', shape: ['N', 128, 5] }],
  );
  writeFileSync(
    join(to, 'vocab.txt'),
    Array.from({ length: 400 }, (_, id) => (id === 0 ? '[PAD]' : `wörd${id}`)).join('\n'),
  );
  writeFileSync(join(to, 'labels.txt'), ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'].join('\n'));
  const next = random(31);
  return {
    model,
    data: [array(join(to, 'ids.npy'), [3, 128], (each) => (each % 128 > 90 ? 0 : 1 + Math.floor(next() * 399)))],
  };
}

/** Classes of every pixel. */
export function segmentation(folder: string): StrangerModel {
  const to = join(folder, 'segmentation');
  const net = new Onnx(32);
  const down = net.node('Relu', 'down.relu', [net.conv('down.conv', 'image', [3, 12], [3, 3], 2)]);
  const middle = net.node('Relu', 'middle.relu', [net.conv('middle.conv', down, [12, 16], [3, 3], 1)]);
  const up = net.node('ConvTranspose', 'up', [middle, net.weight('up.weight', [16, 12, 2, 2])], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  });
  const head = [
    net.node('Relu', 'up.relu', [up]),
    net.weight('head.weight', [5, 12, 1, 1]),
    net.weight('head.bias', [5]),
  ];
  net.node('Conv', 'head', head, { kernel_shape: [1, 1] }, 'masks');
  const model = net.write(
    to,
    'unet.onnx',
    [{ name: 'image', shape: ['N', 3, 64, 64] }],
    [{ name: 'masks', shape: ['N', 5, 64, 64] }],
  );
  return { model, data: [4, 5].map((each) => picture(join(to, `scene ${each}.png`), 64, each)) };
}

/** A single layer. */
export function oneLayer(folder: string): StrangerModel {
  const to = join(folder, 'one-layer');
  const net = new Onnx(33);
  net.dense('linear', 'x', [4, 3], 'y');
  const model = net.write(to, 'iris.onnx', [{ name: 'x', shape: ['N', 4] }], [{ name: 'y', shape: ['N', 3] }]);
  writeFileSync(
    join(to, 'iris.csv'),
    'sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),species\n5.1,3.5,1.4,0.2,setosa\n7.0,3.2,4.7,1.4,versicolor\n',
  );
  return { model, data: [join(to, 'iris.csv')] };
}

/** A layer of 4,000 units. */
export function wide(folder: string): StrangerModel {
  const to = join(folder, 'wide');
  const net = new Onnx(34);
  const at = net.node('Relu', 'wide_relu', [net.dense('wide', 'x', [30, 4000])]);
  net.dense('out', at, [4000, 2], 'y');
  const model = net.write(to, 'wide.onnx', [{ name: 'x', shape: ['N', 30] }], [{ name: 'y', shape: ['N', 2] }]);
  const next = random(35);
  return { model, data: [array(join(to, 'x.npy'), [3, 30], () => next() * 2 - 1)] };
}

/** Names of 120 letters, alike at both ends, and in scripts of others. */
export function longNames(folder: string): StrangerModel {
  const to = join(folder, 'names');
  const net = new Onnx(36);
  const long = (at: number) =>
    `transformer_encoder_with_relative_positions_and_gated_feed_forward_networks_${at}_pointwise_projection_followed_by_normalisation`.slice(
      0,
      120,
    );
  let at = 'вход_признаков';
  for (const [place, name] of [long(1), '隐藏层_特征提取', long(2), 'כניסה_שכבה', long(3), 'слой_🙂_é'].entries()) {
    at = net.node('Relu', `${name}_relu`, [net.dense(name, at, [place === 0 ? 10 : 12, 12])]);
  }
  net.dense('出力_クラス', at, [12, 4], '出力');
  const model = net.write(
    to,
    'モデル.onnx',
    [{ name: 'вход_признаков', shape: ['N', 10] }],
    [{ name: '出力', shape: ['N', 4] }],
  );
  writeFileSync(
    join(to, 'labels.txt'),
    [
      '猫',
      'собака',
      'עוף',
      'ein sehr langer deutscher Klassenname der nicht aufhören will, mit Komma, und noch weiter und weiter bis Zeile',
    ].join('\n'),
  );
  const next = random(37);
  return { model, data: [array(join(to, 'данные.npy'), [5, 10], () => next() * 2 - 1)] };
}

export const STRANGER_MODELS = {
  thousand,
  ten,
  table,
  twoOutputs,
  audio,
  tokens,
  segmentation,
  oneLayer,
  wide,
  longNames,
} as const;

if (process.argv[1]?.endsWith('strangerModels.ts')) {
  const folder = process.argv[2] ?? '.';
  mkdirSync(folder, { recursive: true });
  for (const [name, write] of Object.entries(STRANGER_MODELS)) {
    const { model, data, others = [] } = write(folder);
    process.stdout.write(`${name}: ${[model, ...data, ...others].join(' ')}\n`);
  }
}
