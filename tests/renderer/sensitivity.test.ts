/** Which baselines are tried to see how much they matter, and one unit against several references. */
import { describe, expect, it } from 'vitest';
import type { RunSetup } from '../../src/contract/studio';
import { runSetup } from '../../src/contract/studio';
import { amongOf, baselineWord, byReference, referenceWords, sensitivities, sensitivitySetup } from '../../src/renderer/logic/sensitivity'; // prettier-ignore
import { record } from './records';

const setup: RunSetup = {
  data: 'd',
  examples: [0, 1, 2],
  baseline: { kind: 'fitting' },
  target: { index: 'argmax' },
  methods: ['nig', 'rescale'],
  rule: 'secant',
  steps: 50,
  backend: 'auto',
};

describe('what is tried', () => {
  it('is what was asked first, then the others, each once', () => {
    expect(amongOf({ kind: 'fitting' }).map(({ word }) => word)).toEqual(['fitting', 'zeros', 'mean', 'blur', 'noise 0, 4 references', 'shuffle 0, 4 references']); // prettier-ignore
    expect(amongOf({ kind: 'constant', value: 0 }).map(({ word }) => word)[0]).toBe('zeros');
    expect(amongOf({ kind: 'constant', value: 0 })).toHaveLength(5);
    expect(baselineWord({ kind: 'constant', value: 0.25 })).toBe('constant 0.25');
  });

  it('is the same question of one example, by its first method, aside', () => {
    for (const { baseline } of amongOf(setup.baseline)) {
      const asked = sensitivitySetup(setup, baseline, 2, 'job');
      expect(runSetup.parse(asked)).toEqual({ ...setup, baseline, examples: [2], methods: ['nig'], aside: 'job' });
    }
    expect('aside' in sensitivitySetup(setup, setup.baseline, 0, undefined)).toBe(false);
  });
});

it('layers that all runs have are held against one another at the example; one that has no result there tells nothing', () => {
  const under = (word: string, units: number[]) => ({
    word,
    run: record('nig', [{ name: 'conv', units }, { name: 'one', units: [1] }]), // prettier-ignore
  });
  const [first, ...more] = sensitivities([under('zeros', [3, -2, 1]), under('mean', [3, 2, 1])], 5);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ name: 'conv', signs: 1 });
  expect(first!.units.map(({ unit, signDepends }) => [unit, signDepends])).toEqual([[0, false], [1, true], [2, false]]); // prettier-ignore
  expect(sensitivities([under('zeros', [3, -2, 1])], 5)).toEqual([]);
  expect(sensitivities([under('zeros', [3, -2, 1]), under('mean', [3, 2, 1])], 99)).toEqual([]);
});

it('a unit against each reference, and whether its sign depends on which', () => {
  // 2 examples, 3 references, 2 units
  const references = Float32Array.of(1, 2, 3, 4, 5, 6, -1, -2, 3, 4, 0.5, 6);
  expect(byReference(references, { examples: 2, units: 2 }, 0, 1)).toEqual([2, 4, 6]);
  expect(byReference(references, { examples: 2, units: 2 }, 1, 0)).toEqual([-1, 3, 0.5]);
  const written = (value: number) => value.toFixed(1);
  expect(referenceWords([2, 4, 6], written)).toBe('Against 3 references: 4.0 on average, 2.0 to 6.0');
  expect(referenceWords([-1, 3], written)).toBe('Against 2 references: 1.0 on average, -1.0 to 3.0; its sign depends on the reference'); // prettier-ignore
});
