/** Which first-layer filters of the motif sample detect which planted motif: decided from sequences alone, not by the engine. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttributionRequest } from '../../src/contract/attribution';
import type { Graph } from '../../src/main/engine/graph/graph';
import { random as seededRandom } from '../random';

export const folder = resolve(import.meta.dirname, '../../resources/samples/motifs');
export const sample = JSON.parse(readFileSync(`${folder}/sample.json`, 'utf8')) as {
  alphabet: string;
  motifs: Record<string, string>;
  planted: { motif: string; start: number; length: number }[][];
  exampleLabels: string[];
  baseline: AttributionRequest['baseline'];
  target: AttributionRequest['target'];
};
const LENGTH = 60;
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

/** Per motif, the filters whose activation tells at which positions the motif is (at its best alignment). */
export function detectorsOf(graph: Graph): Record<string, number[]> {
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
      return [name, scores.flatMap((score, filter) => (score >= DETECTS ? [filter] : []))];
    }),
  );
}
