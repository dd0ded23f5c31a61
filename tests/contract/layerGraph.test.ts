/** Layers as JSON for other programs: held to their schemas, by numbers that are known. */
import { describe, expect, it } from 'vitest';
import { asJson, layerGraph, layerGraphOf, nodeData, nodeDataOf } from '../../src/contract/layerGraph';
import { runNames } from '../../src/contract/words/runNames';
import { layerDataOf } from '../../src/renderer/logic/layerData';
import { record } from '../renderer/records';

const layers = ['input', 'first', 'last'].map((name, at) => ({
  name,
  kind: 'Dense',
  group: ['block'],
  shape: [null, 3],
  unitAxis: 1,
  units: 3,
  parameters: at * 12,
  inputs: at === 0 ? [] : [['input', 'first'][at - 1]!],
  unsupported: [],
}));
const model = { name: 'small', format: 'ONNX', path: '', hash: 'abc', inputs: [], outputs: [], layers, parameters: 36 };
const run = record('nig', [
  { name: 'first', units: [3, -1, 0.5], errors: [0.1, 0.2, 0.3], residual: -0.5 },
  { name: 'last', units: [4, -1, 0] },
]);
const nameOf = (): string => 'mine';
const told = { name: 'mine', numbered: [5], result: run.result, layers: run.layers };

describe('the graph of layers', () => {
  const graph = layerGraph.parse(JSON.parse(asJson(layerGraphOf(model, [told]))));

  it('has every layer and what feeds it, also those that a run does not reach', () => {
    expect(graph.layers.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['input', []],
      ['first', ['input']],
      ['last', ['first']],
    ]);
    expect(graph).toMatchObject({ format: 'mho-layer-graph', version: 1, model: { name: 'small', hash: 'abc' } });
  });

  it('says of every run, example and layer sum, mass, signs, error and residual', () => {
    const [mine] = graph.runs;
    expect(mine).toMatchObject({ name: 'mine', method: 'nig', complete: true });
    const [example] = mine!.examples;
    expect(example).toMatchObject({ example: 5, target: 'logits[3]', atInput: 4, atBaseline: 1 });
    const [first, last] = example!.layers;
    expect(first).toMatchObject({
      layer: 'first',
      sum: 2.5,
      mass: 4.5,
      raises: 3.5,
      lowers: -1,
      cut: true,
      residual: -0.5,
    });
    expect(first!.error).toBeCloseTo(0.6, 5);
    expect(last).toMatchObject({ sum: 3, mass: 5, raises: 4, lowers: -1, cut: false, residual: null, error: null });
  });

  it('writes what is no number as null', () => {
    const [layer] = record('nig', [{ name: 'first', units: [Number.NaN, 1] }]).layers;
    const [only] = layerGraphOf(model, [{ ...told, layers: [layer!] }]).runs[0]!.examples[0]!.layers;
    expect(only).toMatchObject({ sum: null, mass: null });
    expect(nodeDataOf({ layers: [layer!] }, 0).results).toEqual({});
  });
});

it('node data: mass by layer, and a gradient from the smallest to the largest', () => {
  const data = nodeData.parse(JSON.parse(asJson(nodeDataOf(told, 0))));
  expect(data.results).toEqual({ first: { value: 4.5 }, last: { value: 5 } });
  expect(data.gradient.map(({ stop }) => stop)).toEqual([0, 1]);
});

it('the window gives both of the example that is shown; an overlay only where the main run has it', () => {
  expect(layerDataOf(model, [run], 5, nameOf).map(({ name }) => name)).toEqual(['graph', 'overlay']);
  expect(layerDataOf(model, [run], 6, nameOf).map(({ name }) => name)).toEqual(['graph']);
  const [graph] = layerDataOf(model, [run], 5, nameOf);
  expect(layerGraph.parse(JSON.parse(graph!.text())).runs[0]!.examples[0]!.example).toBe(5);
});

it('runs are called as in the window, by what tells them apart', () => {
  const other = { ...run, run: 'other', asked: { ...run.asked, baseline: { kind: 'constant', value: 0.5 } as const } };
  const both = [run, other];
  const [graph] = layerDataOf(model, both, 5, (each) => runNames(both)[both.indexOf(each)]!);
  expect(layerGraph.parse(JSON.parse(graph!.text())).runs.map(({ name }) => name)).toEqual([
    'NIG · baseline 0',
    'NIG · baseline 0.5',
  ]);
});
