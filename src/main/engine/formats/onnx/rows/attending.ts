/** Attention and what goes with it, as operator set 23 has them. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { attended, byHeads, causal, counting, headsJoined, rotated } from '../../tensors/attention';
import * as moves from '../../tensors/moves';
import type { OnnxCall } from '../call';
import type { Row } from './row';

/** With heads as an axis of their own: of values that have it, and of those where an attribute tells how many there are. */
const headed = (call: OnnxCall, x: Tensor, name: string): Tensor =>
  call.to.rank(x) === 4 ? x : byHeads(call.to, x, call.int(name, 0));

/** Scores with a mask: numbers that are added, or which of them count. */
function masked(call: OnnxCall, scores: Tensor, mask: Tensor): Tensor {
  const { to } = call;
  const isTruth = call.typeOf(3) === BOOL || (!isArray(mask) && to.builder.at(mask.id).dtype === 'bool');
  const [have, want] = [to.shape(mask).at(-1)!, to.shape(scores).at(-1)!];
  if (have !== want && have !== 1) throw new NotExpressible('a mask of fewer keys');
  if (isTruth) return counting(to, scores, mask);
  return to.binary('add', scores, isArray(mask) ? host.finite(host.converted(mask, false)) : mask);
}
const BOOL = 9;

const attention: Row = (call) => {
  const { to } = call;
  if (call.inputs[6]) throw new NotExpressible('lengths of keys');
  if (call.has('left_window_size') || call.has('right_window_size')) throw new NotExpressible('a window of keys');
  const given = call.input(0);
  const flat = to.rank(given) === 3;
  const queries = headed(call, given, 'q_num_heads');
  const joined = (index: number, past: number): Tensor => {
    const own = headed(call, call.input(index), 'kv_num_heads');
    const before = call.inputs[past];
    return before ? moves.concat(to, [before, own], 2) : own;
  };
  const [keys, values] = [joined(1, 4), joined(2, 5)];
  const [, , places, size] = to.shape(queries) as [number, number, number, number];
  const past = call.inputs[4] ? to.shape(call.inputs[4])[2]! : 0;
  const { mixed, scores, capped, seen, weights } = attended(to, {
    queries,
    keys,
    values,
    scale: call.float('scale', 1 / Math.sqrt(size)),
    softcap: call.float('softcap', 0),
    masked: (all) => {
      const own = call.inputs[3] ? masked(call, all, call.inputs[3]) : all;
      return call.int('is_causal', 0) ? to.binary('add', own, causal(places, to.shape(keys)[2]!, past)) : own;
    },
  });
  const mode = call.int('qk_matmul_output_mode', 0);
  return [flat ? headsJoined(to, mixed) : mixed, keys, values, [scores, capped, seen, weights][mode] ?? scores];
};

const rotary: Row = (call) => {
  const { to } = call;
  const given = call.input(0);
  const x = headed(call, given, 'num_heads');
  const positions = call.inputs[3];
  const angles = (index: number): Tensor => {
    const table = call.input(index);
    return to.unsqueeze(positions ? moves.gather(to, table, positions, 0) : table, [1]);
  };
  const turnedSize = call.int('rotary_embedding_dim', 0) || to.shape(x)[3]!;
  const made = rotated(to, x, angles(1), angles(2), turnedSize, call.int('interleaved', 0) !== 0);
  return to.rank(given) === 4 ? made : headsJoined(to, made);
};

export const attending: Readonly<Record<string, Row>> = {
  Attention: attention,
  RotaryEmbedding: rotary,
};
