/** ONNX's own test models: a model, its inputs and the outputs every runtime must give. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { NumericArray } from '../../src/contract/attribution';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { Budget } from '../../src/main/engine/formats/budget';
import { ModelProto, TensorProto } from '../../src/main/engine/formats/onnx/proto';
import { tensorOf } from '../../src/main/engine/formats/onnx/tensor';
import { closedOf } from '../../src/main/engine/graph/closed';
import { fromPackage } from './registryFile';

const IN_WHEEL = 'onnx/backend/test/data';
const given = process.env['MHO_ONNX_DATA'] ?? join(homedir(), '.cache/mho/models/onnx', IN_WHEEL);
const fetched = existsSync(given) ? null : await fromPackage('onnx', '1.23.0', [IN_WHEEL]);

/** `onnx/backend/test/data` of the PyPI package onnx, unpacked; null where it cannot be had. */
export const onnxData = (): string | null => (existsSync(given) ? given : fetched && join(fetched, IN_WHEEL));

export const casesIn = (folder: string): string[] => readdirSync(folder).sort();

function stored(path: string): NumericArray {
  const array = tensorOf(TensorProto.decode(readFileSync(path)), path, new Budget(path, Infinity));
  return { shape: [...array.shape], data: Float32Array.from(array.data) };
}

/** Numbers that ONNX's runner feeds the models without stored inputs: 0, 1/n, 2/n … */
function ramp(shape: readonly number[]): NumericArray {
  const size = shape.reduce((product, each) => product * each, 1);
  return { shape: [...shape], data: Float32Array.from({ length: size }, (_, i) => i / size) };
}

export interface Outcome {
  /** Ops nobody translated. */
  readonly unsupported: readonly string[];
  /** Largest difference over the largest magnitude; null where there was none to compare. */
  readonly worst: number | null;
}

/** Runs a model on its inputs and compares. @param partly outputs that can be computed alone, where others cannot */
export async function outcome(
  model: string,
  inputs: readonly string[] | null,
  outputs: readonly string[],
  device: Device,
  partly = false,
): Promise<Outcome> {
  const opened = await openModel(model);
  const { summary } = opened;
  const unsupported = [...new Set(summary.layers.flatMap((layer) => layer.unsupported))];
  if (unsupported.length && !partly) return { unsupported, worst: null };
  const closed = closedOf(opened.graph);
  const ports = opened.graph.outputs.filter(({ value }) => !partly || !closed.has(value));
  const graph = { ...opened.graph, outputs: ports };
  const file = ModelProto.decode(readFileSync(model)).graph!;
  const fixed = new Set(file.initialisers.map(({ name }) => name));
  /** As one example, where the file has no batch axis. */
  const asFed = (name: string, array: NumericArray): NumericArray => {
    const port = graph.inputs.find((each) => each.name === name);
    const whole = port && graph.values[port.value]!.shape.length === array.shape.length;
    return whole ? { ...array, shape: [1, ...array.shape] } : array;
  };
  const fed = Object.fromEntries(
    file.inputs
      .map((info, i) => ({ info, i }))
      .filter(({ info }) => !fixed.has(info.name))
      .map(({ info, i }) => [
        info.name,
        asFed(
          info.name,
          inputs ? stored(inputs[i]!) : ramp(info.type!.tensor!.shape!.dims.map((dim) => dim.value ?? 1)),
        ),
      ]),
  );
  const given = await predict(device, graph, fed);
  let worst = 0;
  outputs.forEach((path, i) => {
    const want = stored(path);
    const have = given[file.outputs[i]!.name];
    if (!have) return; // a constant is no output
    if (have.data.length !== want.data.length) worst = Infinity;
    const scale = want.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 1e-3); // prettier-ignore
    want.data.forEach((value, j) => {
      if (Object.is(value, have.data[j])) return; // infinities and NaN too
      const difference = Math.abs(value - have.data[j]!) / scale;
      worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    });
  });
  return { unsupported, worst };
}

/** The files of one data set: input_0.pb, input_1.pb … */
export const filesOf = (folder: string, kind: 'input' | 'output'): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${kind}_`))
    .sort()
    .map((name) => join(folder, name));
