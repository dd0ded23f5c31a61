/**
 * The activations that end classifiers, found as one op or written out in pieces: by the exponentials, sums and quotients that
 * exporters make of them, in the forms of TensorFlow, PyTorch, JAX and Keras. Pure: a graph in, what was recognised out.
 */
import type { FinalActivation } from '../../../contract/attribution';
import { sizeOf, type Graph, type Node, type Shape, type ValueId } from './graph';
import {
  broadcastPlaces,
  flatOf,
  movedFrom,
  moves,
  placesAlong,
  type Place,
  type Producers,
  type ShapeOf,
} from './moved';
import type { OpAttributes, OpName } from './ops';

export interface Final {
  readonly kind: FinalActivation;
  /** What it is taken of, element by element in the same order; of a softmax, up to what all of its group share. */
  readonly before: ValueId;
  /** Whether it is taken of −before. */
  readonly negated: boolean;
}

/** Nodes that are looked at to find out whether two values are one: what exporters write twice is short. */
const MOST_COMPARED = 256;
/** How many forms within forms are looked through, and copies and reshapings in a row. Bounds for what no exporter writes. */
const DEEPEST = 4;
const LONGEST_ROW = 64;
/** Elements for which it is looked up whether a sum meets its own terms. */
const MOST_LOOKED_UP = 97;
/** What is added to a sum, or taken at the least, so that nothing is divided by zero. */
const TINY = 1e-4;

const OWN: { readonly [Op in OpName]?: FinalActivation } = {
  softmax: 'softmax',
  logSoftmax: 'logSoftmax',
  sparsemax: 'sparsemax',
  sigmoid: 'sigmoid',
  logSigmoid: 'logSigmoid',
  hardSigmoid: 'hardSigmoid',
  sparseSigmoid: 'hardSigmoid',
};

export class Finals {
  constructor(
    private readonly graph: Graph,
    private readonly producers: Producers,
  ) {}

  /** The final activation whose output a value is; null where it is none's. */
  at(value: ValueId): Final | null {
    return this.#within(value, DEEPEST);
  }

  #within(value: ValueId, depth: number): Final | null {
    const id = this.#still(value);
    const node = this.producers.get(id);
    if (!node || depth === 0) return null;
    const own = OWN[node.op];
    if (own) return this.#one(own, node);
    return (
      this.#sigmoid(id) ?? this.#softmax(id) ?? this.#logarithm(id, depth - 1) ?? this.#chosen(node, depth - 1) ?? null
    );
  }

  /** What a value is one minus of. */
  complementOf(value: ValueId): ValueId | null {
    const id = this.#still(value);
    const affine = this.#affine(id, -1, 1);
    if (affine !== null) return affine;
    const taken = this.#minus(id);
    return taken && this.#number(taken[0]) === 1 ? taken[1] : null;
  }

  // ------------------------------------------------------------ one op

  #one(kind: FinalActivation, node: Node): Final {
    const x = node.inputs[0]!;
    if (node.op !== 'softmax' && node.op !== 'logSoftmax') return { kind, before: x, negated: false };
    return { kind, before: this.#unshifted(x, [(node.attributes as OpAttributes['softmax']).axis]), negated: false };
  }

  // ------------------------------------------------------------ sigmoid

  /** 1/(1 + e^−z), e^z/(1 + e^z), ½(1 + tanh(z/2)), e^−softplus(−z). */
  #sigmoid(id: ValueId): Final | null {
    const over = this.#quotient(id);
    if (over) {
      const exponent = this.#onePlusExp(over[1]);
      if (exponent !== null && this.#isOne(over[0])) return this.#signed('sigmoid', exponent, true);
      const above = this.#exponent(over[0]);
      if (exponent !== null && above !== null && this.#same(exponent, above))
        return this.#signed('sigmoid', exponent, false);
    }
    const bent = this.#halfPlusHalf(id);
    if (bent !== null) {
      const inner = this.#input(bent, 'tanh');
      return inner === null ? null : this.#signed('sigmoid', this.#scaled(inner, 0.5) ?? inner, false);
    }
    const exponent = this.#exponent(id);
    return exponent === null ? null : this.#as('sigmoid', this.#logSigmoid(exponent));
  }

  /** −softplus(−z), and the logarithm of a sigmoid. */
  #logSigmoid(id: ValueId): Final | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'logSigmoid') return this.#signed('logSigmoid', node.inputs[0]!, false);
    const negative = this.#negative(id);
    const soft = negative === null ? null : this.#softplus(negative);
    return soft === null ? null : this.#signed('logSigmoid', soft, true);
  }

  /** softplus(x): as one op, log(1 + e^x), log1p(e^x), max(x, 0) + log1p(e^−|x|). */
  #softplus(id: ValueId): ValueId | null {
    const own = this.#input(id, 'softplus');
    if (own !== null) return own;
    const plain = this.#logOnePlusExp(id);
    if (plain !== null) return plain;
    const [rest, positive] = this.#either(id, 'add', (each) => this.#logOnePlusExp(each) !== null) ?? [];
    if (rest === undefined) return null;
    const magnitude = this.#negative(this.#logOnePlusExp(rest)!);
    const x = magnitude === null ? null : this.#input(magnitude, 'abs');
    const upper = this.#input(positive!, 'relu') ?? this.#either(positive!, 'maximum', (each) => this.#number(each) === 0)?.[1]; // prettier-ignore
    return x !== null && upper !== undefined && this.#same(x, upper) ? x : null;
  }

  #logOnePlusExp(id: ValueId): ValueId | null {
    const log1p = this.#input(id, 'log1p');
    if (log1p !== null) return this.#exponent(log1p);
    const log = this.#input(id, 'log');
    return log === null ? null : this.#onePlusExp(log);
  }

  // ------------------------------------------------------------ softmax

  /** e^(z − m) / Σ e^(z − m), e^log-softmax, and z − m − log Σ e^(z − m), with or without m. */
  #softmax(id: ValueId): Final | null {
    const over = this.#quotient(id);
    if (over) {
      const above = this.#exponent(over[0]);
      const sum = above === null ? null : this.#sumOfExp(over[1]);
      return above !== null && sum && this.#same(above, sum.exponent)
        ? this.#grouped('softmax', above, sum.axes)
        : null;
    }
    const exponent = this.#exponent(id);
    return this.#logSoftmax(exponent ?? id, exponent === null ? 'logSoftmax' : 'softmax');
  }

  #logSoftmax(id: ValueId, kind: FinalActivation): Final | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'logSoftmax') return { ...this.#one(kind, node), kind };
    const taken = this.#minus(id);
    if (!taken) return null;
    const [a, b] = taken;
    // (z − m) − log Σ e^(z − m)
    const plain = this.#logSumExp(b);
    if (plain) return this.#same(a, plain.exponent) ? this.#grouped(kind, a, plain.axes) : null;
    // z − (m + log Σ e^(z − m))
    const joined = this.#either(b, 'add', (each) => this.#logSumExp(each) !== null);
    if (joined) {
      const { exponent, axes } = this.#logSumExp(joined[0])!;
      const shifted = this.#minus(exponent);
      const whole = shifted && this.#same(a, shifted[0]) && this.#same(this.#bare(joined[1]), this.#bare(shifted[1]));
      return whole ? this.#grouped(kind, exponent, axes) : null;
    }
    // (z − log Σ e^(z − m)) − m
    const inner = this.#minus(a);
    const late = inner && this.#logSumExp(inner[1]);
    const shifted = late ? this.#minus(late.exponent) : null;
    return late && shifted && this.#same(inner[0], shifted[0]) && this.#same(this.#bare(b), this.#bare(shifted[1]))
      ? this.#grouped(kind, late.exponent, late.axes)
      : null;
  }

  #grouped = (kind: FinalActivation, exponent: ValueId, axes: readonly number[]): Final => ({
    kind,
    before: this.#unshifted(exponent, axes),
    negated: false,
  });

  /**
   * z of z − m, where m is made of the maxima of z and is one number for each group: softmax is the same of both, but only z is what
   * the model says of each class.
   */
  #unshifted(id: ValueId, axes: readonly number[]): ValueId {
    const taken = this.#minus(id);
    if (!taken) return id;
    const [z, m] = taken;
    const { shape } = this.graph.values[id]!;
    const reduction = this.#reductionOf(m, 'max');
    if (!reduction || this.graph.values[z]!.shape.join() !== shape.join()) return id;
    const { axes: over } = reduction.attributes as OpAttributes['max'];
    const isShared = axes.every((axis) => over.includes(axis)) && this.#meets(reduction, m, shape);
    return isShared && this.#same(this.#bare(reduction.inputs[0]!), this.#bare(z)) ? z : id;
  }

  /** log Σ e^x: in pieces, or as x − log-softmax(x) of any one of the group. */
  #logSumExp(id: ValueId): { readonly exponent: ValueId; readonly axes: readonly number[] } | null {
    const bare = this.#bare(id);
    const log = this.#input(bare, 'log');
    if (log !== null) return this.#sumOfExp(log, id);
    const [one, other] = (this.#minus(bare) ?? []).map((each) => this.producers.get(this.#still(each)));
    if (one?.op !== 'slice' || other?.op !== 'slice') return null;
    const whole = this.producers.get(this.#still(other.inputs[0]!));
    if (whole?.op !== 'logSoftmax' || !this.#same(whole.inputs[0]!, one.inputs[0]!)) return null;
    if (JSON.stringify(one.attributes) !== JSON.stringify(other.attributes)) return null;
    const { axis } = whole.attributes as OpAttributes['logSoftmax'];
    const { shape } = this.graph.values[whole.output]!;
    const kept = shape.map((size, each) => (each === axis ? 1 : size));
    const met = this.graph.values[bare]!.shape;
    return kept.join() === met.join() ? { exponent: one.inputs[0]!, axes: [axis] } : null;
  }

  /** @param met the value as it meets what it is taken of: sums along one axis must not be met along another */
  #sumOfExp(id: ValueId, met = id): { readonly exponent: ValueId; readonly axes: readonly number[] } | null {
    const sum = this.#reductionOf(id, 'sum');
    if (!sum) return null;
    const terms = sum.inputs[0]!;
    const exponent = this.#exponent(terms);
    if (exponent === null || !this.#meets(sum, met, this.graph.values[terms]!.shape)) return null;
    return { exponent, axes: (sum.attributes as OpAttributes['sum']).axes };
  }

  /** The maxima or sums that a value is made of: spread, shaped anew, kept from zero or from infinities. */
  #reductionOf(id: ValueId, op: 'max' | 'sum'): Node | null {
    for (let [at, row] = [id, 0]; row < LONGEST_ROW; row++) {
      const node = this.producers.get(at);
      if (!node) return null;
      if (node.op === op) return node;
      const next = this.#guarded(node, op) ?? (moves(this.graph, node) ? node.inputs[0]! : null);
      if (next === null) return null;
      at = next;
    }
    return null;
  }

  /** What a guard lets through as it is: against division by zero, or against maxima that are not finite. */
  #guarded({ op, inputs, output, attributes }: Node, of: 'max' | 'sum'): ValueId | null {
    const varying = (op === 'select' ? inputs.slice(1) : inputs).filter((id) => !this.graph.values[id]!.constant);
    const [only] = varying;
    if (varying.length !== 1 || this.graph.values[only!]!.shape.join() !== this.graph.values[output]!.shape.join())
      return null;
    if (of === 'max') return ['maximum', 'minimum', 'select', 'clip'].includes(op) ? only! : null;
    if (op === 'log') return only!;
    if (op === 'clip') {
      const { min, max } = attributes as OpAttributes['clip'];
      return min <= TINY && max >= 1 / TINY ? only! : null;
    }
    const isTiny = (id: ValueId): boolean => Math.abs(this.#number(id) ?? 1) <= TINY;
    return (op === 'add' || op === 'maximum') && inputs.some(isTiny) ? only! : null;
  }

  /**
   * Whether a reduction's numbers, spread and moved about as they are, meet the elements that they were taken of: looked up for some
   * of them. Where sizes are free, by the shape that a reduction which keeps its axes would have.
   * @param met what is made of the reduction's numbers, as it is broadcast to `shape`
   */
  #meets(reduction: Node, met: ValueId, shape: Shape): boolean {
    const { axes } = reduction.attributes as OpAttributes['max'];
    const op = reduction.op as 'max' | 'sum';
    const given = this.graph.values[reduction.inputs[0]!]!.shape;
    const steps: ValueId[] = [met];
    for (let id = met; id !== reduction.output; steps.push(id)) {
      const node = this.producers.get(id)!;
      id = this.#guarded(node, op) ?? node.inputs[0]!;
    }
    const shapeOf: ShapeOf = (id) => this.graph.values[id]!.shape as readonly number[];
    if (given.includes(null) || steps.some((id) => this.graph.values[id]!.shape.includes(null))) {
      const kept = given.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const inner = (sizes: Shape): string => sizes.join().replace(/^(1,)+/, '');
      return inner(kept) === inner(this.graph.values[this.#bare(met, ['identity', 'tile', 'repeat'])]!.shape);
    }
    const whole = shape as readonly number[];
    const size = sizeOf(whole);
    const own = shapeOf(reduction.output);
    for (let index = 0; index < size; index += Math.max(1, Math.floor(size / MOST_LOOKED_UP))) {
      const places = placesAlong(index, whole);
      const wanted = places.flatMap((place, axis) => (axes.includes(axis) ? (own.length === whole.length ? [0] : []) : [place])); // prettier-ignore
      let at: Place | null = { value: met, index: flatOf(broadcastPlaces(places, shapeOf(met)), shapeOf(met)) };
      while (at && at.value !== reduction.output) {
        const node: Node = this.producers.get(at.value)!;
        const guarded = this.#guarded(node, op);
        at = guarded === null ? movedFrom(this.graph, node, at.index, shapeOf) : { value: guarded, index: at.index };
      }
      if (at?.index !== flatOf(wanted, own)) return false;
    }
    return true;
  }

  // ------------------------------------------------------------ either

  #logarithm(id: ValueId, depth: number): Final | null {
    const of = this.#input(id, 'log');
    const final = of === null ? this.#logSigmoid(id) : this.#within(of, depth);
    if (of === null || !final) return final;
    if (final.kind === 'softmax') return { ...final, kind: 'logSoftmax' };
    return final.kind === 'sigmoid' ? { ...final, kind: 'logSigmoid' } : null;
  }

  /** The same activation in two forms, each where it is accurate: `where(z ≥ 0, 1/(1 + e^−z), e^z/(1 + e^z))`. */
  #chosen({ op, inputs }: Node, depth: number): Final | null {
    if (op !== 'select') return null;
    const [one, other] = inputs.slice(1).map((id) => this.#within(id, depth)) as [Final | null, Final | null];
    if (!one || !other || one.kind !== other.kind) return null;
    if (one.negated === other.negated && this.#same(one.before, other.before)) return one;
    // e^−|z| in both: |z| where z is positive, −|z| where it is not.
    const magnitude = this.#input(one.before, 'abs');
    if (magnitude === null || one.negated || !this.#same(one.before, other.before)) return null;
    const condition = this.producers.get(this.#still(inputs[0]!));
    const positive = condition?.op === 'greater' || condition?.op === 'greaterEqual';
    return positive && this.#same(condition.inputs[0]!, magnitude) && this.#number(condition.inputs[1]!) === 0
      ? { ...one, before: magnitude }
      : null;
  }

  #as = (kind: FinalActivation, final: Final | null): Final | null => final && { ...final, kind };

  #signed(kind: FinalActivation, value: ValueId, negated: boolean): Final {
    const opposite = this.#negative(value);
    return opposite === null ? { kind, before: value, negated } : { kind, before: opposite, negated: !negated };
  }

  // ------------------------------------------------------------ pieces

  /** The value itself, without copies of it. */
  #still = (id: ValueId): ValueId => this.#bare(id, ['identity']);

  /** Without what only spreads it or shapes it anew. */
  #bare(id: ValueId, ops: readonly OpName[] = ['identity', 'reshape', 'tile', 'repeat']): ValueId {
    let bare = id;
    for (let row = 0; row < LONGEST_ROW; row++) {
      const node = this.producers.get(bare);
      if (!node || !ops.includes(node.op)) break;
      bare = node.inputs[0]!;
    }
    return bare;
  }

  /** The first input of a value that this op gives. */
  #input(id: ValueId, op: OpName): ValueId | null {
    const node = this.producers.get(this.#still(id));
    return node?.op === op ? node.inputs[0]! : null;
  }

  /** A constant that is one number throughout. */
  #number(id: ValueId): number | null {
    const data = this.graph.values[this.#bare(id)]!.constant?.data;
    const first = data?.[0];
    return first !== undefined && data!.every((each) => each === first) ? first : null;
  }

  /** The inputs of an op that takes them in any order: the one that `is` holds for, and the other. */
  #either(id: ValueId, op: OpName, is: (each: ValueId) => boolean): readonly [ValueId, ValueId] | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op !== op) return null;
    const [a, b] = node.inputs as [ValueId, ValueId];
    return is(a) ? [a, b] : is(b) ? [b, a] : null;
  }

  /** x of scale · x + offset, as one op. */
  #affine(id: ValueId, scale: number, offset: number): ValueId | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op !== 'affine') return null;
    const [x, by, plus] = node.inputs as [ValueId, ValueId, ValueId];
    return this.#number(by) === scale && this.#number(plus) === offset ? x : null;
  }

  /** x of factor · x. */
  #scaled(id: ValueId, factor: number): ValueId | null {
    const times = this.#either(id, 'mul', (each) => this.#number(each) === factor);
    if (times) return times[1];
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'div' && this.#number(node.inputs[1]!) === 1 / factor) return node.inputs[0]!;
    return this.#affine(id, factor, 0);
  }

  /** x of −x. */
  #negative(id: ValueId): ValueId | null {
    const own = this.#input(id, 'neg') ?? this.#scaled(id, -1);
    if (own !== null) return own;
    const node = this.producers.get(this.#still(id));
    return node?.op === 'sub' && this.#number(node.inputs[0]!) === 0 ? node.inputs[1]! : null;
  }

  /** a and b of a − b. */
  #minus(id: ValueId): readonly [ValueId, ValueId] | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'sub') return [node.inputs[0]!, node.inputs[1]!];
    const added = this.#either(id, 'add', (each) => this.#negative(each) !== null);
    return added && [added[1], this.#negative(added[0])!];
  }

  /** a and b of a / b. */
  #quotient(id: ValueId): readonly [ValueId | 'one', ValueId] | null {
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'div') return [node.inputs[0]!, node.inputs[1]!];
    const whole = this.#inverse(id);
    if (whole !== null) return ['one', whole];
    const product = this.#either(id, 'mul', (each) => this.#inverse(this.#bare(each)) !== null);
    return product && [product[1], this.#inverse(this.#bare(product[0]))!];
  }

  /** x of 1/x. */
  #inverse(id: ValueId): ValueId | null {
    const own = this.#input(id, 'reciprocal') ?? this.#input(id, 'reciprocalOrZero');
    if (own !== null) return own;
    const node = this.producers.get(this.#still(id));
    if (node?.op === 'pow' && (node.attributes as OpAttributes['pow']).exponent === -1) return node.inputs[0]!;
    if (node?.op === 'power' && this.#number(node.inputs[1]!) === -1) return node.inputs[0]!;
    return node?.op === 'div' && this.#number(node.inputs[0]!) === 1 ? node.inputs[1]! : null;
  }

  #isOne = (id: ValueId | 'one'): boolean => id === 'one' || this.#number(id) === 1;

  #exponent = (id: ValueId | 'one'): ValueId | null => (id === 'one' ? null : this.#input(id, 'exp'));

  /** x of 1 + e^x. */
  #onePlusExp(id: ValueId): ValueId | null {
    const added = this.#either(id, 'add', (each) => this.#number(each) === 1);
    return added ? this.#exponent(added[1]) : null;
  }

  /** x of ½ + ½x or ½(1 + x). */
  #halfPlusHalf(id: ValueId): ValueId | null {
    const own = this.#affine(id, 0.5, 0.5);
    if (own !== null) return own;
    const outer = this.#either(id, 'add', (each) => this.#number(each) === 0.5);
    if (outer) return this.#scaled(outer[1], 0.5);
    const inner = this.#scaled(id, 0.5);
    return inner === null ? null : (this.#either(inner, 'add', (each) => this.#number(each) === 1)?.[1] ?? null);
  }

  /** Whether two values are one, or the same ops of the same. */
  #same(a: ValueId, b: ValueId, looked = { at: 0 }): boolean {
    const [one, other] = [this.#still(a), this.#still(b)];
    if (one === other) return true;
    if (++looked.at > MOST_COMPARED) return false;
    const [first, second] = [this.producers.get(one), this.producers.get(other)];
    if (!first || !second) {
      const [x, y] = [this.#number(one), this.#number(other)];
      return x !== null && x === y;
    }
    return (
      first.op === second.op &&
      first.inputs.length === second.inputs.length &&
      JSON.stringify(first.attributes) === JSON.stringify(second.attributes) &&
      first.inputs.every((id, place) => this.#same(id, second.inputs[place]!, looked))
    );
  }
}
