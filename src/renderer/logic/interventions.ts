/** Units that are taken out of what is predicted: which, what they become, what is asked for it. */
import type { Intervention, Replacement } from '../../contract/interventions';
import type { UnitKey } from '../stores/selection.svelte';

/** A unit whose value is multiplied. */
export interface Scaled extends UnitKey {
  readonly factor: number;
}

/** All that is done to a network's units. A unit is either replaced or scaled. */
export interface Out {
  readonly taken: readonly UnitKey[];
  /** What those that are taken out become. */
  readonly becomes: Replacement;
  readonly scaled: readonly Scaled[];
}

/** How far a slider scales a unit. */
export const MOST_FACTOR = 2;

const same = (a: UnitKey, b: UnitKey): boolean => a.layer === b.layer && a.unit === b.unit;
const without = <Key extends UnitKey>(keys: readonly Key[], key: UnitKey): readonly Key[] =>
  keys.filter((other) => !same(other, key));

/** One text for one unit. */
export const unitText = ({ layer, unit }: UnitKey): string => `${layer}\n${unit}`;

export const isTaken = ({ taken }: Pick<Out, 'taken'>, key: UnitKey): boolean =>
  taken.some((other) => same(other, key));
/** What a unit is multiplied by; null where it is taken out. */
export function factorOf({ taken, scaled }: Pick<Out, 'taken' | 'scaled'>, key: UnitKey): number | null {
  if (taken.some((other) => same(other, key))) return null;
  return scaled.find((other) => same(other, key))?.factor ?? 1;
}
export const isChanged = (out: Pick<Out, 'taken' | 'scaled'>, key: UnitKey): boolean => factorOf(out, key) !== 1;
/** Units that are not as they were. */
export const changedUnits = ({ taken, scaled }: Pick<Out, 'taken' | 'scaled'>): readonly UnitKey[] => [
  ...taken,
  ...scaled,
];

type Units = Pick<Out, 'taken' | 'scaled'>;

/** Takes units out, those too that were scaled. */
export function takenOut({ taken, scaled }: Units, keys: readonly UnitKey[]): Units {
  const known = new Set(taken.map(unitText));
  const fresh = keys.filter((key) => !known.has(unitText(key)));
  const now = new Set(keys.map(unitText));
  return {
    taken: [...taken, ...fresh.map(({ layer, unit }) => ({ layer, unit }))],
    scaled: scaled.filter((each) => !now.has(unitText(each))),
  };
}

/** A unit is as it was. */
export const putBack = ({ taken, scaled }: Units, key: UnitKey): Units => ({
  taken: without(taken, key),
  scaled: without(scaled, key),
});

/** Multiplies a unit's value; by one it is as it was. */
export function scaledBy(units: Units, { layer, unit }: UnitKey, factor: number): Units {
  const { taken, scaled } = putBack(units, { layer, unit });
  return { taken, scaled: factor === 1 ? scaled : [...scaled, { layer, unit, factor }] };
}

/** Layer → its units. */
export function byLayer(keys: readonly UnitKey[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const { layer, unit } of keys) found.set(layer, [...(found.get(layer) ?? []), unit]);
  return found;
}

/** What the engine is asked: units of one layer that become the same together. */
export function interventionsOf({ taken, becomes, scaled }: Out): Intervention[] {
  const groups = new Map<string, { layer: string; units: number[]; to: Replacement }>();
  const add = (layer: string, unit: number, to: Replacement): void => {
    const key = JSON.stringify([layer, to]);
    const group = groups.get(key) ?? { layer, units: [], to };
    group.units.push(unit);
    groups.set(key, group);
  };
  for (const { layer, unit } of taken) add(layer, unit, becomes);
  for (const { layer, unit, factor } of scaled) add(layer, unit, { kind: 'scale', factor });
  return [...groups.values()];
}

/** Those of a model that has these layers. @param layers with how many units; null where its file leaves that free */
export function known<Key extends UnitKey>(keys: readonly Key[], layers: ReadonlyMap<string, number | null>): Key[] {
  return keys.filter(({ layer, unit }) => {
    const units = layers.get(layer);
    return units === null || (units !== undefined && unit < units);
  });
}

/** As many rows by their ranks: those that matter most, or least. @param ranks of each row, from 1 on */
export function topRows(rows: ArrayLike<number>, ranks: ArrayLike<number>, many: number, least: boolean): number[] {
  const sorted = Array.from(rows).sort((a, b) => ranks[a]! - ranks[b]!);
  return least ? sorted.reverse().slice(0, many) : sorted.slice(0, many);
}
