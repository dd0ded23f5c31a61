import { describe, expect, it } from 'vitest';
import { drawnRows, halfSide, overlapTraces, scatterTraces } from '../../src/renderer/logic/scatter';
import { ranking } from '../../src/renderer/logic/ranking';
import { record } from './records';

const columns = (a: number[], b: number[], errors?: number[]) => {
  const [left, right] = ranking(
    [record('nig', [{ name: 'layer', units: a, errors }]), record('rescale', [{ name: 'layer', units: b }])],
    5,
  ).columns;
  return [left!, right!] as const;
};
const look = {
  name: (row: number) => `layer #${row}`,
  flips: (row: number) => row === 1,
  selected: (row: number) => row === 2,
};

describe('the scatter of two runs', () => {
  it('draws every unit, or of too many those that are largest in the first', () => {
    const [a] = columns([1, -5, 3, 0], [0, 0, 0, 9]);
    expect(drawnRows(a)).toEqual([0, 1, 2, 3]);
    expect(drawnRows(a, 4)).toEqual([0, 1, 2, 3]);
    expect(drawnRows(a, 2)).toEqual([1, 2]);
  });

  it('puts the first run along x, tells flips and the selected unit apart, and holds all of it', () => {
    const [a, b] = columns([1, -5, 3], [2, 4, -10], [0.5, 0.25, 0]);
    const [diagonal, points] = scatterTraces(a, b, [2, 1, 0], look, 'light');
    expect(points).toMatchObject({ x: [3, -5, 1], y: [-10, 4, 2], customdata: [2, 1, 0], text: ['layer #2', 'layer #1', 'layer #0'] }); // prettier-ignore
    expect(points?.marker?.size).toEqual([13, 6, 6]);
    expect(new Set(points?.marker?.color).size).toBe(3);
    expect(halfSide(a, b)).toBeCloseTo(10.5);
    expect(diagonal).toMatchObject({ x: [-halfSide(a, b), halfSide(a, b)], y: [-halfSide(a, b), halfSide(a, b)] });
  });

  it('says what its colours mean, of those that occur', () => {
    const [a, b] = columns([1, -5, 3], [2, 4, -10]);
    const keys = (rows: number[]) =>
      scatterTraces(a, b, rows, look, 'light').flatMap(({ name, showlegend }) => (showlegend ? [name] : []));
    expect(keys([0])).toEqual(['unit']);
    expect(keys([2, 1, 0])).toEqual(['unit', 'its sign differs beyond both errors', 'selected']);
  });

  it('has error bars only along the run that estimates errors, and none among very many points', () => {
    const [a, b] = columns([1, -5], [2, 4], [0.5, 0.25]);
    const points = scatterTraces(a, b, [1, 0], look, 'dark')[1]!;
    expect(points.error_x).toMatchObject({ array: [0.25, 0.5] });
    expect(points).not.toHaveProperty('error_y');
    const many = Array.from({ length: 601 }, (_, at) => at);
    const [c, d] = columns(many, many, many);
    expect(scatterTraces(c, d, many, look, 'dark')[1]).not.toHaveProperty('error_x');
    expect(scatterTraces(c, d, many.slice(1), look, 'dark')[1]).toHaveProperty('error_x');
  });

  it('counts k from one', () => {
    expect(overlapTraces([0, 0.5, 1], 'light')[0]).toMatchObject({ x: [1, 2, 3], y: [0, 0.5, 1] });
  });
});
