/** What a row of the table of ops says (graph/ops.ts), and what rows of several families share. */
import { written } from '../../../../contract/words/shape';
import type { Constant, Shape } from '../values';
import { broadcast, fail, LARGEST_SIZE } from '../shapes';

/** What an op is to a difference. */
export type Passing =
  /** One value, continuous: a slope each. */
  | 'function'
  /** One value, with jumps, of which its derivative knows nothing. */
  | 'jump'
  /** The same values in another place or shape: none is lost, doubled or changed. */
  | 'moved'
  /** Values picked, repeated, summed or averaged with weights that are never negative. */
  | 'carried'
  /** Sums with fixed weights over many values. */
  | 'weighted'
  /** Element by element with fixed weights. */
  | 'scaled'
  /** Element by element of two values that vary, each with the other's weight. */
  | 'joint'
  /** The same, with jumps. */
  | 'choice'
  /** The largest or smallest of many. */
  | 'extreme'
  /** Every value of a group depends on all of them. */
  | 'group'
  /** The same, with jumps. */
  | 'jumpingGroup'
  /** Whole numbers to real ones: the path starts behind it. */
  | 'start'
  | 'unknown';

/**
 * What the gradient and the multiplier of an op read besides constants and what flows back. What reads no values is linear in
 * what varies; activations that nothing else reads are freed right after the forward pass.
 */
export type Reads =
  /** Of inputs or output. */
  | 'values'
  | 'shapes'
  /** By which of its inputs are constants. */
  | ((constant: readonly boolean[]) => 'values' | 'shapes');

/** Of which type an output is. */
export type Gives =
  | 'real'
  /** As its inputs are: whole numbers for whole numbers, conditions for conditions. */
  | 'asGiven'
  /** Conditions. */
  | 'truth';

export interface ShapeInput {
  readonly shape: Shape;
  readonly constant: Constant | null;
}

export interface OpFacts<Attributes> {
  /**
   * Shape of the output. Free sizes (null) pass through.
   * @throws ImpossibleShape
   */
  readonly shape: (inputs: readonly ShapeInput[], attributes: Attributes) => Shape;
  readonly passing: Passing;
  /** Attributes with which what is else a continuous function has a jump. */
  readonly jumps?: (attributes: Attributes) => boolean;
  readonly reads: Reads;
  readonly gives: Gives;
}

export type None = Readonly<Record<never, never>>;

/** A row, with the type of its attributes. What an op gives is real unless said otherwise. */
export const op = <Attributes = None>({
  gives = 'real',
  ...facts
}: Omit<OpFacts<Attributes>, 'gives'> & { readonly gives?: Gives }): OpFacts<Attributes> => ({ ...facts, gives });

/** Reads shapes beside a constant, of two inputs. */
export const besideConstant = (constant: readonly boolean[]): 'values' | 'shapes' =>
  constant.includes(true) ? 'shapes' : 'values';

/** @throws ImpossibleShape unless all are whole, at least `least`, and no damage */
export const wholes = (what: string, numbers: readonly number[], least: number): void => {
  for (const each of numbers)
    if (!Number.isInteger(each) || each < least || each > LARGEST_SIZE) fail(`${what} ${each} is not possible`);
};

/** @param extra axes that are still to be put in */
export const axisOf = (shape: Shape, axis: number, extra = 0): number =>
  Number.isInteger(axis) && axis >= 0 && axis < shape.length + extra
    ? axis
    : fail(`axis ${axis} does not exist in shape ${written(shape)}`);

export const kept = (inputs: readonly ShapeInput[]): Shape => inputs[0]!.shape;

/** Constants that scale or shift a value must not widen it. */
export const scaledShape = (inputs: readonly ShapeInput[]): Shape => {
  const x = inputs[0]!.shape;
  return inputs.slice(1).reduce<Shape>((shape, { shape: constant }) => {
    const wide = broadcast(shape, constant);
    if (wide.length > x.length || wide.some((size, axis) => x[axis] === 1 && size !== 1))
      fail(`constants of shape ${written(constant)} do not fit values of shape ${written(x)}`);
    return wide;
  }, x);
};
