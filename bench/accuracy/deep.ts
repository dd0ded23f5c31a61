/**
 * The deep network of docs/accuracy.md: a trained MobileNet v2 on one photograph, round by round of one adaptive path and beside
 * even steps. `deep/chelsea.png` is scikit-image's picture of that name (CC0), brought to 224²; `deep/chelsea.npz` the true
 * contribution of every unit, by layer: the secant rule on 512 and 1,024 even segments, extrapolated.
 */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { decode } from 'fast-png';
import {
  DEFAULT_ACCURACY,
  type AttributionRequest,
  type NumericArray,
  type Round,
  type RunResult,
} from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { peakMemory, type Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { fromNpm } from '../../tests/formats/registryFile';
import { percent, table } from './page';

const PACKAGE = { name: 'nsfwjs', version: '4.3.0', model: 'dist/models/mobilenet_v2' };
const SIDE = 224;
const TARGET = 2;
const ASKED = { ...DEFAULT_ACCURACY, tolerance: 0.02, mostWalks: 600 };
const EVEN = [50, 100];
/** For which estimates the page says how many walks they took. */
const WANTED = [0.1, 0.05, 0.02];
const TOP = 10;
/** Units whose contributions differ by less than this may change places. */
const INDIFFERENT = 0.05;

type Truth = Readonly<Record<string, NumericArray>>;
type Layer = Pick<Round['layers'][number], 'name' | 'units' | 'unitError' | 'certain'>;

/**
 * The package keeps its model as scripts whose one export is what a file of the model holds: the topology as an object, weights as
 * base64. They are run without access to anything, and written as the files they stand for.
 * @returns the path of `model.json`; null where the package is not here and cannot be fetched
 */
async function modelFile(): Promise<string | null> {
  const folder = await fromNpm(PACKAGE.name, PACKAGE.version);
  if (folder === null) return null;
  const scripts = join(folder, PACKAGE.model);
  const unpacked = join(folder, 'unpacked');
  await mkdir(unpacked, { recursive: true });
  const ending = '.min.js';
  for (const script of (await readdir(scripts)).filter((name) => name.endsWith(ending))) {
    const module: { exports: unknown } = { exports: {} };
    runInNewContext(await readFile(join(scripts, script), 'utf8'), { module, exports: module.exports });
    const held = module.exports;
    const name = script.slice(0, -ending.length);
    if (typeof held === 'string') await writeFile(join(unpacked, name), Buffer.from(held, 'base64'));
    else await writeFile(join(unpacked, `${name}.json`), JSON.stringify(held));
  }
  return join(unpacked, 'model.json');
}

/** `[1, 224, 224, 3]`, from 0 to 1. */
function picture(): NumericArray {
  const { width, height, channels, data } = decode(readFileSync(join(__dirname, 'deep/chelsea.png')));
  if (width !== SIDE || height !== SIDE || channels !== 3)
    throw new Error(`deep/chelsea.png is no ${SIDE}² in colours`);
  return { shape: [1, SIDE, SIDE, 3], data: Float32Array.from(data, (value) => value / 255) };
}

/** Layers' L1 errors over units as shares of Σ|truth|, rising. */
const errors = (layers: readonly Pick<Layer, 'name' | 'units'>[], truth: Truth): number[] =>
  layers
    .map(({ name, units }) => {
      const want = truth[name]!.data;
      const [error, total] = want.reduce(([e, t], v, at) => [e + Math.abs(v - units[at]!), t + Math.abs(v)], [0, 0]);
      return error / total;
    })
    .sort((a, b) => a - b);

const median = (rising: readonly number[]): number => rising[rising.length >> 1]!;

/** Shares of all units, and of each layer's largest tenth, that are within their ±. */
function covered(layers: readonly Layer[], truth: Truth): { readonly all: number; readonly largest: number } {
  const counts = { units: 0, within: 0, largest: 0, largestWithin: 0 };
  for (const { name, units, unitError } of layers) {
    const own = Array.from(truth[name]!.data, (want, at) => ({
      size: Math.abs(want),
      within: Math.abs(want - units[at]!) <= unitError[at]!,
    })).sort((a, b) => b.size - a.size);
    const largest = own.slice(0, Math.ceil(own.length / 10));
    counts.units += own.length;
    counts.within += own.filter(({ within }) => within).length;
    counts.largest += largest.length;
    counts.largestWithin += largest.filter(({ within }) => within).length;
  }
  return { all: counts.within / counts.units, largest: counts.largestWithin / counts.largest };
}

/** Whether the units that lead are those of the truth, up to the indifference. */
function leadsTruly({ name, units }: Layer, truth: Truth): boolean {
  const want = truth[name]!.data.map(Math.abs);
  const last = Float32Array.from(want).sort().at(-TOP)!;
  const led = Array.from(units, (value, unit) => ({ size: Math.abs(value), unit }))
    .sort((a, b) => b.size - a.size)
    .slice(0, TOP);
  return led.every(({ unit }) => want[unit]! >= (1 - INDIFFERENT) * last);
}

/** An adaptive path after one of its rounds, held against the truth. */
interface Look {
  readonly walks: number;
  readonly rounds: number;
  readonly estimate: number;
  readonly truly: { readonly median: number; readonly worst: number };
  readonly covered: { readonly all: number; readonly largest: number };
  readonly ranked: { readonly certain: number; readonly right: number };
}

function look(at: Pick<Round, 'walks' | 'rounds' | 'estimate'>, layers: readonly Layer[], truth: Truth): Look {
  const own = layers.filter(({ name }) => truth[name]);
  const rising = errors(own, truth);
  const certain = own.filter((layer) => layer.units.length > TOP && layer.certain >= TOP);
  return {
    walks: at.walks,
    rounds: at.rounds,
    estimate: at.estimate,
    truly: { median: median(rising), worst: rising.at(-1)! },
    covered: covered(own, truth),
    ranked: { certain: certain.length, right: certain.filter((layer) => leadsTruly(layer, truth)).length },
  };
}

const layersOf = (result: RunResult): Layer[] =>
  result.layers.map(({ name, units, unitError, certain }) => ({
    name,
    units,
    unitError: unitError!,
    certain: certain?.[0] ?? 0,
  }));

interface EvenRun {
  readonly steps: number;
  readonly truly: Look['truly'];
  readonly estimate: number;
  readonly covered: Look['covered'];
  readonly alarms: number;
  readonly seconds: number;
}

interface DeepMeasured {
  /** What computed it. */
  readonly device: string;
  /** Load average of the machine before and after. */
  readonly load: readonly [before: number, after: number];
  readonly delta: readonly [atInput: number, atBaseline: number];
  readonly layers: number;
  readonly units: number;
  /** Layers of more units than are ranked. */
  readonly ranked: number;
  readonly rounds: readonly Look[];
  readonly stopped: string;
  readonly seconds: { readonly first: number; readonly all: number };
  /** Bytes that the process held at the most until the adaptive path ended. */
  readonly peak: number;
  readonly even: readonly EvenRun[];
}

async function measure(device: Device, model: string): Promise<DeepMeasured> {
  const before = loadavg()[0]!;
  const truth: Truth = await readArrays(join(__dirname, 'deep/chelsea.npz'));
  const { graph } = await openModel(model);
  const request: AttributionRequest = {
    inputs: { [graph.inputs[0]!.name]: picture() },
    baseline: { kind: 'constant', value: 0 },
    target: { index: TARGET },
    methods: ['nig'],
    rule: 'secant',
    steps: 50,
  };
  const seconds = (began: number): number => (performance.now() - began) / 1000;
  const held: { readonly round: Round; readonly after: number }[] = [];
  const began = performance.now();
  const [result] = await attribute(
    device,
    graph,
    { ...request, accuracy: ASKED },
    { onRound: (round) => held.push({ round, after: seconds(began) }) },
  );
  const all = seconds(began);
  const peak = peakMemory();
  const missing = Object.keys(truth).filter((name) => !result!.layers.some((layer) => layer.name === name));
  if (missing.length > 0) throw new Error(`of ${missing.join(', ')} there is truth, but no result`);
  const end = result!.adaptive!.examples[0]!;
  const rounds = held.filter(({ round }) => round.walks < end.walks);
  const even: EvenRun[] = [];
  for (const steps of EVEN) {
    const start = performance.now();
    const [own] = await attribute(device, graph, { ...request, steps });
    const known = own!.layers.filter(({ name }) => truth[name]);
    const rising = errors(known, truth);
    even.push({
      steps,
      truly: { median: median(rising), worst: rising.at(-1)! },
      estimate: Math.max(...known.map(({ unitsError, unitsTotal }) => unitsError![0]! / unitsTotal[0]!)),
      covered: covered(
        layersOf(own!).filter(({ name }) => truth[name]),
        truth,
      ),
      alarms: own!.alarms.length,
      seconds: seconds(start),
    });
  }
  const sizes = Object.values(truth).map(({ data }) => data.length);
  return {
    device: `${result!.backend.device}, ${result!.backend.version}`,
    load: [before, loadavg()[0]!],
    delta: [result!.atInput[0]!, result!.atBaseline[0]!],
    layers: sizes.length,
    units: sizes.reduce((sum, size) => sum + size, 0),
    ranked: sizes.filter((size) => size > TOP).length,
    rounds: [...rounds.map(({ round }) => look(round, round.layers, truth)), look(end, layersOf(result!), truth)],
    stopped: end.stopped,
    seconds: { first: held[0]?.after ?? all, all },
    peak,
    even,
  };
}

/** Shares that come near to all, which rounding must not make all. */
const tenths = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

/** From which round on the estimate is low enough, and what is true then. */
function needed(rounds: readonly Look[]): string {
  return table(
    ['estimate at most', 'walks', 'truly then, median', 'worst layer'],
    WANTED.map((wanted) => {
      const there = rounds.find(({ estimate }) => estimate <= wanted);
      return there
        ? [percent(wanted), there.walks, percent(there.truly.median), percent(there.truly.worst)]
        : [percent(wanted), `more than ${rounds.at(-1)!.walks}`, '–', '–'];
    }),
  );
}

function section(measured: DeepMeasured): string {
  const { rounds, even, seconds, ranked } = measured;
  return `## Deep nets
A trained MobileNet v2 (npm package ${PACKAGE.name} ${PACKAGE.version}), ${SIDE}², on one photograph: zero baseline, output ${TARGET} (${measured.delta[0].toFixed(2)} at the input, ${measured.delta[1].toFixed(2)} at the
baseline), ${measured.units.toLocaleString('en')} units in ${measured.layers} layers. Its truth comes from 512 and 1,024 even segments in float32, extrapolated; it is itself right to about
0.5 % in the median layer and 1 % in the worst, so that smaller errors cannot be told. Measured on ${measured.device};
load average ${measured.load[0].toFixed(1)} before and ${measured.load[1].toFixed(1)} after: where that is above the number of cores, other work has made the seconds longer.

One path that is asked for ${percent(ASKED.tolerance)} over units with at most ${ASKED.mostWalks} walks, as it stands after each of its rounds. Ranked layers are those whose first
${TOP} units are called certain, of ${ranked} with more than ${TOP} units; right are those where all ${TOP} truly lead, up to units that differ by ${percent(INDIFFERENT)}:

${table(
  ['walks', 'estimate, worst layer', 'truly, worst layer', 'truly, median layer', 'units within their ±', 'of the largest tenth', 'ranked layers (right)'], // prettier-ignore
  rounds.map((round) => [
    round.walks,
    percent(round.estimate),
    percent(round.truly.worst),
    percent(round.truly.median),
    tenths(round.covered.all),
    tenths(round.covered.largest),
    `${round.ranked.certain} (${round.ranked.right})`,
  ]),
)}

It ended by \`${measured.stopped}\`, ${seconds.all.toFixed(0)} s after it began; the first numbers were there after ${seconds.first.toFixed(1)} s; peak memory was ${(measured.peak / 1e9).toFixed(1)} GB. Walks until the
estimate is low enough, from these rounds:

${needed(rounds)}

Even steps beside it, whose estimate takes a fourth more walks, and after how many walks the adaptive path is truly as close in its worst
layer. Of an adaptive path a walk took ${(seconds.all / rounds.at(-1)!.walks).toFixed(2)} s, of even steps ${even.map((run) => (run.seconds / (1.25 * run.steps)).toFixed(2)).join(' and ')} s, each under the load of its time:

${table(
  ['even steps', 'estimate, worst layer', 'truly, worst layer', 'truly, median layer', 'units within their ±', 'of the largest tenth', 'alarms', 'seconds', 'adaptive as close after'], // prettier-ignore
  even.map((run) => [
    run.steps,
    percent(run.estimate),
    percent(run.truly.worst),
    percent(run.truly.median),
    tenths(run.covered.all),
    tenths(run.covered.largest),
    run.alarms,
    run.seconds.toFixed(0),
    rounds.find(({ truly }) => truly.worst <= run.truly.worst)?.walks ?? 'never',
  ]),
)}
`;
}

/** The page's section; null, and said on standard error, where the network is not to be had. */
export async function deepSection(device: Device): Promise<string | null> {
  const model = await modelFile();
  return model === null ? null : section(await measure(device, model));
}
