/**
 * Builds the graph from files that know tensors with all their axes, batch included, in any order (ONNX, TensorFlow).
 *
 * A varying value is held once, channels last and without the batch axis, as the graph wants it; how the file sees it is
 * a list of its axes: each is one axis of the held value, none (a size of one that is not held), or, for the axis that
 * the batch was merged into ([N·T, C]), several. So the file's transpositions, squeezes and merged batches cost nothing:
 * they change the list. Values are moved only where an op needs another order, once per order.
 *
 * A file whose values have no batch axis (a scalar input, arithmetic across the first axis) is read as one whose whole
 * input is one example: then no axis of the list is the batch, and NO_BATCH stands where an order names it.
 *
 * Sizes the file leaves free are numbers that no file has: shape arithmetic works on them as on others, and a size that
 * comes out as a multiple of BATCH is recognised as the batch.
 */
import { MhoError } from '../../../../contract/errors';
import type { GraphBuilder } from '../../graph/builder';
import type { DType, Graph, Shape, Size, ValueId } from '../../graph/graph';
import { OPS, type OpAttributes, type OpName, type Padding, type WindowPadding } from '../../graph/ops';
import { takenAlong } from '../../graph/shapes';
import * as host from './array';
import { type HostArray, isArray, NotExpressible, product } from './array';

/** Stand for the batch and for other free sizes in shape arithmetic: primes, and their product is exact. */
export const BATCH = 1048573;
export const FREE = 1048571;

/** Whether a size of shape arithmetic has a free one in it. */
export const symbolic = (size: number): boolean => size >= FREE && (size % BATCH === 0 || size % FREE === 0);

/** The batch axis of a file that has none. */
const NO_BATCH = -1;

/** What would mix examples: in a file read with a batch axis, but not in one whose whole input is one example. */
export class AcrossBatch extends NotExpressible {}

/** What padding before a maximum holds: below every value, and finite, so that differences stay numbers. */
const LOWEST = -3e38;

/** Places of dilated windows that are laid side by side; beyond, the phases of the dilation are. */
const MOST_PICKED = 2 ** 16;

/** Where an op comes from, for names and layers. */
export interface Origin {
  /** The file's name of the node. */
  readonly name: string;
  /** The file's kind of op. */
  readonly kind: string;
  /** What a value is inside its node, where one node makes many: `t3/forget`. */
  readonly part?: string;
}

export interface Varying {
  readonly id: ValueId;
  /** Per axis of the file's tensor: the held axes it is made of, in order; 0 is the batch. */
  readonly axes: readonly (readonly number[])[];
  /** Set where nobody knows its shape: the op that could not be translated, from which it comes. */
  readonly opaque: string | null;
}

export type Tensor = HostArray | Varying;
export type Comparison = 'greater' | 'greaterEqual' | 'equal';
export type BinaryOp =
  'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'power' | 'atan2' | Comparison; // prettier-ignore
export type ReduceOp = 'sum' | 'mean' | 'max' | 'min';

const BINARY: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  power: (a, b) => a ** b,
  atan2: Math.atan2,
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  equal: (a, b) => Number(a === b),
};

export interface Windows {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
}

const range = (count: number, start = 0): number[] => Array.from({ length: count }, (_, i) => start + i);
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

export class Assembly {
  /** Origins of the graph's nodes, by output. */
  readonly origins = new Map<ValueId, Origin>();
  private origin: Origin = { name: 'input', kind: 'Input' };
  private readonly moved = new Map<string, ValueId>();
  private readonly wholeConstants = new Set<ValueId>();
  private keepsWhole = false;
  private readonly constants = new WeakMap<object, Map<string, ValueId>>();
  /** Inputs that channels-first convolutions read: their units are on their first axis. */
  readonly channelsFirst = new Set<ValueId>();
  /** False: the whole of an input is one example. */
  readonly batched: boolean;
  readonly batch: number;

  /** @param batch the batch size that the file fixes, or BATCH; null: the file has no batch axis */
  constructor(
    readonly builder: GraphBuilder,
    batch: number | null,
  ) {
    this.batched = batch !== null;
    this.batch = batch ?? BATCH;
    host.beginCount();
  }

  /** Works in the name of a node; those inside it (graphs of loops) come back to it. */
  at<T>(origin: Origin, work: () => T): T {
    const outer = this.origin;
    this.origin = origin;
    try {
      return work();
    } finally {
      this.origin = outer;
    }
  }

  /** Works with names that say which part of the node is made. */
  part<T>(name: string, work: () => T): T {
    const outer = this.origin;
    this.origin = { ...outer, part: outer.part === undefined ? name : `${outer.part}/${name}` };
    try {
      return work();
    } finally {
      this.origin = outer;
    }
  }

  /** Works with whole numbers, which what is made stays, whatever the ops: a remainder, a bit taken out. */
  asWhole<T>(work: () => T): T {
    const outer = this.keepsWhole;
    this.keepsWhole = true;
    try {
      return work();
    } finally {
      this.keepsWhole = outer;
    }
  }

  // --- values as the file sees them

  /** @param shape without the batch axis; of a file that has none, all of it */
  input(name: string, shape: Shape, dtype: Exclude<DType, 'bool'>): Varying {
    const id = this.builder.input(name, shape, dtype);
    if (this.batched) return this.varying(id, range(shape.length + 1).map(one));
    const held = shape.filter((size) => size !== 1);
    let next = 1;
    const axes = shape.map((size) => (size === 1 ? [] : [next++]));
    return this.varying(held.length === shape.length ? id : this.reshapedTo(id, held), axes);
  }

  /** An input that no row of numbers is: the model opens, and what it leads to is refused by this reason. */
  unreadable(name: string, reason: string): Varying {
    const id = this.builder.input(name, [null]);
    return this.at({ name, kind: 'Input' }, () => this.unknown([this.varying(id, [])], reason, null));
  }

  /** Size of a held axis, as shape arithmetic counts it. */
  private held(id: ValueId, axis: number): number {
    return axis === 0 ? this.batch : (this.builder.shape(id)[axis - 1] ?? FREE);
  }

  shape(x: Tensor): readonly number[] {
    if (isArray(x)) return x.shape;
    this.known(x);
    return x.axes.map((group) => product(group.map((axis) => this.held(x.id, axis))));
  }

  rank(x: Tensor): number {
    if (!isArray(x)) this.known(x);
    return isArray(x) ? x.shape.length : x.axes.length;
  }

  axis(x: Tensor, axis: number, extra = 0): number {
    const rank = this.rank(x) + extra;
    const at = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(at) || at < 0 || at >= rank) throw new NotExpressible(`axis ${axis} of ${rank}`);
    return at;
  }

  private known(x: Varying): void {
    if (x.opaque !== null) throw new NotExpressible(`what ${x.opaque} gives`);
  }

  private varying(id: ValueId, axes: Varying['axes']): Varying {
    return { id, axes, opaque: null };
  }

  private batchAxis(x: Varying): number {
    return this.batched ? x.axes.findIndex((group) => group.includes(0)) : NO_BATCH;
  }

  /** Held axes of the batch's place: itself, and what was merged into it. */
  private batchGroup(x: Varying): readonly number[] {
    return x.axes[this.batchAxis(x)] ?? [0];
  }

  array(x: Tensor | undefined, what: string): HostArray {
    if (!x || !isArray(x)) throw new NotExpressible(`${what} that depends on the input`);
    return x;
  }

  list(x: Tensor | undefined, what: string): number[] {
    return host.list(this.array(x, what));
  }

  // --- emitting

  emit<Op extends OpName>(op: Op, inputs: readonly ValueId[], attributes: OpAttributes[Op], shape?: Shape): ValueId {
    let id: ValueId;
    try {
      id = this.builder.add(op, inputs, attributes, `~${this.origin.name}`, shape, this.typeOf(op, inputs));
    } catch (error) {
      if (error instanceof MhoError) throw new NotExpressible(String(error.details['reason'] ?? error.sentence));
      throw error;
    }
    this.origins.set(id, this.origin);
    return id;
  }

  /** Whole numbers stay whole through ops that keep them so: the path starts at the first real values behind them. */
  private typeOf(op: OpName, inputs: readonly ValueId[]): DType {
    const { gives } = OPS[op];
    if (gives === 'truth') return 'bool';
    if (this.keepsWhole) return 'int32';
    if (gives === 'real') return 'float32';
    // A selection is of the type of what is selected.
    const types = inputs.slice(op === 'select' ? 1 : 0).map((id) => {
      const { constant, dtype } = this.builder.at(id);
      return constant ? (this.wholeConstants.has(id) ? null : 'float32') : dtype;
    });
    if (types.includes('float32')) return 'float32';
    return types.every((type) => type === 'bool' || type === null) && types.includes('bool') ? 'bool' : 'int32';
  }

  /** A constant of the graph; the same array under the same key is stored once. */
  constant(array: HostArray, key = 'constant', make: () => HostArray = () => array): ValueId {
    const made = this.constants.get(array.data) ?? new Map<string, ValueId>();
    this.constants.set(array.data, made);
    const full = `${key}[${array.shape.join(',')}]`;
    const known = made.get(full);
    if (known !== undefined) return known;
    const id = this.builder.constant(host.asConstant(make()), `${this.origin.name}/${key}`);
    made.set(full, id);
    if (array.whole) this.wholeConstants.add(id);
    return id;
  }

  /** What cannot be translated: shown, and refused by name. */
  unknown(inputs: readonly Tensor[], reason: string, shape: readonly number[] | null): Varying {
    const ids = inputs.flatMap((x) => (isArray(x) ? [] : [x.id]));
    const known = shape !== null && shape.length >= (this.batched ? 1 : 0) && shape.every((size) => size >= 1);
    const sizes = known ? shape.slice(this.batched ? 1 : 0).map(free) : null;
    const id = this.emit('unknown', ids, { kind: reason }, sizes ?? [null]);
    const source = inputs.flatMap((x) => (isArray(x) || x.opaque === null ? [] : [x.opaque]))[0];
    return { id, axes: sizes ? this.allHeld(sizes.length) : [], opaque: sizes ? null : (source ?? reason) };
  }

  /** Every axis held, in the file's order. @param inner how many there are beside the batch */
  private allHeld(inner: number): (readonly number[])[] {
    return this.batched ? range(inner + 1).map(one) : range(inner, 1).map(one);
  }

  // --- order of axes

  /**
   * The value held in another order of the file's axes.
   * @param order all axes but those that may stay unheld; the batch's first
   * @returns held as [batch, …what was merged into the batch, …order's others]
   */
  private arranged(x: Varying, order: readonly number[]): { readonly id: ValueId; readonly lead: number } {
    this.known(x);
    const [first, ...rest] = order as [number, ...number[]];
    const group = first === NO_BATCH ? [0] : x.axes[first]!;
    if (!group.includes(0)) throw new AcrossBatch('a batch axis in this place');
    const lead = group.filter((axis) => axis !== 0).sort((a, b) => a - b);
    const wanted = rest.map((axis) => x.axes[axis]!);
    for (const each of wanted) if (each.length > 1) throw new NotExpressible('merged axes');
    const permutation = [...lead, ...wanted.flat()].map((axis) => axis - 1);
    const rank = this.builder.shape(x.id).length;
    if (permutation.length !== rank) throw new NotExpressible('axes left out');
    let id = x.id;
    if (permutation.some((axis, i) => axis !== i)) id = this.transposed(id, permutation);
    if (wanted.some((each) => each.length === 0)) {
      const shape = this.builder.shape(id);
      let next = lead.length;
      const sizes = [...shape.slice(0, next), ...wanted.map((each) => (each.length ? shape[next++]! : 1))];
      id = this.reshapedTo(id, sizes);
    }
    return { id, lead: lead.length };
  }

  private transposed(id: ValueId, permutation: readonly number[]): ValueId {
    return this.once(`${id}t${permutation.join()}`, () => {
      const rank = permutation.length;
      const forConvolution = permutation[rank - 1] === 0 && permutation.slice(0, -1).every((axis, i) => axis === i + 1);
      if (rank > 1 && forConvolution && !this.builder.producer(id)) this.channelsFirst.add(id);
      return this.emit('transpose', [id], { permutation });
    });
  }

  private reshapedTo(id: ValueId, shape: readonly Size[]): ValueId {
    if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes in a reshape');
    const sizes = shape.map((size) => size ?? -1);
    return this.once(`${id}r${sizes.join()}`, () => this.emit('reshape', [id], { shape: sizes }));
  }

  private once(key: string, make: () => ValueId): ValueId {
    const known = this.moved.get(key);
    if (known !== undefined) return known;
    const id = make();
    this.moved.set(key, id);
    return id;
  }

  /** The file's axes in the order in which they are held, batch first; unheld ones left out. */
  private heldOrder(x: Varying): number[] {
    const held = range(x.axes.length)
      .filter((axis) => x.axes[axis]!.length > 0)
      .sort((a, b) => Math.min(...x.axes[a]!) - Math.min(...x.axes[b]!));
    return this.batched ? held : [NO_BATCH, ...held];
  }

  /** Axes after `arranged`: the batch's group first, then one held axis for each of `order`. */
  private axesOf(rank: number, x: Varying, order: readonly number[], lead: number): (readonly number[])[] {
    const axes: (readonly number[])[] = range(rank).map(() => []);
    if (this.batched) {
      const group = x.axes[order[0]!]!;
      const sorted = group.filter((axis) => axis !== 0).sort((a, b) => a - b);
      axes[order[0]!] = group.map((axis) => (axis === 0 ? 0 : sorted.indexOf(axis) + 1));
    }
    order.slice(1).forEach((axis, i) => (axes[axis] = [lead + 1 + i]));
    return axes;
  }

  /** As the file's own order but for the batch, which is first, every axis held: what an output of the model is. */
  asOutput(x: Varying): ValueId {
    if (x.opaque !== null) return x.id;
    if (!this.batched) return this.arranged(x, [NO_BATCH, ...range(x.axes.length)]).id;
    const batch = this.batchAxis(x);
    if (x.axes[batch]!.length !== 1) return x.id;
    return this.arranged(x, [batch, ...range(x.axes.length).filter((axis) => axis !== batch)]).id;
  }

  /** With every axis held in the file's order; axes merged into the batch stay before the others. */
  settled(x: Varying): ValueId {
    return this.arranged(x, range(x.axes.length)).id;
  }

  // --- ops on axes

  transpose(x: Tensor, permutation: readonly number[]): Tensor {
    const rank = this.rank(x);
    const order = permutation.map((axis) => this.axis(x, axis));
    if (order.length !== rank || new Set(order).size !== rank) throw new NotExpressible('a wrong order of axes');
    return isArray(x)
      ? host.transposed(x, order)
      : this.varying(
          x.id,
          order.map((axis) => x.axes[axis]!),
        );
  }

  /** Inserts axes of size one at these places of the result. */
  unsqueeze(x: Tensor, places: readonly number[]): Tensor {
    const rank = this.rank(x) + places.length;
    const at = new Set(places.map((axis) => (axis < 0 ? axis + rank : axis)));
    if (isArray(x)) {
      let next = 0;
      return host.reshaped(
        x,
        range(rank).map((axis) => (at.has(axis) ? 1 : x.shape[next++]!)),
      );
    }
    let next = 0;
    const axes = range(rank).map((axis) => (at.has(axis) ? [] : x.axes[next++]));
    if (axes.some((group) => group === undefined)) throw new NotExpressible('axes inserted beyond the shape');
    return this.varying(x.id, axes as number[][]);
  }

  /** @param which null: every axis of size one */
  squeeze(x: Tensor, which: readonly number[] | null): Tensor {
    const shape = this.shape(x);
    const batch = isArray(x) ? -1 : this.batchAxis(x);
    const drop = new Set(
      which?.map((axis) => this.axis(x, axis)) ??
        range(shape.length).filter((axis) => shape[axis] === 1 && axis !== batch),
    );
    for (const axis of drop)
      if (shape[axis] !== 1) throw new NotExpressible(`axis ${axis} of size ${shape[axis]} left out`);
    return this.reshape(
      x,
      shape.filter((_, axis) => !drop.has(axis)),
    );
  }

  /** @param target sizes in full: no −1, no 0 */
  reshape(x: Tensor, target: readonly number[]): Tensor {
    if (isArray(x)) return host.reshaped(x, target);
    this.known(x);
    const sequence = x.axes.flat();
    const blocks = this.blocks(x.id, sequence, target);
    // Runs of held axes that become other sizes in their place, by the first of the run.
    const replaced = new Map<number, { readonly old: number; readonly sizes: readonly number[] }>();
    // New axes as held ones: old ones by number, those of a run by its first and their place in it.
    const marks: string[][] = [];
    for (const { from, to } of blocks) {
      const matched = this.matched(x.id, from, to);
      const rest = from[0] === 0 ? from.slice(1) : from;
      const own = from[0] === 0 ? to[0]! / this.batch : 1;
      if (matched) marks.push(...matched.map((group) => group.map(String)));
      else if (!rest.includes(0) && contiguous(rest) && Number.isInteger(own)) {
        // The batch may take some of the sizes that follow it: [N, H · C] as [N · H, C].
        const sizes = from[0] !== 0 ? to : own === 1 ? to.slice(1) : [own, ...to.slice(1)];
        const key = (i: number): string => `${rest[0]!},${i}`;
        replaced.set(rest[0]!, { old: rest.length, sizes });
        if (from[0] === 0) marks.push(own === 1 ? ['0'] : ['0', key(0)]);
        const skip = from[0] === 0 && own !== 1 ? 1 : 0;
        marks.push(...sizes.slice(skip).map((_, i) => [key(i + skip)]));
      } else {
        const ordered = this.inSequence(x, sequence);
        return ordered ? this.reshape(ordered, target) : this.reshapedInOrder(x, target);
      }
    }
    if (!replaced.size) {
      if (new Set(marks.flat()).size !== sequence.length) return this.reshapedInOrder(x, target);
      return this.varying(
        x.id,
        marks.map((group) => group.map(Number)),
      );
    }
    // Rebuild the held shape with the replaced runs, and number the axes anew.
    const shape = this.builder.shape(x.id);
    const sizes: Size[] = [];
    const renumbered = new Map<string, number>([['0', 0]]);
    for (let axis = 1; axis <= shape.length;) {
      const run = replaced.get(axis);
      if (run) {
        run.sizes.forEach((size, i) => renumbered.set(`${axis},${i}`, sizes.push(free(size))));
        axis += run.old;
      } else {
        renumbered.set(`${axis}`, sizes.push(shape[axis - 1]!));
        axis++;
      }
    }
    return this.varying(
      this.reshapedTo(x.id, sizes),
      marks.map((group) => group.map((key) => renumbered.get(key)!)),
    );
  }

  /** Held in the order in which the file's axes follow each other; null where it is so already. */
  private inSequence(x: Varying, sequence: readonly number[]): Varying | null {
    const order = sequence.filter((axis) => axis !== 0);
    if (order.every((axis, i) => axis === i + 1)) return null;
    const id = this.transposed(
      x.id,
      order.map((axis) => axis - 1),
    );
    return this.varying(
      id,
      x.axes.map((group) => group.map((axis) => (axis === 0 ? 0 : order.indexOf(axis) + 1))),
    );
  }

  /** Moves the axes into the file's order first. The batch must then be first and stay whole. */
  private reshapedInOrder(x: Varying, target: readonly number[]): Varying {
    if (!this.batched) {
      if (product(target) !== product(this.shape(x))) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
      const { id } = this.arranged(x, [NO_BATCH, ...range(x.axes.length)]);
      return this.varying(this.reshapedTo(id, target.map(free)), this.allHeld(target.length));
    }
    if (this.batchAxis(x) !== 0) throw new AcrossBatch('a reshape across the batch');
    const order = range(x.axes.length);
    const merged = x.axes[0]!;
    const { id } = this.arranged(x, order);
    const inner = product(this.shape(x)) / this.batch;
    const [first, ...rest] = target as [number, ...number[]];
    if (merged[0] !== 0) throw new AcrossBatch('a reshape across the batch');
    let ones = 0;
    while (ones < target.length - 1 && target[ones] === 1 && this.batch !== 1) ones++;
    const size = target[ones]!;
    const tail = target.slice(ones + 1);
    if (size % this.batch || product(target) !== inner * this.batch)
      throw new AcrossBatch(`a reshape to [${[first, ...rest].join(', ')}] across the batch`);
    const own = size / this.batch;
    const held = own === 1 ? tail : [own, ...tail];
    const made = this.reshapedTo(id, held.map(free));
    const axes: number[][] = [...range(ones).map(() => []), own === 1 ? [0] : [0, 1]];
    const offset = own === 1 ? 1 : 2;
    return this.varying(made, [...axes, ...tail.map((_, i) => [offset + i])]);
  }

  /** Runs of held axes and of new sizes with equal products, as short as can be. */
  private blocks(
    id: ValueId,
    sequence: readonly number[],
    target: readonly number[],
  ): { from: number[]; to: number[] }[] {
    const blocks: { from: number[]; to: number[] }[] = [];
    let i = 0;
    let j = 0;
    while (i < sequence.length || j < target.length) {
      const from: number[] = [];
      const to: number[] = [];
      let [have, want] = [1, 1];
      const takeHeld = (): void => {
        have *= this.held(id, sequence[i]!);
        from.push(sequence[i++]!);
      };
      const takeNew = (): void => {
        want *= target[j]!;
        to.push(target[j++]!);
      };
      if (i < sequence.length && j < target.length) {
        const [left, right] = [this.held(id, sequence[i]!), target[j]!];
        // A one on one side only is a block of its own.
        if (left !== right && right === 1) takeNew();
        else if (left !== right && left === 1 && sequence[i] !== 0) takeHeld();
        else {
          takeHeld();
          takeNew();
          while (have !== want) {
            if (have < want && i < sequence.length) takeHeld();
            else if (have > want && j < target.length) takeNew();
            else throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
          }
        }
      } else if (i < sequence.length) {
        if (this.held(id, sequence[i]!) !== 1) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
        takeHeld();
      } else {
        if (target[j] !== 1) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
        takeNew();
      }
      blocks.push({ from, to });
    }
    // Ones may stand anywhere: one that is left over is taken where a new one is wanted.
    const left = blocks.filter(({ to }) => to.length === 0);
    const wanted = blocks.filter(({ from }) => from.length === 0);
    wanted.slice(0, left.length).forEach((block, i) => block.from.push(...left[i]!.from.splice(0)));
    return blocks.filter(({ from, to }) => from.length > 0 || to.length > 0);
  }

  /** New axes of a block that needs no change of what is held, or null. */
  private matched(id: ValueId, from: readonly number[], to: readonly number[]): number[][] | null {
    if (from.length === 0) return to.map(() => []); // ones that are not held
    if (to.length === from.length && to.every((size, i) => size === this.held(id, from[i]!)))
      return from.map((axis) => [axis]);
    if (to.length === 1 && from.includes(0)) return [[...from]]; // merged into the batch
    return null;
  }

  // --- element by element

  unary<Op extends OpName>(
    op: Op,
    x: Tensor,
    attributes: OpAttributes[Op],
    evaluate: ((value: number) => number) | null,
  ): Tensor {
    if (isArray(x)) {
      if (!evaluate) throw new NotExpressible(`${op} of a constant`);
      return host.mapped(x, evaluate, false);
    }
    this.known(x);
    return this.varying(this.emit(op, [x.id], attributes), x.axes);
  }

  binary(op: BinaryOp, a: Tensor, b: Tensor): Tensor {
    if (isArray(a) && isArray(b)) return host.combined(a, b, BINARY[op], OPS[op].gives === 'truth' || undefined);
    if (!isArray(a) && !isArray(b)) {
      if (op === 'mul') {
        const divisor = this.inverted(b);
        if (divisor) return this.binary('div', a, divisor);
        const other = this.inverted(a);
        if (other) return this.binary('div', b, other);
      }
      return this.both(a, b, (ids) => this.emit(op, ids, {}));
    }
    const fixed = (x: HostArray): HostArray => (op === 'add' || op === 'sub' ? host.finite(x) : x);
    if (isArray(a)) return this.beside(b as Varying, fixed(a), (x, c) => this.emit(op, [c, x], {}));
    return this.beside(a, fixed(b as HostArray), (x, c) => this.emit(op, [x, c], {}));
  }

  /**
   * What to divide by instead of multiplying by this: of 1/√y and 1/y. A quotient passes differences on without the
   * reciprocal, which is very large where a norm almost vanishes (from a baseline of zeros).
   */
  private inverted(x: Varying): Varying | null {
    const node = x.opaque === null ? this.builder.producer(x.id) : null;
    if (!node) return null;
    const [first, second] = node.inputs;
    if (node.op === 'reciprocal') return this.varying(first!, x.axes);
    if (node.op === 'div') {
      const one = this.builder.at(first!).constant;
      return one?.data.length === 1 && one.data[0] === 1 ? this.varying(second!, x.axes) : null;
    }
    if (node.op !== 'rsqrt') return null;
    // In the layer of the root, wherever it is used first.
    const root = this.once(`${first!}root`, () =>
      this.at(this.origins.get(x.id)!, () => this.part('root', () => this.emit('sqrt', [first!], {}))),
    );
    return this.varying(root, x.axes);
  }

  /** Two varying values, brought into one order. */
  private both(a: Varying, b: Varying, make: (ids: [ValueId, ValueId]) => ValueId): Varying {
    const rank = Math.max(this.rank(a), this.rank(b));
    const [left, right] = [this.toRank(a, rank), this.toRank(b, rank)] as [Varying, Varying];
    if (left.axes.length === right.axes.length && left.axes.every((group, i) => same(group, right.axes[i]!)))
      return this.varying(make([left.id, right.id]), left.axes);
    const batch = this.batchAxis(left);
    if (batch !== this.batchAxis(right)) throw new AcrossBatch('a batch axis that meets another');
    if (!same(this.leadSizes(left), this.leadSizes(right))) throw new AcrossBatch('batches merged in different ways');
    const reference = this.builder.shape(left.id).length >= this.builder.shape(right.id).length ? left : right;
    const other = reference === left ? right : left;
    const missing = range(rank).filter((axis) => !reference.axes[axis]!.length && other.axes[axis]!.length);
    const order = this.heldOrder(reference);
    for (const axis of missing) order.splice(placeFor(order, axis), 0, axis);
    const [first, second] = [this.arranged(left, order), this.arranged(right, order)];
    return this.varying(make([first.id, second.id]), this.axesOf(rank, reference, order, first.lead));
  }

  /** Where the condition (0 or 1) is 1, a; elsewhere b. */
  select(condition: Varying, a: Tensor, b: Tensor): Varying {
    const given = [condition, a, b];
    const rank = Math.max(...given.map((x) => this.rank(x)));
    const values = given.map((x) => (isArray(x) ? this.widened(x, rank) : this.toRank(x, rank)));
    const varying = values.filter((x): x is Varying => !isArray(x));
    const widest = varying.reduce((most, x) =>
      this.builder.shape(x.id).length > this.builder.shape(most.id).length ? x : most,
    );
    for (const x of varying) {
      if (this.batchAxis(x) !== this.batchAxis(widest)) throw new AcrossBatch('a batch axis that meets another');
      if (!same(this.leadSizes(x), this.leadSizes(widest))) throw new AcrossBatch('batches merged in different ways');
    }
    const order = this.heldOrder(widest);
    const needed = (axis: number): boolean =>
      values.some((x) => (isArray(x) ? x.shape[axis]! > 1 : x.axes[axis]!.length > 0));
    for (const axis of range(rank).filter((each) => needed(each) && !order.includes(each)))
      order.splice(placeFor(order, axis), 0, axis);
    const first = this.arranged(widest, order);
    const ids = values.map((x) => (isArray(x) ? this.besideOrder(x, order) : this.arranged(x, order).id));
    return this.varying(this.emit('select', ids, {}), this.axesOf(rank, widest, order, first.lead));
  }

  private widened(c: HostArray, rank: number): HostArray {
    return host.reshaped(c, [...range(rank - c.shape.length).map(() => 1), ...c.shape]);
  }

  /** A constant of all the file's axes in the order of values that are `arranged` so. */
  private besideOrder(c: HostArray, order: readonly number[]): ValueId {
    const batch = this.batched ? order[0]! : NO_BATCH;
    const own = batch !== NO_BATCH && c.shape[batch] !== 1 ? this.withoutBatch(c, batch) : c;
    return this.constant(c, `arranged_${order.join('_')}`, () => {
      const turned = host.transposed(
        own,
        order.filter((axis) => axis !== NO_BATCH),
      );
      return host.reshaped(turned, turned.shape.slice(this.batched ? 1 : 0));
    });
  }

  private leadSizes(x: Varying): number[] {
    return this.batchGroup(x).map((axis) => this.held(x.id, axis));
  }

  toRank(x: Tensor, rank: number): Tensor {
    return this.unsqueeze(x, range(rank - this.rank(x)));
  }

  /** A varying value and a constant, which is turned and trimmed to what is held. */
  private beside(x: Varying, c: HostArray, make: (x: ValueId, c: ValueId) => ValueId): Varying {
    this.known(x);
    const rank = Math.max(this.rank(x), c.shape.length);
    let value = this.toRank(x, rank) as Varying;
    const sizes = [...range(rank - c.shape.length).map(() => 1), ...c.shape];
    // An axis that only the constant has must be held.
    const order = this.heldOrder(value);
    const missing = range(rank).filter((axis) => !value.axes[axis]!.length && sizes[axis]! > 1);
    if (missing.length) {
      for (const axis of missing) order.splice(placeFor(order, axis), 0, axis);
      const { id, lead } = this.arranged(value, order);
      value = this.varying(id, this.axesOf(rank, value, order, lead));
    }
    const batch = this.batchAxis(value);
    let array = host.reshaped(c, sizes);
    if (this.batched && sizes[batch] !== 1) array = this.withoutBatch(array, batch);
    const id = this.constant(c, `constant_${value.axes.map((group) => group.join('.')).join('_')}`, () => {
      const turned = host.transposed(
        array,
        order.filter((axis) => axis !== NO_BATCH),
      );
      // [1 of the batch, …] → the batch and what is merged into it broadcast; leading ones are left out.
      let shape = turned.shape.slice(this.batched ? 1 : 0);
      while (shape.length > Math.min(1, c.shape.length) && shape[0] === 1) shape = shape.slice(1);
      return host.reshaped(turned, shape);
    });
    return this.varying(make(value.id, id), value.axes);
  }

  /** A constant that is the same for every example, with a batch axis of one. */
  private withoutBatch(array: HostArray, axis: number): HostArray {
    const first = host.picked(array, axis, [0]);
    const repeated = host.expanded(first, array.shape);
    if (!array.data.every((value, i) => value === repeated.data[i]))
      throw new AcrossBatch('a constant that differs between examples');
    return first;
  }

  // --- linear ops

  /** Matrix product as numpy's. */
  matmul(a: Tensor, b: Tensor): Tensor {
    if (isArray(a) && isArray(b)) return host.multiplied(a, b);
    if (this.rank(a) === 1 && this.rank(b) === 1) return this.reduce('sum', this.binary('mul', a, b), [0], false);
    if (this.rank(a) === 1) return this.squeeze(this.matmul(this.unsqueeze(a, [0]), b), [-2]);
    if (this.rank(b) === 1) return this.squeeze(this.matmul(a, this.unsqueeze(b, [1])), [-1]);
    if (isArray(b)) return this.timesConstant(a as Varying, b);
    if (isArray(a)) {
      const swapped = this.matmul(this.swapLast(b), this.swapLast(a));
      return this.swapLast(swapped);
    }
    const rank = Math.max(this.rank(a), this.rank(b));
    let [left, right] = [this.toRank(a, rank), this.toRank(b, rank)] as [Varying, Varying];
    const batch = this.batchAxis(left);
    if (batch !== this.batchAxis(right) || batch >= rank - 2) throw new AcrossBatch('a product across the batch');
    for (const axis of range(rank - 2)) {
      if (axis === batch) continue;
      const [mine, other] = [this.shape(left)[axis]!, this.shape(right)[axis]!];
      if (mine === 1 && other > 1)
        left = this.tile(
          left,
          range(rank).map((i) => (i === axis ? other : 1)),
        ) as Varying;
      if (other === 1 && mine > 1)
        right = this.tile(
          right,
          range(rank).map((i) => (i === axis ? mine : 1)),
        ) as Varying;
    }
    const leading = range(rank - 2).filter(
      (axis) => axis !== batch && (left.axes[axis]!.length || right.axes[axis]!.length),
    );
    const [i, j] = [rank - 2, rank - 1];
    // The order in which an operand is held already needs no move: the product takes it transposed.
    const flipped = (x: Varying): boolean => {
      const [p, q] = [x.axes[i]![0], x.axes[j]![0]];
      return p !== undefined && q !== undefined && q < p;
    };
    const [transposeA, transposeB] = [flipped(left), flipped(right)];
    const first = this.arranged(left, [batch, ...leading, ...(transposeA ? [j, i] : [i, j])]);
    const second = this.arranged(right, [batch, ...leading, ...(transposeB ? [j, i] : [i, j])]);
    if (first.lead !== second.lead) throw new NotExpressible('batches merged in different ways');
    const id = this.emit('matmul', [first.id, second.id], { transposeA, transposeB });
    return this.varying(id, this.axesOf(rank, left, [batch, ...leading, i, j], first.lead));
  }

  swapLast(x: Tensor): Tensor {
    const rank = this.rank(x);
    return this.transpose(x, [...range(rank - 2), rank - 1, rank - 2]);
  }

  private timesConstant(a: Varying, b: HostArray): Tensor {
    if (b.shape.length > 2) {
      if (product(b.shape.slice(0, -2)) !== 1) return this.timesSeveral(a, b);
      const rank = Math.max(this.rank(a), b.shape.length);
      return this.timesConstant(this.toRank(a, rank) as Varying, host.reshaped(b, b.shape.slice(-2)));
    }
    const last = this.rank(a) - 1;
    const batch = this.batchAxis(a);
    if (batch === last) throw new AcrossBatch('a product across the batch');
    const order = [batch, ...this.heldOrder(a).filter((axis) => axis !== last && axis !== batch), last];
    const { id, lead } = this.arranged(a, order);
    const made = this.emit('matmul', [id, this.constant(b, 'kernel')], { transposeA: false, transposeB: false });
    return this.varying(made, this.axesOf(this.rank(a), a, order, lead));
  }

  /** A matrix for each of several leading places (attention with fixed keys). */
  private timesSeveral(a: Varying, b: HostArray): Tensor {
    const rank = Math.max(this.rank(a), b.shape.length);
    const value = this.toRank(a, rank) as Varying;
    const batch = this.batchAxis(value);
    const matrices = host.reshaped(b, [...range(rank - b.shape.length).map(() => 1), ...b.shape]);
    if (this.batched && (batch !== 0 || value.axes[0]!.length > 1 || matrices.shape[0] !== 1))
      throw new AcrossBatch('a product with a matrix per example');
    const { id } = this.arranged(value, this.batched ? range(rank) : [NO_BATCH, ...range(rank)]);
    const fixed = this.batched ? host.reshaped(matrices, matrices.shape.slice(1)) : matrices;
    const made = this.emit('matmul', [id, this.constant(b, 'kernels', () => fixed)], {
      transposeA: false,
      transposeB: false,
    });
    return this.varying(made, this.allHeld(this.batched ? rank - 1 : rank));
  }

  /**
   * What windows slide over: [batch, …merged, …spatial, channels].
   * Spatial axes of size one that a window of one passes are left out, as a convolution of fewer axes has them not.
   */
  private spatially(x: Varying, channel: number, spatial: readonly number[], windows: Windows | null) {
    const batch = this.batchAxis(x);
    if (batch === channel || spatial.includes(batch)) throw new AcrossBatch('windows over the batch');
    const unheld = (i: number): boolean => {
      const padding = windows?.padding;
      const padded = padding !== undefined && padding !== 'same' && padding[i]!.some((each) => each !== 0);
      return !x.axes[spatial[i]!]!.length && (windows?.size[i] ?? 1) === 1 && !padded;
    };
    const kept = range(spatial.length).filter((i) => !unheld(i));
    if (!kept.length && spatial.length) kept.push(spatial.length - 1);
    // Other axes (examples, in a file read without a batch) are passed by windows of one.
    const beside = this.heldOrder(x).filter((axis) => axis !== batch && axis !== channel && !spatial.includes(axis));
    const order = [batch, ...beside, ...kept.map((i) => spatial[i]!), channel];
    const { id, lead: merged } = this.arranged(x, order);
    const lead = merged + beside.length;
    if (lead + kept.length > 3) throw new NotExpressible('windows over more than three axes');
    const pick = (list: readonly number[]): number[] => [...range(lead).map(() => 1), ...kept.map((i) => list[i]!)];
    const pad = (padding: WindowPadding): WindowPadding =>
      padding === 'same' ? padding : [...range(lead).map(() => [0, 0] as const), ...kept.map((i) => padding[i]!)];
    return { id, kept, pick, pad, axes: this.axesOf(this.rank(x), x, order, merged) };
  }

  /** @param filter [...window, in / groups, out] */
  conv(
    x: Tensor,
    filter: HostArray,
    channel: number,
    spatial: readonly number[],
    windows: Windows,
    groups: number,
  ): Tensor {
    if (isArray(x)) {
      // The states in which a recurrent convolution begins.
      if (x.data.some((each) => each !== 0)) throw new NotExpressible('a convolution of a constant');
      const sizes = new Map(spatial.map((axis, i) => [axis, convolvedSize(x.shape[axis]!, windows, i)]));
      sizes.set(channel, filter.shape.at(-1)!);
      return host.filled(
        x.shape.map((size, axis) => sizes.get(axis) ?? size),
        0,
        false,
      );
    }
    const { id, pick, pad, axes } = this.spatially(x, channel, spatial, windows);
    const count = spatial.length;
    const [each, out] = filter.shape.slice(count) as [number, number];
    const window = pick(filter.shape.slice(0, count));
    const strides = pick(windows.strides);
    const dilations = pick(windows.dilations);
    const padding = pad(windows.padding);
    // One filter per channel is a depthwise convolution: faster, and what Keras calls it.
    if (groups > 1 && each === 1 && out % groups === 0) {
      const wanted = [...window, groups, out / groups];
      const kernel = this.constant(filter, `depthwise${wanted.join('_')}`, () => host.reshaped(filter, wanted));
      return this.varying(this.emit('depthwiseConv', [id, kernel], { strides, dilations, padding }), axes);
    }
    const wanted = [...window, each, out];
    const kernel = this.constant(filter, `filter${wanted.join('_')}`, () => host.reshaped(filter, wanted));
    return this.varying(this.emit('conv', [id, kernel], { strides, dilations, padding, groups }), axes);
  }

  /** @param filter [...window, out, in] */
  convTranspose(
    x: Tensor,
    filter: HostArray,
    channel: number,
    spatial: readonly number[],
    windows: Windows & { readonly padding: Padding },
    extend: readonly number[],
    groups: number,
  ): Varying {
    if (isArray(x)) throw new NotExpressible('a convolution of a constant');
    const { id, pick, pad, axes } = this.spatially(x, channel, spatial, windows);
    const count = spatial.length;
    const wanted = [...pick(filter.shape.slice(0, count)), ...filter.shape.slice(count)];
    const kernel = this.constant(filter, 'filter', () => host.reshaped(filter, wanted));
    const more = [
      ...range(wanted.length - 2 - count).map(() => 0),
      ...pick(extend)
        .slice(-count)
        .map((each, i) => (extend.length === count ? each : extend[i]!)),
    ];
    const attributes = {
      strides: pick(windows.strides),
      dilations: pick(windows.dilations),
      crop: pad(windows.padding) as Padding,
      extend: more,
      groups,
    };
    return this.varying(this.emit('convTranspose', [id, kernel], attributes), axes);
  }

  pool(
    kind: 'max' | 'average',
    x: Tensor,
    channel: number,
    spatial: readonly number[],
    windows: Windows,
    countPadding: boolean,
  ): Varying {
    if (isArray(x)) throw new NotExpressible('pooling of a constant');
    if (windows.dilations.some((each) => each !== 1))
      return this.dilatedPool(kind, x, channel, spatial, windows, countPadding);
    const { id, pick, pad, axes } = this.spatially(x, channel, spatial, windows);
    const attributes = { size: pick(windows.size), strides: pick(windows.strides), padding: pad(windows.padding) };
    const made =
      kind === 'max'
        ? this.emit('maxPool', [id], attributes)
        : this.emit('averagePool', [id], { ...attributes, countPadding });
    return this.varying(made, axes);
  }

  /** Axis by axis: each window's places side by side, then their maximum or mean. */
  private dilatedPool(
    kind: 'max' | 'average',
    x: Varying,
    channel: number,
    spatial: readonly number[],
    windows: Windows,
    countPadding: boolean,
  ): Varying {
    const { size, strides, dilations, padding } = windows;
    if (padding === 'same') throw new NotExpressible('dilated pooling of a free size');
    const shape = this.shape(x);
    const around = shape.map((_, axis) => padding[spatial.indexOf(axis)] ?? ([0, 0] as const));
    const padded = this.pad(x, around, 'constant', kind === 'max' ? LOWEST : 0);
    return spatial.reduce<Tensor>((value, axis, i) => {
      const full = this.shape(value)[axis]!;
      if (symbolic(full)) throw new NotExpressible('dilated pooling of a free size');
      const [window, stride, dilation] = [size[i]!, strides[i]!, dilations[i]!];
      const count = Math.floor((full - (window - 1) * dilation - 1) / stride) + 1;
      if (count < 1) throw new NotExpressible('a window larger than the values');
      if (kind === 'max' && count * window > MOST_PICKED)
        return this.phasedMaximum(value, channel, axis, { window, stride, dilation, count });
      const places = range(count).map((place) => range(window).map((at) => place * stride + at * dilation));
      const sorted = this.gather(
        value,
        { shape: [count, window], data: Float64Array.from(places.flat()), whole: true },
        axis,
      );
      const reduced = this.reduce(kind === 'max' ? 'max' : 'sum', sorted, [axis + 1], false);
      if (kind === 'max') return reduced;
      const [before] = padding[i]!;
      const inside = (at: number): boolean => countPadding || (at >= before && at < before + shape[axis]!);
      const shares = places.map((each) => 1 / Math.max(1, each.filter(inside).length));
      const along = range(this.rank(reduced)).map((each) => (each === axis ? count : 1));
      return this.binary('mul', reduced, host.reals(along, shares));
    }, padded) as Varying;
  }

  /** Over windows of many places: each phase of the dilation is an axis of its own, along which windows are whole. */
  private phasedMaximum(
    x: Tensor,
    channel: number,
    axis: number,
    { window, stride, dilation, count }: Readonly<Record<'window' | 'stride' | 'dilation' | 'count', number>>,
  ): Tensor {
    const shape = this.shape(x);
    const length = Math.ceil(shape[axis]! / dilation) * dilation;
    const none = shape.map(() => [0, 0] as const);
    const filled = this.pad(
      x,
      none.map((each, i) => (i === axis ? ([0, length - shape[axis]!] as const) : each)),
      'constant',
      LOWEST,
    );
    const phases = this.reshape(filled, [
      ...shape.slice(0, axis),
      length / dilation,
      dilation,
      ...shape.slice(axis + 1),
    ]);
    const pooled = this.pool(
      'max',
      phases,
      channel < axis ? channel : channel + 1,
      [axis, axis + 1],
      { size: [window, 1], strides: [1, 1], dilations: [1, 1], padding: [[0, 0], [0, 0]] }, // prettier-ignore
      false,
    );
    const flat = this.reshape(
      pooled,
      shape.map((size, i) => (i === axis ? (length / dilation - window + 1) * dilation : size)),
    );
    const only = <T>(value: T, other: T): T[] => shape.map((_, i) => (i === axis ? value : other));
    return this.slice(flat, nulls(shape.length), only<number | null>((count - 1) * stride + 1, null), only(stride, 1));
  }

  /** Held with channels last, spatial axes before. */
  upsample(
    x: Tensor,
    channel: number,
    spatial: readonly number[],
    scale: readonly number[],
    method: 'nearest' | 'bilinear',
  ): Varying {
    if (isArray(x)) throw new NotExpressible('resizing of a constant');
    const windows = {
      size: scale.map((each) => (each === 1 ? 1 : 2)),
      strides: scale,
      dilations: scale,
      padding: scale.map(() => [0, 0] as const),
    };
    const { id, pick, axes } = this.spatially(x, channel, spatial, windows);
    return this.varying(this.emit('upsample', [id], { scale: pick(scale), method }), axes);
  }

  /** scale · x + offset along one axis. */
  affine(x: Tensor, axis: number, scale: HostArray, offset: HostArray): Tensor {
    const along = (array: HostArray): HostArray =>
      host.reshaped(
        array,
        range(this.rank(x)).map((each) => (each === axis ? array.data.length : 1)),
      );
    if (!isArray(x)) {
      const held = x.axes[axis]!;
      const rank = this.builder.shape(x.id).length;
      if (held.length === 1 && held[0] === rank && rank > 0 && this.held(x.id, rank) === scale.data.length)
        return this.varying(
          this.emit('affine', [x.id, this.constant(scale, 'scale'), this.constant(offset, 'offset')], {}),
          x.axes,
        );
    }
    return this.binary('add', this.binary('mul', x, along(scale)), along(offset));
  }

  // --- over axes

  reduce(op: ReduceOp, x: Tensor, which: readonly number[] | null, keepDims: boolean): Tensor {
    const list = (which ?? range(this.rank(x))).map((axis) => this.axis(x, axis));
    if (isArray(x)) {
      const start = op === 'max' ? -Infinity : op === 'min' ? Infinity : 0;
      const fold = op === 'max' ? Math.max : op === 'min' ? Math.min : (sum: number, value: number) => sum + value;
      return host.folded(x, list, keepDims, start, fold, op === 'mean' ? (sum, count) => sum / count : undefined);
    }
    this.known(x);
    const over = new Set(list);
    for (const axis of over)
      if (x.axes[axis]!.length > 1 || x.axes[axis]![0] === 0) throw new AcrossBatch('a reduction over the batch');
    const held = list.flatMap((axis) => x.axes[axis]!.map((each) => each - 1)).sort((a, b) => a - b);
    if (!held.length)
      return keepDims
        ? x
        : this.varying(
            x.id,
            x.axes.filter((_, axis) => !over.has(axis)),
          );
    const id = this.emit(op, [x.id], { axes: held, keepDims });
    if (keepDims) return this.varying(id, x.axes);
    const axes = x.axes.filter((_, axis) => !over.has(axis));
    return this.varying(
      id,
      axes.map((group) => group.map((axis) => axis - held.filter((each) => each + 1 < axis).length)),
    );
  }

  /** Ops along one or more axes that keep the shape. */
  along(x: Tensor, axis: number, op: 'softmax' | 'logSoftmax'): Tensor {
    if (isArray(x)) return host.softmax(x, axis, op === 'logSoftmax');
    const value = this.holding(x, [axis]);
    return this.varying(this.emit(op, [value.id], { axis: value.axes[axis]![0]! - 1 }), value.axes);
  }

  normalise(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
    if (isArray(x)) return host.normalised(x, axes, epsilon);
    const value = this.holding(x, []);
    const held = axes.flatMap((axis) => {
      const group = value.axes[axis]!;
      if (group.length > 1 || group[0] === 0) throw new AcrossBatch('a normalisation over the batch');
      return group.map((each) => each - 1);
    });
    return this.varying(this.emit('normalise', [value.id], { axes: held.sort((a, b) => a - b), epsilon }), value.axes);
  }

  /** With these axes held, each as one. */
  private holding(x: Tensor, which: readonly number[]): Varying {
    if (isArray(x)) throw new NotExpressible('an op of a constant');
    this.known(x);
    for (const axis of which) if (x.axes[axis]!.includes(0)) throw new AcrossBatch('an op across the batch');
    const missing = which.filter((axis) => !x.axes[axis]!.length);
    if (!missing.length) return x;
    const order = this.heldOrder(x);
    for (const axis of missing) order.splice(placeFor(order, axis), 0, axis);
    const { id, lead } = this.arranged(x, order);
    return this.varying(id, this.axesOf(x.axes.length, x, order, lead));
  }

  // --- moving

  concat(inputs: readonly Tensor[], axis: number): Tensor {
    if (inputs.every(isArray)) return host.joined(inputs, axis);
    if (inputs.length === 1) return inputs[0]!;
    const first = inputs.find((x): x is Varying => !isArray(x))!;
    const rank = this.rank(first);
    const held = inputs.map((x) => (isArray(x) ? x : this.holding(x, [axis])));
    // The order of the value that holds most axes serves all.
    const widest = held
      .filter((x): x is Varying => !isArray(x))
      .reduce((most, x) => (this.builder.shape(x.id).length > this.builder.shape(most.id).length ? x : most));
    const order = this.heldOrder(widest);
    const needed = range(rank).filter((i) => held.some((x) => !isArray(x) && x.axes[i]!.length) && !order.includes(i));
    for (const each of needed) order.splice(placeFor(order, each), 0, each);
    const place = order.indexOf(axis);
    const batch = this.batchAxis(first);
    const merged = this.batchGroup(first);
    const ids: ValueId[] = [];
    const fixed: { readonly array: HostArray; readonly at: number }[] = [];
    let at = 0;
    let lead = 0;
    for (const x of held) {
      if (isArray(x)) {
        fixed.push({ array: x, at });
        at += x.shape[axis]!;
        continue;
      }
      if (this.batchAxis(x) !== batch || !same(this.batchGroup(x), merged))
        throw new AcrossBatch('a batch axis that meets another');
      const arranged = this.arranged(x, order);
      lead = arranged.lead;
      const size = this.shape(x)[axis]!;
      if (size === FREE && fixed.length) throw new NotExpressible('a constant joined to a free size');
      ids.push(arranged.id);
      at += size;
    }
    const canonical = lead + place - 1;
    if (canonical < 0) throw new AcrossBatch('values joined along the batch');
    const axes = this.axesOf(rank, widest, order, lead);
    if (!fixed.length) return this.varying(this.emit('concat', ids, { axis: canonical }), axes);
    return this.joinedWithConstants(held, order, axis, canonical, axes, at);
  }

  /** Constants among what is joined: zeros take their place, and they are added at the end. */
  private joinedWithConstants(
    held: readonly Tensor[],
    order: readonly number[],
    axis: number,
    canonical: number,
    axes: Varying['axes'],
    total: number,
  ): Tensor {
    const rank = axes.length;
    const parts: ValueId[] = [];
    let before = 0;
    for (const x of held) {
      const size = this.shape(x)[axis]!;
      if (isArray(x)) {
        before += size;
        continue;
      }
      const { id } = this.arranged(x, order);
      parts.push(before ? this.padded(id, canonical, before, 0) : id);
      before = 0;
    }
    if (before) parts.push(this.padded(parts.pop()!, canonical, 0, before));
    const id = parts.length > 1 ? this.emit('concat', parts, { axis: canonical }) : parts[0]!;
    const value = this.varying(id, axes);
    const shape = this.shape(value).map((size, i) =>
      i === axis ? total : this.batchAxis(value) === i || size === FREE ? 1 : size,
    );
    const pieces = held.map((x) => {
      const sizes = shape.map((size, i) => (i === axis ? this.shape(x)[axis]! : size));
      if (!isArray(x)) return host.filled(sizes, 0, false);
      const batch = this.batchAxis(value);
      const trimmed = !this.batched || x.shape[batch] === 1 ? x : this.withoutBatch(x, batch);
      return host.expanded(host.converted(trimmed, false), sizes);
    });
    if (rank < 1) throw new NotExpressible('scalars joined');
    return this.binary('add', value, host.joined(pieces, axis));
  }

  private padded(id: ValueId, axis: number, before: number, after: number): ValueId {
    const padding = this.builder.shape(id).map((_, i) => (i === axis ? ([before, after] as const) : ([0, 0] as const)));
    return this.emit('pad', [id], { padding, mode: 'constant', value: 0 });
  }

  /** Python's begin:end:stride per axis; null: open. */
  slice(
    x: Tensor,
    begin: readonly (number | null)[],
    end: readonly (number | null)[],
    strides: readonly number[],
  ): Tensor {
    const shape = this.shape(x);
    const starts: number[] = [];
    const counts = shape.map((size, axis) => {
      const [from, to, stride] = [begin[axis]!, end[axis]!, strides[axis]!];
      if (!Number.isInteger(stride) || stride === 0) throw new NotExpressible(`a stride of ${stride}`);
      const { first, count } = takenAlong(size, from, to, stride);
      starts.push(first);
      return count;
    });
    if (isArray(x)) return host.sliced(x, starts, counts, strides);
    const cut = range(shape.length).filter((axis) => counts[axis] !== shape[axis] || strides[axis] !== 1);
    if (!cut.length) return x;
    const free = cut.filter((axis) => shape[axis]! % FREE === 0 && x.axes[axis]!.length === 1);
    const value = this.holding(x, cut);
    const rank = this.builder.shape(value.id).length;
    const attributes = { begin: nulls(rank), end: nulls(rank), strides: range(rank).map(() => 1) };
    for (const axis of cut) {
      const at = value.axes[axis]![0]! - 1;
      if (value.axes[axis]!.length > 1 || at < 0) throw new AcrossBatch('a slice of the batch');
      const stride = strides[axis]!;
      attributes.strides[at] = stride;
      if (free.includes(axis)) {
        // Ends of free sizes are kept as they count: from the back where negative.
        attributes.begin[at] = begin[axis]!;
        attributes.end[at] = end[axis] === null || Math.abs(end[axis]!) >= FREE ? null : end[axis]!;
        continue;
      }
      attributes.begin[at] = starts[axis]!;
      const stop = starts[axis]! + counts[axis]! * stride;
      attributes.end[at] = stop < 0 ? null : stop;
    }
    return this.varying(this.emit('slice', [value.id], attributes), value.axes);
  }

  pad(x: Tensor, padding: Padding, mode: OpAttributes['pad']['mode'], value: number): Tensor {
    const touched = range(padding.length).filter((axis) => padding[axis]!.some((each) => each !== 0));
    if (!touched.length) return x;
    // Negative padding cuts.
    if (padding.flat().some((each) => each < 0)) {
      const cut = this.slice(
        x,
        padding.map(([before]) => (before < 0 ? -before : null)),
        padding.map(([, after]) => (after < 0 ? after : null)),
        padding.map(() => 1),
      );
      return this.pad(
        cut,
        padding.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const),
        mode,
        value,
      );
    }
    if (isArray(x)) {
      if (mode !== 'constant') throw new NotExpressible(`padding of a constant by ${mode}`);
      return touched.reduce<HostArray>((array, axis) => {
        const sides = padding[axis]!.map((count) => {
          const shape = array.shape.map((size, each) => (each === axis ? count : size));
          return count > 0 ? [host.filled(shape, value, array.whole)] : [];
        });
        return host.joined([...sides[0]!, array, ...sides[1]!], axis);
      }, x);
    }
    const held = this.holding(x, touched);
    const own: [number, number][] = this.builder.shape(held.id).map(() => [0, 0]);
    for (const axis of touched) own[held.axes[axis]![0]! - 1] = [...padding[axis]!];
    return this.varying(this.emit('pad', [held.id], { padding: own, mode, value }), held.axes);
  }

  tile(x: Tensor, repeats: readonly number[]): Tensor {
    const touched = range(repeats.length).filter((axis) => repeats[axis] !== 1);
    if (!touched.length) return x;
    if (isArray(x)) {
      return touched.reduce<HostArray>(
        (array, axis) => host.joined(new Array<HostArray>(bounded(repeats[axis]!)).fill(array), axis),
        x,
      );
    }
    const held = this.holding(x, touched);
    const own = this.builder.shape(held.id).map(() => 1);
    for (const axis of touched) own[held.axes[axis]![0]! - 1] = repeats[axis]!;
    return this.varying(this.emit('tile', [held.id], { repeats: own }), held.axes);
  }

  /** Numpy's broadcast_to; a constant keeps a batch axis of one. */
  expand(x: Tensor, target: readonly number[]): Tensor {
    if (isArray(x))
      return host.expanded(
        x,
        target.map((size) => (symbolic(size) ? 1 : size)),
      );
    const value = this.toRank(x, Math.max(this.rank(x), target.length));
    const shape = this.shape(value);
    const wanted = [...range(shape.length - target.length).map(() => 1), ...target];
    return this.tile(
      value,
      shape.map((size, axis) => (size === 1 && wanted[axis]! > 1 ? wanted[axis]! : 1)),
    );
  }

  gather(x: Tensor, indices: Tensor, axis: number): Tensor {
    if (!isArray(indices)) {
      if (!isArray(x) || axis !== 0 || x.shape.length !== 2)
        throw new NotExpressible('positions that depend on the input');
      const { id } = this.arranged(indices, [this.batchAxis(indices), ...this.heldOrder(indices).slice(1)]);
      const made = this.emit('embedding', [id, this.constant(x, 'embeddings')], {});
      const rank = this.builder.shape(made).length;
      return this.varying(made, [...indices.axes, [rank]]);
    }
    const places = host.list(indices);
    const rank = this.rank(x);
    const shape = this.shape(x);
    const after = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
    if (isArray(x)) return host.reshaped(host.picked(x, axis, places), after);
    if (x.axes[axis]!.includes(0)) throw new AcrossBatch('examples picked from the batch');
    const run = places.every((place, i) => place === places[0]! + i) && places[0]! >= 0;
    let picked: Tensor;
    if (run) {
      const ends = range(rank).map((i) => (i === axis ? places[0]! + places.length : null));
      picked = this.slice(
        x,
        range(rank).map((i) => (i === axis ? places[0]! : null)),
        ends,
        range(rank).map(() => 1),
      );
    } else {
      const held = this.holding(x, [axis]);
      picked = this.varying(
        this.emit('gather', [held.id], { axis: held.axes[axis]![0]! - 1, indices: places }),
        held.axes,
      );
    }
    if (indices.shape.length === 1) return picked;
    return this.reshape(picked, after);
  }
}

const one = (axis: number): readonly number[] => [axis];
/** How many of these values can be attributed: nothing unknown leads to them. */
export function attributable(graph: Graph, ids: readonly ValueId[]): number {
  const closed = new Set<ValueId>();
  for (const node of graph.nodes)
    if (node.op === 'unknown' || node.inputs.some((id) => closed.has(id))) closed.add(node.output);
  return ids.filter((id) => !closed.has(id)).length;
}

/** Windows along one of the axes that have them. */
function convolvedSize(size: number, { size: windows, strides, dilations, padding }: Windows, index: number): number {
  if (padding === 'same') return Math.ceil(size / strides[index]!);
  const [before, after] = padding[index]!;
  const reach = (windows[index]! - 1) * dilations[index]! + 1;
  return Math.floor((size + before + after - reach) / strides[index]!) + 1;
}

/** A size of shape arithmetic as the graph writes it. */
const free = (size: number): Size => (size % FREE === 0 ? null : size);
const nulls = (count: number): (number | null)[] => new Array<number | null>(count).fill(null);
const contiguous = (list: readonly number[]): boolean =>
  list.length > 0 && list.every((axis, i) => axis === list[0]! + i);
/** Where an axis goes in an order of others: before the first that follows it in the file. */
const placeFor = (order: readonly number[], axis: number): number => {
  const at = order.findIndex((each, i) => i > 0 && each > axis);
  return at < 0 ? order.length : at;
};
const bounded = (count: number): number => {
  if (!(count >= 1 && count <= 1e6)) throw new NotExpressible(`${count} repetitions`);
  return count;
};
