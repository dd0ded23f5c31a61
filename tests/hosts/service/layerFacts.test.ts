/** What the service tells of a layer: its ops, their options, its names in the file, its filters. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { genomics, resnet38, torchStages, transformer } from '../../window/ownModels';
import type { StudioService } from '../../../src/main/hosts/service';
import { folder, get, start } from './studio';

let service: StudioService;
beforeEach(() => {
  service = start();
});

const models = () => {
  const at = join(folder, 'models');
  mkdirSync(at, { recursive: true });
  return at;
};
const open = (model: string) => get(service, 'openModel', { file: 'own' }, { paths: { own: model } });

it('a convolution with its activation: ops in order, options as text, filters of pictures', async () => {
  await open(resnet38(models()).model);
  const { ops, activations, filters } = await get(service, 'layer', { layer: 'stem_conv' });
  expect(activations).toEqual(['relu']);
  expect((await get(service, 'layer', { layer: 'block1_conv1' })).activations).toEqual([]);
  expect(ops.map(({ op }) => op)).toEqual(['conv', 'add', 'relu']);
  expect(Object.fromEntries(ops[0]!.options)).toMatchObject({ strides: '1 × 1', dilations: '1 × 1', groups: '1' });
  expect(ops[0]!.options.find(([name]) => name === 'padding')![1]).toBe('1 × 1, 1 × 1');
  expect(ops.every(({ nig, notes }) => nig === 'exact' && notes.length === 0)).toBe(true);
  expect(ops.at(-1)!.shape).toEqual([32, 32, 8]);
  expect(filters!.shape).toEqual([8, 3, 3, 3]);
  // as the kernel's own weights lie: [height, width, in, out]
  const { incoming } = await get(service, 'weights', { layer: 'stem_conv', unit: 5 });
  expect([...filters!.data.slice(5 * 27, 6 * 27)]).toEqual([...incoming!.weights.data]);
  expect((await get(service, 'layer', { layer: 'block1_conv1' })).filters).toBeNull();
});

it('layers of sequences and tokens have no pictures for filters; inputs have no ops', async () => {
  await open(genomics(models()).model);
  expect((await get(service, 'layer', { layer: 'motifs' })).filters).toBeNull();
  await open(transformer(models()).model);
  expect(await get(service, 'layer', { layer: 'input' })).toEqual({
    ops: [],
    activations: [],
    aliases: [],
    filters: null,
  });
  const { ops } = await get(service, 'layer', { layer: 'embedding' });
  expect(ops.map(({ op, nig }) => [op, nig])).toContainEqual(['embedding', 'none']);
});

it('of a file with channels first filters are height, width, channels all the same', async () => {
  const { summary } = await open(torchStages(models()).model);
  const stem = summary.layers.find(({ name }) => name.includes('stem'))!;
  expect((await get(service, 'layer', { layer: stem.name })).filters!.shape).toEqual([12, 7, 7, 3]);
});

it('no such layer is told by name', async () => {
  await open(genomics(models()).model);
  await expect(get(service, 'layer', { layer: 'nowhere' })).rejects.toThrow(/nowhere/);
});
