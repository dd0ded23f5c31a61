/** Our engine, asked line by line (see process.ts): one JSON request on standard input, one answer on standard output. */
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Accuracy, AttributionRequest, Method, NumericArray, Rule } from '../src/contract/attribution';
import { attribute } from '../src/main/engine/attribution';
import { forward } from '../src/main/engine/attribution/forward';
import { planRun } from '../src/main/engine/attribution/plan';
import { prepare } from '../src/main/engine/attribution/request';
import { stagesOf } from '../src/main/engine/attribution/stages';
import { gradientWalk, multiplierWalk } from '../src/main/engine/attribution/walk';
import { keepWeights, withWeights } from '../src/main/engine/attribution/weights';
import { devices, peakMemory, type Device } from '../src/main/engine/backends';
import { readArrays } from '../src/main/engine/data';
import { openModel, type OpenedModel } from '../src/main/engine/formats';
import type { Times } from './process';

interface Open {
  readonly name: string;
  readonly model: string;
  /** npz, and its entry for the model's only input. */
  readonly inputs: string;
  readonly input: string;
  readonly examples: number;
  /** A constant, or an entry of `inputs`. */
  readonly baseline: number | string;
  readonly index: number | 'argmax';
  readonly target: string;
}

interface Attribute {
  readonly name: string;
  readonly method: Method;
  readonly rule: Rule;
  readonly steps: number;
  /** An adaptive path in the place of the steps. */
  readonly accuracy?: Accuracy;
  /** The run ends, as far as it has come, once there is something to look at: the first round of that path; times are those until then. */
  readonly untilShown?: boolean;
  readonly examples: number;
  readonly layers?: readonly string[];
  readonly estimateError?: boolean;
  /** npz whose entries `nig/LAYER` are the truth; the answer then has the worst layer's L1 error. */
  readonly truth?: string;
  /** Layers the error is taken over. */
  readonly judged?: readonly string[];
}

interface Net {
  readonly opened: OpenedModel;
  readonly request: Omit<AttributionRequest, 'methods' | 'rule' | 'steps'>;
}

const nets = new Map<string, Net>();
let device: Device;

const rows = ({ shape, data }: NumericArray, count: number): NumericArray => ({
  shape: [count, ...shape.slice(1)],
  data: data.slice(0, (data.length / shape[0]!) * count),
});

/** Starts a clock. @returns what it shows */
function clock(): () => Times {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { wall: performance.now() - wall, cpu: (user + system) / 1e3 };
  };
}

async function timed(work: () => Promise<void> | void): Promise<Times> {
  const spent = clock();
  await work();
  return spent();
}

async function open(asked: Open): Promise<object> {
  const opened = await openModel(asked.model);
  const arrays = await readArrays(asked.inputs);
  const port = opened.graph.inputs[0]!.name;
  keepWeights(opened.graph); // on the device for as long as the process lives, as the peer's are
  nets.set(asked.name, {
    opened,
    request: {
      inputs: { [port]: rows(arrays[asked.input]!, asked.examples) },
      baseline:
        typeof asked.baseline === 'number'
          ? { kind: 'constant', value: asked.baseline }
          : { kind: 'arrays', arrays: { [port]: rows(arrays[asked.baseline]!, 1) } },
      target: { layer: asked.target, index: asked.index },
    },
  });
  return { layers: opened.graph.layers.map(({ name }) => name) };
}

const requestOf = ({ request }: Net, examples: number, methods: readonly Method[], rule: Rule, steps: number) => ({
  ...request,
  inputs: Object.fromEntries(Object.entries(request.inputs).map(([name, array]) => [name, rows(array, examples)])),
  methods,
  rule,
  steps,
});

interface Passes {
  readonly name: string;
  readonly points: number;
  readonly batch: number;
  /** Gradients at every point, or secant multipliers over the segments between them. */
  readonly walk: 'gradient' | 'secant';
}

/**
 * Forward and backward along the first example's path, `batch` points or segments at once, by the graphs that a sweep of
 * many chunks runs; nothing is summed.
 */
async function passes({ name, points, batch, walk }: Passes): Promise<Times> {
  const net = nets.get(name)!;
  const { graph } = net.opened;
  return withWeights(device, graph, async (weights) => {
    const prepared = await prepare(graph, weights, requestOf(net, 1, ['nig'], 'trapezoid', points - 1));
    const plan = planRun(graph, prepared.starts, prepared.sinks, undefined, []);
    const [start, { from, to }] = [...prepared.lines.ends][0]!;
    const sink = prepared.seeds[0]!;
    // A segment has a point at either end: a chunk of segments shares all but one.
    const shared = walk === 'secant' ? 1 : 0;
    const pass = (count: number, along: Tensor): Tensor => {
      const values = forward(plan.pruned.nodes, weights, new Map([[start, along]]), plan.kept);
      const size = values.get(sink.value)!.shape[1]!;
      const seed = tf.oneHot(tf.fill([count], sink.index[0]!, 'int32'), size, 1, 0, 'float32') as Tensor;
      const seeds = new Map([[sink.value, seed]]);
      // Kept tensors would outlive the tidy around this; the walk frees its own.
      let met = 0;
      const visit = (_: number, flow: Tensor) => (met = flow.size);
      const segments = { stride: 1, pairs: 1, rows: count } as const;
      const back =
        walk === 'gradient'
          ? gradientWalk(plan, weights, () => seeds, visit)
          : multiplierWalk(plan, weights, segments, () => seeds, visit);
      back.back(stagesOf(plan, [])[0]!, values);
      if (met === 0) throw new Error('the walk met no value');
      return tf.sum(values.get(sink.value)!); // a graph's steps run in turn: this one when all others have
    };
    return timed(async () => {
      for (let first = 0; first < points - shared; first += batch) {
        const count = Math.min(batch, points - shared - first);
        const value = tf.tidy(() => {
          const last = first + count - 1 + shared;
          const alphas = tf.linspace(first / (points - 1), last / (points - 1), count + shared);
          const baseline = tf.tensor(from.data, [...from.shape]);
          const difference = tf.sub(tf.tensor(to.data, [...to.shape]), baseline);
          const along = tf.add(
            baseline,
            tf.mul(tf.reshape(alphas, [-1, ...from.shape.slice(1).map(() => 1)]), difference),
          );
          const work = () => ({ tensors: [pass(count, along)], about: null });
          const [done] = weights.recordings.run(`passes ${walk}`, [along], [work], 'all');
          return done!.tensors[0]!;
        });
        await value.data();
        value.dispose();
      }
    });
  });
}

async function runAttribution(asked: Attribute): Promise<object> {
  const net = nets.get(asked.name)!;
  const request = {
    ...requestOf(net, asked.examples, [asked.method], asked.rule, asked.steps),
    ...(asked.layers ? { layers: asked.layers } : {}),
    ...(asked.accuracy ? { accuracy: asked.accuracy } : {}),
  };
  const enough = new AbortController();
  const spent = clock();
  let shown: Times | null = null;
  const onRound = (): void => {
    shown ??= spent();
    enough.abort();
  };
  const options = {
    estimateError: asked.estimateError ?? true,
    ...(asked.untilShown && { onRound, enough: enough.signal }),
  };
  const result = await attribute(device, net.opened.graph, request, options);
  const times = shown ?? spent();
  const walks = result[0]!.adaptive?.examples.map((each) => each.walks);
  return {
    ...times,
    ...(walks ? { walks } : {}),
    ...(asked.truth ? { error: undefined, worst: await worstError(result[0]!, asked) } : {}),
  };
}

async function worstError(
  { layers }: Awaited<ReturnType<typeof attribute>>[number],
  { truth, judged }: Attribute,
): Promise<number> {
  const arrays = await readArrays(truth!);
  const error = (name: string): number => {
    const { contributions } = layers.find((layer) => layer.name === name)!;
    const { data } = arrays[`nig/${name}`]!;
    let difference = 0;
    let size = 0;
    for (let place = 0; place < contributions.length; place++) {
      difference += Math.abs(contributions[place]! - data[place]!);
      size += Math.abs(data[place]!);
    }
    return difference / size;
  };
  return Math.max(...judged!.map(error));
}

const asked: Record<string, (question: never) => Promise<object>> = {
  open,
  passes,
  attribute: runAttribution,
  about: async () => ({ ...device.info, node: process.version }),
  memory: async () => ({ peak: peakMemory() }),
};

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as { ask: string };
    let answer: object;
    try {
      answer = await asked[question.ask]!(question as never);
    } catch (error) {
      answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

void devices.use((process.env.MHO_BENCH_BACKEND as 'auto' | undefined) ?? 'auto', (lent) => {
  device = lent;
  return main();
});
