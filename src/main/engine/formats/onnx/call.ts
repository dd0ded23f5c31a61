/** One node of an ONNX graph, as the rows of the op table see it. */
import { type HostArray, NotExpressible } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import type { Windows } from '../tensors/sliding';
import { samePadding } from '../../graph/shapes';
import type { Attribute, TensorProto } from './proto';

export class OnnxCall {
  private readonly attributes: ReadonlyMap<string, Attribute>;

  constructor(
    readonly kind: string,
    /** Undefined where an optional input is left out. */
    readonly inputs: readonly (Tensor | undefined)[],
    readonly outputs: number,
    readonly opset: number,
    readonly to: Assembly,
    attributes: readonly Attribute[],
    private readonly tensor: (proto: TensorProto) => HostArray,
    /** ONNX's type of an input, where the file tells it. */
    readonly typeOf: (input: number) => number | null,
  ) {
    this.attributes = new Map(attributes.map((each) => [each.name, each]));
  }

  input(index: number): Tensor {
    const x = this.inputs[index];
    if (!x) throw new NotExpressible(`input ${index} left out`);
    return x;
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }
  int(name: string, missing: number): number {
    return this.attributes.get(name)?.i ?? missing;
  }
  /** Float32, as runtimes read it. */
  float(name: string, missing: number): number {
    return this.attributes.get(name)?.f ?? missing;
  }
  text(name: string, missing: string): string {
    return this.attributes.get(name)?.s ?? missing;
  }
  ints(name: string): readonly number[] | null {
    return this.attributes.get(name)?.ints ?? null;
  }
  floats(name: string): readonly number[] | null {
    return this.attributes.get(name)?.floats ?? null;
  }
  texts(name: string): readonly string[] | null {
    const list = this.attributes.get(name)?.strings;
    return list?.length ? list : null;
  }
  array(name: string): HostArray | null {
    const proto = this.attributes.get(name)?.t;
    return proto ? this.tensor(proto) : null;
  }

  /** The second operand. Before opset 7 it is told at which axis of the first it begins. */
  get second(): Tensor {
    const b = this.input(1);
    if (this.opset >= 7 || !this.int('broadcast', 0)) return b;
    const a = this.to.rank(this.input(0));
    const own = this.to.rank(b);
    const axis = this.has('axis') ? this.to.axis(this.input(0), this.int('axis', 0)) : a - own;
    return this.to.unsqueeze(
      b,
      Array.from({ length: Math.max(0, a - axis - own) }, (_, i) => own + i),
    );
  }

  /** A list that was an attribute in old opsets and is an input now. */
  list(name: string, index: number): readonly number[] | null {
    const own = this.ints(name);
    if (own) return own;
    const x = this.inputs[index];
    return x ? this.to.list(x, name) : null;
  }

  /** Axis 1 are channels, the rest is spatial. */
  get spatial(): number[] {
    const rank = this.to.rank(this.input(0));
    return Array.from({ length: rank - 2 }, (_, i) => i + 2);
  }

  windows(size: readonly number[]): Windows {
    const count = size.length;
    const ones = size.map(() => 1);
    const strides = this.ints('strides') ?? ones;
    const dilations = this.ints('dilations') ?? ones;
    const pads = this.ints('pads') ?? new Array<number>(2 * count).fill(0);
    const auto = this.text('auto_pad', 'NOTSET');
    if (strides.length !== count || dilations.length !== count || pads.length !== 2 * count)
      throw new NotExpressible('strides, dilations or pads of another number of axes');
    const shape = this.to.shape(this.input(0)).slice(2);
    const padding = size.map((each, axis): readonly [number, number] => {
      if (auto === 'VALID') return [0, 0];
      if (auto === 'NOTSET') return [pads[axis]!, pads[axis + count]!];
      const [before, after] = samePadding(shape[axis]!, each, strides[axis]!, dilations[axis]!);
      return auto === 'SAME_LOWER' ? [after, before] : [before, after];
    });
    return { size, strides, dilations, padding };
  }
}
