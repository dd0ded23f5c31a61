/** A unit at many examples as the service tells it, against all activations of its layer; and what of the inputs it sees. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StudioService } from '../../../src/main/hosts/service';
import { unitPeaks } from '../../../src/main/hosts/service/unitValues';
import { genomics, torchStages, transformer } from '../../window/ownModels';
import { code, digits, folder, get, start } from './studio';

let service: StudioService;
beforeEach(() => {
  service = start();
});

const open = async (make: typeof genomics) => {
  const at = join(folder, 'models');
  mkdirSync(at, { recursive: true });
  const { model, data } = make(at);
  const opened = await get(service, 'openModel', { file: 'own' }, { paths: { own: model } });
  const files = data.map((_, index) => `data${index}`);
  const paths = Object.fromEntries(data.map((path, index) => [`data${index}`, path]));
  return { ...opened, read: await get(service, 'readInputs', { files }, { paths }) };
};
/** Of the open model, the first layer of windows. */
const convolution = async () =>
  (await get(service, 'openedModel', {}))!.summary.layers.find(({ kind }) => kind === 'Conv2D')!.name;

describe('activations of a unit', () => {
  it('are the largest over its positions, whatever axis units lie along', async () => {
    const { data, baseline } = await digits(service);
    const asked = { data, examples: [0, 3, 7], baseline, layer: await convolution() };
    const { atInput } = await get(service, 'activations', asked);
    const [, height, width, units] = atInput.shape as [number, number, number, number];
    const { value, position } = await get(service, 'unitActivations', { ...asked, unit: 2 });
    for (const at of [0, 1, 2]) {
      const own = Array.from({ length: height * width }, (_, place) => atInput.data[(at * height * width + place) * units + 2]!); // prettier-ignore
      expect(value[at]).toBe(Math.max(...own));
      expect(own[position[at]!]).toBe(value[at]);
    }
    const first = { shape: [1, 2, 3], data: Float32Array.of(1, 5, 3, 9, 2, 7) };
    expect(unitPeaks(first, 0, 0, new Set())).toEqual({ value: Float32Array.of(5), position: Int32Array.of(1) });
    expect(unitPeaks(first, 1, 2, new Set())).toEqual({ value: Float32Array.of(7), position: Int32Array.of(1) });
    expect(unitPeaks(first, null, 0, new Set())).toEqual({ value: Float32Array.of(9), position: Int32Array.of(3) });
    expect([...unitPeaks(first, 0, 0, new Set([0])).position]).toEqual([-1]);
  });

  it('of no such layer or unit are refused by name, and what is no question by its schema', async () => {
    const { data, baseline } = await digits(service);
    const asked = { data, examples: [0], baseline, layer: await convolution(), unit: 0 };
    const refused = (params: object) => code(service, { name: 'unitActivations', params: { ...asked, ...params } });
    expect(await refused({ layer: 'nowhere' })).toBe('LAYER_UNKNOWN');
    expect(await refused({ unit: 100_000 })).toBe('OUTPUT_INDEX');
    expect(await refused({ unit: -1 })).not.toBe('ok');
    expect(await refused({ examples: Array.from({ length: 2000 }, () => 0) })).not.toBe('ok');
    const field = { data, example: 0, layer: asked.layer, unit: 0, positions: [1e6] };
    expect(await code(service, { name: 'receptiveFields', params: field })).toBe('OUTPUT_INDEX');
  });
});

const sees = async (data: string, layer: string, unit: number, position: number) =>
  (await get(service, 'receptiveFields', { data, example: 0, layer, unit, positions: [position] }))[0]!;

describe('what a unit sees', () => {
  it('of pictures whose channels are the first axis: in the axes of the file', async () => {
    const { summary, read } = await open(torchStages);
    const [stem] = summary.layers.filter(({ shape }) => shape.length === 3 && shape.includes(12));
    const fields = await sees(read.data, stem!.name, 1, 0);
    expect(fields).toHaveLength(1);
    expect(fields[0]!.from).toEqual([0, 0, 0]);
    expect(fields[0]!.to[0]).toBe(3);
    expect(fields[0]!.to[1]).toBeLessThan(96);
  });

  it('of sequences: a window as long as the filters; of tokens behind attention: all of them', async () => {
    const { read } = await open(genomics);
    const [field] = await sees(read.data, 'motifs', 0, 100);
    expect(field!.to[0]! - field!.from[0]!).toBeLessThan(40);
    expect(field!.from[0]).toBeGreaterThan(80);
    const model = await open(transformer);
    const last = model.summary.layers.at(-1)!.name;
    const [whole] = await sees(model.read.data, last, 0, 0);
    expect([whole!.from[0], whole!.to[0]]).toEqual([0, model.read.arrays[0]!.shape[1]]);
  });
});
