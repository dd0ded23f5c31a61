/** Products with matrices and with a scale per channel. */
import { written } from '../../../../contract/words/shape';
import type { Shape, Size } from '../values';
import { broadcast, fail } from '../shapes';
import { besideConstant, op, scaledShape } from './row';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product(a: Shape, b: Shape, fixed: boolean, { transposeA, transposeB }: Transposes): Size[] {
  if (a.length < 1 || b.length < 2 || (!fixed && a.length < 2))
    fail(`shapes ${written(a)} and ${written(b)} cannot be multiplied as matrices`);
  const left = transposeA ? swapped(a) : [...a];
  const right = transposeB ? swapped(b) : [...b];
  const inner = left.at(-1)!;
  const rows = right.at(-2)!;
  if (inner !== null && rows !== null && inner !== rows)
    fail(`${written(a)} and ${written(b)} cannot be multiplied: ${inner} is not ${rows}`);
  if (fixed && b.length === 2) return [...left.slice(0, -1), right.at(-1)!];
  const leading = broadcast(left.slice(0, -2), right.slice(0, -2));
  return [...leading, left.at(-2)!, right.at(-1)!];
}
const swapped = (shape: Shape): Size[] => {
  if (shape.length < 2) fail(`shape ${written(shape)} has no two axes to swap`);
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
};

export const matrices = {
  /** Inputs: x [..., K], y. y constant [K, M] → [..., M]; both varying: [..., I, K] · [..., K, J] over equal leading axes. */
  matmul: op<Transposes>({
    shape: ([a, b], attributes) => product(a!.shape, b!.shape, b!.constant !== null, attributes),
    passing: 'weighted',
    reads: besideConstant,
  }),
  /** Inputs: x, constant scale, constant offset, per channel (last axis): inference batch norm, rescaling, normalisation. */
  affine: op({ shape: scaledShape, passing: 'scaled', reads: 'shapes' }),
};
