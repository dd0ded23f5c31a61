/** `node bench/study.mjs`: the tables of docs/study.md, written between their marks, and its pictures. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { AttributionRequest, BaselineSpec, TargetSpec } from '../../src/contract/attribution';
import { numbersFrom } from '../../src/main/engine/attribution/random';
import { devices, type Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { study, type Study } from '../../src/main/engine/study';
import { compareConductance } from '../../src/main/engine/study/conductance';
import { markdownOf, SCORE_WORDS, studySections } from '../../src/main/hosts/terminal/studySections';
import { dense, INPUTS, WIDTHS } from './family';

const root = resolve(__dirname, '../..');
const page = join(root, 'docs/study.md');
const STEPS = 64;
const SEED = 0;

interface Net {
  readonly name: string;
  readonly model: string;
  readonly input: string;
  readonly baseline: BaselineSpec;
  readonly target: TargetSpec;
  readonly layers: readonly string[];
}

const zeros: BaselineSpec = { kind: 'constant', value: 0 };
const NETS: readonly Net[] = [
  { name: 'digits', model: 'resources/samples/digits/model.keras', input: 'image', baseline: zeros, target: { index: 'argmax' }, layers: ['stem_relu', 'block_relu', 'branches', 'hidden'] }, // prettier-ignore
  { name: 'motifs', model: 'resources/samples/motifs/model.keras', input: 'sequence', baseline: { kind: 'constant', value: 0.25 }, target: { index: 0 }, layers: ['scan', 'context', 'combine'] }, // prettier-ignore
  { name: 'residual', model: 'bench/study/nets/residual/model.keras', input: 'image', baseline: zeros, target: { index: 'argmax' }, layers: ['stem_relu', 'one_out', 'three_out', 'five_out'] }, // prettier-ignore
  { name: 'text', model: 'bench/study/nets/text/model.keras', input: 'words', baseline: zeros, target: { index: 0 }, layers: ['phrases', 'hidden'] }, // prettier-ignore
];

async function studied(device: Device, net: Net): Promise<Study> {
  const folder = join(root, 'bench/study/nets', net.name);
  const { graph } = await openModel(join(root, net.model));
  const arrays = await readArrays(join(folder, 'inputs.npz'));
  const request: AttributionRequest = {
    inputs: { [net.input]: arrays[net.input]! },
    baseline: net.baseline,
    target: net.target,
    methods: [],
    rule: 'secant',
    steps: STEPS,
    layers: net.layers,
  };
  const truth = Array.from(arrays['labels']!.data, String);
  const changed = net.name === 'text' ? await readArrays(join(folder, 'negated.npz')) : undefined;
  const { study: found, fault } = await study(device, graph, { request, seed: SEED, truth, changed });
  if (fault) throw fault;
  return found;
}

/** One layer: how many neurons, and the formula's cost over NIG's. */
interface Grown {
  readonly net: string;
  readonly neurons: number;
  readonly passes: number;
  readonly time: number;
}

async function family(device: Device): Promise<Grown[]> {
  const grown: Grown[] = [];
  const next = numbersFrom(5);
  const x = { shape: [1, INPUTS], data: Float32Array.from({ length: INPUTS }, () => 2 * next() - 1) };
  for (const width of WIDTHS) {
    const request: AttributionRequest = { inputs: { x }, baseline: zeros, target: { index: 0 }, methods: [], rule: 'secant', steps: STEPS }; // prettier-ignore
    const { conductance } = await compareConductance(
      device,
      dense(width),
      request,
      ['wide'],
      undefined,
      () => undefined,
    );
    grown.push(...grownOf('dense family', conductance));
  }
  return grown;
}

const grownOf = (net: string, { layers, nig }: NonNullable<Study['conductance']>): Grown[] =>
  layers.map((layer) => ({
    net,
    neurons: layer.neurons,
    passes: layer.passes / nig.passes,
    time: layer.milliseconds / nig.milliseconds,
  }));

const STYLE = { background: 'white', color: '#1f2937', fontFamily: 'system-ui, sans-serif', fontSize: '12px' };
const COLOURS = ['#047857', '#2563eb', '#b45309', '#7c3aed', '#be123c', '#6b7280'];

function drawn(file: string, title: string, options: Plot.PlotOptions): void {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({ document, ariaLabel: title, style: STYLE, marginTop: 44, marginBottom: 44, ...options });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  writeFileSync(join(root, 'docs/pictures', file), `${plot.outerHTML}\n`);
}

/** Names of colours, as text in the picture's first panel. */
const named = (names: readonly string[], facet: Record<string, unknown>, corner: 'top-left' | 'bottom-right') =>
  names.map((name, at) =>
    Plot.text([name], {
      ...facet,
      text: [name],
      fill: COLOURS[at],
      frameAnchor: corner,
      fontWeight: 600,
      dx: corner === 'top-left' ? 8 : -8,
      dy: corner === 'top-left' ? 8 + 15 * at : -8 - 15 * (names.length - 1 - at),
    }),
  );

function drawGrowth(grown: readonly Grown[]): void {
  const names = [...new Set(grown.map(({ net }) => net))];
  drawn('study-growth.svg', 'Cost of the formula of conductance over that of NIG, as a layer grows', {
    width: 640,
    height: 360,
    marginLeft: 60,
    x: { type: 'log', base: 2, label: 'neurons of the layer', ticks: [4, 16, 64, 256, 1024], tickFormat: String },
    y: { type: 'log', label: 'formula of one layer / NIG of all layers', grid: true, ticks: [1, 10, 100, 1000], tickFormat: String }, // prettier-ignore
    color: { domain: names, range: COLOURS },
    marks: [
      Plot.frame({ stroke: '#d1d5db' }),
      Plot.line([...grown].sort((a, b) => a.neurons - b.neurons), { x: 'neurons', y: 'passes', stroke: '#9ca3af', strokeDasharray: '4 3' }), // prettier-ignore
      Plot.line(grown.filter(({ net }) => net === names[0]), { x: 'neurons', y: 'time', stroke: 'net', strokeWidth: 1.8 }), // prettier-ignore
      Plot.dot(grown, { x: 'neurons', y: 'time', fill: 'net', r: 3.2 }),
      Plot.text([{ neurons: 32, passes: 33 }], { x: 'neurons', y: 'passes', text: ['passes'], fill: '#6b7280', dx: -22, dy: -10 }), // prettier-ignore
      named(names.map((name) => `${name}, seconds`), {}, 'top-left'), // prettier-ignore
    ],
  });
}

const SCORES = Object.entries(SCORE_WORDS);

function drawFlips(studies: readonly (readonly [string, Study])[]): void {
  const rows = studies.flatMap(([net, { ablation }]) => {
    const { layer, units, scores } = ablation!.layers[0]!;
    return scores.flatMap(
      ({ score, until }) =>
      until ? [{ panel: `${net}: ${layer}`, score: SCORE_WORDS[score], low: until.low / units, median: until.median / units, high: until.high / units }] : [], // prettier-ignore
    );
  });
  drawn('study-flips.svg', 'Share of a layer’s units that are ablated until the top class changes', {
    width: 180 + 190 * studies.length,
    height: 250,
    marginLeft: 150,
    marginRight: 16,
    fx: { label: null, padding: 0.12 },
    x: { label: 'units ablated (% of the layer)', percent: true, grid: true, domain: [0, 100] },
    y: { label: null, domain: SCORES.map(([, words]) => words) },
    color: { domain: SCORES.map(([, words]) => words), range: COLOURS },
    marks: [
      Plot.frame({ stroke: '#d1d5db' }),
      Plot.ruleY(rows, { fx: 'panel', y: 'score', x1: 'low', x2: 'high', stroke: 'score', strokeWidth: 3 }),
      Plot.dot(rows, { fx: 'panel', y: 'score', x: 'median', fill: 'score', r: 4.5 }),
    ],
  });
}

/** A layer of each network whose units, all together, tell the classes. */
const READ: Readonly<Record<string, string>> = { digits: 'branches', motifs: 'context', residual: 'five_out', text: 'phrases' }; // prettier-ignore

function drawSelection(studies: readonly (readonly [string, Study])[]): void {
  const rows = studies.flatMap(([net, { selection }]) => {
    const { layer, counts, scores } = selection!.layers.find((each) => each.layer === READ[net])!;
    return scores.flatMap(({ score, accuracy }) =>
      accuracy.map((share, at) => ({
        panel: `${net}: ${layer}`,
        score: SCORE_WORDS[score],
        units: counts[at]!,
        share,
      })),
    );
  });
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  drawn('study-selection.svg', 'Accuracy of a linear readout over the number of units that a score chose', {
    width: 80 + 230 * panels.length,
    height: 320,
    marginLeft: 56,
    fx: { domain: panels, label: null, padding: 0.15 },
    x: { type: 'log', base: 2, label: 'units', ticks: [1, 2, 4, 8, 16, 32], tickFormat: String },
    y: { label: 'other examples read right (%)', percent: true, grid: true, domain: [0, 100] },
    color: { domain: SCORES.map(([, words]) => words), range: COLOURS },
    marks: [
      Plot.frame({ stroke: '#d1d5db' }),
      Plot.line(rows, { fx: 'panel', x: 'units', y: 'share', stroke: 'score', strokeWidth: 1.8 }),
      Plot.dot(rows, { fx: 'panel', x: 'units', y: 'share', fill: 'score', r: 2.2 }),
      named(SCORES.map(([, words]) => words), { fx: [panels[0]] }, 'bottom-right'), // prettier-ignore
    ],
  });
}

const growthTable = (grown: readonly Grown[]): string =>
  [
    '| Neurons of the dense layer | Passes × | Time × |',
    '| --: | --: | --: |',
    ...grown.map(({ neurons, passes, time }) => `| ${neurons} | ${passes} | ${Number(time.toPrecision(3))} |`),
  ].join('\n');

async function main(device: Device): Promise<void> {
  const dense = await family(device);
  const studies: [string, Study][] = [];
  for (const net of NETS) {
    studies.push([net.name, await studied(device, net)]);
    process.stderr.write(`${net.name} studied\n`);
  }
  drawGrowth([...dense, ...studies.flatMap(([net, { conductance }]) => grownOf(net, conductance!))]);
  drawFlips(studies);
  drawSelection(studies);
  const made: Record<string, string> = {
    growth: growthTable(dense),
    machine: `Made with ${device.info.version} on ${device.info.device}, float32, ${STEPS} even steps, seed ${SEED}.`,
    ...Object.fromEntries(studies.map(([net, found]) => [net, markdownOf(studySections(found), 3)])),
  };
  const text = readFileSync(page, 'utf8').replace(
    /(<!-- made: (\w+) -->)[^]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n\n${made[name]!}\n\n${end}`,
  );
  writeFileSync(page, text);
}

devices.use('auto', main).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
