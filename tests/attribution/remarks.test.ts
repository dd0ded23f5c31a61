/** What is to be known before numbers are read: F that does not move, baselines that are the input, units that are dead. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, Remark } from '../../src/contract/attribution';
import { remarkWords } from '../../src/contract/words/remarks';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph } from '../../src/main/engine/graph/graph';
import { hold } from '../device';

let device: Device;
beforeAll(async () => {
  device = await hold();
});

/** out = relu(x · w + b) · v, as layers. */
function graphOf(bias: readonly number[], v: readonly number[]): Graph {
  const builder = new GraphBuilder('net');
  const layer = (name: string, output: number): void =>
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
  const constant = (shape: number[], data: readonly number[], name: string) =>
    builder.constant({ shape, data: Float32Array.from(data) }, name);
  const plain = { transposeA: false, transposeB: false };
  const x = builder.input('x', [2]);
  layer('x', x);
  const product = builder.add('matmul', [x, constant([2, 3], [1, 0, 1, 0, 1, -1], 'w')], plain, 'hidden/product');
  const sum = builder.add('add', [product, constant([3], bias, 'b')], {}, 'hidden/sum');
  const hidden = builder.add('relu', [sum], {}, 'hidden');
  layer('hidden', hidden);
  const out = builder.add('matmul', [hidden, constant([3, 2], v, 'v')], plain, 'out');
  layer('out', out);
  builder.output('out', out);
  return builder.build();
}

const remarks = async (graph: Graph, more: Partial<AttributionRequest> = {}): Promise<readonly Remark[]> => {
  const [result] = await attribute(device, graph, {
    inputs: { x: { shape: [1, 2], data: Float32Array.of(1, 2) } },
    baseline: { kind: 'constant', value: 0 },
    target: { index: 0 },
    methods: ['nig'],
    rule: 'secant',
    steps: 8,
    ...more,
  });
  return result!.remarks;
};

describe('what is remarked', () => {
  it('nothing where there is nothing to say', async () => {
    expect(await remarks(graphOf([0, 0, 2], [1, 0, 1, 0, 1, 0]))).toEqual([]);
  });

  it('a baseline that is the input itself, and nothing else of it', async () => {
    const same = { kind: 'arrays', arrays: { x: { shape: [1, 2], data: Float32Array.of(1, 2) } } } as const;
    const found = await remarks(graphOf([0, 0, 2], [1, 0, 1, 0, 1, 0]), { baseline: same });
    expect(found).toEqual([{ kind: 'same', example: 0 }]);
    expect(remarkWords(found[0]!)).toContain('The baseline is the input itself');
  });

  it('units that are dead on the whole path, but not the other classes', async () => {
    // the third unit is closed at its bias
    const found = await remarks(graphOf([0, 0, -9], [1, 0, 1, 0, 1, 0]));
    expect(found).toEqual([{ kind: 'dead', example: 0, layers: [{ name: 'hidden', dead: 1, units: 3 }] }]);
    expect(remarkWords(found[0]!)).toBe(
      'Nothing passes through 1 of 3 units of hidden along the whole path; their contributions are exactly 0.',
    );
  });

  it('F that comes back to where it was, while units cancel', async () => {
    // hidden is [1, 2, 0] at the input: 2 · 1 − 1 · 2
    const found = await remarks(graphOf([0, 0, 1], [2, 0, -1, 0, 0, 0]));
    const [flat] = found.filter(({ kind }) => kind === 'flat');
    expect(flat).toMatchObject({ kind: 'flat', example: 0, delta: 0, carried: 4 });
    expect(remarkWords(flat!)).toContain('F is the same at input and baseline as far as float32 tells');
  });

  it('F that hardly moves, told with what cancels', async () => {
    const found = await remarks(graphOf([0, 0, 1], [2, 0, -0.9995, 0, 0, 0]));
    const [flat] = found.filter(({ kind }) => kind === 'flat');
    expect(flat).toMatchObject({ kind: 'flat', example: 0 });
    expect(remarkWords(flat!)).toMatch(
      /^F hardly differs between input and baseline \(0\.001\), while the units of \w+ carry 4/,
    );
  });
});
