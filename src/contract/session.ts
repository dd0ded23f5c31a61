/** The session file: what was asked, what came out, and enough of the model to show it again without it. */
import { z } from 'zod';
import {
  ALARM_KINDS,
  BASELINE_KINDS,
  BASELINE_REASONS,
  FINAL_ACTIVATIONS,
  METHODS,
  RULES,
  STOPS,
  type Accuracy,
  type BaselineChoice,
  type BaselineSpec,
  type NumericArray,
  type Remark,
  type RunResult,
  type TargetSpec,
  type TargetTerm,
} from './attribution';
import { BACKENDS } from './backends';
import { madeBaseline } from './baselines';
import type { KeptFault } from './errors';
import { HELD_REASONS, type ModelSummary, type Varied } from './model';
import { sessionView, type SessionView } from './view';
import { judgement, type Judgement } from './judgement';
import { notebookSchema, type Notebook } from './notebook';
import { dataSource, type DataSource } from './setup';

/** Raised when a reader of the version before could not understand a file. */
export const SESSION_VERSION = 1;
export const SESSION_FORMAT = 'mho-session';

const size = z.int().nonnegative();
/** JSON has no NaN and no infinities; they are written as null and read as NaN. */
const number = z.number().nullable();
const numbers = z.array(number);
const shape = z.array(size);
const freeShape = z.array(size.nullable());
/** Name of an array in the archive, without `.npy`. */
const entry = z.string().min(1);
/** `lost`: what rounding to float32 took, of the same shape; the numbers are the sum of both. */
const namedEntries = z.array(z.object({ name: z.string(), array: entry, lost: entry.optional() }));

const port = z.object({
  name: z.string(),
  shape: freeShape,
  dtype: z.enum(['float32', 'int32', 'bool', 'string']),
});

/** What is told of a model, so that it can be shown where the model itself is away. */
export const modelSchema = z.object({
  name: z.string(),
  format: z.string(),
  path: z.string(),
  hash: z.string(),
  inputs: z.array(port),
  outputs: z.array(port),
  layers: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      group: z.array(z.string()),
      shape: freeShape,
      unitAxis: size.nullable(),
      units: size.nullable(),
      parameters: size,
      inputs: z.array(z.string()),
      unsupported: z.array(z.string()),
      behind: z.array(z.string()).optional(),
    }),
  ),
  parameters: size,
  /** Of a SavedModel. */
  signatures: z.array(z.string()).optional(),
  signature: z.string().optional(),
  defaultOutput: z.string().optional(),
}) satisfies z.ZodType<ModelSummary>;

const place = z.union([size, z.array(size)]);
const target = z.object({
  layer: z.string().optional(),
  index: z.union([
    place,
    z.literal('argmax'),
    /** One for each of the question's examples. */
    z.object({ each: z.array(place) }),
  ]),
  afterActivation: z.boolean().optional(),
}) satisfies z.ZodType<TargetSpec>;

const chosen = z.array(
  z.object({
    input: z.string(),
    kind: z.enum(BASELINE_KINDS),
    value: z.number(),
    why: z.enum(BASELINE_REASONS),
    made: madeBaseline.optional(),
  }),
) satisfies z.ZodType<readonly BaselineChoice[]>;

const varied = z.object({
  walked: z.array(z.object({ name: z.string(), behind: z.array(z.string()) })),
  held: z.array(z.object({ input: z.string(), why: z.enum(HELD_REASONS), walkable: z.boolean() })),
}) satisfies z.ZodType<Varied>;

const term = z.object({
  layer: z.string(),
  shape,
  /** Per example, as are `labels` and `behind`. */
  index: z.array(size),
  labels: z.array(z.string().nullable()).nullable(),
  activations: z.array(z.object({ kind: z.enum(FINAL_ACTIVATIONS), before: z.string(), passed: z.boolean() })),
  behind: z.array(size.nullable()),
}) satisfies z.ZodType<TargetTerm>;

const question = z.object({
  inputs: namedEntries.min(1),
  /** Where the inputs came from, and which of its examples these are. */
  source: z.string().nullable(),
  /** The files themselves, by which a run is repeated; absent where the numbers came from none. */
  files: z.object({ inputs: dataSource.optional(), baseline: dataSource.optional() }).optional().catch(undefined),
  examples: z.array(size).min(1),
  baseline: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('constant'), value: z.number(), chosen: chosen.optional() }),
    z.object({
      kind: z.literal('arrays'),
      /** Inputs that are left out: where the path starts behind them, `rest`. */
      arrays: namedEntries,
      perExample: z.boolean(),
      references: size.min(1).optional(),
      rest: z.number().optional(),
      chosen: chosen.optional(),
    }),
  ]),
  target,
  minus: target.nullable(),
  /** Names of inputs that were asked to stay as they are, and to vary. */
  hold: z.array(z.string()).optional(),
  walk: z.array(z.string()).optional(),
});

const accuracy = z.object({
  tolerance: z.number(),
  over: z.enum(['units', 'neurons']),
  mostWalks: size.nullable(),
  untilTop: size.nullable(),
}) satisfies z.ZodType<Accuracy>;

/** What JSON holds, no deeper than a thread hands on. */
const plain = (depth: number): z.ZodType => {
  const one = z.union([z.number(), z.string(), z.boolean(), z.null()]);
  return depth === 0 ? one : z.union([one, z.array(plain(depth - 1)), z.record(z.string(), plain(depth - 1))]);
};

/** How far an adaptive path came, per example. */
const reached = z.object({
  /** A share; null where it is no number. */
  estimate: number,
  layer: z.string(),
  reached: z.boolean(),
  stopped: z.enum(STOPS),
  walks: size,
  points: size,
  rounds: size,
  /** How many points each baseline's path has. */
  grid: z.array(size),
  /** What it goes on from; null where that was too large. `about` is the engine's own, and checked by it. */
  saved: z.object({ about: z.record(z.string(), plain(6)), arrays: namedEntries }).nullable(),
});

const adaptive = z.object({
  accuracy,
  examples: z.array(reached),
  /** Array of float64: the points of all examples, one after the other. */
  grid: entry,
});

const layer = z.object({
  name: z.string(),
  kind: z.string(),
  /** Of one activation, without the examples. */
  shape,
  unitAxis: size.nullable(),
  cut: z.boolean(),
  /** One number per example, as are `residual` and `error`, in units of the target. */
  sum: numbers,
  residual: numbers.nullable(),
  /** Estimated L1 error over the layer's neurons. */
  error: numbers.nullable(),
  /** The same over its units, and what both are shares of; absent in files of before. */
  unitsError: numbers.nullable().optional(),
  neuronsTotal: numbers.optional(),
  unitsTotal: numbers.optional(),
  /** Per example, how many of the first units are certain; null where nobody asked. */
  certain: z.array(size).nullable().optional(),
  /** Array `[examples, …shape]`. */
  contributions: entry,
  /** Array `[examples, units]`: contributions over positions, as they were summed; absent in files of before. */
  units: entry.optional(),
  /** Array `[examples, units]`. */
  unitError: entry.nullable(),
  /** Array `[examples, …shape]`. */
  spread: entry.nullable(),
  /** Array `[examples, references, units]`: reference by reference. */
  references: entry.optional(),
});

const fault = z.object({ code: z.string(), message: z.string(), remedy: z.string() }) satisfies z.ZodType<KeptFault>;

const remark = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('same'), example: size }),
  z.object({
    kind: z.literal('flat'),
    example: size,
    delta: z.number(),
    resolution: z.number(),
    layer: z.string(),
    carried: z.number(),
  }),
  z.object({
    kind: z.literal('jump'),
    example: size,
    layer: z.string(),
    decides: z.string().nullable(),
    alpha: z.number(),
    delta: z.number(),
  }),
  z.object({ kind: z.literal('state'), example: size, layers: z.array(z.string()) }),
  z.object({ kind: z.literal('quantised'), example: size, atInput: z.number(), atBaseline: z.number() }),
  z.object({
    kind: z.literal('dead'),
    example: size,
    layers: z.array(z.object({ name: z.string(), dead: size, units: size })),
  }),
]) satisfies z.ZodType<Remark>;

const run = z.object({
  /** Place in `questions`. */
  question: size,
  method: z.enum(METHODS),
  rule: z.enum(RULES).nullable(),
  steps: size,
  /** Null, or absent in files of before: even steps. */
  adaptive: adaptive.nullable().optional(),
  /** In words, per example. */
  target: z.array(z.string()),
  /** What was named, as it was named. */
  terms: z.array(term).optional(),
  atInput: numbers,
  atBaseline: numbers,
  /** F(x) − F(x'), per example. */
  delta: numbers,
  deltaUncertainty: numbers.optional(),
  alarms: z
    .array(
      z.object({
        example: size,
        layer: z.string().nullable(),
        kind: z.enum(ALARM_KINDS),
        from: z.number(),
        to: z.number(),
        share: z.number(),
      }),
    )
    .optional(),
  complete: z.boolean(),
  /** Which of the question's examples are complete. */
  examples: z.array(size).min(1),
  /** Why others are not, and what is to be known before the numbers are read; absent in files of before. */
  faults: z.array(z.object({ example: size, fault })).optional(),
  remarks: z.array(remark).optional(),
  backend: z.object({ name: z.enum(BACKENDS), device: z.string(), version: z.string() }),
  pathStart: z.string().nullable(),
  /** What the path varied and what it held. */
  varied: varied.optional(),
  rounded: z.array(z.object({ input: z.string(), alone: z.number(), by: z.number() })).optional(),
  baseline: chosen.optional(),
  layerGroups: size.optional(),
  durationMs: z.number(),
  layers: z.array(layer),
  /** How the window shows it; runs with the same `job` were started together. */
  label: z
    .object({
      name: z.string(),
      note: z.string(),
      created: z.string(),
      job: z.string(),
      /** The job whose runs a view looked into by this one; absent for what the user asked. */
      aside: z.string().optional(),
    })
    .optional(),
});

/** `manifest.json`. What a later version adds is passed over. */
export const manifestSchema = z.object({
  format: z.literal(SESSION_FORMAT),
  version: z.literal(SESSION_VERSION),
  created: z.iso.datetime(),
  software: z.object({ mho: z.string(), node: z.string(), platform: z.string() }),
  model: modelSchema,
  questions: z.array(question),
  runs: z.array(run),
  errors: z.array(fault),
  notes: z.string(),
  /** How a window showed it; a damaged one keeps nothing from being opened. */
  view: sessionView.optional().catch(undefined),
  /** Absent in files of before, and where nothing is kept. */
  notebook: notebookSchema.optional(),
  /** Absent in files of before, and where nothing was judged. */
  judgements: z.array(judgement).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What runs have in common: the inputs, the baseline and the target they answer for. */
export interface Question {
  /** Model input name → `[E, …]`. */
  readonly inputs: Readonly<Record<string, NumericArray>>;
  readonly source: string | null;
  /** The files that inputs and baselines were read from; nothing opens them. */
  readonly files?: { readonly inputs?: DataSource | undefined; readonly baseline?: DataSource | undefined } | undefined;
  readonly examples: readonly number[];
  readonly baseline: BaselineSpec;
  readonly target: TargetSpec;
  readonly minus: TargetSpec | null;
  readonly hold?: readonly string[];
  readonly walk?: readonly string[];
}

/** A run and the place of its question in the session. */
export interface SessionRun extends RunResult {
  readonly question: number;
  readonly label?: Manifest['runs'][number]['label'];
}

/** A session as every host holds it. */
export interface Session {
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly software: Manifest['software'];
  readonly model: ModelSummary;
  readonly questions: readonly Question[];
  readonly runs: readonly SessionRun[];
  /** What runs met. */
  readonly errors: readonly KeptFault[];
  readonly notes: string;
  readonly view?: SessionView;
  /** Units that the user keeps; absent where there are none. */
  readonly notebook?: Notebook;
  /** Methods judged by knock-outs; absent where none were. */
  readonly judgements?: readonly Judgement[];
}
