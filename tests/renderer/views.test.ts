import { describe, expect, it } from 'vitest';
import { VIEWS, viewBeside, viewOfKey } from '../../src/renderer/logic/views';

describe('views', () => {
  it('have each a key of its own', () => {
    expect(VIEWS.length).toBeLessThanOrEqual(9);
    expect(VIEWS.map((_, at) => viewOfKey(String(at + 1)))).toEqual(VIEWS.map(({ id }) => id));
    for (const key of ['0', String(VIEWS.length + 1), '12', 'a', ' ', '-1', '1.5'])
      expect(viewOfKey(key), key).toBeUndefined();
  });

  it('follow one another in a ring', () => {
    const ids = VIEWS.map(({ id }) => id);
    expect(ids.map((id) => viewBeside(id, 1))).toEqual([...ids.slice(1), ids[0]]);
    for (const id of ids) expect(viewBeside(viewBeside(id, 1), -1)).toBe(id);
  });
});
