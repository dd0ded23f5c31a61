/** All measurements, and the page they are written to. Started by run.mjs: measure.ts PYTHON NETWORKS [PART …]. Long, as each part stands beside its rows of the page. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_ACCURACY } from '../src/contract/attribution';
import { alternate, Asked, median, type Pair, type Times } from './process';
import { toldTimes } from './estimates/index';
import { pressingTimes } from './interventions/index';
import { rises } from './memory/index';
import { openingTimes } from './opening';
import { setUpTimes } from './setup';
import type { Answers, Motion, OwnFigures, WindowFigures } from './window';

const root = resolve(__dirname, '..');
const [python, networks, ...asked] = process.argv.slice(2) as [string, string, ...string[]];
const THREADS = String(availableParallelism());

const ourProcess = (): Asked =>
  new Asked(process.execPath, ['--import', 'tsx', join(root, 'bench/engine.ts')], {
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
  });
const peerProcess = (): Asked =>
  new Asked(python, [join(root, 'bench/peers/serve.py')], {
    OMP_NUM_THREADS: THREADS,
    MKL_NUM_THREADS: THREADS,
    OMP_WAIT_POLICY: 'ACTIVE', // its fastest
  });

interface Net {
  readonly name: string;
  readonly what: string;
  readonly model: string;
  readonly inputs: string;
  readonly input: string;
  readonly baseline: number | string;
  readonly index: number | 'argmax';
  readonly examples: number;
  readonly truth?: string;
}

const measured = (name: string, what: string): Net => ({
  name,
  what,
  model: join(networks, name, 'model.keras'),
  inputs: join(networks, name, 'inputs.npz'),
  input: 'image',
  baseline: 0,
  index: 0,
  examples: 1,
});
const reference = (name: string, index: number | 'argmax'): Net => {
  const folder = join(root, 'tests/reference/cases', name);
  return {
    name,
    what: 'reference network',
    model: join(folder, 'model.keras'),
    inputs: join(folder, 'inputs.npz'),
    input: 'input_0',
    baseline: 'baseline_0',
    index,
    examples: 4,
    truth: join(folder, 'truth.npz'),
  };
};
const convnet = measured('convnet', '[64, 64, 3] → conv 32 → conv 64 → max pool → dense');
const resnet = measured('resnet18', 'ResNet-18, [224, 224, 3] → 1000');
const references = [reference('motif', 0), reference('plain', 'argmax'), reference('residual', 'argmax')];

/** Opens a net on both sides. @returns the hidden layers both can look at */
async function openBoth(ours: Asked, theirs: Asked, net: Net): Promise<string[]> {
  const question = { ask: 'open', target: 'logits', ...net };
  const mine = await ours.ask<{ layers: string[] }>(question);
  const { layers } = await theirs.ask<{ layers: string[] }>(question);
  const unknown = layers.filter((layer) => !mine.layers.includes(layer));
  if (unknown.length) throw new Error(`${net.name}: our graph has no ${unknown.join(', ')}`);
  return layers.filter((layer) => layer !== 'logits');
}

/** The batch size that takes a side the least CPU time, of several. */
async function bestBatch(side: Asked, question: object, sizes: readonly number[]): Promise<number> {
  const taken: number[] = [];
  for (const batch of sizes) {
    const times: number[] = [];
    for (let run = 0; run < 3; run++) times.push((await side.ask<Times>({ ...question, batch })).wall);
    taken.push(Math.min(...times));
  }
  return sizes[taken.indexOf(Math.min(...taken))]!;
}

const ms = (value: number): string => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
const times = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ×`;
const mb = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;

type Row = readonly (string | number)[];
const RATIO = ['ratio, wall', 'fastest runs', 'CPU'];
const FASTER = ['faster, wall', 'fastest runs', 'CPU'];
const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const verdict = (met: boolean): string => (met ? 'met' : '**missed**');
/** Met where both the median and the fastest runs say so; `goal` is a ratio ours / theirs. */
const atMost = (run: Pair, goal: number): string => verdict(run.wallRatio <= goal && run.fastestRatio <= goal);
/** How many times as fast as theirs. */
const atLeast = (run: Pair, goal: number): string => `≥ ${times(goal)} ${atMost(run, 1 / goal)}`;
const ratios = (run: Pair): string[] => [run.wallRatio, run.fastestRatio, run.cpuRatio].map(times);
const faster = (run: Pair): string[] =>
  [run.wallRatio, run.fastestRatio, run.cpuRatio].map((ratio) => times(1 / ratio));

/** (a) Forward and backward over the points. */
async function passes(): Promise<string> {
  const rows: Row[] = [];
  for (const { net, points, goal, rounds } of [
    { net: convnet, points: 64, goal: 1, rounds: 9 },
    { net: resnet, points: 16, goal: 1.2, rounds: 5 },
  ]) {
    const [ours, theirs] = [ourProcess(), peerProcess()];
    try {
      await openBoth(ours, theirs, net);
      const question = { ask: 'passes', name: net.name, points, walk: 'gradient' };
      const sizes = [2, 4, 8, 16, 32, 64].filter((size) => size <= points);
      const mine = await bestBatch(ours, question, sizes);
      const best = await bestBatch(theirs, question, sizes);
      const ourPasses = () => ours.ask<Times>({ ...question, batch: mine });
      const along = (rule: string) => () =>
        ours.ask<Times>({
          ask: 'attribute',
          name: net.name,
          method: 'nig',
          rule,
          steps: points,
          examples: 1,
          estimateError: false,
        });
      const run = await alternate(rounds, ourPasses, () => theirs.ask<Times>({ ...question, batch: best }));
      // As many segments as points: one point more.
      const ourSegments = () => ours.ask<Times>({ ...question, points: points + 1, batch: mine, walk: 'secant' });
      const secantToPass = await alternate(rounds, ourSegments, ourPasses);
      const summedToPass = await alternate(rounds, along('secant'), ourPasses);
      const secantToTrapezoid = await alternate(rounds, along('secant'), along('trapezoid'));
      const perPoint = (time: Times): string => ms(time.wall / points);
      rows.push(
        [
          `${net.what}: forward and gradient backward`,
          `${perPoint(run.ours)} (batch ${mine})`,
          `PyTorch ${perPoint(run.theirs)} (batch ${best})`,
          ...ratios(run),
          `≤ ${goal} × ${atMost(run, goal)}`,
        ],
        [
          `${net.name}: secant step to that gradient pass`,
          perPoint(secantToPass.ours),
          `our pass ${perPoint(secantToPass.theirs)}`,
          ...ratios(secantToPass),
          `≤ 1.3 × ${atMost(secantToPass, 1.3)}`,
        ],
        [
          `${net.name}: secant step with the sums of all layers, from request to results, to that gradient pass`,
          perPoint(summedToPass.ours),
          `our pass ${perPoint(summedToPass.theirs)}`,
          ...ratios(summedToPass),
          '',
        ],
        [
          `${net.name}: secant step to trapezoid step, both with their sums`,
          perPoint(secantToTrapezoid.ours),
          `trapezoid ${perPoint(secantToTrapezoid.theirs)}`,
          ...ratios(secantToTrapezoid),
          '',
        ],
      );
    } finally {
      await Promise.all([ours.end(), theirs.end()]);
    }
  }
  return `## Passes\n\nms per point of the path; each side with the batch size that suits it best. PyTorch in channels-last memory, gradients of the input and of every layer, no weight gradients.\n\n${table(['', 'ours', 'against', ...RATIO, 'goal'], rows)}`;
}

interface Captum {
  readonly method: string;
  readonly batch: number;
}

/** Captum's fastest internal batch for a net. */
const captumBatch = (theirs: Asked, net: Net, layers: readonly string[]): Promise<number> =>
  bestBatch(
    theirs,
    {
      ask: 'conductance',
      name: net.name,
      layers: layers.slice(-1),
      steps: 50,
      method: 'gausslegendre',
      examples: net.examples,
    },
    net === convnet ? [4, 8, 16, 50] : [16, 64, 256],
  );

const conductance = (theirs: Asked, net: Net, layers: readonly string[], steps: number, { method, batch }: Captum) =>
  theirs.ask<Times>({ ask: 'conductance', name: net.name, layers, steps, method, batch, examples: net.examples });

const sweep = (ours: Asked, net: Net, steps: number, more: object = {}) =>
  ours.ask<Times & { worst: number; walks?: readonly number[] }>({
    ask: 'attribute',
    name: net.name,
    method: 'nig',
    rule: 'secant',
    steps,
    examples: net.examples,
    ...more,
  });

/** Runs of the small networks, one after another, in each round of either side. */
const RUNS = 3;

/** (b) All layers at 50 steps. */
async function layersAtOnce(): Promise<string> {
  const rows: Row[] = [];
  for (const net of [convnet, ...references]) {
    const [ours, theirs] = [ourProcess(), peerProcess()];
    try {
      const layers = await openBoth(ours, theirs, net);
      const batch = await captumBatch(theirs, net, layers);
      const peer = () => conductance(theirs, net, layers, 50, { method: 'gausslegendre', batch });
      for (const estimateError of [false, true]) {
        const run = await alternate(
          9,
          () => sweep(ours, net, 50, { layers, estimateError }),
          peer,
          net.truth ? RUNS : 1,
        );
        rows.push([
          `${net.name}, ${net.examples} example${net.examples > 1 ? 's' : ''}${estimateError ? ', and its error estimate' : ''}`,
          layers.length,
          ms(run.ours.wall),
          ms(run.theirs.wall),
          ...faster(run),
          estimateError ? '' : atLeast(run, 0.8 * layers.length),
        ]);
      }
    } finally {
      await Promise.all([ours.end(), theirs.end()]);
    }
  }
  return `## All layers\n\nNeuron Integrated Gradients of every layer, 50 steps, ms: both asked for all hidden layers; ours in one sweep with the secant rule (finding the largest output of plain and residual, which Captum is told, is part of it), and the same with the error estimate, which Captum has not and the goals do not count; Captum's LayerConductance called for each layer, with its default quadrature and the internal batch size that suits it best. \n\n${table(['', 'layers', 'ours', 'Captum', ...FASTER, 'goal'], rows)}`;
}

/** Smallest number of steps from 1 to `limit` whose error is at most `tolerance`, by doubling and halving; null: none. */
async function leastSteps(
  error: (steps: number) => Promise<number>,
  tolerance: number,
  limit: number,
): Promise<number | null> {
  let high = 1;
  while ((await error(high)) > tolerance) {
    high *= 2;
    if (high > limit) return null;
  }
  let low = high >> 1;
  while (high - low > Math.max(1, low / 50)) {
    const middle = (low + high) >> 1;
    if ((await error(middle)) <= tolerance) high = middle;
    else low = middle;
  }
  return high;
}

/** (c) Equal accuracy: 1 % L1 error over the neurons of the worst layer, against the float64 truth. */
async function accuracy(): Promise<string> {
  const rows: Row[] = [];
  for (const net of references) {
    const [ours, theirs] = [ourProcess(), peerProcess()];
    try {
      const layers = await openBoth(ours, theirs, net);
      const judge = { truth: net.truth, judged: layers };
      const mine = (await leastSteps(async (steps) => (await sweep(ours, net, steps, judge)).worst, 0.01, 2048))!;
      const batch = await captumBatch(theirs, net, layers);
      let best: { steps: number; method: string; taken: number } | null = null;
      for (const method of ['gausslegendre', 'riemann_right', 'riemann_trapezoid']) {
        const error = async (steps: number): Promise<number> =>
          (
            await theirs.ask<{ worst: number }>({
              ask: 'conductance',
              name: net.name,
              layers,
              steps,
              method,
              batch,
              examples: net.examples,
              truth: net.truth,
            })
          ).worst;
        // Captum's Riemann rules want more than one step.
        const steps = await leastSteps((n) => error(Math.max(2, n)), 0.01, 4096);
        if (steps === null) continue;
        const { wall: taken } = await conductance(theirs, net, layers, Math.max(2, steps), { method, batch });
        if (!best || taken < best.taken) best = { steps: Math.max(2, steps), method, taken };
      }
      if (!best) {
        rows.push([net.name, layers.length, `${mine} steps`, 'not reached with 4,096 steps', '', '', '', '']);
        continue;
      }
      const { steps, method } = best;
      const goal = 3 * 0.8 * layers.length;
      for (const estimateError of [false, true]) {
        const run = await alternate(
          9,
          () => sweep(ours, net, mine, { layers, estimateError }),
          () => conductance(theirs, net, layers, steps, { method, batch }),
          RUNS,
        );
        rows.push([
          `${net.name}${estimateError ? ', and its error estimate' : ''}`,
          layers.length,
          `${mine} steps, ${ms(run.ours.wall)}`,
          `${steps} steps (${method}), ${ms(run.theirs.wall)}`,
          ...faster(run),
          estimateError ? '' : atLeast(run, goal),
        ]);
      }
    } finally {
      await Promise.all([ours.end(), theirs.end()]);
    }
  }
  return `## Equal accuracy\n\nThe fewest steps at which the L1 error over the neurons is at most 1 % of the layer's Σ |contribution| in the worst layer (all hidden layers, four examples, against the float64 truth of the reference cases), and the time that takes, ms. Captum with whichever of its quadratures (gausslegendre, riemann_right, riemann_trapezoid) gets there soonest. Layers, targets and error estimates as above.\n\n${table(['', 'layers', 'ours (secant)', 'Captum LayerConductance', ...FASTER, 'goal'], rows)}`;
}

/** (d) A run by default, to an accuracy, against even steps: nothing that is slower than these would be asked for. */
async function byDefault(): Promise<string> {
  const rows: Row[] = [];
  for (const net of [convnet, ...references, resnet]) {
    const [adaptive, even] = [ourProcess(), ourProcess()];
    try {
      for (const side of [adaptive, even]) await side.ask({ ask: 'open', target: 'logits', ...net });
      for (const examples of new Set([1, net.examples])) {
        const asked = { accuracy: DEFAULT_ACCURACY, examples };
        const [rounds, each] = net === resnet ? [5, 1] : [9, net.truth ? RUNS : 1];
        const against = async (what: string, steps: number, more: object, isGoal: boolean): Promise<Row> => {
          const run = await alternate(
            rounds,
            () => sweep(adaptive, net, 50, { ...asked, ...more }),
            () => sweep(even, net, steps, { examples }),
            each,
          );
          return [
            `${net.name}, ${examples} example${examples > 1 ? 's' : ''}: ${what}`,
            ms(run.ours.wall),
            `${steps} steps, ${ms(run.theirs.wall)}`,
            ...ratios(run),
            isGoal ? `≤ 1 × ${atMost(run, 1)}` : '',
          ];
        };
        // On the large one a whole run takes minutes.
        const { walks } = net === resnet ? { walks: null } : await sweep(adaptive, net, 50, asked);
        const most = walks ? Math.max(...walks) : Infinity;
        if (walks) rows.push(await against(`${most} walks`, 50, {}, most <= 50));
        rows.push(await against('until there is something to look at', 12, { untilShown: true }, most > 50));
      }
    } finally {
      await Promise.all([adaptive.end(), even.end()]);
    }
  }
  return `## By default\n\nNeuron Integrated Gradients of all layers to 2 % over units, ms, from request to results, against even steps with their error estimate, both ours. The goal for networks that get there within 50 walks is the time of 50 steps; for others, that there is something to look at in the time of 12.\n\n${table(['', 'by default', 'even', ...RATIO, 'goal'], rows)}`;
}

/** (e) DeepLIFT of all layers against a pass of the pair. */
async function deeplift(): Promise<string> {
  const rows: Row[] = [];
  for (const net of [convnet, resnet]) {
    const [ours, theirs] = [ourProcess(), peerProcess()];
    try {
      await openBoth(ours, theirs, net);
      const rescale = () =>
        ours.ask<Times>({ ask: 'attribute', name: net.name, method: 'rescale', rule: 'secant', steps: 1, examples: 1 });
      const pair = { ask: 'passes', name: net.name, points: 2, batch: 2, walk: 'gradient' };
      const mine = await alternate(9, rescale, () => ours.ask<Times>(pair));
      const torch = await alternate(9, rescale, () => theirs.ask<Times>(pair));
      const row = (against: string, run: Pair): Row => [
        net.name,
        ms(run.ours.wall),
        `${against} ${ms(run.theirs.wall)}`,
        ...ratios(run),
        `≤ 3 × ${atMost(run, 3)}`,
      ];
      rows.push(row('our pass', mine), row('PyTorch pass', torch));
    } finally {
      await Promise.all([ours.end(), theirs.end()]);
    }
  }
  return `## DeepLIFT\n\nRescale contributions of all layers, from request to results (sums read back), against one forward and gradient backward pass of the pair, ms.\n\n${table(['', 'DeepLIFT', 'against', ...RATIO, 'goal'], rows)}`;
}

/** (f) Peak resident memory of fresh processes. */
async function memory(): Promise<string> {
  const peak = async (net: Net, steps: number | null, layers?: readonly string[]): Promise<number> => {
    const peaks: number[] = [];
    for (let run = 0; run < 3; run++) {
      const ours = ourProcess();
      try {
        await ours.ask({ ask: 'open', target: 'logits', ...net });
        if (steps !== null) await sweep(ours, net, steps, layers ? { layers } : {});
        peaks.push((await ours.ask<{ peak: number }>({ ask: 'memory' })).peak);
      } finally {
        await ours.end();
      }
    }
    return median(peaks);
  };
  const idle = await peak(convnet, null);
  const few = await peak(convnet, 50);
  const many = await peak(convnet, 1000);
  const one = await peak(convnet, 50, ['conv2']);
  const within = (a: number, b: number): string => verdict(Math.abs(a / b - 1) <= 0.1);
  const rows: Row[] = [
    ['model open, no run', mb(idle), '', ''],
    ['50 steps, all layers', mb(few), '', ''],
    ['1,000 steps, all layers', mb(many), times(many / few), `within 10 % ${within(many, few)}`],
    ['50 steps, one layer (conv2)', mb(one), times(few / one), `within 10 % ${within(few, one)}`],
  ];
  return `## Memory\n\nPeak resident memory of a fresh process, convnet, median of three.\n\n${table(['', 'peak', 'ratio', 'goal'], rows)}`;
}

/** The same beside a budget: what a run adds to the open model, networks of several kinds. */
async function budget(): Promise<string> {
  const rows = rises(root, (what) => process.stderr.write(`  budget: ${what}\n`)).map(
    ({ net, what, budgetMB, answer: { peak, groups, needs, fault } }): Row => {
      if (fault !== null) throw new Error(`${net}: ${fault}`);
      const share = peak / (budgetMB * 2 ** 20);
      return needs === null
        ? [net, what, budgetMB, groups, mb(Math.max(0, peak)), times(Math.max(0, share)), verdict(share <= 1.2)]
        : [net, what, budgetMB, '', `refused: needs ${needs} MB`, '', ''];
    },
  );
  return [
    '## Memory and its budget',
    'By how much the memory of a fresh process rises during a run, above what the open model takes; goal: at most 1.2 times the budget. Groups: how often the network is walked where its layers do not fit at once.',
    table(['', 'run', 'budget, MB', 'groups', 'rise', 'of the budget', 'goal'], rows),
  ].join('\n\n');
}

const setup = (): Promise<string> =>
  setUpTimes(root, convnet.model).then(
    (rows) =>
      `## Set-up\n\n${table(
        ['', 'seconds', 'goal'],
        rows.map(({ what, seconds, goal }) => [
          what,
          seconds.toFixed(1),
          goal === null ? '' : `≤ ${goal} s ${verdict(seconds <= goal)}`,
        ]),
      )}`,
  );

/** (g) Opening: every format, without a word of what is in the file but its structure and weights. */
async function opening(): Promise<string> {
  const rows = await openingTimes(root, python, (what) => process.stderr.write(`  opening: ${what}\n`));
  return [
    '## Opening',
    '`mho inspect` from the start of the process to its end, beside a process that reads the same file: h5py all arrays of `.h5` and `.keras`, onnx the nodes with their shapes, TensorFlow.js the GraphModel; the others have no peer here. A residual network of 500 layers; an unrolled one that names about 20,000 layers or nodes.',
    table(
      ['', 'named in the file', 'seconds', 'ratio', 'goal'],
      rows.map(({ format, named, seconds, ratio, goal }) => [
        format,
        named.toLocaleString('en'),
        seconds.toFixed(2),
        ratio === null ? '' : times(ratio),
        `≤ ${goal} s ${verdict(seconds <= goal)}`,
      ]),
    ),
  ].join('\n\n');
}

/** @param parts of bench/window.ts */
function windowFigures(...parts: readonly (keyof WindowFigures)[]): WindowFigures {
  const [program, ...words] = JSON.parse(process.env['MHO_BENCH_WINDOW']!) as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, [...words, ...parts], { encoding: 'utf8', maxBuffer: 2 ** 26, cwd: root }); // prettier-ignore
  if (status !== 0) throw new Error(`the window could not be measured: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as WindowFigures;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const moved = (what: string, { median, percentile95, longest, shown, work }: Motion, goal = true): Row => [
  what,
  percent(shown),
  ...[median, percentile95, longest, work].map(ms),
  goal ? verdict(percentile95 < 17.5) : '',
];
const answered = (what: string, { count, median, longest, late }: Answers): Row => [
  what,
  count,
  whole(median),
  whole(longest),
  late,
  verdict(late === 0),
];
const MOVED = ['', 'shown', 'median', '95 %', 'longest', 'main thread', 'goal'];
const ANSWERED = ['', 'inputs', 'median', 'longest', 'late', 'goal'];

/** (h) The window. Its goals are for a screen of 60 Hz; the cores that draw it here also run what is measured. */
async function window(): Promise<string> {
  const { electron, idle, graph, closeGraph, ranking, opening, running } = windowFigures('graph', 'ranking', 'opening', 'running'); // prettier-ignore
  const motions: Row[] = [
    moved('nothing moves (what this display can do)', idle, false),
    moved(`layer graph, ${whole(graph.drawn)} nodes in view: pan`, graph.pan),
    moved('… zoom', graph.zoom),
    moved(`layer graph near by, ${closeGraph.drawn} nodes in view: pan`, closeGraph.pan),
    moved(`ranking of ${whole(ranking.rows)} rows, two columns: scroll`, ranking.scroll),
    moved('… rows flying past', ranking.jump),
    moved('layer graph during a run of the large net: pan', running.moves),
  ];
  const answersTo: Row[] = [
    answered('ranking of a million rows: sort, select, search', ranking.answers),
    answered('during a run of the large net: tabs, layers, keys', running.answers),
    answered('… a question to the program and the next frame', running.requests),
  ];
  const opened = opening.seconds.map((each) => each.toFixed(1)).join(', ');
  return [
    '## The window',
    `${electron} on a virtual display, drawn by the processor (no GPU); real mouse and key events. The large net has the proportions of ResNet-18 at 224 × 224.`,
    `Frames, ms, and the share that a screen of 60 Hz would have shown; main thread is the page's own work per frame; of three rounds the one that other work disturbed least. Goal: 95 % of the frames after 16.7 ms.`,
    table(MOVED, motions),
    'From a click or key to the frame that answers it, ms. Goal: 100 ms.',
    table(ANSWERED, answersTo),
    `A model of ${whole(opening.layers)} layers from the answered dialog to the drawn graph: ${opened} s (goal 5 s, ${verdict(Math.max(...opening.seconds) < 5)}), the longest time without a frame meanwhile ${whole(opening.longest)} ms. A session with a million units: ${ranking.opens.toFixed(1)} s.`,
  ].join('\n\n');
}

/** (i) The window on models as somebody brings them, after a run by two methods. */
async function windowOwn(): Promise<string> {
  const { own } = windowFigures('own');
  const each = (rows: (one: OwnFigures) => readonly Row[]): Row[] => own.flatMap(rows);
  return [
    '## The window on models of one’s own',
    'Models of the window’s tests, each run by two methods, then moved and asked as above. Goals as above; below 30 frames a second (50 % shown) it would be felt.',
    table(
      MOVED,
      each(({ model, rows, pan, zoom, scroll }) => [
        moved(`${model}: layer graph, pan`, pan),
        moved('… zoom', zoom),
        moved(`… ranking of ${whole(rows)} rows, scroll`, scroll),
      ]),
    ),
    'From a click or key to the frame that answers it, ms. Goal: 100 ms.',
    table(
      ANSWERED,
      each(({ model, answers }) => [answered(`${model}: sort, select, search, tabs`, answers)]),
    ),
  ].join('\n\n');
}

/** (j) What is said before a run, beside what it takes; rounds in fresh processes. */
async function estimates(): Promise<string> {
  const rows = toldTimes(root, 3, (what) => process.stderr.write(`  estimates: ${what}\n`));
  const isNear = (ratio: number): boolean => ratio >= 1 / 1.5 && ratio <= 1.5;
  const all = rows.flatMap(({ runs }) => runs);
  return [
    '## Time told beforehand',
    `The time that the window tells before each of four runs, one after the other, as a share of what the run takes; and, in brackets, that. Samples and the models of the window's tests, each in a fresh process, medians of three. Goal: within a factor of 1.5; ${all.filter(({ ratio }) => isNear(ratio)).length} of ${all.length} are. Prediction: from the open model and its data to what the model says, goal 1 s.`,
    table(
      ['', 'prediction', 'goal', ...rows[0]!.runs.flatMap(({ what }) => [what, 'goal'])],
      rows.map(({ model, prediction, runs }) => [
        model,
        `${ms(prediction)} ms`,
        verdict(prediction <= 1000),
        ...runs.flatMap(({ took, ratio }) => [`${times(ratio)} (${ms(took)} ms)`, verdict(isNear(ratio))]),
      ]),
    ),
  ].join('\n\n');
}

async function takingOut(): Promise<string> {
  const rows = pressingTimes(root, 3, (what) => process.stderr.write(`  takingOut: ${what}\n`));
  return [
    '## Taking a unit out',
    'From the press to the answer of the engine, one example: the first press at a layer, and later ones there; of three layers, spread over the depth, the slowest. In brackets as a share of one forward pass of the whole network, as a prediction takes it. Each model in fresh processes, medians of three. Goal: 100 ms on the samples, 1 s on others.',
    table(
      ['', 'forward pass', 'first press', 'goal', 'later presses', 'goal'],
      rows.map(({ model, goal, pass, first, later }) => [
        model,
        `${ms(pass)} ms`,
        `${ms(first)} ms (${times(first / pass)})`,
        verdict(first <= goal),
        `${ms(later)} ms (${times(later / pass)})`,
        verdict(later <= goal),
      ]),
    ),
  ].join('\n\n');
}

const parts: Record<string, () => Promise<string>> = {
  passes,
  layers: layersAtOnce,
  accuracy,
  default: byDefault,
  deeplift,
  memory,
  budget,
  setup,
  opening,
  window,
  windowOwn,
  estimates,
  takingOut,
};

async function machine(): Promise<string> {
  const [ours, theirs] = [ourProcess(), peerProcess()];
  const mine = await ours.ask<{ device: string; version: string; node: string }>({ ask: 'about' });
  const peer = await theirs.ask<{ torch: string; captum: string; threads: number; python: string }>({ ask: 'about' });
  await Promise.all([ours.end(), theirs.end()]);
  return table(
    ['', ''],
    [
      [
        'processor',
        `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores, ${mb(totalmem())}, ${process.platform} ${release()}`,
      ],
      ['ours', `${mine.version} on ${mine.device}, Node ${mine.node}`],
      ['peers', `PyTorch ${peer.torch} (${peer.threads} threads), Captum ${peer.captum}, Python ${peer.python}`],
    ],
  );
}

const INTRODUCTION = `# Measurements

Written by \`npm run bench\`, which measures ours and the peers side by side, part by part. Times are medians of alternating
runs, after three that are not counted: PyTorch plans its first, we record our second as a graph. Of the reference networks,
whose runs are short, a round is three runs of each after one that is not counted. A ratio is the median of the rounds' ratios;
beside it stand that of the two fastest runs (which other work on the machine disturbs least) and that of CPU times. A goal is
met where both the first two meet it. Each part says how busy the machine was: a load above the number of cores means that
other programs competed, and that the numbers want repeating.`;

/** The page's parts, by name, as measured before. */
function measuredBefore(path: string): Map<string, string> {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return new Map(
    [...text.matchAll(/<!-- part: (\w+) -->\n([^]*?)\n<!-- end -->/g)].map(([, name, body]) => [name!, body!]),
  );
}

/** What the page says of the machine. */
const aboutBefore = (path: string): string =>
  /repeating\.\n\n([^]*?)\n\n<!-- part/.exec(existsSync(path) ? readFileSync(path, 'utf8') : '')?.[1] ?? '';

async function main(): Promise<void> {
  // who measures the window measures it on both
  if (asked.includes('window') && !asked.includes('windowOwn')) asked.push('windowOwn');
  const unknown = asked.filter((part) => !(part in parts));
  if (unknown.length) throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  const path = join(root, 'bench/RESULTS.md');
  // These have no peers: measured alone, they are not asked.
  const alone = ['default', 'window', 'windowOwn', 'estimates', 'takingOut'];
  const about = asked.length > 0 && asked.every((part) => alone.includes(part)) ? aboutBefore(path) : await machine();
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length && !asked.includes(name)) continue;
    process.stderr.write(`measuring: ${name}\n`);
    const before = loadavg()[0]!;
    // One part that cannot be measured must not cost the others.
    const section = await part().catch((error: unknown) => `## ${name}\n\nNot measured: ${String(error)}`);
    const load = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, load average ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after, ${availableParallelism()} cores.`;
    const sections = measuredBefore(path).set(name, `${section}\n\n${load}`);
    const page = Object.keys(parts)
      .filter((each) => sections.has(each))
      .map((each) => `<!-- part: ${each} -->\n${sections.get(each)}\n<!-- end -->`);
    writeFileSync(path, `${[INTRODUCTION, about, ...page].join('\n\n')}\n`);
    process.stderr.write(`${section}\n\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
