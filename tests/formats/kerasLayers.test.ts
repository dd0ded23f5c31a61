/** Every layer, activation and option of Keras 2 and 3: what the graph gives is what Keras gave (make_keras_layers.py, make_keras_further.py). */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';

const SAMPLES = resolve(import.meta.dirname, '../samples');
/** Of the output's largest value, or of 1 where all are smaller. */
const TOLERANCE = 1e-5;

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});

function difference(have: NumericArray, want: NumericArray): number {
  let worst = 0;
  let largest = 1;
  want.data.forEach((value, place) => {
    const apart = Math.abs(value - have.data[place]!);
    worst = Number.isNaN(apart) ? Infinity : Math.max(worst, apart);
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

/** Layers whose own op is unknown. */
const unknown = (graph: Graph): string[] =>
  graph.nodes.filter((node) => node.op === 'unknown').map((node) => node.name);

describe.each(['keras_layers/keras3', 'keras_layers/keras2', 'keras_further/keras3', 'keras_further/keras2'])(
  '%s',
  (version) => {
    const files = readdirSync(join(SAMPLES, version)).filter((file) => !file.endsWith('.npz'));

    it.each(files)('%s', async (file) => {
      const family = file.replace(/\.\w+$/, '');
      const arrays = await readArrays(join(SAMPLES, version, 'outputs.npz'));
      const { graph } = await openModel(join(SAMPLES, version, file));
      expect(unknown(graph)).toEqual([]);

      const given = Object.keys(arrays).filter((name) => name.startsWith(`${family}/in/`));
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name }, place) => [name, arrays[`${family}/in/${name}`] ?? arrays[given[place]!]!]),
      );
      const before = tf.memory().numTensors;
      const outputs = await predict(device, graph, inputs);
      expect(tf.memory().numTensors).toBe(before);

      const wanted = Object.keys(arrays).filter((name) => name.startsWith(`${family}/out/`));
      expect(graph.outputs.map(({ name }) => `${family}/out/${name}`).sort()).toEqual(wanted.sort());
      const wrong = Object.entries(outputs).flatMap(([name, have]) => {
        const want = arrays[`${family}/out/${name}`]!;
        if (have.shape.join() !== want.shape.join()) return [`${name}: [${have.shape}] instead of [${want.shape}]`];
        const apart = difference(have, want);
        return apart <= TOLERANCE ? [] : [`${name}: ${apart.toExponential(1)} apart`];
      });
      expect(wrong).toEqual([]);
    });
  },
);
