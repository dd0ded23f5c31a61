/** Which chains of an adaptive path are walked at once. */
import type { Chain } from './points';

/** A chain of one pair of input and baseline. */
export interface PairChain {
  readonly pair: number;
  readonly chain: Chain;
}

/** Chains that follow on one another: the points between them are computed once. */
export type Train<Item extends PairChain = PairChain> = readonly Item[];

/** Chains of a train at the most: of longer ones hardly a point more would be shared. */
const LONGEST = 4;

/** Points of a train. */
export const pointsIn = (length: number): number => 2 * length + 1;

function follows(after: PairChain, before: PairChain): boolean {
  const [from, to] = [after.chain.points[0], before.chain.points[2]];
  return after.pair === before.pair && from.side === to.side && from.t === to.t;
}

/** Chains that follow on one another, cut to pieces of about the same length. */
function trainsOf<Item extends PairChain>(chains: readonly Item[], longest: number): Train<Item>[] {
  const whole: Item[][] = [];
  for (const chain of chains) {
    const last = whole.at(-1);
    if (last && follows(chain, last.at(-1)!)) last.push(chain);
    else whole.push([chain]);
  }
  return whole.flatMap((train) => split(train, longest));
}

/**
 * @param rows points of a batch at the most
 * @param shared whether chains that follow on one another become trains; else each is one
 * @returns batches of trains, as long as one another in each
 */
export function batchesOf<Item extends PairChain>(
  chains: readonly Item[],
  rows: number,
  shared: boolean,
): Train<Item>[][] {
  const longest = shared ? Math.max(1, Math.min(LONGEST, Math.floor((rows - 1) / 2))) : 1;
  const byLength = new Map<number, Train<Item>[]>();
  for (const train of trainsOf(chains, longest))
    byLength.set(train.length, [...(byLength.get(train.length) ?? []), train]);
  return [...byLength].flatMap(([length, trains]) => split(trains, Math.max(1, Math.floor(rows / pointsIn(length)))));
}

/** Pieces of about the same size. */
function split<Item>(items: readonly Item[], most: number): Item[][] {
  const pieces = Math.ceil(items.length / most);
  const before = (piece: number): number => Math.floor((items.length * piece) / pieces);
  return Array.from({ length: pieces }, (_, piece) => items.slice(before(piece), before(piece + 1)));
}
