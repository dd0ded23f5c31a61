/**
 * Every layer of keras.layers in several forms, and behind masks, exported by Keras 3 and 2 when the test runs: each gives what Keras
 * gives, or is refused by name. Where Keras cannot be had it is skipped, and says why. MHO_LAYER_EXPORTS: a folder that keeps what was
 * exported.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { hold } from '../device';
import { kerasPythons, run } from './pythons';

const here = import.meta.dirname;
const pythons = await kerasPythons();
const kept = process.env['MHO_LAYER_EXPORTS'];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'mho-layers-'));
/** Of the output's largest value, or of 1 where all are smaller. */
const TOLERANCE = 1e-5;

/** What is refused, by the beginning of what is told of it. */
const REFUSED: readonly string[] = [
  'AutoContrast',
  'BatchNormalization with axes',
  'GlobalAveragePooling1D with a mask behind what augments pictures',
  'LSTM with a mask behind what augments pictures',
  'ContrastLimitedAdaptiveHistogramEqualization',
  'HashedCrossing with hashes',
  'MelSpectrogram',
  'RandomCrop',
  'Resizing with interpolation area',
  'Resizing with interpolation lanczos3',
  'SpectralNormalization with whole numbers for its input',
  'TimeDistributed with Resizing at every time step',
  'UpSampling2D with interpolation bicubic',
  'UpSampling2D with interpolation lanczos3',
];

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
}, 120_000);
afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

/** Kinds of the nodes that have no rule of their own. */
const unknown = (graph: Graph): string[] =>
  graph.nodes.flatMap(({ op, attributes }) =>
    op === 'unknown' && 'kind' in attributes && !('behind' in attributes && attributes.behind) ? [attributes.kind] : [],
  );

/** What is wrong with one model, a line each. */
async function wrongIn(path: string, arrays: string): Promise<string[]> {
  const stored = await readArrays(arrays);
  const { graph } = await openModel(path);
  const strange = unknown(graph).filter((kind) => !REFUSED.some((known) => kind.startsWith(known)));
  if (strange.length > 0) return strange;
  const wrong: string[] = [];
  for (const output of graph.outputs) {
    // Keras calls what it is given by another name where a layer hands it on.
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name }) => [name, stored[`in/${name.replace(/CLONE$/, '')}`]!]),
    );
    const made = await predict(device, { ...graph, outputs: [output] }, inputs).catch((error: Error) => error.message);
    if (typeof made === 'string') {
      if (!made.startsWith('OP_UNSUPPORTED')) wrong.push(`${output.name}: ${made}`);
      continue;
    }
    const [have, want] = [Object.values(made)[0]!, stored[`out/${output.name}`]!];
    if (have.shape.join() !== want.shape.join()) {
      wrong.push(`${output.name}: [${have.shape}] instead of [${want.shape}]`);
      continue;
    }
    let [most, largest] = [0, 1];
    want.data.forEach((value, at) => {
      const apart = Math.abs(value - have.data[at]!);
      most = Number.isNaN(apart) ? Infinity : Math.max(most, apart);
      largest = Math.max(largest, Math.abs(value));
    });
    if (most / largest > TOLERANCE) wrong.push(`${output.name}: ${(most / largest).toExponential(1)} apart`);
  }
  return wrong;
}

describe.each(['keras3', 'keras2'] as const)('%s', (version) => {
  const python = pythons[version];
  const skipped = typeof python === 'string' ? '' : ` (skipped: ${python.message})`;

  it.skipIf(skipped !== '')(
    `every layer gives what Keras gives, or is refused${skipped}`,
    async () => {
      const place = join(folder, version);
      const list = join(place, 'exported.json');
      if (!existsSync(list)) await run(python as string, [resolve(here, 'export_every_layer.py'), place]);
      const { made, left } = JSON.parse(readFileSync(list, 'utf8')) as {
        made: Record<string, readonly string[]>;
        left: Record<string, string>;
      };
      expect(Object.entries(left).filter(([, why]) => why === 'no forms')).toEqual([]);
      expect(Object.keys(made).length).toBeGreaterThan(120);
      const wrong: string[] = [];
      for (const name of Object.keys(made))
        for (const suffix of ['.keras', '.h5']) {
          const path = join(place, `${name}${suffix}`);
          if (!existsSync(path)) continue;
          const found = await wrongIn(path, join(place, `${name}.npz`)).catch((error: Error) => [error.message]);
          wrong.push(...found.map((each) => `${name}${suffix}: ${each}\n  ${made[name]!.join('\n  ')}`));
        }
      expect(wrong.join('\n')).toBe('');
    },
    1_800_000,
  );
});
