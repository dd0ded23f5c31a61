/**
 * One model for each kind of TensorFlow's ops, which TensorFlow itself saves when the test runs. Where it cannot be had the tests are
 * skipped, and say why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { checkDifferences, checkSaved, exported, openedSaved, tensorflow } from './savedByTensorflow';

const why = typeof tensorflow === 'string' ? '' : ` (skipped: ${tensorflow.message})`;

const SAVED = [
  'gather_nd', 'gather_batched', 'scatter_nd', 'tensor_scatter', 'strided_update', 'turned', // places
  'segments', 'unsorted_segments', 'sparse_segments', 'flat_segments',
  'mapped', 'mapped_several', 'mapped_pictures', 'mapped_standard', 'mapped_steps', 'vectorized', 'scanned', 'folded', 'graph_loop',
  'rebuilt', 'inverse', 'planes', 'spaces', 'convolved', 'complex_kinds', 'cosines', // spectra
  'cropped', 'cropped_each', 'morphology', 'volumes', 'picture_kinds', 'older_resizes', 'pools',
  'matrices', 'sums', 'einstein', 'largest', 'valued',
  'block_lstm', 'block_cells',
  'case', 'dropped', 'nested', 'custom', 'compiled', 'stateful', // control
] as const; // prettier-ignore
/** Values that are rounded have no slope; windows of a morphology have more kinks than a short way avoids. */
const STEPS: ReadonlySet<string> = new Set(['valued', 'custom', 'morphology']);

describe.skipIf(why !== '')(`ops saved by TensorFlow${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = process.env['MHO_TENSORFLOW_OPS'] ?? mkdtempSync(join(tmpdir(), 'mho-tensorflow-ops-'));
    await exported('export_tensorflow_ops.py', folder);
  }, 900_000);
  afterAll(() => {
    if (!process.env['MHO_TENSORFLOW_OPS']) rmSync(folder, { recursive: true, force: true });
  });

  it.each([...SAVED, 'counted_ids'])('%s: outputs, and DeepLIFT sums to the difference', async (name) =>
    checkSaved(device, await openedSaved(folder, name), 0),
  );

  it.each(SAVED.filter((name) => !STEPS.has(name)))('%s: contributions meet finite differences', async (name) =>
    checkDifferences(device, await openedSaved(folder, name)),
  );

  it('places of maxima are refused where something reads them', async () => {
    const { summary } = await openModel(join(folder, 'unpooled'));
    expect(summary.layers.flatMap((layer) => layer.unsupported)).toContain('MaxPoolWithArgmax with places of maxima');
  });
});
