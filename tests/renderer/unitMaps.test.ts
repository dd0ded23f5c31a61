import { expect, it } from 'vitest';
import { headMaps, strongestPosition } from '../../src/renderer/logic/unitMaps';
import type { RunRecord } from '../../src/contract/studio';

it('finds where a unit mattered most, whichever its sign, one number per axis', () => {
  expect(strongestPosition({ shape: [2, 3], data: Float32Array.of(1, 0, 2, 0, -5, 4) })).toEqual([1, 1]);
  expect(strongestPosition({ shape: [4], data: Float32Array.of(1, 3, -3, 0) })).toEqual([1]);
  expect(strongestPosition({ shape: [], data: Float32Array.of(-2) })).toEqual([]);
});

it('takes the heads of an attention layer apart, of the example that is shown', () => {
  const layer = { name: 'weights', shape: [2, 2, 2], unitAxis: 0, units: Float32Array.of(0, 0, 10, 26) };
  const run = {
    layers: [layer],
    asked: { examples: [4, 7] },
    result: { examples: [0, 1] },
  } as unknown as RunRecord;
  const contributions = Float32Array.from({ length: 16 }, (_, at) => at - 7);
  expect(headMaps(run, 'weights', 7, contributions)).toEqual([
    { unit: 0, map: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, value: 10, extent: 4 },
    { unit: 1, map: { shape: [2, 2], data: Float32Array.of(5, 6, 7, 8) }, value: 26, extent: 8 },
  ]);
  expect(headMaps(run, 'weights', 5, contributions)).toEqual([]);
});
