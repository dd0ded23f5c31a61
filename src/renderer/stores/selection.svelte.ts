/** What is selected, shared by every view: selecting anywhere selects everywhere. */
import { notebook } from './notebook.svelte';

export interface UnitKey {
  readonly layer: string;
  readonly unit: number;
}

export const sameUnit = (a: UnitKey | null, b: UnitKey | null): boolean =>
  a !== null && b !== null && a.layer === b.layer && a.unit === b.unit;

class Selection {
  layer = $state<string | null>(null);
  unit = $state<number | null>(null);
  /** Row of the data. */
  example = $state(0);
  /** Units brushed in a scatter; null when nothing is brushed. */
  brushed = $state.raw<readonly UnitKey[] | null>(null);

  readonly key = $derived<UnitKey | null>(
    this.layer !== null && this.unit !== null ? { layer: this.layer, unit: this.unit } : null,
  );

  selectLayer(layer: string | null): void {
    if (layer !== this.layer) this.unit = null;
    this.layer = layer;
  }

  selectUnit({ layer, unit }: UnitKey): void {
    this.layer = layer;
    this.unit = unit;
  }

  /** Those of the notebook. */
  get pinned(): readonly UnitKey[] {
    return notebook.notes;
  }

  isPinned(key: UnitKey): boolean {
    return notebook.of(key) !== null;
  }

  togglePin(key: UnitKey): void {
    notebook.toggle(key);
  }

  clear(): void {
    this.layer = null;
    this.unit = null;
    this.brushed = null;
  }
}

export const selection = new Selection();
