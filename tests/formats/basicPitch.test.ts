/**
 * basic-pitch (Apache-2.0) as SavedModel, ONNX and GraphModel: one network, three exporters, the same notes and the same
 * attribution. Fetched from PyPI and npm; `MHO_TELL=1` prints what was found, which docs/formats.md quotes.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray, RunResult } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';
import { fromNpm, fromPackage } from './registryFile';

const given = process.env['MHO_MODELS'] ?? join(homedir(), '.cache/mho/models');
const ICASSP = 'basic_pitch/saved_models/icassp_2022';
const orElse = async (path: string, fetch: () => Promise<string | null>): Promise<string | null> =>
  existsSync(path) ? path : fetch();
const python = await orElse(join(given, 'basic-pitch'), () =>
  fromPackage('basic-pitch', '0.4.0', [`${ICASSP}/nmp/`, `${ICASSP}/nmp.onnx`]),
);
const npm = await orElse(join(given, 'basic-pitch-js/package'), () => fromNpm('@spotify/basic-pitch', '1.0.1'));
const FILES: Readonly<Record<string, string>> = {
  ...(python && { SavedModel: join(python, ICASSP, 'nmp'), ONNX: join(python, ICASSP, 'nmp.onnx') }),
  ...(npm && { GraphModel: join(npm, 'model') }),
};

const SAMPLES = 43844;
const RATE = 22050;
/** Half the full scale. */
const sine = (frequency: number) => (i: number) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / RATE);
const sound = (wave: (i: number) => number): NumericArray => ({
  shape: [1, SAMPLES, 1],
  data: Float32Array.from({ length: SAMPLES }, (_, i) => wave(i)),
});

/** The piano roll that holds most notes: converters name outputs as they like. */
async function notesOf(
  { graph }: Awaited<ReturnType<typeof openModel>>,
  input: NumericArray,
  device: Device,
): Promise<{ readonly layer: string; readonly roll: Float32Array }> {
  const outputs = Object.entries(await predict(device, graph, { [graph.inputs[0]!.name]: input }));
  const mass = (roll: Float32Array): number => roll.reduce((sum, value) => sum + value, 0);
  const [name, { data }] = outputs
    .filter(([, { shape }]) => shape.at(-1) === 88)
    .sort(([, a], [, b]) => mass(b.data) - mass(a.data))[0]!;
  const { value } = graph.outputs.find((port) => port.name === name)!;
  return { layer: graph.layers.find(({ output }) => output === value)!.name, roll: data };
}

/**
 * A note that begins and ends in silence, over a hiss that is in the baseline too. The network takes the logarithm of each
 * frequency's power and subtracts the least of all: in silence that is its floor, and where all is hiss no power is so
 * small that its rounding decides.
 */
const AT = { frame: 86, key: 69 - 21 };
function question(): { readonly note: NumericArray; readonly hiss: NumericArray } {
  let state = 1;
  const noise = Array.from({ length: SAMPLES }, () => {
    state = (state * 16807) % 2147483647; // the generator called minstd
    return 0.1 * (state / 2147483647 - 0.5);
  });
  const swell = (i: number): number => (i > 8000 && i < 36000 ? Math.sin((Math.PI * (i - 8000)) / 28000) ** 2 : 0);
  const tone = sine(440);
  return {
    note: sound((i) => swell(i) * (tone(i) + noise[i]!)),
    hiss: sound((i) => swell(i) * noise[i]!),
  };
}

interface Found {
  readonly result: RunResult;
  /** Largest over the cuts, relative to F(x) − F(x'). */
  readonly residual: number;
  /** Largest estimate over the layers, relative to their mass, or to F(x) − F(x') where that is more. */
  readonly error: number;
}

async function attributed(file: string, steps: number, device: Device): Promise<Found> {
  const model = await openModel(file);
  const { note, hiss } = question();
  const { name } = model.graph.inputs[0]!;
  const { layer } = await notesOf(model, sound(sine(440)), device);
  const start = performance.now();
  const [result] = await attribute(device, model.graph, {
    inputs: { [name]: note },
    baseline: { kind: 'arrays', arrays: { [name]: hiss } },
    target: { layer, index: [AT.frame, AT.key] },
    methods: ['nig'],
    rule: 'secant',
    steps,
  });
  const delta = Math.abs(result!.delta[0]!);
  const residual = Math.max(...result!.layers.map((each) => (each.cut ? Math.abs(each.residual![0]!) / delta : 0)));
  const error = Math.max(
    ...result!.layers.map(({ error: estimate, contributions }) => {
      const mass = contributions.reduce((sum, value) => sum + Math.abs(value), 0);
      return estimate![0]! / Math.max(mass, delta);
    }),
  );
  if (process.env['MHO_TELL'])
    console.log(
      `TELL ${file.slice(-12)}: ${steps} steps, ${result!.layers.filter(({ cut }) => cut).length} cuts of ${result!.layers.length} layers, residual ${residual.toExponential(1)}, error ${(100 * error).toFixed(2)} %, ${((performance.now() - start) / 1000).toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
    );
  return { result: result!, residual, error };
}

describe.skipIf(Object.keys(FILES).length === 0)(
  `basic-pitch${Object.keys(FILES).length === 3 ? '' : ` (of three only ${Object.keys(FILES).join(', ') || 'none'} can be fetched)`}`,
  () => {
    let device: Device;
    beforeAll(async () => {
      device = await hold('auto');
    });

    it('gives the same notes in every format, A4 for 440 Hz', { timeout: 120_000 }, async () => {
      const rolls: Float32Array[] = [];
      for (const file of Object.values(FILES)) {
        const model = await openModel(file);
        expect(
          model.summary.layers.flatMap((layer) => layer.unsupported),
          file,
        ).toEqual([]);
        rolls.push((await notesOf(model, sound(sine(440)), device)).roll);
      }
      for (const roll of rolls) {
        const keys = Array.from({ length: 88 }, (_, key) =>
          roll.reduce((sum, value, i) => (i % 88 === key ? sum + value : sum), 0),
        );
        expect(keys.indexOf(Math.max(...keys))).toBe(AT.key);
        expect(worst(roll, rolls[0]!)).toBeLessThan(2e-3);
      }
    });

    const sums: Float32Array[] = [];
    it.each(Object.keys(FILES))('%s is attributed', { timeout: 600_000 }, async (format) => {
      const { result, residual } = await attributed(FILES[format]!, 32, device);
      expect(residual).toBeLessThan(1e-4);
      // By neurons, too, the formats agree where they all have the layer: at the notes' own convolution.
      const last = result.layers.filter(({ cut, shape }) => cut && shape.length === 3).at(-1)!;
      sums.push(last.units);
      expect(worst(last.units, sums[0]!)).toBeLessThan(1e-2);
    });

    it('to within six percent by its estimate, in 320 steps', { timeout: 1_200_000 }, async () => {
      const { residual, error } = await attributed(Object.values(FILES)[0]!, 320, device);
      expect(residual).toBeLessThan(1e-4);
      expect(error).toBeLessThan(0.06);
    });
  },
);
