/** HDF5 arrays whose numbers are not in the file, in whole or in part, are refused: the library would fill in zeros. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';

/** Made by make_storage.py. */
const at = (name: string): string => join(resolve(import.meta.dirname, 'storage'), `${name}.h5`);

it.each(['contiguous', 'compact', 'chunked', 'packed', 'latest'])('%s: read', async (name) => {
  const { graph } = await openModel(at(name));
  const kernel = graph.values.find(({ constant }) => constant?.data.length === 24)!.constant!;
  expect([...kernel.data]).toEqual(Array.from({ length: 24 }, (_, i) => Math.fround(i / 24)));
});

const KERNEL = '/model_weights/dense/dense/kernel:0';
it.each([
  ['virtual', `${KERNEL} is made of arrays of other files`],
  ['external', `${KERNEL} keeps its numbers in another file`],
  ['unwritten', `${KERNEL} was never written`],
  ['unwrittenChunks', `${KERNEL} was never written`],
  ['unwrittenLatest', `${KERNEL} was never written`],
  ['partlyWritten', `${KERNEL} has 4 of its 8 chunks`],
  ['linked', 'one of its groups has several names'],
])('%s: refused', async (name, reason) => {
  const path = at(name);
  await expect(openModel(path)).rejects.toMatchObject({ code: 'MODEL_DAMAGED', details: { path, reason } });
});
