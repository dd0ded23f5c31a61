/** Runs of two models held against each other: which layers of one are those of the other. */
import { hiddenLayers, matchedLayers, modelTitle } from '../../contract/checkpoints';
import type { ModelSummary } from '../../contract/model';
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { unitCount } from './ranking';

/** A run of another model with its layers called as here; those without one here keep their names where no other layer has them. */
export function renamedRun(run: RunRecord, names: ReadonlyMap<string, string>): RunRecord {
  const taken = new Set(names.values());
  const layers = run.layers.flatMap((layer): readonly LayerRecord[] => {
    const name = names.get(layer.name);
    return name !== undefined ? [{ ...layer, name }] : taken.has(layer.name) ? [] : [layer];
  });
  return { ...run, layers };
}

/** Layers of two runs that are not in both, each of `a` and of `b`; those of one name but other units are in neither. */
export function unmatchedLayers(a: RunRecord, b: RunRecord): Readonly<Record<'a' | 'b', readonly string[]>> {
  const without = (run: RunRecord, other: RunRecord): readonly string[] => {
    const known = new Map(other.layers.map((layer) => [layer.name, unitCount(layer)]));
    return run.layers.filter((layer) => known.get(layer.name) !== unitCount(layer)).map(({ name }) => name);
  };
  return { a: without(a, b), b: without(b, a) };
}

/** What was asked of a model that another one took the place of. */
export interface RunsBefore {
  readonly title: string;
  readonly runs: readonly string[];
}

/** Runs of a model that is closed which can be compared with those of the one that is opened; null where there are none. */
export function runsBefore(
  last: ModelSummary | null,
  runs: readonly RunRecord[],
  opened: Pick<ModelSummary, 'layers'>,
): RunsBefore | null {
  const asked = runs.filter(({ aside }) => aside === undefined).map(({ run }) => run);
  if (!last || asked.length === 0) return null;
  const shared = new Set(matchedLayers(opened.layers, last.layers).values());
  const hidden = [...hiddenLayers(opened.layers, new Set())];
  return hidden.some((name) => shared.has(name)) ? { title: modelTitle(last), runs: asked } : null;
}
