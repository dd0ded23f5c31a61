/**
 * What the window and the program behind it say to each other: requests with their answers, notices, and what a run
 * reports. One table; handlers, bridge and views take their types from it. Everything that comes in is checked by its
 * schema. Two hosts speak it: Electron's main process and `mho serve`; a view does not see which. Over 500 lines, since a
 * request and what it is answered with are read beside one another.
 *
 * Files are named by tokens. A token is made where the user picked the file (dialog, drop, recent list, command line)
 * and means nothing elsewhere: a view never learns a path and can never ask for one.
 */
import { z } from 'zod';
import {
  METHODS,
  RULES,
  type AdaptiveResult,
  type ExampleFault,
  type FinalActivation,
  type BaselineChoice,
  type LayerResult,
  type NumericArray,
  type Progress,
  type Reached,
  type Round,
  type RunResult,
  type TargetActivation,
} from './attribution';
import type { Doubt, EditMade, HowRead, ImageReading, InputPort, RangeReason } from './data';
import type { BackendInfo, BackendReport } from './backends';
import type { Command } from './commands';
import type { MhoFault } from './errors';
import type { ModelSummary, OpSupport, Varied } from './model';
import { notebookSchema, type Notebook } from './notebook';
import { openingChoicesSchema } from './opening';
import { intervention, replacement, type Intervened, type KnockOuts } from './interventions';
import { JUDGED, judged, type Judgement, type JudgeProgress } from './judgement';
import type { LayerFacts } from './layerFacts';
import {
  accuracy,
  backendChoice,
  baseline,
  dataId,
  exampleList,
  handle,
  imageReading,
  layerName,
  target,
  turned,
} from './setup';
import { PANELS, sessionView, type SessionView } from './view';
import type { ReceptiveField, UnitActivations } from './unitValues';
import type { LayerWeights } from './weights';

// ---------------------------------------------------------------- handles

/** A file the user picked. */
export const fileToken = handle;
const runId = handle;
const jobId = handle;

export type FileToken = z.infer<typeof fileToken>;

export interface FileRef {
  readonly file: FileToken;
  /** Last part of the path. */
  readonly name: string;
  /** The folder it is in, shortened for display (`~/models`). */
  readonly where: string;
  readonly kind: 'model' | 'session' | 'data';
  /** Of what was opened before: the hash of its model, by which links name it. */
  readonly hash?: string;
}

// ---------------------------------------------------------------- data

/** Of a change, what is told of it: as the contract's EditMade. */
const count = z.number().int().nonnegative();
const corner = z.tuple([count, count]);
const told = z.string().max(100);
const ofInput = { input: layerName.nullable() };
const editMade = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['letter', 'token']), ...ofInput, position: count, from: told, to: told }),
  z.object({ kind: z.literal('value'), ...ofInput, position: count, from: z.number(), to: z.number() }),
  z.object({ kind: z.literal('patch'), ...ofInput, from: corner, to: corner, filled: told }),
]) satisfies z.ZodType<EditMade>;
/** Places of one example of an input, counted row by row, and what stands there then. */
const edit = z
  .object({
    input: layerName,
    places: z.array(count).min(1).max(1_000_000),
    values: z.array(z.number()),
    made: editMade,
  })
  .refine(({ places, values }) => places.length === values.length, 'as many values as places');
export type Edit = z.infer<typeof edit>;

// ---------------------------------------------------------------- what a run is asked

/** As the contract's AttributionRequest, with arrays by handle. */
export const runSetup = z.object({
  data: dataId,
  /** Rows of the data. */
  examples: exampleList,
  baseline,
  target,
  minus: target.optional(),
  methods: z.array(z.enum(METHODS)).min(1).max(METHODS.length),
  rule: z.enum(RULES),
  steps: z.number().int().min(1).max(1_000_000),
  accuracy: accuracy.optional(),
  layers: z.array(layerName).max(100_000).optional(),
  ...turned,
  pathStart: layerName.optional(),
  memoryMB: z.number().int().min(16).max(1_000_000).optional(),
  backend: backendChoice,
  /** Asked by a view for itself, to look into runs of this job. */
  aside: z.string().max(64).optional(),
});
export type RunSetup = z.infer<typeof runSetup>;

/** What of a layer is asked for when it is looked at. */
export type LayerContributions = Pick<LayerResult, 'contributions' | 'spread'> & {
  /** Null with one reference, and where there are too many numbers to keep. */
  readonly references: Float32Array | null;
};

/** What units are taken out of: a run's question without how its path is walked. */
const intervenedSetup = z.object({
  data: dataId,
  examples: exampleList.max(64),
  baseline,
  target,
  minus: target.optional(),
  ...turned,
  memoryMB: z.number().int().min(16).max(1_000_000).optional(),
  backend: backendChoice.optional(),
});
export type IntervenedSetup = z.infer<typeof intervenedSetup>;
/** Units of more layers than any list of them has. */
const MOST_INTERVENTIONS = 10_000;
const intervened = intervenedSetup.extend({ interventions: z.array(intervention).min(1).max(MOST_INTERVENTIONS) });

/** An adaptive run that is to go on from where it is. */
const continuation = z.object({
  run: runId,
  accuracy,
  memoryMB: z.number().int().min(16).max(1_000_000).optional(),
  backend: backendChoice,
});
export type Continuation = z.infer<typeof continuation>;

/** Methods that are to be judged by taking units out: of what a run is asked, and how. */
export const judgeSetup = runSetup.omit({ methods: true, aside: true, pathStart: true }).extend({
  judged: z.array(judged).min(1).max(JUDGED.length),
  to: replacement,
  seed: z.number().int().nonnegative().max(0xffffffff),
  /** Whether rankings are made anew with re-drawn weights and for another target. */
  sanity: z.boolean(),
});
export type JudgeSetup = z.infer<typeof judgeSetup>;

/** What a job was asked: a run, one that goes on, a judgement. */
export type JobSetup = RunSetup | Continuation | JudgeSetup;
export const isRunSetup = (setup: JobSetup): setup is RunSetup => 'methods' in setup;
export type StudioTarget = z.infer<typeof target>;
export type StudioBaseline = z.infer<typeof baseline>;

// ---------------------------------------------------------------- answers

/** `sample.json` of a bundled sample, as its README describes it. */
export interface SampleInfo {
  readonly name: string;
  /** Of its model, by which links lead into it. */
  readonly hash?: string;
  readonly title: string;
  readonly description: string;
  readonly baseline: { readonly kind: 'constant'; readonly value: number };
  readonly target: StudioTarget;
  readonly methods: readonly RunSetup['methods'][number][];
  readonly rule: RunSetup['rule'];
  readonly steps: number;
  /** Which examples the first run takes. */
  readonly examples: readonly number[];
  /** Names of the output's values. */
  readonly labels: readonly string[];
  /** What each example truly is. */
  readonly exampleLabels: readonly string[];
  readonly inputKind: 'image' | 'sequence' | null;
  readonly alphabet: string | null;
}

export interface OpenedModel {
  readonly summary: ModelSummary;
  /** What each method gives for each op of the model. */
  readonly ops: readonly OpSupport[];
  /** What a path varies and what it holds when nothing else is asked. */
  readonly varied: Varied;
  /** Names of the other models in the folder that was opened. */
  readonly beside: readonly string[];
  /** For each output, the activation in front of it that the default target steps over; null without one. */
  readonly finalActivation: Readonly<Record<string, FinalActivation | null>>;
  /** For each output that is a probability, or made of some: the activation, and the layer before it. */
  readonly probabilities: Readonly<Record<string, TargetActivation | null>>;
  readonly sample: SampleInfo | null;
  /** Names of the output's values: the sample's, or those of a file beside the model; empty without. */
  readonly labels: readonly string[];
  /** What the ids of its vocabulary stand for, by id, where a file beside the model tells it; else empty. */
  readonly tokens: readonly string[];
  /** Data that came with it (a sample's inputs). */
  readonly data: InputData | null;
}

export interface ArraySummary {
  readonly name: string;
  /** `[examples, …]` */
  readonly shape: readonly number[];
  /** Over finite values; null when there is none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly notFinite: number;
  /** Model input that it is taken for; null when it fits none. */
  readonly input: string | null;
}

/** What was read from a file, held by the engine under `data`. */
export interface InputData {
  readonly data: string;
  readonly name: string;
  readonly examples: number;
  readonly arrays: readonly ArraySummary[];
  /** The numbers that its rows go by, where they are some of a file that is no longer there; null for 0, 1, 2, … */
  readonly rows: readonly number[] | null;
  /** What keeps it from being used with the open model: expected and found. Empty when it fits. */
  readonly faults: readonly MhoFault[];
  /** What the model wants; sizes that its file leaves free are free. */
  readonly expected: readonly InputPort[];
  /** Inputs at the sizes that these data give them where the model leaves some free: its shapes are those of these sizes then. */
  readonly bound: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** What was done to tables and pictures to make them fit. */
  readonly how: readonly HowRead[];
  /** How pictures were read, and why so; null without pictures. */
  readonly reading: (ImageReading & { readonly why: RangeReason }) | null;
  /** What is allowed but looks wrong. */
  readonly doubts: readonly Doubt[];
  /** Of each example its true class, where an array beside the inputs tells (`y`, `labels`). */
  readonly truth?: readonly number[];
  /** Of an example that was edited here: what was changed. */
  readonly edited?: readonly EditMade[];
}

/** What an example is compared with, reference by reference. */
export interface ComparedWith {
  /** How each input's came about; null for data out of a file, and for a constant. */
  readonly chosen: readonly BaselineChoice[] | null;
  /** How many there are; what follows holds the first of them. */
  readonly references: number;
  /** Per input `[references, …]`, or `[1, …]` where all are the same; of inputs that have rows. */
  readonly rows: Readonly<Record<string, NumericArray>>;
  /** What the model says there, `[references, …]`. */
  readonly outputs: readonly { readonly name: string; readonly atBaseline: NumericArray }[];
  readonly faults: readonly ExampleFault[];
}

/** What the model says of many examples, each by its largest value. */
export interface Verdicts {
  readonly outputs: readonly {
    readonly name: string;
    /** Place of the largest value of an example, and the value; −1 where one is not a number. */
    readonly top: Int32Array;
    readonly value: Float32Array;
  }[];
  readonly backend: BackendInfo;
}

export interface OutputPrediction {
  readonly name: string;
  /** `[examples, …]` */
  readonly atInput: NumericArray;
  /** `[examples, …]`, averaged over references. */
  readonly atBaseline: NumericArray;
}

export interface Prediction {
  readonly outputs: readonly OutputPrediction[];
  /** Which of the asked examples have an output that is not a number, and where that first arises. */
  readonly faults: readonly ExampleFault[];
  readonly durationMs: number;
  readonly backend: BackendInfo;
}

export interface Estimate {
  /** Point evaluations; of an adaptive path, as many as `walks.typical` takes. */
  readonly passes: number;
  /**
   * Backward walks that an adaptive path takes for each pair of input and baseline: until there is a first result, on networks
   * that were measured (docs/accuracy.md), and at the most; null where nothing asked takes one.
   */
  readonly walks: { readonly first: number; readonly typical: number; readonly most: number | null } | null;
  /** Null before anything was timed on this model. */
  readonly durationMs: number | null;
  /** What the time rests on: earlier runs of this model, or one forward pass. */
  readonly basis: 'runs' | 'forward' | null;
  readonly memoryMB: number;
}

/** Point by point along a path of n steps: n + 1 points, the baseline first. In units of the target. */
export interface AlongPath {
  readonly alphas: Float32Array;
  /** F(α). */
  readonly target: Float32Array;
  readonly layers: readonly {
    readonly name: string;
    readonly cut: boolean;
    /** Σ of the layer's contributions up to each point. */
    readonly running: Float32Array;
    /** Stretch by stretch of steps that are joined: how far they lie from what they are joined to, Σ| | over the neurons. */
    readonly error: Float32Array;
    /** ‖∂F/∂y‖ at each point. */
    readonly gradient: Float32Array;
  }[];
  /** The asked unit: value and gradient as means over its positions, and its contribution up to each point. */
  readonly unit: {
    readonly activation: Float32Array;
    readonly gradient: Float32Array;
    readonly running: Float32Array;
  } | null;
}

/** What a run's inputs were compared with. */
export type AskedBaseline =
  | { readonly kind: 'constant'; readonly value: number }
  /** What fitted the data. */
  | { readonly kind: 'fitting'; readonly chosen: readonly BaselineChoice[] }
  | {
      readonly kind: 'arrays';
      /** One for all examples, one for each of them, or as many references. */
      readonly rows: number;
      readonly perExample: boolean;
      /** What tells its numbers from others', whatever file they came from. */
      readonly digest: string;
    };

/** How far the adaptive path of one example came, without what it goes on from. */
export interface ReachedRecord extends Omit<Reached, 'grid' | 'saved'> {
  /** As in Reached; null where it has more points than anybody draws. */
  readonly grid: Reached['grid'] | null;
  /** What going on begins with: leaves that are still `held`, or the path walked `anew`; null: numbers resolve no more. */
  readonly goesOn: 'held' | 'anew' | null;
}
export interface AdaptiveRecord extends Omit<AdaptiveResult, 'examples'> {
  readonly examples: readonly ReachedRecord[];
}

/** A run without its large arrays: those are asked for by layer. */
export interface RunRecord {
  readonly run: string;
  /** Given by the user; null where nobody did (`words/runs.ts` makes one from method, steps and target). */
  readonly name: string | null;
  readonly note: string;
  /** ISO 8601. */
  readonly created: string;
  /** Runs made by one press of Run share it. */
  readonly job: string;
  /** The job whose runs a view looked into by this one; absent for what the user asked. */
  readonly aside?: string;
  /** Model hash, by which runs of one model are compared. */
  readonly model: string;
  /** What it was asked, for the interface and for running it again. */
  readonly asked: {
    readonly dataName: string;
    readonly examples: readonly number[];
    /** Of each example: what tells its input's numbers from others', whatever file or session they came from. */
    readonly digests: readonly string[];
    readonly baseline: AskedBaseline;
    readonly target: StudioTarget;
    readonly minus: StudioTarget | null;
    /** Names of inputs; absent where none were asked for. */
    readonly hold?: readonly string[];
    readonly walk?: readonly string[];
    /** What of it came from no file that is known: no line on a command line repeats it. */
    readonly fileless?: 'inputs' | 'baselines';
  };
  readonly result: Omit<RunResult, 'layers' | 'adaptive'> & { readonly adaptive: AdaptiveRecord | null };
  readonly layers: readonly LayerRecord[];
  /** How F and the sums went along the path (of the job's longest grid); empty for a run read from a file. */
  readonly trace: readonly { readonly alpha: number; readonly expected: number; readonly running: number }[];
}
export type LayerRecord = Omit<LayerResult, 'contributions' | 'spread' | 'references'>;

/** The open document: what is saved as one session. */
export interface DocumentState {
  /** Of the session file, or of the model; null when nothing is open. */
  readonly title: string | null;
  /** The session file it was saved to or opened from. */
  readonly session: { readonly name: string; readonly where: string } | null;
  /** Whether something is not in the session file. */
  readonly dirty: boolean;
  readonly runs: number;
  /** Units in its notebook. */
  readonly notes: number;
  readonly judgements: number;
  /** False for a session that was reopened without its model. */
  readonly modelOpen: boolean;
  /** How much of a model that is being opened has been read, in bytes; null when none is, or it is too small to tell. */
  readonly opening: { readonly done: number; readonly total: number } | null;
}

/** A judgement of the document, and what it goes by there. */
export interface JudgementRecord {
  readonly id: string;
  readonly judgement: Judgement;
}

/** What a judgement would take. */
export interface JudgeEstimate {
  /** Forward passes of an example, as far as layers that nobody chose can be foreseen. */
  readonly forwards: number;
  /** Null before anything was judged on this model. */
  readonly durationMs: number | null;
}

export interface OpenedSession {
  readonly document: DocumentState;
  /** The model as the session describes it; null when the file holds no description. */
  readonly summary: ModelSummary | null;
  readonly runs: readonly RunRecord[];
  /** How it was shown; null where nobody told. */
  readonly view: SessionView | null;
  readonly notebook: Notebook;
  readonly judgements: readonly JudgementRecord[];
}

/** Runs of other sessions that a document is compared with. */
export interface GuestRuns {
  readonly runs: readonly RunRecord[];
  /** The models that they are of, as their sessions describe them. */
  readonly models: readonly ModelSummary[];
  /** Of each session of which some are not there: why. */
  readonly missing: readonly MhoFault[];
}

export interface RecoveryEntry {
  readonly id: string;
  readonly title: string;
  readonly runs: number;
  /** Units in its notebook. */
  readonly notes: number;
  readonly judgements: number;
  /** ISO 8601, of its last run; of a notebook alone, of its session. */
  readonly when: string;
}

export const figureChoice = z.object({
  preset: z.enum(['own', 'column', 'columns', 'slide']),
  format: z.enum(['svg', 'png', 'pdf']),
  /** For paper, or in the window's colours. */
  ground: z.enum(['light', 'window']),
});
export type FigureChoice = z.infer<typeof figureChoice>;
/** How the panels divide the window. */
const layout = z.object({
  /** Of the graph, of what it and the results have together. */
  share: z.number().min(0.1).max(0.9),
  setUp: z.boolean(),
  maximised: z.enum(PANELS).nullable(),
});
export type Layout = z.infer<typeof layout>;

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  backend: backendChoice,
  memoryMB: z.number().int().min(16).max(1_000_000).nullable(),
  /** Save the session after every run once it has a file. */
  autosave: z.boolean(),
  /** How pictures were saved last. */
  figures: figureChoice.optional(),
  /** Where the layer graph's edges lead; absent: down. */
  graphDirection: z.enum(['down', 'right']).optional(),
  /** As the last window was left; absent before anybody changed it. */
  layout: layout.optional(),
});
export type Settings = z.infer<typeof settings>;

export type EngineState = 'starting' | 'ready' | 'restarting' | 'failed';

export interface StudioStatus {
  readonly version: string;
  readonly platform: string;
  readonly engine: EngineState;
  /** Null until something was computed. */
  readonly backend: BackendInfo | null;
}

/** What a new window opens with. */
export type Launch =
  | { readonly kind: 'sample'; readonly name: string }
  | { readonly kind: 'model' | 'session'; readonly file: FileRef }
  /** A link to a unit, and what was opened lately with its model; null where nothing was. */
  | { readonly kind: 'link'; readonly link: string; readonly file: FileRef | null }
  | { readonly kind: 'nothing' };

// ---------------------------------------------------------------- requests

const nothing = z.object({});

interface Request<Params extends z.ZodType, Result> {
  readonly params: Params;
  /** Carries the answer's type; there is no value. */
  readonly result?: Result;
}
const asks =
  <Result>() =>
  <Params extends z.ZodType>(params: Params): Request<Params, Result> => ({ params });

/** Answered by the engine's side, for the document of the window that asks. */
export const engineRequests = {
  /** Replaces the document's model; its runs stay. @throws MODEL_…, OPENING_CANCELLED */
  openModel: asks<OpenedModel>()(z.object({ file: fileToken })),
  /** The open model with other choices: of its signatures, where it has several; of free sizes. @throws as `openModel`, NOTHING_OPEN */
  reopenModel: asks<OpenedModel>()(z.object({ choices: openingChoicesSchema })),
  openSample: asks<OpenedModel>()(z.object({ name: handle })),
  /** Ends what this document is opening: a model, a session, data. It stays as it was. */
  cancelOpening: asks<void>()(nothing),
  /** The model that is open, as `openModel` gave it: after a session or a recovery brought it along, or a reload. */
  openedModel: asks<OpenedModel | null>()(nothing),
  sampleList: asks<readonly SampleInfo[]>()(nothing),
  /**
   * Reads files for the model's inputs and checks them against it; several files for one input are several examples.
   * `input`: all of them go there; `into`: and the other inputs stay as in that data. @throws INPUT_…
   */
  readInputs: asks<InputData>()(
    z.object({
      files: z.array(fileToken).min(1).max(1000),
      input: layerName.optional(),
      into: dataId.optional(),
      purpose: z.enum(['input', 'baseline']).optional(),
      reading: imageReading.partial().optional(),
    }),
  ),
  /** The same files, their pictures read in another way: data of its own. */
  rereadInputs: asks<InputData>()(z.object({ data: dataId, reading: imageReading.partial() })),
  /** Writes how pictures are read into `mho.json` beside the model, where it stands for who opens it next. @throws FILE_WRITE */
  keepReading: asks<void>()(z.object({ data: dataId })),
  /** Rows of data, by the model's inputs. */
  inputRows: asks<Readonly<Record<string, NumericArray>>>()(z.object({ data: dataId, examples: exampleList })),
  /**
   * An example with changes, as data of its own: one row, which goes by the example's number.
   * @throws INPUT_UNKNOWN, EXAMPLES_RANGE, EDIT_OUTSIDE
   */
  editInputs: asks<InputData>()(
    z.object({ data: dataId, example: z.number().int().nonnegative(), edits: z.array(edit).min(1).max(1000) }),
  ),
  /** What the model says of examples, in short: asked in batches, after whatever computes. */
  verdicts: asks<Verdicts>()(
    z.object({
      data: dataId,
      examples: exampleList.max(1024),
      baseline,
      ...turned,
      backend: backendChoice.optional(),
    }),
  ),
  /** Outputs at the examples and at their baseline. */
  predict: asks<Prediction>()(
    z.object({ data: dataId, examples: exampleList, baseline, ...turned, backend: backendChoice.optional() }),
  ),
  /** What an example is compared with, and what the model says at each reference, the first few of them. @throws as `predict` */
  comparedWith: asks<ComparedWith>()(
    z.object({
      data: dataId,
      example: z.number().int().nonnegative(),
      baseline,
      ...turned,
      backend: backendChoice.optional(),
    }),
  ),
  /** A layer's values at the examples and at their baseline, `[examples, …shape]`. */
  activations: asks<{
    readonly atInput: NumericArray;
    readonly atBaseline: NumericArray;
    readonly faults: readonly ExampleFault[];
  }>()(
    z.object({
      data: dataId,
      examples: exampleList,
      baseline,
      ...turned,
      layer: layerName,
      backend: backendChoice.optional(),
    }),
  ),
  /** What a layer is made of. @throws LAYER_UNKNOWN, NOTHING_OPEN */
  layer: asks<LayerFacts>()(z.object({ layer: layerName })),
  /** A layer's weights as a whole, and those into and out of one of its units. @throws LAYER_UNKNOWN, NOTHING_OPEN */
  weights: asks<LayerWeights>()(z.object({ layer: layerName, unit: z.number().int().nonnegative().nullable() })),
  /**
   * How active a unit is at examples: asked in batches, after whatever computes. @throws LAYER_UNKNOWN, OUTPUT_INDEX, and as `predict`
   */
  unitActivations: asks<UnitActivations>()(
    z.object({
      data: dataId,
      examples: exampleList.max(1024),
      baseline,
      ...turned,
      layer: layerName,
      unit: z.number().int().nonnegative(),
      backend: backendChoice.optional(),
    }),
  ),
  /** What of each input a unit sees from positions of its layer; empty where sizes are free. @throws LAYER_UNKNOWN, OUTPUT_INDEX */
  receptiveFields: asks<readonly (readonly ReceptiveField[])[]>()(
    z.object({
      data: dataId,
      example: z.number().int().nonnegative(),
      layer: layerName,
      unit: z.number().int().nonnegative(),
      positions: z.array(z.number().int().nonnegative()).min(1).max(64),
    }),
  ),
  /**
   * The prediction with units taken out together; another example is named by its number in the data. A newer one supersedes it.
   * @throws as `predict`; LAYER_UNKNOWN, OUTPUT_INDEX, INTERVENTION_…, CANCELLED
   */
  intervene: asks<Intervened>()(intervened),
  /** The line of `mho knock-out` that repeats it. @throws RUN_WITHOUT_FILES, INTERVENTION_MIXED */
  knockOutCommand: asks<string>()(intervened),
  /** What single units of a layer do, each by itself, both ways: asked in batches. @throws as `intervene` */
  knockOuts: asks<KnockOuts>()(
    intervenedSetup.extend({
      layer: layerName,
      to: replacement,
      units: z.array(z.number().int().nonnegative()).min(1).max(256),
      positions: intervention.shape.positions,
    }),
  ),
  /** What happens along the straight path from baseline to one example; `only` one unit, else every layer. */
  alongPath: asks<AlongPath>()(
    z.object({
      data: dataId,
      example: z.number().int().nonnegative(),
      baseline,
      ...turned,
      target,
      minus: target.optional(),
      pathStart: layerName.optional(),
      rule: z.enum(RULES),
      steps: z.number().int().min(1).max(1000),
      memoryMB: z.number().int().min(16).max(1_000_000).optional(),
      only: z.object({ layer: layerName, unit: z.number().int().nonnegative() }).optional(),
      backend: backendChoice.optional(),
    }),
  ),
  /** Predicted time and memory. @throws what the run would be refused with */
  estimate: asks<Estimate>()(runSetup),
  /** Starts the methods as one job; what comes of it is told on the job's channel (JobNotice). */
  startRun: asks<{ readonly job: string }>()(runSetup),
  /** Takes effect at the next chunk; what is complete is kept. */
  cancelRun: asks<void>()(z.object({ job: jobId })),
  /** Ends a job's adaptive paths at the next chunk: they are complete runs, as far as they have come. */
  enoughRun: asks<void>()(z.object({ job: jobId })),
  /**
   * Goes on with an adaptive run towards another accuracy, as a job. What was walked is not walked again where its leaves are
   * held. It stays the same run: the job's notice `run` has its record, which replaces the one before. Cancelled, it stays as
   * it was. @throws HANDLE_UNKNOWN, NOTHING_OPEN, RUN_NOT_ADAPTIVE, RUN_GOES_ON, RUN_OTHER_MODEL
   */
  continueRun: asks<{ readonly job: string }>()(continuation),
  /** The line of `mho attribute` that repeats a run, a guest's too. @throws HANDLE_UNKNOWN, RUN_WITHOUT_FILES; of a guest that was put away: SESSION_… */
  runCommand: asks<string>()(z.object({ run: runId })),
  /** What reads a run in Python out of its session's file. @param name what it is called @throws HANDLE_UNKNOWN, RUN_IN_NO_FILE */
  runPython: asks<string>()(z.object({ run: runId, name: z.string().max(4096) })),
  /** What judging would take. @throws what it would be refused with before it begins */
  judgeEstimate: asks<JudgeEstimate>()(judgeSetup),
  /**
   * Judges methods, as a job: its notice `judgement` has what came of it. Cancelled, it keeps the layers that are complete.
   * @throws NOTHING_OPEN, INPUT_…, EXAMPLES_RANGE, HANDLE_UNKNOWN
   */
  startJudging: asks<{ readonly job: string }>()(judgeSetup),
  /** Takes a judgement out of the document; `restoreJudgement` undoes it while the window is open. @throws HANDLE_UNKNOWN */
  removeJudgement: asks<void>()(z.object({ judgement: handle })),
  restoreJudgement: asks<void>()(z.object({ judgement: handle })),
  runList: asks<readonly RunRecord[]>()(nothing),
  /** What a run's inputs were compared with, as data to run with again; null where it was one value for all. */
  runBaseline: asks<{ readonly data: InputData; readonly perExample: boolean } | null>()(z.object({ run: runId })),
  /** The inputs that a run took, as data to run with again. */
  runInputs: asks<InputData>()(z.object({ run: runId })),
  /** Data that are open, as they were told when they were read. @throws HANDLE_UNKNOWN, NOTHING_OPEN */
  openData: asks<InputData>()(z.object({ data: dataId })),
  /** Keeps how the document is shown, with its runs; nothing of that is unsaved work. @param of a run of the document that is meant, or the hash of its model where it holds notes alone @throws HANDLE_UNKNOWN */
  keepView: asks<void>()(
    z.object({
      of: z.string().max(200),
      view: sessionView,
      /** The document's own runs that the page had heard of by then. */
      known: z.array(z.string().max(64)).max(100_000).optional(),
    }),
  ),
  /** `[examples, …shape]` of one layer of one run, and its spread over references; of several, `[examples, references, units]` of each by itself. */
  contributions: asks<LayerContributions>()(z.object({ run: runId, layer: layerName })),
  describeRun: asks<RunRecord>()(
    z.object({ run: runId, name: z.string().max(200).optional(), note: z.string().max(20_000).optional() }),
  ),
  /** Takes a run out of the document; `restoreRun` undoes it while the window is open. */
  removeRun: asks<void>()(z.object({ run: runId })),
  restoreRun: asks<RunRecord>()(z.object({ run: runId })),
  /** The units that the user keeps, all of them as they are now. @throws HANDLE_UNKNOWN where another model is open by now */
  keepNotebook: asks<void>()(z.object({ model: z.string().max(200), notebook: notebookSchema })),
  /** Replaces the document. @throws SESSION_… */
  openSession: asks<OpenedSession>()(z.object({ file: fileToken })),
  /** A second session to compare with: its runs join the list of comparable runs, not the document. */
  readSession: asks<OpenedSession>()(z.object({ file: fileToken })),
  /** Those that the document's view names as its guests, read again where they have to be. */
  guestRuns: asks<GuestRuns>()(nothing),
  /** The runs of what this document replaced last, to compare with: as `readSession`. @throws HANDLE_UNKNOWN */
  readBefore: asks<OpenedSession>()(nothing),
  /** Lets go of the numbers of a run that was read to compare with; asked for again, they are read again. */
  forgetGuest: asks<void>()(z.object({ run: runId })),
  document: asks<DocumentState>()(nothing),
  /** What is open already, for a page that was loaded again; null when nothing is. */
  present: asks<OpenedSession | null>()(nothing),
  backends: asks<readonly BackendReport[]>()(z.object({ choice: backendChoice })),
  /** What a crash left, none of it of a window that is open. */
  recoveryList: asks<readonly RecoveryEntry[]>()(nothing),
  recover: asks<OpenedSession>()(z.object({ id: handle })),
  /** Takes it off the list; `restoreRecovery` undoes that while the program runs. */
  discardRecovery: asks<void>()(z.object({ id: handle })),
  restoreRecovery: asks<RecoveryEntry>()(z.object({ id: handle })),
  /** Undoes what replaced the document last: runs, file, what was unsaved. Replaces the document in turn. */
  reopenBefore: asks<OpenedSession>()(nothing),
} as const;

/** Answered by the host itself: dialogs, windows, settings. */
export const hostRequests = {
  /** Shows a dialog; null when the user closed it. In a browser the page uploads instead. */
  chooseFile: asks<FileRef | null>()(z.object({ purpose: z.enum(['model-file', 'model-folder', 'session']) })),
  /** The same for data: several files, none when the user closed it. */
  chooseData: asks<readonly FileRef[]>()(nothing),
  /** To the document's file; asks for one when there is none yet. False when the user closed the dialog. @throws FILE_WRITE, SESSION_CHANGED, SESSION_OPEN_ELSEWHERE */
  saveSession: asks<boolean>()(nothing),
  saveSessionAs: asks<boolean>()(nothing),
  /** Through a save dialog; null when the user closed it, else the file's name. @throws FILE_WRITE */
  exportFile: asks<string | null>()(
    z.object({
      name: z.string().min(1).max(200),
      kind: z.enum(['svg', 'png', 'csv', 'html', 'json']),
      bytes: z.instanceof(Uint8Array),
    }),
  ),
  /** Puts text, or a picture as PNG, on the clipboard. */
  copy: asks<void>()(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('text'), text: z.string().max(50_000_000) }),
      z.object({ kind: z.literal('picture'), png: z.instanceof(Uint8Array) }),
    ]),
  ),
  /**
   * A picture as a page of its size, its letters as letters; null when the user closed the dialog. In a browser its own print
   * dialog does it. @throws FILE_WRITE
   */
  exportPdf: asks<string | null>()(
    z.object({
      name: z.string().min(1).max(200),
      svg: z.string().max(64e6),
      /** Pixels, of which 96 are an inch. */
      width: z.number().min(1).max(14_400),
      height: z.number().min(1).max(14_400),
    }),
  ),
  recentList: asks<readonly FileRef[]>()(nothing),
  clearRecent: asks<void>()(nothing),
  /** `here`: on the model that this one has open. False where it has none of its own to be opened again. */
  newWindow: asks<boolean>()(z.object({ here: z.boolean() })),
  launch: asks<Launch>()(nothing),
  settings: asks<Settings>()(nothing),
  changeSettings: asks<Settings>()(settings.partial()),
  status: asks<StudioStatus>()(nothing),
} as const;

export const requests = { ...engineRequests, ...hostRequests } as const;
export type Requests = typeof requests;
/** Those that start a job, which tells how it goes on. */
export const JOB_REQUESTS = ['startRun', 'continueRun', 'startJudging'] as const satisfies readonly EngineRequestName[];
export type JobRequestName = (typeof JOB_REQUESTS)[number];
export const startsJob = (name: RequestName): name is JobRequestName =>
  (JOB_REQUESTS as readonly RequestName[]).includes(name);
export type RequestName = keyof Requests;
export type EngineRequestName = keyof typeof engineRequests;
export type HostRequestName = keyof typeof hostRequests;
export type Params<Name extends RequestName> = z.infer<Requests[Name]['params']>;
export type Result<Name extends RequestName> = Requests[Name] extends Request<z.ZodType, infer Answer> ? Answer : never;

/** How every request is answered. */
export type Answer<Value = unknown> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: MhoFault };

// ---------------------------------------------------------------- notices

/** What a job tells while it goes on; the last one is `failed` or `finished`. */
export type JobNotice =
  /** Waits for another window's job. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** An adaptive path after a round: what it shows is provisional until its run comes. */
  | { readonly kind: 'round'; readonly round: Round }
  /** A run is complete, and already in the recovery folder; `unkept` says why it is not (a full disk). */
  | { readonly kind: 'run'; readonly run: RunRecord; readonly unkept: MhoFault | null }
  | { readonly kind: 'judging'; readonly progress: JudgeProgress & { readonly remainingMs: number | null } }
  /** Methods were judged, kept as a run is. */
  | { readonly kind: 'judgement'; readonly judgement: JudgementRecord; readonly unkept: MhoFault | null }
  | { readonly kind: 'failed'; readonly fault: MhoFault }
  | { readonly kind: 'finished'; readonly cancelled: boolean };

/** Sent to a window unasked. */
export type StudioNotice =
  | { readonly kind: 'engine'; readonly state: EngineState; readonly fault: MhoFault | null }
  | { readonly kind: 'document'; readonly document: DocumentState }
  /** The session could not be saved by itself. */
  | { readonly kind: 'unsaved'; readonly fault: MhoFault }
  | { readonly kind: 'command'; readonly command: Command }
  /** A file handed to this window by the system or by a second `mho studio`. */
  | { readonly kind: 'open'; readonly file: FileRef }
  /** A link to a unit, handed to this window, which has its model open, by a second `mho studio`. */
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'settings'; readonly settings: Settings };

// ---------------------------------------------------------------- the view's side

/** A job that this window started. */
export interface Job {
  readonly job: string;
  cancel(): Promise<void>;
  /** Ends its adaptive paths as complete runs, as far as they have come. */
  enough(): Promise<void>;
}

/** A job that goes on although the page which started it was loaded again. */
export interface LeftBehind {
  readonly setup: JobSetup;
  /** In milliseconds since 1970. */
  readonly started: number;
  /** As `startRun`, from where it stands: the runs that it has finished come first, then how far it is. */
  follow(listener: (notice: JobNotice) => void): Job;
}

/** What views talk to (src/renderer/client): over Electron's bridge, or over HTTP and WebSocket in a browser. */
export interface StudioClient {
  readonly host: 'electron' | 'browser';
  /** Jobs of the page before this one, in a browser that loaded it again. */
  readonly left: readonly LeftBehind[];
  /** @throws StudioError, which carries the fault */
  request<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Result<Name>>;
  /** Starts a run; `listener` gets every notice of the job, the last being `failed` or `finished`. */
  startRun(setup: RunSetup, listener: (notice: JobNotice) => void): Promise<Job>;
  /** Goes on with an adaptive run, as `startRun` does with one that begins. */
  continueRun(asked: Continuation, listener: (notice: JobNotice) => void): Promise<Job>;
  /** Judges methods. */
  startJudging(asked: JudgeSetup, listener: (notice: JobNotice) => void): Promise<Job>;
  /** Returns what ends the listening. */
  onNotice(listener: (notice: StudioNotice) => void): () => void;
  /** Files of a drop or of an `<input type="file">`, as tokens. */
  filesFrom(files: readonly File[]): Promise<readonly FileRef[]>;
}
