import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkIn, placeLink } from '../../src/contract/unitLink';
import { noted, putBack, searched, tagsIn, tagsOf, without } from '../../src/renderer/logic/notes';
import { astray, linkInAddress } from '../../src/renderer/logic/unitLink';
import { columnsOf } from '../../src/renderer/logic/matrix';
import { alike, contributionsOf, overExamples, runLines, strongest } from '../../src/renderer/logic/unitPage';
import { goneTo, NOWHERE, shownOf, stepped, type Visits } from '../../src/renderer/logic/visits';
import { record } from './records';

/** Two units over five examples, rows of the data 0, 2, 4, 6, 8. */
const OWN = [3, -1, 2, 0, -4];
const OTHER = [-6, 2, -4, 0, 8];
function run() {
  const made = record('nig', [{ name: 'a', units: [0, 0], errors: [0, 0] }]);
  const units = Float32Array.from(OWN.flatMap((value, at) => [value, OTHER[at]!]));
  const unitError = units.map((value) => Math.abs(value) / 10);
  return {
    ...made,
    asked: { ...made.asked, examples: [0, 2, 4, 6, 8] },
    result: { ...made.result, examples: [0, 1, 2, 3, 4] },
    layers: [{ ...made.layers[0]!, units, unitError }],
  };
}

describe('what runs say of a unit', () => {
  it('is its value, error and rank at the example, and its means over all of them', () => {
    const [line] = runLines([run(), record('rescale', [{ name: 'b', units: [1] }])], { layer: 'a', unit: 0 }, 4);
    expect(line!.here).toMatchObject({ value: 2, rank: 2 });
    expect(line!.here!.error).toBeCloseTo(0.2);
    expect(line!.mean).toBeCloseTo(0);
    expect(line!.meanSize).toBeCloseTo(2);
    expect(line).toMatchObject({ examples: 5, units: 2 });
  });
  it('has no value at an example that the run did not take, and no line for a unit that is not there', () => {
    expect(runLines([run()], { layer: 'a', unit: 0 }, 1)[0]!.here).toBeNull();
    expect(runLines([run()], { layer: 'a', unit: 2 }, 0)).toEqual([]);
  });
  it('lists examples by contribution; of many, the two ends', () => {
    expect([...contributionsOf(columnsOf([run()], run()), { layer: 'a', unit: 0 })].sort(([, a], [, b]) => b - a).map(([example]) => example)).toEqual([0, 4, 6, 2, 8]); // prettier-ignore
    expect(contributionsOf(columnsOf([run()], run()), { layer: 'a', unit: 99 }).size).toBe(0);
  });
  it('finds units alike over examples, against it as well, and none among too few examples', () => {
    expect(alike(run(), { layer: 'a', unit: 0 }, 5)).toEqual([{ unit: 1, correlation: expect.closeTo(-1) }]);
    expect(alike(record('nig', [{ name: 'a', units: [1, 2] }]), { layer: 'a', unit: 0 }, 5)).toBeNull();
    expect([...overExamples(run().layers[0]!, 1)]).toEqual(OTHER);
  });
});

describe('weights of a unit', () => {
  it('are listed by size over window and positions, numbered from where they begin', () => {
    const weights = { shape: [2, 3], data: Float32Array.of(1, 0, -3, -1, 2, -1) };
    expect(strongest({ layer: 'a', weights, first: 10 }, 2)).toEqual([
      { unit: 12, sum: -4, size: expect.closeTo(Math.sqrt(10)) },
      { unit: 11, sum: 2, size: 2 },
    ]);
  });
});

describe('links', () => {
  it('are read as they are made, whatever a layer is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.option(fc.nat(999_999)), (layer, unit) => {
        expect(linkIn(` ${placeLink('0af3', layer, unit)}\n`)).toEqual({ hash: '0af3', layer, unit });
      }),
    );
  });
  it('are nothing else', () => {
    for (const text of [
      '',
      'mho://',
      'mho://0af3',
      'mho://0af3/a:b',
      'mho://0af3/%E0%A4:1',
      'https://0af3/a:1',
      'mho://0af3/a:1 x',
    ])
      expect(linkIn(text), text).toBeNull();
  });
  it('stand in the address of a page', () => {
    expect(linkInAddress('#/unit/0af3/enc%2F0:12')).toBe('mho://0af3/enc%2F0:12');
    for (const text of ['', '#', '#/unit/', '#/unit/0af3', '#/else/0af3/a:1', '#/unit/0af3/a:1/b'])
      expect(linkInAddress(text), text).toBeNull();
  });
  it('lead astray with the reason: another model, layer or unit', () => {
    const model = {
      hash: 'aaaa',
      name: 'mine',
      layers: [
        { name: 'fc', units: 3 },
        { name: 'out', units: null },
      ],
    };
    const why = (hash: string, layer: string, unit: number | null) =>
      astray({ hash, layer, unit }, model, (each) => each);
    expect(why('aaaa', 'fc', 2)).toBeNull();
    expect(why('aaaa', 'fc', null)).toBeNull();
    expect(why('aaaa', 'out', 0)).toBeNull();
    expect(why('bbbb', 'fc', 2)).toMatch(/hash bbbb; what is open is mine, of hash aaaa/);
    expect(why('aaaa', 'gone', 2)).toMatch(/layer gone, and mine has none/);
    expect(why('aaaa', 'fc', 3)).toMatch(/from 0 to 2/);
    expect(astray({ hash: 'bbbb', layer: 'fc', unit: 0 }, null, (each) => each)).toMatch(/open that one first/);
  });
});

describe('places that were visited', () => {
  it('are gone through back and forward as in a browser, in any order of steps', () => {
    const step = fc.oneof(fc.nat(4).map((place) => ({ place })), fc.constantFrom({ step: 1 as const }, { step: -1 as const })); // prettier-ignore
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let visits: Visits<number> = NOWHERE;
        let [behind, now, ahead]: [number[], number | null, number[]] = [[], null, []];
        for (const each of steps) {
          if ('place' in each) {
            visits = goneTo(visits, each.place, (a, b) => a === b);
            if (each.place === now) continue;
            if (now !== null) behind = [...behind, now];
            [now, ahead] = [each.place, []];
          } else {
            visits = stepped(visits, each.step);
            const from: number[] = each.step === 1 ? ahead : behind;
            const next = from.pop();
            if (next === undefined) continue;
            (each.step === 1 ? behind : ahead).push(now!);
            now = next;
          }
          expect(shownOf(visits)).toBe(now);
        }
      }),
    );
  });
});

describe('the notebook', () => {
  const key = { layer: 'fc', unit: 1 };
  it('keeps a unit once, whatever is noted on it', () => {
    const notes = noted(noted(noted([], key, {}), key, { note: 'edges' }), key, { tags: ['seen'] });
    expect(notes).toEqual([{ ...key, note: 'edges', tags: ['seen'] }]);
  });
  it('puts back what was taken out in its place, once', () => {
    const notes = [0, 1, 2].reduce(
      (all, unit) => noted(all, { layer: 'fc', unit }, {}),
      noted([], { layer: 'c', unit: 9 }, {}),
    );
    const less = without(notes, key);
    expect(less).toHaveLength(3);
    const back = putBack(less, notes[2]!, 2);
    expect(back).toEqual(notes);
    expect(putBack(back, notes[2]!, 0)).toBe(back);
  });
  it('is searched by words and by tag', () => {
    const notes = noted(
      noted([], key, { note: 'Vertical edges', tags: ['edge', 'sure'] }),
      { layer: 'fc', unit: 2 },
      { tags: ['edge'] },
    );
    expect(tagsOf(notes)).toEqual([
      { tag: 'edge', units: 2 },
      { tag: 'sure', units: 1 },
    ]);
    expect(searched(notes, 'vert FC', null)).toEqual([notes[0]]);
    expect(searched(notes, '#2', 'edge')).toEqual([notes[1]]);
    expect(searched(notes, '', 'sure')).toEqual([notes[0]]);
    expect(tagsIn(' a, b,,a ,')).toEqual(['a', 'b']);
  });
});
