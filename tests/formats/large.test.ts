/**
 * Large models are read as streams: what opening one takes beyond the program itself stays below one and three quarters of its
 * size, and progress is told. `MHO_LARGE_MB=500` does it with half a gigabyte (docs/formats.md has those figures).
 */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from './broken';
import { FORMATS, KERNEL_BYTES, large, type Opened } from './large';

const MEGABYTES = Number(process.env['MHO_LARGE_MB'] ?? 96);
const folder = temporaryFolder();

async function opened(path: string): Promise<Opened> {
  const script = resolve(import.meta.dirname, 'large.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, path]);
  return JSON.parse(stdout) as Opened;
}

/** What the program takes with a model that is small. */
let program = 0;
beforeAll(async () => {
  const place = join(folder, 'small');
  mkdirSync(place);
  program = (await opened((await large('.h5', place, KERNEL_BYTES / 2 ** 20)).path)).peakBytes;
}, 300_000);

it.each(FORMATS)('%s', { timeout: 300_000 }, async (format) => {
  const place = join(folder, format);
  mkdirSync(place);
  const { path, size } = await large(format, place, MEGABYTES);
  const { parameters, layers, peakBytes, told, done, total, durationMs } = await opened(path);
  expect({ parameters, layers }).toEqual({ parameters: size / 4, layers: 1 + size / KERNEL_BYTES });
  expect((peakBytes - program) / size).toBeLessThan(1.75);
  expect(told).toBeGreaterThan(layers / 2);
  expect(total).toBeGreaterThanOrEqual(size);
  expect(done / total).toBeGreaterThan(0.98);
  if (process.env['MHO_LARGE_MB'])
    console.log(format, `${size / 1e6} MB: peak ${peakBytes / 1e6} MB, ${peakBytes / size}, ${durationMs} ms`);
});
