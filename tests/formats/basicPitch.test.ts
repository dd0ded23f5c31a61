/** basic-pitch (Apache-2.0) as SavedModel, ONNX and GraphModel: one network, three exporters. Skipped where it is not at hand. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import { openBackend, type Backend } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';

const folder = process.env['MHO_MODELS'] ?? join(homedir(), '.cache/mho/models');
const icassp = join(folder, 'basic-pitch/basic_pitch/saved_models/icassp_2022');
const FILES = [join(icassp, 'nmp'), join(icassp, 'nmp.onnx'), join(folder, 'basic-pitch-js/package/model')].filter(
  existsSync,
);

/** Half the full scale, at 22,050 samples a second. */
const sine = (frequency: number) => ({
  shape: [1, 43844, 1],
  data: Float32Array.from({ length: 43844 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / 22050)),
});

describe.skipIf(FILES.length < 2)(
  `basic-pitch${FILES.length < 2 ? ' (not here: docs/formats.md says how to get it)' : ''}`,
  () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await openBackend('wasm');
    });

    it('gives the same notes in every format, A4 for 440 Hz', { timeout: 120_000 }, async () => {
      const notes: Float32Array[] = [];
      for (const file of FILES) {
        const { graph, summary } = await openModel(file);
        expect(
          summary.layers.flatMap((layer) => layer.unsupported),
          file,
        ).toEqual([]);
        const outputs = Object.entries(await predict(graph, { [graph.inputs[0]!.name]: sine(440) }, backend));
        // Converters name outputs as they like: the one that holds a note over most frames is the notes.
        const rolls = outputs.filter(([, { shape }]) => shape.at(-1) === 88).map(([, array]) => array.data);
        const mass = (roll: Float32Array): number => roll.reduce((sum, value) => sum + value, 0);
        notes.push(rolls.sort((a, b) => mass(b) - mass(a))[0]!);
      }
      for (const roll of notes) {
        const keys = Array.from({ length: 88 }, (_, key) =>
          roll.reduce((sum, value, i) => (i % 88 === key ? sum + value : sum), 0),
        );
        expect(keys.indexOf(Math.max(...keys)) + 21).toBe(69); // MIDI number of A4
        expect(worst(roll, notes[0]!)).toBeLessThan(2e-3);
      }
    });
  },
);
