/** One node of a TensorFlow graph, as the rows of the op table see it. */
import type { Padding, WindowPadding } from '../../graph/ops';
import { samePadding } from '../../graph/shapes';
import { NotExpressible } from '../tensors/array';
import { type Assembly, FREE, type Tensor } from '../tensors/assembly';
import type { TfNode } from './node';

/** Where channels and spatial axes stand. */
export interface Layout {
  readonly channel: number;
  readonly spatial: readonly number[];
}

/** What a SpaceToBatchND around a convolution says: dilation, and padding from which BatchToSpaceND cuts again. */
export interface Dilated {
  readonly block: readonly number[];
  readonly padding: Padding;
}

export class TfCall {
  constructor(
    readonly node: TfNode,
    readonly inputs: readonly Tensor[],
    readonly to: Assembly,
    /** Set on the convolution inside a SpaceToBatchND and BatchToSpaceND. */
    readonly dilated: Dilated | null = null,
  ) {}

  input(index: number): Tensor {
    const x = this.inputs.at(index);
    if (!x) throw new NotExpressible(`input ${index} left out`);
    return x;
  }
  text(key: string, missing: string): string {
    return this.node.attributes.get(key)?.s ?? missing;
  }
  int(key: string, missing: number): number {
    return this.node.attributes.get(key)?.i ?? missing;
  }
  float(key: string, missing: number): number {
    return this.node.attributes.get(key)?.f ?? missing;
  }
  flag(key: string, missing = false): boolean {
    return this.node.attributes.get(key)?.b ?? missing;
  }
  type(key: string): number {
    return this.node.attributes.get(key)?.type ?? 0;
  }
  ints(key: string): readonly number[] {
    return this.node.attributes.get(key)?.ints ?? [];
  }
  floats(key: string): readonly number[] {
    return this.node.attributes.get(key)?.floats ?? [];
  }
  texts(key: string): readonly string[] {
    return this.node.attributes.get(key)?.texts ?? [];
  }
  list(index: number, what: string): number[] {
    return this.to.list(this.input(index), what);
  }

  layout(x: Tensor): Layout {
    const rank = this.to.rank(x);
    const first = this.text('data_format', 'NHWC').startsWith('NC');
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + (first ? 2 : 1));
    return first ? { channel: 1, spatial: axes } : { channel: rank - 1, spatial: axes };
  }

  /** Per spatial axis, of an attribute with one number per axis. */
  spatially(key: string, { spatial }: Layout): number[] {
    const all = this.ints(key);
    return spatial.map((axis) => all[axis] ?? 1);
  }

  padding(
    x: Tensor,
    { spatial }: Layout,
    size: readonly number[],
    strides: readonly number[],
    dilations: readonly number[],
  ): WindowPadding {
    const kind = this.text('padding', 'VALID');
    if (this.dilated) {
      if (kind !== 'VALID') throw new NotExpressible(`padding ${kind} inside SpaceToBatchND`);
      return spatial.map((_, i) => this.dilated!.padding[i] ?? ([0, 0] as const));
    }
    if (kind === 'VALID') return size.map(() => [0, 0] as const);
    if (kind === 'EXPLICIT') {
      const all = this.ints('explicit_paddings');
      return spatial.map((axis) => [all[2 * axis] ?? 0, all[2 * axis + 1] ?? 0] as const);
    }
    if (kind !== 'SAME') throw new NotExpressible(`padding ${kind}`);
    const shape = this.to.shape(x);
    const free = spatial.some((axis, i) => shape[axis]! % FREE === 0 && strides[i] !== 1 && size[i] !== 1);
    if (free) return 'same';
    return spatial.map((axis, i) => {
      const length = shape[axis]! % FREE === 0 ? strides[i]! : shape[axis]!;
      return samePadding(length, size[i]!, strides[i]!, dilations[i]!);
    });
  }
}
