/**
 * The motif sample's right answer is known: its sequences are bound when they hold two planted motifs. Which first-layer
 * filters detect which motif is decided from sequences alone, here; the engine must then rank those filters on top.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { detectorsOf, folder, sample } from './detectors';

const FIRST = 'scan';

describe('the motif sample', () => {
  let graph: Graph;
  let device: Device;
  let results: RunResult[];
  let detectors: Record<string, number[]>;
  const bound = sample.exampleLabels.flatMap((label, example) => (label === 'bound' ? [example] : []));

  beforeAll(async () => {
    device = await hold('auto');
    ({ graph } = await openModel(`${folder}/model.keras`));
    const inputs = await readArrays(`${folder}/inputs.npz`);
    detectors = detectorsOf(graph);
    const before = tf.memory().numTensors;
    results = await attribute(device, graph, {
      inputs,
      baseline: sample.baseline,
      target: sample.target,
      methods: ['nig', 'rescale'],
      rule: 'secant',
      steps: 50,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  const unitsOf = (method: string, example: number): number[] => {
    const { units } = results.find((result) => result.method === method)!.layers.find(({ name }) => name === FIRST)!;
    const count = units.length / sample.exampleLabels.length;
    return Array.from(units.subarray(example * count, (example + 1) * count));
  };

  it('has first-layer filters that detect the two motifs that count, and none for the decoy', () => {
    expect(detectors['GATA']!.length).toBeGreaterThan(0);
    expect(detectors['E-box']!.length).toBeGreaterThan(0);
    expect(detectors['decoy']).toEqual([]);
    expect(bound.length).toBeGreaterThanOrEqual(5);
  });

  for (const method of ['nig', 'rescale'])
    it(`ranks them on top by ${method} in every bound sequence`, () => {
      const expected = [...detectors['GATA']!, ...detectors['E-box']!].sort((a, b) => a - b);
      for (const example of bound) {
        const ranked = unitsOf(method, example)
          .map((value, filter) => ({ value, filter }))
          .sort((a, b) => b.value - a.value);
        const top = ranked.slice(0, expected.length).map(({ filter }) => filter);
        expect(top.sort((a, b) => a - b)).toEqual(expected);
      }
    });

  it('places them where the motif was planted', () => {
    const nig = results.find(({ method }) => method === 'nig')!.layers.find(({ name }) => name === FIRST)!;
    const [positions, filters] = nig.shape as [number, number];
    for (const example of bound)
      for (const { motif, start } of sample.planted[example]!.filter(({ motif }) => detectors[motif]!.length > 0))
        for (const filter of detectors[motif]!) {
          const along = Array.from(
            { length: positions },
            (_, position) => nig.contributions[(example * positions + position) * filters + filter]!,
          );
          const best = along.indexOf(Math.max(...along));
          expect(Math.abs(best - start)).toBeLessThanOrEqual(2);
        }
  });

  it('gives less to them where their motif is missing', () => {
    sample.exampleLabels.forEach((label, example) => {
      if (label === 'bound') return;
      const held = sample.planted[example]!.map(({ motif }) => motif);
      for (const motif of ['GATA', 'E-box'])
        if (!held.includes(motif))
          for (const filter of detectors[motif]!) {
            const here = unitsOf('nig', example)[filter]!;
            const there = bound.map((each) => unitsOf('nig', each)[filter]!);
            expect(here).toBeLessThan(0.75 * Math.min(...there));
          }
    });
  });
});
