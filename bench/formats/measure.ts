/** One real model tried: opened, predicted beside its own framework, attributed; where sizes are free, beside the same file with them fixed. */
import { execFile, type ExecFileException } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NumericArray } from '../../src/contract/attribution';
import type { CheckResult } from '../../src/contract/check';
import type { ModelSummary } from '../../src/contract/model';
import { readArrays } from '../../src/main/engine/data';
import { fromNpm, fromPackage } from '../../tests/formats/registryFile';
import type { BoundBeside } from './bound';
import { example, npz } from './inputs';
import { filesOf, type RealModel } from './models';

/** What came of one model. */
export interface Measured {
  readonly subject: RealModel['subject'];
  /** `yes`, or why not. */
  readonly opens: string;
  /** The largest difference of any output from the original's, as a share of that output's largest value; or why there is none. */
  readonly original: number | string;
  /** `yes`, or why not. */
  readonly attributed: string;
  /** The largest at any cut, and what the worst layer's error is estimated at, as shares; after so many walks. */
  readonly residual: number | null;
  readonly error: number | null;
  readonly walks: number | null;
  /** What the run warns of, by kind. */
  readonly alarms: readonly string[];
  /** Of `mho attribute`, opening included. */
  readonly seconds: number | null;
  /** Where sizes are free; or why it could not be told. */
  readonly bound?: BoundBeside | string;
}

/** What the original gave, for the test: some places of each output, row-major, the largest value last. */
export type Given = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly places: number[]; readonly values: number[] }>
>;

export interface Pythons {
  readonly onnxruntime: string | Error;
  readonly keras: string | Error;
}

interface Run {
  readonly delta: readonly number[];
  readonly alarms: readonly { readonly kind: string }[];
  readonly adaptive: {
    readonly examples: readonly { readonly estimate: number | null; readonly walks: number }[];
  } | null;
  readonly layers: readonly { readonly cut: boolean; readonly residual: readonly number[] | null }[];
}

const root = join(import.meta.dirname, '../..');
/** Of one program; what takes longer is told as that. */
const MOST_MS = 240_000;
/** How long a run goes on before it is told that this is enough. */
const ENOUGH_MS = 30_000;
/** What `mho` exits with then. */
const CANCELLED = 130;
/** Of a run that could not say by then how far it has come. */
const FEW_WALKS = 12;
/** How many places of an output the test compares. */
const PLACES = 24;

interface Ran {
  readonly out: string;
  /** The last thing it said, where it failed. */
  readonly fault: string | null;
  /** Whether it had nothing to show when it was interrupted. */
  readonly cancelled?: boolean;
}

/** Runs a program to its end. @param enoughMs after so long it is interrupted once, as by Ctrl-C */
const run = (program: string, words: readonly string[], { given = '', enoughMs = 0 } = {}): Promise<Ran> =>
  new Promise((done) => {
    const options = { maxBuffer: 2 ** 30, timeout: MOST_MS, killSignal: 'SIGKILL' as const, cwd: root };
    const ended = (error: ExecFileException | null, out: string, err: string): void => {
      clearTimeout(enough);
      if (!error) return done({ out, fault: null });
      const last = err.trim().split('\n').at(-1)!;
      const told =
        error.signal === options.killSignal
          ? `takes more than ${MOST_MS / 1000} s`
          : error.signal
            ? `was ended by ${error.signal}`
            : last || `exit ${error.code}`;
      done({
        out,
        cancelled: error.code === CANCELLED,
        fault: told.replace(/^\[?[A-Z_]+\]?: /, '').replaceAll(/\/\S*\//g, ''),
      });
    };
    const child = execFile(program, words, options, ended);
    // It may end without having read all.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(given);
    const enough = enoughMs > 0 ? setTimeout(() => child.kill('SIGINT'), enoughMs) : undefined;
  });

const mho = (words: readonly string[], how?: { readonly enoughMs: number }): Promise<Ran> =>
  run(process.execPath, [join(root, 'scripts/mho.mjs'), ...words], how);
const script = (name: string, words: readonly string[], given = ''): Promise<Ran> =>
  run(process.execPath, ['--import', 'tsx', join(import.meta.dirname, name), ...words], { given });

const formatOf = ({ registry, path }: RealModel): 'onnx' | 'keras' | 'tfjs' =>
  registry === 'npm' && !path.endsWith('.onnx') ? 'tfjs' : path.endsWith('.onnx') ? 'onnx' : 'keras';

type Arrays = Readonly<Record<string, NumericArray>>;

/** What the original gives, or why it gives nothing. */
async function original(model: RealModel, { path, arrays, files }: Opened, pythons: Pythons): Promise<Arrays | string> {
  const format = formatOf(model);
  if (format === 'tfjs') {
    const { out, fault } = await script('tfjs.mjs', [path], JSON.stringify(plain(arrays)));
    if (fault) return fault;
    const values = JSON.parse(out) as Record<string, { shape: number[]; data: number[] }>;
    return Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => [
        name.replace(/:0$/, ''),
        { shape, data: Float32Array.from(data) },
      ]),
    );
  }
  const python = format === 'onnx' ? pythons.onnxruntime : pythons.keras;
  if (python instanceof Error) return python.message;
  const { fault } = await run(python, [ORIGINAL, 'predict', path, files.input, files.expected]);
  return fault ?? (await readArrays(files.expected));
}
const ORIGINAL = join(import.meta.dirname, 'original.py');
const plain = (arrays: Arrays): unknown =>
  Object.fromEntries(Object.entries(arrays).map(([name, { shape, data }]) => [name, { shape, data: [...data] }]));

interface Files {
  readonly input: string;
  readonly expected: string;
}

const largest = (data: ArrayLike<number>): number => {
  let most = 0;
  for (let at = 0; at < data.length; at++) most = Math.max(most, Math.abs(data[at]!));
  return most;
};

/** Some places of each output, evenly, and that of its largest value. */
const sampled = (values: Arrays): Given =>
  Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => {
      const count = Math.min(PLACES, data.length);
      const most = largest(data);
      const places = Array.from({ length: count }, (_, at) => Math.floor((at * data.length) / count));
      places.push(data.findIndex((value) => Math.abs(value) === most));
      return [name, { shape: [...shape], places, values: places.map((place) => Number(data[place]!.toPrecision(8))) }];
    }),
  );

/**
 * Where one of several outputs cannot be compared (what picks boxes has no rule), the others are.
 * @returns the largest difference of an output, as a share of its largest value; or what kept it from being told
 */
async function beside(path: string, values: Arrays, files: Files): Promise<number | string> {
  const whole = await compared(path, values, files);
  const names = Object.keys(values);
  if (typeof whole === 'number' || names.length === 1) return whole;
  let most: number | null = null;
  for (const name of names) {
    const one = await compared(path, { [name]: values[name]! }, files);
    if (typeof one === 'number') most = Math.max(most ?? 0, one);
  }
  return most ?? whole;
}

async function compared(path: string, values: Arrays, files: Files): Promise<number | string> {
  writeFileSync(files.expected, npz(values));
  const { out, fault } = await mho(['check', path, '--input', files.input, '--expect', files.expected, '--json']);
  // It exits with 1 where something differs.
  if (!out.trim()) return fault!;
  const shares = (JSON.parse(out) as CheckResult).compared.map(({ name, difference, want }) => {
    const scale = largest(values[name]?.data ?? [want]);
    return scale === 0 ? difference : difference / scale;
  });
  return Math.max(...shares);
}

/** The model bound by its input beside the same file with its sizes fixed by hand. */
async function bound(
  model: RealModel,
  path: string,
  files: Files,
  folder: string,
  pythons: Pythons,
): Promise<BoundBeside | string> {
  const format = formatOf(model);
  const python = format === 'keras' ? pythons.keras : pythons.onnxruntime;
  if (python instanceof Error) return python.message;
  const fixed = join(folder, format === 'onnx' ? 'fixed.onnx' : format === 'keras' ? 'fixed.h5' : 'fixed');
  const made = await run(python, [ORIGINAL, 'fix', path, files.input, fixed]);
  if (made.fault) return `sizes could not be fixed: ${made.fault}`;
  const { out, fault } = await script('bound.ts', [path, fixed, files.input]);
  return fault ?? (JSON.parse(out) as BoundBeside);
}

/** A model that is here and opens, with its example; or why not. */
interface Opened {
  readonly path: string;
  readonly inputs: ModelSummary['inputs'];
  readonly arrays: Arrays;
  readonly files: Files;
}
async function opened(model: RealModel, folder: string): Promise<Opened | string> {
  const { registry, name, version } = model;
  const at = await (registry === 'npm' ? fromNpm(name, version) : fromPackage(name, version, filesOf(model)));
  if (at === null) return 'could not be fetched';
  const path = join(at, model.path);
  const inspected = await mho(['inspect', path, '--json']);
  if (inspected.fault) return inspected.fault;
  const { inputs } = JSON.parse(inspected.out) as ModelSummary;
  const arrays = example(inputs, model);
  const files = { input: join(folder, 'x.npz'), expected: join(folder, 'y.npz') };
  writeFileSync(files.input, npz(arrays));
  return { path, inputs, arrays, files };
}

/** What the original gives for a model, for the test; null where it gives nothing. @param folder for files of its own */
export async function given(model: RealModel, folder: string, pythons: Pythons): Promise<Given | null> {
  const found = await opened(model, folder);
  if (typeof found === 'string') return null;
  const values = await original(model, found, pythons);
  return typeof values === 'string' ? null : sampled(values);
}

/** Tries a model: never throws for what the model is. @param folder for files of its own */
export async function measured(model: RealModel, folder: string, pythons: Pythons): Promise<Measured> {
  const { subject } = model;
  const none = {
    subject,
    original: '',
    attributed: '',
    residual: null,
    error: null,
    walks: null,
    alarms: [],
    seconds: null,
  };
  const found = await opened(model, folder);
  if (typeof found === 'string') return { ...none, opens: found };
  const { path, inputs, files } = found;
  const values = await original(model, found, pythons);
  const apart = typeof values === 'string' ? values : await beside(path, values, files);
  const run = await attribution(path, files);
  const free = inputs.some(({ shape }) => shape.includes(null));
  const fixed = free && run.attributed.startsWith('yes') && { bound: await bound(model, path, files, folder, pythons) };
  // What cannot be computed is refused once.
  return { ...none, opens: 'yes', original: apart === run.attributed ? '' : apart, ...run, ...fixed };
}

async function attribution(path: string, files: Files): Promise<Pick<Measured, 'attributed'> & Partial<Measured>> {
  let began = performance.now();
  const asked = [
    'attribute',
    path,
    '--input',
    files.input,
    '--baseline',
    'zeros',
    '--method',
    'nig',
    '--json',
    '--quiet',
  ];
  const whole = await mho(asked, { enoughMs: ENOUGH_MS });
  // What has not begun by then cannot have had enough: it is cancelled.
  if (whole.cancelled) began = performance.now();
  const ran = whole.cancelled ? await mho([...asked, '--max-passes', String(FEW_WALKS)]) : whole;
  const seconds = (performance.now() - began) / 1000;
  if (ran.fault) return { attributed: ran.fault, seconds };
  const [{ delta, adaptive, layers, alarms }] = (JSON.parse(ran.out) as { runs: [Run] }).runs;
  const residuals = layers.flatMap(({ cut, residual }) => (cut && residual ? [Math.abs(residual[0]!)] : []));
  const still = delta[0] === 0;
  return {
    attributed: still ? 'yes, F does not change between these ends' : 'yes',
    residual: still ? null : Math.max(...residuals) / Math.abs(delta[0]!),
    error: adaptive?.examples[0]?.estimate ?? null,
    walks: adaptive?.examples[0]?.walks ?? null,
    alarms: [...new Set(alarms.map(({ kind }) => kind))],
    seconds,
  };
}

/** As JSON that Git shows line by line. */
export const written = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
export const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
