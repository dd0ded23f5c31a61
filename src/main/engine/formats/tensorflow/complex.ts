/** TensorFlow's complex values: two real ones each while a file is read, and no values of the graph. */
import * as host from '../tensors/array';
import { isArray, NotExpressible } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import {
  type Complex,
  fourier,
  imaginary,
  inverseFourier,
  magnitude,
  product,
  realInverseFourier,
} from '../tensors/fourier';
import { ComplexItem, type Item, tensorOf } from './items';
import { DT, type TfNode } from './node';
import * as moves from '../tensors/moves';

/** What a node becomes with real values. */
type Plain = (items: readonly Item[]) => Item;
type Row = (to: Assembly, items: readonly Item[], node: TfNode, plain: Plain) => Item;

const made = ({ re, im }: Complex): ComplexItem => new ComplexItem(re, im);
const complexOf = (item: Item | undefined): ComplexItem => {
  if (!(item instanceof ComplexItem)) throw new NotExpressible('a value that is not complex');
  return item;
};
const asComplex = (item: Item | undefined): ComplexItem =>
  item instanceof ComplexItem ? item : new ComplexItem(tensorOf(item), null);

/** Over the last axes, the last one first; lengths, where there are any, are told for these. */
const transform =
  (axes: number, oneSided: boolean): Row =>
  (to, [given, lengths]) => {
    const x = asComplex(given);
    const sizes = lengths === undefined ? null : to.list(tensorOf(lengths), 'a length');
    const last = to.rank(x.re) - 1;
    let value: Complex = x;
    for (let i = 0; i < axes; i++) value = fourier(to, value, last - i, sizes?.at(-1 - i) ?? null, oneSided && i === 0);
    return made(value);
  };
const inverse =
  (axes: number): Row =>
  (to, [given]) => {
    const x = asComplex(given);
    let value: Complex = x;
    for (let i = 0; i < axes; i++) value = inverseFourier(to, value, to.rank(x.re) - 1 - i, null);
    return made(value);
  };
/** Of frequencies up to the middle of the last axis, which is the last to be turned back. */
const realInverse =
  (axes: number): Row =>
  (to, [given, lengths]) => {
    const x = asComplex(given);
    const sizes = to.list(tensorOf(lengths), 'a length');
    const last = to.rank(x.re) - 1;
    let value: Complex = x;
    for (let i = axes - 1; i > 0; i--) value = inverseFourier(to, value, last - i, sizes.at(-1 - i) ?? null);
    return realInverseFourier(to, value, last, sizes.at(-1)!);
  };

const isComplex = (type: number | undefined): boolean => type === DT.complex64 || type === DT.complex128;

const negative = (to: Assembly, x: Tensor): Tensor => to.unary('neg', x, {}, (each) => -each);
const conjugate = (to: Assembly, { re, im }: ComplexItem): ComplexItem => new ComplexItem(re, im && negative(to, im));

/** z̄ / |z|² */
function reciprocal(to: Assembly, z: ComplexItem): ComplexItem {
  const { re, im } = conjugate(to, z);
  const square = (x: Tensor): Tensor => to.unary('square', x, {}, (each) => each * each);
  const size = im ? to.binary('add', square(re), square(im)) : square(re);
  return new ComplexItem(to.binary('div', re, size), im && to.binary('div', im, size));
}

const times: Row = (to, items) => made(product(to, asComplex(items[0]), asComplex(items[1])));
const divided: Row = (to, items) => made(product(to, asComplex(items[0]), reciprocal(to, asComplex(items[1]))));

/** A product of two values, linear in each, whatever it is. */
const bilinear: Row = (to, items, node, plain) => {
  const [x, y] = [0, 1].map((i) => asComplex(items[i])) as [ComplexItem, ComplexItem];
  // Adjoint matrices are conjugates too.
  const turned = (value: ComplexItem, key: string): ComplexItem =>
    node.attributes.get(key)?.b === true ? conjugate(to, value) : value;
  if (items.length !== 2) throw new NotExpressible('complex values, more than two');
  return made(product(to, turned(x, 'adj_x'), turned(y, 'adj_y'), (one, other) => tensorOf(plain([one, other]))));
};

/** What treats both parts of all its values alike, and adds or joins them. */
const linear: Row = (to, items, _node, plain) => {
  const given = items.filter((item): item is ComplexItem => item instanceof ComplexItem);
  const part = (of: (value: ComplexItem) => Tensor): Tensor =>
    tensorOf(plain(items.map((item) => (item instanceof ComplexItem ? of(item) : item))));
  const real = given.every(({ im }) => im === null);
  return new ComplexItem(
    part(({ re }) => re),
    real ? null : part((value) => imaginary(to, value)),
  );
};

const moved: Row = (_to, items, _node, plain) => {
  const x = complexOf(items[0]);
  const part = (value: Tensor): Tensor => tensorOf(plain([value, ...items.slice(1)]));
  return new ComplexItem(part(x.re), x.im && part(x.im));
};

/** One row per op that makes or takes complex values. */
const rows: Readonly<Record<string, Row>> = {
  RFFT: transform(1, true),
  RFFT2D: transform(2, true),
  RFFT3D: transform(3, true),
  FFT: transform(1, false),
  FFT2D: transform(2, false),
  FFT3D: transform(3, false),
  IFFT: inverse(1),
  IFFT2D: inverse(2),
  IFFT3D: inverse(3),
  IRFFT: realInverse(1),
  IRFFT2D: realInverse(2),
  IRFFT3D: realInverse(3),
  Complex: (_to, [re, im]) => new ComplexItem(tensorOf(re), tensorOf(im)),
  Real: (_to, [x]) => complexOf(x).re,
  Imag: (to, [x]) => imaginary(to, complexOf(x)),
  ComplexAbs: (to, [x]) => magnitude(to, complexOf(x)),
  Angle: (to, [x]) => to.binary('atan2', imaginary(to, complexOf(x)), complexOf(x).re),
  Conj: (to, [x]) => conjugate(to, complexOf(x)),
};
/** Of ops that others have too: where one of the inputs is complex. */
const alsoComplex: Readonly<Record<string, Row>> = {
  Mul: times,
  Square: (to, [x]) => made(product(to, complexOf(x), complexOf(x))),
  Div: divided,
  RealDiv: divided,
  Reciprocal: (to, [x]) => reciprocal(to, complexOf(x)),
  Inv: (to, [x]) => reciprocal(to, complexOf(x)),
  Exp: (to, [x]) => {
    const { re } = complexOf(x);
    const im = imaginary(to, complexOf(x));
    const size = to.unary('exp', re, {}, Math.exp);
    const along = (op: 'cos' | 'sin'): Tensor => to.binary('mul', size, to.unary(op, im, {}, Math[op]));
    return new ComplexItem(along('cos'), along('sin'));
  },
  MatMul: bilinear,
  BatchMatMul: bilinear,
  BatchMatMulV2: bilinear,
  BatchMatMulV3: bilinear,
  Einsum: (to, items, node, plain) => (items.length === 1 ? moved : bilinear)(to, items, node, plain),
  Add: linear,
  AddV2: linear,
  AddN: linear,
  Sub: linear,
  Neg: linear,
  Pack: linear,
  ConcatV2: linear,
  Select: linear,
  SelectV2: linear,
  BiasAdd: linear,
};

const rowFor = (table: Readonly<Record<string, Row>>, op: string): Row | null =>
  Object.hasOwn(table, op) ? table[op]! : null;

/** Ops that move values about, or add up those of one: they do the same to both parts. */
const MOVES: ReadonlySet<string> = new Set([
  'BroadcastTo',
  'Cumsum',
  'ExpandDims',
  'GatherNd',
  'GatherV2',
  'Identity',
  'MatrixDiagPartV3',
  'MatrixDiagV3',
  'Mean',
  'MirrorPad',
  'Pad',
  'PadV2',
  'Reshape',
  'ReverseV2',
  'Roll',
  'Slice',
  'Squeeze',
  'StopGradient',
  'StridedSlice',
  'Sum',
  'Tile',
  'Transpose',
]);

/**
 * A node of complex values.
 * @param plain what the node becomes with real ones
 * @returns null where it has none
 */
export function complexNode(to: Assembly, node: TfNode, items: readonly Item[], plain: Plain): Item | null {
  const [first] = items;
  const row = rowFor(rows, node.op);
  if (row) return row(to, items, node, plain);
  if (node.op === 'Cast') {
    const wanted = isComplex(node.attributes.get('DstT')?.type);
    if (first instanceof ComplexItem) return wanted ? first : first.re;
    return wanted ? new ComplexItem(tensorOf(first), null) : null;
  }
  if (node.op === 'Const' && isComplex(node.attributes.get('dtype')?.type)) return parted(to, node);
  const complex = items.find((item) => item instanceof ComplexItem);
  if (!complex) return null;
  if (node.op === 'Shape') return plain([complex.re]);
  const own = rowFor(alsoComplex, node.op) ?? (MOVES.has(node.op) ? moved : null);
  if (!own) throw new NotExpressible('complex values');
  return own(to, items, node, plain);
}

/** A constant of complex numbers, which is stored with both parts of each side by side. */
function parted(to: Assembly, node: TfNode): ComplexItem {
  const pairs = node.attributes.get('value')?.tensor?.();
  if (!pairs) throw new NotExpressible('a constant that is no number');
  const axis = pairs.shape.length - 1;
  const part = (at: number): Tensor => {
    const picked = moves.gather(to, pairs, host.wholes([at], []), axis);
    return isArray(picked) ? host.converted(picked, false) : picked;
  };
  return new ComplexItem(part(0), part(1));
}
