/**
 * The catalogue of errors: every fault the user can meet has a code, a sentence that names the thing and the value,
 * and a remedy. The same text reaches the window and the terminal.
 */
import type { Way } from './ways';
import { DATA_ENDINGS, MODELS_GIVEN } from './words/formats';

export interface ErrorText {
  readonly message: string;
  readonly remedy: string;
}

/** code → [sentence, remedy]; `{name}` is replaced by the detail of that name. Grouped by what the user was doing. */
const catalogue = {
  // opening a model
  MODEL_NOT_FOUND: ['{path} does not exist.', 'Check the path, or choose the folder again.'],
  MODEL_UNRECOGNISED: ['{path} holds no model in a format that can be opened ({seen}).', `Give ${MODELS_GIVEN}.`],
  MODEL_DAMAGED: [
    '{path} cannot be read: {reason}.',
    'The file may be half copied or damaged; copy or export it again.',
  ],
  MODEL_UNREADABLE: [
    '{path} could not be understood: {reason}.',
    'It may be damaged or of a kind that Mho does not know; please report it, with the file if you may share it.',
  ],
  MODEL_ZIPPED: ['{path} is a zip archive that could not be unpacked: {reason}.', 'Unpack it and open the folder.'],
  MODEL_NO_SIGNATURE: [
    '{path} is a SavedModel without a signature: it does not say what goes in and what comes out.',
    "Give it one in Python: m = tf.saved_model.load('{path}'); tf.saved_model.save(m, 'signed', signatures=m.{function}.concrete_functions[0]); then open signed.",
  ],
  MODEL_NO_FUNCTION: [
    '{path} is a SavedModel without a signature, and without a function that one could be made of.',
    'Save the model again with one: model.export(folder) in Keras, else tf.saved_model.save(model, folder, signatures=tf.function(model).get_concrete_function(tf.TensorSpec(shape))).',
  ],
  SIGNATURE_UNKNOWN: ['{path} has no signature {signature}{hint}.', 'Give one that it has: {signatures}.'],
  MODEL_STRANGER: ['{path} is {what}.', '{remedy}'],
  MODEL_WEIGHTS_SHORT: ['{path} ends after {have} of {want} bytes.', 'The folder may be half copied; copy it again.'],
  MODEL_WEIGHTS_MISSING: [
    'The weight {weight} of layer {layer} is not in {path}.',
    'Save the model again, with its weights.',
  ],
  MODEL_WEIGHTS_SHAPE: [
    'The weight {weight} of layer {layer} has shape {have}, expected {want}.',
    'The configuration and the weights belong to different models; save the model again.',
  ],
  MODEL_CONFIG: [
    'Layer {layer} ({kind}): {reason}.',
    'Save the model again with a released version of Keras, or report the file.',
  ],
  MODEL_SIZES_LAYER: [
    'At the sizes {sizes} layer {layer} ({kind}) cannot work: {reason}.',
    'Give an input of other sizes: most often a longer or larger one.',
  ],
  MODEL_CHANGED: ['{path} has changed since it was opened.', 'Open it again; runs of what it was stay in the session.'],
  MODEL_SIZES: [
    'The input {input} cannot have the sizes {have}: its shape is {want}, where ? is free.',
    'Give one size for each axis, without the examples, and the same where it is not free; mho inspect lists the inputs.',
  ],
  MODEL_SIZES_SHARED: [
    'The file calls a size of {one} and of {other} by one name, {name}, and it was given as {first} and as {second}.',
    'Give both inputs the same size there; mho inspect lists the inputs.',
  ],
  MODEL_TOO_LARGE: [
    '{path}: {what} is {have}, more than the limit of {limit}.',
    'Damaged files declare such sizes. A genuine model needs more free memory: close other programs or take a larger machine; if there is enough, report it.',
  ],
  OPENING_CANCELLED: ['Opening {name} was cancelled.', 'What was open before is still open.'],
  MODEL_LINK: [
    '{path} is a link that leads out of {folder}.',
    'Links in folders from others can lead to any of your files. If you trust it, put the file itself in its place.',
  ],
  MODEL_NOT_FILE: ['{path} {reason}.', 'Models are read from files on a disk: copy it into one.'],
  MODEL_SLOW: [
    '{path} was not open after {seconds} seconds, more than files of its size take.',
    'It may be damaged: copy or export it again. If it is a genuine model, report it.',
  ],

  // before a run
  OP_UNSUPPORTED: ['Layer {layer} is of kind {kind}, which has no rule, and the target depends on it.', '{remedy}'],
  RULE_MISSING: [
    'The op {op} at {node} has no rule for the method {method}.',
    'Choose another method, or a target before it.',
  ],
  LAYER_UNKNOWN: ['There is no layer {layer}{hint}.', 'mho inspect lists the layers.'],
  OUTPUT_INDEX: ['Index {index} is outside {layer}, which has {size} values.', 'Choose an index from 0 to {last}.'],
  TARGET_SHAPE: [
    '{layer} has shape {shape}; index {index} does not name one value of it.',
    'Give one index per axis, separated by commas.',
  ],
  TARGET_EXAMPLES: [
    '{source} holds {have} indices for {want} examples.',
    'Give one for each example, in the order of the inputs.',
  ],
  TARGET_FILE: [
    '{path} {reason}.',
    'Give one whole number or label for each example: a .npy file, or a table, FILE#COLUMN where it has several.',
  ],
  TARGET_LABELS: [
    'The labels of {path} cannot be used: {reason}.',
    'Give as many names as the target has values, one in each line, or as JSON.',
  ],
  TARGET_LABEL: [
    '{label} is no index of {layer}, and no labels of it are known.',
    'Give --labels FILE, or lay labels.txt beside the model.',
  ],
  TARGET_LABEL_UNKNOWN: ['{where}{layer} has no value called {label}{hint}.', 'Give one of its labels, or an index.'],
  TARGET_LABEL_TWICE: ['{where}{label} is what {first} and {second} of {layer} are called.', 'Give the index.'],
  TARGET_EXAMPLE_INDEX: [
    'Example {example}: {layer} of shape {shape} has no value at {index}.',
    'Indices count from 0; give one, or one per axis.',
  ],
  TARGET_CONSTANT: ['{target} does not depend on {start}.', 'Choose another target or path start.'],
  PATH_START: [
    'The path cannot start at {layer}: {reason}.',
    'Start at the input, or at a layer that every path to the target passes.',
  ],
  RUN_NOT_ADAPTIVE: [
    '{run} took even steps, or none: there is no path that goes on from where it is.',
    'Run it without a number of steps; from then on it can be sharpened.',
  ],
  RUN_GOES_ON: [
    '{run} is already going on.',
    'Wait until it is done, or say that it is enough; then go on from there.',
  ],
  RUN_OTHER_MODEL: [
    '{run} belongs to {model}, which is not the model that is open.',
    'Open that model; when it was trained or saved anew since, run the attribution again.',
  ],
  RUN_WITHOUT_FILES: [
    'No file is known that the {what} of {run} came from: they are rows of its session, or were changed here.',
    'Open the files that hold them and run it again; that run can be repeated in a terminal.',
  ],
  RUN_IN_NO_FILE: [
    '{run} is in no session file that stays where it is.',
    'Save the session that it is of, and copy it again.',
  ],
  HOLD_AND_WALK: ['{input} was asked to be held and to be walked.', 'Leave out one of the two.'],
  HELD_ALL: [
    'Nothing is left to walk: {inputs} held, no other input of real numbers varies.',
    'Leave one of them out of --hold.',
  ],
  WALK_CHOICE: [
    'The input {input} cannot be walked: its whole numbers only decide which values are taken, and between two of them there is nothing.',
    'Leave out --walk {input}, or compare two examples that differ in it.',
  ],
  INTERVENTION_LAYER: [
    'Nothing of layer {layer} reaches {target}: its units cannot be taken out of it.',
    'Choose a layer between the inputs and the target, or a later target; mho inspect lists the layers.',
  ],
  INTERVENTION_UNITS: ['{given} names no unit: {reason}.', 'Give LAYER:UNIT, separated by commas, e.g. {example}.'],
  INTERVENTION_MIXED: [
    'Some units become something else than others, and mho knock-out replaces all alike.',
    'Take out or scale all of them alike, and copy it again.',
  ],
  INTERVENTION_NOT_FINITE: [
    'With {units} replaced, the target of example {example} is {value}.',
    'Replace them by something else: their value at the baseline, or their mean over examples (--to mean).',
  ],
  STUDY_EXAMPLE: ['Example {example} cannot be studied: {reason}', 'Leave it out: --examples says which are taken.'],
  STEPS_INVALID: ['{steps} is not a number of steps.', 'Give a whole number from 1 to {limit}.'],
  MEMORY_BUDGET: [
    'One segment needs about {need} MB of memory, and this run may take {budget}.',
    'Give it {need} MB (--memory {need}; in the window, memory under More settings), or where the machine has not so much, only layers near the target (--layers).',
  ],
  NOT_FINITE_INPUT: [
    'In example {example}, {value} first arises at layer {layer} (op {op}), at the input.',
    'Leave this example out, or look whether its values are the right ones for this model.',
  ],
  NOT_FINITE_BASELINE: [
    'In example {example}, {value} first arises at layer {layer} (op {op}), at {baseline}.',
    'Choose another baseline, at which that layer has a value: a small number in place of zeros (0.01), or a typical example.',
  ],
  NOT_FINITE_PATH: [
    'In example {example}, {value} first arises at layer {layer} (op {op}), on the path at α = {alpha}.',
    'Choose another baseline, from which the straight path stays where that layer has a value.',
  ],
  NOT_FINITE_WEIGHTS: [
    'In example {example}, {value} first arises at layer {layer} (op {op}), whose weights hold it.',
    'Save the model again, from a training that did not diverge, or choose a target that does not depend on that layer.',
  ],
  NOT_FINITE_BRANCH: [
    'In example {example}, layer {layer} takes a branch that cannot be computed at the sizes of this input.',
    'Give an input of the sizes that this branch works at, or another value of what decides (a sampling rate, say).',
  ],
  NOT_FINITE_CONTRIBUTIONS: [
    'In example {example}, contributions of layer {layer} by {method} are not finite, though all activations are: {reason}.',
    'Choose {otherMethod}, another baseline or another target.',
  ],
  MEMORY_EXHAUSTED: ['The device ran out of memory: {reason}.', 'Lower the memory budget, or use another backend.'],

  // files of every kind
  FILE_SLOW: [
    '{path} was not read after {seconds} seconds, more than files of its size take.',
    'It may be damaged: copy or export it again. If it is sound, report it.',
  ],

  // inputs and baselines
  INPUT_FILE: [
    '{path} cannot be read as {format}: {reason}.',
    `Give a ${DATA_ENDINGS} file; arrays are written by numpy.`,
  ],
  INPUT_TOO_LARGE: [
    '{path}: {what} is {have}, more than the limit of {limit}.',
    'Give fewer examples at once, or save the array as .npy; damaged files declare such sizes.',
  ],
  INPUT_TEXTS: ['The input {input} takes strings, which cannot be given as numbers.', '{remedy}'],
  INPUT_MISSING: ['No data was given for the input {input}.', 'The model needs: {inputs}.'],
  INPUT_UNKNOWN: ['The model has no input {input}{hint}.', 'The model needs: {inputs}.'],
  INPUT_SHAPE: ['The input {input} has shape {have}, expected {want}.', '{remedy}'],
  INPUT_WHOLE: [
    'The input {input} holds {value} at index {index}; computed in float32 that is {near}, and {layer} tells whole numbers apart.',
    'Give numbers up to 16777216, which are told apart, or make a model that begins behind {layer}.',
  ],
  INPUT_VALUE: ['The input {input} holds {value} at index {index}.', 'Replace values that are not finite.'],
  INPUT_TYPE: ['{path} holds {have}, expected numbers.', 'Save it from numpy as float32.'],
  INPUT_CELL: ['{path}, line {line}, column {column}: {value} was found, expected {want}.', 'Correct the table.'],
  INPUT_COLUMNS: [
    '{path} holds {have}; the input {input} of shape {shape} wants {want}.',
    'Bring the table into that form, or save the array as .npy.',
  ],
  INPUT_IMAGE: [
    'The picture {path} {reason}: {inputs}.',
    'Pictures go to inputs of height, width and 1, 3 or 4 channels; call the file as the input, or open it at that input.',
  ],
  INPUT_RANGE: [
    'The input {input} holds {value} at index {index}, expected {want}.',
    'Look whether these are the right numbers for this input.',
  ],
  EXAMPLES_RANGE: ['Examples {range} were asked for, the inputs hold {count}.', 'Choose from 0 to {last}.'],
  EDIT_OUTSIDE: ['Place {place} of the input {input} was to be changed, an example has {count}.', 'Edit it again.'],
  BASELINE_SHAPE: [
    'The baseline for {input} has shape {have}, expected {want}.',
    'Give one example, several references, or one per example.',
  ],

  BASELINE_UNIFORM: [
    'No input holds one-hot sequences, whose channels could be alike: {inputs}.',
    'Compare with zeros, another number, or a file.',
  ],
  BASELINE_MADE: [
    'The baseline {kind} cannot be made for {inputs}: {reason}.',
    'Compare with zeros, noise, other examples (example:K), or a file.',
  ],
  BASELINE_PADDING: [
    'Ids of padding cannot be the baseline of {inputs}: {reason}.',
    'Give the id as padding:ID, or compare with zeros or a file.',
  ],

  // sessions
  SESSION_NOT_FOUND: ['{path} does not exist.', 'Check the path.'],
  SESSION_DAMAGED: [
    '{path} is not a readable session: {reason}.',
    'Restore it from a copy, or run the attribution again.',
  ],
  SESSION_NEWER: ['{path} was written in format {have}; this version reads up to {limit}.', 'Install a newer Mho.'],
  SESSION_TOO_LARGE: [
    '{path}: {what} is {have}, more than the limit of {limit}.',
    'If this is a genuine session, report it; damaged files declare such sizes.',
  ],
  GUESTS_AWAY: [
    '{runs} of {session}, to compare with, cannot be shown. {reason}',
    'Nothing of it is lost: open this session again when that file is back, or compare with it where it is now.',
  ],
  SESSION_CHANGED: [
    '{path} was changed by another program since it was opened here.',
    'Save under another name, or open it again.',
  ],
  SESSION_OPEN_ELSEWHERE: ['{path} is open in another window.', 'Save under another name, or close that window.'],
  FILE_WRITE: [
    '{path} could not be written: {reason}.',
    'Choose another folder or make room; what was there before is as it was.',
  ],

  // backends
  BACKEND_UNAVAILABLE: ['The backend {backend} cannot be used: {reason}.', '{remedy}'],

  // the window
  REQUEST_INVALID: ['The request {name} was refused: {reason}.', 'Please report it with what you did.'],
  FILE_NOT_GRANTED: ['This file was not chosen in this window.', 'Choose the file again.'],
  RUNS_UNSAVED: ['{title} has runs or notes that are in no file.', 'Save it, or give it up, then open again.'],
  KEPT_OPEN: ['What was open stays open.', 'Save it or give it up, then open again.'],
  SERVER_PORT: ['The port {port} cannot be listened on: {reason}.', 'Choose another with --port.'],
  SERVER_FOLDER: [
    '{path} cannot hold uploads and downloads: {reason}.',
    'Set TMPDIR to a folder that can be written to.',
  ],
  SERVER_GONE: [
    'The server cannot be reached: {reason}.',
    'See whether mho serve still runs, then load the page again.',
  ],
  NOTHING_OPEN: ['No {what} is open.', 'Open one first.'],
  HANDLE_UNKNOWN: ['The {what} {id} is not open any more.', 'Open it or run it again.'],
  ENGINE_STOPPED: [
    'The engine stopped ({reason}) and is started again.',
    'Finished runs are kept. Run again; if it stops again, lower the memory budget or choose another backend.',
  ],

  // the terminal
  ADDRESS_SPACE: [
    'Only {have} MB of address space are allowed to this process (ulimit -v); it needs {want} MB.',
    'Raise the limit: ulimit -v unlimited. It is not the memory that is used.',
  ],
  USAGE: ['{reason}.', 'mho --help shows how.'],
  ACCURACY_UNUSED: [
    '{option} belongs to the adaptive path: {reason}.',
    'Leave it out, or ask for --method nig by --rule secant without --steps.',
  ],
  CONTINUE_FIXED: [
    '{option} cannot be given with --continue: the run keeps what it was asked.',
    'Leave it out, or start a new run without --continue.',
  ],
  RUN_UNKNOWN: ['{path} holds no run {run}.', 'It holds {runs}.'],
  RUN_WHICH: ['{path} holds several runs that can go on.', 'Choose one with --run: {runs}.'],
  RUN_REACHED: ['{run} has reached {estimate} already.', 'Ask for less with --tolerance.'],
  SESSION_MODEL: ['The model of {path} is not at {model} any more.', 'Give its place: mho attribute MODEL --continue.'],
  CANCELLED: ['The run was cancelled after {done} of {total} passes.', 'What was complete has been kept.'],
  FILES_OPEN: [
    'No more files may be open at once: {reason}.',
    'Raise the limit (ulimit -n 1024), or close other programs.',
  ],
  CHECK_SHAPE: [
    'The model gives {name} the shape {have}, the known values have {want}.',
    'Save what the framework gives for the same examples; mho inspect shows the shapes.',
  ],
  INTERNAL: ['Something went wrong inside Mho: {reason}.', 'Please report it with what you did.'],
} as const satisfies Record<string, readonly [string, string]>;

export type ErrorCode = keyof typeof catalogue;

/** The names between braces in a text. */
type Named<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Named<Rest> : never;

/** What the sentence and the remedy of a code name: each of it must be told, and nothing else. */
export type Details<Code extends ErrorCode> = Readonly<
  Record<Named<(typeof catalogue)[Code][number]>, string | number>
>;

/** Beside its texts: the cause, and the ways out that its remedy tells, as structure. */
export interface FaultOptions extends ErrorOptions {
  readonly ways?: readonly Way[];
}

/** What an error of a code is made of; details may be left out where its texts name none. */
type Told<Code extends ErrorCode> = keyof Details<Code> extends never
  ? [details?: Readonly<Record<string, never>>, options?: FaultOptions]
  : [details: Details<Code>, options?: FaultOptions];

const filled = (text: string, details: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name]));

/** A fault from the catalogue, as it travels between processes. */
export interface MhoFault extends ErrorText {
  readonly code: ErrorCode;
  /** What can be done, the best first; absent where the remedy is a sentence alone. */
  readonly ways?: readonly Way[];
}

/** A fault as it is kept with results; a later version may know codes that this one does not. */
export type KeptFault = ErrorText & { readonly code: string };

/** An error of the catalogue: `CODE: sentence remedy`. */
export class MhoError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'MhoError';
  readonly remedy: string;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly ways: readonly Way[];

  constructor(
    readonly code: Code,
    ...[details = {}, options]: Told<Code>
  ) {
    const [sentence, remedy] = catalogue[code].map((text) => filled(text, details)) as [string, string];
    super(`${code}: ${sentence} ${remedy}`, options);
    this.details = details;
    this.ways = options?.ways ?? [];
    this.sentence = sentence;
    this.remedy = remedy;
  }

  /** What crosses a process boundary. */
  get fault(): MhoFault {
    const { code, sentence: message, remedy, ways } = this;
    return { code, message, remedy, ...(ways.length > 0 && { ways }) };
  }
}

/** Any thrown thing as an error of the catalogue; what is not from it is INTERNAL, its cause kept. */
export const asMhoError = (error: unknown): MhoError => {
  if (error instanceof MhoError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MhoError(/\bE[MN]FILE\b/.test(reason) ? 'FILES_OPEN' : 'INTERNAL', { reason }, { cause: error });
};
