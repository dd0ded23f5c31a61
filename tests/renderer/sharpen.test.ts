import { expect, it } from 'vitest';
import { fallenShare, nextTolerances } from '../../src/renderer/logic/sharpen';

it('offers the next accuracies below what was reached', () => {
  expect(nextTolerances(0.018)).toEqual([0.01, 0.005]);
  expect(nextTolerances(0.4, 1)).toEqual([0.05]);
  expect(nextTolerances(0.0003)).toEqual([1e-4]);
  expect(nextTolerances(0.00009)).toEqual([]);
});

it('shows an estimate on its way: each halving is as far', () => {
  expect([null, 2, 1].map((estimate) => fallenShare(estimate, 0.02))).toEqual([0, 0, 0]);
  expect(fallenShare(0.02, 0.02)).toBe(1);
  expect(fallenShare(0.001, 0.02)).toBe(1);
  expect(fallenShare(0.25, 1 / 16)).toBeCloseTo(0.5);
});
