/**
 * Attention: scores of every query with every key, softmax over the keys, and as much of every value. What is computed
 * on the way (`layer/query`, `layer/weights` with a unit per head …) is a layer of its own.
 */
import type { Shape, ValueId } from '../../../graph/graph';
import { ConfigFault, shown } from '../../json';
import { filled, type HostArray, reals, scalar } from '../../tensors/array';
import { type Assembly, symbolic, type Tensor, type Varying } from '../../tensors/assembly';
import { contraction } from '../../tensors/contraction';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import { kernelOf } from '../quantised';
import type { LayerRow } from '../row';
import { isSince } from '../version';
import { rounded } from './core';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';

/** What is added to a score that a mask hides: below every score, and its exponential is 0. */
const HIDDEN = -1e9;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Input, kernel and output of an equation; the ellipsis spelt out. */
function parsed(equation: string, rank: number): [input: string, kernel: string, output: string] {
  const found = /^([a-z.]+),([a-z]+)->([a-z.]+)$/i.exec(equation.replace(/\s/g, ''));
  if (!found) throw new ConfigFault(`equation is ${equation}, expected the form ab,bc->ac`);
  const [, input, kernel, output] = found as unknown as [string, string, string, string];
  const extra = '0123456789'.slice(0, Math.max(0, rank - input.replace('...', '').length));
  const full = (term: string): string => term.replace('...', extra);
  if (full(input).length !== rank) throw new ConfigFault(`equation ${equation} does not fit an input of ${rank} axes`);
  return [full(input), kernel, full(output)];
}

interface Projection {
  readonly equation: string;
  /** Sizes of the output's last axes, where they are known; null where the file tells them. */
  readonly ends: Shape;
  /** Letters of the output that the bias has; empty: no bias. */
  readonly biasAxes: string;
  /** Where the weights stand, if not in the layer itself. */
  readonly part?: { readonly key: string; readonly scope: string };
}

/** x · kernel + bias over the axes that an equation names. */
function projected(
  call: LayerCall,
  x: Varying,
  { equation, biasAxes, part, ends }: Projection,
  inside: string,
): Tensor {
  const { to } = call;
  const [input, kernel, output] = parsed(equation, to.rank(x));
  const sizes = to.shape(x);
  const shape = [...kernel].map((letter) => {
    const at = input.indexOf(letter);
    if (at < 0) return ends[ends.length - output.length + output.indexOf(letter)] ?? null;
    return symbolic(sizes[at]!) ? null : sizes[at]!;
  });
  const first = [...output].findIndex((letter) => biasAxes.includes(letter));
  const bias = biasAxes && first >= 0 ? [...output].slice(first).map(() => null) : null;
  const letters = [...kernel];
  const found = kernelOf(call, {
    shape,
    bias,
    ...(part && { part }),
    summed: letters.flatMap((letter, axis) => (output.includes(letter) ? [] : [axis])),
    kept: [...output].flatMap((letter) => (letters.includes(letter) ? [letters.indexOf(letter)] : [])),
  });
  const shared = [...input].flatMap((letter, axis) => (output.includes(letter) ? [] : [axis - 1 + call.lead]));
  const given = found.steps
    ? call.tensor(rounded(call, call.value(x, `${inside}_given`), found.steps, shared, `${inside}_rounded`))
    : x;
  return call.assembled(inside, () => {
    const product = contraction(to, `${input},${kernel}->${output}`, [given, call.array(found.kernel)]);
    return found.bias === undefined ? product : to.binary('add', product, call.array(found.bias));
  });
}

/** kernel and bias over the axes that the layer's equation names, then the activation. */
function einsumDense(call: LayerCall): ValueId {
  const given = call.config.get('output_shape');
  const projection = {
    equation: call.config.text('equation'),
    ends: (Array.isArray(given) ? given : [given]).map((size) => (typeof size === 'number' ? size : null)),
    biasAxes: call.config.has('bias_axes') ? call.config.text('bias_axes') : '',
  };
  const made = call.value(projected(call, call.tensor(), projection, 'pre'), 'pre');
  return activationOf(call)?.(made) ?? made;
}

/** A mask [1, queries, keys] by a rule; the lengths must be known. */
function fixedMask(queries: number, keys: number, sees: (query: number, key: number) => boolean): HostArray {
  if (symbolic(queries) || symbolic(keys)) throw new NotExpressible('a mask over a free number of steps');
  const mask = filled([1, queries, keys], 0, false);
  for (let q = 0; q < queries; q++) for (let k = 0; k < keys; k++) mask.data[q * keys + k] = sees(q, k) ? 1 : 0;
  return mask;
}

/**
 * Which keys each query sees, 1 and 0 [N, queries, keys]: what all masks leave. Null: every query sees all.
 * @param masks of the queries [N, queries] and of the keys [N, keys]
 * @param lengths of queries and keys
 */
function sightOf(
  call: LayerCall,
  masks: { readonly queries: readonly ValueId[]; readonly keys: readonly ValueId[] },
  [queries, keys]: readonly [number, number],
  causal: boolean,
): Tensor | null {
  const { to } = call;
  const window = call.config.has('sliding_window') ? call.config.whole('sliding_window') : null;
  const fixed =
    causal || window !== null
      ? fixedMask(queries, keys, (q, k) => (!causal || k <= q) && (window === null || Math.abs(q - k) < window))
      : null;
  const own = call.given(-1, 'attention_mask');
  const given = own === null ? null : to.builder.at(own).constant;
  const all: Tensor[] = [
    ...(fixed ? [fixed] : []),
    ...masks.queries.map((id) => to.unsqueeze(call.tensor(id), [2])),
    ...masks.keys.map((id) => to.unsqueeze(call.tensor(id), [1])),
  ];
  if (own !== null) all.push(given ? reals([1, ...given.shape], Float32Array.from(given.data)) : call.tensor(own));
  return all.length ? call.assembled('sight', () => all.reduce((a, b) => together(to, a, b))) : null;
}

/** What both masks leave; one for every head stands beside those for all. */
function together(to: Assembly, a: Tensor, b: Tensor): Tensor {
  const rank = Math.max(to.rank(a), to.rank(b));
  // [N, queries, keys] beside [N, heads, queries, keys]: the axes between are the heads'.
  const spread = (x: Tensor): Tensor =>
    to.unsqueeze(
      x,
      Array.from({ length: rank - to.rank(x) }, (_, i) => i + 1),
    );
  return to.binary('mul', spread(a), spread(b));
}

/** Scores with what is not seen far below all others. @param heads axes between the batch and the queries */
function masked(to: Assembly, scores: Tensor, sight: Tensor | null, heads: number): Tensor {
  if (!sight) return scores;
  // (sight − 1) · 10⁹, the same for every head
  const shift = to.binary('add', to.binary('mul', sight, scalar(-HIDDEN)), scalar(HIDDEN));
  const missing = to.rank(scores) - to.rank(shift);
  if (missing > heads) throw new NotExpressible('a mask of this shape');
  const places = Array.from({ length: missing }, (_, i) => i + 1);
  return to.binary('add', scores, to.unsqueeze(shift, places));
}

/** Softmax over the last axes, which are joined where they are several. */
function weighed(to: Assembly, scores: Tensor, axes: number): Tensor {
  const rank = to.rank(scores);
  if (axes === 1) return reductions.softmax(to, scores, rank - 1, 'softmax');
  const shape = to.shape(scores);
  const joined = shape.slice(rank - axes).reduce((product, size) => product * size, 1);
  const flat = reductions.softmax(
    to,
    to.reshape(scores, [...shape.slice(0, rank - axes), joined]),
    rank - axes,
    'softmax',
  );
  return to.reshape(flat, shape);
}

/** Equations of the products with the keys and with the values, as Keras's `_build_attention_equation`. */
function equations(rank: number, axes: readonly number[]): { scores: string; combined: string } {
  const target = [...LETTERS.slice(0, rank)];
  const batch = target.map((_, axis) => axis).filter((axis) => axis !== rank - 1 && !axes.includes(axis));
  let next = rank;
  const source = target.map((letter, axis) => (axes.includes(axis) ? LETTERS[next++]! : letter));
  const product = [
    ...batch.map((axis) => target[axis]!),
    ...axes.map((axis) => target[axis]!),
    ...axes.map((axis) => source[axis]!),
  ];
  // The values may have another width than the keys, under a letter of its own.
  const width = LETTERS[next]!;
  const values = source.map((letter, axis) => (axis === rank - 1 ? width : letter));
  const output = target.map((letter, axis) => (axis === rank - 1 ? width : letter));
  return {
    scores: `${target.join('')},${source.join('')}->${product.join('')}`,
    combined: `${product.join('')},${values.join('')}->${output.join('')}`,
  };
}

interface Heads {
  readonly query: Varying;
  readonly key: Varying;
  readonly value: Varying;
  readonly gate: Varying | null;
  readonly scale: number;
  readonly axes: readonly number[];
  readonly sight: Tensor | null;
  /** Whether a query that sees nothing gives 0, not the mean of all. */
  readonly blind: boolean;
}

/** softmax(scale · query · keyᵀ) · value, over queries [N, …, heads, width]. */
function attended(call: LayerCall, { query, key, value, gate, scale, axes, sight, blind }: Heads): [Varying, Varying] {
  const { to } = call;
  const rank = to.rank(query);
  const { scores: product, combined } = equations(rank, axes);
  const scores = call.assembled('scores', () => {
    const scaled = to.binary('mul', query, scalar(scale));
    return masked(to, contraction(to, product, [scaled, key]), sight, rank - axes.length - 1);
  });
  const weights = call.shownAs(
    call.assembled('weights', () => {
      const made = weighed(to, scores, axes.length);
      if (!blind || !sight) return made;
      return together(to, made, sight);
    }),
    'weights',
    rank - axes.length - 3,
  );
  const made = call.assembled('attended', () => {
    const mixed = contraction(to, combined, [weights, value]);
    return gate ? to.binary('mul', mixed, gate) : mixed;
  });
  return [call.shownAs(made, 'attended', rank - 3), weights];
}

/** Letters of `count` axes of the input kept, `bound` summed over, `fresh` new: as Keras's `_build_proj_equation`. */
function projection(
  free: number,
  bound: number,
  fresh: number,
): { readonly equation: string; readonly letters: string } {
  const kept = LETTERS.slice(0, free);
  const summed = LETTERS.slice(free, free + bound);
  const made = LETTERS.slice(free + bound, free + bound + fresh);
  return { equation: `${kept}${summed},${summed}${made}->${kept}${made}`, letters: made };
}

function part(
  call: LayerCall,
  x: ValueId,
  name: 'query' | 'key' | 'value' | 'gate',
  equation: ReturnType<typeof projection>,
  ends: Shape,
): Varying {
  const made = projected(
    call,
    call.tensor(x),
    {
      equation: equation.equation,
      ends,
      biasAxes: call.config.flag('use_bias', true) ? equation.letters : '',
      part: { key: `${name}_dense`, scope: name },
    },
    name,
  );
  const { to } = call;
  const opened = name === 'gate' ? call.assembled(name, () => to.unary('sigmoid', made, {}, null)) : made;
  // A unit per head.
  return call.shownAs(opened, name, to.rank(opened) - 3);
}

const required = (id: ValueId | null, name: string): ValueId => {
  if (id === null) throw new ConfigFault(`it is called without a ${name}`);
  return id;
};

/** The masks of its queries, and of its keys: those of the values count for these too. */
function masksOf(call: LayerCall): { readonly queries: readonly ValueId[]; readonly keys: readonly ValueId[] } {
  const [queries, values, keys] = (['query', 'value', 'key'] as const).map((name, place) => call.maskOf(place, name));
  const found = (masks: readonly (ValueId | null | undefined)[]): ValueId[] =>
    masks.filter((mask) => typeof mask === 'number');
  const all = { queries: found([queries]), keys: found([values, keys]) };
  if ((all.queries.length || all.keys.length) && !isSince(call.version, 2, 10))
    throw new NotExpressible('masks in a Keras before 2.10');
  return all;
}

/** Projections, attention in every head, and the projection of all heads (arXiv 1706.03762). */
function multiHead(call: LayerCall, grouped: boolean): ValueId[] {
  const { config, to } = call;
  const query = required(call.given(0, 'query'), 'query');
  const value = required(call.given(1, 'value'), 'value');
  const key = call.given(2, 'key') ?? value;
  const rank = to.rank(call.tensor(query));
  if (rank < 3) throw new ConfigFault('its query has no axis of steps');
  const axes = attentionAxes(call, rank);
  const ways = projection(rank - 1, 1, 2);
  const heads = config.whole(grouped ? 'num_query_heads' : 'num_heads');
  const width = config.whole(grouped ? 'head_dim' : 'key_dim');
  const shared = grouped ? config.whole('num_key_value_heads') : heads;
  const wide = [heads, width];
  const queries = part(call, query, 'query', ways, wide);
  let keys = part(call, key, 'key', ways, [shared, width]);
  const gate = config.flag('use_gate', false) ? part(call, query, 'gate', ways, wide) : null;
  let values = part(call, value, 'value', ways, [shared, grouped ? width : config.whole('value_dim', width)]);
  if (grouped) {
    if (shared < 1 || heads % shared) throw new ConfigFault(`${heads} heads cannot share ${shared} keys`);
    // Each key and value serves several heads in a row.
    const places = Float64Array.from({ length: heads }, (_, head) => Math.floor((head * shared) / heads));
    const spread = (x: Varying, name: string): Varying =>
      call.assembled(
        name,
        () => moves.gather(to, x, { shape: [heads], data: places, whole: true }, rank - 1) as Varying,
      );
    [keys, values] = [spread(keys, 'key_spread'), spread(values, 'value_spread')];
  }
  const lengths = [to.shape(queries)[axes[0]!]!, to.shape(keys)[axes[0]!]!] as const;
  const causal = call.told('use_causal_mask');
  if (causal && axes.length > 1) throw new NotExpressible('a causal mask over several axes');
  const sight = sightOf(call, masksOf(call), lengths, causal);
  const scored = call.told('return_attention_scores');
  const [made, weights] = attended(call, {
    query: queries,
    key: keys,
    value: values,
    gate,
    scale: 1 / Math.sqrt(width),
    axes,
    sight,
    // Since Keras 3.14 its softmax gives 0 where all is hidden; attention without dropout does without that softmax.
    blind: isSince(call.version, 3, 14) && (config.number('dropout', 0) > 0 || scored || rank !== 3),
  });
  const given = grouped ? undefined : config.get('output_shape');
  const sizes = Array.isArray(given) ? (given as unknown[]) : [given];
  const features = call.shape(query).at(-1) ?? null;
  const way = projection(rank - 1, 2, sizes.length);
  const output = projected(
    call,
    made,
    {
      equation: way.equation,
      ends: sizes.map((size) => (typeof size === 'number' ? size : features)),
      biasAxes: config.flag('use_bias', true) ? way.letters : '',
      part: { key: 'output_dense', scope: 'attention_output' },
    },
    'output',
  );
  const result = call.value(output, 'output');
  return scored ? [result, weights.id] : [result];
}

/** Axes of the steps, counting the batch: all but the batch and the features where none are named. */
function attentionAxes(call: LayerCall, rank: number): number[] {
  const given = call.config.get('attention_axes');
  if (given === undefined) return Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const axes = (Array.isArray(given) ? (given as unknown[]) : [given]).map((axis) =>
    typeof axis !== 'number' ? NaN : axis < 0 ? rank + axis : axis,
  );
  if (!axes.length || axes.some((axis) => !Number.isInteger(axis) || axis < 1 || axis >= rank - 1))
    throw new ConfigFault(`attention_axes is ${shown(given)}`);
  return axes;
}

/** Dot-product attention (Luong) and additive attention (Bahdanau, arXiv 1409.0473) over given queries and values. */
function attention(call: LayerCall, additive: boolean): ValueId[] {
  const { config, to } = call;
  if (call.inputs.length < 2 || call.inputs.length > 3)
    throw new ConfigFault(`it has ${call.inputs.length} inputs, expected 2 or 3`);
  const [query, value, key = value!] = call.inputs.map((id) => call.tensor(id)) as [Varying, Varying, Varying?];
  const [queryMask, valueMask] = [call.mask(0), call.mask(1)];
  const concat = additive || config.text('score_mode', 'dot') === 'concat';
  const scaled = config.flag('use_scale', additive);
  const found = call.weights(
    ...(scaled ? ([['scale', additive ? [null] : []]] as const) : []),
    ...(concat && !additive ? ([['concat_score_weight', []]] as const) : []),
  );
  const scale = scaled ? call.array(found[0]!) : null;
  const weight = concat && !additive ? call.array(found.at(-1)!) : null;
  const rank = to.rank(query);
  const times = (x: Tensor, factor: HostArray | null): Tensor => (factor ? to.binary('mul', x, factor) : x);
  const scores = call.assembled('scores', () => {
    if (!concat) return times(matrices.matmul(to, query, matrices.swapLast(to, key)), scale);
    // [N, queries, 1, width] + [N, 1, keys, width]
    const sum = to.binary('add', to.unsqueeze(query, [rank - 1]), to.unsqueeze(key, [rank - 2]));
    if (additive)
      return reductions.reduce(to, 'sum', times(to.unary('tanh', sum, {}, Math.tanh), scale), [rank], false);
    return times(
      reductions.reduce(to, 'sum', to.unary('tanh', times(sum, scale), {}, Math.tanh), [rank], false),
      weight,
    );
  });
  const shape = to.shape(scores);
  const causal = call.told('use_causal_mask') || config.flag('causal', false);
  const masks = { queries: [], keys: valueMask === null ? [] : [valueMask] };
  const sight = sightOf(call, masks, [shape.at(-2)!, shape.at(-1)!], causal);
  const weights = call.shownAs(
    call.assembled('weights', () => weighed(to, masked(to, scores, sight, 0), 1)),
    'weights',
  );
  const made = call.assembled('attended', () => {
    const mixed = matrices.matmul(to, weights, value);
    // Of queries that do not count, nothing is given.
    return queryMask === null ? mixed : to.binary('mul', mixed, to.unsqueeze(call.tensor(queryMask), [rank - 1]));
  });
  const result = call.value(made, 'attended');
  return call.told('return_attention_scores') ? [result, weights.id] : [result];
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'last' });

export const attentionLayers: Readonly<Record<string, LayerRow>> = {
  EinsumDense: { translate: einsumDense, units: 'last' },
  MultiHeadAttention: row((call) => multiHead(call, false)),
  GroupedQueryAttention: row((call) => multiHead(call, true)),
  GroupQueryAttention: row((call) => multiHead(call, true)),
  Attention: row((call) => attention(call, false)),
  AdditiveAttention: row((call) => attention(call, true)),
};
