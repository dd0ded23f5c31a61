/**
 * Large models, made without Python: square dense layers one after another, as every format keeps them. Run by itself it
 * opens one and prints what that took: `node --import tsx tests/formats/large.ts PATH`.
 */
import type { File, Group } from 'h5wasm/node';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { closeSync, createWriteStream, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { ZipFile } from 'yazl';
import { openModel } from '../../src/main/engine/formats';

/** Rows and columns of a layer's kernel: 16 MiB, more than is read of one array at once. */
const UNITS = 2048;
export const KERNEL_BYTES = 4 * UNITS * UNITS;

/** One kernel's numbers, small enough for any depth. */
const kernel = Float32Array.from({ length: UNITS * UNITS }, (_, i) => ((i * 2654435761) % 1000) / 1e6 - 5e-4);
const bytes = new Uint8Array(kernel.buffer);

const name = (layer: number): string => (layer === 0 ? 'dense' : `dense_${layer}`);
const keras = (layers: number): object => {
  const dense = (layer: number): object => ({
    class_name: 'Dense',
    config: { name: name(layer), units: UNITS, activation: 'relu', use_bias: false },
  });
  return {
    class_name: 'Sequential',
    config: {
      name: 'large',
      layers: [
        { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, UNITS], batch_input_shape: [null, UNITS], dtype: 'float32' } }, // prettier-ignore
        ...Array.from({ length: layers }, (_, layer) => dense(layer)),
      ],
    },
  };
};

async function hdf5(path: string, fill: (file: File) => void): Promise<void> {
  const library = await import('h5wasm/node');
  await library.ready;
  const file = new library.File(path, 'w');
  fill(file);
  file.close();
}

/** A field of a message within a message. */
const inside = (writer: BinaryWriter, field: number, fill: (writer: BinaryWriter) => void): BinaryWriter => {
  fill(writer.tag(field, WireType.LengthDelimited).fork());
  return writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const whole = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value);

/** PyTorch's way: Gemm with its weight transposed. */
function onnx(path: string, layers: number, external: boolean): void {
  const graph = new BinaryWriter();
  const tensor = (layer: number, data: boolean): Uint8Array => {
    const writer = new BinaryWriter();
    for (let i = 0; i < 2; i++) whole(writer, 1, UNITS);
    text(whole(writer, 2, 1), 8, `w${layer}`);
    if (data) writer.tag(9, WireType.LengthDelimited).bytes(bytes);
    else {
      const entries = { location: 'weights.bin', offset: layer * KERNEL_BYTES, length: KERNEL_BYTES };
      for (const [key, value] of Object.entries(entries))
        inside(writer, 13, (entry) => void text(text(entry, 1, key), 2, String(value)));
      whole(writer, 14, 1);
    }
    return writer.finish();
  };
  const info = (field: number, port: string): void =>
    void inside(graph, field, (value) => {
      inside(text(value, 1, port), 2, (type) =>
        inside(type, 1, (array) =>
          inside(whole(array, 1, 1), 2, (shape) => {
            for (const size of [1, UNITS]) inside(shape, 1, (dim) => void whole(dim, 1, size));
          }),
        ),
      );
    });
  for (let layer = 0; layer < layers; layer++) {
    inside(graph, 1, (node) => {
      for (const input of [layer === 0 ? 'x' : `y${layer - 1}`, `w${layer}`]) text(node, 1, input);
      text(text(text(node, 2, `y${layer}`), 3, name(layer)), 4, 'Gemm');
      inside(node, 5, (attribute) => void whole(whole(text(attribute, 1, 'transB'), 3, 1), 20, 2));
    });
  }
  text(graph, 2, 'large');
  info(11, 'x');
  info(12, `y${layers - 1}`);
  const nodes = graph.finish();
  // Sizes stand before what they count: arrays go to the disk one by one.
  const heads = Array.from({ length: layers }, (_, layer) => {
    const { length } = tensor(layer, !external);
    return new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(length).finish();
  });
  const arrays = heads.reduce((sum, head, layer) => sum + head.length + tensor(layer, !external).length, 0);
  const file = openSync(path, 'w');
  writeSync(file, whole(new BinaryWriter(), 1, 8).finish());
  inside(new BinaryWriter(), 8, (opset) => void whole(opset, 2, 17));
  writeSync(file, inside(new BinaryWriter(), 8, (opset) => void whole(opset, 2, 17)).finish());
  writeSync(file, new BinaryWriter().tag(7, WireType.LengthDelimited).uint32(nodes.length + arrays).finish()); // prettier-ignore
  heads.forEach((head, layer) => {
    writeSync(file, head);
    writeSync(file, tensor(layer, !external));
  });
  writeSync(file, nodes);
  closeSync(file);
}

function shards(path: string, layers: number): void {
  const file = openSync(path, 'w');
  for (let layer = 0; layer < layers; layer++) writeSync(file, bytes);
  closeSync(file);
}

const listed = (names: readonly string[]): object => ({
  weightsManifest: [
    { paths: ['weights.bin'], weights: names.map((each) => ({ name: each, shape: [UNITS, UNITS], dtype: 'float32' })) },
  ],
});

function graphModel(folder: string, layers: number): void {
  const type = { type: 'DT_FLOAT' };
  const shape = { dim: [{ size: '-1' }, { size: String(UNITS) }] };
  const steps = Array.from({ length: layers }, (_, layer) => [
    { name: `w${layer}`, op: 'Const', attr: { dtype: type } },
    { name: `y${layer}`, op: 'MatMul', input: [layer === 0 ? 'x' : `y${layer - 1}`, `w${layer}`], attr: { T: type } },
  ]);
  const node = [{ name: 'x', op: 'Placeholder', attr: { dtype: type, shape: { shape } } }, ...steps.flat()];
  const names = steps.map((_, layer) => `w${layer}`);
  const json = { format: 'graph-model', modelTopology: { node }, ...listed(names) };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
}

/** A table of LevelDB's: one block of entries, an index of that block, a footer. */
export function table(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const varint = (value: number): Uint8Array => new BinaryWriter().uint32(value).finish();
  const block = (list: readonly (readonly [string, Uint8Array])[]): Buffer => {
    const parts = list.flatMap(([key, value]) => [varint(0), varint(Buffer.byteLength(key)), varint(value.length), Buffer.from(key), value]); // prettier-ignore
    const restarts = Buffer.alloc(8);
    restarts.writeUInt32LE(1, 4); // one restart, at 0; then how many
    return Buffer.concat([...parts, restarts, Buffer.alloc(5)]); // not packed, sum not looked at
  };
  const handle = (offset: number, length: number): Uint8Array => Buffer.concat([varint(offset), varint(length - 5)]);
  const data = block(entries);
  const index = block([['~', handle(0, data.length)]]);
  const footer = Buffer.alloc(48);
  Buffer.concat([handle(0, 5), handle(data.length, index.length)]).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  return Buffer.concat([data, index, footer]);
}

function savedModel(folder: string, layers: number): void {
  const attribute = (writer: BinaryWriter, key: string, fill: (value: BinaryWriter) => void): void =>
    void inside(writer, 5, (entry) => inside(text(entry, 1, key), 2, fill));
  const sizes = (writer: BinaryWriter, list: readonly number[]): void => {
    for (const size of list) inside(writer, 2, (dim) => void whole(dim, 1, size));
  };
  const model = new BinaryWriter();
  whole(model, 1, 1);
  inside(model, 2, (meta) => {
    inside(meta, 1, (info) => void text(info, 4, 'serve'));
    inside(meta, 2, (graph) => {
      const node = (named: string, op: string, inputs: readonly string[], attributes: (writer: BinaryWriter) => void) =>
        inside(graph, 1, (writer) => {
          text(text(writer, 1, named), 2, op);
          for (const input of inputs) text(writer, 3, input);
          attributes(writer);
        });
      const float = (key: string) => (writer: BinaryWriter) =>
        attribute(writer, key, (value) => void whole(value, 6, 1));
      node('x', 'Placeholder', [], (writer) => {
        float('dtype')(writer);
        attribute(writer, 'shape', (value) => void inside(value, 7, (shape) => sizes(shape, [-1, UNITS])));
      });
      for (let layer = 0; layer < layers; layer++) {
        node(`w${layer}`, 'VarHandleOp', [], (writer) => {
          float('dtype')(writer);
          attribute(writer, 'shared_name', (value) => void value.tag(2, WireType.LengthDelimited).string(`w${layer}`));
        });
        node(`r${layer}`, 'ReadVariableOp', [`w${layer}`], float('dtype'));
        node(`y${layer}`, 'MatMul', [layer === 0 ? 'x' : `y${layer - 1}`, `r${layer}`], float('T'));
      }
    });
    inside(meta, 5, (entry) => {
      inside(text(entry, 1, 'serving_default'), 2, (signature) => {
        const port = (field: number, key: string, tensor: string) =>
          inside(signature, field, (each) =>
            inside(text(each, 1, key), 2, (info) =>
              inside(whole(text(info, 1, tensor), 2, 1), 3, (shape) => sizes(shape, [-1, UNITS])),
            ),
          );
        port(1, 'x', 'x:0');
        port(2, 'y', `y${layers - 1}:0`);
      });
    });
  });
  writeFileSync(join(folder, 'saved_model.pb'), model.finish());
  const entry = (layer: number): Uint8Array => {
    const writer = whole(new BinaryWriter(), 1, 1);
    inside(writer, 2, (shape) => sizes(shape, [UNITS, UNITS]));
    return whole(whole(writer, 4, layer * KERNEL_BYTES), 5, KERNEL_BYTES).finish();
  };
  const variables = join(folder, 'variables');
  mkdirSync(variables);
  const keys = Array.from({ length: layers }, (_, layer) => [`w${layer}`, entry(layer)] as const);
  const sorted = [['', whole(new BinaryWriter(), 1, 1).finish()] as const, ...keys];
  writeFileSync(join(variables, 'variables.index'), table(sorted));
  shards(join(variables, 'variables.data-00000-of-00001'), layers);
}

export const FORMATS = ['.keras', '.h5', 'LayersModel', 'GraphModel', 'SavedModel', 'ONNX', 'ONNX, external'] as const;

/** Makes a model of about so many megabytes in an empty folder. @returns its path and its weights' size in bytes */
export async function large(
  format: (typeof FORMATS)[number],
  folder: string,
  megabytes: number,
): Promise<{ readonly path: string; readonly size: number }> {
  const layers = Math.max(1, Math.round((megabytes * 1e6) / KERNEL_BYTES));
  const size = layers * KERNEL_BYTES;
  const path = join(folder, 'model');
  const create = (file: File, at: string): void => {
    const groups = at.split('/').slice(0, -1);
    groups.forEach((_, depth) => {
      const group = groups.slice(0, depth + 1).join('/');
      if (!file.get(group)) file.create_group(group);
    });
    file.create_dataset({ name: at, data: kernel, shape: [UNITS, UNITS], dtype: '<f' });
  };
  switch (format) {
    case '.h5':
      await hdf5(path, (file) => {
        file.create_attribute('model_config', JSON.stringify(keras(layers)));
        file.create_attribute('keras_version', '2.15.0');
        for (let layer = 0; layer < layers; layer++) {
          create(file, `model_weights/${name(layer)}/${name(layer)}/kernel:0`);
          (file.get(`model_weights/${name(layer)}`) as Group).create_attribute('weight_names', [
            `${name(layer)}/kernel:0`,
          ]);
        }
      });
      return { path, size };
    case '.keras': {
      const weights = join(folder, 'weights');
      await hdf5(weights, (file) => {
        for (let layer = 0; layer < layers; layer++) create(file, `layers/${name(layer)}/vars/0`);
      });
      const zip = new ZipFile();
      zip.addBuffer(Buffer.from(JSON.stringify({ keras_version: '3.5.0' })), 'metadata.json', { compress: false });
      zip.addBuffer(Buffer.from(JSON.stringify(keras(layers))), 'config.json', { compress: false });
      zip.addFile(weights, 'model.weights.h5', { compress: false });
      zip.end();
      await pipeline(zip.outputStream, createWriteStream(path));
      rmSync(weights);
      return { path, size };
    }
    case 'LayersModel': {
      const names = Array.from({ length: layers }, (_, layer) => `${name(layer)}/kernel`);
      const json = { modelTopology: { model_config: keras(layers), keras_version: '2.15.0' }, ...listed(names) };
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
      shards(join(folder, 'weights.bin'), layers);
      return { path: folder, size };
    }
    case 'GraphModel':
      graphModel(folder, layers);
      shards(join(folder, 'weights.bin'), layers);
      return { path: folder, size };
    case 'SavedModel':
      savedModel(folder, layers);
      return { path: folder, size };
    case 'ONNX':
      onnx(path, layers, false);
      return { path, size };
    case 'ONNX, external':
      onnx(path, layers, true);
      shards(join(folder, 'weights.bin'), layers);
      return { path, size };
  }
}

/** What opening took. */
export interface Opened {
  readonly parameters: number;
  readonly layers: number;
  readonly peakBytes: number;
  readonly durationMs: number;
  /** How often progress was told, and the last of it. */
  readonly told: number;
  readonly done: number;
  readonly total: number;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const start = performance.now();
  let [told, done, total] = [0, 0, 0];
  const onProgress = (now: number, all: number): void => {
    [done, total] = [now, all];
    told++;
  };
  void openModel(process.argv[2]!, { onProgress }).then(({ summary }) => {
    const opened: Opened = {
      parameters: summary.parameters,
      layers: summary.layers.length,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      durationMs: performance.now() - start,
      told,
      done,
      total,
    };
    process.stdout.write(JSON.stringify(opened));
    process.exit();
  });
}
