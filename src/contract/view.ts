/**
 * What of the screen is kept with a document's runs, so that it comes back as it was left: in session files, after a crash,
 * and for a page that is loaded again. Read leniently: what cannot be understood is as if it had not been kept.
 */
import { z } from 'zod';
import { METHODS, RULES } from './attribution';
import { MADE_BASELINES } from './baselines';
import { replacement } from './interventions';
import { accuracy, constantBaseline, dataSource, fittingBaseline, imageReading, target } from './setup';

/** Parts of the window that can have all of it. */
export const PANELS = ['set-up', 'graph', 'results', 'detail'] as const;
export type PanelName = (typeof PANELS)[number];

const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);
const name = z.string().max(4096);
const names = z.array(name).max(100_000);
const many = z.int().nonnegative();
const examples = z.array(many).max(100_000);
/** In a message, an id; in a session file its place among the runs, since an id lasts as long as a window: see `guestPlace`. */
const run = z.string().max(64);
const runs = z.array(run).max(100_000);
const flag = lenient(z.boolean());
const offset = z.number().nonnegative();

/** By what the ranking is searched, filtered and sorted. */
const rankingView = z.object({
  search: lenient(name),
  sign: lenient(z.enum(['both', 'positive', 'negative'])),
  top: lenient(z.int().positive().nullable()),
  within: flag,
  layerOnly: flag,
  layers: lenient(names),
  everything: flag,
  repeats: flag,
  sorting: lenient(
    z.object({
      key: z.union([
        z.object({
          by: z.enum(['size', 'value', 'error', 'disagreement', 'rank-change', 'drop', 'restore']),
          column: many,
        }),
        z.object({ by: z.literal('name') }),
      ]),
      descending: z.boolean(),
    }),
  ),
  /** Pixels that its rows are scrolled by. */
  scroll: lenient(offset),
});
export type RankingView = z.infer<typeof rankingView>;

/** What is compared: the runs, and at which of their examples; null where nobody chose. */
const compareView = z.object({
  a: lenient(run.nullable()),
  b: lenient(run.nullable()),
  exampleA: lenient(many.nullable()),
  exampleB: lenient(many.nullable()),
  byLayer: flag,
});
export type CompareView = z.infer<typeof compareView>;

/** How the layer graph is seen. */
const graphView = z.object({
  /** Ids of the open groups. */
  open: lenient(names),
  direction: lenient(z.enum(['down', 'right'])),
  /** What of the picture is in the middle, how large, and whether the user chose that. */
  camera: lenient(z.object({ x: z.number(), y: z.number(), scale: z.number().positive(), chosen: z.boolean() })),
});
export type GraphView = z.infer<typeof graphView>;

/** By what the table of runs can be sorted. */
const RUN_TABLE_ORDERS = ['name', 'target', 'baseline', 'method', 'path', 'examples', 'error', 'residual', 'passes', 'durationMs', 'made'] as const; // prettier-ignore
const runTableView = z.object({
  order: lenient(z.object({ by: z.enum(RUN_TABLE_ORDERS), descending: z.boolean() })),
  /** Rows that are ticked. */
  chosen: lenient(runs),
});
export type RunTableView = z.infer<typeof runTableView>;

/** By what the table of examples is sorted: something of the examples, or a number of a run, by its place among those that are shown. */
const exampleSort = z.union([
  z.object({ by: z.enum(['atInput', 'delta', 'residual', 'error']), run: many, down: z.boolean() }),
  z.object({ by: z.enum(['example', 'predicted', 'value', 'truth', 'correct']), down: z.boolean() }),
]);
export type ExampleSort = z.infer<typeof exampleSort>;

/** A unit's page, or the notebook. */
const page = z.union([z.literal('notebook'), z.object({ layer: name, unit: many })]);
export type PageView = z.infer<typeof page>;

/** Parts of the view of examples. */
export const EXAMPLE_PARTS = ['table', 'units', 'edit'] as const;
export type ExamplePart = (typeof EXAMPLE_PARTS)[number];
export const ROW_ORDERS = ['size', 'mean', 'spread', 'class', 'likeness', 'network'] as const;
export type RowOrder = (typeof ROW_ORDERS)[number];
export const COLUMN_ORDERS = ['index', 'class', 'likeness'] as const;
export type ColumnOrder = (typeof COLUMN_ORDERS)[number];

/** Which part of the view of examples is shown, and how units stand against them. */
const examplesView = z.object({
  part: lenient(z.enum(EXAMPLE_PARTS)),
  /** A layer, or `pinned`; absent for all. */
  units: lenient(z.union([z.object({ layer: name }), z.literal('pinned')])),
  /** Classes; absent where none is asked. */
  of: lenient(name),
  against: lenient(name),
  rows: lenient(z.enum(ROW_ORDERS)),
  columns: lenient(z.enum(COLUMN_ORDERS)),
  most: lenient(z.int().positive().max(100_000)),
  ownScale: flag,
  sort: lenient(exampleSort),
  scroll: lenient(offset),
});
export type ExamplesView = z.infer<typeof examplesView>;

const unitPlace = z.object({ layer: name, unit: many });
/** What is asked at the left, whether or not it was run. */
const askedView = z.object({
  /** Name of the data that the examples are of. */
  data: lenient(name),
  /** Their handle; in a session file their place among `dataFiles`, absent where no file holds them. */
  rows: lenient(name),
  examples: lenient(examples),
  /** Arrays are those of a run that was compared with them, else data as `rows`. */
  baseline: lenient(
    z.discriminatedUnion('kind', [
      constantBaseline,
      fittingBaseline,
      ...MADE_BASELINES,
      z.object({ kind: z.literal('run'), run }),
      z.object({ kind: z.literal('data'), data: name, perExample: z.boolean() }),
    ]),
  ),
  target: lenient(target),
  minus: lenient(target.nullable()),
  eachOf: lenient(examples),
  methods: lenient(z.array(z.enum(METHODS)).max(METHODS.length)),
  rule: lenient(z.enum(RULES)),
  accuracy: lenient(accuracy),
  even: flag,
  steps: lenient(z.int().min(1).max(1_000_000)),
  hold: lenient(names),
  walk: lenient(names),
  pathStart: lenient(name.nullable()),
  /** Units that are taken out of the prediction, what they become, and those that are multiplied. */
  taken: lenient(z.array(unitPlace).max(100_000)),
  becomes: lenient(replacement),
  scaled: lenient(z.array(unitPlace.extend({ factor: z.number() })).max(100_000)),
});
export type AskedView = z.infer<typeof askedView>;

/** What units of a layer were measured to do, each by itself, for a run's question at an example. */
const measuredView = z.object({
  run,
  example: many,
  to: replacement,
  layer: name,
  units: z.array(many).max(100_000),
  drop: z.array(z.number()).max(100_000),
  restore: z.array(z.number()).max(100_000),
});
export type MeasuredView = z.infer<typeof measuredView>;

const readingView = imageReading.extend({ chosen: z.boolean() });
export type ReadingView = z.infer<typeof readingView>;

export const sessionView = z.object({
  version: z.literal(1),
  /** Runs that are columns. */
  shown: lenient(runs),
  /** Runs that stay shown when another one is made. */
  pinnedRuns: lenient(runs),
  /** Runs of other sessions that are compared with. */
  guests: lenient(runs),
  /** In a session file, where those are: its own folder's files by their names alone. */
  guestFiles: lenient(z.array(z.object({ path: name, place: many, created: z.string().max(64) })).max(10_000)),
  /** In a session file, the files of what is asked, and a checksum of what they held. */
  dataFiles: lenient(z.array(z.object({ source: dataSource, digest: z.string().max(128) })).max(16)),
  /** Row of the data. */
  example: lenient(many),
  /** The selected layer, and its unit. */
  layer: lenient(name),
  unit: lenient(many),
  /** Id of the view of the results. */
  tab: lenient(z.string().max(64)),
  setupOpen: flag,
  /** The panel that has the whole window. */
  maximised: lenient(z.enum(PANELS).nullable()),
  ranking: lenient(rankingView),
  compare: lenient(compareView),
  runTable: lenient(runTableView),
  graph: lenient(graphView),
  /** What lies over the results; absent where nothing does. */
  page: lenient(page),
  examples: lenient(examplesView),
  asked: lenient(askedView),
  /** The newest last. */
  measured: lenient(z.array(measuredView).max(1000)),
  /** How pictures became numbers: rows out of a session do not tell. */
  reading: lenient(readingView),
});
export type SessionView = z.infer<typeof sessionView>;

/** What a run of another session is called in a session file, by its place in `guestFiles`. */
export const guestPlace = (at: number): string => `guest ${at}`;

/** The same view whose runs are called otherwise; those that have no name there are left out. */
export function viewOf(view: SessionView, called: (run: string) => string | undefined): SessionView {
  const renamed = (names: readonly string[]): string[] => names.flatMap((each) => called(each) ?? []);
  const one = (each: string | null | undefined): string | null => (each ? (called(each) ?? null) : null);
  const { shown, pinnedRuns, guests, compare, runTable, asked, measured } = view;
  return {
    ...view,
    ...(shown && { shown: renamed(shown) }),
    ...(pinnedRuns && { pinnedRuns: renamed(pinnedRuns) }),
    ...(guests && { guests: renamed(guests) }),
    ...(compare && { compare: { ...compare, a: one(compare.a), b: one(compare.b) } }),
    ...(runTable?.chosen && { runTable: { ...runTable, chosen: renamed(runTable.chosen) } }),
    ...(asked && { asked: askedOf(asked, called) }),
    ...(measured && { measured: measured.flatMap((each) => calledBy(each, called(each.run))) }),
  };
}

const calledBy = (measured: MeasuredView, run: string | undefined): MeasuredView[] =>
  run === undefined ? [] : [{ ...measured, run }];

/** The same view whose data are called otherwise; those that have no name there are left out. */
export function withData(view: SessionView, called: (data: string) => string | undefined): SessionView {
  if (!view.asked) return view;
  const { rows, baseline, ...asked } = view.asked;
  const there = rows === undefined ? undefined : called(rows);
  const against = baseline?.kind === 'data' ? called(baseline.data) : undefined;
  const compared = baseline?.kind !== 'data' ? baseline : against !== undefined && { ...baseline, data: against };
  return {
    ...view,
    asked: { ...asked, ...(there !== undefined && { rows: there }), ...(compared && { baseline: compared }) },
  };
}

function askedOf(asked: AskedView, called: (run: string) => string | undefined): AskedView {
  if (asked.baseline?.kind !== 'run') return asked;
  const { baseline, ...rest } = asked;
  const of = called(baseline.run);
  return of === undefined ? rest : { ...rest, baseline: { kind: 'run', run: of } };
}
