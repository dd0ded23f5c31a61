import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/contract/studio';
import { known } from '../../src/renderer/logic/known';
import { layerSums } from '../../src/renderer/logic/completeness';
import { finding } from '../../src/renderer/logic/finding';
import { record } from './records';

const run = (change: Partial<RunRecord['result']>, method: 'nig' | 'rescale' = 'nig'): RunRecord => {
  const made = record(method, [{ name: 'a', units: [2, 1], errors: [0.1, 0.1], residual: 2e-4 }]);
  return { ...made, result: { ...made.result, ...change } };
};
const alarm = { example: 0, layer: 'a', kind: 'concentrated', from: 0, to: 0.02, share: 0.98 } as const;

describe('what is to be known before the numbers', () => {
  it('is nothing of a run that has nothing to say', () =>
    expect(known([run({})], 5)).toEqual({ marked: [], notes: [] }));

  it('is an alarm of even steps, with the run it is about', () => {
    const alarmed = run({ alarms: [alarm, { ...alarm, layer: 'b', share: 0.5 }, { ...alarm, example: 1 }] });
    expect(known([alarmed], 5).marked).toEqual([
      {
        words:
          'NIG · 50: a: 98 % of the change lies below α = 0.02, which 50 even steps cannot resolve, and so in 1 other layer.',
        alarm: alarmed,
      },
    ]);
  });

  it('is said once where two methods say the same, and of the example alone that is shown', () => {
    const remarks = [
      { kind: 'same', example: 0 },
      { kind: 'dead', example: 0, layers: [{ name: 'a', dead: 1, units: 2 }] },
      { kind: 'same', example: 1 },
    ] as const;
    const told = known([run({ remarks }), run({ remarks }, 'rescale')], 5);
    expect(told.marked).toHaveLength(1);
    expect(told.notes).toHaveLength(1);
  });

  it('is one sentence of dead units where two methods find others, each named by what it found', () => {
    const dead = (many: number) => ({ remarks: [{ kind: 'dead', example: 0, layers: [{ name: 'a', dead: many, units: 9 }] }] as const }); // prettier-ignore
    const { notes } = known(
      [run(dead(4)), run(dead(3), 'rescale'), run(dead(3), 'rescale')],
      5,
      (each) => each.result.method,
    );
    expect(notes).toEqual([
      'Nothing passes through 4 of 9 units of a by nig, and 3 of 9 units of a by rescale along the whole path; their contributions are exactly 0.',
    ]);
  });

  it('is that rounding drowns the difference: no residual is judged by it', () => {
    const drowned = run({ delta: Float32Array.of(1e-5), deltaUncertainty: Float32Array.of(1e-4) });
    expect(known([drowned], 5).marked).toEqual([
      { words: expect.stringContaining('rounding of float32'), alarm: null },
    ]);
    const sums = layerSums(drowned, 5, 0.01)!;
    expect([sums.drowned, sums.firstBroken]).toEqual([true, null]);
    expect(finding([drowned], 5, new Set(['a']), null)!.residual).toBeNull();
    const clear = layerSums(run({ delta: Float32Array.of(1e-5) }), 5, 0.01)!;
    expect([clear.drowned, clear.firstBroken?.layer.name]).toEqual([false, 'a']);
  });

  it('is that sums which are right say nothing of units whose errors are larger', () => {
    const of = (errors: number[]) =>
      layerSums(record('nig', [{ name: 'a', units: [4, -1], errors, residual: 1e-7 }]), 5, 0.01)!;
    expect(of([0.01, 0.01])).toMatchObject({ judged: 1, firstBroken: null, unresolved: null });
    expect(of([9000, 4000]).unresolved?.layer.name).toBe('a');
    // more than is to be explained
    expect(of([3, 0.1]).unresolved?.error?.units).toBeCloseTo(3.1);
  });
});
