/** `npm run docs:secant`: the pictures of docs/secant.md, and its tables, written between their marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { AttributionRequest, NumericArray, Rule, RunResult } from '../src/contract/attribution';
import { attribute } from '../src/main/engine/attribution';
import { devices, type Device } from '../src/main/engine/backends';
import { readArrays } from '../src/main/engine/data';
import { openModel } from '../src/main/engine/formats';
import type { Graph } from '../src/main/engine/graph/graph';
import { median } from './process';

const root = resolve(__dirname, '..');
const page = join(root, 'docs/secant.md');
const RULES: readonly Rule[] = ['right', 'trapezoid', 'secant'];
const STEPS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const TRUTH_STEPS = 8192;
const EXAMPLES = 4;

interface Net {
  readonly name: string;
  readonly graph: Graph;
  readonly request: AttributionRequest;
  /** Layer name → [examples, …] */
  readonly truth: ReadonlyMap<string, Float32Array>;
}

/** One rule and number of steps on one network. */
interface Measured {
  readonly net: string;
  readonly rule: Rule;
  readonly steps: number;
  /** L1 error of the worst layer, relative. */
  readonly worst: number;
  /** |residual| of the worst cut and example, relative to F(x) − F(x'). */
  readonly residual: number;
  /** Estimate over true L1 error, per layer and example, where the true one is above 2e-5 of the layer's. */
  readonly estimates: readonly number[];
}

const firstRows = ({ shape, data }: NumericArray, count: number): NumericArray => ({
  shape: [count, ...shape.slice(1)],
  data: data.slice(0, (data.length / shape[0]!) * count),
});

/** A reference case: inputs and baselines by place, the truth from float64. */
async function reference(name: string): Promise<Net> {
  const folder = join(root, 'tests/reference/cases', name);
  const { graph } = await openModel(join(folder, 'model.keras'));
  const arrays = await readArrays(join(folder, 'inputs.npz'));
  const truth = await readArrays(join(folder, 'truth.npz'));
  const rows = (kind: string, count: number) =>
    Object.fromEntries(graph.inputs.map((port, place) => [port.name, firstRows(arrays[`${kind}_${place}`]!, count)]));
  const layers = new Map(
    Object.entries(truth).flatMap(([key, { data }]) => (key.startsWith('nig/') ? [[key.slice(4), data] as const] : [])),
  );
  graph.inputs.forEach((port, place) => layers.set(port.name, layers.get(`input_${place}`)!));
  return {
    name,
    graph,
    request: {
      inputs: rows('input', EXAMPLES),
      baseline: { kind: 'arrays', arrays: rows('baseline', 1) },
      target: { index: name === 'plain' || name === 'residual' ? 'argmax' : 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: TRUTH_STEPS,
    },
    truth: layers,
  };
}

/** A bundled sample; the truth is the engine's own, at many steps. */
async function sample(device: Device, name: string): Promise<Net> {
  const folder = join(root, 'resources/samples', name);
  const { model, inputs, baseline, target } = JSON.parse(readFileSync(join(folder, 'sample.json'), 'utf8')) as {
    model: string;
    inputs: string;
    baseline: AttributionRequest['baseline'];
    target: AttributionRequest['target'];
  };
  const { graph } = await openModel(join(folder, model));
  const arrays = await readArrays(join(folder, inputs));
  const request: AttributionRequest = {
    inputs: Object.fromEntries(graph.inputs.map(({ name: port }) => [port, firstRows(arrays[port]!, EXAMPLES)])),
    baseline,
    target,
    methods: ['nig'],
    rule: 'secant',
    steps: TRUTH_STEPS,
  };
  const [run] = await attribute(device, graph, request, { estimateError: false });
  return { name, graph, request, truth: new Map(run!.layers.map((layer) => [layer.name, layer.contributions])) };
}

const absolute = (values: Float32Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0);
const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, place) => sum + Math.abs(value - b[place]!), 0);

/** Layers before the target: the target's own value has no error, and what renames it neither. */
const judgedLayers = ({ layers }: RunResult): RunResult['layers'] => layers.slice(0, -1);

function judge(net: Net, run: RunResult): Measured {
  const layers = judgedLayers(run);
  const worst = Math.max(
    ...layers.map(
      ({ name, contributions }) => distance(contributions, net.truth.get(name)!) / absolute(net.truth.get(name)!),
    ),
  );
  const residual = Math.max(
    ...run.layers.flatMap((layer) =>
      layer.residual ? Array.from(layer.residual, (value, e) => Math.abs(value / run.delta[e]!)) : [],
    ),
  );
  const estimates = layers.flatMap(({ name, contributions, error }) =>
    Array.from(error ?? [], (estimate, example) => {
      const size = contributions.length / EXAMPLES;
      const part = (values: Float32Array) => values.subarray(example * size, (example + 1) * size);
      const truth = part(net.truth.get(name)!);
      const true_ = distance(part(contributions), truth);
      return true_ > 2e-5 * absolute(truth) ? estimate / true_ : NaN;
    }).filter((ratio) => !Number.isNaN(ratio)),
  );
  return { net: net.name, rule: run.rule!, steps: run.steps, worst, residual, estimates };
}

const COLOURS: Record<string, string> = { right: '#b45309', trapezoid: '#2563eb', secant: '#047857' };

const superscript = (exponent: number): string =>
  String(exponent).replace(/[-0-9]/g, (sign) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'[sign === '-' ? 0 : Number(sign) + 1]!);

/** Error against steps, one panel per network. @returns SVG */
function picture(measured: readonly Measured[], title: string): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const names = [...new Set(measured.map(({ net }) => net))];
  const exponents = measured.map(({ worst }) => Math.log10(worst));
  const lowest = Math.floor(Math.min(...exponents));
  const decades = Array.from({ length: Math.ceil(Math.max(...exponents)) - lowest + 1 }, (_, k) => 10 ** (lowest + k));
  const plot = Plot.plot({
    document,
    width: 80 + 230 * names.length,
    height: 320,
    marginLeft: 60,
    marginRight: 20,
    marginTop: 40,
    marginBottom: 40,
    ariaLabel: title,
    style: { background: 'white', color: '#1f2937', fontFamily: 'system-ui, sans-serif', fontSize: '12px' },
    fx: { domain: names, label: null, padding: 0.18 },
    x: {
      type: 'log',
      base: 2,
      label: 'steps',
      ticks: [1, 4, 16, 64, 256, 1024],
      tickFormat: (steps: number) => String(steps),
    },
    y: {
      type: 'log',
      label: 'L1 error, worst layer',
      grid: true,
      domain: [decades[0]!, decades.at(-1)!],
      ticks: decades,
      tickFormat: (error: number) => `10${superscript(Math.round(Math.log10(error)))}`,
    },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.frame({ stroke: '#d1d5db' }),
      Plot.line(measured, { fx: 'net', x: 'steps', y: 'worst', stroke: 'rule', strokeWidth: 1.8 }),
      Plot.dot(measured, { fx: 'net', x: 'steps', y: 'worst', fill: 'rule', r: 2.2 }),
      Object.keys(COLOURS).map((rule, place) =>
        Plot.text([rule], {
          fx: [names[0]],
          text: [rule],
          fill: COLOURS[rule],
          frameAnchor: 'bottom-left',
          fontWeight: 600,
          dx: 8,
          dy: 15 * (place - 2) - 6,
        }),
      ),
    ],
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${plot.outerHTML}\n`;
}

type Row = readonly (string | number)[];
const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const percent = (value: number): string =>
  `${value < 0.995 ? (100 * value).toPrecision(2) : Math.round(100 * value)} %`;

/** Steps at which the error first stays at or below a tolerance, between the measured ones on the logarithmic scales. */
function stepsFor(series: readonly Measured[], tolerance: number): string {
  const place = series.findLastIndex(({ worst }) => worst > tolerance) + 1;
  if (place >= series.length) return `> ${STEPS.at(-1)!.toLocaleString('en')}`;
  if (place === 0) return '1';
  const [above, below] = [series[place - 1]!, series[place]!];
  const share = Math.log(above.worst / tolerance) / Math.log(above.worst / below.worst);
  return String(Math.round(above.steps * (below.steps / above.steps) ** share));
}

const of = (measured: readonly Measured[], net: string, rule: Rule): Measured[] =>
  measured.filter((each) => each.net === net && each.rule === rule);

function errorTable(measured: readonly Measured[], at50: readonly Measured[], names: readonly string[]): string {
  const rows = names.flatMap((net) =>
    RULES.map((rule): Row => {
      const series = of(measured, net, rule);
      const at = (steps: number) => percent(series.find((each) => each.steps === steps)!.worst);
      return [
        net,
        rule,
        at(1),
        at(8),
        percent(of(at50, net, rule)[0]!.worst),
        at(256),
        at(1024),
        stepsFor(series, 0.01),
        stepsFor(series, 0.001),
      ];
    }),
  );
  return table(['network', 'rule', '1 step', '8', '50', '256', '1,024', 'steps for 1 %', 'for 0.1 %'], rows);
}

function estimateTable(measured: readonly Measured[]): string {
  const row = (rule: Rule, from: number, to: number): Row => {
    const ratios = measured
      .filter((each) => each.rule === rule && each.steps >= from && each.steps <= to)
      .flatMap(({ estimates }) => estimates);
    const within = ratios.filter((ratio) => ratio >= 0.5 && ratio <= 4).length;
    return [rule, `${from} to ${to}`, ratios.length, median(ratios).toFixed(2), percent(within / ratios.length)];
  };
  return table(
    ['rule', 'steps', 'layer results', 'median of estimate / true error', 'between ½ and 4'],
    [row('secant', 4, 128), row('trapezoid', 16, 256)],
  );
}

function residualTable(measured: readonly Measured[], names: readonly string[]): string {
  const rows = names.flatMap((net) =>
    RULES.map((rule): Row => {
      const series = of(measured, net, rule);
      return [
        net,
        rule,
        ...[1, 8, 64, 1024].map((steps) => series.find((each) => each.steps === steps)!.residual.toExponential(1)),
      ];
    }),
  );
  return table(['network', 'rule', '1 step', '8', '64', '1,024'], rows);
}

async function main(device: Device): Promise<void> {
  const references: Net[] = [];
  for (const name of ['motif', 'plain', 'residual', 'gated']) references.push(await reference(name));
  const samples = [await sample(device, 'digits'), await sample(device, 'motifs')];
  const measure = async (net: Net, rule: Rule, steps: number): Promise<Measured> => {
    const [run] = await attribute(device, net.graph, { ...net.request, rule, steps });
    return judge(net, run!);
  };
  const measured: Measured[] = [];
  const at50: Measured[] = [];
  const independent: Row[] = [];
  for (const net of [...references, ...samples]) {
    for (const rule of RULES) {
      for (const steps of STEPS) measured.push(await measure(net, rule, steps));
      at50.push(await measure(net, rule, 50));
    }
    if (samples.includes(net))
      independent.push([net.name, percent((await measure(net, 'trapezoid', TRUTH_STEPS)).worst)]);
    process.stderr.write(`${net.name} measured\n`);
  }
  const names = (nets: readonly Net[]) => nets.map(({ name }) => name);
  const draw = (file: string, nets: readonly Net[], title: string) =>
    writeFileSync(
      join(root, 'docs/pictures', file),
      picture(
        measured.filter(({ net }) => names(nets).includes(net)),
        title,
      ),
    );
  draw('secant-references.svg', references, 'Error against steps on the four reference networks');
  draw('secant-samples.svg', samples, 'Error against steps on the two bundled samples');

  const all = names([...references, ...samples]);
  const made: Record<string, string> = {
    errors: `${errorTable(measured, at50, all)}\n\nThe samples' truth against ${TRUTH_STEPS.toLocaleString('en')} trapezoid steps, worst layer:\n\n${table(['network', 'difference'], independent)}`,
    estimate: `${estimateTable([...measured].filter(({ net }) => names(references).includes(net)))}\n\nFour reference networks, four examples each, every layer before the target whose true error is above 2e-5 of its Σ |contribution|.`,
    residuals: residualTable(measured, all),
    machine: `Made with ${device.info.version} on ${device.info.device}, float32.`,
  };
  const text = readFileSync(page, 'utf8').replace(
    /(<!-- made: (\w+) -->)[^]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n\n${made[name]}\n\n${end}`,
  );
  writeFileSync(page, text);
}

devices.use('auto', main).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
