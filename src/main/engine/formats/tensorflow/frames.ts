/** Where the walk of a graph is: in the graph itself, in a call of a function, in a step of a loop. */
import type { Item } from './items';
import type { TfNode } from './node';

/** A graph or a call of a function, with what its nodes have given so far. */
export interface Frame {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly made: Map<string, readonly Item[]>;
  /** Scope of the call, put before the names of its nodes. */
  readonly prefix: string;
  /** Which step of an unrolled loop it is, or which branch: `t3`, `then`. */
  readonly part: string | undefined;
  readonly depth: number;
  readonly isFunction: boolean;
}

/** A part of a frame: a step of a loop, a branch. */
export const partOf = (frame: Frame, part: string): string =>
  frame.part === undefined ? part : `${frame.part}/${part}`;

/** Enter tells which loop it leads into. */
export const frameName = (node: TfNode): string => node.attributes.get('frame_name')?.s ?? '';
