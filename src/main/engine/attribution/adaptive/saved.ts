/** A grid as plain numbers and words, to go on from later. */
import { z } from 'zod';
import type { Accuracy, SavedGrid } from '../../../../contract/attribution';
import { sizes, type Leaf } from './leaf';
import type { Slice, Vector } from './points';
import type { State } from './state';

const count = z.number().int().nonnegative();
const slice = z.object({ begin: count, end: count, exact: z.boolean().optional() });
const about = z.object({
  options: z.object({
    lines: count,
    bounded: z.array(slice),
    others: z.array(slice),
    ranks: z.enum(['bounded', 'others']).optional(),
    bytes: z.union([z.literal(4), z.literal(8)]),
    reach: z.array(z.tuple([z.number(), z.number()])),
  }),
  accuracy: z.object({
    tolerance: z.number(),
    over: z.enum(['units', 'neurons']),
    mostWalks: count.nullable(),
    untilTop: count.nullable(),
  }),
  pilot: z.object({
    segments: z.union([z.literal(8), z.literal(32)]),
    guard: z.union([z.literal(5), z.literal(7), z.literal(8)]),
  }),
  walks: count,
  points: count,
  rounds: count,
  /** Indices of vectors, per line. */
  doubled: z.array(z.array(count)),
  fours: z.array(z.array(count)).nullable(),
});

/** What a saved grid's vectors hold: where the entries of each layer's units and neurons lie. Null where it is no grid. */
export function slicesIn(
  saved: SavedGrid,
): (Record<'units' | 'neurons', readonly Slice[]> & Pick<Accuracy, 'over'>) | null {
  const { data } = about.safeParse(saved.about);
  if (!data) return null;
  const { bounded, others } = data.options;
  const { over } = data.accuracy;
  return over === 'units' ? { over, units: bounded, neurons: others } : { over, units: others, neurons: bounded };
}

/** A leaf's numbers, in the order they are kept in; vectors by index. */
const NUMBERS = ['line', 'side', 'lo', 'hi', 'level', 'root', 'narrow', 'jump'] as const;
const VECTORS = ['contributions', 'half', 'earlier'] as const;
const WIDTH = NUMBERS.length + VECTORS.length + 1;

/** What saving takes, nearly all of it vectors. */
export function packedBytes({ leaves, doubled, fours }: State): number {
  const held = new Set<Vector>([...doubled.flat(), ...(fours?.flat() ?? [])]);
  for (const { contributions, half, earlier } of leaves)
    for (const vector of [contributions, half, ...(earlier ? [earlier.vector] : [])]) held.add(vector);
  return [...held].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}

/** Every vector once, though several leaves may share it. */
export function packed(state: State): SavedGrid {
  const indices = new Map<Vector, number>();
  const indexOf = (vector: Vector): number => {
    if (!indices.has(vector)) indices.set(vector, indices.size);
    return indices.get(vector)!;
  };
  const rows = state.leaves.flatMap((leaf) => [
    ...NUMBERS.map((name) => Number(leaf[name])),
    indexOf(leaf.contributions),
    indexOf(leaf.half),
    leaf.earlier ? indexOf(leaf.earlier.vector) : -1,
    leaf.earlier?.share ?? 0,
  ]);
  const { leaves, doubled, fours, ...rest } = state;
  const told: z.infer<typeof about> = {
    ...structuredClone(rest as Omit<z.infer<typeof about>, 'doubled' | 'fours'>),
    doubled: doubled.map((line) => line.map(indexOf)),
    fours: fours && fours.map((line) => line.map(indexOf)),
  };
  const all = [...indices.keys()];
  const length = all[0]?.length ?? 0;
  const vectors =
    all[0] instanceof Float64Array ? new Float64Array(length * all.length) : new Float32Array(length * all.length);
  all.forEach((vector, index) => vectors.set(vector, index * length));
  const slices = leaves[0]?.unresolved.length ?? 0;
  const unresolved = new Float32Array(leaves.length * slices);
  leaves.forEach((leaf, index) => unresolved.set(leaf.unresolved, index * slices));
  return { about: told, arrays: { leaves: Float64Array.from(rows), unresolved, vectors } };
}

/** @throws when the parts do not fit together */
export function unpacked(saved: SavedGrid): State {
  const { doubled, fours, ...told } = about.parse(saved.about);
  const { leaves: rows, unresolved, vectors } = saved.arrays;
  const slices = [...told.options.bounded, ...told.options.others];
  const length = slices.reduce((most, { end }) => Math.max(most, end), 0);
  const leaves = (rows?.length ?? NaN) / WIDTH;
  if (!rows || !unresolved || !vectors || unresolved.length !== leaves * slices.length || vectors.length % length)
    throw new Error('The parts of a saved grid do not fit together');
  const held = Array.from({ length: vectors.length / length }, (_, i) => vectors.slice(i * length, (i + 1) * length));
  const vectorAt = (index: number): Vector => {
    const vector = held[index];
    if (!vector) throw new Error(`A saved grid has no vector ${index}`);
    return vector;
  };
  // Half of the leaves share their details with a sibling.
  const measured = new Map<Vector, Float64Array>();
  const sizeOf = (vector: Vector): Float64Array => {
    const known = measured.get(vector) ?? sizes(vector, slices);
    measured.set(vector, known);
    return known;
  };
  return {
    ...told,
    doubled: doubled.map((line) => line.map(vectorAt)),
    fours: fours && fours.map((line) => line.map(vectorAt)),
    leaves: Array.from({ length: leaves }, (_, index): Leaf => {
      const row = rows.subarray(index * WIDTH, (index + 1) * WIDTH);
      const [line, side, lo, hi, level, root, narrow, jump, contributions, half, earlier, share] =
        row as unknown as number[];
      if (!(line! < told.options.lines && lo! >= 0 && hi! > lo! && hi! <= 1 && Number.isFinite(level!)))
        throw new Error(`Leaf ${index} of a saved grid is none`);
      const own = vectorAt(contributions!);
      const detail = vectorAt(half!);
      return {
        line: line!,
        side: side ? 1 : 0,
        lo: lo!,
        hi: hi!,
        level: level!,
        root: root!,
        narrow: narrow === 1,
        jump: jump!,
        contributions: own,
        half: detail,
        earlier: earlier! < 0 ? null : { vector: vectorAt(earlier!), share: share! },
        unresolved: Uint8Array.from(unresolved.subarray(index * slices.length, (index + 1) * slices.length)),
        size: sizeOf(own),
        detail: sizeOf(detail),
      };
    }),
  };
}
