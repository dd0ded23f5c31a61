/**
 * The motif sample's right answer is known: its sequences are bound when they hold two planted motifs. Which first-layer
 * filters detect which motif is decided from sequences alone, here; the engine must then rank those filters on top.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { random as seededRandom } from '../random';

const folder = resolve(import.meta.dirname, '../../resources/samples/motifs');
const sample = JSON.parse(readFileSync(`${folder}/sample.json`, 'utf8')) as {
  alphabet: string;
  motifs: Record<string, string>;
  planted: { motif: string; start: number; length: number }[][];
  exampleLabels: string[];
  baseline: AttributionRequest['baseline'];
  target: AttributionRequest['target'];
};
const LENGTH = 60;
const FIRST = 'scan';
/** A filter's activation must correlate with a motif's presence this much to count as its detector. */
const DETECTS = 0.85;

/** Activations of the first layer [position][filter], computed here and not by the engine. */
function scan(graph: Graph, sequence: string): number[][] {
  const node = graph.nodes.find(({ op }) => op === 'conv')!;
  const { shape, data } = graph.values[node.inputs[1]!]!.constant!;
  const bias = graph.nodes
    .filter(({ op, inputs }) => op === 'add' && inputs.includes(node.output))
    .map(({ inputs }) => graph.values[inputs.find((id) => id !== node.output)!]!.constant!.data)[0]!;
  const [width, channels, filters] = shape as [number, number, number];
  return Array.from({ length: sequence.length - width + 1 }, (_, position) =>
    Array.from({ length: filters }, (_, filter) => {
      let sum = bias[filter]!;
      for (let offset = 0; offset < width; offset++) {
        const channel = sample.alphabet.indexOf(sequence[position + offset]!);
        sum += data[(offset * channels + channel) * filters + filter]!;
      }
      return Math.max(0, sum);
    }),
  );
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (p: readonly number[], q: readonly number[], meanP: number, meanQ: number) =>
    p.reduce((sum, value, place) => sum + (value - meanP) * (q[place]! - meanQ), 0);
  return product(a, b, meanA, meanB) / Math.sqrt(product(a, a, meanA, meanA) * product(b, b, meanB, meanB));
}

/** Per motif, how well each filter's activation tells at which positions the motif is (its best alignment). */
function detection(graph: Graph): Record<string, number[]> {
  const random = seededRandom(3);
  const letters = (count: number) =>
    Array.from({ length: count }, () => sample.alphabet[Math.floor(random() * 4)]!).join('');
  return Object.fromEntries(
    Object.entries(sample.motifs).map(([name, motif]) => {
      const planted = Array.from({ length: 150 }, () => {
        const start = 2 + Math.floor(random() * (LENGTH - motif.length - 4));
        const text = letters(LENGTH);
        return { start, activations: scan(graph, text.slice(0, start) + motif + text.slice(start + motif.length)) };
      });
      const filters = planted[0]!.activations[0]!.length;
      const scores = Array.from({ length: filters }, (_, filter) =>
        Math.max(
          ...[0, 1, 2].map((offset) =>
            correlation(
              planted.flatMap(({ activations }) => activations.map((at) => at[filter]!)),
              planted.flatMap(({ start, activations }) =>
                activations.map((_, position) => (position === start - offset ? 1 : 0)),
              ),
            ),
          ),
        ),
      );
      return [name, scores];
    }),
  );
}

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
    const scores = detection(graph);
    detectors = Object.fromEntries(
      Object.entries(scores).map(([name, each]) => [
        name,
        each.flatMap((score, filter) => (score >= DETECTS ? [filter] : [])),
      ]),
    );
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
