/** `.h5`: the whole model as HDF5, configuration in an attribute, as Keras 2 and 3 write. */
import { MhoError } from '../../../contract/errors';
import { declaredSize, type Hdf5File, isHdf5, openHdf5 } from './hdf5';
import { parsedWithin } from './json';
import { openKeras } from './keras/open';
import { byOwner, type Place, type StoredWeight, type WeightStore } from './keras/weights';
import { bindingOf } from './sizes';
import { type Format, type OpenedGraph, type Source, withFile } from './source';
import { besideConfig } from './strangers';
import { strangerFault } from './strangers/fault';
import { few } from './strangers/look';

export const kerasHdf5: Format = { match: (source) => isHdf5(source.head), open };

async function open(source: Source): Promise<OpenedGraph> {
  const { path } = source;
  const want = declaredSize(source.head);
  if (want !== null && want > source.size) throw new MhoError('MODEL_WEIGHTS_SHORT', { path, have: source.size, want });
  const file = await withFile(path, source.reading, 'it is missing', ({ handle, size }) =>
    openHdf5({ fd: handle.fd, offset: 0, size }, path, source.reading),
  );
  const text = file.text('/', 'model_config');
  if (text === null) throw await notKeras(file, source);
  let config: unknown;
  try {
    config = parsedWithin(Buffer.from(text), source.reading.budget);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MhoError('MODEL_DAMAGED', { path, reason: 'its attribute model_config is no JSON' }, { cause: error });
  }
  return openKeras(config, file.text('/', 'keras_version'), storeOf(file, path), bindingOf(source.reading.choices));
}

/** Groups that Keras writes when it saves weights alone, of Keras 3 and of the releases before it. */
const WEIGHT_GROUPS = ['layers', '_layer_checkpoint_dependencies', 'model_weights', 'top_level_model_weights'];

/** The refusal of an HDF5 file without a model's configuration. */
async function notKeras(file: Hdf5File, source: Source): Promise<MhoError> {
  const names = file.names('/');
  const weights = file.texts('/', 'layer_names') !== null || names.some((name) => WEIGHT_GROUPS.includes(name));
  return weights
    ? strangerFault(await besideConfig({ name: 'kerasWeights', path: source.path, about: '' }, source))
    : strangerFault({ name: 'hdf5', path: source.path, about: names.length > 0 ? few(names) : 'nothing' });
}

/** Weights by layer name: `model_weights/conv1`, whose attribute `weight_names` lists them in order. */
function storeOf(file: Hdf5File, path: string): WeightStore {
  const root = file.names('/').includes('model_weights') ? '/model_weights' : '';
  const listed = new Map<string, readonly StoredWeight[]>();
  const owners = new Map<readonly StoredWeight[], ReturnType<typeof byOwner>>();
  const inside = (place: Place): readonly StoredWeight[] => {
    const all = store.at(place);
    const found = owners.get(all) ?? byOwner(all);
    owners.set(all, found);
    return found(place.layer);
  };
  const store: WeightStore = {
    path,
    // Of a layer of the model itself, its group is all its own.
    under: (place) => (place.models.length ? inside(place) : store.at(place)),
    at: ({ models, layer }: Place) => {
      const group = models[0] ?? layer;
      const known = listed.get(group);
      if (known) return known;
      const at = `${root}/${group}`;
      const names = file.names(root || '/').includes(group.split('/')[0]!)
        ? (file.texts(at, 'weight_names') ?? [])
        : [];
      const weights = names.flatMap((name): StoredWeight[] => {
        const array = file.array(`${at}/${name}`);
        return array ? [{ name, ...partsOf(name), ...array }] : [];
      });
      listed.set(group, weights);
      return weights;
    },
  };
  return store;
}

/** `block/conv/kernel:0` → owner `block/conv`, suffix `kernel`. */
export function partsOf(name: string): { readonly owner: string; readonly suffix: string } {
  const plain = name.replace(/:\d+$/, '');
  const slash = plain.lastIndexOf('/');
  return { owner: slash < 0 ? '' : plain.slice(0, slash), suffix: plain.slice(slash + 1) };
}
