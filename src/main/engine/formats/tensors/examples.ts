/**
 * Where a file's examples lie. Files of tensors with all their axes (ONNX, TensorFlow) do not say it; readings are tried, and the
 * one that leads from the inputs to most outputs is taken; among those the one that mixes examples least, and the first of its likes.
 */
import { closedOf } from '../../graph/closed';
import type { Graph, Size, ValueId } from '../../graph/graph';
import { settled } from './array';

/**
 * `batched`: an axis of every input counts examples.
 * `one`: the file computes one example at a time, with a batch of one (fixed, or of arithmetic across the batch): that axis
 * is not held, and examples lie in front of all others. So they are computed side by side all the same.
 * `whole`: there is no batch axis; the whole of an input is one example.
 */
export type Way = 'batched' | 'one' | 'whole';

export interface Reading {
  readonly way: Way;
  /** For each input, in the file's order, the axis that counts examples (`one`: that has one); null where none does. */
  readonly places: readonly (number | null)[];
}

/** What a reading comes to. */
export interface Attempt {
  readonly graph: Graph;
  /** Outputs of the file, as many of them as vary. */
  readonly outputs: readonly ValueId[];
  /** Nodes that would have mixed examples. */
  readonly crossed: number;
  /** Whether one of them walks along the examples' axis step by step: then it is a length. */
  readonly walked: boolean;
}

/** Sizes of an input as the file declares it; null where free. Null as a whole where nothing is declared. */
export type Declared = readonly Size[] | null;

/** An input as the file declares it. */
export interface DeclaredInput {
  readonly name: string;
  readonly sizes: Declared;
  /** What the file calls its free sizes, by axis; null where it does not. */
  readonly names?: readonly (string | null)[];
}

/** Names of free sizes that count examples, and of those that do not. */
const EXAMPLES = /^(n|b|bs|bsz|nb|.*batch.*|examples?)$/i;
const LENGTH =
  /^(t|l|s|.*(seq|time|step|len|frame|token|chunk|width|height|nodes?|edges?|atoms?|residues?|points?|vertices|neighbou?rs?).*)$/i;

const named = ({ names }: DeclaredInput, axis: number): string => names?.[axis] ?? '';
const isFree = ({ sizes }: DeclaredInput, axis: number): boolean => sizes?.[axis] === null;

/** The axis whose name tells that it counts examples. */
function toldPlace(input: DeclaredInput): number | null {
  const at = input.sizes?.findIndex((_, axis) => EXAMPLES.test(named(input, axis))) ?? -1;
  return at < 0 ? null : at;
}

/** Whether an input looks like states of layers, `[layers, examples, units]`, as recurrent ops want them. */
const isStates = ({ sizes }: DeclaredInput): boolean =>
  sizes?.length === 3 && sizes[0] !== null && sizes[1] === null && sizes[2] !== null;

/** The first axis of each input that has any. */
const first = ({ sizes }: DeclaredInput): number | null => (sizes && sizes.length > 0 ? 0 : null);

/** Axes as names tell them, or as states beside them do; where neither does, the first. */
function hinted(inputs: readonly DeclaredInput[]): readonly (number | null)[] {
  const others = inputs.some((each) => isFree(each, 0));
  // What states call their second axis is the examples' name, whatever it is.
  const states = inputs.filter((each) => isStates(each) && others && !LENGTH.test(named(each, 1)));
  const names = new Set(states.map((each) => named(each, 1)).filter((name) => name !== ''));
  return inputs.map((each) => {
    const own = toldPlace(each);
    if (own !== null) return own;
    const shared = each.sizes?.findIndex((_, axis) => names.has(named(each, axis))) ?? -1;
    if (shared >= 0) return shared;
    return states.includes(each) ? 1 : first(each);
  });
}

/** Axes where the first of an input is a length: the second, `[steps, examples, features]`; none at all where one has no such axis. */
function seconds(inputs: readonly DeclaredInput[]): readonly (number | null)[] {
  const places = inputs.map((each) => {
    if (isStates(each)) return 1;
    if (!isFree(each, 0)) return first(each);
    const [, next, ...features] = each.sizes!;
    return features.length > 0 && (next === null || next === 1) ? 1 : null;
  });
  return inputs.some((each, i) => isFree(each, 0) && places[i] === null) ? inputs.map(() => null) : places;
}

/** A reading, and what has to be known of those before it. */
interface Candidate extends Reading {
  /** Only where the first axis was found to be walked step by step (true), or was not (false). */
  readonly walked?: boolean;
}

/** Whether the file itself says of an input that its first axis is a length, and of none which axis counts examples. */
const saysLength = (inputs: readonly DeclaredInput[]): boolean =>
  inputs.some((each) => LENGTH.test(named(each, 0))) && inputs.every((each) => toldPlace(each) === null);

/** Readings that may differ, in the order in which they are tried. */
export function readingsOf(inputs: readonly DeclaredInput[]): readonly Candidate[] {
  const firsts = inputs.map(first);
  const whole: Reading = { way: 'whole', places: inputs.map(() => null) };
  const free = inputs.some((each) => isFree(each, 0));
  const hints = hinted(inputs);
  const later = seconds(inputs);
  const length = saysLength(inputs);
  const list: Candidate[] = [
    ...(length ? ([{ way: 'batched', places: later }, whole] as const) : []),
    { way: 'batched', places: hints },
    { way: 'batched', places: firsts },
    { way: 'batched', places: later, walked: true },
    { way: 'one', places: hints, ...(same(hints, firsts) && free && { walked: false }) },
    { way: 'one', places: later, walked: true },
    { way: 'one', places: firsts, ...(free && { walked: false }) },
    ...(free ? [whole] : []),
  ];
  return list.filter(
    (each, i) =>
      (each.way !== 'batched' || counts(inputs, each.places)) &&
      list.findIndex((other) => other.way === each.way && same(other.places, each.places)) === i,
  );
}

const same = (a: Reading['places'], b: Reading['places']): boolean => a.every((place, i) => place === b[i]);

/** Whether these axes can be one axis of examples. */
function counts(inputs: readonly DeclaredInput[], places: Reading['places']): boolean {
  const sizes = inputs.flatMap(({ sizes: own }, i) => (own ? [places[i] === null ? undefined : own[places[i]!]] : []));
  const fixed = new Set(sizes.filter((size) => typeof size === 'number'));
  return fixed.size <= 1 && !sizes.includes(undefined);
}

/** The batch size that all inputs fix. */
export function fixedBatch(inputs: readonly DeclaredInput[], { places }: Reading): number | undefined {
  const sizeOf = (i: number): Size | undefined => inputs[i]!.sizes?.[places[i] ?? 0];
  const size = inputs.length ? (sizeOf(0) ?? undefined) : undefined;
  return inputs.every((_, i) => sizeOf(i) === size) ? size : undefined;
}

/** How far a reading leads. */
interface Reach {
  /** Outputs that it does not lead to. */
  readonly missed: number;
  readonly crossed: number;
  /** Values that it does not lead to; null where sizes are free: what lies behind an op that wants to know them tells nothing. */
  readonly closed: number | null;
}

function reachOf({ graph, outputs, crossed }: Attempt): Reach {
  const closed = closedOf(graph);
  const open = graph.inputs.some(({ value }) => graph.values[value]!.shape.includes(null));
  return { missed: outputs.filter((id) => closed.has(id)).length, crossed, closed: open ? null : closed.size };
}

function isFarther(a: Reach, b: Reach): boolean {
  if (a.missed !== b.missed) return a.missed < b.missed;
  if (a.crossed !== b.crossed) return a.crossed < b.crossed;
  return a.closed !== null && b.closed !== null && a.closed < b.closed;
}

/**
 * The reading that leads farthest, its weights made.
 * @param read makes the graph of one
 * @param own whether weights may be turned in the file's own arrays, which nobody reads again
 */
export function farthest<T extends Attempt>(
  inputs: readonly DeclaredInput[],
  read: (reading: Reading) => T,
  own = false,
): T & { readonly reading: Way } {
  let best: { readonly attempt: T & { readonly reading: Way }; readonly reach: Reach } | null = null;
  let walked = false;
  for (const reading of readingsOf(inputs)) {
    if (reading.walked !== undefined && reading.walked !== walked) continue;
    const attempt = { ...read(reading), reading: reading.way };
    walked ||= attempt.walked;
    const reach = reachOf(attempt);
    if (!best || isFarther(reach, best.reach)) best = { attempt, reach };
    if (reach.missed === 0) break;
  }
  const { attempt } = best!;
  return { ...attempt, graph: settled(attempt.graph, own) };
}
