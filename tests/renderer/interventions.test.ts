/** Which units are out, and what is asked for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knockOutLine, type RepeatedQuestion } from '../../src/contract/words/command';
import { aloneWords, outWords } from '../../src/contract/words/interventions';
import { unitsFrom } from '../../src/main/hosts/terminal/replacements';
import {
  changedUnits,
  factorOf,
  interventionsOf,
  isChanged,
  isTaken,
  known,
  putBack,
  scaledBy,
  takenOut,
  topRows,
  unitText,
  type Out,
} from '../../src/renderer/logic/interventions';
import { topValues } from '../../src/renderer/logic/prediction';

const NONE: Out = { taken: [], scaled: [], becomes: { kind: 'baseline' } };
const key = (layer: string, unit: number) => ({ layer, unit });

describe('units that are out', () => {
  const unit = fc.record({ layer: fc.constantFrom('a', 'b'), unit: fc.nat({ max: 3 }) });
  const act = fc.oneof(
    fc.record({ do: fc.constantFrom('take' as const, 'back' as const), unit, factor: fc.constant(1) }),
    fc.record({ do: fc.constant('scale' as const), unit, factor: fc.constantFrom(0, 0.5, 1, 2) }),
  );

  it('are each taken, scaled or as it was, whatever is done in whatever order; all are asked for once', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let out: Out = NONE;
        const should = new Map<string, number | null>();
        for (const { do: what, unit: of, factor } of acts) {
          const next = what === 'take' ? takenOut(out, [of]) : what === 'back' ? putBack(out, of) : scaledBy(out, of, factor); // prettier-ignore
          out = { ...out, ...next };
          should.set(unitText(of), what === 'take' ? null : factor);
        }
        for (const layer of ['a', 'b'])
          for (const unit of [0, 1, 2, 3]) {
            const at = should.get(unitText(key(layer, unit)));
            expect(factorOf(out, key(layer, unit))).toBe(at === undefined ? 1 : at);
            expect(isChanged(out, key(layer, unit))).toBe(at !== undefined && at !== 1);
            expect(isTaken(out, key(layer, unit))).toBe(at === null);
          }
        const asked = interventionsOf(out).flatMap(({ layer, units }) =>
          units.map((each) => unitText(key(layer, each))),
        );
        expect(asked.toSorted()).toEqual(changedUnits(out).map(unitText).toSorted());
        expect(new Set(asked).size).toBe(asked.length);
      }),
    );
  });

  it('of one layer that become the same are one intervention', () => {
    const out = scaledBy(takenOut(NONE, [key('a', 2), key('b', 0), key('a', 1)]), key('a', 7), 0.5);
    expect(interventionsOf({ ...out, becomes: { kind: 'zero' } })).toEqual([
      { layer: 'a', units: [2, 1], to: { kind: 'zero' } },
      { layer: 'b', units: [0], to: { kind: 'zero' } },
      { layer: 'a', units: [7], to: { kind: 'scale', factor: 0.5 } },
    ]);
  });

  it('are those that a model has; where its file leaves a size free they may be there', () => {
    const layers = new Map([['a', 2], ['free', null]]); // prettier-ignore
    expect(known([key('a', 1), key('a', 2), key('gone', 0), key('free', 9)], layers)).toEqual([
      key('a', 1),
      key('free', 9),
    ]);
  });

  it('are the most important of a list by their ranks, however it is sorted, or the least important', () => {
    const ranks = [3, 1, 4, 2, 5];
    expect(topRows([4, 2, 0, 1], ranks, 2, false)).toEqual([1, 0]);
    expect(topRows([4, 2, 0, 1], ranks, 3, true)).toEqual([4, 2, 0]);
    expect(topRows([2], ranks, 9, false)).toEqual([2]);
  });
});

describe('in words', () => {
  it('say how many are out and scaled, and whether what they do adds up', () => {
    expect(outWords({ taken: 1, scaled: 0 })).toBe('1 unit is out');
    expect(outWords({ taken: 0, scaled: 2 })).toBe('2 units are scaled');
    expect(outWords({ taken: 3, scaled: 1 })).toBe('3 units are out, 1 is scaled');
    const plain = (value: number) => `${value}`;
    expect(aloneWords(2.05, 2, plain)).toContain('here they act alone');
    expect(aloneWords(1, 2, plain)).toBe('One by one they drop 1 in sum, together 2: they do not act alone.');
  });

  it('are repeated by one line of mho knock-out, which reads the same units back; not where some become another thing', () => {
    const question: RepeatedQuestion = {
      ...{ model: '~/net', signature: undefined, reading: {}, hold: ['mask'], walk: [], output: 'logits', minus: null },
      parts: [{ paths: ['~/x.npz'], input: null }],
      baseline: { kind: 'word', word: 'fitting' },
      target: { index: 'argmax' },
    };
    const to = { kind: 'value', value: -1 } as const;
    const line = knockOutLine(question, [4], [{ layer: 'a', units: [3, 1, 2], to }, { layer: 'b:c', units: [7], to }]); // prettier-ignore
    expect(line).toBe(
      'mho knock-out ~/net --input ~/x.npz --examples 4 --baseline=fitting --target logits:argmax --units a:1-3,b:c:7 --to=-1 --hold mask',
    );
    const [units] = /(?<=--units )\S+/.exec(line!)!;
    expect(unitsFrom(units).map(({ layer, units: own }) => [layer, own])).toEqual([['a', [1, 2, 3]], ['b:c', [7]]]); // prettier-ignore
    const scaled = { layer: 'a', units: [5], to: { kind: 'scale', factor: 0.5 } } as const;
    expect(
      knockOutLine(
        question,
        [4],
        [
          { layer: 'a', units: [1], to },
          { ...scaled, units: [5] },
        ],
      ),
    ).toBeNull();
  });
});

describe('a prediction with units out', () => {
  const row = (...data: number[]) => ({ shape: [1, data.length], data: Float32Array.from(data) });
  const output = { name: 'y', atInput: row(5, 4, 3, 2, 1), atBaseline: row(0, 0, 0, 0, 0) };

  it('is sorted by what is said then, and keeps what the whole network said', () => {
    expect(topValues(output, 0, 3).map(({ index, now }) => [index, now])).toEqual([[0, 5], [1, 4], [2, 3]]); // prettier-ignore
    const after = topValues(output, 0, 3, [-1, 0, 7, 8, 9]);
    expect(after.map(({ index, now, atInput }) => [index, now, atInput])).toEqual([[4, 9, 1], [3, 8, 2], [0, -1, 5]]); // prettier-ignore
  });
});
