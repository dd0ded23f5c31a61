/**
 * The canonical ops: a row of facts each, from which their names, attributes, shapes, what a run keeps and what each method
 * gives are taken. A layer with an activation, a bias or a norm is several ops, so that every activation is a value that can
 * be attributed. Axes and shapes do not count the batch axis (see graph.ts).
 *
 * What an op computes stands in engine/ops, a row each as well.
 */
import { written } from '../../../contract/words/shape';
import type { Shape } from './values';
import { axes } from './facts/axes';
import { binary } from './facts/binary';
import { elementwise } from './facts/elementwise';
import { matrices } from './facts/matrices';
import { op, type OpFacts, type ShapeInput } from './facts/row';
import { structural } from './facts/structural';
import { windows } from './facts/windows';
import { fail, LARGEST_SIZE, UNKNOWN_SHAPE } from './shapes';

export type { Padding, Window, WindowPadding } from './facts/windows';

/** Why an op of a file has no rule here. */
export interface Ruleless {
  /** The file's own name of it, with the option that is missing. */
  readonly kind: string;
  /** It has a rule, but its inputs come from something that has none, and so their shapes are not known. */
  readonly behind?: boolean;
  /** It has a rule for other options, or other shapes. */
  readonly option?: boolean;
  /** Written as ops it has no rule either: only what comes after it can be computed. */
  readonly unfollowed?: boolean;
  /** A layer of Keras, which can be written as ops. */
  readonly layer?: boolean;
}

export const OPS = {
  ...elementwise,
  ...binary,
  ...matrices,
  ...windows,
  ...axes,
  ...structural,
  /** Inputs: indices, constant table [vocabulary, features]. No path goes through whole numbers; it starts behind them. */
  embedding: op<{
    /** The id of padding, where the model tells it. */
    readonly padding?: number;
  }>({
    shape: ([indices, table]) => {
      if (table!.shape.length !== 2) fail(`a table of shape ${written(table!.shape)} is no embedding`);
      return [...indices!.shape, table!.shape[1]!];
    },
    passing: 'start',
    reads: 'values',
  }),
  /** A layer nobody here knows: shown, and refused by name when a run needs it. */
  unknown: op<Ruleless>({ shape: () => UNKNOWN_SHAPE, passing: 'unknown', reads: 'values' }),
};

export type OpName = keyof typeof OPS;
export type OpAttributes = {
  readonly [Op in OpName]: (typeof OPS)[Op] extends OpFacts<infer Attributes> ? Attributes : never;
};

export const OP_NAMES = Object.keys(OPS) as readonly OpName[];

/** The facts of an op whose attributes are its own business. */
export const factsOf = <Op extends OpName>(name: Op): OpFacts<OpAttributes[Op]> =>
  OPS[name] as unknown as OpFacts<OpAttributes[Op]>;

/**
 * Shape of an op's output.
 * @throws ImpossibleShape
 */
export function shapeOf<Op extends OpName>(
  name: Op,
  inputs: readonly ShapeInput[],
  attributes: OpAttributes[Op],
): Shape {
  const shape = factsOf(name).shape(inputs, attributes);
  for (const size of shape)
    if (size !== null && !(Number.isInteger(size) && size >= 1 && size <= LARGEST_SIZE))
      fail(`the output would have shape ${written(shape)}`);
  return shape;
}

/**
 * Whether the gradient and the multiplier of an op read the values of its inputs or its output.
 * @param constant per input
 */
export function readsValues(name: OpName, constant: readonly boolean[]): boolean {
  const { reads } = OPS[name];
  return (typeof reads === 'string' ? reads : reads(constant)) === 'values';
}
