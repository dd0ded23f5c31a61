import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstLook, fitScale, fitting, sees, seesAll } from '../../src/renderer/logic/camera';

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

  it('looks first at all of it where that is readable, else at its top, never smaller than it can be read', () => {
    fc.assert(
      fc.property(...pairs, (view, picture) => {
        const look = firstLook(view, picture);
        expect(look.k).toBeGreaterThanOrEqual(0.5);
        if (fitScale(view, picture) >= 0.5) expect(look).toEqual(fitting(view, picture));
        else expect(look.y).toBe(16);
      }),
    );
  });

  it('sees what is in the view, but not at its edge', () => {
    const camera = { x: 100, y: 50, k: 2 };
    expect(sees(camera, [800, 600], [100, 100])).toBe(true);
    for (const point of [
      [-30, 100],
      [100, -10],
      [330, 100],
      [100, 260],
    ] as const)
      expect(sees(camera, [800, 600], point), String(point)).toBe(false);
  });
});
