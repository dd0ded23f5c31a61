/** What is compared with where nobody gives numbers: what the model tells of padding, and what the data are. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { fittingBaseline, isOneHot } from '../../src/main/engine/data/baselines';
import { inputPorts } from '../../src/main/engine/data/ports';
import { openModel } from '../../src/main/engine/formats';
import { paddingOf } from '../../src/main/engine/formats/padding';
import type { Graph } from '../../src/main/engine/graph/graph';
import { variation } from '../../src/main/engine/graph/varied';
import { INT64, onnxFile, type Graph as OnnxGraph } from '../formats/onnxFile';

const scratch = mkdtempSync(join(tmpdir(), 'mho-baselines-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** ids [4] and x [3, 4], looked up and summed; beside it files by name. */
async function opened(
  files: Readonly<Record<string, unknown>> = {},
  table?: Float32Array,
  inner = '.',
): Promise<Graph> {
  const folder = join(scratch, String(count++));
  mkdirSync(join(folder, inner), { recursive: true });
  const graph: OnnxGraph = {
    inputs: [
      { name: 'ids', shape: ['batch', 4], type: INT64 },
      { name: 'x', shape: ['batch', 3, 4] },
    ],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Gather', inputs: ['table', 'ids'], outputs: ['words'], name: '/words/Gather' },
      { op: 'MatMul', inputs: ['x', 'words'], outputs: ['m'] },
      { op: 'Tanh', inputs: ['m'], outputs: ['y'] },
    ],
    constants: { table: { shape: [6, 2], data: table ?? Float32Array.from({ length: 12 }, (_, i) => i + 1) } },
  };
  writeFileSync(join(folder, inner, 'model.onnx'), onnxFile(graph));
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value));
  return (await openModel(folder)).graph;
}

const ids: NumericArray = { shape: [2, 4], data: Float32Array.from([1, 2, 3, 4, 5, 1, 2, 3]) };
const x = (...rows: number[][]): NumericArray => ({
  shape: [rows.length / 3, 3, 4],
  data: Float32Array.from(rows.flat()),
});
const hot = x([1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]);
const reals = x([0.5, 0, 0, 0], [0, 0, 1, 0], [0, 2, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]);
const fit = (graph: Graph, values: NumericArray, asked: Parameters<typeof fittingBaseline>[3] = 'fitting') =>
  fittingBaseline(inputPorts(graph), variation(graph).varied, { ids, x: values }, asked);

describe('ids of padding', () => {
  it.each<[string, Readonly<Record<string, unknown>>, Float32Array | undefined, number]>([
    ['config.json', { 'config.json': { pad_token_id: 2 } }, undefined, 2],
    ['mho.json before it', { 'config.json': { pad_token_id: 2 }, 'mho.json': { pad_token_id: 3 } }, undefined, 3],
    ['the row of the table that is 0', {}, Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 9, 9]), 4],
  ])('by %s', async (_, files, table, value) => {
    const spec = fit(await opened(files, table), reals);
    expect(spec).toEqual({
      kind: 'arrays',
      arrays: { ids: { shape: [1, 4], data: new Float32Array(4).fill(value) } },
      rest: 0,
      chosen: [
        { input: 'ids', kind: 'padding', value, why: 'told' },
        { input: 'x', kind: 'zeros', value: 0, why: 'numbers' },
      ],
    });
  });

  it('beside the folder of an export, where that was given', async () => {
    const graph = await opened({ 'config.json': { pad_token_id: 1 } }, undefined, 'onnx');
    expect(inputPorts(graph)[0]).toMatchObject({ vocabulary: 6, padding: 1 });
  });

  it('outside the vocabulary tells nothing', async () => {
    const graph = await opened({ 'config.json': { pad_token_id: 99 } });
    expect(inputPorts(graph)[0]).not.toHaveProperty('padding');
    expect(fit(graph, reals)).toMatchObject({
      kind: 'constant',
      value: 0,
      chosen: [{ kind: 'zeros', why: 'ids' }, {}],
    });
    expect(() => fit(graph, reals, 'padding')).toThrow(/BASELINE_PADDING: .*nothing tells/);
    expect(fit(graph, reals, { padding: 5 })).toMatchObject({ arrays: { ids: { data: new Float32Array(4).fill(5) } } });
    expect(() => fit(graph, reals, { padding: 6 })).toThrow(/BASELINE_PADDING/);
  });

  it('of a tokenizer, by its token', () => {
    const added = { '0': { content: '<s>' }, '7': { content: '[PAD]' } };
    expect(paddingOf({ pad_token: '[PAD]', added_tokens_decoder: added })).toBe(7);
    expect(paddingOf({ pad_token: { content: '[PAD]' }, added_tokens_decoder: added })).toBe(7);
    expect(paddingOf({ pad_token_id: -1 })).toBeNull();
    expect(paddingOf([])).toBeNull();
  });
});

describe('one-hot sequences', () => {
  it('are told by the data', () => {
    expect(isOneHot(hot)).toBe(true);
    expect(isOneHot(reals)).toBe(false);
    expect(isOneHot({ shape: [1, 3, 4], data: new Float32Array(12) })).toBe(false);
    expect(isOneHot({ shape: [2, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0) })).toBe(false); // one position: a class
  });

  it('are compared with zeros, or all channels alike', async () => {
    const graph = await opened();
    expect(fit(graph, hot).chosen![1]).toEqual({ input: 'x', kind: 'zeros', value: 0, why: 'one-hot' });
    expect(fit(graph, hot, 'uniform')).toMatchObject({
      arrays: { x: { shape: [1, 3, 4], data: new Float32Array(12).fill(0.25) } },
      rest: 0,
    });
    expect(() => fit(graph, reals, 'uniform')).toThrow(/BASELINE_UNIFORM/);
  });
});
