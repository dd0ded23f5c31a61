/** One run in a process of its own: by how much memory rises above what the model takes. One JSON line on standard output. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Method, NumericArray } from '../../src/contract/attribution';
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import { MhoError } from '../../src/contract/errors';
import { attribute, keepWeights, predict } from '../../src/main/engine/attribution';
import { devices } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { sizesIn } from '../../src/main/engine/data/sizes';
import { inputPorts } from '../../src/main/engine/data/ports';
import { random } from '../../tests/random';

export interface Asked {
  readonly model: string;
  readonly free: readonly number[];
  readonly methods: readonly Method[];
  readonly examples: number;
  readonly memoryMB: number;
  readonly steps: number | null;
}

export interface Answer {
  /** Bytes at the worst moment of a run, above what was there before it. */
  readonly peak: number;
  readonly seconds: number;
  readonly groups: number;
  /** Megabytes that it wants, where it was refused. */
  readonly needs: number | null;
  readonly fault: string | null;
}

const status = (name: string): number => {
  const line = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return 1024 * Number(line![1]);
};

async function main(asked: Asked): Promise<Answer> {
  const { model, free, methods, examples, memoryMB, steps } = asked;
  const first = await openModel(model);
  const left = [...free];
  const next = random(1);
  const inputs: Record<string, NumericArray> = {};
  for (const { name, value } of first.graph.inputs) {
    const shape = [examples, ...first.graph.values[value]!.shape.map((size) => size ?? left.shift() ?? 16)];
    const size = shape.reduce((product, each) => product * each, 1);
    inputs[name] = { shape, data: Float32Array.from({ length: size }, () => next()) };
  }
  const sizes = sizesIn(inputPorts(first.graph), inputs);
  const { graph } = sizes ? await openModel(model, { choices: { sizes } }) : first;
  return devices.use('auto', async (device) => {
    keepWeights(graph); // they are not of the run
    const one = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, data }]) => [
        name,
        { shape: [1, ...shape.slice(1)], data: data.subarray(0, data.length / examples) },
      ]),
    );
    await predict(device, graph, one);
    globalThis.gc!();
    const before = status('VmRSS');
    writeFileSync('/proc/self/clear_refs', '5'); // the peak is from here on
    const began = performance.now();
    const told = (rest: Partial<Answer>): Answer => ({
      peak: status('VmHWM') - before,
      seconds: (performance.now() - began) / 1000,
      groups: 1,
      needs: null,
      fault: null,
      ...rest,
    });
    try {
      const output = graph.outputs[0]!;
      const results = await attribute(device, graph, {
        inputs,
        baseline: { kind: 'constant', value: 0 },
        target: { layer: output.name, index: 'argmax' },
        methods,
        rule: 'secant',
        steps: steps ?? 50,
        memoryMB,
        ...(steps === null && { accuracy: { ...DEFAULT_ACCURACY, mostWalks: 24 } }),
      });
      return told({ groups: Math.max(...results.map(({ layerGroups }) => layerGroups ?? 1)) });
    } catch (error) {
      if (!(error instanceof MhoError)) throw error;
      const needs = error.code === 'MEMORY_BUDGET' ? Number(/about ([\d]+) MB/.exec(error.message)![1]) : null;
      return told({ needs, fault: needs === null ? error.message : null });
    }
  });
}

void main(JSON.parse(process.argv[2]!) as Asked).then((answer) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.exit(0);
});
