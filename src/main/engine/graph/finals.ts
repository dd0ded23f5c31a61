/**
 * The activations that end classifiers, found as one op or written out in pieces: by the exponentials, sums and quotients that
 * exporters make of them, in the forms of TensorFlow, PyTorch, JAX and Keras. Pure: a graph in, what was recognised out.
 */
import type { FinalActivation } from '../../../contract/attribution';
import { sizeOf, type Node, type Shape, type ValueId } from './graph';
import { broadcastPlaces, flatOf, movedFrom, moves, placesAlong, type Place, type ShapeOf } from './moved';
import type { OpAttributes, OpName } from './ops';
import { LONGEST_ROW, Pieces } from './pieces';

export interface Final {
  readonly kind: FinalActivation;
  /** What it is taken of, element by element in the same order; of a softmax, up to what all of its group share. */
  readonly before: ValueId;
  /** Whether it is taken of −before. */
  readonly negated: boolean;
}

/** How many forms within forms are looked through. A bound for what no exporter writes. */
const DEEPEST = 4;
/** Elements for which it is looked up whether a sum meets its own terms. */
const MOST_LOOKED_UP = 97;
/** What is added to a sum, or taken at the least, so that nothing is divided by zero. */
const TINY = 1e-4;

/** Of numbers that a file rounds: 1/6. */
const isNear = (value: number, meant: number): boolean => Math.abs(value - meant) <= 1e-5 * meant;

const OWN: { readonly [Op in OpName]?: FinalActivation } = {
  softmax: 'softmax',
  logSoftmax: 'logSoftmax',
  sparsemax: 'sparsemax',
  sigmoid: 'sigmoid',
  logSigmoid: 'logSigmoid',
  hardSigmoid: 'hardSigmoid',
  sparseSigmoid: 'hardSigmoid',
};

export class Finals extends Pieces {
  /** The final activation whose output a value is; null where it is none's. */
  at(value: ValueId): Final | null {
    return this.#within(value, DEEPEST);
  }

  #within(value: ValueId, depth: number): Final | null {
    const id = this.still(value);
    const node = this.producers.get(id);
    if (!node || depth === 0) return null;
    const own = OWN[node.op];
    if (own) return this.#one(own, node);
    return (
      this.#sigmoid(id) ??
      this.#hardSigmoid(id) ??
      this.#softmax(id) ??
      this.#logarithm(id, depth - 1) ??
      this.#chosen(node, depth - 1) ??
      null
    );
  }

  /** What a value is one minus of. */
  complementOf(value: ValueId): ValueId | null {
    const id = this.still(value);
    const affine = this.affine(id, -1, 1);
    if (affine !== null) return affine;
    const taken = this.minus(id);
    return taken && this.number(taken[0]) === 1 ? taken[1] : null;
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
    const over = this.quotient(id);
    if (over) {
      const exponent = this.onePlusExp(over[1]);
      if (exponent !== null && this.isOne(over[0])) return this.#signed('sigmoid', exponent, true);
      const above = this.exponent(over[0]);
      if (exponent !== null && above !== null && this.same(exponent, above))
        return this.#signed('sigmoid', exponent, false);
    }
    const bent = this.halfPlusHalf(id);
    if (bent !== null) {
      const inner = this.input(bent, 'tanh');
      return inner === null ? null : this.#signed('sigmoid', this.scaled(inner, 0.5) ?? inner, false);
    }
    const exponent = this.exponent(id);
    return exponent === null ? null : this.#as('sigmoid', this.#logSigmoid(exponent));
  }

  /** −softplus(−z), and the logarithm of a sigmoid. */
  #logSigmoid(id: ValueId): Final | null {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'logSigmoid') return this.#signed('logSigmoid', node.inputs[0]!, false);
    const negative = this.negative(id);
    const soft = negative === null ? null : this.#softplus(negative);
    return soft === null ? null : this.#signed('logSigmoid', soft, true);
  }

  /** softplus(x): as one op, log(1 + e^x), log1p(e^x), max(x, 0) + log1p(e^−|x|). */
  #softplus(id: ValueId): ValueId | null {
    const own = this.input(id, 'softplus');
    if (own !== null) return own;
    const plain = this.#logOnePlusExp(id);
    if (plain !== null) return plain;
    const [rest, positive] = this.either(id, 'add', (each) => this.#logOnePlusExp(each) !== null) ?? [];
    if (rest === undefined) return null;
    const magnitude = this.negative(this.#logOnePlusExp(rest)!);
    const x = magnitude === null ? null : this.input(magnitude, 'abs');
    const upper = this.input(positive!, 'relu') ?? this.either(positive!, 'maximum', (each) => this.number(each) === 0)?.[1]; // prettier-ignore
    return x !== null && upper !== undefined && this.same(x, upper) ? x : null;
  }

  #logOnePlusExp(id: ValueId): ValueId | null {
    const log1p = this.input(id, 'log1p');
    if (log1p !== null) return this.exponent(log1p);
    const log = this.input(id, 'log');
    return log === null ? null : this.onePlusExp(log);
  }

  /** slope · z + ½ kept between 0 and 1: a clip of that, or a share of what is kept between 0 and 6. */
  #hardSigmoid(id: ValueId): Final | null {
    const share = this.scaledBy(id);
    const kept = this.keptFromZero(share.of);
    if (!kept || !isNear(share.slope * kept.most, 1)) return null;
    const { of, slope, offset } = this.line(kept.of, share.slope !== 1);
    const rises = share.slope * slope > 0 && isNear(share.slope * offset, 0.5);
    return rises ? { kind: 'hardSigmoid', before: of, negated: false } : null;
  }

  // ------------------------------------------------------------ softmax

  /** e^(z − m) / Σ e^(z − m), e^log-softmax, and z − m − log Σ e^(z − m), with or without m. */
  #softmax(id: ValueId): Final | null {
    const over = this.quotient(id);
    if (over) {
      const above = this.exponent(over[0]);
      const sum = above === null ? null : this.#sumOfExp(over[1]);
      return above !== null && sum && this.same(above, sum.exponent) ? this.#grouped('softmax', above, sum.axes) : null;
    }
    const exponent = this.exponent(id);
    return this.#logSoftmax(exponent ?? id, exponent === null ? 'logSoftmax' : 'softmax');
  }

  #logSoftmax(id: ValueId, kind: FinalActivation): Final | null {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'logSoftmax') return { ...this.#one(kind, node), kind };
    const taken = this.minus(id);
    if (!taken) return null;
    const [a, b] = taken;
    // (z − m) − log Σ e^(z − m)
    const plain = this.#logSumExp(b);
    if (plain) return this.same(a, plain.exponent) ? this.#grouped(kind, a, plain.axes) : null;
    // z − (m + log Σ e^(z − m))
    const joined = this.either(b, 'add', (each) => this.#logSumExp(each) !== null);
    if (joined) {
      const { exponent, axes } = this.#logSumExp(joined[0])!;
      const shifted = this.minus(exponent);
      const whole = shifted && this.same(a, shifted[0]) && this.same(this.bare(joined[1]), this.bare(shifted[1]));
      return whole ? this.#grouped(kind, exponent, axes) : null;
    }
    // (z − log Σ e^(z − m)) − m
    const inner = this.minus(a);
    const late = inner && this.#logSumExp(inner[1]);
    const shifted = late ? this.minus(late.exponent) : null;
    return late && shifted && this.same(inner[0], shifted[0]) && this.same(this.bare(b), this.bare(shifted[1]))
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
    const taken = this.minus(id);
    if (!taken) return id;
    const [z, m] = taken;
    const { shape } = this.graph.values[id]!;
    const reduction = this.#reductionOf(m, 'max');
    if (!reduction || this.graph.values[z]!.shape.join() !== shape.join()) return id;
    const { axes: over } = reduction.attributes as OpAttributes['max'];
    const isShared = axes.every((axis) => over.includes(axis)) && this.#meets(reduction, m, shape);
    return isShared && this.same(this.bare(reduction.inputs[0]!), this.bare(z)) ? z : id;
  }

  /** log Σ e^x: in pieces, or as x − log-softmax(x) of any one of the group. */
  #logSumExp(id: ValueId): { readonly exponent: ValueId; readonly axes: readonly number[] } | null {
    const bare = this.bare(id);
    const log = this.input(bare, 'log');
    if (log !== null) return this.#sumOfExp(log, id);
    const [one, other] = (this.minus(bare) ?? []).map((each) => this.producers.get(this.still(each)));
    if (one?.op !== 'slice' || other?.op !== 'slice') return null;
    const whole = this.producers.get(this.still(other.inputs[0]!));
    if (whole?.op !== 'logSoftmax' || !this.same(whole.inputs[0]!, one.inputs[0]!)) return null;
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
    const exponent = this.exponent(terms);
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
    const isTiny = (id: ValueId): boolean => Math.abs(this.number(id) ?? 1) <= TINY;
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
      return inner(kept) === inner(this.graph.values[this.bare(met, ['identity', 'tile', 'repeat'])]!.shape);
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
    const of = this.input(id, 'log');
    const final = of === null ? this.#logSigmoid(id) : this.#within(this.#keptFromLogZero(of), depth);
    if (of === null || !final) return final;
    if (final.kind === 'softmax') return { ...final, kind: 'logSoftmax' };
    return final.kind === 'sigmoid' ? { ...final, kind: 'logSigmoid' } : null;
  }

  /** A probability without what keeps its logarithm finite. */
  #keptFromLogZero(id: ValueId): ValueId {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'clip') {
      const { min, max } = node.attributes as OpAttributes['clip'];
      return min > 0 && min <= TINY && max >= 1 - TINY ? node.inputs[0]! : id;
    }
    const tiny = (each: ValueId): boolean => Math.abs(this.number(each) ?? 1) <= TINY;
    return (this.either(id, 'add', tiny) ?? this.either(id, 'maximum', tiny))?.[1] ?? id;
  }

  /** The same activation in two forms, each where it is accurate: `where(z ≥ 0, 1/(1 + e^−z), e^z/(1 + e^z))`. */
  #chosen({ op, inputs }: Node, depth: number): Final | null {
    if (op !== 'select') return null;
    const [one, other] = inputs.slice(1).map((id) => this.#within(id, depth)) as [Final | null, Final | null];
    if (!one || !other || one.kind !== other.kind) return null;
    if (one.negated === other.negated && this.same(one.before, other.before)) return one;
    // e^−|z| in both: |z| where z is positive, −|z| where it is not.
    const magnitude = this.input(one.before, 'abs');
    if (magnitude === null || one.negated || !this.same(one.before, other.before)) return null;
    const condition = this.producers.get(this.still(inputs[0]!));
    const positive = condition?.op === 'greater' || condition?.op === 'greaterEqual';
    return positive && this.same(condition.inputs[0]!, magnitude) && this.number(condition.inputs[1]!) === 0
      ? { ...one, before: magnitude }
      : null;
  }

  #as = (kind: FinalActivation, final: Final | null): Final | null => final && { ...final, kind };

  #signed(kind: FinalActivation, value: ValueId, negated: boolean): Final {
    const opposite = this.negative(value);
    return opposite === null ? { kind, before: value, negated } : { kind, before: opposite, negated: !negated };
  }
}
