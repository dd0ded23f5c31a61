/** How much what is explained depends on the baseline: one target under several of them, unit by unit. */
import type { LayerResult } from './attribution';
import { rankCorrelation } from './correlation';
import { ranksOf } from './ranks';

/** A layer under one baseline, as far as it is looked at. */
export type LayerUnder = Pick<LayerResult, 'name' | 'units' | 'unitError'>;

/** So many of the first units are looked for under the other baselines. */
export const FIRST_UNITS = 10;

export interface UnitUnder {
  readonly unit: number;
  /** Contributions, one for each baseline, and their estimated errors. */
  readonly values: readonly number[];
  readonly errors: readonly (number | null)[];
  /** From 1, by size of the contribution. */
  readonly ranks: readonly number[];
  readonly best: number;
  readonly worst: number;
  /** Whether its sign depends on the baseline: positive under one and negative under another, both beyond their errors. */
  readonly signDepends: boolean;
}

export interface LayerSensitivity {
  readonly name: string;
  /** In order of their ranks under the first baseline. */
  readonly units: readonly UnitUnder[];
  /** Of contributions between each two baselines; null where one of them does not vary. */
  readonly spearman: readonly (readonly (number | null)[])[];
  /** How many first units are looked at: FIRST_UNITS, or half of the layer's where those are fewer. */
  readonly first: number;
  /** How many of those under the first baseline are among the first under every baseline. */
  readonly stay: number;
  /** How many units' sign depends on the baseline. */
  readonly signs: number;
}

/**
 * One layer and example.
 * @param under the layer under each baseline, two at the least @param place of the example in each
 */
export function layerSensitivity(
  under: readonly LayerUnder[],
  places: readonly number[],
  counts: readonly number[],
): LayerSensitivity {
  const rows = under.map(({ units, unitError }, at) => {
    const size = units.length / counts[at]!;
    const own = (values: Float32Array): Float32Array => values.subarray(places[at]! * size, (places[at]! + 1) * size);
    return { values: own(units), errors: unitError && own(unitError) };
  });
  const ranks = rows.map(({ values }) => ranksOf(values));
  const size = rows[0]!.values.length;
  const first = Math.min(FIRST_UNITS, Math.ceil(size / 2));
  const units = Array.from({ length: size }, (_, unit): UnitUnder => {
    const own = ranks.map((each) => each[unit]!);
    const values = rows.map((row) => row.values[unit]!);
    const errors = rows.map((row) => row.errors?.[unit] ?? null);
    const sided = (sign: 1 | -1): boolean => values.some((value, at) => sign * value > (errors[at] ?? 0));
    return {
      unit,
      values,
      errors,
      ranks: own,
      best: Math.min(...own),
      worst: Math.max(...own),
      signDepends: sided(1) && sided(-1),
    };
  });
  const numbers = rows.map(({ values }) => Float64Array.from(values));
  return {
    name: under[0]!.name,
    units: units.toSorted((a, b) => a.ranks[0]! - b.ranks[0]!),
    spearman: numbers.map((a) =>
      numbers.map((b) => {
        const value = rankCorrelation(a, b);
        return Number.isNaN(value) ? null : value;
      }),
    ),
    first,
    stay: units.filter(({ worst, ranks: [own] }) => own! <= first && worst <= first).length,
    signs: units.filter(({ signDepends }) => signDepends).length,
  };
}
