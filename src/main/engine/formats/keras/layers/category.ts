/** Numbers as categories: which interval, which word of a list, which of so many. */
import type { ValueId } from '../../../graph/graph';
import { binOf, type Hashed } from '../../../graph/hashing';
import { shown } from '../../json';
import { wholes } from '../../tensors/array';
import type { Tensor, Varying } from '../../tensors/assembly';
import { remainder, spreadOut } from '../../tensors/compositions';
import * as reductions from '../../tensors/reductions';
import { ByHash, type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';

/** The categories that an example has: the last axis of whole numbers as ones among zeros, kept apart, joined or counted. */
function encoded(call: LayerCall, indices: Tensor, depth: number, mode: string): ValueId {
  if (mode === 'int') return call.value(indices, 'index');
  const made = call.assembled('encoded', (to) => {
    const rank = to.rank(indices);
    // A last axis of one category is that category.
    const alone = rank > 1 && to.shape(indices)[rank - 1] === 1 && mode === 'one_hot';
    const flat = alone ? to.squeeze(indices, [rank - 1]) : indices;
    const ones = spreadOut(to, flat, depth, 1, 0, to.rank(flat));
    if (mode === 'one_hot') return ones;
    if (rank < 2) throw new NotExpressible(`output_mode ${mode} of one number`);
    if (mode === 'multi_hot' || mode === 'binary') return reductions.reduce(to, 'max', ones, [rank - 1], false);
    if (mode === 'count') return reductions.reduce(to, 'sum', ones, [rank - 1], false);
    throw new NotExpressible(`output_mode ${mode}`);
  });
  return call.value(made, 'encoded');
}

function categoryEncoding(call: LayerCall): ValueId {
  if (call.inputs.length > 1) throw new NotExpressible('count_weights');
  const { config } = call;
  const mode = config.text('output_mode', 'multi_hot');
  return encoded(call, call.tensor(), config.whole('num_tokens'), mode);
}

/** Σ of `weight` where a comparison with each of some numbers holds, as a whole number. */
function counted(
  call: LayerCall,
  op: 'equal' | 'greaterEqual',
  numbers: readonly number[],
  weights: readonly number[],
): Varying {
  if (op === 'equal' && numbers.some((each) => Math.fround(each) !== each))
    throw new NotExpressible('whole numbers that float32 does not tell apart');
  const { to } = call;
  return call.assembled('index', () =>
    to.asWhole(() => {
      const x = to.unsqueeze(call.tensor(), [to.rank(call.tensor())]);
      const held = to.binary(op, x, { shape: [numbers.length], data: Float32Array.from(numbers), whole: false });
      const weighed = to.binary('mul', held, wholes([...weights]));
      return reductions.reduce(to, 'sum', weighed, [to.rank(x) - 1], false) as Varying;
    }),
  );
}

/** Which of the intervals between the boundaries a number is in; a boundary belongs to the one above it. */
function discretization(call: LayerCall): ValueId {
  const { config } = call;
  const value = config.get('bin_boundaries');
  if (!Array.isArray(value) || !value.length || !value.every((each) => typeof each === 'number'))
    throw new NotExpressible('boundaries that the file does not hold');
  const bounds = value as number[];
  const index = counted(
    call,
    'greaterEqual',
    bounds,
    bounds.map(() => 1),
  );
  return encoded(call, index, bounds.length + 1, config.text('output_mode', 'int'));
}

/** What a salt is as the key of a hash: one number stands for both of its words. @throws NotExpressible for what is no key */
function keyOf({ config }: LayerCall): readonly [number, number] | null {
  if (!config.has('salt')) return null;
  const salt = config.get('salt');
  const words: readonly unknown[] = Array.isArray(salt) ? (salt as unknown[]) : [salt, salt];
  const [first, second] = words;
  if (words.length !== 2 || !Number.isSafeInteger(first) || !Number.isSafeInteger(second))
    throw new NotExpressible(`a salt of ${shown(salt)}`);
  return [first as number, second as number];
}

const binned = (call: LayerCall, how: Hashed): Varying =>
  call.assembled('bin', (to) =>
    to.asWhole(() => to.unary('hash', call.tensor(), how, (x) => binOf(x, how)) as Varying),
  );

/** Bins by a hash of the number's text. */
function hashing(call: LayerCall): ValueId {
  const { config } = call;
  const bins = config.whole('num_bins');
  const mask = config.has('mask_value') ? config.whole('mask_value') : null;
  return encoded(call, binned(call, { bins, mask, key: keyOf(call) }), bins, config.text('output_mode', 'int'));
}

/** The place of a whole number in a list, behind those that stand for padding and for what is not in it. */
function integerLookup(call: LayerCall): ValueId {
  const { config } = call;
  const listed = config.get('vocabulary');
  const words = Array.isArray(listed) ? (listed as unknown[]) : null;
  if (!words || !words.every((each) => Number.isInteger(each)))
    throw new NotExpressible(`a vocabulary that the file does not hold as whole numbers (${shown(listed)})`);
  const unknown = config.whole('num_oov_indices', 1);
  if (config.flag('invert', false)) return numbersAt(call, words as number[], unknown);
  const mode = config.text('output_mode', 'int');
  const mask = config.has('mask_token') ? config.whole('mask_token') : null;
  const padded = mask !== null && mode === 'int' ? 1 : 0;
  const first = padded + unknown;
  const numbers = words as number[];
  // The one place of unknown numbers is at `padded`: known ones are counted from there, and padding goes back to 0.
  const from = unknown === 1 ? padded : 0;
  const known = numbers.map((_, place) => first + place - from);
  const [all, weights] =
    padded && mask !== null
      ? [
          [...numbers, mask],
          [...known, -from],
        ]
      : [numbers, known];
  if (!unknown) throw new NotExpressible('no place for unknown numbers');
  const places = counted(call, 'equal', all, weights);
  const { to } = call;
  const index =
    unknown > 1
      ? amongUnknown(call, places, all, padded, unknown)
      : padded
        ? call.assembled('place', () => to.asWhole(() => to.binary('add', places, wholes([padded], [])) as Varying))
        : places;
  const size = config.has('max_tokens') && config.flag('pad_to_max_tokens', false) ? config.whole('max_tokens') : null;
  const depth = size ?? first + numbers.length;
  return mode === 'tf_idf' ? weighed(call, index, depth, numbers.length) : encoded(call, index, depth, mode);
}

/** Places of known numbers, and of the others one of several from `first` on: by what is left of a division, or by a hash. */
function amongUnknown(
  call: LayerCall,
  places: Varying,
  known: readonly number[],
  first: number,
  unknown: number,
): Varying {
  const isKnown = counted(
    call,
    'equal',
    known,
    known.map(() => 1),
  );
  const byHash = call.config.text('oov_method', 'floormod') === 'farmhash';
  const bin = byHash ? binned(call, { bins: unknown, mask: null, key: keyOf(call) }) : null;
  return call.assembled('place', (to) =>
    to.asWhole(() => {
      const other = bin ?? remainder(to, call.tensor(), wholes([unknown], []), false);
      const isOther = to.binary('sub', wholes([1], []), isKnown);
      const held = to.binary('mul', isOther, to.binary('add', other, wholes([first], [])));
      return to.binary('add', places, held) as Varying;
    }),
  );
}

/** How often each category is there, times how telling it is: the mean of those of known numbers for unknown ones. */
function weighed(call: LayerCall, index: Tensor, depth: number, known: number): ValueId {
  const { data } = call.config.array('idf_weights');
  if (data.length !== known) throw new NotExpressible('idf_weights that the file does not hold');
  const mean = (data as Float32Array).reduce((sum, each) => sum + each, 0) / known;
  const weights = new Float32Array(depth);
  weights.set([mean, ...(data as Float32Array)]);
  const counts = encoded(call, index, depth, 'count');
  return call.op('mul', [counts, call.derived('idf', () => ({ shape: [depth], data: weights }))], {}, 'weighed');
}

/** From places back to numbers: the other way of a lookup, where what is at no known place is the one for unknown numbers. */
function numbersAt(call: LayerCall, numbers: readonly number[], unknown: number): ValueId {
  const { config, to } = call;
  const masked = config.has('mask_token') ? config.whole('mask_token') : null;
  const oov = config.whole('oov_token', -1);
  const first = unknown + (masked === null ? 0 : 1);
  const [places, values] = [numbers.map((_, place) => first + place), [...numbers]];
  if (masked !== null) {
    places.push(0);
    values.push(masked);
  }
  const found = counted(
    call,
    'equal',
    places,
    values.map((each) => each - oov),
  );
  const made = call.assembled('number', () => to.asWhole(() => to.binary('add', found, wholes([oov], [])) as Varying));
  return call.value(made, 'number');
}

const refused = (reason: string, Fault: typeof NotExpressible = NotExpressible): LayerRow => ({
  translate: () => {
    throw new Fault(reason);
  },
  units: 'last',
  anyShape: true,
});
const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'last' });

export const categories: Readonly<Record<string, LayerRow>> = {
  CategoryEncoding: row(categoryEncoding),
  Discretization: row(discretization),
  IntegerLookup: row(integerLookup),
  StringLookup: refused('strings for its input'),
  TextVectorization: refused('strings for its input'),
  Hashing: row(hashing),
  HashedCrossing: refused('hashes of its inputs', ByHash),
};
