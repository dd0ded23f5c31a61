/** Which units the ranking of a document shows, in which order: search, filter, sorting over the shown runs. */
import { certainFirst } from '../logic/certain';
import {
  byRank,
  examplePlace,
  filtered,
  NO_FILTER,
  OrdersOf,
  ranking,
  rowOf,
  tied,
  type RankingFilter,
} from '../logic/ranking';
import { clicked, FIRST_SORTING, rankedColumn, sortedBy, type Sorting } from '../logic/sorting';
import { measuredRows } from '../logic/measured';
import type { Ranking, SortKey } from '../logic/ranking';
import type { RunRecord } from '../../contract/studio';
import type { RankingView } from '../../contract/view';
import { MeasuredLayers } from './measuredLayers.svelte';
import type { Runs } from './runs.svelte';
import { selection, type UnitKey } from './selection.svelte';

export class RankingTable {
  search = $state('');
  sign = $state<RankingFilter['sign']>('both');
  /** How many of the largest; null for all. */
  top = $state<number | null>(null);
  /** So many in every layer rather than overall. */
  within = $state(false);
  /** The selected layer alone. */
  layerOnly = $state(false);
  /** Layers to show; none chosen is all. */
  layers = $state.raw<readonly string[]>([]);
  /** Input and output layers, too. */
  everything = $state(false);
  /** Layers that repeat the one before, too. */
  repeats = $state(false);
  sorting = $state.raw<Sorting>(FIRST_SORTING);
  /** Pixels that its rows are scrolled by; null where they never were. */
  scroll = $state<number | null>(null);
  /** What its rows were last moved for; null where they are to stay as they were left. */
  #movedFor: string | null;

  /**
   * @param runs of the document that it is of
   * @param kept as it was left
   * @param measured what units of its runs do
   */
  constructor(
    private readonly runs: () => Runs,
    kept: RankingView = {},
    private readonly measured: MeasuredLayers = new MeasuredLayers(),
  ) {
    this.search = kept.search ?? '';
    this.sign = kept.sign ?? 'both';
    this.top = kept.top ?? null;
    this.within = kept.within ?? false;
    this.layerOnly = kept.layerOnly ?? false;
    this.layers = kept.layers ?? [];
    this.everything = kept.everything ?? false;
    this.repeats = kept.repeats ?? false;
    this.sorting = kept.sorting ?? FIRST_SORTING;
    this.scroll = kept.scroll ?? null;
    this.#movedFor = this.scroll === null ? '' : null;
  }

  /** As it is set. */
  get view(): RankingView {
    const { search, sign, top, within, layerOnly, layers, everything, repeats, sorting, scroll } = this;
    return {
      ...{ search, sign, top, within, layerOnly, layers: [...layers], everything, repeats, sorting },
      ...(scroll !== null && { scroll }),
    };
  }

  readonly #ranked = $derived.by(() => {
    const { current, hidden, repeats } = this.runs();
    return ranking(
      current,
      selection.example,
      ({ name }) =>
        (this.everything || hidden.has(name)) &&
        (this.repeats ||
          !repeats.has(name) ||
          this.layers.includes(name) ||
          (this.layerOnly && name === selection.layer)),
    );
  });
  /** Before any search, with what was measured of them for the first run's question. */
  readonly units = $derived.by((): Ranking => {
    const ranked = this.#ranked;
    const run = ranked.columns[0]?.run.run;
    const measured = run === undefined ? null : measuredRows(ranked, this.measured.of(run, selection.example));
    return measured ? { ...ranked, measured } : ranked;
  });
  /** Layers that can be chosen. */
  readonly offered = $derived.by(() => {
    const { main, hidden } = this.runs();
    return (main?.layers ?? []).filter(({ name }) => this.everything || hidden.has(name)).map(({ name }) => name);
  });
  readonly filtering = $derived(
    this.sign !== 'both' || this.top !== null || this.repeats || this.everything || this.layers.length > 0,
  );
  /** Layer → the layers that say the same again. */
  readonly repeatedBy = $derived.by(() => {
    const rows = new Map<string, string[]>();
    for (const [name, first] of this.runs().repeats) rows.set(first, [...(rows.get(first) ?? []), name]);
    return rows;
  });
  /** By what rows are searched and filtered, as one value. */
  readonly asked = $derived.by((): RankingFilter => {
    const chosen =
      this.layerOnly && selection.layer !== null ? [selection.layer] : this.layers.length > 0 ? this.layers : null;
    const { search, sign, top, within } = this;
    return { ...NO_FILTER, search, sign, top, within, layers: chosen && new Set(chosen) };
  });
  /** Orders of these units that were asked for: neither a search nor going back to one sorts anew. */
  readonly #orders = $derived(new OrdersOf(this.units));
  readonly #brushed = $derived(
    selection.brushed ? new Set(selection.brushed.map(({ layer, unit }) => `${layer}\n${unit}`)) : null,
  );
  /** Rows of `units` as they are shown. */
  readonly rows = $derived.by(() => {
    const { key, descending } = this.sorting;
    const all = filtered(this.units, this.#orders.by(key), key, descending, this.asked);
    const brushed = this.#brushed;
    if (!brushed) return all;
    return all.filter((row) => {
      const { layer, unit } = this.keyOf(row);
      return brushed.has(`${layer}\n${unit}`);
    });
  });
  /** The column whose ranks stand at the left. */
  readonly column = $derived(rankedColumn(this.sorting, this.units.columns.length));
  /**
   * How many of the first rows are certain to be the largest; null where rows are not by size, or no error is known. Of one
   * layer alone it is what its run says of it.
   */
  readonly certain = $derived.by((): number | null => {
    const { rows, units, column: at } = this;
    const column = units.columns[at];
    if (!column?.hasErrors || this.sorting.key.by !== 'size' || !this.sorting.descending) return null;
    const [only, ...others] = this.asked.layers ?? [];
    const whole = units.layers.find(({ name }) => name === only)?.units;
    if (only !== undefined && others.length === 0 && rows.length === whole)
      return this.#toldOf(column.run, only) ?? certainFirst(column, units.layer, rows);
    let many = 0;
    while (many < rows.length && column.ranks[rows[many]!]! <= this.#certainFirst[at]!) many++;
    return many;
  });
  readonly #certainFirst = $derived(
    this.units.columns.map((column) => certainFirst(column, this.units.layer, byRank(column))),
  );

  /** How many units of a layer are certain by a run; null where it does not tell. */
  #toldOf(run: RunRecord, layer: string): number | null {
    const { certain } = run.layers.find(({ name }) => name === layer) ?? {};
    return certain?.[examplePlace(run, selection.example)] ?? null;
  }
  /** Whether errors leave open which of two rows, one below the other by size, is the larger. */
  isTied(row: number, next: number): boolean {
    return this.sorting.key.by === 'size' && tied(this.units.columns[this.column]!, row, next);
  }
  /** How many more layers a row stands for, which say the same again and are left out; null where there is none. */
  repeatsOf(row: number): number | null {
    if (this.repeats) return null;
    return this.repeatedBy.get(this.units.layers[this.units.layer[row]!]!.name)?.length ?? null;
  }
  /** The selected unit's row; −1 without. */
  readonly selectedRow = $derived(
    selection.layer === null || selection.unit === null ? -1 : rowOf(this.units, selection.layer, selection.unit),
  );
  /** Where that is shown; −1 where it is not. */
  readonly selectedAt = $derived(this.selectedRow < 0 ? -1 : this.rows.indexOf(this.selectedRow));

  /**
   * Whether its rows move so that the selected one is seen: once for each choice of a unit, of what is searched and sorted by. A table that
   * comes back, from another tab or out of a session, stays as it was left.
   */
  moves(): boolean {
    const { layer, unit } = selection;
    const { search, sign, top, within, layerOnly, layers, sorting } = this;
    const now = JSON.stringify([layer, unit, search, sign, top, within, layerOnly, layers, sorting]);
    const before = this.#movedFor;
    this.#movedFor = now;
    return before !== null && before !== now;
  }

  /** The layer that is listed alone; null where there are several, or none. */
  readonly only = $derived.by((): string | null => {
    const [first, ...others] = this.asked.layers ?? [];
    return first !== undefined && others.length === 0 && this.units.layers.some(({ name }) => name === first)
      ? first
      : null;
  });

  keyOf(row: number): UnitKey {
    return { layer: this.units.layers[this.units.layer[row]!]!.name, unit: this.units.unit[row]! };
  }

  /** A click on a head. */
  sort(on: SortKey): void {
    this.sorting = clicked(this.sorting, on);
  }

  sortBy(by: SortKey['by']): void {
    this.sorting = sortedBy(by, this.column);
  }
}
