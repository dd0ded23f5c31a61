/** Small models written by the tests: Keras networks by their configuration, TensorFlow graphs by their nodes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeras } from '../../src/main/engine/formats/keras/open';
import type { WeightStore } from '../../src/main/engine/formats/keras/weights';
import type { Graph } from '../../src/main/engine/graph/graph';

/** A file without weights. */
const none: WeightStore = { path: 'written.keras', at: () => [], under: () => [] };

export interface KerasInput {
  readonly name: string;
  /** Without the batch axis. */
  readonly shape: readonly (number | null)[];
  readonly dtype?: string;
  /** A number of examples that the file fixes. */
  readonly batch?: number;
}

const inputLayer = ({ name, shape, dtype = 'float32', batch }: KerasInput) => ({
  class_name: 'InputLayer',
  name,
  config: { name, dtype, batch_shape: [batch ?? null, ...shape] },
  inbound_nodes: [],
});

/** What a layer gives, as an argument of a call. */
export const tensor = (layer: string, index = 0) => ({
  class_name: '__keras_tensor__',
  config: { keras_history: [layer, 0, index] },
});

export interface KerasLayer {
  readonly kind: string;
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Of `keras.ops`, unless it is a layer. */
  readonly module?: string;
}

/** The configuration of a functional model as Keras 3 writes it. */
export const functional = (
  inputs: readonly KerasInput[],
  layers: readonly KerasLayer[],
  outputs: readonly (readonly [layer: string, index: number])[],
) => ({
  class_name: 'Functional',
  module: 'keras',
  config: {
    name: 'written',
    layers: [
      ...inputs.map(inputLayer),
      ...layers.map(({ kind, name, config = {}, args = [], kwargs = {}, module = 'keras.src.ops.numpy' }) => ({
        class_name: kind,
        module,
        name,
        config: { name, ...config },
        inbound_nodes: [{ args, kwargs }],
      })),
    ],
    input_layers: inputs.map(({ name }) => [name, 0, 0]),
    output_layers: outputs.map(([layer, index]) => [layer, 0, index]),
  },
});

/** @param config as a file has it */
export const kerasGraph = (config: unknown): Graph => openKeras(config, '3.8.0', none, (_, shape) => shape).graph;

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** A TensorFlow.js GraphModel of nodes that own no weights. @returns its folder */
export function graphModelFolder(folder: string, nodes: readonly TfNode[]): string {
  mkdirSync(folder, { recursive: true });
  const json = { format: 'graph-model', modelTopology: { node: nodes }, weightsManifest: [] };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  return folder;
}

/** An input of a GraphModel. @param dtype `DT_FLOAT` */
export const placeholder = (name: string, sizes: readonly number[], dtype = 'DT_FLOAT'): TfNode => ({
  name,
  op: 'Placeholder',
  attr: { dtype: { type: dtype }, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } },
});
