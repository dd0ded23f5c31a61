/** Runs of models held against each other: which layers of one are those of the other, and which of them are compared. */
import type { LayerSummary, ModelSummary } from './model';
import type { RunRecord } from './studio';
import { fileTitle } from './words/modelTitle';

/** As much of a layer as it is recognised by. */
type Recognised = Pick<LayerSummary, 'name' | 'kind' | 'units'>;

/**
 * Layers of another model, by their names there → here: by name and number of units. Where both are the same row of layers with other
 * names (`dense_3` for `dense`, counted on by whatever built them), by their places.
 */
export function matchedLayers(here: readonly Recognised[], there: readonly Recognised[]): ReadonlyMap<string, string> {
  const own = new Map(here.map((layer) => [layer.name, layer]));
  const byName = there.filter(({ name, units }) => own.get(name)?.units === units && own.has(name));
  const inRow =
    byName.length < there.length &&
    here.length === there.length &&
    there.every(({ kind, units }, at) => here[at]!.kind === kind && here[at]!.units === units);
  return new Map(inRow ? there.map(({ name }, at) => [name, here[at]!.name]) : byName.map(({ name }) => [name, name]));
}

/** `logits[3] − logits[5]` → `logits` */
export const targetLayers = (run: { readonly result: Pick<RunRecord['result'], 'target'> }): Set<string> =>
  new Set(run.result.target.flatMap((text) => [...text.matchAll(/([^\s\[\]]+)\[/g)].map(([, name]) => name!)));

/** Kinds of layers that hand on each of their values as it is, at another place. */
const MOVING = new Set([
  'Transpose',
  'Permute',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'ExpandDims',
  'Identity',
]);

/** A target with the layers whose values it only moves: what one says of them, one has said of it. */
function movedInto(layers: readonly LayerSummary[], targets: ReadonlySet<string>): Set<string> {
  const all = new Set(targets);
  // layers come in topological order
  for (const { name, kind, inputs } of layers.toReversed())
    if (all.has(name) && MOVING.has(kind)) for (const input of inputs) all.add(input);
  return all;
}

/**
 * Layers between input and target: what has inputs, feeds others, and neither is the target, or moved into it as it is, nor comes
 * after it. Of a net without any its inputs: nothing else led to its output.
 */
export function hiddenLayers(layers: readonly LayerSummary[], targets: ReadonlySet<string>): Set<string> {
  const feeding = new Set(layers.flatMap(({ inputs }) => inputs));
  const after = movedInto(layers, targets);
  for (const { name, inputs } of layers) if (inputs.some((input) => after.has(input))) after.add(name);
  const before = layers.filter(({ name }) => feeding.has(name) && !after.has(name));
  const between = before.filter(({ inputs }) => inputs.length > 0);
  return new Set((between.length > 0 ? between : before).map(({ name }) => name));
}

/** What a model is called among checkpoints of one: by its file, which differs where names inside do not. */
export const modelTitle = (summary: Pick<ModelSummary, 'name' | 'path'> | null): string =>
  fileTitle(summary?.path ?? '') || (summary?.name ?? 'another model');

/** How many names a sentence takes. */
const MOST_NAMED = 4;

/** `conv1, conv2 and 3 more` */
export const someNames = (names: readonly string[]): string =>
  names.length <= MOST_NAMED + 1
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
