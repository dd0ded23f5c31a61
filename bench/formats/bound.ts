/** `bound.ts MODEL FIXED INPUT.npz`: a model bound by its input beside the same file with sizes fixed by hand, as JSON. */
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import { devices, type Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { inputPorts } from '../../src/main/engine/data/ports';
import { sizesIn } from '../../src/main/engine/data/sizes';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';

export interface BoundBeside {
  /** The largest difference of any output, as a share of its largest value. */
  readonly outputs: number;
  /** Of any layer's contributions, as a share of the layer's largest one. */
  readonly contributions: number;
  /** How many layers both have, and how many only one. */
  readonly layers: number;
  readonly others: number;
}

/** Even steps: both walk the same, so that nothing but the model can differ. */
const STEPS = 2;

/** The largest difference, as a share of the largest value of `b`. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  let difference = 0;
  for (let at = 0; at < a.length; at++) {
    most = Math.max(most, Math.abs(b[at]!));
    difference = Math.max(difference, Math.abs(a[at]! - b[at]!));
  }
  return most === 0 ? difference : difference / most;
}

type Arrays = Readonly<Record<string, NumericArray>>;

async function told(
  device: Device,
  { graph }: OpenedModel,
  inputs: Arrays,
): Promise<readonly [Arrays, ReadonlyMap<string, Float32Array>]> {
  const [result] = await attribute(device, graph, {
    inputs,
    baseline: { kind: 'constant', value: 0 },
    target: { index: 'argmax' },
    methods: ['nig'],
    rule: 'secant',
    steps: STEPS,
  });
  return [
    await predict(device, graph, inputs),
    new Map(result!.layers.map(({ name, contributions }) => [name, contributions])),
  ];
}

async function main(): Promise<void> {
  const [path, fixed, given] = process.argv.slice(2) as [string, string, string];
  const inputs = await readArrays(given);
  const first = await openModel(path);
  const sizes = sizesIn(inputPorts(first.graph), inputs)!;
  const free = await openModel(path, { choices: { sizes } });
  const byHand = await openModel(fixed);
  await devices.use('auto', async (device) => {
    const [outputs, layers] = await told(device, free, inputs);
    // What a file declares may give its input another name, and its one example an axis elsewhere, or none.
    const ports = byHand.graph.inputs.map(({ name, value }) => ({
      name,
      shape: [1, ...byHand.graph.values[value]!.shape.map((size) => size!)],
    }));
    const [outputsByHand, layersByHand] = await told(
      device,
      byHand,
      Object.fromEntries(
        Object.values(inputs).map(({ data }, at) => [ports[at]!.name, { shape: ports[at]!.shape, data }]),
      ),
    );
    const both = [...layers].filter(([name]) => layersByHand.has(name));
    const result: BoundBeside = {
      outputs: Math.max(
        ...Object.entries(outputs).map(([name, { data }]) => apart(data, outputsByHand[name]?.data ?? [])),
      ),
      contributions: Math.max(...both.map(([name, values]) => apart(values, layersByHand.get(name)!))),
      layers: both.length,
      others: layers.size + layersByHand.size - 2 * both.length,
    };
    process.stdout.write(JSON.stringify(result));
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
