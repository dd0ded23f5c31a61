/** Layers of Keras that are known and refused: what is told, and that nothing of the rest is lost. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import type { OpAttributes } from '../../src/main/engine/graph/ops';

const SAMPLES = resolve(import.meta.dirname, '../samples/keras_further');

it('refuses whole numbers where real ones belong, whatever the file calls them', async () => {
  const { graph, summary } = await openModel(resolve(SAMPLES, 'codes.h5'));
  const unknown = graph.nodes.filter((node) => node.op === 'unknown');
  expect(unknown.map(({ attributes }) => (attributes as OpAttributes['unknown']).kind)).toEqual([
    'Conv1D with whole numbers for its kernel',
  ]);
  expect(summary.layers.map(({ name }) => name)).toEqual(['x', 'coded']);
});
