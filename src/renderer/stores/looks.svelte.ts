/**
 * How the views of one document are set: what they are searched and sorted by, what is compared, how the graph is seen. It
 * outlives the views, which come and go with their tabs, and is kept with the document's runs.
 */
import type {
  ColumnOrder,
  CompareView,
  ExamplePart,
  ExamplesView,
  GraphView,
  ExampleSort,
  PageView,
  RowOrder,
  RunTableView,
  SessionView,
} from '../../contract/view';
import type { RunOrder } from '../logic/runTable';
import { goneTo, NOWHERE, shownOf, stepped, type Visits } from '../logic/visits';
import { MeasuredLayers } from './measuredLayers.svelte';
import { RankingTable } from './rankingTable.svelte';
import type { Runs } from './runs.svelte';

/** The runs that are compared, and at which of their examples; null where nobody chose. */
export class CompareLook {
  a = $state<string | null>(null);
  b = $state<string | null>(null);
  exampleA = $state<number | null>(null);
  exampleB = $state<number | null>(null);
  /** The selected layer alone. */
  byLayer = $state(false);

  constructor({ a, b, exampleA, exampleB, byLayer }: CompareView = {}) {
    [this.a, this.b] = [a ?? null, b ?? null];
    [this.exampleA, this.exampleB] = [exampleA ?? null, exampleB ?? null];
    this.byLayer = byLayer ?? false;
  }

  get view(): CompareView {
    const { a, b, exampleA, exampleB, byLayer } = this;
    return { a, b, exampleA, exampleB, byLayer };
  }

  /** These two, at the example that is selected. */
  of(a: string, b: string): void {
    [this.a, this.b, this.exampleA, this.exampleB] = [a, b, null, null];
  }
}

export class GraphLook {
  /** Ids of the groups that are open; null before the first layout. */
  open = $state.raw<readonly string[] | null>(null);
  /** Null: as the settings say. */
  direction = $state<'down' | 'right' | null>(null);
  camera = $state.raw<NonNullable<GraphView['camera']> | null>(null);

  constructor({ open, direction, camera }: GraphView = {}) {
    this.open = open ?? null;
    this.direction = direction ?? null;
    this.camera = camera ?? null;
  }

  get view(): GraphView {
    const { open, direction, camera } = this;
    return { ...(open && { open: [...open] }), ...(direction && { direction }), ...(camera && { camera }) };
  }
}

export class ExamplesLook {
  part = $state<ExamplePart>('table');
  /** Whose units: of a layer, of those that are pinned, of all layers. */
  units = $state.raw<NonNullable<ExamplesView['units']> | null>(null);
  /** The class that is asked, and the one that it is held against: all others where it is empty. */
  of = $state('');
  against = $state('');
  rows = $state<RowOrder>('size');
  columns = $state<ColumnOrder>('class');
  /** How many rows. */
  most = $state(64);
  /** Each unit by its own scale. */
  ownScale = $state(false);
  /** What the table's rows are sorted by. */
  sort = $state.raw<ExampleSort>({ by: 'example', down: false });
  /** Pixels that they are scrolled by; null where they never were. */
  scroll = $state<number | null>(null);

  constructor({ part, units, of, against, rows, columns, most, ownScale, sort, scroll }: ExamplesView = {}) {
    this.part = part ?? 'table';
    this.units = units ?? null;
    [this.of, this.against] = [of ?? '', against ?? ''];
    [this.rows, this.columns] = [rows ?? 'size', columns ?? 'class'];
    this.most = most ?? 64;
    this.ownScale = ownScale ?? false;
    this.sort = sort ?? this.sort;
    this.scroll = scroll ?? null;
  }

  get view(): ExamplesView {
    const { part, units, of, against, rows, columns, most, ownScale, sort, scroll } = this;
    return {
      part,
      ...(units && { units }),
      ...(of && { of }),
      ...(against && { against }),
      rows,
      columns,
      most,
      ownScale,
      sort,
      ...(scroll !== null && { scroll }),
    };
  }
}

/** How the table of runs is sorted, and which of its rows are ticked. */
export class RunTableLook {
  order = $state.raw<RunOrder>({ by: 'made', descending: true });
  chosen = $state.raw<ReadonlySet<string>>(new Set());

  constructor({ order, chosen }: RunTableView = {}) {
    this.order = order ?? this.order;
    this.chosen = new Set(chosen);
  }

  get view(): RunTableView {
    const { order, chosen } = this;
    return { order, chosen: [...chosen] };
  }
}

const samePage = (a: PageView, b: PageView): boolean =>
  a === 'notebook' || b === 'notebook' ? a === b : a.layer === b.layer && a.unit === b.unit;

/** Which unit's page, or the notebook, lies over the results, and the way back and forward between them. */
export class PageLook {
  #visits = $state.raw<Visits<PageView>>(NOWHERE);
  #open = $state(false);

  constructor(page: PageView | null) {
    if (page) this.open(page);
  }

  get shown(): PageView | null {
    return this.#open ? shownOf(this.#visits) : null;
  }
  get mayGoBack(): boolean {
    return this.#visits.at > 0;
  }
  get mayGoForward(): boolean {
    return this.#visits.at < this.#visits.places.length - 1;
  }

  open(page: PageView): void {
    this.#visits = goneTo(this.#visits, page, samePage);
    this.#open = true;
  }
  step(step: 1 | -1): void {
    this.#visits = stepped(this.#visits, step);
  }
  close(): void {
    this.#open = false;
  }
}

export class Looks {
  readonly measured: MeasuredLayers;
  readonly ranking: RankingTable;
  readonly compare: CompareLook;
  readonly runTable: RunTableLook;
  readonly graph: GraphLook;
  readonly page: PageLook;
  readonly examples: ExamplesLook;

  /** @param kept as it was left */
  constructor(
    runs: Runs,
    readonly kept: SessionView | null = null,
  ) {
    this.measured = new MeasuredLayers(kept?.measured);
    this.ranking = new RankingTable(() => runs, kept?.ranking, this.measured);
    this.compare = new CompareLook(kept?.compare);
    this.runTable = new RunTableLook(kept?.runTable);
    this.graph = new GraphLook(kept?.graph);
    this.page = new PageLook(kept?.page ?? null);
    this.examples = new ExamplesLook(kept?.examples);
  }

  get view(): Pick<SessionView, 'ranking' | 'compare' | 'runTable' | 'graph' | 'examples' | 'page' | 'measured'> {
    const { ranking, compare, runTable, graph, examples, page, measured } = this;
    const { shown } = page;
    return {
      ranking: ranking.view,
      compare: compare.view,
      runTable: runTable.view,
      graph: graph.view,
      examples: examples.view,
      ...(shown !== null && { page: shown }),
      ...(measured.view.length > 0 && { measured: [...measured.view] }),
    };
  }
}
