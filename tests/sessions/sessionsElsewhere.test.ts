/** Sessions as other programs read them: tables, and Python with numpy. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pythonLines } from '../../src/contract/words/python';
import { rankUnits } from '../../src/main/engine/attribution/ranking';
import { exportUnits, openSession, saveSession } from '../../src/main/engine/sessions';
import { sessionJson } from '../../src/main/hosts/terminal/json';
import { sessionTables } from '../../src/main/hosts/terminal/tables';
import { sampleSession } from './sample';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-sessions-'));
  path = join(folder, 'a.mho');
});
afterEach(() => rm(folder, { recursive: true }));

describe('exportUnits', () => {
  it('writes a row per unit, ranked', async () => {
    const session = sampleSession();
    const csv = join(folder, 'a.csv');
    await exportUnits(csv, session);
    const rows = parse<Record<string, string>>(await readFile(csv), { columns: true });
    expect(Object.keys(rows[0]!).join()).toBe(
      'run,method,rule,steps,example,target,layer,unit,contribution,error,error_share,resolved,certain,rank,rank_in_layer,layer_error_share,layer_alarm,tolerance,estimate',
    );
    expect(rows).toHaveLength((3 + 2) * (2 + 5 + 1));
    const [best] = rankUnits(session.runs[0]!.layers, 2);
    const row = rows.find((each) => each['run'] === '0' && each['example'] === '5' && each['rank'] === '1')!;
    expect(row).toMatchObject({ method: 'nig', rule: 'secant', steps: '50', target: 'logits[2]', layer: best!.layer });
    expect([row['unit'], row['contribution'], row['error']].map(Number)).toEqual([
      best!.unit,
      best!.contribution,
      best!.error,
    ]);
  });

  it('writes a row per neuron', async () => {
    const session = sampleSession();
    const csv = join(folder, 'a.csv');
    await exportUnits(csv, session, 'neuron');
    const rows = parse<Record<string, string>>(await readFile(csv), { columns: true });
    expect(rows).toHaveLength((3 + 2) * (24 + 5 + 1));
    const { contributions } = session.runs[0]!.layers[0]!;
    const at = rows.find((each) => each['position'] === '2 1' && each['unit'] === '1' && each['example'] === '2')!;
    expect(Number(at['contribution'])).toBe(contributions[24 + (2 * 4 + 1) * 2 + 1]);
  });

  it.each(['=1+1', '\n=1+1', '＝1+1', '\u001b=1', '  @SUM(A1)', '-x'])(
    'keeps the layer name %j from being run by a spreadsheet',
    async (name) => {
      const session = sampleSession();
      Object.assign(session.runs[0]!.layers[0]!, { name });
      Object.assign(session.runs[0]!, { target: ['=a', '＋b', '-1'] });
      const csv = join(folder, 'a.csv');
      await exportUnits(csv, session);
      const rows: string[][] = parse(await readFile(csv));
      expect(new Set(rows.map((row) => row[6]))).toContain(`'${name}`);
      expect(new Set(rows.map((row) => row[5]))).toEqual(
        new Set(['target', "'=a", "'＋b", '-1', 'logits[0]', 'logits[1]']),
      );
      expect(rows.every((row) => !row[8]!.startsWith("'"))).toBe(true);
    },
  );
});

const python = (() => {
  for (const program of [process.env['MHO_TEST_PYTHON'], 'python3', 'python'])
    try {
      if (program) execFileSync(program, ['-c', 'import numpy'], { stdio: 'ignore' });
      if (program) return program;
    } catch {
      continue;
    }
  return null;
})();

describe.skipIf(!python)('numpy', () => {
  it('opens a session by the three lines of docs/session-format.md', async () => {
    await saveSession(path, sampleSession());
    const documentation = await readFile(join(import.meta.dirname, '../../docs/session-format.md'), 'utf8');
    const lines = /```python\n([\s\S]*?)```/.exec(documentation)![1]!;
    const script = `${lines.replace('digits.mho', path)}
assert contributions.shape == (3, 3, 4, 2), contributions.shape
assert contributions.dtype == numpy.float32
layer = manifest['runs'][0]['layers'][0]
print(json.dumps([float(contributions.sum(dtype=float)), sorted(session.files)[0]]))
`;
    const [sum, first] = JSON.parse(execFileSync(python!, ['-c', script], { encoding: 'utf8' })) as [number, string];
    const want = sampleSession().runs[0]!.layers[0]!.contributions.reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(want, 5);
    expect(first).toBe('manifest.json');
  });

  it('reads a run by the lines that the window copies', async () => {
    const session = sampleSession();
    await saveSession(path, session);
    const place = session.runs.length - 1;
    const { layers, examples } = session.runs[place]!;
    const said = execFileSync(python!, ['-c', pythonLines(path, place, 'a run\nof two lines')], { encoding: 'utf8' });
    const lines = said.trim().split('\n');
    expect(lines).toHaveLength(layers.length);
    for (const [at, { name, shape, units }] of layers.entries()) {
      const own = units.subarray(0, units.length / examples.length);
      const top = own.reduce((best, value, unit) => (Math.abs(value) > Math.abs(own[best]!) ? unit : best), 0);
      const first = /^\[\((\d+), (\S+?)\)/.exec(lines[at]!.slice(lines[at]!.indexOf('[')))!;
      const tuple = [examples.length, ...shape];
      expect(lines[at]).toContain(`${name} (${tuple.join(', ')}${tuple.length === 1 ? ',' : ''})`);
      expect(Math.abs(Number(first[2]))).toBeCloseTo(Math.abs(own[top]!), 5);
      expect(own[Number(first[1])]).toBeCloseTo(Number(first[2]), 5);
    }
  });
});

describe('names out of files', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
    '%j is a layer and an input as others are: saved, opened, shown, exported',
    async (name) => {
      const session = sampleSession();
      Object.assign(session.runs[0]!.layers[0]!, { name });
      const [question] = session.questions;
      const [array] = Object.values(question!.inputs);
      const inputs = Object.fromEntries([['image', array!], [name, array!]]); // prettier-ignore
      Object.assign(question!, { inputs, baseline: { kind: 'arrays', arrays: inputs, perExample: false } });
      await saveSession(path, session);
      const opened = await openSession(path);
      expect(Object.entries(opened.questions[0]!.inputs)).toEqual(Object.entries(inputs));
      expect(opened.runs).toEqual(session.runs);
      expect(sessionTables(opened, 3)).toContain(`│ ${name.padEnd(6)}`);
      const shown = JSON.parse(sessionJson(opened, path, 3)) as {
        questions: { inputs: { name: string }[] }[];
        runs: { layers: { name: string }[] }[];
      };
      expect(shown.questions[0]!.inputs.map((input) => input.name)).toEqual(['image', name]);
      expect(shown.runs[0]!.layers[0]!.name).toBe(name);
      const csv = join(folder, 'a.csv');
      await exportUnits(csv, opened);
      const rows: string[][] = parse(await readFile(csv));
      expect(rows.filter((row) => row[6] === name)).toHaveLength(3 * 2);
    },
  );
});
