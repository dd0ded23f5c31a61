/**
 * Recurrent nets of PyTorch in every layout ([steps, examples, …], [examples, steps, …], [steps, …], states [layers, examples, units]),
 * with free lengths and free numbers of examples, exported when the test runs: which axis counts examples is found in the graph.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { PEERS, pythonWith } from '../../scripts/venv.mjs';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { examplesFirst } from './layouts';

/** Path of a Python with PyTorch, or why there is none. */
const environment = await (
  pythonWith('bench', resolve(import.meta.dirname, '../../bench/peers/requirements.txt'), PEERS) as Promise<string>
).catch((error: Error) => error);
const python = typeof environment === 'string' ? environment : null;
const why = python ? '' : ` (skipped: ${(environment as Error).message})`;

interface Case {
  readonly inputs: readonly { readonly shape: number[]; readonly data: number[] }[];
  readonly places: readonly (number | null)[];
  readonly given: { readonly shape: number[]; readonly data: number[] };
  readonly out: number | null;
}

describe.skipIf(!python)(`recurrent nets of every layout${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-recurrent-'));
    const made = spawnSync(python!, [resolve(import.meta.dirname, 'export_recurrent.py'), folder], {
      encoding: 'utf8',
    });
    expect(made.status, made.stderr.slice(-2000)).toBe(0);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('give what PyTorch gives, example by example', { timeout: 600_000 }, async () => {
    const failed: string[] = [];
    const names = readdirSync(folder);
    for (const name of names) {
      const told = JSON.parse(readFileSync(join(folder, name, 'case.json'), 'utf8')) as Case;
      const wrong = await faultOf(device, join(folder, name, 'model.onnx'), told).catch((error: unknown) =>
        String(error),
      );
      if (wrong !== null) failed.push(`${name}: ${wrong}`);
    }
    expect(failed).toEqual([]);
    expect(names.length).toBeGreaterThan(60);
  });
});

/** What is wrong with a case; null: nothing. */
async function faultOf(device: Device, path: string, told: Case): Promise<string | null> {
  const arrays = told.inputs.map((each, i) => examplesFirst(each, told.places[i]!));
  const look = await openModel(path);
  const wanted = arrays.map(({ shape }) => shape.slice(1));
  const ports = look.summary.inputs.map(({ shape }) => shape);
  if (JSON.stringify(ports.map((shape) => shape.length)) !== JSON.stringify(wanted.map((shape) => shape.length)))
    return `its inputs are ${JSON.stringify(ports)}`;
  const sizes = Object.fromEntries(look.summary.inputs.map(({ name }, i) => [name, wanted[i]!]));
  const { graph, summary } = await openModel(path, { choices: { sizes } });
  const unsupported = summary.layers.flatMap((layer) => layer.unsupported);
  if (unsupported.length) return unsupported.join('; ');
  const inputs: Record<string, NumericArray> = Object.fromEntries(
    graph.inputs.map(({ name }, i) => [name, arrays[i]!]),
  );
  const have = (await predict(device, graph, inputs))['out']!;
  const want = examplesFirst(told.given, told.out);
  if (JSON.stringify(have.shape) !== JSON.stringify(want.shape)) return `it gives [${have.shape.join()}]`;
  const worst = Math.max(...have.data.map((each, i) => Math.abs(each - want.data[i]!)));
  if (!(worst < 1e-5)) return `it is off by ${worst}`;
  const [run] = await attribute(device, graph, { inputs, baseline: { kind: 'constant', value: 0 }, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 8 }); // prettier-ignore
  for (let example = 0; example < want.shape[0]!; example++) {
    const sum = run!.layers
      .filter(({ name }) => inputs[name])
      .reduce((all, layer) => {
        const data = layer.contributions;
        const size = data.length / want.shape[0]!;
        return all + data.subarray(size * example, size * (example + 1)).reduce((a, b) => a + b, 0);
      }, 0);
    const residual = Math.abs(sum - (run!.atInput[example]! - run!.atBaseline[example]!));
    if (!(residual < 1e-4)) return `example ${example} leaves ${residual}`;
  }
  return null;
}
