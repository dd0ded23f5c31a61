/**
 * Models of ops that few exporters at hand write (quantised ones, those of ai.onnx.ml, fixed places, attention, functions of the file),
 * with random weights: what onnxruntime gives. Needs a Python with onnxruntime.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { filesOf, outcome, type Outcome } from './conformance';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';

const here = import.meta.dirname;
/** Path of a Python with onnxruntime, or why there is none. */
const environment = await pythonWith(
  'onnxruntime',
  resolve(here, 'onnxruntime-requirements.txt'),
  'onnxruntime (70 MB)',
).catch((error: Error) => error);
const python = typeof environment === 'string' ? environment : null;
const why = python ? '' : ` (skipped: ${(environment as Error).message})`;

describe.skipIf(!python)(`onnxruntime's outputs${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-onnxruntime-'));
    const made = spawnSync(python!, [resolve(here, 'onnx_runtime.py'), folder], { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are given', { timeout: 600_000 }, async () => {
    const names = readdirSync(folder).filter((name) => !name.includes('.'));
    const failed: string[] = [];
    for (const name of names) {
      const set = join(folder, name);
      const run: Outcome | string = await outcome(
        join(set, 'model.onnx'),
        filesOf(set, 'input'),
        filesOf(set, 'output'),
        device,
        true,
      ).catch((error: unknown) => String(error));
      // Labels are no numbers that anything passes to.
      const sound = typeof run !== 'string' && run.unsupported.every((kind) => kind.includes('the label of'));
      if (!sound || run.worst === null || !(run.worst < 1e-4)) failed.push(`${name}: ${JSON.stringify(run)}`);
    }
    expect(failed).toEqual([]);
    expect(names.length).toBeGreaterThan(120);
  });
});
