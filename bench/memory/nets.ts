/** Networks of the kinds that people bring, whose weights are random numbers: what a run of each takes is measured. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxFile, type Node, type Tensor } from '../../tests/formats/onnxFile';
import { random } from '../../tests/random';

/** Nodes in a row, each with the weights that it needs. */
class Written {
  readonly #nodes: Node[] = [];
  readonly #constants: Record<string, Tensor> = {};
  readonly #next = random(7);

  /** Numbers of deviation √(2 / fan in), as a ReLU network is begun with. */
  weight(shape: readonly number[], fanIn: number): string {
    const size = shape.reduce((product, each) => product * each, 1);
    const deviation = Math.sqrt(2 / fanIn);
    const data = Float32Array.from({ length: size }, () => deviation * Math.sqrt(3) * (2 * this.#next() - 1));
    return this.#constant({ shape, data });
  }
  filled(size: number, value: number): string {
    return this.#constant({ shape: [size], data: new Float32Array(size).fill(value) });
  }
  #constant(tensor: Tensor): string {
    const name = `w${Object.keys(this.#constants).length}`;
    this.#constants[name] = tensor;
    return name;
  }
  add(op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    const name = `${op.toLowerCase()}_${this.#nodes.length}`;
    this.#nodes.push({ op, name, inputs, outputs: [name], attributes });
    return name;
  }
  relu(x: string): string {
    return this.add('Relu', [x]);
  }
  dense(x: string, from: number, to: number): string {
    return this.add('Add', [this.add('MatMul', [x, this.weight([from, to], from)]), this.filled(to, 0.01)]);
  }
  /** @param kernel of every spatial axis @param dilation likewise; same size, but for the stride */
  conv(
    x: string,
    [from, to]: readonly [number, number],
    kernel: number,
    { axes = 2, stride = 1, dilation = 1 } = {},
  ): string {
    const all = (value: number): number[] => Array<number>(axes).fill(value);
    const pad = (dilation * (kernel - 1)) / 2;
    const weight = this.weight([to, from, ...all(kernel)], from * kernel ** axes);
    return this.add('Conv', [x, weight, this.filled(to, 0.01)], {
      kernel_shape: all(kernel),
      pads: [...all(pad), ...all(pad)],
      strides: all(stride),
      dilations: all(dilation),
    });
  }
  file(x: string, shape: readonly number[], to: readonly number[]): Uint8Array {
    return onnxFile({
      nodes: this.#nodes,
      constants: this.#constants,
      inputs: [{ name: 'x', shape: ['n', ...shape] }],
      outputs: [{ name: x, shape: ['n', ...to] }],
    });
  }
}

function wideDense(): Uint8Array {
  const net = new Written();
  let x = 'x';
  for (let layer = 0, from = 1024; layer < 6; layer++, from = 2048) x = net.relu(net.dense(x, from, 2048));
  return net.file(net.dense(x, 2048, 10), [1024], [10]);
}

/** Four blocks of attention and two dense layers, 256 positions of 128 numbers. */
function transformer(): Uint8Array {
  const net = new Written();
  const [positions, width, wide] = [256, 128, 512];
  const norm = (x: string): string =>
    net.add('LayerNormalization', [x, net.filled(width, 1), net.filled(width, 0)], {
      axis: -1,
      epsilon: { float: 1e-5 },
    });
  let x = net.dense('x', width, width);
  for (let block = 0; block < 4; block++) {
    const given = norm(x);
    const [query, key, value] = [0, 1, 2].map(() => net.dense(given, width, width)) as [string, string, string];
    const scores = net.add('MatMul', [query, net.add('Transpose', [key], { perm: [0, 2, 1] })]);
    const scaled = net.add('Mul', [scores, net.filled(1, 1 / Math.sqrt(width))]);
    const mixed = net.add('MatMul', [net.add('Softmax', [scaled], { axis: -1 }), value]);
    x = net.add('Add', [x, net.dense(mixed, width, width)]);
    x = net.add('Add', [x, net.dense(net.relu(net.dense(norm(x), width, wide)), wide, width)]);
  }
  const read = net.add('ReduceMean', [norm(x)], { axes: [1], keepdims: 0 });
  return net.file(net.dense(read, width, 10), [positions, width], [10]);
}

/** Blocks of four branches that are joined, on pictures of 149 × 149. */
function inception(): Uint8Array {
  const net = new Written();
  let x = net.relu(net.conv(net.relu(net.conv('x', [3, 32], 3, { stride: 2 })), [32, 64], 3, { stride: 2 }));
  let from = 64;
  for (let block = 0; block < 6; block++) {
    const one = net.relu(net.conv(x, [from, 64], 1));
    const three = net.relu(net.conv(net.relu(net.conv(x, [from, 48], 1)), [48, 64], 3));
    const five = net.relu(net.conv(net.relu(net.conv(x, [from, 48], 1)), [48, 64], 5));
    const pooled = net.add('AveragePool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] });
    x = net.add('Concat', [one, three, five, net.relu(net.conv(pooled, [from, 32], 1))], { axis: 1 });
    from = 224;
  }
  const read = net.add('Flatten', [net.add('GlobalAveragePool', [x])], { axis: 1 });
  return net.file(net.dense(read, from, 100), [3, 149, 149], [100]);
}

/** Dilated residual blocks along 5,000 letters. */
function genomics(): Uint8Array {
  const net = new Written();
  let x = net.conv('x', [4, 32], 1, { axes: 1 });
  for (let block = 0; block < 12; block++) {
    const dilation = [1, 4, 10][Math.floor(block / 4)]!;
    const inner = net.relu(net.conv(net.relu(x), [32, 32], 11, { axes: 1, dilation }));
    x = net.add('Add', [x, net.conv(inner, [32, 32], 11, { axes: 1, dilation })]);
  }
  const read = net.add('Flatten', [net.add('GlobalAveragePool', [net.relu(x)])], { axis: 1 });
  return net.file(net.dense(read, 32, 3), [4, 5000], [3]);
}

/** The proportions of ResNet-18 on pictures of 224 × 224. */
function residual(): Uint8Array {
  const net = new Written();
  let x = net.relu(net.conv('x', [3, 64], 7, { stride: 2 }));
  x = net.add('MaxPool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] });
  let from = 64;
  for (const [stage, to] of [64, 128, 256, 512].entries())
    for (let block = 0; block < 2; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const inner = net.conv(net.relu(net.conv(x, [from, to], 3, { stride })), [to, to], 3);
      x = net.relu(net.add('Add', [inner, from === to ? x : net.conv(x, [from, to], 1, { stride })]));
      from = to;
    }
  const read = net.add('Flatten', [net.add('GlobalAveragePool', [x])], { axis: 1 });
  return net.file(net.dense(read, 512, 1000), [3, 224, 224], [1000]);
}

export const NETS = {
  'ResNet-18, 224²': residual,
  'Inception blocks, 149²': inception,
  'transformer, 256 positions': transformer,
  'dilated residual, 5,000 letters': genomics,
  'dense, 6 × 2,048': wideDense,
} as const satisfies Readonly<Record<string, () => Uint8Array>>;

/** Writes each in a folder. @returns where, by name */
export const writtenNets = (folder: string): readonly (readonly [string, string])[] =>
  Object.entries(NETS).map(([name, make], at) => {
    const path = join(folder, `${at}.onnx`);
    writeFileSync(path, make());
    return [name, path];
  });
