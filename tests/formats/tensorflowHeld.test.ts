/**
 * TensorFlow models of several inputs, some of which say where and which, and recurrent kernels of GPUs. Where TensorFlow cannot be had
 * the tests are skipped, and say why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';
import { hold } from '../device';
import { exported, tensorflow } from './savedByTensorflow';

const why = typeof tensorflow === 'string' ? '' : ` (skipped: ${tensorflow.message})`;

/** As one example, where the file has no batch axis. */
const asFed = ({ graph }: OpenedModel, arrays: Readonly<Record<string, NumericArray>>): Record<string, NumericArray> =>
  Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const given = arrays[name]!;
      const alone = graph.values[value]!.shape.length === given.shape.length;
      return [name, alone ? { ...given, shape: [1, ...given.shape] } : given];
    }),
  );

describe.skipIf(why !== '')(`places that are told by the input, saved by TensorFlow${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-tensorflow-held-'));
    await exported('export_tensorflow_held.py', folder);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Model, and the inputs that are held. */
  it.each([
    ['neighbours', ['receivers', 'senders']],
    ['last', ['length']],
    ['last_by_lists', ['length']],
    ['backwards', ['length']],
    ['branches', ['which']],
    ['sparse', []],
    ['peak', []],
    ['largest', []],
    ['cudnn_lstm', []],
    ['cudnn_lstm_both', []],
    ['cudnn_gru', []],
    ['cudnn_gru_both', []],
  ] as const)('%s: outputs, sums at every cut, what is held', async (name, held) => {
    const model = await openModel(join(folder, name));
    expect(model.summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    const { output, ...arrays } = await readArrays(join(folder, `${name}.npz`));
    const inputs = asFed(model, arrays);
    const given = await predict(device, model.graph, inputs);
    expect(worst(Object.values(given)[0]!.data, output!.data)).toBeLessThan(1e-4);
    const [result] = await attribute(device, model.graph, {
      inputs,
      baseline: { kind: 'constant', value: 0 },
      target: { index: 0 },
      methods: ['rescale'],
      rule: 'secant',
      steps: 1,
    });
    expect(result!.varied!.walked.map((each) => each.name)).toEqual(['x']);
    // One input may be held for several reasons.
    expect([...new Set(result!.varied!.held.map(({ input }) => input))].sort()).toEqual(held);
    const cuts = result!.layers.filter(({ cut }) => cut);
    expect(cuts.length).toBeGreaterThan(1);
    for (const { residual, name: layer } of cuts)
      residual!.forEach((each, example) => {
        const scale = Math.max(Math.abs(result!.delta[example]!), 1e-2);
        expect(Math.abs(each) / scale, `${layer}, example ${example}`).toBeLessThan(1e-4);
      });
  });
});
