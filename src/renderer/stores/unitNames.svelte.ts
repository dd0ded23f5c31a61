/** What single units are called: features by the header of their table, classes by the model's labels. */
import { studio } from './studio.svelte';

class UnitNames {
  /** Layers that give the values which labels name: of outputs, and right before their softmax. */
  readonly #ofClasses = $derived.by((): ReadonlySet<string> => {
    const { summary, opened } = studio.model;
    if (!summary || !opened || opened.labels.length === 0) return new Set();
    const read = new Set(summary.layers.flatMap(({ inputs }) => inputs));
    const before = Object.values(opened.probabilities).flatMap((each) => each?.before ?? []);
    const ends = summary.layers.filter(({ name }) => !read.has(name) || before.includes(name));
    return new Set(ends.filter(({ units }) => units === opened.labels.length).map(({ name }) => name));
  });

  /** A unit's own name beside its number; null where it has none. */
  of(layer: string, unit: number): string | null {
    const named = this.#ofClasses.has(layer) ? studio.model.opened?.labels[unit] : studio.model.columnsOf(layer)[unit];
    return named === undefined || named === '' || named === `${unit}` ? null : named;
  }
}

export const unitNames = new UnitNames();

/** `#3 bmi`: a unit among those of one layer. */
export const numbered = (layer: string, unit: number): string => {
  const called = unitNames.of(layer, unit);
  return `#${unit}${called === null ? '' : ` ${called}`}`;
};
