/**
 * How values are held while files are read that know tensors with all their axes, batch included, in any order (ONNX,
 * TensorFlow).
 * A varying value is held once, channels last and without the batch axis, as the graph wants it; how the file sees it is
 * a list of its axes: each is one axis of the held value, none (a size of one that is not held), or, for the axis that
 * the batch was merged into ([N·T, C]), several. So the file's transpositions, squeezes and merged batches cost nothing:
 * they change the list. Values are moved only where an op needs another order, once per order.
 *
 * A file whose values have no batch axis (a scalar input), or whose batch is one example (arithmetic across it), is read
 * without: then no axis of the list is the batch, and NO_BATCH stands where an order names it (`examples.ts`).
 *
 * Sizes the file leaves free are numbers that no file has: shape arithmetic works on them as on others, and a size that
 * comes out as a multiple of BATCH is recognised as the batch.
 */
import { MhoError } from '../../../../contract/errors';
import type { GraphBuilder } from '../../graph/builder';
import type { DType, Node, Shape, Size, ValueId } from '../../graph/graph';
import { OPS, type OpAttributes, type OpName } from '../../graph/ops';
import * as host from './array';
import { isArray, NotExpressible, product, range, type HostArray } from './array';
import type { Declared, Way } from './examples';
import { BATCH, FREE, made, withoutStandIns } from './standIns';

export { BATCH, FREE, symbolic } from './standIns';

/** The batch axis of a file that has none. */
export const NO_BATCH = -1;

/** What would mix examples: in a file read with a batch axis, but not in one read without. */
export class AcrossBatch extends NotExpressible {}

/** What walks along the batch step by step: that axis is a length. */
export class StepsOfBatch extends AcrossBatch {}

/** What no runtime computes either: shapes that do not fit. */
export class Impossible extends NotExpressible {}

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
  /** Set where no runtime computes it: of two branches the other one is taken, or the model fails. */
  readonly impossible?: true;
}

export type Tensor = HostArray | Varying;
export type Comparison = 'greater' | 'greaterEqual' | 'equal';
export class Axes {
  /** Origins of the graph's nodes, by output. */
  readonly origins = new Map<ValueId, Origin>();
  private origin: Origin = { name: 'input', kind: 'Input' };
  private readonly moved = new Map<string, ValueId>();
  private readonly wholeConstants = new Set<ValueId>();
  private keepsWhole = false;
  private readonly constants = new WeakMap<object, Map<string, ValueId>>();
  /** Inputs and outputs of channels first, held so because the file names their values so: their units are on their first axis. */
  readonly channelsFirst = new Set<ValueId>();
  /** Nodes that would have mixed examples, and whether one of them walks along their axis. */
  crossed = 0;
  walked = false;
  /** False: no axis of the file counts examples. */
  readonly batched: boolean;

  /** @param batch the batch size that the file fixes */
  constructor(
    readonly builder: GraphBuilder,
    readonly way: Way,
    readonly batch: number = BATCH,
  ) {
    this.batched = way === 'batched';
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

  /**
   * @param declared as the file has it
   * @param place its axis that counts examples; null where none does
   */
  input(name: string, declared: Shape, dtype: Exclude<DType, 'bool'>, place: number | null): Varying {
    const counts = place === null ? undefined : declared[place];
    const alone = this.way === 'one' && (counts === 1 || counts === null);
    const without = this.batched || alone;
    const id = this.builder.input(name, without ? declared.filter((_, axis) => axis !== place) : declared, dtype);
    if (without) {
      const mine = this.batched ? [0] : [];
      return this.varying(
        id,
        declared.map((_, axis) => (axis === place ? mine : [axis < place! ? axis + 1 : axis])),
      );
    }
    const bound = this.builder.shape(id);
    const held = bound.filter((size) => size !== 1);
    // Ones among several free sizes stay: no reshape could tell which is which.
    if (held.filter((size) => size === null).length > 1) return this.varying(id, range(bound.length, 1).map(one));
    let next = 1;
    const axes = bound.map((size) => (size === 1 ? [] : [next++]));
    return this.varying(held.length === bound.length ? id : this.reshapedTo(id, held), axes);
  }

  /**
   * An input of channels first, held channels last from the start: what is done to each of its numbers before the first convolution
   * then stands as that does, and channels are the units of all of it. Itself where it has no channels, or where they are not told apart.
   */
  channelsLast(x: Varying): Varying {
    const [examples, channels, ...places] = range(x.axes.length);
    if (examples === undefined || channels === undefined || places.length === 0) return x;
    if ([channels, ...places].some((axis) => x.axes[axis]!.length !== 1)) return x;
    if (this.batched ? !same(x.axes[examples]!, [0]) : x.axes[examples]!.length > 0) return x;
    const order = [this.batched ? examples : NO_BATCH, ...places, channels];
    const { id, lead } = this.arranged(x, order);
    return this.varying(id, this.axesOf(x.axes.length, x, order, lead));
  }

  /** An input that no row of numbers is: the model opens, and what it leads to is refused by this reason. */
  unreadable(name: string, reason: string): Varying {
    const id = this.builder.input(name, [null]);
    return this.at({ name, kind: 'Input' }, () => this.unknown([this.varying(id, [])], reason, null));
  }

  /** Size of a held axis, as shape arithmetic counts it. */
  held(id: ValueId, axis: number): number {
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

  known(x: Varying): void {
    if (x.opaque !== null) throw new (x.impossible ? Impossible : NotExpressible)(`what ${x.opaque} gives`);
  }

  varying(id: ValueId, axes: Varying['axes']): Varying {
    return { id, axes, opaque: null };
  }

  batchAxis(x: Varying): number {
    return this.batched ? x.axes.findIndex((group) => group.includes(0)) : NO_BATCH;
  }

  /** Held axes of the batch's place: itself, and what was merged into it. */
  batchGroup(x: Varying): readonly number[] {
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
      if (this.builder.leavesFree && shape === undefined) {
        const inferred = this.builder.inferred(op, inputs, attributes, `~${this.origin.name}`);
        if (inferred.some((size) => size !== null && made(size)))
          throw new NotExpressible('a size that a free one decides');
      }
      id = this.builder.add(op, inputs, attributes, `~${this.origin.name}`, shape, this.typeOf(op, inputs));
    } catch (error) {
      // Of sizes that stand for others nobody knows.
      const Fault = this.batched || this.builder.leavesFree ? NotExpressible : Impossible;
      if (error instanceof MhoError) throw new Fault(String(error.details['reason'] ?? error.sentence));
      throw error;
    }
    this.origins.set(id, this.origin);
    return id;
  }

  /** Why an op is not expressed, in words that hold no stand-in; what that says of the examples' place is counted. */
  refusal(error: NotExpressible): string {
    if (error instanceof AcrossBatch) this.crossed++;
    if (error instanceof StepsOfBatch) this.walked = true;
    return withoutStandIns(error.message, this.builder.leavesFree);
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
    const held = host.identityOf(array);
    const made = this.constants.get(held) ?? new Map<string, ValueId>();
    this.constants.set(held, made);
    const full = `${key}[${array.shape.join(',')}]`;
    const known = made.get(full);
    if (known !== undefined) return known;
    const id = this.builder.constant(host.asConstant(make()), `${this.origin.name}/${key}`, 'float32');
    made.set(full, id);
    if (array.whole) this.wholeConstants.add(id);
    return id;
  }

  /**
   * What cannot be translated: shown, and refused by name.
   * @param option whether others of its kind can
   * @param impossible whether no runtime computes it either
   */
  unknown(
    inputs: readonly Tensor[],
    kind: string,
    shape: readonly number[] | null,
    option = false,
    impossible = false,
  ): Varying {
    // Its weights are the layer's, whatever becomes of them.
    const ids = inputs.flatMap((x) => (isArray(x) ? (x.shape.length > 0 ? [this.constant(x)] : []) : [x.id]));
    const known = shape !== null && shape.length >= (this.batched ? 1 : 0) && shape.every((size) => size >= 1);
    const sizes = known ? shape.slice(this.batched ? 1 : 0).map(free) : null;
    const source = inputs.flatMap((x) => (isArray(x) || x.opaque === null ? [] : [x.opaque]))[0];
    const why = option ? { option, behind: source !== undefined } : {};
    const id = this.emit('unknown', ids, { kind, ...why }, sizes ?? [null]);
    if (sizes) return this.varying(id, this.allHeld(sizes.length));
    return { id, axes: [], opaque: source ?? kind, ...(impossible && { impossible }) };
  }

  /** Every axis held, in the file's order. @param inner how many there are beside the batch */
  allHeld(inner: number): (readonly number[])[] {
    return this.batched ? range(inner + 1).map(one) : range(inner, 1).map(one);
  }

  // --- order of axes

  /**
   * The value held in another order of the file's axes.
   * @param order all axes but those that may stay unheld; the batch's first
   * @returns held as [batch, …what was merged into the batch, …order's others]
   */
  arranged(x: Varying, order: readonly number[]): { readonly id: ValueId; readonly lead: number } {
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

  transposed(id: ValueId, permutation: readonly number[]): ValueId {
    return this.once(`${id}t${permutation.join()}`, () => {
      const rank = permutation.length;
      const forConvolution = permutation[rank - 1] === 0 && permutation.slice(0, -1).every((axis, i) => axis === i + 1);
      if (rank > 1 && forConvolution && !this.builder.producer(id)) this.channelsFirst.add(id);
      return this.emit('transpose', [id], { permutation });
    });
  }

  reshapedTo(id: ValueId, shape: readonly Size[]): ValueId {
    if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes in a reshape');
    const sizes = shape.map((size) => size ?? -1);
    return this.once(`${id}r${sizes.join()}`, () => this.emit('reshape', [id], { shape: sizes }));
  }

  once(key: string, make: () => ValueId): ValueId {
    const known = this.moved.get(key);
    if (known !== undefined) return known;
    const id = make();
    this.moved.set(key, id);
    return id;
  }

  /** The file's axes in the order in which they are held, batch first; unheld ones left out. */
  heldOrder(x: Varying): number[] {
    const held = range(x.axes.length)
      .filter((axis) => x.axes[axis]!.length > 0)
      .sort((a, b) => Math.min(...x.axes[a]!) - Math.min(...x.axes[b]!));
    return this.batched ? held : [NO_BATCH, ...held];
  }

  /** Axes after `arranged`: the batch's group first, then one held axis for each of `order`. */
  axesOf(rank: number, x: Varying, order: readonly number[], lead: number): (readonly number[])[] {
    const axes: (readonly number[])[] = range(rank).map(() => []);
    if (this.batched) {
      const group = x.axes[order[0]!]!;
      const sorted = group.filter((axis) => axis !== 0).sort((a, b) => a - b);
      axes[order[0]!] = group.map((axis) => (axis === 0 ? 0 : sorted.indexOf(axis) + 1));
    }
    order.slice(1).forEach((axis, i) => (axes[axis] = [lead + 1 + i]));
    return axes;
  }

  /**
   * As the file's own order but for the batch, which is first, every axis held: what an output of the model is.
   * @param declared its sizes as the file has them
   */
  asOutput(x: Varying, declared: Declared): ValueId {
    if (x.opaque !== null) return x.id;
    const batch = this.batched ? this.batchAxis(x) : NO_BATCH;
    if (this.batched && x.axes[batch]!.length !== 1) return x.id;
    const alone = this.way === 'one' ? batchOfOne(x, declared) : batch;
    // An op may have held the batch of one; what the file leaves free there counts examples.
    if (alone === null && declared?.length === x.axes.length && declared[0] === null && this.shape(x)[0] === 1)
      return this.asOutput(this.unholding(x, [0]), declared);
    const { id } = this.arranged(x, [batch, ...range(x.axes.length).filter((axis) => axis !== alone)]);
    const moved = id === x.id ? null : this.builder.producer(id);
    const permutation = moved?.op === 'transpose' ? (moved as Node<'transpose'>).attributes.permutation : [];
    if (permutation.length > 1 && permutation.every((axis, i) => axis === (i === 0 ? permutation.length : i) - 1))
      this.channelsFirst.add(id);
    return id;
  }

  /** With every axis held in the file's order; axes merged into the batch stay before the others. */
  settled(x: Varying): ValueId {
    return this.arranged(x, range(x.axes.length)).id;
  }

  leadSizes(x: Varying): number[] {
    return this.batchGroup(x).map((axis) => this.held(x.id, axis));
  }

  /** A constant that is the same for every example, with a batch axis of one. */
  withoutBatch(array: HostArray, axis: number): HostArray {
    const first = host.picked(array, axis, [0]);
    const repeated = host.expanded(first, array.shape);
    if (!array.data.every((value, i) => value === repeated.data[i]))
      throw new AcrossBatch('a constant that differs between examples');
    return first;
  }

  /** With these axes held, each as one. */
  holding(x: Tensor, which: readonly number[]): Varying {
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

  /** Without these held axes, of size one each. */
  unholding(x: Varying, which: readonly number[]): Varying {
    const dropped = new Set(which.flatMap((axis) => x.axes[axis]!));
    if (!dropped.size) return x;
    const shape = this.builder.shape(x.id).filter((_, i) => !dropped.has(i + 1));
    const id = this.reshapedTo(x.id, shape);
    const before = (axis: number): number => [...dropped].filter((each) => each < axis).length;
    return this.varying(
      id,
      x.axes.map((group, i) => (which.includes(i) ? [] : group.map((axis) => axis - before(axis)))),
    );
  }
}

/** Which axis of an output is the batch of one, and so none of an example's: the first, or the one that can only be it. */
function batchOfOne({ axes }: Varying, declared: Declared): number | null {
  const unheld = range(axes.length).filter((axis) => !axes[axis]!.length);
  const [axis] = unheld[0] === 0 || unheld.length === 1 ? unheld : unheld.filter((each) => declared?.[each] === null);
  return axis ?? null;
}

const one = (axis: number): readonly number[] => [axis];

/** A size of shape arithmetic as the graph writes it. */
export const free = (size: number): Size => (size % FREE === 0 ? null : size);
/** Where an axis goes in an order of others: before the first that follows it in the file. */
export const placeFor = (order: readonly number[], axis: number): number => {
  const at = order.findIndex((each, i) => i > 0 && each > axis);
  return at < 0 ? order.length : at;
};

/** Whether two lists hold the same. */
export const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);
