/** What a unit's number is made of: the weights of what it reads, and what these bring between a baseline and an input. */
import type { NumericArray } from '../../contract/attribution';
import type { Connections } from '../../contract/weights';

export interface Source {
  readonly unit: number;
  /** Of a window: the sum of its weights. */
  readonly weight: number;
  /** Its activation at the input less that at the baseline; null where it is not known. */
  readonly difference: number | null;
  /** What it brings: weight × difference; the weight alone where that is not known. */
  readonly brings: number;
}

/** Weights by the units at the other end; those of a window or of several positions summed. */
export function weightsByUnit({
  weights: { shape, data },
  first,
}: Connections): readonly { readonly unit: number; readonly weight: number }[] {
  const units = shape.at(-1)!;
  const sums = new Float64Array(units);
  data.forEach((weight, at) => (sums[at % units]! += weight));
  return Array.from(sums, (weight, at) => ({ unit: first + at, weight }));
}

/** What stands at both ends of a path: one for each unit of a layer. */
export interface Ends {
  readonly atInput: NumericArray;
  readonly atBaseline: NumericArray;
}

/**
 * The units that bring most, the largest |weight × difference| first: what they bring adds up to what the unit's sum before its
 * activation moved by, exactly and without a run.
 * @param ends of the other layer; null where they are not known
 */
export function topSources(connections: Connections, ends: Ends | null, most: number): readonly Source[] {
  // of a layer with positions a weight stands for many numbers
  const known = ends?.atInput.shape.length === 1 ? ends : null;
  return weightsByUnit(connections)
    .map(({ unit, weight }): Source => {
      const difference = known ? known.atInput.data[unit]! - known.atBaseline.data[unit]! : null;
      return { unit, weight, difference, brings: difference === null ? weight : weight * difference };
    })
    .sort((a, b) => Math.abs(b.brings) - Math.abs(a.brings))
    .slice(0, most);
}

/** The units of a layer with the largest |value|, the largest first. */
export const topUnits = (
  values: ArrayLike<number>,
  most: number,
): readonly { readonly unit: number; readonly value: number }[] =>
  Array.from(values, (value, unit) => ({ unit, value }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, most);

/** Bars of a layer's units in lines of one width. */
export interface UnitBars {
  readonly lines: number;
  /** Bars in a line. */
  readonly across: number;
  /** Pixels of a bar. */
  readonly pitch: number;
  /** The unit that each bar shows: of several that share a bar, the one with the largest |value|. */
  readonly units: readonly number[];
}

/** Pixels of a bar: as many as are comfortable, where that needs no further line; no fewer than can be pointed at. */
const PITCH = { most: 18, least: 3, sharing: 2 } as const;

/** @param width pixels of a line @param mostLines beyond which units share bars */
export function unitBars(values: ArrayLike<number>, width: number, mostLines: number): UnitBars {
  const count = values.length;
  const lines = Math.min(mostLines, Math.max(1, Math.ceil((count * PITCH.least) / width)));
  const room = Math.max(1, Math.floor(width / PITCH.sharing)) * lines;
  const bars = Math.min(count, room);
  const across = Math.ceil(bars / lines);
  const units = Array.from({ length: bars }, (_, bar) => {
    const [from, to] = [Math.floor((bar * count) / bars), Math.floor(((bar + 1) * count) / bars)];
    let best = from;
    for (let unit = from + 1; unit < to; unit++) if (Math.abs(values[unit]!) > Math.abs(values[best]!)) best = unit;
    return best;
  });
  return { lines, across, pitch: Math.min(PITCH.most, width / across), units };
}

/** The bar that shows a unit or shares its place with it. */
export const barOf = ({ units }: UnitBars, unit: number, count: number): number =>
  Math.ceil(((unit + 1) * units.length) / count) - 1;
