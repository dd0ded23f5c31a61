/**
 * Models of ops that onnxruntime's optimisers write, and of others that few exporters do, with random weights: what onnxruntime gives,
 * and that what is passed on sums to the difference at every cut. Needs a Python with onnxruntime.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { worst } from '../attribution/cases';
import { hold } from '../device';
import { openedExample, type Example } from './exported';
import { run } from './pythons';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';

const here = import.meta.dirname;
/** Path of a Python with onnxruntime, or why there is none. */
const environment = await (
  pythonWith('onnxruntime', resolve(here, 'onnxruntime-requirements.txt'), 'onnxruntime (70 MB)') as Promise<string>
).catch((error: Error) => error);
const why = typeof environment === 'string' ? '' : ` (skipped: ${environment.message})`;

/** Of one number of each size, whether it could be attributed or not. */
async function differences({ graph, inputs, device }: Example, path: string): Promise<number[]> {
  const stored = await readArrays(path);
  const have = await predict(device, graph, inputs);
  expect(Object.keys(have).length).toBeGreaterThan(0);
  return Object.entries(have).map(([name, { shape, data }]) => {
    const want = stored[`out/${name}`]!;
    expect(shape, name).toEqual(want.shape);
    return worst(data, want.data);
  });
}

describe.skipIf(why !== '')(`what onnxruntime gives for fused and rare ops${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-fused-'));
    await run(environment as string, [resolve(here, 'onnx_fused.py'), folder]);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is given, and sums to the difference at every cut', { timeout: 600_000 }, async () => {
    const failed: string[] = [];
    const names = readdirSync(folder).sort();
    for (const name of names) {
      const [path, arrays] = [join(folder, name, 'model.onnx'), join(folder, name, 'io.npz')];
      const example = await openedExample(path, arrays, device);
      const off = Math.max(...(await differences(example, arrays)));
      const [output] = example.graph.outputs;
      const [{ layers, delta }] = (await attribute(device, example.graph, {
        inputs: example.inputs,
        baseline: { kind: 'arrays', arrays: example.baselines, perExample: true },
        target: { layer: output!.name, index: 1 },
        methods: ['rescale'],
        rule: 'secant',
        steps: 1,
      })) as [Awaited<ReturnType<typeof attribute>>[number]];
      const left = Math.max(
        ...layers.flatMap(({ residual }) =>
          [...(residual ?? [])].map((each, row) => Math.abs(each) / Math.max(Math.abs(delta[row]!), 0.1)),
        ),
      );
      if (!(off < 1e-5 && left < 1e-3)) failed.push(`${name}: outputs ${off}, sums ${left}`);
    }
    expect(failed).toEqual([]);
    expect(names.length).toBeGreaterThan(40);
  });
});
