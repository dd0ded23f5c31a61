/**
 * Keras's masks: which steps of a value count. A layer hands its first input's mask on, makes one, joins several, or ends them;
 * layers that read masks (recurrent ones, attention, means over steps) ask their call for them. A mask is a truth value of the
 * first axes of what it belongs to, 1 where a step counts: it is made of whole numbers, so that a path holds it as it is at the
 * input (graph/varied.ts).
 */
import type { ValueId } from '../../graph/graph';
import { filled, type HostArray, isArray, wholes } from '../tensors/array';
import type { Tensor } from '../tensors/assembly';
import * as moves from '../tensors/moves';
import * as reductions from '../tensors/reductions';
import { Operand } from './arguments';
import type { LayerCall } from './call';
import { layerSpec } from './config';
import { type Mask, Unfollowed } from './mask';
import { isSince } from './version';

/** Layers whose output's mask is their first input's. */
const HAND_ON: ReadonlySet<string> = new Set([
  'Activation',
  'ActivityRegularization',
  'AlphaDropout',
  'BatchNormalization',
  'BatchNormalizationV1',
  'BatchNormalizationV2',
  'Dense',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'GroupNormalization',
  'GroupQueryAttention',
  'GroupedQueryAttention',
  'LayerNormalization',
  'LeakyReLU',
  'MultiHeadAttention',
  'PReLU',
  'ReLU',
  'Softmax',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'ThresholdedReLU',
  'UnitNormalization',
]);
/** The same, since Keras 3. */
const HAND_ON_SINCE_3: ReadonlySet<string> = new Set(['Identity', 'Normalization', 'Rescaling']);

/** Layers that give the very tensor they are given, so that what is done to the one's mask is done to the other's. */
export const SAME_TENSOR: ReadonlySet<string> = new Set([
  'ActivityRegularization',
  'AlphaDropout',
  'Dropout',
  'GaussianDropout',
  'GaussianNoise',
  'Identity',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
]);

/**
 * Layers for pictures that in Keras 3 may give the very tensor they are given when nothing is trained, and with it its mask, though
 * they warn that they destroy it.
 */
const AUGMENTING = /^(Random\w+|AugMix|Equalization|Pipeline|RandAugment|Solarization)$/;

const isNone = (mask: Mask): mask is null => mask === null;
const unfollowed = (masks: readonly Mask[]): Unfollowed | undefined =>
  masks.find((mask): mask is Unfollowed => mask instanceof Unfollowed);

/** A truth value as a layer's own value. */
function settled(call: LayerCall, inside: string, make: () => Tensor): Mask {
  const made = call.assembled(inside, make);
  return isArray(made) ? new Unfollowed('a mask of fixed numbers') : call.value(made, inside);
}

/** Where a value is not 0: what a mask is that somebody gives, of whichever type. */
function asTruth(call: LayerCall, id: ValueId): Mask {
  const { to } = call;
  const { constant, dtype } = to.builder.at(id);
  if (constant) return new Unfollowed('a mask of fixed numbers');
  if (dtype === 'bool') return id;
  const zero = wholes([0], []);
  const isZero = (x: Tensor): Tensor => to.binary('equal', x, zero);
  return settled(call, 'given_mask', () => isZero(isZero(call.tensor(id))));
}

/** Whether two masks are made by looking for padding in the same values. */
function looksWhere(call: LayerCall, a: ValueId, b: ValueId): boolean {
  const compared = (mask: ValueId, held: boolean): ReadonlySet<ValueId> => {
    const found = new Set<ValueId>();
    const seen = new Set<ValueId>();
    const open = [mask];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = seen.has(id) ? null : call.to.builder.producer(id);
      seen.add(id);
      if (node?.op === 'equal' && 'held' in node.attributes === held) found.add(node.inputs[0]!);
      open.push(...(node?.inputs ?? []));
    }
    return found;
  };
  const known = compared(a, true);
  return known.size > 0 && [...compared(b, false)].some((id) => known.has(id));
}

/** Arguments that are masks, with the argument whose steps they are of. */
const OF_ARGUMENTS: ReadonlyMap<string, readonly [place: number, name: string]> = new Map([
  ['query_mask', [0, 'query']],
  ['value_mask', [1, 'value']],
  ['key_mask', [2, 'key']],
]);

/** The same call with the masks that it is called with in the place of those its inputs have. */
export function withGivenMasks(call: LayerCall): LayerCall {
  const { spec, version } = call;
  const masks = [...call.masks];
  const gone = new Set<number>();
  const take = (mask: unknown, of: unknown): void => {
    if (!(mask instanceof Operand)) return;
    gone.add(mask.place);
    if (!(of instanceof Operand)) return;
    const given = call.inputs[mask.place]!;
    const own = masks[of.place] ?? null;
    // Files of Keras 3 write out how a Masking looks for padding. That is the mask which is known, and held.
    if (typeof own !== 'number' || !looksWhere(call, own, given)) masks[of.place] = asTruth(call, given);
  };
  const { mask } = spec.named;
  const [first] = spec.positional;
  const values = Array.isArray(first)
    ? (first as unknown[])
    : [first ?? spec.named['inputs'] ?? spec.named['sequences']];
  (Array.isArray(mask) ? (mask as unknown[]) : [mask]).forEach((each, place) => take(each, values[place]));
  for (const [name, [place, of]] of OF_ARGUMENTS) {
    // Of its queries, an attention of Keras 3.8 and later takes the mask that they have.
    const ignored = name === 'query_mask' && call.kind === 'MultiHeadAttention' && isSince(version, 3, 8);
    take(spec.named[name], ignored ? null : call.argument(place, of));
  }
  if (!gone.size) return call;
  const kept = call.inputs.map((_, place) => place).filter((place) => !gone.has(place));
  const moved = (value: unknown): unknown => {
    if (value instanceof Operand) return gone.has(value.place) ? null : new Operand(kept.indexOf(value.place));
    return Array.isArray(value) ? value.map(moved) : value;
  };
  return call.with({
    inputs: kept.map((place) => call.inputs[place]!),
    masks: kept.map((place) => masks[place]!),
    spec: {
      inputs: kept.map((place) => spec.inputs[place]!),
      positional: spec.positional.map(moved),
      named: Object.fromEntries(Object.entries(spec.named).map(([name, value]) => [name, moved(value)])),
    },
    masked: mask instanceof Operand,
  });
}

/** Masks of the same steps as one: of those that count in all, or in any. */
function united(call: LayerCall, masks: readonly ValueId[], op: 'mul' | 'maximum'): Mask {
  const { to } = call;
  const [first] = masks;
  if (masks.some((id) => call.shape(id).length !== call.shape(first).length))
    return new Unfollowed('masks of different axes joined');
  return settled(call, 'mask', () => masks.map((id): Tensor => call.tensor(id)).reduce((a, b) => to.binary(op, a, b)));
}

/** Of layers that compute element by element with several inputs. */
function merged(call: LayerCall): Mask {
  const { masks, version } = call;
  // Up to Keras 3.3 the masks of a list were not found; Keras 2 takes what counts in all that have a mask.
  if (version.major >= 3 && !isSince(version, 3, 4)) return null;
  const any = version.major >= 3;
  if (any ? masks.some(isNone) : masks.every(isNone)) return null;
  return unfollowed(masks) ?? united(call, masks.filter((mask) => typeof mask === 'number'), any ? 'maximum' : 'mul'); // prettier-ignore
}

/** Along another axis than the last, masks are joined as the values are; along the last, steps count by all that have masks, since 3.4 by any. */
function concatenated(call: LayerCall): Mask {
  const { masks, inputs, to } = call;
  if (masks.every(isNone)) return null;
  const axis = call.axis(call.config.whole('axis', -1));
  const rank = call.shape().length;
  const strange = unfollowed(masks);
  if (strange) return strange;
  const known = masks.filter((mask) => typeof mask === 'number');
  const any = isSince(call.version, 3, 4);
  if (axis === rank - 1)
    return any && known.length < masks.length ? null : united(call, known, any ? 'maximum' : 'mul');
  if (known.some((id) => call.shape(id).length !== rank - 1)) return new Unfollowed('masks of different axes joined');
  const [first] = known as [ValueId, ...ValueId[]];
  /** A truth for each step of an input of which all count. */
  const ones = (place: number): HostArray | null => {
    const shape = call.shape(first).map((size, each) => (each === axis ? call.shape(inputs[place])[axis]! : size));
    const sizes = [1, ...shape.slice(call.lead)];
    if (sizes.includes(null)) return null;
    return filled(sizes as number[], 1, true);
  };
  const parts = masks.map((mask, place): Tensor | null => (typeof mask === 'number' ? call.tensor(mask) : ones(place)));
  if (parts.includes(null)) return new Unfollowed('a mask over a free number of steps');
  return settled(call, 'mask', () => moves.concat(to, parts as Tensor[], axis - call.lead + 1));
}

/** The ids of an embedding that are not 0. */
function ofEmbedding(call: LayerCall): Mask {
  if (!call.config.flag('mask_zero', false)) return null;
  if (call.fixed()) return new Unfollowed('a mask of fixed numbers');
  return settled(call, 'mask', () => call.to.binary('greater', call.tensor(), wholes([0], [])));
}

/** Steps of which any number is not the one that stands for padding: it is looked for at the input alone, as a path leaves it at once. */
export function maskingOf(call: LayerCall): ValueId {
  const shape = call.shape();
  const padding = call.derived('mask_value', () => ({
    shape: [],
    data: Float32Array.of(call.config.number('mask_value', 0)),
  }));
  const same = call.truth('equal', [call.input, padding], { held: true }, 'is_padding');
  const all = call.truth('min', [same], { axes: [shape.length - 1], keepDims: false }, 'all_padding');
  return call.truth('equal', [all, call.scalar('zero', 0)], {}, 'mask');
}

/** TimeDistributed: in Keras 2 by the layer inside, which sees every step's mask by itself; in Keras 3 as before it. */
function overTime(call: LayerCall): Mask {
  const before = call.masks[0] ?? null;
  if (call.keras >= 3) return before;
  const { kind, config } = layerSpec(call.config.get('layer'));
  const inner = call.with({ kind, config, lead: call.lead + 1 });
  const found = maskAfter(inner, 1)[0]!;
  return found ?? withoutInner(call, before);
}

/** A mask of the outermost steps alone: one counts in which anything counts. */
function withoutInner(call: LayerCall, mask: Mask): Mask {
  const { to, lead } = call;
  if (typeof mask !== 'number' || call.shape(mask).length <= lead + 1) return mask;
  const x = call.tensor(mask);
  const axes = Array.from({ length: to.rank(x) - 2 }, (_, i) => i + 2);
  return settled(call, 'mask', () => reductions.reduce(to, 'max', x, axes, false));
}

/** Masks of what a layer gives, by the layer's kind. @param count of its outputs */
export function maskAfter(call: LayerCall, count: number): Mask[] {
  const first = call.masks[0] ?? null;
  const only = (mask: Mask): Mask[] => Array.from({ length: count }, (_, place) => (place === 0 ? mask : null));
  const { kind, config } = call;
  if (HAND_ON.has(kind) || (call.keras >= 3 && HAND_ON_SINCE_3.has(kind))) return only(first);
  if (call.keras >= 3 && AUGMENTING.test(kind))
    return only(first === null ? null : new Unfollowed('a mask behind what augments pictures'));
  switch (kind) {
    case 'Embedding':
      return only(ofEmbedding(call));
    case 'ReversibleEmbedding':
      return only(call.argument(1, 'reverse') === true ? null : ofEmbedding(call));
    case 'Masking':
      return only(maskingOf(call));
    case 'Add':
    case 'Average':
    case 'Maximum':
    case 'Minimum':
    case 'Multiply':
    case 'Subtract':
      return only(merged(call));
    case 'Concatenate':
      return only(concatenated(call));
    case 'Attention':
    case 'AdditiveAttention':
      return only(first);
    case 'SimpleRNN':
    case 'LSTM':
    case 'GRU':
    case 'RNN':
    case 'ConvLSTM1D':
    case 'ConvLSTM2D':
    case 'ConvLSTM3D':
      return only(config.flag('return_sequences', false) ? first : null);
    case 'Bidirectional': {
      const sequences = layerSpec(config.get('layer')).config.flag('return_sequences', false);
      const both = config.get('merge_mode') === undefined;
      return Array.from({ length: count }, (_, place) => (sequences && place < (both ? 2 : 1) ? first : null));
    }
    case 'TimeDistributed':
      return only(overTime(call));
    default:
      return only(null);
  }
}
