/** The four reference cases: their models, inputs and float64 truth (tests/reference/README.md). */
import { resolve } from 'node:path';
import type { AttributionRequest, NumericArray, RunResult } from '../../src/contract/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';

export const CASES = ['motif', 'plain', 'residual', 'gated'] as const;
export type CaseName = (typeof CASES)[number];
/** Examples that truth.npz covers. */
export const EXAMPLES = 4;

export const folder = (name: CaseName): string => resolve(import.meta.dirname, '../reference/cases', name);

export interface ReferenceCase extends OpenedModel {
  readonly name: CaseName;
  readonly truth: Record<string, NumericArray>;
  readonly request: AttributionRequest;
}

export async function openCase(name: CaseName, file = 'model.keras'): Promise<ReferenceCase> {
  const model = await openModel(`${folder(name)}/${file}`);
  const arrays = await readArrays(`${folder(name)}/inputs.npz`);
  const named = (kind: 'input' | 'baseline', rows: number) =>
    Object.fromEntries(
      model.graph.inputs.map((port, place) => [port.name, firstRows(arrays[`${kind}_${place}`]!, rows)]),
    );
  return {
    ...model,
    name,
    truth: await readArrays(`${folder(name)}/truth.npz`),
    request: {
      inputs: named('input', EXAMPLES),
      baseline: { kind: 'arrays', arrays: named('baseline', 1) },
      target: { index: name === 'plain' || name === 'residual' ? 'argmax' : 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: 50,
    },
  };
}

export function firstRows({ shape, data }: NumericArray, rows: number): NumericArray {
  const size = data.length / shape[0]!;
  return { shape: [rows, ...shape.slice(1)], data: data.subarray(0, rows * size) };
}

/** The truth's entry for a layer of ours: input layers are `input_i` there. Absent for layers after the target. */
export function truthOf({ graph, truth }: ReferenceCase, run: string, layer: string): NumericArray | undefined {
  const place = graph.inputs.findIndex((port) => port.name === layer);
  return truth[`${run}/${place < 0 ? layer : `input_${place}`}`];
}

/** Largest difference of two arrays over the second's largest magnitude. */
export function worst(have: Float32Array, want: Float32Array): number {
  let difference = 0;
  let largest = 0;
  want.forEach((value, place) => {
    difference = Math.max(difference, Math.abs(value - have[place]!));
    largest = Math.max(largest, Math.abs(value));
  });
  return have.length === want.length ? difference / Math.max(largest, 1e-30) : Infinity;
}

/** The cuts each case's README line lists, model inputs by their names; targets and what only renames them left out. */
export const CUTS: Record<CaseName, readonly string[]> = {
  motif: ['sequence', 'conv1', 'conv2', 'pool', 'flat', 'dense1', 'logits'],
  plain: ['image', 'conv1', 'conv2', 'pool1', 'conv3', 'pool2', 'flat', 'dense1', 'logits'],
  residual: ['image', 'stem', 'stem_bn', 'stem_relu', 'a_add', 'both', 'logits'],
  gated: ['both', 'mix', 'logit'],
};

export const layersOf = (result: RunResult): string[] => result.layers.map(({ name }) => name);
