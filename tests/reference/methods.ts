/**
 * Every path method, literally, in float64, on a net small enough to differentiate by hand:
 *   base = tanh(A x),  gate = σ(C base),  hidden = relu(B base),  mix = hidden · gate,  out = D mix.
 * Slow and plain: each formula is written as its paper has it, layer by layer, point by point.
 */
export type Vector = readonly number[];
type Matrix = readonly Vector[];
/** Activations, or what belongs to them, by layer. */
export type Layers = Readonly<Record<'x' | 'base' | 'hidden' | 'gate' | 'mix' | 'out', Vector>>;
export const LAYERS = ['x', 'base', 'hidden', 'gate', 'mix', 'out'] as const;
export type Start = 'x' | 'base';

/** Rows are outputs. */
export interface Net {
  readonly A: Matrix;
  readonly B: Matrix;
  readonly C: Matrix;
  readonly D: Matrix;
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const times = (W: Matrix, x: Vector): number[] => W.map((row) => dot(row, x));
const transposed = (W: Matrix): number[][] => W[0]!.map((_, column) => W.map((row) => row[column]!));
const zip = (a: Vector, b: Vector, f: (a: number, b: number) => number): number[] =>
  a.map((value, i) => f(value, b[i]!));
const sum = (a: Vector, b: Vector): number[] => zip(a, b, (p, q) => p + q);
const product = (a: Vector, b: Vector): number[] => zip(a, b, (p, q) => p * q);
const difference = (a: Vector, b: Vector): number[] => zip(a, b, (p, q) => p - q);
const scaled = (a: Vector, by: number): number[] => a.map((value) => value * by);
const perLayer = (f: (layer: keyof Layers) => Vector): Layers =>
  Object.fromEntries(LAYERS.map((layer) => [layer, f(layer)])) as unknown as Layers;

/** All activations and the values before the three nonlinearities. */
interface Point extends Layers {
  readonly before: { readonly base: Vector; readonly hidden: Vector; readonly gate: Vector };
}

/** @param start which layer `value` is given for; from `base`, x is left out of account */
function pointAt(net: Net, start: Start, value: Vector): Point {
  const x = start === 'x' ? value : scaled(net.A[0]!, 0);
  const beforeBase = times(net.A, x);
  const base = start === 'x' ? beforeBase.map(Math.tanh) : value;
  const before = { base: beforeBase, hidden: times(net.B, base), gate: times(net.C, base) };
  const hidden = before.hidden.map((z) => Math.max(z, 0));
  const gate = before.gate.map((z) => 1 / (1 + Math.exp(-z)));
  const mix = product(hidden, gate);
  return { x, base, hidden, gate, mix, out: times(net.D, mix), before };
}

/** What every nonlinearity and the product pass on: their derivatives at a point, or their slopes over a segment. */
interface Local {
  readonly base: Vector;
  readonly hidden: Vector;
  readonly gate: Vector;
  readonly mixByHidden: Vector;
  readonly mixByGate: Vector;
}

/** The chain rule, backwards from `seed` at out. */
function backwards(net: Net, local: Local, seed: Vector): Layers {
  const mix = times(transposed(net.D), seed);
  const hidden = product(mix, local.mixByHidden);
  const gate = product(mix, local.mixByGate);
  const base = sum(
    times(transposed(net.B), product(hidden, local.hidden)),
    times(transposed(net.C), product(gate, local.gate)),
  );
  return { out: seed, mix, hidden, gate, base, x: times(transposed(net.A), product(base, local.base)) };
}

const gradient = (net: Net, at: Point, seed: Vector): Layers =>
  backwards(
    net,
    {
      base: at.base.map((y) => 1 - y * y),
      hidden: at.before.hidden.map((z) => (z > 0 ? 1 : 0)),
      gate: at.gate.map((y) => y * (1 - y)),
      mixByHidden: at.gate,
      mixByGate: at.hidden,
    },
    seed,
  );

/** DeepLIFT's Rescale (arXiv 1704.02685, equation 10): Δout / Δin; a product passes the other factor's midpoint. */
function multipliers(net: Net, a: Point, b: Point, seed: Vector): Layers {
  const slope = (layer: 'base' | 'hidden' | 'gate'): number[] =>
    zip(difference(b[layer], a[layer]), difference(b.before[layer], a.before[layer]), (out, into) => out / into);
  const middle = (layer: 'hidden' | 'gate'): number[] => scaled(sum(a[layer], b[layer]), 0.5);
  const local = { base: slope('base'), hidden: slope('hidden'), gate: slope('gate') };
  return backwards(net, { ...local, mixByHidden: middle('gate'), mixByGate: middle('hidden') }, seed);
}

export type TwinMethod =
  'secant' | 'right' | 'left' | 'trapezoid' | 'rescale' | 'gradient-difference' | 'internal-influence';

/**
 * Contributions of every layer along the straight path between two values of the start layer.
 * @param seed how F is made of out: F = seed · out
 */
export function contributions(
  net: Net,
  method: TwinMethod,
  steps: number,
  path: { readonly start: Start; readonly from: Vector; readonly to: Vector },
  seed: Vector,
): Layers {
  const n = method === 'rescale' || method === 'gradient-difference' ? 1 : steps;
  const points = Array.from({ length: n + 1 }, (_, k) =>
    pointAt(
      net,
      path.start,
      zip(path.from, path.to, (from, to) => from + (k / n) * (to - from)),
    ),
  );
  const gradients = points.map((point) => gradient(net, point, seed));
  const segment = (k: number, layer: keyof Layers): Vector => {
    const moved = difference(points[k]![layer], points[k - 1]![layer]);
    const [g0, g1] = [gradients[k - 1]![layer], gradients[k]![layer]];
    const mean = scaled(sum(g0, g1), 0.5);
    switch (method) {
      case 'secant':
      case 'rescale':
        return product(multipliers(net, points[k - 1]!, points[k]!, seed)[layer], moved);
      case 'right': // arXiv 1807.09946: the later point's gradient; with one step, gradient × difference
      case 'gradient-difference':
        return product(g1, moved);
      case 'left':
        return product(g0, moved);
      case 'trapezoid':
        return product(mean, moved);
      case 'internal-influence': // arXiv 1802.03788: the mean gradient along the path
        return scaled(mean, 1 / n);
    }
  };
  return perLayer((layer) =>
    Array.from({ length: n }, (_, step) => segment(step + 1, layer)).reduce<Vector>(sum, scaled(points[0]![layer], 0)),
  );
}

/** The base layer's value at an input. */
export const baseAt = (net: Net, x: Vector): Vector => pointAt(net, 'x', x).base;
