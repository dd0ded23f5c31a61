/** The arguments of one call, as its row asks for them. */
import { ConfigFault, nested } from '../../json';
import * as host from '../../tensors/array';
import { NotExpressible, product, range } from '../../tensors/array';
import type { Assembly, Tensor } from '../../tensors/assembly';
import { stacked } from '../../tensors/pieces';
import { Operand } from '../arguments';

/** By the names of keras.ops. */
export class Arguments {
  constructor(
    readonly to: Assembly,
    private readonly values: ReadonlyMap<string, unknown>,
    private readonly inputs: readonly Tensor[],
  ) {}

  raw(name: string): unknown {
    return this.values.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.raw(name) !== null;
  }

  private asTensor(value: unknown, name: string): Tensor {
    if (value instanceof Operand) return this.operand(value);
    const { shape, data } = nested(value);
    if (!data) {
      // A shape made of sizes: [tf.shape(x)[0], -1]
      if (Array.isArray(value)) {
        return stacked(
          this.to,
          value.map((each) => this.asTensor(each, name)),
          0,
        );
      }
      throw new NotExpressible(`${name} of this kind`);
    }
    const numbers = data.map(Number);
    // JSON does not tell 2.0 from 2; real numbers take it either way.
    return numbers.every(Number.isInteger) ? host.wholes(numbers, shape) : host.reals(shape, numbers);
  }

  tensor(name: string): Tensor {
    if (!this.has(name)) throw new ConfigFault(`${name} is missing`);
    return this.asTensor(this.raw(name), name);
  }

  operand({ place }: Operand): Tensor {
    const x = this.inputs[place];
    if (!x) throw new ConfigFault(`it is called with ${this.inputs.length} tensors, of which ${place} is asked`);
    return x;
  }

  /** A tensor, or the tensors of a list. */
  tensors(name: string): Tensor[] {
    const value = this.raw(name);
    return Array.isArray(value) ? value.map((each) => this.asTensor(each, name)) : [this.tensor(name)];
  }

  number(name: string, missing?: number): number {
    if (!this.has(name) && missing !== undefined) return missing;
    const array = this.to.array(this.tensor(name), `a ${name}`);
    if (array.data.length !== 1) throw new ConfigFault(`${name} is ${array.data.length} numbers, expected one`);
    return array.data[0]!;
  }

  flag(name: string, missing = false): boolean {
    return this.has(name) ? this.raw(name) === true || this.raw(name) === 1 : missing;
  }

  text(name: string, missing: string): string {
    const value = this.raw(name);
    return typeof value === 'string' ? value : missing;
  }

  /** Whole numbers, one or a list. */
  list(name: string): number[] {
    return this.to.list(this.tensor(name), `a ${name}`);
  }

  axis(x: Tensor, missing: number, name = 'axis'): number {
    return this.to.axis(x, this.number(name, missing));
  }

  /** Axes; null where the call asks for all of them. @param missing where it does not say */
  axes(x: Tensor, name = 'axis', missing: number | null = null): number[] | null {
    if (!this.values.has(name) && missing !== null) return [this.to.axis(x, missing)];
    return this.has(name) ? this.list(name).map((axis) => this.to.axis(x, axis)) : null;
  }

  /** The same, each of them named. */
  allAxes(x: Tensor, name = 'axis', missing: number | null = null): number[] {
    return this.axes(x, name, missing) ?? range(this.to.rank(x));
  }

  /** A value and an axis of it; where the call names none, all its numbers in a row, as numpy flattens them. */
  flattened(name: string): { readonly x: Tensor; readonly axis: number } {
    const x = this.tensor(name);
    if (this.has('axis') && this.list('axis').length > 1) throw new NotExpressible('several axes');
    if (this.has('axis')) return { x, axis: this.axis(x, 0) };
    return { x: this.to.reshape(x, [product(this.to.shape(x))]), axis: 0 };
  }
}
