import { describe, expect, it } from 'vitest';
import { covers, partFor, placeOf } from '../../src/renderer/logic/drawnPart';

const view = [600, 400] as const;
const picture = [5_000, 4_000] as const;

describe('the drawn part of a picture', () => {
  it('is what is seen and half a view more on each side', () => {
    const camera = { x: -1_000, y: -800, k: 1 };
    expect(partFor(camera, view, picture)).toEqual({ left: 700, top: 600, right: 1_900, bottom: 1_400, scale: 1 });
  });

  it('ends with the picture, and covers a view that looks beyond it', () => {
    const camera = { x: 300, y: 100, k: 0.1 };
    const part = partFor(camera, view, picture);
    expect(part).toEqual({ left: -24, top: -24, right: 5_024, bottom: 4_024, scale: 0.1 });
    for (const x of [-2_000, 300, 3_000]) expect(covers(part, { ...camera, x }, view, picture)).toBe(true);
  });

  it('covers small moves, not large ones', () => {
    const camera = { x: -1_000, y: -800, k: 1 };
    const part = partFor(camera, view, picture);
    expect(covers(part, { x: -1_290, y: -990, k: 1 }, view, picture)).toBe(true);
    expect(covers(part, { x: -1_310, y: -800, k: 1 }, view, picture)).toBe(false);
    expect(covers(part, { x: -1_000, y: -590, k: 1 }, view, picture)).toBe(false);
  });

  it('is shown up to twice as large, then drawn anew', () => {
    const part = partFor({ x: -1_000, y: -800, k: 1 }, view, picture);
    expect(covers(part, { x: -2_200, y: -1_700, k: 1.9 }, view, picture)).toBe(true);
    expect(covers(part, { x: -2_200, y: -1_700, k: 2.1 }, view, picture)).toBe(false);
  });

  it('lies where the camera puts its upper left corner', () => {
    const part = partFor({ x: -1_000, y: -800, k: 1 }, view, picture);
    expect(placeOf(part, { x: -1_000, y: -800, k: 1 })).toBe('translate(-300px, -200px)');
    expect(placeOf(part, { x: -1_000, y: -800, k: 1.5 })).toBe('translate(50px, 100px) scale(1.5)');
  });
});
