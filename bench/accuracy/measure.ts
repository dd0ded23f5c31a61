/**
 * What docs/accuracy.md shows, measured: `npm run docs:accuracy [-- NET …]`; `deep` is the one of `deep.ts`. Every figure there comes
 * from a file of results beside this, so that single networks can be measured anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DEFAULT_ACCURACY,
  type Accuracy,
  type AttributionRequest,
  type RunResult,
} from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { keepWeights } from '../../src/main/engine/attribution/weights';
import { devices, type Device } from '../../src/main/engine/backends';
import { deepSection } from './deep';
import { nets, type Net } from './nets';
import { page } from './page';
import { TOLERANCES, type Measured, type Reach } from './results';
import { truthOf, type Truth } from './truth';

/** Even grids beside which an adaptive one is held. */
const GRIDS = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Largest share of a layer's Σ|truth| that contributions are wrong by, per example. */
function worst(result: RunResult, truth: Truth, over: Accuracy['over']): number[] {
  return result.examples.map((_, example) =>
    Math.max(...result.layers.map((layer) => errorOf(layer, truth, over, example).share)),
  );
}

/** Layers of less than this share of the largest one's Σ|contribution| are nothing. */
const NOTHING = 1e-6;

function errorOf(
  layer: RunResult['layers'][number],
  truth: Truth,
  over: Accuracy['over'],
  example: number,
): { readonly error: number; readonly share: number } {
  const have = over === 'units' ? layer.units : layer.contributions;
  const want = truth.layers.get(layer.name)![over];
  const size = want.length / truth.examples;
  let [error, total] = [0, 0];
  for (let at = example * size; at < (example + 1) * size; at++) {
    error += Math.abs(have[at]! - want[at]!);
    total += Math.abs(want[at]!);
  }
  return { error, share: total > NOTHING * truth.largest[example]! ? error / total : 0 };
}

/** What is told of layers and units, held against the truth. */
function told(result: RunResult, truth: Truth, over: Accuracy['over']) {
  const counts = { layers: 0, layersCovered: 0, layersWithinTwice: 0, units: 0, unitsCovered: 0, largest: 0, largestCovered: 0, certain: 0, certainRight: 0 }; // prettier-ignore
  for (const layer of result.layers)
    for (let example = 0; example < result.examples.length; example++) {
      const { error, share } = errorOf(layer, truth, over, example);
      const said = (over === 'units' ? layer.unitsError! : layer.error!)[example]!;
      if (share < 1e-5) continue; // float32's own
      counts.layers++;
      counts.layersCovered += Number(error <= said);
      counts.layersWithinTwice += Number(error <= 2 * said);
      const want = truth.layers.get(layer.name)!.units;
      const size = want.length / truth.examples;
      const own = Array.from({ length: size }, (_, unit) => {
        const at = example * size + unit;
        const covered = Math.abs(layer.units[at]! - want[at]!) <= layer.unitError![at]!;
        return { truly: Math.abs(want[at]!), have: Math.abs(layer.units[at]!), covered };
      });
      const largest = [...own].sort((a, b) => b.truly - a.truly).slice(0, Math.ceil(size / 10));
      counts.units += size;
      counts.unitsCovered += own.filter(({ covered }) => covered).length;
      counts.largest += largest.length;
      counts.largestCovered += largest.filter(({ covered }) => covered).length;
      const certain = Math.min(layer.certain?.[example] ?? 0, size - 1);
      if (certain === 0) continue;
      const last = [...own].sort((a, b) => b.truly - a.truly)[certain - 1]!.truly;
      const led = [...own].sort((a, b) => b.have - a.have).slice(0, certain);
      counts.certain += certain;
      counts.certainRight += led.filter(({ truly }) => truly >= 0.95 * last).length; // up to the indifference
    }
  return counts;
}

async function measure(device: Device, net: Net): Promise<Measured> {
  keepWeights(net.graph);
  const truth = await truthOf(device, net);
  const request: AttributionRequest = {
    inputs: net.inputs,
    baseline: net.baseline,
    target: net.target,
    methods: ['nig'],
    rule: 'secant',
    steps: 50,
  };
  const run = async (change: Partial<AttributionRequest>): Promise<{ result: RunResult; ms: number }> => {
    const began = performance.now();
    const [result] = await attribute(device, net.graph, { ...request, ...change });
    return { result: result!, ms: performance.now() - began };
  };
  const reach: Reach[] = [];
  for (const over of ['neurons', 'units'] as const)
    for (const tolerance of TOLERANCES) {
      const { result, ms } = await run({ accuracy: { ...DEFAULT_ACCURACY, tolerance, over, mostWalks: null } });
      const examples = result.adaptive!.examples;
      const truly = worst(result, truth, over);
      reach.push({
        tolerance,
        over,
        walks: examples.map(({ walks }) => walks),
        truly,
        said: examples.map(({ estimate }) => estimate),
        stopped: examples.map(({ stopped }) => stopped),
        ...told(result, truth, over),
        ms,
      });
      const reached = truly.filter((each) => each <= tolerance).length;
      process.stdout.write(`${net.name} ${tolerance} ${over}: ${sum(examples.map(({ walks }) => walks)) / net.examples} walks, ${reached} of ${net.examples} truly reached, worst ${Math.max(...truly).toExponential(1)}\n`); // prettier-ignore
    }
  const { result: even, ms } = await run({});
  const evenTold = told(even, truth, 'units');
  const said = even.examples.map((_, place) => Math.max(...even.layers.map((layer) => layer.unitsError![place]! / layer.unitsTotal[place]!))); // prettier-ignore
  const grids: { readonly steps: number; readonly truly: readonly number[] }[] = [];
  for (const steps of GRIDS) {
    const { result } = await run({ steps });
    grids.push({ steps, truly: worst(result, truth, 'neurons') });
    if (grids.at(-1)!.truly.every((each) => each <= Math.min(...TOLERANCES))) break;
  }
  return {
    net: net.name,
    what: net.what,
    examples: net.examples,
    reach,
    even: {
      steps: 50,
      truly: worst(even, truth, 'units'),
      said,
      layers: evenTold.layers,
      layersCovered: evenTold.layersCovered,
      layersWithinTwice: evenTold.layersWithinTwice,
      alarms: new Set(even.alarms.map(({ example }) => example)).size,
      ms,
    },
    smallest: TOLERANCES.map((tolerance) => ({
      tolerance,
      steps: truth.layers.size === 0 ? [] : Array.from({ length: net.examples }, (_, example) => grids.find(({ truly }) => truly[example]! <= tolerance)?.steps ?? null), // prettier-ignore
    })),
  };
}

const results = join(__dirname, 'results');

async function main(device: Device): Promise<void> {
  const only = process.argv.slice(2).filter((name) => name !== 'page');
  mkdirSync(results, { recursive: true });
  if (process.argv[2] !== 'page')
    for (const net of await nets(only)) {
      const measured = await measure(device, net);
      writeFileSync(join(results, `${net.name}.json`), `${JSON.stringify(measured, null, 1)}\n`);
    }
  if (process.argv[2] !== 'page' && (only.length === 0 || only.includes('deep'))) {
    const section = await deepSection(device);
    if (section !== null) writeFileSync(join(results, 'deep.md'), section);
  }
  const all = (await import('./nets')).LISTED.map(({ name }) => join(results, `${name}.json`))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Measured);
  writeFileSync(join(__dirname, '../../docs/accuracy.md'), page(all));
}

devices.use('tensorflow', main).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
