/**
 * Blocks that a network repeats: neighbours in a list that have the same structure, one group after another (`block_0`,
 * `block_1`, …) or one stretch of layers after another (`block1_conv`, `block1_relu`, `block2_conv`, …).
 */

/** What stands in the list: a layer, or a group of some. */
export interface Piece {
  /** What it is made of, without what tells it from its like: equal for pieces of one structure. */
  readonly structure: string;
  readonly layers: number;
  /** Places in the list that feed it. */
  readonly inputs: readonly number[];
  /** What feeds it from outside the list. */
  readonly outside: readonly string[];
}

export interface Repeat {
  /** Place of the first piece. */
  readonly from: number;
  /** Pieces of one block. */
  readonly length: number;
  readonly count: number;
}

/** Fewer blocks are as soon read one by one, unless each is long; and a single layer is no block. */
const LEAST_BLOCKS = { of: 3, ofLong: 2 } as const;
const LEAST_LAYERS = 2;
/** Layers of a long block. */
const LONG = 8;
/** A block of more pieces is a part of a network, which would have a name. */
const LONGEST_BLOCK = 96;

/** A name without its numbers, which tell the blocks of a network apart: `conv2d` and `conv2d_12` are alike. */
export const pattern = (name: string): string => name.replace(/[_.\-:]?\d+(?=$|\/)/g, '').replace(/\d+/g, '#');

/** The runs of equal blocks in a list, none of which overlap: of what begins at a place, what covers most of the list. */
export function repeatsIn(pieces: readonly Piece[]): Repeat[] {
  const kinds = new Map<string, number>();
  const kind = pieces.map(({ structure }) => {
    const known = kinds.get(structure) ?? kinds.size;
    kinds.set(structure, known);
    return known;
  });
  const longest = Math.min(LONGEST_BLOCK, Math.floor(pieces.length / LEAST_BLOCKS.ofLong));
  /** By the length of a block, how many pieces from each place on are like the one a block later. */
  const alike = Array.from({ length: longest + 1 }, (_, length) => {
    const counts = new Uint32Array(pieces.length + 1);
    if (length > 0)
      for (let at = pieces.length - length - 1; at >= 0; at--)
        counts[at] = kind[at] === kind[at + length] ? counts[at + 1]! + 1 : 0;
    return counts;
  });
  /** Layers before each place of the list. */
  const before = [0];
  for (const { layers } of pieces) before.push(before.at(-1)! + layers);
  /** Of one block. */
  const layersIn = (from: number, length: number): number => before[from + length]! - before[from]!;
  const found: Repeat[] = [];
  for (let from = 0; from < pieces.length;) {
    let best: Repeat | null = null;
    for (let length = 1; length <= longest; length++) {
      const most = Math.floor(alike[length]![from]! / length) + 1;
      const least = layersIn(from, length) >= LONG ? LEAST_BLOCKS.ofLong : LEAST_BLOCKS.of;
      if (most < least || (best && most * length <= best.count * best.length)) continue;
      const count = joinedAlike(pieces, from, length, most);
      if (count >= least && (!best || count * length > best.count * best.length)) best = { from, length, count };
    }
    if (best && layersIn(best.from, best.length) >= LEAST_LAYERS) found.push(best);
    from += best ? best.length * best.count : 1;
  }
  return found;
}

/**
 * How many blocks from a place on are joined alike, too: inside, and each to the one before it as the second is to the first.
 * What feeds all of them from before the first (a mask, a memory) is the same for all; what feeds the first alone does not count.
 */
function joinedAlike(pieces: readonly Piece[], from: number, length: number, most: number): number {
  const joints = (block: number, inside: boolean): string => {
    const start = from + block * length;
    return pieces
      .slice(start, start + length)
      .map(({ inputs, outside }, at) =>
        [
          ...inputs
            .filter((input) => !inside || input >= start)
            .map((input) => (input >= from ? `−${start + at - input}` : `${input}`)),
          ...(inside ? [] : outside),
        ]
          .sort()
          .join(),
      )
      .join('\n');
  };
  if (joints(0, true) !== joints(1, true)) return 1;
  const second = joints(1, false);
  let count = 2;
  while (count < most && joints(count, false) === second) count++;
  return count;
}

/** What blocks are called together: the words that their names begin with, without numbers; null where there are none. */
export function commonName(names: readonly string[]): string | null {
  const bare = [...new Set(names.map((name) => name.replace(/\d+/g, '#')))];
  let end = Math.min(...bare.map(({ length }) => length));
  for (let at = 0; at < end; at++) if (bare.some((name) => name[at] !== bare[0]![at])) end = at;
  const shared = bare[0]!.slice(0, end);
  // a word that some of them only begin with is none
  const words = bare.some((name) => /^\p{L}/u.test(name.slice(end))) ? shared.replace(/\p{L}+$/u, '') : shared;
  const common = words.replace(/#.*$/, '').replace(/[_.\-:/ ]+$/, '');
  return /\p{L}/u.test(common) ? common : null;
}
