/** Weights that are no numbers are told at opening; infinities that only mask are not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import { notFiniteWeights } from '../../src/main/engine/graph/doubts';
import { onnxFile } from '../formats/onnxFile';
import { mho } from '../terminal/terminal';

const folder = await mkdtemp(join(tmpdir(), 'mho-doubts-'));
afterAll(() => rm(folder, { recursive: true }));

describe('weights that are no numbers', () => {
  const graph = (op: 'maximum' | 'minimum' | 'add' | 'mul', ...data: number[]) => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', [data.length]);
    builder.output('out', builder.add(op, [x, builder.constant({ shape: [data.length], data: Float32Array.from(data) }, 'w')], {}, 'out')); // prettier-ignore
    return builder.build();
  };

  it('are counted, with the first of them', () => {
    expect(notFiniteWeights(graph('mul', 1, Infinity, Number.NaN, -Infinity))).toEqual([
      { weight: 'w', layer: 'out', nan: 1, infinite: 2, of: 4, first: 1 },
    ]);
    expect(notFiniteWeights(graph('add', 1, Infinity))).toMatchObject([{ nan: 0, infinite: 1, first: 1 }]);
    expect(notFiniteWeights(graph('maximum', Number.NaN))).toMatchObject([{ nan: 1, infinite: 0 }]);
  });

  it('are not what masks: neutral elements', () => {
    expect(notFiniteWeights(graph('add', 0, -Infinity))).toEqual([]);
    expect(notFiniteWeights(graph('maximum', -Infinity))).toEqual([]);
    expect(notFiniteWeights(graph('minimum', Infinity))).toEqual([]);
  });

  it('are not found in the models that only mask', async () => {
    for (const name of ['jax_softmax', 'min', 'clip', 'logsm', 'where', 'pad_pool']) {
      const { summary } = await openModel(resolve(import.meta.dirname, `../field/minus-infinity/${name}.onnx`));
      expect(summary.notFinite, name).toBeUndefined();
    }
  });

  it('are told by mho inspect, in its JSON, and by a run before it fails', async () => {
    const path = join(folder, 'diverged.onnx');
    const w = { shape: [3, 2], data: [1, Number.NaN, 3, 4, Infinity, 6] };
    await writeFile(
      path,
      onnxFile({
        nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['dense'], name: 'dense' }],
        inputs: [{ name: 'x', shape: ['N', 3] }],
        outputs: [{ name: 'dense', shape: ['N', 2] }],
        constants: { w },
      }),
    );
    const words = /holds 1 NaN and 1 infinity among 6 numbers, the first at index 1/;
    const inspected = await mho(['inspect', path]);
    expect(inspected.code).toBe(0);
    expect(inspected.out).toMatch(words);
    expect(inspected.err).toBe('');
    const { out } = await mho(['inspect', path, '--json']);
    expect((JSON.parse(out) as { notFinite: object[] }).notFinite).toMatchObject([{ nan: 1, infinite: 1, of: 6 }]);
    const table = join(folder, 'x.csv');
    await writeFile(table, '1,2,3\n');
    const ran = await mho(['attribute', path, '--input', table, '--target', 'dense:1']);
    expect(ran.err).toMatch(words);
    expect(ran.err).toContain('NOT_FINITE_WEIGHTS: In example 0, NaN first arises at layer dense (op matmul)');
    expect(ran.code).toBe(1);
  });
});
