/** Two checkpoints of a model held against each other: which layers are the same, and what of the rest is said. */
import { describe, expect, it } from 'vitest';
import { matchedLayers, modelTitle, someNames } from '../../src/contract/checkpoints';
import { renamedRun, unmatchedLayers } from '../../src/renderer/logic/checkpoints';
import { ranking } from '../../src/renderer/logic/ranking';
import { record } from './records';

const layer = (name: string, units: number, kind = 'Dense') => ({ name, units, kind });

describe('layers of two models', () => {
  it('are the same by name and number of units', () => {
    const here = [layer('stem', 4), layer('wide', 8), layer('logits', 3)];
    const there = [layer('stem', 4), layer('wide', 16), layer('extra', 2), layer('logits', 3)];
    expect([...matchedLayers(here, there)]).toEqual([
      ['stem', 'stem'],
      ['logits', 'logits'],
    ]);
  });

  it('are the same by their places where the two are one row of layers with other names', () => {
    const here = [layer('conv2d', 4, 'Conv2D'), layer('dense', 8), layer('dense_1', 3)];
    // dense_1 is there the name of what is dense here: a name alone would match the wrong layers
    const there = [layer('conv2d_1', 4, 'Conv2D'), layer('dense_1', 8), layer('dense_2', 3)];
    expect([...matchedLayers(here, there)]).toEqual([
      ['conv2d_1', 'conv2d'],
      ['dense_1', 'dense'],
      ['dense_2', 'dense_1'],
    ]);
    const deeper = [...there, layer('dense_3', 3)];
    expect(matchedLayers(here, deeper).size).toBe(0);
  });

  it('are called in a run as here, no two alike', () => {
    const run = record('nig', [
      { name: 'dense_1', units: [1, 2] },
      { name: 'dense', units: [3] },
    ]);
    const renamed = renamedRun(run, new Map([['dense_1', 'dense']]));
    expect(renamed.layers.map(({ name, units }) => [name, [...units]])).toEqual([['dense', [1, 2]]]);
  });

  it('that are not in both are named of each, also those of other units', () => {
    const a = record('nig', [
      { name: 'stem', units: [1, 2] },
      { name: 'wide', units: [1, 2] },
    ]);
    const b = record('rescale', [
      { name: 'stem', units: [1, 2] },
      { name: 'wide', units: [1, 2, 3] },
      { name: 'extra', units: [1] },
    ]);
    expect(unmatchedLayers(a, b)).toEqual({ a: ['wide'], b: ['wide', 'extra'] });
    // and stand in no table of both
    expect(ranking([a, b], 5).layers.map(({ name }) => name)).toEqual(['stem']);
  });

  it('are named in a sentence, the first few of many', () => {
    expect(someNames(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c, d, e');
    expect(someNames(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more');
  });
});

describe('a checkpoint is called', () => {
  it('by its file, by its folder where all files are called so', () => {
    const titled = (path: string) => modelTitle({ name: 'functional', path });
    expect(titled('/runs/epoch-10.keras')).toBe('epoch-10');
    expect(titled('/runs/final/model.onnx')).toBe('final');
    expect(titled('C:\\runs\\epoch-2.h5')).toBe('epoch-2');
    expect(titled('')).toBe('functional');
    expect(modelTitle(null)).toBe('another model');
  });
});
