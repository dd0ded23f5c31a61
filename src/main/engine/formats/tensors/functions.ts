/** Functions of one number, for constants that exporters leave to be computed. */
export const functions: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  abs: Math.abs,
  neg: (x) => -x,
  sin: Math.sin,
  cos: Math.cos,
  atan: Math.atan,
  sign: Math.sign,
  floor: Math.floor,
  /** Half to even. */
  round: (x) => {
    const down = Math.floor(x);
    return x - down === 0.5 ? down + (down % 2) : Math.round(x);
  },
};

/** Ops of one value and no parameters, under the names that ONNX and TensorFlow share. */
export const PLAIN = {
  Relu: 'relu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Exp: 'exp',
  Log: 'log',
  Log1p: 'log1p',
  Sqrt: 'sqrt',
  Rsqrt: 'rsqrt',
  Reciprocal: 'reciprocal',
  Inv: 'reciprocal',
  Square: 'square',
  Abs: 'abs',
  Neg: 'neg',
  Erf: 'erf',
  Sin: 'sin',
  Cos: 'cos',
  Atan: 'atan',
  Sign: 'sign',
  Floor: 'floor',
  Round: 'round',
  Rint: 'round',
  Mish: 'mish',
} as const;
