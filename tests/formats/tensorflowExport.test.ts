/**
 * Loops, branches, selections, resizing, transposed and dilated convolutions, quantised weights: small models that
 * TensorFlow itself saves when the test runs. It sets up a Python environment with TensorFlow in the per-user cache; where
 * that cannot be had the tests are skipped, and say why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';
import {
  checkDifferences,
  checkSaved,
  exported,
  openedSaved,
  savedRequest as request,
  tensorflow,
} from './savedByTensorflow';

const why = typeof tensorflow === 'string' ? '' : ` (skipped: ${tensorflow.message})`;

const SAVED = [
  'counted', 'selected', 'resized', 'reductions', 'trigonometric', 'upwards', 'dilated', 'lstm', 'gru', 'both', 'wave', 'legacy',
  'scaled', 'banded', 'neighbours', 'spectrum', 'convlstm', 'written', 'gridded', 'older',
] as const; // prettier-ignore
const GRAPH_MODELS = [
  'dilated_float32', 'dilated_uint8', 'upwards_uint16', 'counted_float32', 'lstm_float16', 'both_float32',
] as const; // prettier-ignore
/** Not held to plain differences: ties of resizing, and values on grids, which have no slope. */
const STEPS: ReadonlySet<string> = new Set(['resized', 'gridded']);
const WHOLE = ['ids', 'masked', 'placed'] as const;

describe.skipIf(why !== '')(`models saved by TensorFlow${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = process.env['MHO_TENSORFLOW_EXPORTS'] ?? mkdtempSync(join(tmpdir(), 'mho-tensorflow-'));
    await exported('export_tensorflow.py', folder);
  }, 900_000);
  afterAll(() => {
    if (!process.env['MHO_TENSORFLOW_EXPORTS']) rmSync(folder, { recursive: true, force: true });
  });

  const opened = (name: string) => openedSaved(folder, name);

  it.each([...SAVED, ...GRAPH_MODELS, ...WHOLE])('%s: outputs, and DeepLIFT sums to the difference', async (name) =>
    checkSaved(device, await opened(name)),
  );

  it.each(SAVED.filter((name) => !STEPS.has(name)))('%s: contributions meet finite differences', async (name) =>
    checkDifferences(device, await opened(name)),
  );

  it('whole numbers: the path starts behind the embedding, and what they mask stays masked', async () => {
    for (const name of WHOLE) {
      const { model, x } = await opened(name);
      const starts = variation(model.graph).varied.walked;
      expect(starts.map(({ behind }) => behind)).toEqual([['x']]);
      const [result] = await attribute(device, model.graph, request(x, { methods: ['nig'], steps: 64 }));
      const start = result!.layers.find((layer) => layer.name === starts[0]!.name)!;
      expect(start.cut).toBe(true);
      // What is masked at the input stays so along the path: it carries nothing.
      const places = x.shape[1]!;
      const features = start.contributions.length / x.data.length;
      x.data.forEach((id, place) => {
        const own = start.contributions.subarray(place * features, (place + 1) * features);
        if (id === 0 && name !== 'placed')
          expect(
            own.every((each) => each === 0),
            `${name}, place ${place % places}`,
          ).toBe(true);
      });
      expect(start.contributions.some((each) => each !== 0)).toBe(true);
    }
  });

  it.each([
    ['until', /StatelessWhile|While/],
    ['texts', /StringToHashBucketFast/],
    ['noisy', /RandomStandardNormal/],
  ] as const)('%s opens for viewing, and is refused by the name of the op', async (name, op) => {
    const model = await openModel(join(folder, name));
    expect(model.summary.layers.flatMap((layer) => layer.unsupported).join()).toMatch(op);
    const { shape } = model.summary.inputs[0]!;
    const x = {
      shape: [1, ...(shape as number[])],
      data: new Float32Array(shape.reduce((a, b) => a! * b!, 1)!).fill(1),
    };
    await expect(attribute(device, model.graph, request(x))).rejects.toThrow(op);
  });
});
