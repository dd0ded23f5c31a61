/** What drives a unit: its attribution to the input, by the methods that are shown. */
import { METHODS, type NumericArray } from '../../../contract/attribution';
import type { RunRecord, RunSetup } from '../../../contract/studio';
import { exampleOf, overUnits } from '../../logic/inputs';
import { strongestPosition } from '../../logic/unitMaps';
import { studio } from '../../stores/studio.svelte';

export interface Driver {
  readonly run: RunRecord;
  /** Layer that the pictures are of. */
  readonly input: string;
  readonly map: NumericArray;
}
export interface Drivers {
  /** Position at which the unit was asked; empty where it has none. */
  readonly where: string;
  readonly found: readonly Driver[];
}

interface Unit {
  readonly layer: string;
  readonly unitAxis: number | null;
  readonly unit: number;
  /** Its contributions over positions: it is asked at the one that mattered most. */
  readonly map: NumericArray;
}

/**
 * What is run to tell it: the unit as a target, back to the input.
 * @param setup what the shown runs were asked
 */
export function drivingSetup(
  { layer, unitAxis, unit, map }: Unit,
  setup: RunSetup,
  runs: readonly RunRecord[],
  example: number,
): RunSetup {
  const index = strongestPosition(map);
  if (unitAxis !== null) index.splice(unitAxis, 0, unit);
  const { minus, pathStart, ...asked } = setup;
  const methods = METHODS.filter((method) => runs.some(({ result }) => result.method === method));
  return { ...asked, examples: [example], target: { layer, index }, methods, aside: runs[0]!.job };
}

/**
 * Runs the unit as a target.
 * @param inputName the input that pictures are drawn over
 * @returns a driver for each of the methods of `runs`, in their order; none where the run was given up
 */
export async function driversOf(
  unit: Unit,
  setup: RunSetup,
  runs: readonly RunRecord[],
  example: number,
  inputName: string | undefined,
): Promise<Drivers> {
  const where = strongestPosition(unit.map).join(', ');
  const asked = drivingSetup(unit, setup, runs, example);
  const { methods } = asked;
  const made = await studio.run(asked);
  const inOrder = [...made].sort((a, b) => methods.indexOf(a.result.method) - methods.indexOf(b.result.method));
  const found = await Promise.all(inOrder.map((run) => driverOf(run, inputName)));
  return { where, found: found.flatMap((driver) => driver ?? []) };
}

/** A unit's attribution at the input layer that is drawn; where the path begins behind a lookup, at its beginning. */
async function driverOf(run: RunRecord, inputName: string | undefined): Promise<Driver | null> {
  const inputs = studio.model
    .summary!.layers.filter(({ inputs: feeding }) => feeding.length === 0)
    .map(({ name }) => name);
  const source =
    run.layers.find(({ name }) => name === inputName) ??
    run.layers.find(({ name }) => inputs.includes(name)) ??
    run.layers[0];
  if (!source) return null;
  const { contributions } = await studio.runs.contributions(run.run, source.name);
  const one = exampleOf({ shape: [run.result.examples.length, ...source.shape], data: contributions }, 0);
  const axis = one.shape.length === 3 ? (source.unitAxis ?? 2) : 1;
  return { run, input: source.name, map: one.shape.length >= 2 ? overUnits(one.data, one.shape, axis) : one };
}
