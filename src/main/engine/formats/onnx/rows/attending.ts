/** Attention and what goes with it, as operator set 23 has them. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { selected } from '../../tensors/compositions';
import { along, at } from '../../tensors/pieces';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';
import type { OnnxCall } from '../call';
import type { Row } from './row';

/** What a score that does not count is: −∞ as a number that stays one in differences. */
const MASKED = -1e30;

/** [batch, places, heads · size] → [batch, heads, places, size] */
function byHeads(call: OnnxCall, x: Tensor, name: string): Tensor {
  const { to } = call;
  if (to.rank(x) === 4) return x;
  const heads = call.int(name, 0);
  const [batch, places, width] = to.shape(x) as [number, number, number];
  if (to.rank(x) !== 3 || heads < 1 || width % heads) throw new NotExpressible(`${heads} heads of ${width} numbers`);
  return to.transpose(to.reshape(x, [batch, places, heads, width / heads]), [0, 2, 1, 3]);
}

/** Heads of keys and values that several heads of queries share. */
function shared(call: OnnxCall, x: Tensor, heads: number): Tensor {
  const { to } = call;
  const have = to.shape(x)[1]!;
  if (have === heads) return x;
  if (heads % have) throw new NotExpressible(`${heads} heads over ${have}`);
  return moves.gather(to, x, host.wholes(range(heads).map((head) => Math.floor((head * have) / heads))), 1);
}

/** 0 where a query may see a key, and `MASKED` where it may not: keys behind it. @param offset places before the first query */
function causal(queries: number, keys: number, offset: number): host.HostArray {
  if (symbolic(queries) || symbolic(keys)) throw new NotExpressible('a mask of a free size');
  const mask = range(queries * keys).map((place) => ((place % keys) - offset > Math.floor(place / keys) ? MASKED : 0));
  return host.reals([queries, keys], mask);
}

/** Scores with a mask: numbers that are added, or which of them count. */
function masked(call: OnnxCall, scores: Tensor, mask: Tensor): Tensor {
  const { to } = call;
  const isTruth = call.typeOf(3) === BOOL || (!isArray(mask) && to.builder.at(mask.id).dtype === 'bool');
  const [have, want] = [to.shape(mask).at(-1)!, to.shape(scores).at(-1)!];
  if (have !== want && have !== 1) throw new NotExpressible('a mask of fewer keys');
  if (!isTruth) return to.binary('add', scores, isArray(mask) ? host.finite(host.converted(mask, false)) : mask);
  if (isArray(mask))
    return to.binary(
      'add',
      scores,
      host.mapped(mask, (each) => (each ? 0 : MASKED), false),
    );
  return selected(to, mask, scores, host.scalar(MASKED));
}
const BOOL = 9;

const attention: Row = (call) => {
  const { to } = call;
  if (call.inputs[6]) throw new NotExpressible('lengths of keys');
  if (call.has('left_window_size') || call.has('right_window_size')) throw new NotExpressible('a window of keys');
  const given = call.input(0);
  const flat = to.rank(given) === 3;
  const queries = byHeads(call, given, 'q_num_heads');
  const joined = (index: number, past: number): Tensor => {
    const own = byHeads(call, call.input(index), 'kv_num_heads');
    const before = call.inputs[past];
    return before ? moves.concat(to, [before, own], 2) : own;
  };
  const [keys, values] = [joined(1, 4), joined(2, 5)];
  const [, heads, places, size] = to.shape(queries) as [number, number, number, number];
  const scale = call.float('scale', 1 / Math.sqrt(size));
  const product = matrices.matmul(to, queries, matrices.swapLast(to, shared(call, keys, heads)));
  const scores = to.binary('mul', product, host.scalar(scale));
  const past = call.inputs[4] ? to.shape(call.inputs[4])[2]! : 0;
  const cap = call.float('softcap', 0);
  const capped = (x: Tensor): Tensor =>
    cap > 0
      ? to.binary('mul', to.unary('tanh', to.binary('mul', x, host.scalar(1 / cap)), {}, null), host.scalar(cap))
      : x;
  let seen = capped(scores);
  if (call.inputs[3]) seen = masked(call, seen, call.inputs[3]);
  if (call.int('is_causal', 0)) seen = to.binary('add', seen, causal(places, to.shape(keys)[2]!, past));
  const weights = reductions.softmax(to, seen, 3, 'softmax');
  const mixed = matrices.matmul(to, weights, shared(call, values, heads));
  const back = to.transpose(mixed, [0, 2, 1, 3]);
  const made = flat ? to.reshape(back, [to.shape(given)[0]!, places, heads * to.shape(values)[3]!]) : mixed;
  const mode = call.int('qk_matmul_output_mode', 0);
  return [made, keys, values, [scores, capped(scores), seen, weights][mode] ?? scores];
};

/** Pairs of numbers turned by angles of their place: halves of what is turned, or neighbours. */
const rotary: Row = (call) => {
  const { to } = call;
  const given = call.input(0);
  const x = byHeads(call, given, 'num_heads');
  const size = to.shape(x)[3]!;
  const turnedSize = call.int('rotary_embedding_dim', 0) || size;
  const half = turnedSize / 2;
  const positions = call.inputs[3];
  const angles = (index: number): Tensor => {
    const table = call.input(index);
    const own = positions ? moves.gather(to, table, positions, 0) : table;
    if (to.shape(own).at(-1) !== half) throw new NotExpressible('angles of another number of pairs');
    return to.unsqueeze(own, [1]);
  };
  const [cos, sin] = [angles(1), angles(2)];
  const part = along(to, x, 3, 0, turnedSize);
  const neighbours = call.int('interleaved', 0) !== 0;
  const pairs = neighbours ? to.reshape(part, [...to.shape(x).slice(0, 3), half, 2]) : part;
  const [a, b] = neighbours
    ? [at(to, pairs, 4, 0), at(to, pairs, 4, 1)]
    : [along(to, part, 3, 0, half), along(to, part, 3, half, turnedSize)];
  const turnedParts = [
    to.binary('sub', to.binary('mul', a, cos), to.binary('mul', b, sin)),
    to.binary('add', to.binary('mul', a, sin), to.binary('mul', b, cos)),
  ];
  const turned = neighbours
    ? to.reshape(moves.concat(to, turnedParts.map((each) => to.unsqueeze(each, [4])), 4), to.shape(part)) // prettier-ignore
    : moves.concat(to, turnedParts, 3);
  const whole = turnedSize === size ? turned : moves.concat(to, [turned, along(to, x, 3, turnedSize, size)], 3);
  return to.rank(given) === 4 ? whole : to.reshape(to.transpose(whole, [0, 2, 1, 3]), to.shape(given));
};

export const attending: Readonly<Record<string, Row>> = {
  Attention: attention,
  RotaryEmbedding: rotary,
};
