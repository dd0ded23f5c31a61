/** What is explained: from names and indices to where each term of F lies, per example. */
import type {
  AttributionRequest,
  NumericArray,
  TargetActivation,
  TargetIndex,
  TargetSpec,
  TargetTerm,
} from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { written } from '../../../contract/words/shape';
import { Endings } from '../graph/endings';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { placesAlong, type ShapeOf } from '../graph/moved';
import { prune } from '../graph/prune';
import { flatIndex, namedTarget, placeOf, type NamedTarget, type ResolvedTarget } from '../graph/target';
import { evaluate } from './evaluate';
import { pairsOf } from './inputs';
import { NOT_HERE, type Seed } from './path';
import type { Weights } from './weights';

export interface FoundTarget {
  readonly sinks: readonly ValueId[];
  readonly seeds: readonly Seed[];
  /** Where F lies, per example. */
  readonly targets: readonly string[];
  /** What was named. */
  readonly terms: readonly TargetTerm[];
}

/** What the search needs of the path's ends. */
interface At {
  readonly starts: readonly ValueId[];
  readonly examples: number;
  readonly references: number;
}

/** A term of F as it was asked for. */
interface Asked {
  readonly spec: TargetSpec;
  readonly named: NamedTarget;
  readonly sign: 1 | -1;
}

/** And where its places lie. */
interface Found {
  readonly shape: readonly number[];
  /** Per example, flat in what is named. */
  readonly index: readonly number[];
  readonly resolved: readonly ResolvedTarget[];
}

/**
 * @param atInput values at the inputs, to compute others from
 * @throws LAYER_UNKNOWN, OUTPUT_INDEX, TARGET_SHAPE, TARGET_EXAMPLES, TARGET_EXAMPLE_INDEX, TARGET_CONSTANT
 */
export async function findTarget(
  graph: Graph,
  weights: Weights,
  { target, minus, exampleNumbers }: Pick<AttributionRequest, 'target' | 'minus' | 'exampleNumbers'>,
  at: At,
  atInput: ReadonlyMap<ValueId, NumericArray>,
): Promise<FoundTarget> {
  const ask = (spec: TargetSpec, sign: 1 | -1): Asked => ({ spec, sign, named: namedTarget(graph, spec.layer) });
  const asked = [ask(target, 1), ...(minus ? [ask(minus, -1)] : [])];
  const varies = checkVaries(graph, at.starts);
  for (const { named } of asked) varies(named.value, named.label);

  const endings = new Endings(graph);
  const compute = (ids: readonly ValueId[]): Promise<Map<ValueId, NumericArray>> =>
    evaluate(graph, weights, atInput, ids);
  const shapeOf = await shapesOf(graph, [...new Set(asked.flatMap(({ named }) => endings.movedInto(named.value)))], compute); // prettier-ignore
  const found: (Asked & Found)[] = [];
  for (const each of asked) {
    const shape = shapeOf(each.named.value);
    const place = (index: number): ResolvedTarget =>
      placeOf(endings, each.named, index, each.spec.afterActivation === true, shapeOf);
    const index =
      each.spec.index === 'argmax'
        ? await largest(each.named, at.examples, place, compute)
        : givenIndices(each.spec.index, at.examples, exampleNumbers, shape, each.named.label);
    const places = new Map([...new Set(index)].map((flat) => [flat, place(flat)]));
    for (const { value, label } of places.values()) varies(value, label);
    found.push({ ...each, shape, index, resolved: index.map((flat) => places.get(flat)!) });
  }
  const seeds = found.flatMap(({ sign, resolved }) => seedsOf(resolved, sign, shapeOf, at));
  return {
    sinks: [...new Set(seeds.map(({ value }) => value))],
    seeds,
    targets: Array.from({ length: at.examples }, (_, example) =>
      found.map(({ sign, resolved }, term) => termWords(resolved[example]!, sign, term === 0, shapeOf)).join(' '),
    ),
    terms: found.map(({ named, shape, index, resolved }) => ({
      layer: named.label,
      shape,
      index,
      labels: null,
      ...activationsOf(resolved),
    })),
  };
}

/** The terms of a result that holds some of the examples. */
export const termsOf = (terms: readonly TargetTerm[], examples: readonly number[]): TargetTerm[] =>
  terms.map((term) => ({
    ...term,
    index: examples.map((example) => term.index[example]!),
    behind: examples.map((example) => term.behind[example]!),
  }));

/** Refuses a target that no path moves. */
function checkVaries(graph: Graph, starts: readonly ValueId[]): (value: ValueId, label: string) => void {
  const known = new Set<ValueId>();
  return (value, label) => {
    if (known.has(value)) return;
    known.add(value);
    if (prune(graph, starts, [value]).live.has(value)) return;
    const start = starts.map((id) => graph.values[id]!.name).join(', ') || 'any real number of the input';
    throw new MhoError('TARGET_CONSTANT', { target: label, start });
  };
}

/** Shapes as the model tells; where it leaves sizes free, as they are at the inputs. */
async function shapesOf(
  graph: Graph,
  ids: readonly ValueId[],
  compute: (ids: readonly ValueId[]) => Promise<ReadonlyMap<ValueId, NumericArray>>,
): Promise<ShapeOf> {
  const free = ids.filter((id) => graph.values[id]!.shape.includes(null));
  const computed = await compute(free);
  return (id) => computed.get(id)?.shape.slice(1) ?? (graph.values[id]!.shape as readonly number[]);
}

/** Flat indices of places that were given. */
function givenIndices(
  index: Exclude<TargetSpec['index'], 'argmax'>,
  examples: number,
  numbers: readonly number[] | undefined,
  shape: readonly number[],
  label: string,
): number[] {
  if (typeof index === 'number' || !('each' in index)) {
    const flat = flatIndex(index, shape, label);
    return Array.from({ length: examples }, () => flat);
  }
  const { each } = index;
  if (each.length !== examples)
    throw new MhoError('TARGET_EXAMPLES', { source: 'The target', have: each.length, want: examples });
  return each.map((one, example) => indexOfExample(one, numbers?.[example] ?? example, shape, label));
}

function indexOfExample(index: TargetIndex, example: number, shape: readonly number[], label: string): number {
  try {
    return flatIndex(index, shape, label);
  } catch (error) {
    if (!(error instanceof MhoError)) throw error;
    const place = typeof index === 'number' ? index : index.join(',');
    throw new MhoError(
      'TARGET_EXAMPLE_INDEX',
      { example, layer: label, shape: written(shape), index: place },
      { cause: error },
    );
  }
}

/**
 * Where the named value is largest, per example. Behind an activation that has saturated several are: of those, where the
 * value before it is.
 */
async function largest(
  { value }: NamedTarget,
  examples: number,
  place: (index: number) => ResolvedTarget,
  compute: (ids: readonly ValueId[]) => Promise<ReadonlyMap<ValueId, NumericArray>>,
): Promise<number[]> {
  const { shape, data } = (await compute([value])).get(value)!;
  const size = sizeOf(shape.slice(1));
  const first = Array.from({ length: examples }, (_, example) =>
    allLargest(data.subarray(example * size, (example + 1) * size)),
  );
  const places = first.map((tied) =>
    tied.length > 1 ? tied.map((index) => ({ index, ...before(place(index)) })) : [],
  );
  const sources = [...new Set(places.flat().flatMap((each) => each.value ?? []))];
  const values = sources.length > 0 ? await compute(sources) : new Map<ValueId, NumericArray>();
  return first.map((tied, example) => {
    let [best, most] = [tied[0]!, -Infinity];
    for (const { index, value: source, at, sign } of places[example]!) {
      if (source === null) continue;
      const all = values.get(source)!;
      const strength = sign * all.data[(example * all.data.length) / examples + at]!;
      if (strength > most) [best, most] = [index, strength];
    }
    return best;
  });
}

/** The element before a final activation. */
const before = ({ value, index, negated, activation }: ResolvedTarget) => ({
  value: activation?.passed ? value : null,
  at: index,
  sign: negated ? -1 : 1,
});

/** Most places that are tied and told apart: more are no classes. */
const MOST_TIED = 4096;

function allLargest(data: Float32Array): number[] {
  let best = 0;
  for (let place = 1; place < data.length; place++) if (data[place]! > data[best]!) best = place;
  const tied = [best];
  for (let place = best + 1; place < data.length && tied.length < MOST_TIED; place++)
    if (data[place]! === data[best]!) tied.push(place);
  return tied;
}

/** A seed for each value that a term lies in: of joined outputs examples may lie in different ones. */
function seedsOf(
  resolved: readonly ResolvedTarget[],
  sign: 1 | -1,
  shapeOf: ShapeOf,
  { examples, references }: At,
): Seed[] {
  const seeds = new Map<string, { value: ValueId; sign: 1 | -1; index: number[] }>();
  resolved.forEach(({ value, index, negated }, example) => {
    const own = negated ? (-sign as 1 | -1) : sign;
    const key = `${value} ${own}`;
    const seed = seeds.get(key) ?? { value, sign: own, index: resolved.map(() => NOT_HERE) };
    seed.index[example] = index;
    seeds.set(key, seed);
  });
  return [...seeds.values()].map(({ value, sign: own, index }) => ({
    value,
    shape: shapeOf(value),
    sign: own,
    index: pairsOf(examples, references, (example) => index[example]!),
  }));
}

/** `logits[3]`, `− conv1[4, 2, 7]`. */
function termWords(
  { value, index, negated, label }: ResolvedTarget,
  sign: 1 | -1,
  isFirst: boolean,
  shapeOf: ShapeOf,
): string {
  const shape = shapeOf(value);
  const place = shape.length === 0 ? label : `${label}[${placesAlong(index, shape).join(', ')}]`;
  const isAdded = (sign === 1) !== negated;
  return isAdded ? (isFirst ? place : `+ ${place}`) : `− ${place}`;
}

function activationsOf(resolved: readonly ResolvedTarget[]): Pick<TargetTerm, 'activations' | 'behind'> {
  const keys = resolved.map(({ activation }) => activation && JSON.stringify(activation));
  const order = [...new Set(keys)].filter((key) => key !== null);
  return {
    activations: order.map((key) => JSON.parse(key) as TargetActivation),
    behind: keys.map((key) => (key === null ? null : order.indexOf(key))),
  };
}
