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

/** Layers between input and target: what has inputs, feeds others, and neither is the target nor comes after it. */
export function hiddenLayers(layers: readonly LayerSummary[], targets: ReadonlySet<string>): Set<string> {
  const feeding = new Set(layers.flatMap(({ inputs }) => inputs));
  const after = new Set(targets);
  // layers come in topological order
  for (const { name, inputs } of layers) if (inputs.some((input) => after.has(input))) after.add(name);
  return new Set(
    layers
      .filter(({ name, inputs }) => inputs.length > 0 && feeding.has(name) && !after.has(name))
      .map(({ name }) => name),
  );
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
