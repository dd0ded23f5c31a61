/** `mho runs` and `mho compare`: what sessions hold, and how two of their runs agree. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LayerSummary } from '../../src/contract/model';
import type { Session } from '../../src/contract/session';
import { saveSession } from '../../src/main/engine/sessions';
import { adaptiveSession } from './results';
import { mho } from './terminal';

const folder = await mkdtemp(join(tmpdir(), 'mho-compare-'));
afterAll(() => rm(folder, { recursive: true }));

const layer = (name: string, inputs: readonly string[], units: number): LayerSummary => ({
  name,
  kind: 'Dense',
  group: [],
  shape: [units],
  unitAxis: 0,
  units,
  parameters: 0,
  inputs,
  unsupported: [],
});
/** A run over two hidden layers between `x` and `logits`. */
function sessionOf(names: readonly [string, string], units: readonly [readonly number[], readonly number[]]): Session {
  const [first, second] = names;
  const errors = (values: readonly number[]): number[] => values.map(() => 0.05);
  const session = adaptiveSession({
    [first]: { units: units[0], errors: errors(units[0]) },
    [second]: { units: units[1], errors: errors(units[1]) },
  });
  const layers = [layer('x', [], 2), layer(first, ['x'], units[0].length), layer(second, [first], units[1].length), layer('logits', [second], 2)]; // prettier-ignore
  return { ...session, model: { ...session.model, name: first, layers } };
}
async function saved(name: string, session: Session): Promise<string> {
  const path = join(folder, name);
  await saveSession(path, session);
  return path;
}
const A = await saved('a.mho', sessionOf(['wide', 'deep'], [[3, -1, 0.5], [1, 2]])); // prettier-ignore
const B = await saved('b.mho', sessionOf(['wide', 'deep'], [[3, 1, 0.5], [1.02, 2]])); // prettier-ignore
/** Another checkpoint, whose layers are called otherwise and stand as they do. */
const OTHER = await saved('other.mho', sessionOf(['wide_1', 'deep_1'], [[3, -1, 0.5], [1, 2]])); // prettier-ignore
const json = async (...words: string[]) => JSON.parse((await mho([...words, '--json'])).out) as never;

describe('mho runs', () => {
  it('tells of each run what it is called, what it was asked and what it came to', async () => {
    const { code, out } = await mho(['runs', A]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /│ 0 │ NIG[^│]*│ logits\[0\] [^│]*│ 2 references from a file │ 0 +│ +\d[\d.]* % │ +\d+ walks │/,
    );
    const told: { runs: { name: string; target: string[]; error: number[]; passes: number }[] } = await json('runs', A);
    expect(told.runs).toHaveLength(1);
    expect(told.runs[0]).toMatchObject({ run: 0, method: 'nig', examples: [0], target: ['logits[0]'], aside: false });
    expect(told.runs[0]!.error[0]).toBeCloseTo(0.1 / 3, 5);
  });
});

describe('mho compare', () => {
  it('tells the correlation, which units moved, and which change their sign', async () => {
    const told: {
      rankCorrelation: number;
      signFlips: number;
      layers: { name: string; rankCorrelation: number; signFlips: number }[];
      movers: { layer: string; unit: number; difference: number; withinError: boolean }[];
    } = await json('compare', A, B, '--top', '2');
    expect(told.layers.map(({ name, signFlips }) => [name, signFlips])).toEqual([['wide', 1], ['deep', 0]]); // prettier-ignore
    expect(told.layers[1]!.rankCorrelation).toBe(1);
    // 5 1 2 3 4 against 5 2 1 3 4: 1 − 6·Σd² / n(n² − 1)
    expect(told.rankCorrelation).toBeCloseTo(0.9, 6);
    expect(told.signFlips).toBe(1);
    expect(told.movers).toMatchObject([
      { layer: 'wide', unit: 1, difference: 2, withinError: false },
      { layer: 'deep', unit: 0, withinError: true },
    ]);
    const { code, out } = await mho(['compare', A, B]);
    expect(code).toBe(0);
    expect(out).toContain('1 change their sign beyond their errors');
    expect(out).toMatch(/│ wide #1 +│ +-1 │ +1 │ +2 │/);
    expect(out).toContain('≈ the difference lies within both errors');
  });

  it('matches the layers of another checkpoint by their places, and of the same run tells that all is equal', async () => {
    const { out } = await mho(['compare', A, OTHER]);
    expect(out).toContain('wide (in B wide_1)');
    expect(out).toContain('Rank correlation 1.000 over 5 units of 2 layers');
    const told: { distance: number; topShared: object; onlyA: []; onlyB: [] } = await json('compare', A, A);
    expect(told).toMatchObject({ distance: 0, topShared: { k: 5, share: 1 }, onlyA: [], onlyB: [] });
  });

  it('names layers that are in one alone, and refuses what has none in common or asks for what is not there', async () => {
    const wider = await saved('wider.mho', sessionOf(['wide', 'deep'], [[3, -1, 0.5, 2], [1, 2]])); // prettier-ignore
    expect((await mho(['compare', A, wider])).out).toContain('Only in A, by name and units: wide\nOnly in B, by name and units: wide\n'); // prettier-ignore
    const none = await saved('none.mho', sessionOf(['p', 'q'], [[1], [2, 3, 4]])); // prettier-ignore
    for (const words of [[A, none], [A, B, '--run-b', '7'], [A, B, '--example', '9']]) // prettier-ignore
      expect(await mho(['compare', ...words])).toMatchObject({ code: 2, err: expect.stringContaining('USAGE') as string }); // prettier-ignore
  });
});
