/** Operations that multiply and sum: matrix products, Einstein sums, attention. */
import * as host from '../../tensors/array';
import { NotExpressible, range } from '../../tensors/array';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import { converted } from '../../tensors/casts';
import { crossProduct, selected } from '../../tensors/compositions';
import { contraction } from '../../tensors/contraction';
import { ConfigFault, shown } from '../../json';
import type { Arguments } from './given';
import { type Operation, operation } from './row';
import * as matrices from '../../tensors/matrices';
import * as reductions from '../../tensors/reductions';

/** Sums over axes of both, as numpy: a number of axes, or a list for each. */
function tensordot(given: Arguments, to: Assembly): Tensor {
  const [a, b] = [given.tensor('x1'), given.tensor('x2')];
  const raw = given.raw('axes') ?? 2;
  const both: readonly unknown[] = Array.isArray(raw)
    ? raw.map((each: unknown) => (Array.isArray(each) ? each : [each]))
    : typeof raw === 'number' && raw >= 0 && raw <= to.rank(a)
      ? [range(raw, to.rank(a) - raw), range(raw)]
      : [];
  const [left, right] = both as readonly number[][];
  if (!left || left.length !== right?.length) throw new ConfigFault(`axes is ${shown(raw)}, expected as many of both`);
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const first = [...letters.slice(0, to.rank(a))];
  const second = [...letters.slice(first.length, first.length + to.rank(b))];
  left.forEach((axis, i) => (second[to.axis(b, right[i]!)] = first[to.axis(a, axis)]!));
  const output = [...first, ...second].filter((each) => !(first.includes(each) && second.includes(each)));
  return contraction(to, `${first.join('')},${second.join('')}->${output.join('')}`, [a, b]);
}

/** A score of what a mask hides: far below all others, and finite, so that differences stay numbers. */
const HIDDEN = -1e30;

/** softmax(scale · query · keyᵀ + bias) · value over [N, steps, heads, width]. */
function dotProductAttention(given: Arguments, to: Assembly): Tensor {
  const query = given.tensor('query');
  if (given.has('attn_logits_soft_cap')) throw new NotExpressible('a cap');
  const [queries, width] = [to.shape(query)[1]!, to.shape(query)[3]!];
  const scaled = to.binary('mul', query, host.scalar(given.number('scale', 1 / Math.sqrt(width))));
  let scores = contraction(to, 'abcd,aecd->acbe', [scaled, given.tensor('key')]);
  if (given.has('bias')) scores = to.binary('add', scores, given.tensor('bias'));
  if (given.flag('is_causal')) {
    const keys = to.shape(scores)[3]!;
    if (symbolic(queries) || symbolic(keys)) throw new NotExpressible('a mask over a free number of steps');
    const hidden = range(queries).flatMap((q) => range(keys).map((k) => (k > q ? HIDDEN : 0)));
    scores = to.binary('add', scores, host.reals([1, 1, queries, keys], hidden));
  }
  if (given.has('mask')) {
    const mask = converted(to, given.tensor('mask'), 'bool');
    scores = selected(to, mask, scores, host.scalar(HIDDEN));
  }
  return contraction(to, 'acbe,aecd->abcd', [reductions.softmax(to, scores, 3, 'softmax'), given.tensor('value')]);
}
/** By class name in keras.ops. */
export const products = {
  Matmul: operation('x1 x2 transpose_a transpose_b', (given, to) => {
    const turned = (x: Tensor, flag: string): Tensor => (given.flag(flag) ? matrices.swapLast(to, x) : x);
    return matrices.matmul(to, turned(given.tensor('x1'), 'transpose_a'), turned(given.tensor('x2'), 'transpose_b'));
  }),
  Dot: operation('x1 x2', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    if (to.rank(b) > 2) throw new NotExpressible('a second factor of more than two axes');
    return matrices.matmul(to, a, b);
  }),
  /** Of vectors of three along the last axis: each component is a difference of two products. */
  Cross: operation('x1 x2 axisa axisb axisc axis', (given, to) => {
    if (['axisa', 'axisb', 'axisc', 'axis'].some((name) => given.number(name, -1) !== -1))
      throw new NotExpressible('axes but the last');
    return crossProduct(to, given.tensor('x1'), given.tensor('x2'));
  }),
  Einsum: operation('*operands', (given, to) =>
    contraction(to, given.text('subscripts', ''), given.tensors('operands')),
  ),
  Tensordot: operation('x1 x2 axes', tensordot),
  DotProductAttention: operation('query key value bias mask scale', dotProductAttention),
} satisfies Readonly<Record<string, Operation>>;
