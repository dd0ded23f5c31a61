/**
 * Functions in functional models, exported by Keras 3 (keras.ops) and 2 (TensorFlow's) when the test runs: each gives what Keras gives,
 * and its contributions sum to the difference at every cut. Where Keras cannot be had it is skipped, and says why.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { elementwise } from '../../src/main/engine/formats/keras/operations/elementwise';
import { ordering } from '../../src/main/engine/formats/keras/operations/ordering';
import { spectra } from '../../src/main/engine/formats/keras/operations/spectra';
import { windows } from '../../src/main/engine/formats/keras/operations/windows';
import { worst } from '../attribution/cases';
import { hold } from '../device';
import { kerasPythons, run } from './pythons';

const pythons = await kerasPythons();
const scratch = mkdtempSync(join(tmpdir(), 'mho-operations-'));

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What is wrong with one model, a line each. */
async function wrongIn(name: string, folder: string, suffix: string): Promise<string[]> {
  const { x, outputs } = await stored(join(folder, `${name}.npz`));
  const { graph } = await openModel(join(folder, `${name}${suffix}`));
  const wrong: string[] = [];
  for (const [place, output] of graph.outputs.entries()) {
    const [have] = Object.values(await predict(device, { ...graph, outputs: [output] }, { x }));
    const want = outputs[place]!;
    if (have!.shape.join() !== want.shape.join()) wrong.push(`${name} ${place}: [${have!.shape}] for [${want.shape}]`);
    else if (!(worst(have!.data, want.data) < 1e-5)) wrong.push(`${name} ${place}: other numbers`);
  }
  // What gives whole numbers or truth passes no differences on; what is no number somewhere has none.
  const [first] = graph.outputs;
  if (graph.values[first!.value]!.dtype !== 'float32' || NO_NUMBERS.has(name)) return wrong;
  const baseline = { x: { shape: x.shape, data: Float32Array.from(x.data, (each) => 0.3 * each) } };
  const [result] = await attribute(device, graph, {
    inputs: { x },
    baseline: { kind: 'arrays', arrays: baseline, perExample: true },
    target: { layer: first!.name, index: outputs[0]!.data.length > x.shape[0]! ? 1 : 0 },
    methods: ['rescale'],
    rule: 'secant',
    steps: 1,
  });
  for (const { name: layer, residual } of result!.layers)
    residual?.forEach((each, row) => {
      const scale = Math.max(Math.abs(result!.delta[row]!), 1e-2);
      if (!(Math.abs(each) / scale < 5e-4)) wrong.push(`${name}: ${layer} sums to another difference, by ${each}`);
    });
  return wrong;
}
const NO_NUMBERS: ReadonlySet<string> = new Set(['nan_to_num', 'isnan', 'isfinite', 'isinf', 'isneginf', 'isposinf']);

async function stored(path: string): Promise<{ x: NumericArray; outputs: NumericArray[] }> {
  const { 'in/x': x, ...outputs } = await readArrays(path);
  return { x: x!, outputs: Object.values(outputs) };
}

describe.each([
  ['keras3', '.keras'],
  ['keras2', '.h5'],
] as const)('functions of %s', (version, suffix) => {
  const python = pythons[version];
  const skipped = typeof python === 'string' ? '' : ` (skipped: ${python.message})`;
  const folder = join(scratch, version);
  let made: Record<string, readonly string[]> = {};
  beforeAll(async () => {
    if (skipped) return;
    await run(python as string, [resolve(import.meta.dirname, 'export_operations.py'), folder]);
    ({ made } = JSON.parse(readFileSync(join(folder, 'exported.json'), 'utf8')) as { made: typeof made });
  }, 600_000);

  it.skipIf(skipped !== '')(
    `give what Keras gives${skipped}`,
    async () => {
      const wrong: string[] = [];
      for (const name of Object.keys(made)) wrong.push(...(await wrongIn(name, folder, suffix).catch((error: Error) => [`${name}: ${error.message}`]))); // prettier-ignore
      expect(wrong.join('\n')).toBe('');
      expect(Object.keys(made).length).toBeGreaterThan(20);
    },
    600_000,
  );

  if (version === 'keras3')
    it.skipIf(skipped !== '')('have a case for each row by the order of values, with windows and of spectra', () => {
      const cased = new Set(Object.values(made).flat());
      const rows = [...Object.keys(ordering), ...Object.keys(windows), ...Object.keys(spectra)];
      expect(rows.filter((kind) => !cased.has(kind))).toEqual([]);
      expect(Object.keys(elementwise).filter((kind) => /^(Is|Logical|F(max|min|mod))/.test(kind) && !cased.has(kind))).toEqual([]); // prettier-ignore
    });
});
