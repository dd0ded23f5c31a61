/** The stretch of a long row that is shown, and pictures that are zoomed as one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedBy, placeUnder, WHOLE, zoomedAt } from '../../src/renderer/logic/panes';
import {
  centred,
  lengthOf,
  moved,
  openingAt,
  peakOf,
  stretches,
  ticks,
  whole,
  zoomed,
} from '../../src/renderer/logic/span';

describe('a span', () => {
  it('is the whole where its letters can be read, else around the peak', () => {
    expect(openingAt(20, 60, 422)).toEqual(whole(60));
    const { from, to } = openingAt(300, 400, 422);
    expect([from, to]).toEqual([280, 322]);
    expect(openingAt(2, 400, 422)).toEqual({ from: 0, to: 42 });
    expect(openingAt(10_999, 11_000, 422)).toEqual({ from: 10_958, to: 11_000 });
  });

  it('keeps the place under the pointer, and comes back', () => {
    const near = zoomed({ from: 100, to: 200 }, 120, 0.5, 400);
    expect(near).toEqual({ from: 110, to: 160 });
    expect(zoomed(near, 120, 2, 400)).toEqual({ from: 100, to: 200 });
  });

  it('whatever is done, it lies inside the row and is not empty', () => {
    const step = fc.oneof(
      fc.tuple(
        fc.constant('zoom'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
      ),
      fc.tuple(fc.constant('move'), fc.double({ min: -2e4, max: 2e4, noNaN: true }), fc.constant(0)),
      fc.tuple(fc.constant('centre'), fc.double({ min: -10, max: 2e4, noNaN: true }), fc.constant(0)),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 11_000 }),
        fc.integer({ min: 60, max: 2000 }),
        fc.array(step),
        (count, width, steps) => {
          let span = openingAt(count >> 1, count, width);
          for (const [what, a, b] of steps) {
            if (what === 'zoom') span = zoomed(span, span.from + a * lengthOf(span), b, count);
            else span = what === 'move' ? moved(span, a, count) : centred(span, a, count);
            expect(span.from).toBeGreaterThanOrEqual(0);
            expect(span.to).toBeLessThanOrEqual(count + 1e-6);
            expect(lengthOf(span)).toBeGreaterThanOrEqual(Math.min(8, count) - 1e-6);
          }
        },
      ),
    );
  });

  it('ticks are round and do not touch', () => {
    expect(ticks({ from: 0, to: 400 }, 422)).toEqual([0, 100, 200, 300]);
    expect(ticks({ from: 283, to: 325 }, 422)).toEqual([290, 300, 310, 320]);
    expect(ticks({ from: 0, to: 8 }, 800)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('a peak of one position is seen, however many share a pixel', () => {
    const values = new Float32Array(11_000);
    values[7321] = -3;
    const bins = stretches(values, whole(11_000), 400);
    expect(bins).toHaveLength(400);
    expect(bins.filter(({ low }) => low === -3).map(({ from, to }) => from <= 7321 && 7321 < to)).toEqual([true]);
    expect(Math.floor(peakOf([new Float32Array(50), values]) * 11_000)).toBe(7321);
  });
});

describe('pictures side by side', () => {
  it('the place under the pointer stays there while one zooms', () => {
    const at = [0.25, 0.8] as const;
    const before = placeUnder(WHOLE, at);
    const near = zoomedAt(WHOLE, at, 4);
    expect(near.scale).toBe(4);
    placeUnder(near, at).forEach((place, axis) => expect(place).toBeCloseTo(before[axis]!, 9));
  });

  it('nothing beside the picture is ever shown', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.record({ at: fc.tuple(share, share), by: fc.double({ min: 0.1, max: 10, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let view = WHOLE;
        for (const { at, by } of steps) {
          view = movedBy(zoomedAt(view, at, by), [by - 1, 1 - by]);
          for (const corner of [
            [0, 0],
            [1, 1],
          ] as const)
            // prettier-ignore
            for (const place of placeUnder(view, corner)) {
              expect(place).toBeGreaterThanOrEqual(-1e-9);
              expect(place).toBeLessThanOrEqual(1 + 1e-9);
            }
        }
      }),
    );
  });
});
