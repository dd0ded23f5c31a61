/** Which steps of a value count, as Keras keeps it beside the value. */
import type { ValueId } from '../../graph/graph';

/** A mask that nobody here can follow: what reads it is refused by the reason. */
export class Unfollowed {
  constructor(readonly reason: string) {}
}

/** A truth value of the first axes of what it belongs to, 1 where a step counts. Null: every step counts. */
export type Mask = ValueId | Unfollowed | null;
