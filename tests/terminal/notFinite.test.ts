/** What is not a number, in the terminal: told on standard error, exit code 1, what it does not touch kept. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { exportUnits, openSession } from '../../src/main/engine/sessions';
import { mho } from './terminal';

const field = resolve(import.meta.dirname, '../field');
const folder = await mkdtemp(join(tmpdir(), 'mho-not-finite-'));
afterAll(() => rm(folder, { recursive: true }));

/** A file of rows of so many numbers. */
const rowsFile = async (name: string, rows: readonly (readonly number[])[]): Promise<string> => {
  const path = join(folder, name);
  const shape = [rows.length, rows[0]!.length];
  await writeFile(path, Buffer.concat([npyHeader(shape), npyBytes(Float32Array.from(rows.flat()))]));
  return path;
};

describe('counts divided by their sum, from zeros (nan-at-baseline)', () => {
  const model = join(field, 'nan-at-baseline/lib0.onnx');
  const counts = join(field, 'nan-at-baseline/inputs.npz');
  const asked = (...more: string[]): string[] => ['attribute', model, '--input', counts, '--target', 'out:2', ...more];

  it('are a fault that names baseline, layer and op; nothing is printed or saved', async () => {
    const file = join(folder, 'none.mho');
    const { code, out, err } = await mho(asked('--quiet', '--out', file));
    expect(code).toBe(1);
    expect(err).toContain(
      'NOT_FINITE_BASELINE: In example 0, NaN first arises at layer Div (op div), at its baseline.',
    );
    expect(out).toBe('');
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });

  it('do as the remedy says: a small number in place of zeros', async () => {
    const { code, out } = await mho(asked('--quiet', '--baseline', '0.01', '--examples', '0-1', '--json'));
    expect(code).toBe(0);
    expect(out).not.toContain('null,\n     null');
    expect(JSON.parse(out).runs[0].layers[0].residual[0]).toBeCloseTo(0, 4);
  });

  it('leave the examples whose baseline is none of zeros, on the terminal, in JSON, in the session and in tables', async () => {
    const typical = Array.from({ length: 60 }, (_, place) => 1 + (place % 3));
    const baseline = await rowsFile('baselines.npy', [typical, typical.map(() => 0), typical]);
    const more = ['--baseline', baseline, '--per-example', '--examples', '0-2', '--method', 'nig,rescale', '--quiet'];
    const file = join(folder, 'some.mho');
    const { code, out, err } = await mho(asked(...more, '--out', file, '--json'));
    expect(code).toBe(1);
    expect(err).toContain(
      'NOT_FINITE_BASELINE: In example 1, NaN first arises at layer Div (op div), at its baseline.',
    );
    const { runs, errors } = JSON.parse(out);
    expect(errors.map((each: { code: string }) => each.code)).toEqual(['NOT_FINITE_BASELINE']);
    for (const run of runs) {
      expect([run.complete, run.examples]).toEqual([false, [0, 2]]);
      expect(run.faults.map((each: { example: number; code: string }) => [each.example, each.code])).toEqual([
        [1, 'NOT_FINITE_BASELINE'],
      ]);
    }
    const session = await openSession(file);
    expect(session.errors).toHaveLength(1);
    expect(session.runs.map(({ complete, examples, faults }) => [complete, examples, faults.length])).toEqual([
      [false, [0, 2], 1],
      [false, [0, 2], 1],
    ]);
    const table = join(folder, 'units.csv');
    await exportUnits(table, session, 'unit');
    const cells = (await readFile(table, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(new Set(cells.slice(1).map((row) => row[cells[0]!.indexOf('example')]))).toEqual(new Set(['0', '2']));
    expect(cells.slice(1).every((row) => row[cells[0]!.indexOf('contribution')] !== '')).toBe(true);
    const shown = await mho(['show', file]);
    expect(shown.out).toContain('NOT_FINITE_BASELINE');
    expect(shown.out).not.toContain('NaN ±');
  });
});
