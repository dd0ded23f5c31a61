/** Which layers a ranking is about, and which of them only say again what the one before them said. */
import type { Method } from '../../contract/attribution';
import type { LayerSummary } from '../../contract/model';
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { examplePlace, unitCount } from './ranking';

/** Methods by which what is handed on unit by unit carries the same; others tell a unit from its activation. */
const CARRYING: readonly Method[] = ['nig', 'rescale'];

/**
 * Layers that hand on their only input unit by unit (an activation, a normalisation, a pooling): their units carry the
 * same contributions again. Layer → the first of its row. One run tells: which others stand beside it, or are shown, changes nothing.
 * @param runs all that there are
 */
export function repeatedLayers(
  layers: readonly LayerSummary[],
  runs: readonly RunRecord[],
  example: number,
): Map<string, string> {
  const consumers = new Map<string, number>();
  for (const { inputs } of layers) for (const input of inputs) consumers.set(input, (consumers.get(input) ?? 0) + 1);
  const knowing = runs.filter((run) => examplePlace(run, example) >= 0);
  const telling = knowing.find(({ result }) => CARRYING.includes(result.method)) ?? knowing[0];
  if (!telling) return new Map();
  const place = examplePlace(telling, example);
  const byName = new Map(telling.layers.map((layer) => [layer.name, layer]));
  const first = new Map<string, string>();
  for (const { name, inputs } of layers) {
    const [input, other] = inputs;
    if (input === undefined || other !== undefined || consumers.get(input) !== 1) continue;
    const [here, before] = [byName.get(name), byName.get(input)];
    if (here && before && sameUnits(here, before, place)) first.set(name, first.get(input) ?? input);
  }
  return first;
}

/** Whether two layers' units carry the same, but for rounding. */
function sameUnits(here: LayerRecord, before: LayerRecord, place: number): boolean {
  const units = unitCount(here);
  if (units !== unitCount(before)) return false;
  let size = 0;
  let apart = 0;
  for (let at = place * units; at < (place + 1) * units; at++) {
    size = Math.max(size, Math.abs(before.units[at]!));
    apart = Math.max(apart, Math.abs(before.units[at]! - here.units[at]!));
  }
  return apart <= 1e-4 * size;
}
