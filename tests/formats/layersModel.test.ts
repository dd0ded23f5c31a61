/** LayersModel folders: quantised weights, several shards, both ways of writing the input's shape. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { CASES, layersModel, type LayersModelJson, temporaryFolder, type WeightJson, written } from './broken';

const folder = temporaryFolder();
let made = 0;
const place = (): string => join(folder, String(made++));
const shard = readFileSync(join(CASES, 'gated/tfjs_layers/group1-shard1of1.bin'));

const weightsOf = (graph: Graph): Map<string, Float32Array> =>
  new Map(graph.values.flatMap(({ name, constant }) => (constant ? [[name, constant.data as Float32Array]] : [])));

/** The case's weights written anew, each by `pack`, as a converter's `--quantize` does. */
function quantised(
  pack: (values: Float32Array) => { bytes: Uint8Array; quantization: Record<string, unknown> },
): string {
  let json: LayersModelJson;
  const path = layersModel(place(), (each) => (json = each));
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const weight of json!.weightsManifest[0]!.weights as WeightJson[]) {
    const size = weight.shape.reduce((product, each) => product * each, 1);
    const values = new Float32Array(new Uint8Array(shard.subarray(at, at + 4 * size)).buffer);
    at += 4 * size;
    const { bytes, quantization } = pack(values);
    parts.push(bytes);
    weight.quantization = quantization;
  }
  written(path, 'model.json', JSON.stringify(json!));
  written(path, 'group1-shard1of1.bin', Buffer.concat(parts));
  return path;
}

/** As the converter: scale = (max − min) / levels. */
function affine(levels: 255 | 65535) {
  return (values: Float32Array) => {
    const min = values.reduce((least, each) => Math.min(least, each), Infinity);
    const max = values.reduce((most, each) => Math.max(most, each), -Infinity);
    const scale = (max - min) / levels || 1;
    const stored = Array.from(values, (each) => Math.round((each - min) / scale));
    const whole = levels === 255 ? Uint8Array.from(stored) : Uint16Array.from(stored);
    const quantization = { dtype: levels === 255 ? 'uint8' : 'uint16', original_dtype: 'float32', scale, min };
    return { bytes: new Uint8Array(whole.buffer), quantization };
  };
}

/** Half-precision bits, cut off rather than rounded. */
function half(values: Float32Array) {
  const bits = Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (each) => {
    const exponent = ((each >> 23) & 0xff) - 112;
    return ((each >>> 16) & 0x8000) | (exponent <= 0 ? 0 : (exponent << 10) | ((each >> 13) & 0x3ff));
  });
  return { bytes: new Uint8Array(bits.buffer), quantization: { dtype: 'float16', original_dtype: 'float32' } };
}

describe('quantised weights', () => {
  it.each([
    ['uint8', affine(255), (range: number) => range / 255],
    ['uint16', affine(65535), (range: number) => range / 65535 + 1e-7],
    ['float16', half, (range: number) => range * 2 ** -9],
  ])('%s', async (_, pack, step) => {
    const exact = weightsOf((await openModel(join(CASES, 'gated/tfjs_layers'))).graph);
    const stored = weightsOf((await openModel(quantised(pack))).graph);
    expect([...stored.keys()].sort()).toEqual([...exact.keys()].sort());
    let apart = 0;
    for (const [name, values] of exact) {
      const range = values.reduce((most, each) => Math.max(most, Math.abs(each)), 0) * 2 + 1e-4;
      stored.get(name)!.forEach((value, index) => {
        apart = Math.max(apart, Math.abs(value - values[index]!));
        expect(Math.abs(value - values[index]!)).toBeLessThanOrEqual(step(range));
      });
    }
    expect(apart).toBeGreaterThan(0);
  });
});

it('joins shards', async () => {
  const path = layersModel(place(), (json) => (json.weightsManifest[0]!.paths = ['a.bin', 'b.bin', 'c.bin']));
  [shard.subarray(0, 1001), shard.subarray(1001, 1002), shard.subarray(1002)].forEach((part, index) =>
    written(path, `${'abc'[index]}.bin`, part),
  );
  const whole = await openModel(join(CASES, 'gated/tfjs_layers'));
  expect((await openModel(path)).summary.hash).toBe(whole.summary.hash);
});

it.each(['batch_input_shape', 'batchInputShape', 'batch_shape'])('reads %s', async (key) => {
  const path = layersModel(place(), (json) => {
    for (const { config } of json.modelTopology.model_config.config.layers)
      if ('batch_input_shape' in config) {
        const shape = config['batch_input_shape'];
        delete config['batch_input_shape'];
        config[key] = shape;
      }
  });
  expect((await openModel(path)).summary.inputs.map(({ shape }) => shape)).toEqual([[12, 6], [3]]);
});

describe('what cannot be expressed is shown and refused', () => {
  const kindsOf = async (path: string): Promise<(readonly [string, readonly string[]])[]> =>
    (await openModel(path)).summary.layers
      .filter(({ unsupported }) => unsupported.length > 0)
      .map(({ name, unsupported }) => [name, unsupported]);

  it('an unknown layer, and what needs the shape behind it', async () => {
    const path = layersModel(place(), (json) => {
      json.modelTopology.model_config.config.layers.find(({ name }) => name === 'context_elu')!.class_name = 'Wavelet';
    });
    expect(await kindsOf(path)).toEqual([['context_elu', ['Wavelet']]]);
    const { layers } = (await openModel(path)).summary;
    expect(layers.flatMap(({ name, behind }) => (behind === undefined ? [] : [[name, behind]]))).toEqual([
      ['both', ['context_elu']],
      ['mix', ['context_elu']],
      ['logit', ['context_elu']],
    ]);
  });

  it('an activation nobody knows', async () => {
    const path = layersModel(place(), (json) => {
      json.modelTopology.model_config.config.layers.find(({ name }) => name === 'logit')!.config['activation'] =
        'custom>wave';
    });
    expect(await kindsOf(path)).toEqual([['logit', ['Dense with activation custom>wave']]]);
  });

  it('a softmax that would heed a mask', async () => {
    const path = layersModel(place(), (json) => {
      const { layers } = json.modelTopology.model_config.config;
      const gated = layers.findIndex(({ name }) => name === 'gated');
      const mask = { class_name: 'Masking', name: 'mask', config: { name: 'mask', mask_value: 0 } };
      layers.splice(gated + 1, 0, { ...mask, inbound_nodes: [[['gated', 0, 0, {}]]] });
      layers.find(({ name }) => name === 'score')!.inbound_nodes = [[['mask', 0, 0, {}]]];
    });
    const refused = await kindsOf(path);
    expect(refused[0]).toEqual(['attention', ['Softmax with a mask of this shape']]);
  });
});
