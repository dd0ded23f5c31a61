/**
 * Masks as Keras has them: networks of random layers behind embeddings that mask, exported by Keras 3 and 2 when the test runs, each
 * with paddings in front, behind, in the middle, nowhere and everywhere. Where Keras cannot be had it is skipped, and says why.
 * MHO_MASK_SEED: another seed, MHO_MASK_COUNT: how many.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';
import { hold } from '../device';
import { kerasPythons, run } from './pythons';

const here = import.meta.dirname;
const pythons = await kerasPythons();
const seed = process.env['MHO_MASK_SEED'] ?? '1';
const count = process.env['MHO_MASK_COUNT'] ?? '12';
/** MHO_MASK_EXPORTS: a folder that keeps what was exported. */
const kept = process.env['MHO_MASK_EXPORTS'];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'mho-masks-'));

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
}, 120_000);
afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

/** Largest distance of two outputs. */
async function apart(path: string, arrays: string): Promise<number> {
  const stored = await readArrays(arrays);
  const { graph, summary } = await openModel(path);
  const unsupported = summary.layers.flatMap((layer) => layer.unsupported);
  if (unsupported.length) throw new Error(unsupported.filter((each) => !/with what/.test(each)).join('; '));
  // A mask is no part of what a path varies.
  expect(variation(graph).varied.walked.every(({ behind }) => behind.length > 0)).toBe(true);
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name }) => [name, stored[name.includes('one') ? 'in/one' : 'in/two']!]),
  );
  const have = Object.values(await predict(device, graph, inputs))[0]!;
  const want = stored['out/0']!;
  expect(have.shape).toEqual(want.shape);
  return want.data.reduce((most: number, value, i) => {
    const each = Math.abs(value - have.data[i]!);
    return Number.isNaN(each) ? Infinity : Math.max(most, each);
  }, 0);
}

describe.each(['keras3', 'keras2'] as const)('%s', (version) => {
  const python = pythons[version];
  const skipped = typeof python === 'string' ? '' : ` (skipped: ${python.message})`;

  it.skipIf(skipped !== '')(
    `random layers behind masks give what Keras gives${skipped}`,
    async () => {
      const place = join(folder, version);
      const list = join(place, 'exported.json');
      if (!existsSync(list)) await run(python as string, [resolve(here, 'export_masks.py'), place, seed, count]);
      const { made } = JSON.parse(readFileSync(list, 'utf8')) as { made: Record<string, readonly string[]> };
      expect(Object.keys(made).length).toBeGreaterThan(Number(count) / 2);
      const wrong: string[] = [];
      for (const [name, layers] of Object.entries(made))
        for (const suffix of version === 'keras3' ? ['.keras', '.h5', '_saved'] : ['.h5', '_saved']) {
          const path = join(place, `${name}${suffix}`);
          const found = await apart(path, join(place, `${name}.npz`)).catch((error: Error) => error.message);
          if (typeof found === 'string' || found > 1e-4)
            wrong.push(`${name}${suffix}: ${found}\n  ${layers.join('\n  ')}`);
        }
      expect(wrong.join('\n')).toBe('');
    },
    1_200_000,
  );
});
