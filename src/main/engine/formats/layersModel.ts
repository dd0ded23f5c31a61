/** TensorFlow.js LayersModel: model.json with Keras's configuration, and its weights in shards beside it. */
import { MhoError } from '../../../contract/errors';
import { isRecord } from '../../../contract/records';
import { ConfigFault } from './json';
import { openKeras } from './keras/open';
import { byOwner, type Place, type StoredWeight, type WeightStore } from './keras/weights';
import { partsOf } from './kerasHdf5';
import { bindingOf } from './sizes';
import type { Format, OpenedGraph, Reading, Source } from './source';
import { listedWeights } from './weightsManifest';

export const layersModel: Format = {
  match: async (source) => configOf((await source.json()) ?? {}) !== null,
  open,
};

/** Keras's configuration, wherever a converter put it; null in a file that is no LayersModel. */
function configOf(
  json: Readonly<Record<string, unknown>>,
): { readonly config: unknown; readonly version: string | null } | null {
  const topology = json['modelTopology'];
  if (!isRecord(topology)) return null;
  const inner = isRecord(topology['model_config']) ? topology['model_config'] : topology;
  if (typeof inner['class_name'] !== 'string') return null;
  const version = topology['keras_version'];
  return { config: inner, version: typeof version === 'string' ? version : null };
}

async function open(source: Source): Promise<OpenedGraph> {
  const { path } = source;
  const json = (await source.json())!;
  const { config, version } = configOf(json)!;
  // Versions of the JavaScript library itself say `tfjs-layers 1.2.3`; they follow Keras 2.
  const keras = version !== null && /^\d/.test(version) ? version : '2';
  try {
    return openKeras(
      config,
      keras,
      storeOf(await readManifest(path, json, source.reading), path),
      bindingOf(source.reading.choices),
    );
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw new MhoError(
      'MODEL_DAMAGED',
      { path, reason: `of its weights manifest, ${error.message}` },
      { cause: error },
    );
  }
}

/** By the layer's name in the weight's; nested models' weights and renamed ones are looked for among all. */
function storeOf(weights: readonly StoredWeight[], path: string): WeightStore {
  const under = byOwner(weights);
  return {
    path,
    under: ({ layer }: Place) => under(layer),
    at: ({ models, layer }: Place) => {
      if (models.length) return weights;
      const inside = under(layer);
      const own = inside.filter(({ owner }) => owner === layer);
      return own.length
        ? own
        : inside.filter(({ owner }) => owner.startsWith(`${layer}/`) || owner.endsWith(`/${layer}`));
    },
  };
}

/** The manifest's weights, by the layers that their names tell. */
async function readManifest(
  path: string,
  json: Readonly<Record<string, unknown>>,
  reading: Reading,
): Promise<StoredWeight[]> {
  const listed = await listedWeights(path, json, reading);
  return listed.map((each) => ({
    name: each.name,
    ...partsOf(each.name),
    shape: each.shape,
    numbers: each.dtype === 'float32' ? 'real' : 'signed',
    read: each.read,
  }));
}
