/** What exporters make numbers of, by small ops: the pieces that final activations are recognised by (`finals.ts`). */
import type { Graph, ValueId } from './graph';
import type { Producers } from './moved';
import type { OpAttributes, OpName } from './ops';

/** Nodes that are looked at to find out whether two values are one: what exporters write twice is short. */
const MOST_COMPARED = 256;
/** Copies and reshapings in a row. A bound for what no exporter writes. */
export const LONGEST_ROW = 64;

interface Line {
  readonly of: ValueId;
  readonly slope: number;
  readonly offset: number;
}
const through = ({ of, slope, offset }: Line, by: number, plus: number): Line => ({
  of,
  slope: by * slope,
  offset: by * offset + plus,
});

export class Pieces {
  constructor(
    protected readonly graph: Graph,
    protected readonly producers: Producers,
  ) {}

  /** The value itself, without copies of it. */
  protected still = (id: ValueId): ValueId => this.bare(id, ['identity']);

  /** Without what only spreads it or shapes it anew. */
  protected bare(id: ValueId, ops: readonly OpName[] = ['identity', 'reshape', 'tile', 'repeat']): ValueId {
    let bare = id;
    for (let row = 0; row < LONGEST_ROW; row++) {
      const node = this.producers.get(bare);
      if (!node || !ops.includes(node.op)) break;
      bare = node.inputs[0]!;
    }
    return bare;
  }

  /** The first input of a value that this op gives. */
  protected input(id: ValueId, op: OpName): ValueId | null {
    const node = this.producers.get(this.still(id));
    return node?.op === op ? node.inputs[0]! : null;
  }

  /** A constant that is one number throughout. */
  protected number(id: ValueId): number | null {
    const data = this.graph.values[this.bare(id)]!.constant?.data;
    const first = data?.[0];
    return first !== undefined && data!.every((each) => each === first) ? first : null;
  }

  /** The inputs of an op that takes them in any order: the one that `is` holds for, and the other. */
  protected either(id: ValueId, op: OpName, is: (each: ValueId) => boolean): readonly [ValueId, ValueId] | null {
    const node = this.producers.get(this.still(id));
    if (node?.op !== op) return null;
    const [a, b] = node.inputs as [ValueId, ValueId];
    return is(a) ? [a, b] : is(b) ? [b, a] : null;
  }

  /** x of scale · x + offset, as one op. */
  protected affine(id: ValueId, scale: number, offset: number): ValueId | null {
    const node = this.producers.get(this.still(id));
    if (node?.op !== 'affine') return null;
    const [x, by, plus] = node.inputs as [ValueId, ValueId, ValueId];
    return this.number(by) === scale && this.number(plus) === offset ? x : null;
  }

  /** x of factor · x. */
  protected scaled(id: ValueId, factor: number): ValueId | null {
    const times = this.either(id, 'mul', (each) => this.number(each) === factor);
    if (times) return times[1];
    const node = this.producers.get(this.still(id));
    if (node?.op === 'div' && this.number(node.inputs[1]!) === 1 / factor) return node.inputs[0]!;
    return this.affine(id, factor, 0);
  }

  /** x of −x. */
  protected negative(id: ValueId): ValueId | null {
    const own = this.input(id, 'neg') ?? this.scaled(id, -1);
    if (own !== null) return own;
    const node = this.producers.get(this.still(id));
    return node?.op === 'sub' && this.number(node.inputs[0]!) === 0 ? node.inputs[1]! : null;
  }

  /** a and b of a − b. */
  protected minus(id: ValueId): readonly [ValueId, ValueId] | null {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'sub') return [node.inputs[0]!, node.inputs[1]!];
    const added = this.either(id, 'add', (each) => this.negative(each) !== null);
    return added && [added[1], this.negative(added[0])!];
  }

  /** a and b of a / b. */
  protected quotient(id: ValueId): readonly [ValueId | 'one', ValueId] | null {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'div') return [node.inputs[0]!, node.inputs[1]!];
    const whole = this.inverse(id);
    if (whole !== null) return ['one', whole];
    const product = this.either(id, 'mul', (each) => this.inverse(this.bare(each)) !== null);
    return product && [product[1], this.inverse(this.bare(product[0]))!];
  }

  /** x of 1/x. */
  private inverse(id: ValueId): ValueId | null {
    const own = this.input(id, 'reciprocal') ?? this.input(id, 'reciprocalOrZero');
    if (own !== null) return own;
    const node = this.producers.get(this.still(id));
    if (node?.op === 'pow' && (node.attributes as OpAttributes['pow']).exponent === -1) return node.inputs[0]!;
    if (node?.op === 'power' && this.number(node.inputs[1]!) === -1) return node.inputs[0]!;
    return node?.op === 'div' && this.number(node.inputs[0]!) === 1 ? node.inputs[1]! : null;
  }

  protected isOne = (id: ValueId | 'one'): boolean => id === 'one' || this.number(id) === 1;

  protected exponent = (id: ValueId | 'one'): ValueId | null => (id === 'one' ? null : this.input(id, 'exp'));

  /** x of 1 + e^x. */
  protected onePlusExp(id: ValueId): ValueId | null {
    const added = this.either(id, 'add', (each) => this.number(each) === 1);
    return added ? this.exponent(added[1]) : null;
  }

  /** x of ½ + ½x or ½(1 + x). */
  protected halfPlusHalf(id: ValueId): ValueId | null {
    const own = this.affine(id, 0.5, 0.5);
    if (own !== null) return own;
    const outer = this.either(id, 'add', (each) => this.number(each) === 0.5);
    if (outer) return this.scaled(outer[1], 0.5);
    const inner = this.scaled(id, 0.5);
    return inner === null ? null : (this.either(inner, 'add', (each) => this.number(each) === 1)?.[1] ?? null);
  }

  /** Whether two values are one, or the same ops of the same. */
  protected same(a: ValueId, b: ValueId, looked = { at: 0 }): boolean {
    const [one, other] = [this.still(a), this.still(b)];
    if (one === other) return true;
    if (++looked.at > MOST_COMPARED) return false;
    const [first, second] = [this.producers.get(one), this.producers.get(other)];
    if (!first || !second) {
      const [x, y] = [this.number(one), this.number(other)];
      return x !== null && x === y;
    }
    return (
      first.op === second.op &&
      first.inputs.length === second.inputs.length &&
      JSON.stringify(first.attributes) === JSON.stringify(second.attributes) &&
      first.inputs.every((id, place) => this.same(id, second.inputs[place]!, looked))
    );
  }

  /** What is kept between 0 and a number, and that number: by one op, or by two in either order. */
  protected keptFromZero(id: ValueId): { readonly of: ValueId; readonly most: number } | null {
    const node = this.producers.get(this.still(id));
    if (node?.op === 'clip') {
      const { min, max } = node.attributes as OpAttributes['clip'];
      return min === 0 ? { of: node.inputs[0]!, most: max } : null;
    }
    if (node?.op === 'clippedRelu') {
      const { maxValue, threshold, slope } = node.attributes as OpAttributes['clippedRelu'];
      return maxValue !== null && threshold === 0 && slope === 0 ? { of: node.inputs[0]!, most: maxValue } : null;
    }
    const most = (each: ValueId): boolean => (this.number(each) ?? 0) > 0;
    const above = (each: ValueId): ValueId | null =>
      this.input(each, 'relu') ?? this.either(each, 'maximum', (one) => this.number(one) === 0)?.[1] ?? null;
    const late = this.either(id, 'minimum', most);
    const inner = late && above(late[1]);
    if (late && inner !== null) return { of: inner, most: this.number(late[0])! };
    const raised = above(id);
    const early = raised === null ? null : this.either(raised, 'minimum', most);
    return early && { of: early[1], most: this.number(early[0])! };
  }

  /**
   * A value as slope · x + offset by single numbers: what is added is looked for behind one factor at the most, and before another
   * only where there was none; scales of the model's own stay in x.
   */
  protected line(id: ValueId, scaled = false): Line {
    const node = this.producers.get(this.still(id));
    const [a, b, c] = node?.inputs ?? [];
    const [first, second, third] = [a, b, c].map((each) => (each === undefined ? null : this.number(each)));
    const one: Line = { of: id, slope: 1, offset: 0 };
    if (node?.op === 'affine' && second != null && third != null) return { of: a!, slope: second, offset: third };
    if (node?.op === 'div' && second && !scaled) return through(this.line(a!, true), 1 / second, 0);
    if (node?.op === 'sub' && second != null) return through(this.scaledBy(a!, scaled), 1, -second);
    const [x, by] = second != null ? [a, second] : [b, first];
    if (x === undefined || by == null) return one;
    if (node?.op === 'mul' && !scaled) return through(this.line(x, true), by, 0);
    return node?.op === 'add' ? through(this.scaledBy(x, scaled), 1, by) : one;
  }

  /** A value as a factor times another. */
  protected scaledBy(id: ValueId, scaled = false): Line {
    const node = this.producers.get(this.still(id));
    const by = scaled ? null : node?.op === 'mul' ? this.either(id, 'mul', (each) => this.number(each) !== null) : null;
    if (by) return { of: by[1], slope: this.number(by[0])!, offset: 0 };
    const divisor = !scaled && node?.op === 'div' ? this.number(node.inputs[1]!) : null;
    return divisor ? { of: node!.inputs[0]!, slope: 1 / divisor, offset: 0 } : { of: id, slope: 1, offset: 0 };
  }
}
