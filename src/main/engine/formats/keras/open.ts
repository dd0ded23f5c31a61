/** From a model's configuration and its weights to the graph: what all Keras formats share. */
import { MhoError } from '../../../../contract/errors';
import type { FewerBits } from '../../../../contract/model';
import { isRecord } from '../../../../contract/records';
import { GraphBuilder } from '../../graph/builder';
import { ConfigFault } from '../json';
import type { Binding } from '../sizes';
import type { OpenedGraph } from '../source';
import { strangerFault } from '../strangers/fault';
import { Assembly, BATCH } from '../tensors/assembly';
import { isNetwork, type LayerSpec, layerSpec } from './config';
import { NetworkTranslator } from './network';
import { versionOf } from './version';
import type { WeightStore } from './weights';

/**
 * @param config the model's `{ class_name, config }`
 * @param version of the Keras that wrote it, e.g. `2.15.0`
 * @param bind gives inputs the sizes that were chosen
 * @throws MODEL_CONFIG, MODEL_DAMAGED, MODEL_WEIGHTS_MISSING, MODEL_WEIGHTS_SHAPE
 */
export function openKeras(config: unknown, version: string | null, store: WeightStore, bind: Binding): OpenedGraph {
  const model = modelSpec(config, store.path);
  const builder = new GraphBuilder(
    model.config.get('name') === undefined ? model.name : model.config.text('name'),
    bind,
  );
  const to = new Assembly(builder, 'batched', fixedBatch(model) ?? undefined);
  const translator = new NetworkTranslator(to, store, versionOf(version, config), quantizationIn(config));
  try {
    translator.model(model);
  } catch (error) {
    // Configurations nested or listed beyond reason end the stack rather than the program.
    if (error instanceof RangeError)
      throw new MhoError('MODEL_DAMAGED', { path: store.path, reason: 'its configuration is nested too deeply' });
    if (error instanceof ConfigFault)
      throw new MhoError(
        'MODEL_CONFIG',
        { layer: model.name, kind: model.kind, reason: error.message },
        { cause: error },
      );
    throw error;
  }
  const { read, unread } = translator.layers;
  const text = JSON.stringify(config);
  return {
    graph: builder.build(),
    fewerBits: fewerBitsOf(text),
    parameters: read.reduce((sum, { constant }) => sum + constant.data.length, unread),
    hashed: (function* () {
      yield text;
      for (const { name, constant } of read) {
        yield `${name}[${constant.shape.join(',')}]`;
        const { buffer, byteOffset, byteLength } = constant.data;
        yield new Uint8Array(buffer, byteOffset, byteLength);
      }
    })(),
  };
}

/** A layer's number type, or the policy that sets it, as Keras writes them: `"dtype": "bfloat16"`, `{…, "config": {"name": "mixed_float16"}}`. */
const POLICY = /"(?:dtype|policy)":(?:\{[^{}]*"config":\{[^{}]*"name":)?"(?:mixed_)?(b?float16)"/;
const fewerBitsOf = (config: string): FewerBits | null => (POLICY.exec(config)?.[1] ?? null) as FewerBits | null;

function modelSpec(config: unknown, path: string): LayerSpec {
  let model: LayerSpec;
  try {
    model = layerSpec(config);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw new MhoError('MODEL_DAMAGED', { path, reason: `of its configuration, ${error.message}` }, { cause: error });
  }
  if (!isNetwork(model)) throw strangerFault({ name: 'kerasClass', path, about: model.kind });
  return model;
}

/** The number of examples that the model's first input fixes; functions may count with it. */
function fixedBatch(model: LayerSpec): number | null {
  const layers = model.config.get('layers');
  for (const layer of Array.isArray(layers) ? layers : []) {
    const config: unknown = isRecord(layer) ? layer['config'] : null;
    if (!isRecord(config)) continue;
    for (const key of ['batch_shape', 'batchInputShape', 'batch_input_shape']) {
      const size: unknown = Array.isArray(config[key]) ? (config[key] as unknown[])[0] : null;
      if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size < BATCH) return size;
    }
  }
  return null;
}

/** What the first layer that was quantised tells of it; undefined where none does. */
function quantizationIn(config: unknown): unknown {
  const open = [config];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isRecord(value) && isRecord(value['quantization_config'])) return value['quantization_config'];
    if (typeof value === 'object' && value !== null) open.push(...(Object.values(value) as unknown[]).reverse());
  }
  return undefined;
}
