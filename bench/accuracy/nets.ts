/** The networks that docs/accuracy.md measures on, and their truth. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BaselineSpec, NumericArray, TargetSpec } from '../../src/contract/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';

const root = resolve(__dirname, '../..');

/** What is asked of one network, for several examples. */
export interface Net {
  readonly name: string;
  readonly what: string;
  /** Whether a norm, a ratio or a logarithm stands at the baseline: even steps are no truth there. */
  readonly graded: boolean;
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, NumericArray>>;
  readonly baseline: BaselineSpec;
  readonly target: TargetSpec;
  readonly examples: number;
}

interface Listed {
  readonly name: string;
  readonly what: string;
  readonly model: string;
  readonly inputs: string;
  readonly graded?: boolean;
  readonly target?: TargetSpec;
  readonly baseline?: number | string;
  readonly examples?: number;
}

const reference = (name: string, what: string, index: number | 'argmax'): Listed => ({
  name,
  what,
  model: join(root, 'tests/reference/cases', name, 'model.keras'),
  inputs: join(root, 'tests/reference/cases', name, 'inputs.npz'),
  baseline: 'baseline',
  target: { index },
});
const trained = (name: string, what: string, change: Partial<Listed> = {}): Listed => ({
  name,
  what,
  model: join(__dirname, 'nets', name, 'model.keras'),
  inputs: join(__dirname, 'nets', name, 'inputs.npz'),
  target: { index: 'argmax' },
  ...change,
});
const field = (folder: string, file: string, what: string, index: number): Listed => ({
  name: folder,
  what,
  model: join(root, 'tests/field', folder, file),
  inputs: join(root, 'tests/field', folder, 'inputs.npz'),
  graded: true,
  target: { index },
});
const sample = (name: string, file: string, what: string): Listed => ({
  name,
  what,
  model: join(root, 'resources/samples', name, file),
  inputs: join(root, 'resources/samples', name, 'inputs.npz'),
  target: { index: 'argmax' },
  examples: 8,
});

export const LISTED: readonly Listed[] = [
  reference('motif', 'convolutions over DNA', 0),
  reference('plain', 'convolutions, max pools', 'argmax'),
  reference('residual', 'skips, depthwise convolutions', 'argmax'),
  reference('gated', 'attention, gates, layer norm', 0),
  sample('digits', 'model.keras', 'the sample of pictures'),
  sample('motifs', 'model.keras', 'the sample of sequences'),
  trained('pools', 'digits: convolutions, max pools'),
  trained('mobile', 'digits: like MobileNet v2'),
  trained('dilated', 'motifs in DNA: dilated residual convolutions'),
  trained('transformer', 'order of marks: pre-norm attention, GELU', { graded: true }),
  trained('lstm', 'order of marks: LSTM'),
  trained('log1p', 'counts: log1p first', { graded: true }),
  trained('normfirst', 'large levels: layer norm first', { graded: true }),
  field('norm-at-zero', 'llama.onnx', 'token embeddings before RMSNorm', 7),
  field('library-size', 'lib.onnx', 'counts by their sum', 2),
];

/** @param only names; empty: all */
export async function nets(only: readonly string[]): Promise<Net[]> {
  const opened: Net[] = [];
  for (const listed of LISTED) {
    if (only.length > 0 && !only.includes(listed.name)) continue;
    if (!existsSync(listed.model)) throw new Error(`${listed.model} is missing`);
    const { graph } = await openModel(listed.model);
    const arrays = await readArrays(listed.inputs);
    const own = (kind: string, most?: number): Record<string, NumericArray> =>
      Object.fromEntries(
        graph.inputs.map(({ name }, place) => {
          const array = (kind === 'input' ? arrays[name] : undefined) ?? arrays[`${kind}_${place}`];
          if (!array) throw new Error(`${listed.inputs} has no ${kind} ${name}`);
          const rows = Math.min(most ?? Infinity, array.shape[0]!);
          const size = array.data.length / array.shape[0]!;
          return [name, { shape: [rows, ...array.shape.slice(1)], data: array.data.subarray(0, rows * size) }];
        }),
      );
    const inputs = own('input', listed.examples ?? 12);
    opened.push({
      name: listed.name,
      what: listed.what,
      graded: listed.graded ?? false,
      graph,
      inputs,
      baseline:
        typeof listed.baseline === 'string'
          ? { kind: 'arrays', arrays: own(listed.baseline, 1) }
          : { kind: 'constant', value: listed.baseline ?? 0 },
      target: listed.target ?? { index: 0 },
      examples: Object.values(inputs)[0]!.shape[0]!,
    });
  }
  return opened;
}
