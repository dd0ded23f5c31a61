/** A model is found in a folder by what its files hold, whatever they are called; of several, one is taken and the others named. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { CASES, temporaryFolder, written } from './broken';

const folder = temporaryFolder();
let made = 0;
const place = (): string => {
  const path = join(folder, String(made++));
  mkdirSync(path);
  return path;
};
const put = (at: string, from: string, name: string): void => {
  cpSync(join(CASES, from), join(at, name), { recursive: true });
};

it.each([
  ['gated/model.keras', 'Keras (.keras)'],
  ['gated/model.h5', 'Keras (.h5)'],
  ['gated/model.onnx', 'ONNX'],
])('%s under a name that says nothing', async (from, format) => {
  const at = place();
  written(at, 'model.keras.txt', 'trained on Tuesday');
  written(at, 'broken.onnx', Buffer.alloc(100, 7));
  put(at, from, 'weights.dat');
  const { summary, beside } = await openModel(at);
  expect(summary).toMatchObject({ format, path: join(at, 'weights.dat') });
  expect(beside).toEqual([]);
});

it.each([
  ['tfjs_layers', 'TensorFlow.js LayersModel'],
  ['tfjs_graph', 'TensorFlow.js GraphModel'],
  ['saved_model', 'TensorFlow SavedModel'],
])('%s, one folder down', async (from, format) => {
  const at = place();
  put(at, `gated/${from}`, 'export');
  expect((await openModel(at)).summary.format).toBe(format);
});

it('takes the format that says most, then the first name, and names the others', async () => {
  const at = place();
  put(at, 'gated/model.onnx', 'a.onnx');
  put(at, 'gated/model.keras', 'epoch10');
  put(at, 'motif/model.keras', 'epoch9');
  put(at, 'gated/model.h5', 'b');
  const { summary, beside } = await openModel(at);
  expect(summary.path).toBe(join(at, 'epoch9'));
  expect(beside).toEqual(['epoch10', 'b', 'a.onnx']);
});

it('names files in folders by their way', async () => {
  const at = place();
  put(at, 'gated/saved_model', 'one');
  put(at, 'gated/tfjs_graph', 'two');
  const { summary, beside } = await openModel(at);
  expect(summary.path).toBe(join(at, 'two/model.json'));
  expect(beside).toEqual(['one']);
});

it('tells of the weights as they come in', async () => {
  for (const [from, bytes] of [
    ['plain/model.keras', 40_000],
    ['plain/model_keras2.h5', 40_000],
    ['plain/tfjs_layers', 40_000],
    ['plain/tfjs_graph', 40_000],
    ['plain/saved_model', 40_000],
  ] as const) {
    const told: (readonly [number, number])[] = [];
    await openModel(join(CASES, from), { onProgress: (done, total) => void told.push([done, total]) });
    const [done, total] = told.at(-1)!;
    expect(total, from).toBeGreaterThan(bytes);
    expect(done / total, from).toBeGreaterThan(0.2);
    expect(done).toBeLessThanOrEqual(total);
    told.forEach(([each], i) => i && expect(each).toBeGreaterThanOrEqual(told[i - 1]![0]));
  }
});
