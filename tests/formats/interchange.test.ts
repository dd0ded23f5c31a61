/** The reference cases as ONNX, SavedModel and GraphModel: the same layers, outputs and contributions as in Keras's formats. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { CASES, firstRows, folder, openCase, type ReferenceCase, worst } from '../attribution/cases';

const FILES = ['model.onnx', 'saved_model', 'saved_model_keras2', 'tfjs_graph'] as const;
/** Layers of the Keras model that an exporter folded into the next, by file. */
const FOLDED: Readonly<Record<string, readonly string[]>> = {
  'residual/model.onnx': ['stem', 'a_separable'],
  'residual/tfjs_graph': ['stem', 'stem_bn', 'a_separable', 'a_bn'],
};

let device: Device;
let before = 0;
beforeAll(async () => {
  device = await hold('wasm');
  before = tf.memory().numTensors;
});
afterAll(() => expect(tf.memory().numTensors).toBe(before));

/** Inputs by their names: files list them in an order of their own. */
async function openByName(
  name: (typeof CASES)[number],
  file: string,
): Promise<ReferenceCase & { readonly places: readonly number[] }> {
  const [keras, model] = [await openCase(name), await openCase(name, file)];
  const order = keras.graph.inputs.map((port) => port.name);
  const places = model.graph.inputs.map((port) => order.indexOf(port.name));
  return { ...model, request: keras.request, places };
}

describe.each(CASES)('%s', (name) => {
  describe.each(FILES)('%s', (file) => {
    it('has the layers that the Keras model has', async () => {
      const [keras, model] = [await openCase(name), await openCase(name, file)];
      const folded = FOLDED[`${name}/${file}`] ?? [];
      const wanted = keras.graph.layers.filter((layer) => !folded.includes(layer.name));
      const found = new Map(
        model.graph.layers.filter((layer) => !layer.group.length).map((layer) => [layer.name, layer]),
      );
      expect([...found.keys()].sort()).toEqual(wanted.map((layer) => layer.name).sort());
      for (const layer of wanted) {
        const other = found.get(layer.name)!;
        expect(model.graph.values[other.output]!.shape, layer.name).toEqual(keras.graph.values[layer.output]!.shape);
        expect(other.unitAxis, layer.name).toBe(layer.unitAxis);
      }
    });

    it('gives the stored outputs', async () => {
      const { graph, request } = await openByName(name, file);
      const arrays = await readArrays(`${folder(name)}/inputs.npz`);
      const outputs = await predict(device, graph, request.inputs);
      const output = Object.values(outputs)[0]!;
      expect(worst(output.data, firstRows(arrays['output']!, 4).data)).toBeLessThan(1e-5);
    });

    it('gives the contributions of the literal twin', async () => {
      const { graph, request, truth, places } = await openByName(name, file);
      // Where a norm is written out in parts, single steps differ from those of the twin; many agree with the truth.
      const [run, steps] = name === 'gated' ? (['nig', 600] as const) : (['secant_50', 50] as const);
      const [result] = await attribute(device, graph, { ...request, steps });
      const checked = result!.layers.filter((layer) => {
        const place = graph.inputs.findIndex((port) => port.name === layer.name);
        const want = truth[`${run}/${place < 0 ? layer.name : `input_${places[place]!}`}`];
        if (!want) return false;
        expect(worst(layer.contributions, want.data), layer.name).toBeLessThan(1e-4);
        return true;
      });
      expect(checked.length).toBeGreaterThan(5);
      expect(worst(result!.delta, truth['delta']!.data)).toBeLessThan(1e-5);
    });
  });
});
