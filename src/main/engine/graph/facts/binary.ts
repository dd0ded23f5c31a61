/** Two or three values, broadcast; any may be a constant. */
import { broadcast } from '../shapes';
import type { Shape } from '../values';
import { besideConstant, op, type ShapeInput } from './row';

const both = ([a, b]: readonly ShapeInput[]): Shape => broadcast(a!.shape, b!.shape);

const sum = { shape: both, passing: 'scaled', reads: 'shapes', gives: 'asGiven' } as const;
const joint = { shape: both, passing: 'joint', reads: 'values' } as const;
const choice = { ...joint, passing: 'choice' } as const;

export const binary = {
  add: op(sum),
  sub: op(sum),
  mul: op({ ...joint, reads: besideConstant, gives: 'asGiven' }),
  div: op({ ...joint, reads: ([, divisor]) => (divisor ? 'shapes' : 'values') }),
  maximum: op({ ...joint, gives: 'asGiven' }),
  minimum: op({ ...joint, gives: 'asGiven' }),
  /** a to the power of b. */
  power: op(joint),
  /** The angle of the point (second input, first input). */
  atan2: op(choice),
  /** 1 where a > b, else 0. */
  greater: op({ ...choice, gives: 'truth' }),
  /** 1 where a ≥ b, else 0. */
  greaterEqual: op({ ...choice, gives: 'truth' }),
  /** 1 where a = b, else 0. `held`: it tells what is padding, and stays along a path as it is at the input. */
  equal: op<{ readonly held?: true }>({ ...choice, gives: 'truth' }),
  /** Inputs: a condition of 0 and 1; what is taken where it is 1, and where it is 0. */
  select: op({
    ...choice,
    shape: ([condition, a, b]) => broadcast(condition!.shape, broadcast(a!.shape, b!.shape)),
    reads: ([condition]) => (condition ? 'shapes' : 'values'),
    gives: 'asGiven',
  }),
};
