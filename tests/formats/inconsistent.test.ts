/** Files whose ops do not agree with their inputs, as fuzzing found them: shown, and told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { temporaryFolder } from './broken';
import { INT64, type Node, onnxFile, type Tensor } from './onnxFile';

const folder = temporaryFolder();
const axes: Tensor = { shape: [1], data: [2], type: INT64 };

it.each<[name: string, nodes: readonly Node[], reason: string]>([
  [
    'values of different ranks joined',
    [
      { op: 'Flatten', inputs: ['x'], outputs: ['flat'] },
      { op: 'Concat', inputs: ['x', 'flat'], outputs: ['y'], attributes: { axis: 1 } },
    ],
    'Concat with values of 4 and 2 axes joined',
  ],
  [
    'windows of fewer axes than the input',
    [
      { op: 'Unsqueeze', inputs: ['x', 'axes'], outputs: ['wide'] },
      { op: 'AveragePool', inputs: ['wide'], outputs: ['y'], attributes: { kernel_shape: [2, 2], strides: [1, 1] } },
    ],
    'AveragePool with windows of 2 axes over 3',
  ],
])('%s', async (name, nodes, reason) => {
  const at = join(folder, name.replace(/\W/g, '_'));
  mkdirSync(at);
  const path = join(at, 'model.onnx');
  const port = (each: string) => ({ name: each, shape: [1, 3, 4, 4] });
  writeFileSync(path, onnxFile({ nodes, inputs: [port('x')], outputs: [port('y')], constants: { axes } }));
  const { summary } = await openModel(path);
  expect(summary.layers.flatMap(({ unsupported }) => unsupported)).toContain(reason);
});
