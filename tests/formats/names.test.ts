/** Names are data: what JavaScript's objects bring along (`__proto__`, `constructor`) are layers, inputs and ops like others. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import { openModel } from '../../src/main/engine/formats';
import { opSupport } from '../../src/main/engine/graph/support';
import { variation } from '../../src/main/engine/graph/varied';
import { hold } from '../device';
import { layersModel, temporaryFolder } from './broken';
import { onnxFile } from './onnxFile';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const folder = temporaryFolder();
let made = 0;
const place = (): string => {
  const path = join(folder, String(made++));
  mkdirSync(path);
  return path;
};

/** x → relu → y, of names that are given. */
function onnx(input: string, node: string, output: string, op = 'Relu'): string {
  const path = join(place(), 'model.onnx');
  const port = (name: string) => ({ name, shape: [1, 3] });
  const nodes = [{ op, name: node, inputs: [input], outputs: [output] }];
  writeFileSync(path, onnxFile({ nodes, inputs: [port(input)], outputs: [port(output)] }));
  return path;
}

describe.each(NAMES)('%s', (name) => {
  it('is an input, a node and an output of an ONNX file, and is attributed', async () => {
    const { graph, summary } = await openModel(onnx(name, `${name}/${name}`, `${name}_out`));
    expect(summary.inputs.map((port) => port.name)).toEqual([name]);
    expect(variation(graph).varied.walked.map((start) => start.name)).toEqual([name]);
    const given = (...data: number[]) => Object.fromEntries([[name, { shape: [1, 3], data: Float32Array.from(data) }]]);
    const device = await hold('cpu');
    const [result] = await attribute(device, graph, {
      inputs: given(1, -2, 3),
      baseline: { kind: 'arrays', arrays: given(0, 0, 0) },
      target: { index: 2 },
      methods: ['nig'],
      rule: 'secant',
      steps: 4,
    });
    const layer = result!.layers.find((each) => each.name === name)!;
    expect([...layer.contributions]).toEqual([0, 0, 3]);
  });

  it('is an op that nobody knows: shown, and told', async () => {
    const { graph, summary } = await openModel(onnx('x', 'n', 'y', name));
    expect(summary.layers.map(({ unsupported }) => unsupported)).toContainEqual([name]);
    expect(opSupport(graph).map(({ op }) => op)).toContain(name);
  });

  it('is a layer, a class and a weight of a LayersModel', async () => {
    const layer = layersModel(place(), (json) => {
      const text = JSON.stringify(json).replaceAll('"embed"', JSON.stringify(name)).replaceAll('"embed/', `"${name}/`);
      Object.assign(json, JSON.parse(text));
    });
    const { summary } = await openModel(layer);
    expect(summary.layers.map((each) => each.name)).toContain(name);
    const kind = layersModel(place(), (json) => {
      json.modelTopology.model_config.config.layers.find((each) => each.name === 'embed')!.class_name = name;
    });
    expect((await openModel(kind)).summary.layers.find((each) => each.name === 'embed')?.kind).toBe(name);
  });
});
