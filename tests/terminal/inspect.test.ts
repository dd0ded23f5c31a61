/** What `mho inspect` says before anything is given: how many examples a file takes, what is walked, which output is the target. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelSummary, OpSupport } from '../../src/contract/model';
import { constantOf, type Graph, INT64, onnxFile } from '../formats/onnxFile';
import { mho } from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'mho-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (graph: Graph): string => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxFile(graph, 17));
  return path;
};
const field = (name: string): string => resolve(import.meta.dirname, '../field', name);

/** Of [1, 4, 3]: all numbers averaged, over the first axis too. */
const averaged: Graph = {
  inputs: [{ name: 'x', shape: [1, 4, 3] }],
  outputs: [{ name: 'y' }],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['product'] },
    { op: 'Tanh', inputs: ['product'], outputs: ['active'] },
    { op: 'ReduceMean', inputs: ['active'], outputs: ['mean'], attributes: { keepdims: 0 } },
    { op: 'Reshape', inputs: ['mean', 'flat'], outputs: ['y'] },
  ],
  constants: {
    w: constantOf({ shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) }),
    flat: { shape: [1], data: [1], type: INT64 },
  },
};

describe('a file that takes one example at a time', () => {
  it('is told, with what is to be given', async () => {
    const { out } = await mho(['inspect', written(averaged)]);
    expect(out).toContain(
      'the file takes one example at a time: give x as [examples, 4, 3]; each example gives what it gives alone\n',
    );
    const { examples } = JSON.parse((await mho(['inspect', written(averaged), '--json'])).out) as ModelSummary;
    expect(examples).toBe('one');
  });

  it('without an axis of examples', async () => {
    const { out } = await mho(['inspect', written({ ...averaged, inputs: [{ name: 'x', shape: [4, 3] }] })]);
    expect(out).toContain('the file takes one example at a time: give x as [examples, 4, 3]');
  });

  it('and nothing is said of those that count them', async () => {
    const path = field('qdq_int8/float.onnx');
    expect((await mho(['inspect', path])).out).not.toContain('examples');
    expect(JSON.parse((await mho(['inspect', path, '--json'])).out)).not.toHaveProperty('examples');
  });
});

it.each(['qdq', 'qoperator', 'dynamic'])(
  'steps of whole numbers are told as the line that is walked: %s',
  async (name) => {
    const { out } = await mho(['inspect', field(`qdq_int8/${name}.onnx`), '--json']);
    const { ops } = JSON.parse(out) as { readonly ops: readonly OpSupport[] };
    const rounded = ops.filter(({ op }) => op === 'round');
    expect(rounded.map(({ nig, notes }) => [nig, notes])).toEqual([['exact', ['line']]]);
    expect((await mho(['inspect', field(`qdq_int8/${name}.onnx`)])).out).toMatch(
      /round[^\n]*: its steps stand for a straight line, which is what paths walk\./,
    );
  },
);
