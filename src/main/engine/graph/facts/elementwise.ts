/** Activations and other functions of one value, element by element. */
import type { Hashed } from '../hashing';
import { kept, op, scaledShape } from './row';

const value = { shape: kept, passing: 'function', reads: 'values' } as const;
const stepped = { ...value, passing: 'jump' } as const;

export const elementwise = {
  relu: op(value),
  /** x ≥ maxValue: maxValue; threshold ≤ x < maxValue: x; else slope · (x − threshold). Keras's ReLU; ReLU6. */
  clippedRelu: op<{ readonly maxValue: number | null; readonly threshold: number; readonly slope: number }>({
    ...value,
    jumps: ({ threshold }) => threshold !== 0,
  }),
  leakyRelu: op<{ readonly slope: number }>(value),
  /** Inputs: x, constant slopes that broadcast to x. */
  prelu: op({ ...value, shape: scaledShape }),
  elu: op<{ readonly alpha: number }>(value),
  selu: op(value),
  celu: op<{ readonly alpha: number }>(value),
  /** x · Φ(x), by the error function. */
  gelu: op(value),
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
  geluTanh: op(value),
  sigmoid: op(value),
  logSigmoid: op(value),
  /** clip(slope · x + offset, 0, 1): Keras 2 has 0.2 and 0.5, Keras 3 has 1/6 and 0.5. */
  hardSigmoid: op<{ readonly slope: number; readonly offset: number }>(value),
  silu: op(value),
  /** x · clip(x/6 + ½, 0, 1). */
  hardSilu: op(value),
  mish: op(value),
  softplus: op(value),
  softsign: op(value),
  tanh: op(value),
  /** x − tanh(x). */
  tanhShrink: op(value),
  /** sign(x) · max(|x| − lambda, 0). */
  softShrink: op<{ readonly lambda: number }>(value),
  /** x where |x| > lambda, else 0. */
  hardShrink: op<{ readonly lambda: number }>(stepped),
  /** x where x > threshold, else value. */
  threshold: op<{ readonly threshold: number; readonly value: number }>(stepped),
  /** ½(x + √(x² + b)). */
  squarePlus: op<{ readonly b: number }>(value),
  /** 0 for x ≤ −1, ¼(x + 1)² for −1 < x < 1, else x. */
  sparsePlus: op(value),
  /** clip(½(x + 1), 0, 1). */
  sparseSigmoid: op(value),
  clip: op<{ readonly min: number; readonly max: number }>(value),
  exp: op(value),
  log: op(value),
  log1p: op(value),
  sqrt: op(value),
  rsqrt: op(value),
  reciprocal: op(value),
  /** 1/x, and 0 at 0: what guarded divisions multiply by. */
  reciprocalOrZero: op(stepped),
  square: op(value),
  pow: op<{ readonly exponent: number }>(value),
  abs: op({ ...value, gives: 'asGiven' }),
  neg: op({ shape: kept, passing: 'scaled', reads: 'shapes', gives: 'asGiven' }),
  erf: op(value),
  sin: op(value),
  cos: op(value),
  tan: op(value),
  asin: op(value),
  acos: op(value),
  atan: op(value),
  sinh: op(value),
  cosh: op(value),
  asinh: op(value),
  acosh: op(value),
  atanh: op(value),
  sign: op({ ...stepped, gives: 'asGiven' }),
  floor: op(stepped),
  /** The bin of a whole number (hashing.ts). */
  hash: op<Hashed>(stepped),
  /** Half to even. `straight`: the steps stand for the line that a path walks in their place (straightened.ts). */
  round: op<{ readonly straight?: boolean }>(stepped),
};
