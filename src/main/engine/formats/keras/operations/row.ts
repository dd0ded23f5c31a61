/** What a row of the table of operations is. */
import type { OpAttributes, OpName } from '../../../graph/ops';
import type { Assembly, BinaryOp, Tensor } from '../../tensors/assembly';
import { functions } from '../../tensors/functions';
import type { Arguments } from './given';

export interface Operation {
  /** Names of the parameters, in order; `*name` takes all that are given by place. */
  readonly parameters: readonly string[];
  readonly run: (given: Arguments, to: Assembly) => Tensor | readonly Tensor[];
}

export const operation = (parameters: string, run: Operation['run']): Operation => ({
  parameters: parameters.split(' '),
  run,
});

/** A function of one value, with these attributes. */
export const unary = <Op extends OpName>(op: Op, attributes: OpAttributes[Op]): Operation =>
  operation('x', (given, to) => to.unary(op, given.tensor('x'), attributes, functions[op] ?? null));
export const binary = (op: BinaryOp): Operation =>
  operation('x1 x2', (given, to) => to.binary(op, given.tensor('x1'), given.tensor('x2')));
