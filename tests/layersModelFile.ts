/** Writes TensorFlow.js LayersModels whose weights are small random numbers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from './random';

/** A layer as its file tells it. */
export interface WrittenLayer {
  readonly kind: string;
  readonly name: string;
  readonly inputs: readonly string[];
  /** Arguments of the call besides. */
  readonly call?: object;
  readonly config?: object;
  /** Name of the weight → its shape. */
  readonly weights?: Readonly<Record<string, readonly number[]>>;
}

/**
 * A TensorFlow.js layers model whose weights are small random numbers; the last layer is its output.
 * @param inputShapes of one example: of the input `input`, or by name
 * @param seed of its weights
 * @returns the folder
 */
export function writeLayersModel(
  folder: string,
  name: string,
  inputShapes: readonly number[] | Readonly<Record<string, readonly number[]>>,
  layers: readonly WrittenLayer[],
  seed = 7,
): string {
  const next = random(seed);
  const manifest: object[] = [];
  const bytes: Uint8Array[] = [];
  for (const layer of layers)
    for (const [weight, shape] of Object.entries(layer.weights ?? {})) {
      const size = shape.reduce((product, each) => product * each, 1);
      const scale = Math.sqrt(6 / (size / shape.at(-1)! || 1));
      const values = Float32Array.from({ length: size }, () => {
        if (weight.endsWith('gamma')) return 1;
        return (next() * 2 - 1) * (shape.length > 1 ? scale : 0.1);
      });
      manifest.push({ name: `${layer.name}/${weight}`, shape, dtype: 'float32' });
      bytes.push(new Uint8Array(values.buffer));
    }
  const nodes = layers.map(({ kind, name: own, inputs, call = {}, config }) => ({
    class_name: kind,
    name: own,
    config: { name: own, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: [inputs.map((from) => [from, 0, 0, call])],
  }));
  const shapes = Object.entries(Array.isArray(inputShapes) ? { input: inputShapes as number[] } : inputShapes);
  const inputs = shapes.map(([own, shape]) => ({
    class_name: 'InputLayer',
    name: own,
    config: { batch_input_shape: [null, ...(shape as number[])], dtype: 'float32', name: own },
    inbound_nodes: [],
  }));
  mkdirSync(folder, { recursive: true });
  if (bytes.length > 0) writeFileSync(join(folder, 'weights.bin'), Buffer.concat(bytes));
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({
      format: 'layers-model',
      generatedBy: 'keras v2.15.0',
      modelTopology: {
        keras_version: '2.15.0',
        backend: 'tensorflow',
        model_config: {
          class_name: 'Functional',
          config: {
            name,
            layers: [...inputs, ...nodes],
            input_layers: shapes.map(([own]) => [own, 0, 0]),
            output_layers: [[layers.at(-1)!.name, 0, 0]],
          },
        },
      },
      weightsManifest: bytes.length > 0 ? [{ paths: ['weights.bin'], weights: manifest }] : [],
    }),
  );
  return folder;
}
