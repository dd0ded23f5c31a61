/** What a layer is made of, as it crosses to the window. */
import type { OpSupport } from './model';
import type { NumericArray } from './attribution';

/** An op of a layer, as it stands there. */
export interface LayerOp extends Omit<OpSupport, 'nodes'> {
  /** The name of what it makes, in the file's words where it has some. */
  readonly name: string;
  readonly shape: readonly (number | null)[];
  /** Its options, as text: `strides` → `2 × 2`. */
  readonly options: readonly (readonly [name: string, value: string])[];
}

export interface LayerFacts {
  /** In running order; the first 200. */
  readonly ops: readonly LayerOp[];
  /** Its activations, with their options: `relu`, `leakyRelu slope 0.2`; empty where it has none. */
  readonly activations: readonly string[];
  /** What else the file calls the layer. */
  readonly aliases: readonly string[];
  /** Of a layer that looks at pictures of one or three channels: its first filters, `[filters, height, width, channels]`. */
  readonly filters: NumericArray | null;
}
