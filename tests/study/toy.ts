/** Networks of one hidden layer whose answers are known: F = v · relu(W h + b) + c, where h = relu(x). */
import type { AttributionRequest } from '../../src/contract/attribution';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';

export interface Net {
  /** A row for each unit of h, a column for each of z. */
  readonly W: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** A row for each unit of z, a column for each output. */
  readonly v: readonly (readonly number[])[];
  /** One for each output; none is added where it is left out. */
  readonly c?: readonly number[];
}

/** Layers x, h, z and out. */
export function toyNet({ W, b, v, c }: Net): Graph {
  const builder = new GraphBuilder('toy');
  const layer = (name: string, output: ValueId): ValueId => {
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
    return output;
  };
  const constant = (name: string, shape: number[], values: readonly number[]): ValueId =>
    builder.constant({ shape, data: Float32Array.from(values) }, name);
  const plain = { transposeA: false, transposeB: false };
  const h = layer('h', builder.add('relu', [layer('x', builder.input('x', [W.length]))], {}, 'h'));
  const sum = builder.add('matmul', [h, constant('W', [W.length, b.length], W.flat())], plain, 'sum');
  const z = layer('z', builder.add('relu', [builder.add('add', [sum, constant('b', [b.length], b)], {}, 'shifted')], {}, 'z')); // prettier-ignore
  const read = constant('v', [b.length, v[0]!.length], v.flat());
  const out = builder.add('matmul', [z, read], plain, 'read');
  builder.output('out', layer('out', c ? builder.add('add', [out, constant('c', [c.length], c)], {}, 'out') : out));
  return builder.build();
}

export const asked = (
  rows: readonly (readonly number[])[],
  also: Partial<AttributionRequest> = {},
): AttributionRequest => ({
  inputs: { x: { shape: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) } },
  baseline: { kind: 'constant', value: 0 },
  target: { index: 0 },
  methods: [],
  rule: 'secant',
  steps: 8,
  ...also,
});
