/** What the layers of the open model are called in this window: the same in every view. */
import { namesOf, type Names } from '../logic/names';
import { studio } from './studio.svelte';

class LayerNames {
  readonly #layers = $derived.by((): readonly string[] => {
    const layers = studio.model.summary?.layers ?? studio.runs.main?.layers ?? [];
    return layers.map(({ name }) => name);
  });
  /** By those of the model, or where a session is open without one, of its runs. */
  readonly shown: Names = $derived(namesOf(this.#layers));
}

export const layerNames = new LayerNames();
