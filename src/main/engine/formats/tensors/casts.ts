/** What numbers become when a file converts them to another type: one place for the casts of every format. */
import * as host from './array';
import { isArray, NotExpressible } from './array';
import type { Assembly, Tensor } from './assembly';
import { negated, truncated } from './compositions';

/** Types of whole numbers that files name, with how many bits they have and whether one of them is the sign. */
const WHOLE = {
  int4: [4, true],
  int8: [8, true],
  int16: [16, true],
  int32: [32, true],
  int64: [64, true],
  uint4: [4, false],
  uint8: [8, false],
  uint16: [16, false],
  uint32: [32, false],
  uint64: [64, false],
} as const;

/** `real` stands for all floating types: the graph's numbers are float32 whatever the file's were. */
export type NumberType = 'real' | 'bool' | keyof typeof WHOLE;

/** By the name that frameworks give it: `float16`, `bool`, `uint8`. @throws NotExpressible for what holds no numbers */
export function numberType(name: string): NumberType {
  if (/^b?float(16|32|64)?$|^half$|^double$/.test(name)) return 'real';
  if (name === 'bool' || Object.hasOwn(WHOLE, name)) return name as NumberType;
  throw new NotExpressible(`a conversion to ${name}`);
}

/** Whole numbers up to here are exact in an array of the file's constants. */
const EXACT = Number.MAX_SAFE_INTEGER;

/**
 * As C and numpy convert: towards zero, then the lowest bits of what the type cannot hold; truth is what is not 0.
 * Whole numbers stay whole, so that no path starts at what was only converted.
 *
 * Values that vary are taken to fit in 32 bits, as float32 holds no more: those that are narrower are wrapped.
 */
export function converted(to: Assembly, x: Tensor, type: NumberType): Tensor {
  if (isArray(x)) {
    if (type === 'real') return host.converted(x, false);
    if (type === 'bool') return host.mapped(x, (each) => Number(each !== 0), true);
    const [bits, signed] = WHOLE[type];
    return host.mapped(x, (each) => wrappedNumber(Math.trunc(each), bits, signed), true);
  }
  const { dtype } = to.builder.at(x.id);
  if (type === 'real') return dtype === 'float32' ? x : to.unary('identity', x, {}, null);
  if (type === 'bool') return dtype === 'bool' ? x : negated(to, negated(to, x));
  // Truth is 0 and 1, which are summed as numbers from here on.
  if (dtype === 'bool') return to.asWhole(() => to.unary('identity', x, {}, null));
  const [bits, signed] = WHOLE[type];
  if (dtype === 'float32') return bits < 32 ? wrapped(to, truncated(to, x), bits, signed) : truncated(to, x);
  return bits < 32 ? to.asWhole(() => wrapped(to, x, bits, signed)) : x;
}

function wrappedNumber(value: number, bits: number, signed: boolean): number {
  if (Number.isNaN(value)) return 0;
  if (bits === 64 || Math.abs(value) > EXACT) return value;
  const span = 2 ** bits;
  const low = signed ? span / 2 : 0;
  return value - span * Math.floor((value + low) / span);
}

/** x − 2ᵇ · ⌊(x + low) / 2ᵇ⌋ */
function wrapped(to: Assembly, x: Tensor, bits: number, signed: boolean): Tensor {
  const span = 2 ** bits;
  const raised = signed ? to.binary('add', x, host.scalar(span / 2)) : x;
  const turns = to.unary('floor', to.binary('mul', raised, host.scalar(1 / span)), {}, Math.floor);
  return to.binary('sub', x, to.binary('mul', turns, host.scalar(span)));
}
