/** Which numbers of each layer an adaptive path decides by: every unit, and every neuron or a seeded sample of them. */
import type { LayerEntries } from './contributions';
import type { Slice } from './grid';
import { sizeOf, type ValueId } from '../../graph/graph';
import type { PlannedLayer } from '../plan';
import { numbersFrom } from '../random';

/** Leaves that a long path comes to; three numbers of each entry are held for each of them. */
const LEAVES = 300;
const NUMBERS = 3;
/** Neurons of a layer that are looked at where they cannot all be: as many suffice to bound them, and to tell their error. */
const SAMPLE = { neurons: 4096, units: 256 };
/** Entries up to which all neurons are held: more are cheaper summed on the device, and the whole of a split walked again. */
const WHOLE = { neurons: 65_536, units: 8_192 };
/** What part of the memory a grid may take. */
export const PART = 0.25;

/** Entries of all layers' vectors, end to end. */
export interface Entries {
  readonly layers: readonly LayerEntries[];
  readonly length: number;
  /** Of all layers. */
  readonly neurons: number;
  /** Whether every neuron is an entry. */
  readonly whole: boolean;
  /** What the grid of one may come to. */
  readonly megabytes: number;
}

/**
 * @param shapes of the layers' values, without rows
 * @param lines baselines of an example
 * @param over what the tolerance bounds
 * @param budgetMB of the whole run
 * @param before neurons of each layer that grids to go on from hold: they decide, whatever the memory is now
 */
export function entriesOf(
  layers: readonly PlannedLayer[],
  shapes: ReadonlyMap<ValueId, readonly number[]>,
  lines: number,
  over: 'units' | 'neurons',
  budgetMB: number,
  before: readonly number[] | null,
): Entries {
  const own = [...new Map(layers.map((each) => [each.layer.output, each])).values()];
  const sized = own.map(({ layer: { output, unitAxis } }) => {
    const shape = shapes.get(output)!;
    return { id: output, shape, unitAxis, neurons: sizeOf(shape), units: unitAxis === null ? 1 : shape[unitAxis]! };
  });
  const total = (count: (layer: (typeof sized)[number]) => number): number =>
    sized.reduce((sum, layer) => sum + count(layer), 0);
  const each = 4 * NUMBERS * LEAVES * lines;
  const most = (budgetMB * 1e6 * PART) / each;
  const all = total(({ units, neurons }) => units + neurons);
  const kept =
    before?.length === sized.length && sized.every(({ neurons }, at) => before[at]! <= neurons) ? before : null;
  const whole = kept ? sized.every(({ neurons }, at) => kept[at] === neurons) : all <= most && all <= WHOLE[over];
  const left = Math.max(0, most - total(({ units }) => units)) / sized.length;
  const sample = Math.max(16, Math.min(SAMPLE[over], Math.floor(left)));
  let at = 0;
  const placed = sized.map(({ id, shape, unitAxis, neurons, units }, place): LayerEntries => {
    const held = kept ? kept[place]! : whole || neurons <= sample ? neurons : sample;
    const begin = at;
    at += units + held;
    return {
      id,
      shape,
      unitAxis,
      units: { begin, end: begin + units },
      neurons: { begin: begin + units, end: at },
      sample: held === neurons ? null : chosen(neurons, held, id),
    };
  });
  return {
    layers: placed,
    neurons: total(({ neurons }) => neurons),
    length: at,
    whole,
    megabytes: (at * each) / 1e6,
  };
}

/** So many of the places 0 … `of` − 1, ascending: one from each stretch of equal length, the same in every run. */
function chosen(of: number, count: number, seed: number): Int32Array {
  const next = numbersFrom((seed + 1) * 0x9e3779b1);
  const places = new Int32Array(count);
  for (let place = 0; place < count; place++) {
    const from = Math.floor((of * place) / count);
    const to = Math.floor((of * (place + 1)) / count);
    places[place] = from + Math.floor(next() * (to - from));
  }
  return places;
}

/** @param exact values whose contributions are what F changes by */
export const slicesOf = (entries: Entries, of: 'units' | 'neurons', exact: ReadonlySet<ValueId>): Slice[] =>
  entries.layers.map((layer) => ({ ...layer[of], exact: exact.has(layer.id) }));
