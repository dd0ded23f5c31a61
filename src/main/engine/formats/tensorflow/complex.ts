/** TensorFlow's complex values: two real ones each while a file is read, and no values of the graph. */
import * as host from '../tensors/array';
import { NotExpressible } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import { fourier, imaginary, magnitude } from '../tensors/fourier';
import { ComplexItem, type Item, tensorOf } from './items';
import { DT, type TfNode } from './node';
import * as moves from '../tensors/moves';

type Row = (to: Assembly, items: readonly Item[]) => Item;

const complexOf = (item: Item | undefined): ComplexItem => {
  if (!(item instanceof ComplexItem)) throw new NotExpressible('a value that is not complex');
  return item;
};
const transform =
  (oneSided: boolean): Row =>
  (to, [given, lengths]) => {
    const x = given instanceof ComplexItem ? given : new ComplexItem(tensorOf(given), null);
    const length = lengths === undefined ? null : to.list(tensorOf(lengths), 'a length')[0]!;
    const { re, im } = fourier(to, x, to.rank(x.re) - 1, length, oneSided);
    return new ComplexItem(re, im);
  };

const isComplex = (type: number | undefined): boolean => type === DT.complex64 || type === DT.complex128;

/** (a + bi)(c + di) */
const product: Row = (to, items) => {
  const [x, y] = [complexOf(items[0]), complexOf(items[1])];
  const times = (one: Tensor | null, other: Tensor | null): Tensor | null =>
    one && other && to.binary('mul', one, other);
  const both = to.binary('mul', x.re, y.re);
  const turned = times(x.im, y.im);
  const [first, second] = [times(x.re, y.im), times(x.im, y.re)];
  return new ComplexItem(
    turned ? to.binary('sub', both, turned) : both,
    first && second ? to.binary('add', first, second) : (first ?? second),
  );
};

/** One row per op that makes or takes complex values. */
const rows: Readonly<Record<string, Row>> = {
  RFFT: transform(true),
  FFT: transform(false),
  Complex: (_to, [re, im]) => new ComplexItem(tensorOf(re), tensorOf(im)),
  Real: (_to, [x]) => complexOf(x).re,
  Imag: (to, [x]) => imaginary(to, complexOf(x)),
  ComplexAbs: (to, [x]) => magnitude(to, complexOf(x)),
  Angle: (to, [x]) => to.binary('atan2', imaginary(to, complexOf(x)), complexOf(x).re),
  Conj: (to, [x]) => {
    const { re, im } = complexOf(x);
    return new ComplexItem(re, im && to.unary('neg', im, {}, (each) => -each));
  },
};
/** Of ops that others have too: where the first input is complex. */
const alsoComplex: Readonly<Record<string, Row>> = {
  Mul: product,
  Exp: (to, [x]) => {
    const { re } = complexOf(x);
    const im = imaginary(to, complexOf(x));
    const size = to.unary('exp', re, {}, Math.exp);
    const along = (op: 'cos' | 'sin'): Tensor => to.binary('mul', size, to.unary(op, im, {}, Math[op]));
    return new ComplexItem(along('cos'), along('sin'));
  },
};

const rowFor = (table: Readonly<Record<string, Row>>, op: string): Row | null =>
  Object.hasOwn(table, op) ? table[op]! : null;

/** Ops that move values about: they do the same to both parts. */
const MOVES: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'Transpose',
  'ExpandDims',
  'Squeeze',
  'Slice',
  'StridedSlice',
  'GatherV2',
]);

/**
 * A node of complex values.
 * @param plain what the node becomes with real ones
 * @returns null where it has none
 */
export function complexNode(
  to: Assembly,
  node: TfNode,
  items: readonly Item[],
  plain: (items: readonly Item[]) => Item,
): Item | null {
  const [first] = items;
  const row = rowFor(rows, node.op);
  if (row) return row(to, items);
  if (node.op === 'Cast') {
    const wanted = isComplex(node.attributes.get('DstT')?.type);
    if (first instanceof ComplexItem) return wanted ? first : first.re;
    return wanted ? new ComplexItem(tensorOf(first), null) : null;
  }
  if (node.op === 'Const' && isComplex(node.attributes.get('dtype')?.type)) return parted(to, node);
  if (!(first instanceof ComplexItem)) return null;
  const own = rowFor(alsoComplex, node.op);
  if (own) return own(to, items);
  if (!MOVES.has(node.op)) throw new NotExpressible('complex values');
  const moved = (part: Tensor): Tensor => tensorOf(plain([part, ...items.slice(1)]));
  return new ComplexItem(moved(first.re), first.im && moved(first.im));
}

/** A constant of complex numbers, which is stored with both parts of each side by side. */
function parted(to: Assembly, node: TfNode): ComplexItem {
  const pairs = node.attributes.get('value')?.tensor?.();
  if (!pairs) throw new NotExpressible('a constant that is no number');
  const axis = pairs.shape.length - 1;
  const part = (at: number): Tensor => moves.gather(to, pairs, host.wholes([at], []), axis);
  return new ComplexItem(part(0), part(1));
}
