import { expect, it } from 'vitest';
import { strongestPosition } from '../../src/renderer/logic/unitMaps';

it('finds where a unit mattered most, whichever its sign, one number per axis', () => {
  expect(strongestPosition({ shape: [2, 3], data: Float32Array.of(1, 0, 2, 0, -5, 4) })).toEqual([1, 1]);
  expect(strongestPosition({ shape: [4], data: Float32Array.of(1, 3, -3, 0) })).toEqual([1]);
  expect(strongestPosition({ shape: [], data: Float32Array.of(-2) })).toEqual([]);
});
