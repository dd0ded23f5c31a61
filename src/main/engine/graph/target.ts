/** The scalar F a run explains: one value of an output or layer, and where it lies. */
import { distance } from 'fastest-levenshtein';
import type { FinalActivation, TargetActivation, TargetIndex, TargetSpec } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { written } from '../../../contract/words/shape';
import { defaultOutput } from './closed';
import { Endings } from './endings';
import type { Graph, ValueId } from './graph';
import { layerNamed } from './layers';
import { flatOf, type ShapeOf } from './moved';

/** What a target names: an output or a layer. */
export interface NamedTarget {
  readonly value: ValueId;
  /** As the user called it; the default output's name where nothing was said. */
  readonly label: string;
  readonly isOutput: boolean;
}

/** @throws LAYER_UNKNOWN */
export function namedTarget(graph: Graph, name: string = defaultOutput(graph).name): NamedTarget {
  const output = graph.outputs.find((port) => port.name === name);
  const value = output?.value ?? layerNamed(graph, name)?.output ?? graph.aliases?.get(name);
  if (value === undefined)
    throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, [...graph.outputs, ...graph.layers]) });
  return { value, label: name, isOutput: graph.outputs.some((port) => port.value === value) };
}

/** Where F lies. */
export interface ResolvedTarget {
  readonly value: ValueId;
  /** Flat, in the value's own shape. */
  readonly index: number;
  /** F is the negative of that element: of 1 − σ(z) it is −z. */
  readonly negated: boolean;
  /** The value's name: as the user called it, or the layer's before a final activation. */
  readonly label: string;
  /** The final activation that was stepped over, or that F is a probability by. */
  readonly activation: TargetActivation | null;
}

/**
 * Where F lies for one place of what is named. Behind a final softmax or sigmoid of an output it is the value before it, through
 * whatever moves values between the two, unless `after`.
 * @param index flat, in the named value's shape
 */
export function placeOf(
  endings: Endings,
  { value, label, isOutput }: NamedTarget,
  index: number,
  after: boolean,
  shapeOf: ShapeOf,
): ResolvedTarget {
  const named = { value, index };
  const before = isOutput && !after ? endings.before(named, shapeOf) : null;
  if (before) {
    const { kind, negated, ...place } = before;
    const name = endings.nameOf(before.value);
    return { ...place, negated, label: name, activation: { kind, before: name, passed: true } };
  }
  return { ...named, negated: false, label, activation: endings.probability(named, shapeOf) };
}

/**
 * The same, of a graph whose sizes are all known.
 * @throws LAYER_UNKNOWN, OUTPUT_INDEX, TARGET_SHAPE
 */
export function resolveTarget(
  graph: Graph,
  { layer, index, afterActivation = false }: Omit<TargetSpec, 'index'> & { readonly index: TargetIndex },
): ResolvedTarget {
  const shapeOf = (id: ValueId): readonly number[] => graph.values[id]!.shape as readonly number[];
  const named = namedTarget(graph, layer);
  const flat = flatIndex(index, shapeOf(named.value), named.label);
  return placeOf(new Endings(graph), named, flat, afterActivation, shapeOf);
}

/** For each output by name, the activation that its default target steps over, and what makes a probability of it. */
export function outputActivations(graph: Graph): {
  readonly finalActivation: Record<string, FinalActivation | null>;
  readonly probabilities: Record<string, TargetActivation | null>;
} {
  const { outputs } = graph;
  const found = new Endings(graph).probabilities(outputs.map(({ value }) => value));
  const told = outputs.map(({ name, value }) => [name, found.get(value) ?? null] as const);
  return {
    finalActivation: Object.fromEntries(told.map(([name, each]) => [name, each?.passed ? each.kind : null])),
    probabilities: Object.fromEntries(told),
  };
}

/** A flat index into one activation of the given shape. @throws OUTPUT_INDEX, TARGET_SHAPE */
export function flatIndex(index: TargetIndex, shape: readonly number[], label: string): number {
  const size = shape.reduce((product, each) => product * each, 1);
  if (typeof index !== 'number') {
    if (index.length !== shape.length || index.some((each, axis) => each < 0 || each >= shape[axis]!))
      throw new MhoError('TARGET_SHAPE', { layer: label, shape: written(shape), index: index.join(',') });
    return flatOf(index, shape);
  }
  if (!Number.isInteger(index) || index < 0 || index >= size)
    throw new MhoError('OUTPUT_INDEX', { index, layer: label, size, last: size - 1 });
  return index;
}

/** Names that are longer are no slip of the hand, and comparing them takes the square of their length. */
const LONGEST_GUESS = 200;

/** ` (did you mean X?)` for a mistyped name, or nothing. */
export function nearest(name: string, named: readonly { readonly name: string }[]): string {
  if (name.length > LONGEST_GUESS) return '';
  const wanted = name.toLowerCase();
  let best = '';
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const { name: candidate } of named) {
    // As many edits at the least as one is longer than the other.
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best ? ` (did you mean ${best}?)` : '';
}
