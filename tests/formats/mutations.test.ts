/** A few hundred damaged copies per format: each gives a model or an error of the catalogue, soon. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { bytesOf, layersModel, mutated, temporaryFolder, written } from './broken';

const folder = temporaryFolder();
/** The library is given up on after four seconds without a sign of life. */
const SLOWEST_MS = 20_000;

it.each([
  ['.h5', 'gated/model_keras2.h5', 'model.h5', 60], // a thread each
  ['.keras', 'gated/model.keras', 'model.keras', 300],
  ['LayersModel', 'gated/tfjs_layers/model.json', 'model.json', 300],
  ['LayersModel weights', 'gated/tfjs_layers/group1-shard1of1.bin', 'group1-shard1of1.bin', 100],
])(
  '%s',
  async (kind, file, name, copies) => {
    const whole = bytesOf(file);
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= copies; seed++) {
      const place = join(folder, kind.replace(/\W/g, '_'));
      if (kind.startsWith('LayersModel')) layersModel(place);
      const path = written(place, name, mutated(whole, seed));
      const start = performance.now();
      const outcome = await openModel(kind.startsWith('LayersModel') ? place : path).then(
        () => 'opened',
        (error: unknown) => (error instanceof MhoError ? error.code : `${seed}: ${(error as Error).stack}`),
      );
      expect(performance.now() - start, `seed ${seed}`).toBeLessThan(SLOWEST_MS);
      expect(outcome, `seed ${seed}`).toMatch(/^(opened|MODEL_[A-Z_]+)$/);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].some((each) => each !== 'opened')).toBe(true);
  },
  300_000,
);
