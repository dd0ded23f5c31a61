/** The scalar F a run explains: one value of an output or layer, or the difference of two. */
import { distance } from 'fastest-levenshtein';
import { MhoError } from '../../../contract/errors';
import type { TargetSpec } from '../../../contract/attribution';
import { written } from '../../../contract/words/shape';
import type { Graph, ValueId } from './graph';

export interface ResolvedTarget {
  readonly value: ValueId;
  /** What the user sees: the layer's name. */
  readonly label: string;
  readonly index: TargetSpec['index'];
  /** False where a final softmax or sigmoid was stepped over. */
  readonly asNamed: boolean;
}

/** Final activations whose input is the default target: saturation hides what led to them. */
const FINAL = new Set(['softmax', 'sigmoid', 'logSoftmax']);

/**
 * Finds the value a target names. For a model output behind a final softmax or sigmoid it is the value before it, unless
 * `afterActivation`.
 * @throws LAYER_UNKNOWN
 */
export function resolveTarget(graph: Graph, spec: TargetSpec): ResolvedTarget {
  const name = spec.layer ?? graph.outputs[0]!.name;
  const output = graph.outputs.find((port) => port.name === name);
  const layer = graph.layers.find((each) => each.name === name);
  const value = output?.value ?? layer?.output;
  if (value === undefined)
    throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, [...graph.outputs, ...graph.layers]) });

  const isOutput = graph.outputs.some((port) => port.value === value);
  const producer = graph.nodes.find((node) => node.output === value);
  if (isOutput && !spec.afterActivation && producer && FINAL.has(producer.op)) {
    const before = producer.inputs[0]!;
    const named = graph.layers.find((each) => each.output === before)?.name;
    return { value: before, label: named ?? graph.values[before]!.name, index: spec.index, asNamed: false };
  }
  return { value, label: name, index: spec.index, asNamed: true };
}

/** The names of the layers by their outputs; of several layers with one output, the first. */
export function layerNames({ layers }: Graph): ReadonlyMap<ValueId, string> {
  const names = new Map<ValueId, string>();
  for (const { name, output } of layers) if (!names.has(output)) names.set(output, name);
  return names;
}

/** A flat index into one activation of the given shape. @throws OUTPUT_INDEX, TARGET_SHAPE */
export function flatIndex(index: number | readonly number[], shape: readonly number[], label: string): number {
  const size = shape.reduce((product, each) => product * each, 1);
  if (typeof index !== 'number') {
    if (index.length !== shape.length || index.some((each, axis) => each < 0 || each >= shape[axis]!))
      throw new MhoError('TARGET_SHAPE', { layer: label, shape: written(shape), index: index.join(',') });
    return index.reduce((flat, each, axis) => flat * shape[axis]! + each, 0);
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
