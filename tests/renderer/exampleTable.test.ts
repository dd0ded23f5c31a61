import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExampleFacts } from '../../src/renderer/logic/examples';
import { atExample, exampleLayout, exampleRows, sortedRows } from '../../src/renderer/logic/exampleTable';
import { besideByKey, seen } from '../../src/renderer/logic/seen';
import { record } from './records';

const facts = (example: number, more: Partial<ExampleFacts> = {}): ExampleFacts => ({
  example,
  truth: null,
  predicted: null,
  value: null,
  correct: null,
  run: false,
  ...more,
});

describe('how the table of examples is laid out', () => {
  it('two runs fit the results of a window of 1280 pixels, whatever the input and what is known of it', () => {
    for (const kind of ['image', 'sequence', 'grid', 'numbers'] as const)
      for (const told of [false, true])
        expect(exampleLayout(565, { kind, told, runs: 2 }).minWidth, `${kind} ${told}`).toBeLessThanOrEqual(565);
  });

  it('facts stand beside one another where they fit', () => {
    expect(exampleLayout(1100, { kind: 'image', told: true, runs: 2 })).toMatchObject({ stacked: false, picture: 44 });
    expect(exampleLayout(400, { kind: 'numbers', told: false, runs: 0 })).toMatchObject({ stacked: true });
  });
});

describe('the table of examples', () => {
  const run = record('nig', [
    { name: 'a', units: [1, -3], errors: [0.1, 0.3], residual: 0.01 },
    { name: 'b', units: [2, 2], errors: [0, 0.04], residual: -0.05 },
    { name: 'beside', units: [1, 1], errors: [0, 0] },
  ]);

  it('tells of a run the worst residual of its cuts and the worst share of an error, by the example it took', () => {
    const { residual, error, ...rest } = atExample(run, 5)!;
    expect(rest).toEqual({ atInput: 4, delta: 3, target: 'logits[3]' });
    expect(residual).toBeCloseTo(-0.05, 6);
    expect(error).toBeCloseTo(0.1, 6);
    expect(atExample(run, 0)).toBeNull();
    expect(atExample(record('gradient-difference', [{ name: 'a', units: [1] }]), 5)).toMatchObject({ residual: null, error: null }); // prettier-ignore
  });

  it('sorts by any column; what has no value is last either way, equal ones as in the data', () => {
    const rows = exampleRows(
      [facts(0), facts(5, { predicted: 'class 10', value: 0.2 }), facts(7, { predicted: 'class 9', value: 0.9 }), facts(8, { predicted: 'class 9', value: NaN })], // prettier-ignore
      [run],
    );
    const order = (sort: Parameters<typeof sortedRows>[1]) => sortedRows(rows, sort).map((row) => row.facts.example);
    expect(order({ by: 'predicted', down: false })).toEqual([7, 8, 5, 0]);
    expect(order({ by: 'predicted', down: true })).toEqual([5, 7, 8, 0]);
    expect(order({ by: 'value', down: true })).toEqual([7, 5, 0, 8]);
    expect(order({ by: 'delta', run: 0, down: true })).toEqual([5, 0, 7, 8]);
    expect(order({ by: 'example', down: true })).toEqual([8, 7, 5, 0]);
  });
});

describe('items that are seen', () => {
  it('cover what is seen, whatever the place, and are few', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom(1, 5),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, columns, share) => {
          // prettier-ignore
          const [pitch, height] = [40, 240];
          const tall = Math.ceil(count / columns) * pitch;
          const top = share * Math.max(0, tall - height);
          const [from, to] = seen(count, columns, pitch, top, height);
          expect(from).toBeLessThanOrEqual(Math.floor(top / pitch) * columns);
          expect(to).toBeGreaterThanOrEqual(
            Math.min(count, Math.ceil((top + Math.min(height, tall)) / pitch) * columns),
          );
          expect(to - from).toBeLessThanOrEqual((Math.ceil(height / pitch) + 6) * columns);
          expect(from % columns).toBe(0);
        },
      ),
    );
  });

  it('are gone through by keys, none beyond the ends', () => {
    const go = (key: string, at: number) => besideByKey(key, at, 12, 5, 240, 50);
    expect(go('ArrowDown', 3)).toBe(8);
    expect(go('ArrowUp', 3)).toBe(0);
    expect(go('End', 0)).toBe(11);
    expect(go('PageDown', 0)).toBe(11);
    expect(go('x', 0)).toBeNull();
  });
});
