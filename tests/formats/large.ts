/**
 * Large models, made without Python: square dense layers one after another, as every format keeps them. Run by itself it
 * opens one and prints what that took: `node --import tsx tests/formats/large.ts PATH`.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openModel } from '../../src/main/engine/formats';
import { hdf5, zippedWeights } from './kerasFile';
import { savedModelFolder, variableNodes } from './savedModelFile';

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

function largeSavedModel(folder: string, layers: number): void {
  const shape = { dim: [{ size: '-1' }, { size: String(UNITS) }] };
  const steps = Array.from({ length: layers }, (_, layer) => [
    ...variableNodes(`w${layer}`),
    {
      name: `y${layer}`,
      op: 'MatMul',
      input: [layer === 0 ? 'x' : `y${layer - 1}`, `w${layer}`],
      attr: { T: { type: 'DT_FLOAT' } },
    },
  ]);
  const placeholder = { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape } } };
  const port = (each: string) => ({ name: each, shape: [-1, UNITS] });
  savedModelFolder(
    folder,
    [placeholder, ...steps.flat()],
    { input: port('x'), output: port(`y${layers - 1}`) },
    Array.from({ length: layers }, (_, layer) => ({ name: `w${layer}`, shape: [UNITS, UNITS], data: kernel })),
  );
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
  const array = { shape: [UNITS, UNITS], data: kernel };
  switch (format) {
    case '.h5':
      await hdf5(path, {
        attributes: { model_config: JSON.stringify(keras(layers)), keras_version: '2.15.0' },
        groups: Array.from({ length: layers }, (_, layer) => ({
          at: `model_weights/${name(layer)}`,
          names: [`${name(layer)}/kernel:0`],
          arrays: [array],
        })),
      });
      return { path, size };
    case '.keras':
      await zippedWeights(path, keras(layers), (weights) =>
        hdf5(weights, {
          attributes: {},
          groups: Array.from({ length: layers }, (_, layer) => ({
            at: `layers/${name(layer)}/vars`,
            names: ['0'],
            arrays: [array],
          })),
        }),
      );
      return { path, size };
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
      largeSavedModel(folder, layers);
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
