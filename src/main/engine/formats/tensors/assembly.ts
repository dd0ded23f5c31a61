/**
 * What translators build the graph with: values brought to each other and computed element by element. How they are held
 * stands in axes.ts; ops on matrices, over axes, with windows and those that only move values are functions beside it.
 */
import type { ValueId } from '../../graph/graph';
import { OPS, type OpAttributes, type OpName } from '../../graph/ops';
import * as host from './array';
import { isArray, NotExpressible, range, type HostArray } from './array';
import { AcrossBatch, Axes, NO_BATCH, placeFor, same, type Comparison, type Tensor, type Varying } from './axes';
import { reshaped } from './reshaping';

export { AcrossBatch, BATCH, FREE, Impossible, StepsOfBatch, symbolic } from './axes';
export type { Comparison, Origin, Tensor, Varying } from './axes';
export type BinaryOp =
  'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'power' | 'atan2' | Comparison; // prettier-ignore

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

export class Assembly extends Axes {
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
    for (const axis of drop) {
      if (axis === batch) throw new AcrossBatch('the batch left out');
      if (shape[axis] !== 1) throw new NotExpressible(`axis ${axis} of size ${shape[axis]} left out`);
    }
    const kept = range(shape.length).filter((axis) => !drop.has(axis));
    if (isArray(x)) return host.reshaped(x, kept.map((axis) => shape[axis]!)); // prettier-ignore
    const { id, axes } = this.unholding(x, [...drop]);
    return this.varying(
      id,
      kept.map((axis) => axes[axis]!),
    );
  }

  /** @param target sizes in full: no −1, no 0 */
  reshape(x: Tensor, target: readonly number[]): Tensor {
    return reshaped(this, x, target);
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
      return one && host.product(one.shape) === 1 && one.data[0] === 1 ? this.varying(second!, x.axes) : null;
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
}
