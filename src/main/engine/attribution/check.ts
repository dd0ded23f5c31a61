/** A model's values beside known ones: outputs, and layers where references of them are given. */
import type { NumericArray } from '../../../contract/attribution';
import type { CheckResult, Compared } from '../../../contract/check';
import { MhoError } from '../../../contract/errors';
import { written } from '../../../contract/words/shape';
import type { Device } from '../backends';
import type { Graph, ValueId } from '../graph/graph';
import { nearest } from '../graph/target';
import { evaluate } from './evaluate';
import { checkInputs } from './inputs';
import { withWeights } from './weights';

/**
 * Known values, by the names of outputs and layers, or by `output_0`, `output_1` … (`output` for the first); of one alone the name does
 * not matter where the model has one output.
 */
export type Known = Readonly<Record<string, NumericArray>>;

export interface CheckOptions {
  readonly tolerance: number;
  readonly from: string;
}

interface Asked {
  readonly name: string;
  readonly kind: Compared['kind'];
  readonly value: ValueId;
  /** In running order; outputs stand before all layers. */
  readonly order: number;
  readonly known: NumericArray;
}

/**
 * Compares a model's values with known ones.
 * @param inputs name → [E, …]
 * @param known arrays of [E, …] in the file's order of axes or channels last; the first axis may be left out of one example
 * @throws INPUT_…, OP_UNSUPPORTED, LAYER_UNKNOWN for a name that is neither output nor layer, CHECK_SHAPE
 */
export async function checkAgainst(
  device: Device,
  graph: Graph,
  inputs: Readonly<Record<string, NumericArray>>,
  known: Known,
  { tolerance, from }: CheckOptions,
): Promise<CheckResult> {
  const examples = checkInputs(graph, inputs);
  const asked = Object.entries(known)
    .map(([name, array]) => named(graph, name, array, Object.keys(known).length === 1))
    .sort((a, b) => a.order - b.order);
  const feeds = new Map(graph.inputs.map(({ name, value }) => [value, inputs[name]!]));
  const values = await withWeights(device, graph, (weights) =>
    evaluate(graph, weights, feeds, [...new Set(asked.map(({ value }) => value))]),
  );
  const compared = asked.map((each) => compare(each, values.get(each.value)!, tolerance));
  const layers = compared.filter(({ kind }) => kind === 'layer');
  const first = layers.findIndex(({ agrees }) => !agrees);
  return {
    from,
    examples,
    tolerance,
    compared,
    agrees: compared.every(({ agrees }) => agrees),
    begins: first < 0 ? null : { layer: layers[first]!.name, after: layers[first - 1]?.name ?? null },
  };
}

function named({ outputs, layers }: Graph, name: string, known: NumericArray, alone: boolean): Asked {
  const place = /^(?:output|expect)(?:_(\d{1,4}))?$/.exec(name);
  const output =
    outputs.find((each) => each.name === name) ??
    (layers.some((each) => each.name === name)
      ? undefined
      : place
        ? outputs[Number(place[1] ?? 0)]
        : alone && outputs.length === 1
          ? outputs[0]
          : undefined);
  if (output) return { name: output.name, kind: 'output', value: output.value, order: -1, known };
  const order = layers.findIndex((each) => each.name === name);
  if (order < 0) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, [...outputs, ...layers]) });
  return { name, kind: 'layer', value: layers[order]!.output, order, known };
}

function compare({ name, kind, known }: Asked, value: NumericArray, tolerance: number): Compared {
  const places = readings(value.shape, known.shape);
  if (places.length === 0 || known.data.length !== value.data.length)
    throw new MhoError('CHECK_SHAPE', { name, have: written(value.shape), want: written(known.shape) });
  // A layer of as many places as channels fits both ways: it is meant the way that is nearer.
  const found = places.map((place) => largest(value.data, known.data, place));
  const { difference, at } = found.reduce((least, each) => (each.difference < least.difference ? each : least));
  const most = known.data.reduce((size, each) => Math.max(size, Math.abs(each)), 1);
  return {
    name,
    kind,
    shape: value.shape.slice(1),
    difference,
    at: unravelled(at.known, known.shape),
    have: value.data[at.value]!,
    want: known.data[at.known]!,
    agrees: difference <= tolerance * most,
  };
}

/** Place in the known array → place in ours. */
type Place = (index: number) => number;

/** The ways in which a known array of a shape can be read as one of ours: as it is, and with its channels before its places. */
function readings(have: readonly number[], want: readonly number[]): Place[] {
  const all = want.length === have.length - 1 && have[0] === 1 ? [1, ...want] : want;
  const bare = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join();
  const ways: Place[] = bare(all) === bare(have) ? [(index) => index] : [];
  const [rows, ...rest] = have;
  const channels = rest.at(-1);
  if (channels !== undefined && rest.length > 1 && all.join() === [rows, channels, ...rest.slice(0, -1)].join()) {
    const spots = rest.slice(0, -1).reduce((product, size) => product * size, 1);
    ways.push((index) => {
      const row = Math.floor(index / (channels * spots));
      const inRow = index % (channels * spots);
      return (row * spots + (inRow % spots)) * channels + Math.floor(inRow / spots);
    });
  }
  return ways;
}

function largest(
  have: Float32Array,
  want: Float32Array,
  placeOf: Place,
): { readonly difference: number; readonly at: { readonly known: number; readonly value: number } } {
  let difference = 0;
  let known = 0;
  for (let index = 0; index < want.length; index++) {
    const [ours, theirs] = [have[placeOf(index)]!, want[index]!];
    // The same infinity on both sides is the same; what is a number on one side alone is as far away as can be.
    const apart = Object.is(ours, theirs) || ours === theirs ? 0 : Math.abs(ours - theirs);
    const size = Number.isNaN(apart) ? Infinity : apart;
    if (size > difference) [difference, known] = [size, index];
  }
  return { difference, at: { known, value: placeOf(known) } };
}

/** Flat → one index per axis. */
function unravelled(index: number, shape: readonly number[]): number[] {
  const places: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return places;
}
