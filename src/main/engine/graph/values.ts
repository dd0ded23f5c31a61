/** Values of a graph and their shapes; what nodes are made of, and what the facts of ops speak about. */

export type Size = number | null;
export type Shape = readonly Size[];

/** Elements of a shape whose sizes are known. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export type DType = 'float32' | 'int32' | 'bool' | 'string';
export type ValueId = number;

export interface Constant {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | Int32Array;
  /** What rounding took from each number, where the file held more and that can matter. */
  readonly lost?: Float32Array;
}

export interface Value {
  readonly id: ValueId;
  /** Unique: the layer's name for its output, `layer/op` for what comes before it inside the layer. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Present on weights and other numbers fixed in the model; null on what varies with the input. */
  readonly constant: Constant | null;
}
