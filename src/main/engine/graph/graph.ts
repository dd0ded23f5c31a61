/**
 * The one form every format is translated into: values joined by canonical ops, channels last, weights as constants.
 *
 * Shapes and axes never count the batch axis: a value of shape [8, 8, 16] is held as a tensor [rows, 8, 8, 16], and
 * axis 0 of it is the first 8. Constants have no batch axis; they meet varying values by numpy's broadcasting (aligned
 * at the last axis). A size is null where the model leaves it free (sequences of any length).
 */
import type { ImageReading } from '../../../contract/data';
import type { OpAttributes, OpName } from './ops';
import type { Value, ValueId } from './values';

export type { Constant, DType, Shape, Size, Value, ValueId } from './values';
export { sizeOf } from './values';

export interface Node<Op extends OpName = OpName> {
  readonly op: Op;
  /** Name for messages: that of the output value. */
  readonly name: string;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  readonly attributes: OpAttributes[Op];
}

/** What the user recognises by name. */
export interface Layer {
  /** Unique; a shared layer's second call is `name:2`. */
  readonly name: string;
  /** As the format calls it: `Conv2D`, `InputLayer`. */
  readonly kind: string;
  /** Nested models and scopes that contain it, outermost first. */
  readonly group: readonly string[];
  /** Its output, after its own activation. */
  readonly output: ValueId;
  /** Axis of the output's shape that counts units: the last, but for channels-first layers; null for a scalar. */
  readonly unitAxis: number | null;
  /** Names of the layers that feed it. */
  readonly inputs: readonly string[];
  readonly parameters: number;
  /** It goes on from the batch before, in what wrote the file; here it begins anew. */
  readonly stateful?: boolean;
}

export interface Port {
  readonly name: string;
  readonly value: ValueId;
}

export interface Graph {
  readonly name: string;
  /** Indexed by id. */
  readonly values: readonly Value[];
  /** In an order in which they can be run. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** In running order; model inputs are layers too. */
  readonly layers: readonly Layer[];
  /** Other names by which a value is found, none of them an output's or a layer's. */
  readonly aliases?: ReadonlyMap<string, ValueId>;
  /** The id of padding, where files beside the model tell it. */
  readonly padding?: number;
  /** What values of an output are called, where the file itself tells it. */
  readonly labels?: readonly string[];
  /** How pictures become its inputs, where a file beside the model tells it. */
  readonly reading?: Partial<ImageReading>;
}
