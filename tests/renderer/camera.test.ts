import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstLook, fitScale, fitting, revealing, seesAll } from '../../src/renderer/logic/camera';

const size = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
/** A view, and a picture in it. */
const pairs = [size(200, 3000), size(1, 20_000)] as const;

describe('camera', () => {
  it('fits all of a picture into any view, in its middle, and never blows it up much', () => {
    fc.assert(
      fc.property(...pairs, (view, picture) => {
        const { x, y, k } = fitting(view, picture);
        expect(k).toBeLessThanOrEqual(1.15);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + picture[0] * k).toBeLessThanOrEqual(view[0]);
        expect(y + picture[1] * k).toBeLessThanOrEqual(view[1]);
        expect(x).toBeCloseTo(view[0] - x - picture[0] * k, 6);
        expect(seesAll({ k }, view, picture)).toBe(true);
      }),
    );
  });

  /** A card somewhere in the picture. */
  const card = (picture: readonly [number, number], [across, down]: readonly [number, number]) => ({
    x: across * Math.max(0, picture[0] - 148),
    y: down * Math.max(0, picture[1] - 44),
    width: Math.min(148, picture[0]),
    height: Math.min(44, picture[1]),
  });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const shown = ({ x, y, k }: { x: number; y: number; k: number }, box: ReturnType<typeof card>) => [
    box.x * k + x,
    box.y * k + y,
    (box.x + box.width) * k + x,
    (box.y + box.height) * k + y,
  ];

  it('looks first at all of it where that is read, else at a card, at the scale at which it is read', () => {
    fc.assert(
      fc.property(...pairs, share, share, (view, picture, across, down) => {
        const at = card(picture, [across, down]);
        const look = firstLook(view, picture, 0.9, at);
        if (fitScale(view, picture) >= 0.9) return void expect(look).toEqual(fitting(view, picture));
        expect(look.k).toBe(0.9);
        const [left, top, right, bottom] = shown(look, at);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(right).toBeLessThanOrEqual(view[0]);
        expect(bottom).toBeLessThanOrEqual(view[1]);
      }),
    );
  });

  it('cuts no group at the first look that could be seen whole', () => {
    const group = (y: number) => ({ x: 0, y, width: 180, height: 200 });
    const at = { x: 16, y: 420, width: 148, height: 44 };
    const boxes = [group(0), group(250), group(500), group(750)];
    const { y, k } = firstLook([400, 500], [180, 1000], 1, at, boxes);
    for (const { y: top, height } of boxes) {
      const [from, to] = [top * k + y, (top + height) * k + y];
      expect((from >= 0 && to <= 500) || to <= 0 || from >= 500, `${top}: ${from} to ${to}`).toBe(true);
    }
  });

  it('moves no further than needs be to show a card, and not at all where it is seen', () => {
    fc.assert(
      fc.property(
        size(300, 3000),
        size(200, 20_000),
        share,
        share,
        fc.integer(),
        fc.integer(),
        (view, picture, a, b, x, y) => {
          const box = card(picture, [a, b]);
          const from = { x, y, k: 1 };
          const to = revealing(from, view, box);
          const [left, top, right, bottom] = shown(to, box);
          expect(left! >= 0 && top! >= 0 && right! <= view[0] && bottom! <= view[1]).toBe(true);
          expect(revealing(to, view, box)).toEqual(to);
        },
      ),
    );
    const seen = { x: 0, y: 0, k: 1 };
    expect(revealing(seen, [500, 500], { x: 100, y: 100, width: 148, height: 44 })).toEqual(seen);
    // half of it was below the view: the view moves down by that and a little
    expect(revealing(seen, [500, 500], { x: 100, y: 478, width: 148, height: 44 }).y).toBeGreaterThan(-80);
  });
});
