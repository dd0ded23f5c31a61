/** `.keras`: a ZIP of config.json, metadata.json and model.weights.h5, as Keras writes since 2.12. */
import { MhoError } from '../../../contract/errors';
import { isRecord } from '../../../contract/records';
import { type Hdf5File, openHdf5 } from './hdf5';
import type { RegularFile } from './files';
import { parsedWithin } from './json';
import { openKeras } from './keras/open';
import type { Place, StoredWeight, WeightStore } from './keras/weights';
import { bindingOf } from './sizes';
import { type Format, type OpenedGraph, type Source, withFile } from './source';
import { openArchive } from './zip';

const LARGEST_CONFIG = 256 * 2 ** 20;
const WEIGHTS = 'model.weights.h5';
/** Layers inside layers, beyond which nothing is counted. */
const DEEPEST = 8;

export const kerasArchive: Format = {
  match: async (source) => {
    const [p, k, third, fourth] = source.head;
    if (p !== 0x50 || k !== 0x4b || third !== 3 || fourth !== 4) return false;
    const names = await withFile(source.path, source.reading, 'it is missing', openArchive).catch(() => null);
    // A ZIP whose directory cannot be read is taken for a model when its first entry is one of a model's.
    return names?.sizes.has('config.json') ?? FIRST.test(latin1(source.head));
  },
  open: (source) => withFile(source.path, source.reading, 'it is missing', (file) => open(source, file)),
};

const FIRST = /^.{30}(config\.json|metadata\.json|model\.weights\.h5)/s;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

async function open({ path, reading }: Source, archived: RegularFile): Promise<OpenedGraph> {
  const archive = await openArchive(archived);
  const { budget } = reading;
  const json = async (name: string): Promise<unknown> => {
    const bytes = await archive.read(name, Math.min(LARGEST_CONFIG, budget.left));
    budget.take(bytes.length);
    try {
      return parsedWithin(bytes, budget);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new MhoError('MODEL_DAMAGED', { path, reason: `${name} is no JSON` }, { cause: error });
    }
  };
  const config = await json('config.json');
  const metadata = archive.sizes.has('metadata.json') ? await json('metadata.json') : {};
  const version = isRecord(metadata) ? metadata['keras_version'] : null;
  if (!archive.sizes.has(WEIGHTS))
    throw new MhoError('MODEL_DAMAGED', { path, reason: `${WEIGHTS} is missing from it` });
  const place = await archive.place(WEIGHTS, budget.left);
  if (place instanceof Uint8Array) budget.take(place.byteLength);
  const file = await openHdf5(place, path, reading);
  return openKeras(
    config,
    typeof version === 'string' ? version : null,
    storeOf(file, path),
    bindingOf(reading.choices),
  );
}

/** Weights by the layer's key: `layers/dense/vars/0`, or, in files of Keras 2.12 to 2.15, under another first name. */
function storeOf(file: Hdf5File, path: string): WeightStore {
  const foundAt = (key: string, wanted: (names: readonly string[]) => boolean): string | null => {
    const old = key.replace(/(^|\/)layers\//g, '$1_layer_checkpoint_dependencies/');
    // Keras 2 keeps the parts of attention layers under attributes that begin with an underscore.
    const hidden = key.replace(/([^/]+)$/, '_$1');
    return [key, old, hidden].find((each) => wanted(file.names(`/${each}`))) ?? null;
  };
  const listed = new Map<string, readonly StoredWeight[]>();
  const at = (key: string): readonly StoredWeight[] => {
    const known = listed.get(key);
    if (known) return known;
    const found = foundAt(key, (names) => names.includes('vars'));
    const numbers = found === null ? [] : [...file.names(`/${found}/vars`)].sort((a, b) => Number(a) - Number(b));
    const weights = numbers.flatMap((name): StoredWeight[] => {
      const array = file.array(`/${found}/vars/${name}`);
      return array ? [{ name: `${found}/vars/${name}`, suffix: null, owner: found!, ...array }] : [];
    });
    listed.set(key, weights);
    return weights;
  };
  /** Groups may contain themselves in a damaged file. */
  const inside = (key: string, depth: number): StoredWeight[] =>
    depth > DEEPEST
      ? []
      : file.names(`/${key}`).flatMap((name) => (name === 'vars' ? [...at(key)] : inside(`${key}/${name}`, depth + 1)));
  return {
    path,
    at: ({ key }: Place) => at(key),
    under: ({ key }: Place) => {
      const found = foundAt(key, (names) => names.length > 0);
      return found === null ? [] : inside(found, 0);
    },
  };
}
