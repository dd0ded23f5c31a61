import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certainFirst, mayReach, trustsOf, unitTrust } from '../../src/renderer/logic/certain';
import { errorLine, errorTitle, ofTotal } from '../../src/renderer/logic/errorWords';
import { byRank, ranking } from '../../src/renderer/logic/ranking';
import { processorMs } from '../processorTime';
import { record } from './records';

const column = (units: readonly number[], errors?: readonly number[]) =>
  ranking([record('nig', [{ name: 'a', units, ...(errors && { errors }) }])], 5).columns[0]!;
/** Of a layer beside others that are large and known, so that its estimate is small. */
const certain = (units: readonly number[], errors?: readonly number[]) => {
  const one = { ...column(units, errors), layers: [{ total: 100, estimate: 0.01 }] };
  return certainFirst(one, new Uint32Array(units.length), byRank(one));
};

describe('units that are certain', () => {
  it.each([
    ['all apart', [4, -3, 2, 1], [0.1, 0.1, 0.1, 0.1], 4],
    ['the first two apart', [9, 8, 2, 1.9], [0.1, 0.1, 1, 1], 2],
    ['the first two may change places', [9, 8.9, 2, 1], [2, 2, 0.1, 0.1], 0],
    ['near ones may change places within 5 % of the last', [9, 8.9, 2, 1], [0.1, 0.1, 0.1, 0.1], 4],
    ['a small one that may be the largest of all', [9, 5, 0.1], [0.1, 0.1, 20], 0],
    ['smaller than its error', [9, 0.5, 0], [0.1, 0.6, 0], 1],
    ['dead units have no error', [3, 0, 0], [0.1, 0, 0], 3],
  ] as const)('%s', (_, units, errors, many) => expect(certain(units, errors)).toBe(many));

  it('are not told where a method gives no error', () => expect(certain([3, 2, 1])).toBe(0));

  it('are none of a layer that is not resolved yet', () => {
    const one = column([9, 5, 1], [0.1, 0.1, 8]);
    expect(one.layers[0]!.estimate).toBeGreaterThan(0.3);
    expect(certainFirst(one, new Uint32Array(3), byRank(one))).toBe(0);
  });

  it('are as by comparing every pair', () => {
    const number = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 12 }), (given) => {
        const units = given.map(([value], at) => (at % 2 ? value : -value));
        const errors = given.map(([, error]) => error / 16);
        const order = units.map((_, at) => at).sort((a, b) => Math.abs(units[b]!) - Math.abs(units[a]!) || a - b);
        const size = (at: number) => Math.abs(units[order[at]!]!);
        const error = (at: number) => errors[order[at]!]!;
        let many = 0;
        for (; many < order.length; many++) {
          const apart = (inside: number, outside: number) =>
            size(inside) - size(outside) + 0.05 * size(many) >= Math.hypot(error(inside) / 2, error(outside) / 2);
          const places = order.map((_, at) => at);
          const [inside, outside] = [places.slice(0, many + 1), places.slice(many + 1)];
          if (size(many) < error(many) || inside.some((a) => outside.some((b) => !apart(a, b)))) break;
        }
        expect(certain(units, errors)).toBe(many);
      }),
      { numRuns: 300 },
    );
  });

  it('of 50,000 units are found at once, however near these lie', async () => {
    const units = Array.from({ length: 50_000 }, (_, at) => 0.02 + ((at * 7919) % 50_000) / 100_000);
    const errors = units.map((_, at) => 0.01 * (((at * 31) % 97) / 97));
    const took = await processorMs(() => expect(certain(units, errors)).toBeGreaterThan(0));
    expect(took).toBeLessThan(5_000); // some 50 ms on a quiet machine; compared pair by pair it takes minutes
  });

  it('may be as large as others within half of both errors', () => {
    expect([mayReach(2.9, 0.2, 3, 0.2), mayReach(2, 0.2, 3, 0.2), mayReach(3, 0.2, 2.9, 0.2)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('the error of a unit', () => {
  const one = column([3, -1, 0.1], [0.03, 0.5, 0.2]); // its layer: 0.73 of 4.1
  const coarse = column([3, 1, 1], [0.6, 0.1, 0.1]);
  const open = column([3, -1], [3, 0.9]);

  it('is told as a share of its layer, with the figure where there is room', () => {
    const trust = unitTrust(one, 0, 0)!;
    expect(trust).toEqual({ share: expect.closeTo(0.03 / 4.1, 6), trust: 'fine' });
    expect(errorLine(trust, 0.03, false)).toBe('± 0.74 %');
    expect(errorLine(trust, 0.03, true)).toBe('± 0.030 · 0.74 %');
    expect(errorTitle(one, 0, 0)).toBe("± 0.030, 0.74 % of its layer's total");
  });

  it('is marked above a tenth, and no number where it is larger than its unit or its layer is not resolved', () => {
    expect(unitTrust(coarse, 0, 0)!.trust).toBe('coarse');
    expect(unitTrust(one, 0, 2)!.trust).toBe('unresolved');
    expect(errorLine(unitTrust(one, 0, 2)!, 0.2, true)).toBe('not resolved');
    expect(errorTitle(one, 0, 2)).toContain('not resolved, smaller than its error');
    expect(unitTrust(open, 0, 1)!.trust).toBe('unresolved');
    expect(errorTitle(open, 0, 1)).toBe('± 0.90, its layer is not yet resolved');
  });

  it('has a legend for the kinds that occur among the rows asked about', () => {
    const columns = [{ ...column([50, 12, 0.5], [1, 11, 2]), layers: [{ total: 100, estimate: 0.05 }] }];
    const found = (...rows: number[]) => [...trustsOf(columns, new Uint32Array(3), rows)];
    expect(found(0)).toEqual([]);
    expect(found(0, 1)).toEqual(['coarse']);
    expect(found(0, 1, 2)).toEqual(['coarse', 'unresolved']);
    expect(trustsOf([column([1])], new Uint32Array(1), [0]).size).toBe(0);
  });

  it('is none where the method has no integral', () => expect(unitTrust(column([1]), 0, 0)).toBeNull());

  it('of a layer stands beside its share', () => {
    expect([ofTotal(0.034, 0.012), ofTotal(3, 0.4)]).toEqual(['0.034 (1.2 %)', 'not yet resolved']);
    expect(ofTotal(0.034, Infinity)).toBe('0.034, of nothing carried');
  });
});
