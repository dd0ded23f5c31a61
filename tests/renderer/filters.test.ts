import { expect, it } from 'vitest';
import { filterPixels } from '../../src/renderer/logic/filters';

it('draws filters side by side on one scale, with nothing between them', () => {
  const data = new Float32Array(2 * 2 * 2).fill(0);
  data[0] = 2; // the largest of all
  data[7] = -1;
  const { width, height, pixels } = filterPixels({ shape: [2, 2, 2, 1], data });
  expect([width, height]).toEqual([5, 2]);
  const at = (x: number, y: number) => [...pixels.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
  expect(at(0, 0)).toEqual([255, 255, 255, 255]);
  expect(at(1, 0)).toEqual([128, 128, 128, 255]);
  expect(at(4, 1)).toEqual([64, 64, 64, 255]);
  expect(at(2, 0)[3]).toBe(0);
});

it('gives three channels their colours, and begins a new row after sixteen', () => {
  const data = new Float32Array(17 * 4 * 3);
  data[16 * 12] = 1; // red of the last one
  const { width, height, pixels } = filterPixels({ shape: [17, 2, 2, 3], data });
  expect([width, height]).toEqual([16 * 3 - 1, 5]);
  expect([...pixels.slice(3 * width * 4, 3 * width * 4 + 4)]).toEqual([255, 128, 128, 255]);
});
