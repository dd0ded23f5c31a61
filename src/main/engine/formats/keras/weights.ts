/** Weights of a Keras model, wherever they are kept, and how a layer finds its own among them. */
import { MhoError } from '../../../../contract/errors';
import { written } from '../../../../contract/words/shape';
import type { StoredNumbers } from '../hdf5';
import { NotExpressible } from '../tensors/array';

/** One stored array. */
export interface StoredWeight {
  /** As the file names it, for messages. */
  readonly name: string;
  /** Last part of the name without `:0` (`kernel`), or null where the file only numbers them. */
  readonly suffix: string | null;
  /** What stands before the suffix: usually the layer's name. */
  readonly owner: string;
  readonly shape: readonly number[];
  readonly numbers: StoredNumbers;
  /** Row-major. */
  readonly read: () => Float32Array;
}

/** Where a layer stands in the model: its name in the file, and its key in an archive that goes by class names. */
export interface Place {
  /** Enclosing nested models, outermost first. */
  readonly models: readonly string[];
  readonly layer: string;
  /** Keys of the `.keras` weight tree, e.g. `layers/dense_1`. */
  readonly key: string;
  /** Where else the layer may stand: of one that several models share, the weights are in one of them alone. */
  readonly twins?: () => readonly Place[];
}

/** A part of a layer that files keep apart: the key in an archive, and the scope in names where it is another. */
export type Part = string | { readonly key: string; readonly scope: string };

export interface WeightStore {
  /** File name, for messages. */
  readonly path: string;
  /** What the file holds for this layer, in the file's order. Of layers in nested models: what may be theirs. */
  readonly at: (place: Place) => readonly StoredWeight[];
  /** The same with what is in layers inside it. */
  readonly under: (place: Place) => readonly StoredWeight[];
}

/** What a layer asks for. */
export interface WantedWeight {
  /** Suffixes it may have; the first is the one Keras 3 writes. */
  readonly names: readonly string[];
  /** Null where any size will do. */
  readonly shape: readonly (number | null)[];
  /** Whether whole numbers are what it is made of: the codes of a quantised weight. */
  readonly whole?: boolean;
}

/** What Keras 3 calls a weight that its layer gives no name. */
const UNNAMED = /^variable(_\d+)?$/;

const fits = (wanted: WantedWeight, stored: StoredWeight): boolean =>
  wanted.shape.length === stored.shape.length &&
  wanted.shape.every((size, axis) => size === null || size === stored.shape[axis]);

/**
 * Finds a layer's weights: by name where the file has names, else by order.
 * @param scope of a part of the layer, as names have it
 * @throws MODEL_WEIGHTS_MISSING, MODEL_WEIGHTS_SHAPE; NotExpressible for whole numbers where real ones are asked for: they are
 * codes that something has to be done with first, whatever the file calls them
 */
export function findWeights(
  store: WeightStore,
  place: Place,
  wanted: readonly WantedWeight[],
  claimed: Set<StoredWeight>,
  scope: string | null = null,
): StoredWeight[] {
  const everything = store.at(place);
  const all = everything.filter((each) => !claimed.has(each));
  const path = `${place.layer}/${scope}`;
  const scoped = scope === null ? [] : all.filter(({ owner }) => owner === path || owner.endsWith(`/${path}`));
  const stored = scoped.length ? scoped : all;
  const chosen =
    place.models.length && !scoped.length && everything.some((each) => each.suffix !== null)
      ? ofNested(stored, everything, place, wanted)
      : stored;
  const found = wanted.map((each, index) => {
    const weight = chosen.find(({ suffix }) => suffix !== null && each.names.includes(suffix)) ?? null;
    // Weights without names, numbered or called `variable_7`, stand in the order in which the layer makes them.
    return (
      weight ?? (chosen.every(({ suffix }) => suffix === null || UNNAMED.test(suffix)) ? chosen[index] : undefined)
    );
  });
  wanted.forEach((each, index) => {
    const weight = found[index];
    const details = { layer: [...place.models, place.layer].join('/'), path: store.path };
    if (!weight) throw new MhoError('MODEL_WEIGHTS_MISSING', { ...details, weight: each.names[0]! });
    if (!fits(each, weight))
      throw new MhoError('MODEL_WEIGHTS_SHAPE', {
        ...details,
        weight: each.names[0]!,
        have: written(weight.shape),
        want: written(each.shape),
      });
    if (weight.numbers !== 'real' && each.whole !== true)
      throw new NotExpressible(`whole numbers for its ${each.names[0]!}`);
  });
  for (const weight of found) claimed.add(weight!);
  return found as StoredWeight[];
}

/** The same, where a model that shares the layer has them if this one has not. */
export function findSharedWeights(
  store: WeightStore,
  place: Place,
  wanted: readonly WantedWeight[],
  claimed: Set<StoredWeight>,
  scope: string | null,
): StoredWeight[] {
  const missing = (work: () => StoredWeight[]): StoredWeight[] | MhoError => {
    try {
      return work();
    } catch (error) {
      if (error instanceof MhoError && error.code === 'MODEL_WEIGHTS_MISSING') return error;
      throw error;
    }
  };
  const own = missing(() => findWeights(store, place, wanted, claimed, scope));
  if (Array.isArray(own)) return own;
  for (const twin of place.twins?.() ?? []) {
    const shared = missing(() => findWeights(store, twin, wanted, new Set(), scope));
    if (Array.isArray(shared)) return shared;
  }
  throw own;
}

/**
 * Finds weights that name their owners by a layer: those of `b` and of `a/b/c` are found under `b`, in the order in which
 * they are stored.
 */
export function byOwner(weights: readonly StoredWeight[]): (layer: string) => readonly StoredWeight[] {
  const under = new Map<string, StoredWeight[]>();
  for (const weight of weights)
    for (const layer of namesWithin(weight.owner)) {
      const known = under.get(layer);
      if (known) known.push(weight);
      else under.set(layer, [weight]);
    }
  return (layer) => under.get(layer) ?? [];
}

/** Parts of a path that a layer's name, which may hold slashes itself, can be: `a/b` → `a`, `a/b`, `b`. */
function namesWithin(owner: string): ReadonlySet<string> {
  const parts = owner.split('/');
  return new Set(parts.flatMap((_, from) => parts.slice(from).map((_, count) => parts.slice(from, from + count + 1).join('/')))); // prettier-ignore
}

/** What a file holds for a layer, or for a part of it; nothing where another layer's could be meant. */
export function weightsHeld(store: WeightStore, place: Place, scope: string | null): readonly StoredWeight[] {
  const all = store.at(place);
  // An archive keeps each layer's apart.
  if (all.every(({ suffix }) => suffix === null)) return all;
  const path = scope === null ? place.layer : `${place.layer}/${scope}`;
  const owner =
    all.find((each) => each.owner === path || each.owner.endsWith(`/${path}`))?.owner ??
    // a layer inside a wrapper
    all.find((each) => each.owner.startsWith(`${path}/`) || each.owner.includes(`/${path}/`))?.owner;
  return all.filter((each) => each.owner === owner);
}

/**
 * Weights of a nested model's layer, among all of that model. Keras 2 renames variables (`batch_normalization_1_1/gamma`
 * of `batch_normalization_1`), so where no owner has the layer's name, the first unclaimed owner that fits is taken:
 * files keep the layers' order. What has the layer's whole path is its own, also where a model that shares it has read it before.
 */
function ofNested(
  stored: readonly StoredWeight[],
  everything: readonly StoredWeight[],
  place: Place,
  wanted: readonly WantedWeight[],
): readonly StoredWeight[] {
  const path = [...place.models.slice(1), place.layer].join('/');
  const own = everything.filter(({ owner }) => owner === path || owner.endsWith(`/${path}`));
  const named =
    own.length > 0 ? own : stored.filter(({ owner }) => owner === place.layer || owner.endsWith(`/${place.layer}`));
  const suits = (owner: string): boolean =>
    wanted.every((each) =>
      (own.length > 0 ? own : stored).some(
        (weight) => weight.owner === owner && each.names.includes(weight.suffix!) && fits(each, weight),
      ),
    );
  const exact = named.find(({ owner }) => suits(owner))?.owner;
  if (exact !== undefined) return named.filter(({ owner }) => owner === exact);
  if (own.length > 0) return own;
  const owner = [...new Set(stored.map((each) => each.owner))].find(suits);
  return owner === undefined ? named : stored.filter((each) => each.owner === owner);
}
