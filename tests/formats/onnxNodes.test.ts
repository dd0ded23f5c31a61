/**
 * ONNX's own tests of single nodes, as the package onnx generates them (onnx_nodes.py fixes what they feed as weights,
 * axes and shapes). Every op of the table must pass all of its tests but those named here. Needs a Python with onnx.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { filesOf, outcome, type Outcome } from './conformance';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';

const here = import.meta.dirname;
/** Path of a Python with onnx, or why there is none. */
const environment = await pythonWith('onnx', resolve(here, 'onnx-requirements.txt'), 'onnx (20 MB)').catch(
  (error: Error) => error,
);
const python = typeof environment === 'string' ? environment : null;
const why = python ? '' : ` (skipped: ${(environment as Error).message})`;

/** Ops with rows in the table, by how their tests are named; all but the exceptions must pass. */
const COVERED =
  /^test_(abs|argmax|argmin|attention_|rotary|swish|gather_elements|gathernd|scatter|acos|acosh|add|and|asin|asinh|atan|atanh|averagepool|basic_conv|batchnorm_(epsilon|example)$|ceil|celu|clip|concat|constant|conv_|convtranspose|cos|cosh|cumsum|depthtospace|dequantizelinear|dft|div|dropout_default|edge_pad|einsum|elu|equal|erf|exp|expand|flatten|floor|gather_[0-9]|gather_n|gelu|gemm|global|greater|group_normalization|gru|hardsigmoid|hardswish|identity_opset|instancenorm|l1normalization|l2normalization|layer_normalization|leakyrelu|less|log|log_softmax|logsoftmax|lrn|lstm|matmul|max_|maxpool|mean_|min_|mish|mod_|mul|neg|not|or[0-9_]|pow|prelu|quantizelinear|reciprocal|reduce|reflect_pad|relu|reshape|resize|rms_normalization|round|scan9|selu|shrink|sigmoid|sign|sin|sinh|simple_rnn|slice|softmax|softplus|softsign|spacetodepth|split|sqrt|squeeze|stft|sub|sum|tan|tanh|thresholdedrelu|tile|top_k|transpose|tril|triu|unsqueeze|upsample|where|wrap_pad|xor)/;

/** Why others of these cannot, by test. */
const EXCEPTIONS: readonly (readonly [why: string, tests: RegExp])[] = [
  ['an axis of no places', /_empty_set|zero_size|_zero_|reshape_allowzero|slice_start_out_of_bounds/],
  ['infinities as inputs', /edge_cases/],
  // The first axis is taken as the examples; it stays first in outputs.
  ['the first axis moves', /^test_(einsum_transpose|expand_dim_changed|transpose_)/],
  ['inputs of different numbers of examples', /^test_matmul_bcast/],
  // The size is rounded down before corners are aligned, as onnxruntime does.
  ['corners of a size that was rounded', /^test_resize_downsample_scales_(linear|cubic)_align_corners/],
  ['regions of interest', /^test_resize_tf_crop/],
  ['expected outputs of four digits', /^test_averagepool_2d_ceil_last_window_starts_on_pad/],
  ['padding that counts in windows over the end', /^test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil/],
  ['places of maxima', /^test_maxpool_with_argmax/],
  ['queries that see no key', /^test_attention.*(nan_robustness|fullymasked|mask_causal$|mode3_softmax_precision)/],
  ['lengths and windows of keys', /^test_attention.*(nonpad|padded_kv|window|ext_cache)/],
  ['expected outputs in float16', /^test_attention.*fp16/],
  ['4 and 8 bits of other kinds', /(e4m3|e5m2|int2|uint2|float4|e8m0)/],
];

describe.skipIf(!python)(`ONNX's tests of nodes${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-onnx-nodes-'));
    const made = spawnSync(python!, [resolve(here, 'onnx_nodes.py'), folder], { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('give the stored outputs', { timeout: 600_000 }, async () => {
    const names = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as string[];
    const failed: string[] = [];
    let passed = 0;
    for (const name of names.filter((each) => COVERED.test(each))) {
      if (EXCEPTIONS.some(([, tests]) => tests.test(name))) continue;
      const set = join(folder, name);
      const run: Outcome | string = await outcome(
        join(set, 'model.onnx'),
        filesOf(set, 'input'),
        filesOf(set, 'output'),
        device,
      ).catch((error: unknown) => String(error));
      if (typeof run !== 'string' && !run.unsupported.length && run.worst !== null && run.worst < 1e-4) passed++;
      else failed.push(`${name}: ${JSON.stringify(run)}`);
    }
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(400);
  });
});
