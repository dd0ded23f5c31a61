/** What the program says of results that are known. */
import { parse } from 'csv-parse/sync';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/contract/session';
import { exportUnits } from '../../src/main/engine/sessions';
import { sessionJson } from '../../src/main/hosts/terminal/json';
import { sessionTables } from '../../src/main/hosts/terminal/tables';
import { sampleSession } from '../sessions/sample';
import { adaptiveSession } from './results';

const folder = await mkdtemp(join(tmpdir(), 'mho-results-'));
afterAll(() => rm(folder, { recursive: true }));

const fine = { units: [3, -1, 0.5], errors: [0.02, 0.01, 0.6], certain: 1 };
const session = adaptiveSession({
  fine: { units: [3, -1], errors: [0.02, 0.01], certain: 1 },
  coarse: { units: [1, -0.5, 0.1], errors: [0.05, 0.02, 0.2], certain: 2 },
  rough: { units: [1, 0.5], errors: [2, 0.1], certain: 0 },
});

describe('tables', () => {
  const text = sessionTables(session, 5);

  it('say what was asked of the path and what it came to', () => {
    expect(text).toContain('difference 2\nnig: asked 2 %, reached 1.6 % with 44 walks.\n');
    expect(text).toContain('Top units by nig (adaptive to 2 %)');
    const capped = adaptiveSession({ fine }, { stopped: 'cap', reached: false, estimate: 0.0301, walks: 600 });
    expect(sessionTables(capped, 5)).toContain('nig: asked 2 %, stopped at the cap of 600 walks: 3.1 %.\n');
  });

  it('tell units that are certain from those that are not, and what is not resolved from both', () => {
    for (const line of ['#0   +3 ± 0.02 *', '#1   -1 ± 0.01', '#1   -0.5 ± 0.02 *', '#2   not resolved, ± 0.2'])
      expect(text.replace(/ +│/g, '│')).toContain(`│ ${line}│`);
    expect(text).toMatch(/│ rough +│ \[2\] +│ #0 {3}not resolved, ± 2 +│/);
  });

  it('have the errors of a layer’s units below one another', () => {
    const lines = sessionTables(adaptiveSession({ wide: { units: [12.5, -1], errors: [0.02, 0.01] } }), 5).split('\n');
    const places = lines.flatMap((line) => (/│ (wide|) +│.*#\d .* ± /.test(line) ? line.indexOf('±') : []));
    expect(places).toHaveLength(2);
    expect(places[0]).toBe(places[1]);
  });

  it('give errors as shares of their totals, mark those above 10 %, and give no number above 30 %', () => {
    const rows = text.split('\n').filter((line) => / yes /.test(line));
    expect(rows.map((row) => row.split('│').slice(5, 7).join().replace(/ +/g, ' '))).toEqual([
      ' 0.03 (0.75 %) , 0.03 (0.75 %) ',
      ' 0.27 (17 %) ! , 0.27 (17 %) ! ',
      ' not yet resolved , not yet resolved ',
    ]);
  });

  it('name what even steps do not resolve, first of all, and what to do', () => {
    const alarm = { example: 0, layer: 'fine', kind: 'concentrated', from: 0, to: 0.02, share: 0.98 } as const;
    const even = adaptiveSession({ fine });
    Object.assign(even.runs[0]!, { adaptive: null, steps: 50, alarms: [{ ...alarm, share: 0.5, layer: null }, alarm] });
    const [, line] = sessionTables(even, 5).split('\n');
    expect(line).toBe(
      '! nig: fine: 98 % of the change lies below α = 0.02, which 50 even steps cannot resolve (and 1 more): run without --steps.',
    );
    Object.assign(even.runs[0]!, { rule: 'right' });
    expect(sessionTables(even, 5)).toContain(': run by secant without --steps.\n');
  });

  it('tell what float32 leaves open of the difference, and give no shares of one that drowns in it', () => {
    const open = adaptiveSession({ fine: { ...fine, change: { residual: Float32Array.of(0.25) } } });
    Object.assign(open.runs[0]!, { deltaUncertainty: Float32Array.of(1e-6) });
    expect(sessionTables(open, 5)).toMatch(/difference 2 ± 1e-6\n/);
    expect(sessionTables(open, 5)).toContain('0.25 (13 %)');
    Object.assign(open.runs[0]!, { deltaUncertainty: Float32Array.of(2.5) });
    const text = sessionTables(open, 5);
    expect(text).toContain(
      "\n! F(x) − F(x') is no larger than what rounding of float32 leaves open of it: shares of it mean nothing.\nnig: ",
    );
    expect(text).not.toContain('(13 %)');
  });

  it('say before the numbers what is not to be believed, how far it came, and what is so', () => {
    const noted = adaptiveSession({ fine });
    const dead = { kind: 'dead', example: 0, layers: [{ name: 'fine', dead: 1, units: 3 }] } as const;
    Object.assign(noted.runs[0]!, { remarks: [dead, { kind: 'same', example: 0 }, dead] });
    expect(sessionTables(noted, 5).split('\n').slice(1, 4)).toEqual([
      '! The baseline is the input itself, so that nothing changes and every contribution is 0.',
      'nig: asked 2 %, reached 1.6 % with 44 walks.',
      'Nothing passes through 1 of 3 units of fine along the whole path; their contributions are exactly 0.',
    ]);
  });

  it('say once through which units nothing passes, by the methods that found them', () => {
    const both = sampleSession();
    both.runs.forEach((run, at) =>
      Object.assign(run, {
        remarks: [{ kind: 'dead', example: 0, layers: [{ name: 'fine', dead: at + 1, units: 3 }] }],
      }),
    );
    const lines = sessionTables(both, 5)
      .split('\n')
      .filter((line) => line.startsWith('Nothing passes'));
    expect(lines).toEqual([
      'Nothing passes through 1 of 3 units of fine by nig, and 2 of 3 units of fine by rescale along the whole path; their contributions are exactly 0.',
    ]);
  });

  it('tell runs of one method apart, by what was asked and by the name that the user gave, in every head', () => {
    const several = sampleSession();
    const [nig] = several.runs;
    const label = { note: '', created: '', job: '' };
    const all = [
      { ...nig!, adaptive: null, rule: 'secant' as const, steps: 50 },
      { ...nig!, adaptive: null, rule: 'secant' as const, steps: 64 },
      { ...nig!, adaptive: null, rule: 'secant' as const, steps: 64, label: { ...label, name: 'again' } },
      { ...nig!, adaptive: null, rule: 'secant' as const, steps: 64 },
    ];
    const text = sessionTables({ ...several, runs: all }, 1).replace(/ +/g, ' ');
    for (const name of [
      'nig (secant, 50 steps)',
      'nig (secant, 64 steps)',
      'nig (secant, 64 steps), again',
      'nig (secant, 64 steps) (2)',
    ]) {
      // prettier-ignore
      expect(text).toContain(`│ Top units by ${name} │`);
      expect(text).toContain(`│ ${name}: sum │`);
    }
  });

  it('leave out of layers what most of their names begin with, once it is said', () => {
    const names = ['stem', 'block_1/conv', 'block_2/conv', 'block_3/conv'].map((name) => `backbone/encoder/${name}`);
    const text = sessionTables(adaptiveSession(Object.fromEntries([...names, 'head'].map((name) => [name, fine]))), 5);
    expect(text.match(/backbone\/encoder\//g)).toHaveLength(1);
    expect(text).toContain("Most layers' names begin with backbone/encoder/, which is left out below.\n");
    for (const name of ['stem', 'block_1/conv', 'head']) expect(text).toMatch(new RegExp(`^│ ${name} +│`, 'm'));
    expect(sessionTables(adaptiveSession({ 'a/x': fine, 'b/y': fine }), 5)).not.toContain('left out below');
  });

  it('say of questions that differ in their baseline or data which one it is', () => {
    const one = sampleSession();
    const [question] = one.questions;
    const questions = [
      { ...question!, source: 'a.npz', baseline: { kind: 'constant' as const, value: 0 } },
      { ...question!, source: 'b.npz', baseline: { kind: 'constant' as const, value: 0.5 } },
    ];
    const runs = one.runs.slice(0, 2).map((run, at) => ({ ...run, question: at }));
    const text = sessionTables({ ...one, questions, runs }, 1);
    expect(text).toMatch(/^Example \d+ of a\.npz, baseline constant 0: /m);
    expect(text).toMatch(/^Example \d+ of b\.npz, baseline constant 0\.5: /m);
  });

  it('have no columns of errors for methods without an integral', () => {
    const both = sampleSession();
    for (const layer of both.runs[1]!.layers) Object.assign(layer, { error: null, unitsError: null, unitError: null });
    const head = sessionTables(both, 1)
      .split('\n')
      .find((line) => line.includes('Cut'))!;
    expect(head.replace(/ +/g, ' ')).toBe(
      '│ Layer │ Cut │ nig: sum │ residual │ error of units │ of neurons │ rescale: sum │ residual │',
    );
  });
});

describe('JSON', () => {
  interface Shown {
    readonly runs: {
      readonly adaptive: { readonly examples: Record<string, unknown>[] } | null;
      readonly layers: Record<string, unknown>[];
    }[];
  }
  const shown = (given: Session): Shown => JSON.parse(sessionJson(given, null, 3)) as Shown;

  it('holds what was asked and reached, and every share beside its error', () => {
    const [run] = shown(session).runs;
    expect(run!.adaptive).toEqual({
      accuracy: { tolerance: 0.02, over: 'units', mostWalks: 600, untilTop: null },
      examples: [
        {
          estimate: 0.016,
          layer: 'dense',
          reached: true,
          stopped: 'reached',
          walks: 44,
          points: 39,
          rounds: 3,
          words: 'asked 2 %, reached 1.6 % with 44 walks',
        },
      ],
    });
    const [first, coarse, rough] = run!.layers;
    expect(first).toMatchObject({ trust: ['fine'], certain: [1], unitsTotal: [4], neuronsTotal: [4] });
    expect((first!['errorShare'] as number[])[0]).toBeCloseTo(0.0075);
    expect((first!['unitsErrorShare'] as number[])[0]).toBeCloseTo(0.0075);
    expect(first!['top']).toMatchObject([
      [
        { unit: 0, resolved: true, certain: true },
        { unit: 1, resolved: true, certain: false },
      ],
    ]);
    expect(coarse).toMatchObject({ trust: ['coarse'] });
    expect(rough).toMatchObject({ trust: ['unresolved'], top: [[{ resolved: false }, { resolved: true }]] });
  });

  it('has nulls where there is no integral', () => {
    const even = sampleSession();
    for (const layer of even.runs[1]!.layers) Object.assign(layer, { error: null, unitsError: null, unitError: null });
    expect(shown(even).runs[1]).toMatchObject({ adaptive: null });
    const nulls = { error: null, errorShare: null, unitsError: null, unitsErrorShare: null, trust: null };
    expect(shown(even).runs[1]!.layers[0]).toMatchObject(nulls);
  });
});

describe('CSV', () => {
  const rowsOf = async (given: Session, per: 'unit' | 'neuron'): Promise<Record<string, string>[]> => {
    const path = join(folder, 'a.csv');
    await exportUnits(path, given, per);
    return parse(await readFile(path), { columns: true });
  };

  it('tells of every unit its share, whether it is resolved and certain, and how its layer stands', async () => {
    const rows = await rowsOf(session, 'unit');
    const of = (layer: string) =>
      rows
        .filter((row) => row['layer'] === layer)
        .map((row) => ['unit', 'error_share', 'resolved', 'certain'].map((name) => row[name]));
    expect(of('coarse').map(([unit, share, ...rest]) => [unit, Number(share).toFixed(4), ...rest])).toEqual([
      ['0', '0.0313', 'yes', 'yes'],
      ['1', '0.0125', 'yes', 'yes'],
      ['2', '0.1250', 'no', 'no'],
    ]);
    expect(new Set(rows.map((row) => `${row['tolerance']} ${row['estimate']}`))).toEqual(new Set(['0.02 0.016']));
    const shares = new Set(rows.map((row) => Number(row['layer_error_share']).toFixed(4)));
    expect(shares).toEqual(new Set(['0.0075', '0.1688', '1.4000']));
    expect((await rowsOf(session, 'neuron')).map((row) => Number(row['layer_error_share']).toFixed(4))[0]).toBe(
      '0.0075',
    );
  });

  it('tells of which layers even steps say nothing', async () => {
    const even = adaptiveSession({ fine, other: fine });
    const alarm = { example: 0, layer: 'fine', kind: 'peak', from: 0.1, to: 0.12, share: 0.03 } as const;
    const alarmed = async (...alarms: object[]) => {
      Object.assign(even.runs[0]!, { alarms });
      const rows = await rowsOf(even, 'unit');
      return ['fine', 'other'].map((name) => rows.find(({ layer }) => layer === name)!['layer_alarm']);
    };
    expect(await alarmed()).toEqual(['no', 'no']);
    expect(await alarmed(alarm)).toEqual(['yes', 'no']);
    expect(await alarmed({ ...alarm, layer: null })).toEqual(['yes', 'yes']);
    expect(JSON.parse(sessionJson(even, null, 1))).toMatchObject({
      runs: [{ alarms: [{ layer: null, words: expect.stringContaining('between α = 0.1 and α = 0.12') as string }] }],
    });
  });

  it('leaves open what was not asked, and calls by name what is no number', async () => {
    const even = sampleSession();
    for (const layer of even.runs[1]!.layers) Object.assign(layer, { error: null, unitsError: null, unitError: null });
    even.runs[0]!.layers[0]!.contributions[0] = NaN;
    const row = (await rowsOf(even, 'unit')).find((each) => each['method'] === 'rescale')!;
    expect(row).toMatchObject({ error: '', error_share: '', resolved: '', certain: '', tolerance: '', estimate: '' });
    expect((await rowsOf(even, 'neuron'))[0]).toMatchObject({ contribution: 'NaN' });
  });
});
