/** What `mho inspect` says before anything is given: how many examples a file takes, what is walked, which output is the target. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelSummary, OpSupport } from '../../src/contract/model';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { symbolic } from '../../src/main/engine/formats/tensors/standIns';
import { recurrentFile } from '../formats/freeOnnx';
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
      'The file takes one example at a time: give x as [examples, 4, 3]; each example gives what it gives alone\n',
    );
    const { examples } = JSON.parse((await mho(['inspect', written(averaged), '--json'])).out) as ModelSummary;
    expect(examples).toBe('one');
  });

  it('without an axis of examples', async () => {
    const { out } = await mho(['inspect', written({ ...averaged, inputs: [{ name: 'x', shape: [4, 3] }] })]);
    expect(out).toContain('The file takes one example at a time: give x as [examples, 4, 3]');
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

describe('a model whose length is free', () => {
  const free = join(folder, 'free.onnx');
  writeFileSync(free, recurrentFile('steps'));

  it('is told to want an input where it has no rule without one', async () => {
    const { out } = await mho(['inspect', free]);
    expect(out).toMatch(
      /No rule for LSTM with a free number of steps .* An input binds the free sizes of x, and may open them\./,
    );
    expect(out).toContain('--size x=?,2 with numbers in place of ?');
    expect((await mho(['inspect', free, '--size', 'x=5,2'])).out).not.toContain('No rule');
  });

  it('shows a stand-in for it in no table, no JSON and no refusal', async () => {
    const data = join(folder, 'x.npy');
    writeFileSync(data, Buffer.concat([npyHeader([1, 5, 3]), npyBytes(new Float32Array(15))]));
    for (const words of [
      ['inspect', free],
      ['inspect', free, '--json'],
      ['inspect', free, '--size', 'x=?,2', '--json'],
      ['inspect', free, '--size', 'x=5,3'],
      ['attribute', free],
      ['attribute', free, '--input', data],
      ['attribute', free, '--size', 'x=?,2', '--target', 'lstm:999'],
      ['check', free, '--input', data, '--expect', data],
    ]) {
      const { out, err } = await mho(words);
      // Neither the hash nor where the file lies are numbers that anybody is told.
      const told = `${out}${err}`.replaceAll(folder, '').replace(/[0-9a-f]{12,}/g, '');
      const seen = [...told.matchAll(/\d+(?:\.\d+)?(?:e\+\d+)?/g)].map(([each]) => Number(each)).filter(symbolic);
      expect(seen, words.join(' ')).toEqual([]);
      expect(err, words.join(' ')).not.toMatch(/INTERNAL|UNREADABLE/);
    }
  });
});
