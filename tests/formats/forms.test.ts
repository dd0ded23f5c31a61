/** The same models in forms that their usual writers seldom choose: what they give must not change. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { folder, openCase, worst } from '../attribution/cases';

let device: Device;
let scratch = '';
beforeAll(async () => {
  device = await hold('wasm');
  scratch = mkdtempSync(join(tmpdir(), 'mho-forms-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a checkpoint whose index is packed by Snappy', () => {
  const packed = join(import.meta.dirname, 'snappy/variables.index');
  const copied = (name: string): string => {
    const place = join(scratch, name);
    cpSync(join(folder('plain'), 'saved_model'), place, { recursive: true });
    return place;
  };

  it('is the model that it is unpacked', async () => {
    const place = copied('packed');
    cpSync(packed, join(place, 'variables/variables.index'));
    const [plain, model] = [await openCase('plain', 'saved_model'), await openModel(place)];
    expect(model.summary.parameters).toBe(plain.graph.values.reduce((sum, { constant }) => sum + (constant?.shape.length ? constant.data.length : 0), 0)); // prettier-ignore
    const inputs = Object.fromEntries(
      model.graph.inputs.map(({ name }, i) => [name, Object.values(plain.request.inputs)[i]!]),
    );
    const [wanted, given] = [await predict(device, plain.graph, inputs), await predict(device, model.graph, inputs)];
    expect(worst(Object.values(given)[0]!.data, Object.values(wanted)[0]!.data)).toBe(0);
  });

  it('is refused where a byte of it is wrong, and never read on', async () => {
    const place = copied('damaged');
    const bytes = readFileSync(packed);
    let refused = 0;
    for (let at = 0; at < bytes.length - 48; at += 7) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = damaged[at]! ^ 0x55;
      writeFileSync(join(place, 'variables/variables.index'), damaged);
      await openModel(place).catch((error: Error) => {
        expect(error.message).toMatch(/^MODEL_/);
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(20);
  });
});

/** Weights of a GraphModel as the converter of TensorFlow.js quantises them; those that hold whole numbers stay. */
function quantised(from: string, to: string, kind: 'uint8' | 'uint16' | 'float16'): void {
  const model = JSON.parse(readFileSync(from, 'utf8')) as {
    weightsManifest: { paths: string[]; weights: { name: string; dtype: string; shape: number[]; quantization?: object }[] }[];
  }; // prettier-ignore
  mkdirSync(dirname(to), { recursive: true });
  for (const group of model.weightsManifest) {
    const bytes = Buffer.concat(group.paths.map((path) => readFileSync(join(dirname(from), path))));
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const weight of group.weights) {
      const count = weight.shape.reduce((a, b) => a * b, 1);
      const own = Uint8Array.prototype.slice.call(bytes, at, at + 4 * count);
      at += 4 * count;
      if (weight.dtype !== 'float32') {
        parts.push(own);
        continue;
      }
      const numbers = new Float32Array(own.buffer);
      if (kind === 'float16') {
        weight.quantization = { dtype: 'float16', original_dtype: 'float32' };
        parts.push(new Uint8Array(Uint16Array.from(numbers, half).buffer));
        continue;
      }
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      const scale = (high - low) / (kind === 'uint8' ? 255 : 65535) || 1;
      weight.quantization = { dtype: kind, min: low, scale, original_dtype: 'float32' };
      const codes = Array.from(numbers, (value) => Math.round((value - low) / scale));
      parts.push(kind === 'uint8' ? Uint8Array.from(codes) : new Uint8Array(Uint16Array.from(codes).buffer));
    }
    group.paths = ['group1-shard1of1.bin'];
    writeFileSync(join(dirname(to), 'group1-shard1of1.bin'), Buffer.concat(parts));
  }
  writeFileSync(to, JSON.stringify(model));
}

/** A GraphModel with texts among its weights, as the converter leaves messages of checks in: each with its length before it. */
function withTexts(from: string, to: string, texts: readonly string[], cut = 0): void {
  const model = JSON.parse(readFileSync(from, 'utf8')) as { weightsManifest: { paths: string[]; weights: object[] }[] };
  mkdirSync(dirname(to), { recursive: true });
  const [group] = model.weightsManifest;
  const bytes = Buffer.concat(group!.paths.map((path) => readFileSync(join(dirname(from), path))));
  const told = texts.flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return [length, Buffer.from(text)];
  });
  group!.weights.unshift({ name: 'check/Assert/data_0', dtype: 'string', shape: [texts.length] });
  group!.paths = ['first.bin', 'second.bin'];
  const all = Buffer.concat([...told, bytes]).subarray(0, -cut || undefined);
  // Shards end anywhere, also within a length.
  writeFileSync(join(dirname(to), 'first.bin'), all.subarray(0, 6));
  writeFileSync(join(dirname(to), 'second.bin'), all.subarray(6));
  writeFileSync(to, JSON.stringify(model));
}

describe('a GraphModel with texts among its weights', () => {
  const texts = ['', 'must be ≥ 0', 'x'];

  it('is the model that it is without them', async () => {
    const place = join(scratch, 'texts', 'model.json');
    withTexts(join(folder('plain'), 'tfjs_graph/model.json'), place, texts);
    const [plain, model] = [await openCase('plain', 'tfjs_graph'), await openModel(place)];
    const outputs = await Promise.all([plain, model].map(({ graph }) => predict(device, graph, plain.request.inputs)));
    const [wanted, given] = outputs.map((each) => Object.values(each)[0]!.data);
    expect(worst(given!, wanted!)).toBe(0);
  });

  it('is refused where they leave too few bytes for the numbers behind them', async () => {
    const place = join(scratch, 'short', 'model.json');
    withTexts(join(folder('plain'), 'tfjs_graph/model.json'), place, texts, 8);
    await expect(openModel(place)).rejects.toThrow('MODEL_WEIGHTS_SHORT');
  });
});

/** The nearest float16 number's bits. */
function half(value: number): number {
  const magnitude = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign + ((exponent + 15) << 10) + Math.round((magnitude / 2 ** exponent - 1) * 1024);
}

describe('a GraphModel with quantised weights', () => {
  // What a weight may be off: half a step of its range (here below 2.5), or of ten bits.
  it.each([
    ['uint16', 2.5 / 65535],
    ['float16', 1.3 / 1024],
    ['uint8', 2.5 / 255],
  ] as const)('%s: every weight is within half a step', async (kind, step) => {
    const place = join(scratch, kind, 'model.json');
    quantised(join(folder('plain'), 'tfjs_graph/model.json'), place, kind);
    const [plain, model] = [await openCase('plain', 'tfjs_graph'), await openModel(place)];
    const weights = (graph: typeof plain.graph) => graph.values.filter(({ constant }) => constant?.shape.length);
    const [wanted, given] = [weights(plain.graph), weights(model.graph)];
    expect(given.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
    let most = 0;
    wanted.forEach(({ constant }, i) =>
      constant!.data.forEach((value, j) => {
        most = Math.max(most, Math.abs(given[i]!.constant!.data[j]! - value));
      }),
    );
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(step / 2);
    const outputs = await Promise.all([plain, model].map(({ graph }) => predict(device, graph, plain.request.inputs)));
    const [a, b] = outputs.map((each) => Object.values(each)[0]!.data);
    expect(worst(b!, a!)).toBeLessThan(kind === 'uint8' ? 0.1 : 2e-3);
  });
});
