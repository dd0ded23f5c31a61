/** Ops on the bits of numbers: fixed ones are computed; of a value that varies its bits tell the sign alone. */
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible } from '../tensors/array';
import type { Assembly } from '../tensors/assembly';
import { Bits, type Item, tensorOf } from './items';
import { DT, type TfNode } from './node';

/** The bit that float32 keeps its sign in, as a whole number of 32 bits. */
const SIGN = -(2 ** 31);

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  BitwiseAnd: (a, b) => a & b,
  BitwiseOr: (a, b) => a | b,
  BitwiseXor: (a, b) => a ^ b,
  LeftShift: (a, b) => a << b,
  RightShift: (a, b) => a >> b,
};
/** Types whose numbers a signed number of 32 bits holds. */
const HELD: ReadonlySet<number | undefined> = new Set([DT.int8, DT.uint8, DT.int16, DT.uint16, DT.int32]);

/** The same bits as whole numbers. */
function reinterpreted(x: HostArray): HostArray {
  const bits = new Int32Array(Float32Array.from(x.data).buffer);
  return host.wholes(Float64Array.from(bits), x.shape);
}

/** @returns null for other ops */
export function bitsNode(to: Assembly, node: TfNode, items: readonly Item[]): Item | null {
  const type = node.attributes.get('T')?.type;
  if (node.op === 'Bitcast') {
    if (type !== DT.float || node.attributes.get('type')?.type !== DT.int32)
      throw new NotExpressible('bits of other types');
    const x = tensorOf(items[0]);
    return isArray(x) ? reinterpreted(x) : new Bits(x);
  }
  const apply = Object.hasOwn(BINARY, node.op) ? BINARY[node.op]! : null;
  if (!apply) return null;
  const [first, second] = items;
  if (first instanceof Bits && node.op === 'BitwiseAnd') {
    const mask = to.array(tensorOf(second), 'a mask of bits');
    if (mask.data.some((each) => each !== SIGN)) throw new NotExpressible('bits of what depends on the input');
    return to.asWhole(() => to.binary('mul', to.binary('greater', host.scalar(0), first.x), host.wholes([SIGN], [])));
  }
  if (!HELD.has(type)) throw new NotExpressible('numbers of so many bits');
  const [a, b] = [first, second].map((item) => to.array(tensorOf(item), 'bits')) as [HostArray, HostArray];
  // A shift to the left may leave a narrow type.
  if (node.op === 'LeftShift' && type !== DT.int32) throw new NotExpressible('a shift of narrow numbers');
  return host.combined(a, b, apply, true);
}
