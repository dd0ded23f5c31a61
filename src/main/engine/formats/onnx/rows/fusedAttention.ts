/** Attention as onnxruntime's optimisers fuse it, of the domain com.microsoft: projections, masks and places of its own. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { attended, byHeads, causal, headsJoined, rotated } from '../../tensors/attention';
import { selected } from '../../tensors/compositions';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import { along, parts } from '../../tensors/pieces';
import type { OnnxCall } from '../call';
import { realProduct } from './quantised';
import type { Row } from './row';

/** Which keys count, as a number that is added: 0, or the node's own for those that do not. */
function masking(call: OnnxCall, mask: Tensor, keys: number): Tensor {
  const { to } = call;
  const hidden = host.scalar(call.float('mask_filter_value', -10000));
  const shape = to.shape(mask);
  if (symbolic(keys)) throw new NotExpressible('a mask of a free size');
  if (shape.length === 1) {
    const examples = isArray(mask) ? shape[0] === 1 : to.batchAxis(mask) === 0;
    if (!examples) throw new NotExpressible('a mask of beginnings and ends');
    // How many keys of each example count, from the first.
    const places = host.wholes(range(keys), [1, 1, 1, keys]);
    const counts = to.binary('greater', to.unsqueeze(mask, [1, 2, 3]), places);
    return selected(to, counts, host.scalar(0), hidden);
  }
  if (shape.length > 3) throw new NotExpressible('a mask of four axes');
  if (shape.at(-1) !== keys) throw new NotExpressible('a mask of another number of keys');
  const wide = to.unsqueeze(mask, shape.length === 2 ? [1, 2] : [1]);
  return selected(to, to.binary('greater', wide, host.wholes([0], [])), host.scalar(0), hidden);
}

interface Heads {
  /** [batch, heads, places, size] */
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly mask?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
  /** Places before the first query. */
  readonly past: number;
}

/** Attention and MultiHeadAttention from where queries, keys and values are apart. */
function mixedBy(call: OnnxCall, { queries, keys, values, mask, bias, past }: Heads) {
  const { to } = call;
  const [, , places, size] = to.shape(queries) as [number, number, number, number];
  const count = to.shape(keys)[2]!;
  return attended(to, {
    queries,
    keys,
    values,
    scale: call.float('scale', 0) || 1 / Math.sqrt(size),
    softcap: 0,
    masked: (scores) => {
      let seen = scores;
      if (mask) seen = to.binary('add', seen, masking(call, mask, count));
      if (bias) seen = to.binary('add', seen, bias);
      return call.int('unidirectional', 0) ? to.binary('add', seen, causal(places, count, past)) : seen;
    },
  });
}

/** @param projected queries, keys and values side by side */
function selfAttention(call: OnnxCall, projected: Tensor, mask: number, past: number, bias: number): readonly Tensor[] {
  const { to } = call;
  if (call.int('do_rotary', 0)) throw new NotExpressible('angles of its own');
  if (call.int('past_present_share_buffer', 0)) throw new NotExpressible('keys of earlier steps in a buffer');
  const heads = call.int('num_heads', 0);
  const width = to.shape(projected)[2]!;
  const sizes = call.ints('qkv_hidden_sizes') ?? range(3).map(() => width / 3);
  const [queries, keys, values] = parts(to, projected, 2, sizes).map((each) => byHeads(to, each, heads)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  if (call.inputs[past]) throw new NotExpressible('keys of earlier steps');
  const own = { queries, keys, values, mask: call.inputs[mask], bias: call.inputs[bias], past: 0 };
  const present = (): Tensor => moves.concat(to, [to.unsqueeze(keys, [0]), to.unsqueeze(values, [0])], 0);
  const made = headsJoined(to, mixedBy(call, own).mixed);
  return call.outputs > 1 ? [made, present()] : [made];
}

const attention: Row = (call) => {
  const { to } = call;
  const product = matrices.matmul(to, call.input(0), call.input(1));
  const bias = call.inputs[2];
  return selfAttention(call, bias ? to.binary('add', product, bias) : product, 3, 4, 5);
};

/** Its input and weights in steps. */
const quantisedAttention: Row = (call) =>
  selfAttention(call, realProduct(call, { a: 0, b: 1, scale: 3, scales: 4, zero: 6, zeros: 7, bias: 2 }), 5, 8, -1);

const multiHead: Row = (call) => {
  const { to } = call;
  const heads = call.int('num_heads', 0);
  if (call.inputs[8] || call.inputs[9]) throw new NotExpressible('keys of earlier steps in a buffer');
  const given = call.input(0);
  const [queries, keys, values] = [given, call.inputs[1], call.inputs[2]];
  if (to.rank(queries) === 5 || (keys && to.rank(keys) === 5))
    throw new NotExpressible('queries, keys and values in one');
  if (!keys || !values) throw new NotExpressible('keys or values left out');
  const bias = call.inputs[3];
  let begin = 0;
  const biased = (x: Tensor): Tensor => {
    const width = to.rank(x) === 4 ? to.shape(x)[1]! * to.shape(x)[3]! : to.shape(x)[2]!;
    const own = bias && along(to, bias, 0, begin, begin + width);
    begin += width;
    if (to.rank(x) === 3) return byHeads(to, own ? to.binary('add', x, own) : x, heads);
    if (!own) return x;
    return to.binary('add', x, to.reshape(own, [heads, 1, width / heads]));
  };
  // Keys that come by heads already are another layer's, to which no bias belongs.
  const crossed = call.inputs[1] !== undefined && to.rank(call.inputs[1]) === 4;
  const all = [biased(queries), ...[keys, values].map((each) => (crossed ? each : biased(each)))] as [Tensor, Tensor, Tensor]; // prettier-ignore
  const [earlierKeys, earlierValues] = [call.inputs[6], call.inputs[7]];
  const past = earlierKeys ? to.shape(earlierKeys)[2]! : 0;
  const [ownKeys, ownValues] = [
    earlierKeys ? moves.concat(to, [earlierKeys, all[1]], 2) : all[1],
    earlierValues ? moves.concat(to, [earlierValues, all[2]], 2) : all[2],
  ];
  const own = { queries: all[0], keys: ownKeys, values: ownValues, mask: call.inputs[4], bias: call.inputs[5], past };
  const { mixed, weights } = mixedBy(call, own);
  return [headsJoined(to, mixed), ownKeys, ownValues, weights];
};

/** Several heads of queries for each head of keys, of a whole text at once. */
const groupQuery: Row = (call) => {
  const { to } = call;
  if (call.inputs[3] && to.shape(call.inputs[3])[2] !== 0) throw new NotExpressible('keys of earlier steps');
  const beyond = {
    12: 'quantised keys',
    13: 'quantised values',
    14: 'norms of its own',
    15: 'norms of its own',
    16: 'chunks',
  };
  for (const [index, what] of Object.entries(beyond)) if (call.inputs[Number(index)]) throw new NotExpressible(what);
  const [heads, groups] = [call.int('num_heads', 0), call.int('kv_num_heads', 0)];
  const [keys, values] = [call.inputs[1], call.inputs[2]];
  const size = to.shape(call.input(0))[2]! / (keys ? heads : heads + 2 * groups);
  const apart = keys && values ? [call.input(0), keys, values] : parts(to, call.input(0), 2, [heads, groups, groups].map((each) => each * size)); // prettier-ignore
  const headed = apart.map((each, i) => byHeads(to, each, i === 0 ? heads : groups)) as [Tensor, Tensor, Tensor];
  const places = to.shape(headed[0])[2]!;
  const count = to.shape(headed[1])[2]!;
  const placed = (x: Tensor): Tensor => {
    if (!call.int('do_rotary', 0)) return x;
    if (symbolic(places)) throw new NotExpressible('places along a free size');
    const angles = (table: number): Tensor => {
      const ids = call.inputs[9];
      const own = moves.gather(to, call.input(table), ids ?? host.wholes(range(places)), 0);
      return ids ? to.unsqueeze(own, [1]) : own;
    };
    const cos = angles(7);
    const turned = to.shape(cos).at(-1)! * 2;
    return rotated(to, x, cos, angles(8), turned, call.int('rotary_interleaved', 0) !== 0);
  };
  const [queries, ownKeys] = [placed(headed[0]), placed(headed[1])];
  const window = call.int('local_window_size', -1);
  const bias = call.inputs[10];
  const sink = call.inputs[11] ?? (call.int('smooth_softmax', 0) ? host.scalar(0) : null);
  const { mixed } = attended(to, {
    queries,
    keys: ownKeys,
    values: headed[2],
    scale: call.float('scale', 0) || 1 / Math.sqrt(size),
    softcap: call.float('softcap', 0),
    masked: (scores) => {
      const seen = bias ? to.binary('add', scores, bias) : scores;
      return call.int('causal', 1) ? to.binary('add', seen, causal(places, count, 0, window > 0 ? window : Infinity)) : seen; // prettier-ignore
    },
    sink,
  });
  return [headsJoined(to, mixed), ownKeys, headed[2]];
};

/** Angles of each example's places, which one number begins or a list tells. */
const rotary: Row = (call) => {
  const { to } = call;
  const given = call.input(0);
  if (call.int('is_packed_batching', 0)) throw new NotExpressible('texts of several lengths in one');
  const [cos, sin] = [call.input(2), call.input(3)];
  const width = to.shape(cos).at(-1)! * 2;
  const heads = call.int('num_heads', 0) || (to.rank(given) === 3 ? to.shape(given)[2]! / width : 0);
  const x = to.rank(given) === 4 ? given : byHeads(to, given, heads);
  const places = to.shape(x)[2]!;
  const ids = call.input(1);
  const first = isArray(ids) && ids.data.length === 1 ? ids.data[0]! : null;
  if (first === null && to.rank(ids) < 2) throw new NotExpressible('a first place that depends on the input');
  if (symbolic(places)) throw new NotExpressible('places along a free size');
  const angles = (table: Tensor): Tensor =>
    first === null
      ? to.unsqueeze(moves.gather(to, table, ids, 0), [1])
      : moves.gather(to, table, host.wholes(range(places).map((place) => place + first)), 0);
  const size = call.int('rotary_embedding_dim', 0) || width;
  const made = rotated(to, x, angles(cos), angles(sin), size, call.int('interleaved', 0) !== 0);
  return to.rank(given) === 4 ? made : headsJoined(to, made);
};

export const fusedAttention: Readonly<Record<string, Row>> = {
  'com.microsoft.Attention': attention,
  'com.microsoft.QAttention': quantisedAttention,
  'com.microsoft.MultiHeadAttention': multiHead,
  'com.microsoft.GroupQueryAttention': groupQuery,
  'com.microsoft.RotaryEmbedding': rotary,
};
