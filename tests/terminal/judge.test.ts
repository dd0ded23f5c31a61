/** `mho judge`: what it says, what it keeps, and that the same seed says the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Judgement } from '../../src/contract/judgement';
import { openSession } from '../../src/main/engine/sessions';
import { mho } from './terminal';

const cases = join(import.meta.dirname, '../reference/cases');
const of = (name: string, ...words: string[]) =>
  mho(['judge', join(cases, name, 'model.keras'), '--input', join(cases, name, 'inputs.npz'), '--quiet', ...words]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-judge-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Without what differs from one moment to the next. */
const told = (out: string): unknown =>
  JSON.parse(out, (key, value: unknown) => (key === 'milliseconds' || key === 'created' ? null : value));

describe('mho judge', () => {
  it('says who is ahead, by how much, at what cost, and where nothing can be right', async () => {
    const { out, code } = await of('gated', '--layers', 'norm,gated,mix');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^On this model, in 2 of 2 layers, Rescale’s ranking predicts knock-outs better than NIG’s: mean Spearman 0\.9\d against 0\.8\d \(95 %: \+0\.\d\d to \+0\.\d\d\), at \d+ times fewer passes\.\n/,
    );
    expect(out).toContain('A single question takes sides: asked what is lost at the input Grad × Δ is ahead');
    expect(out).toContain('In norm units do not act alone: single drops add up to 10 times');
    expect(out).toContain('F is additive over the units of mix');
    expect(out).toContain('Knock-out sets values that the network may never have met');
    expect(out).toMatch(/norm: 16 units; no cut: something goes around it/);
  });

  it('says nothing of others from two examples, and nothing at all where F is additive', async () => {
    const few = await of('plain', '--layers', 'conv3', '--examples', '0,1', '--no-sanity', '--steps', '8');
    expect(few.out).toMatch(/^2 examples: too few to say of others whether/);
    const additive = await of('motif', '--layers', 'dense1', '--examples', '0-3', '--no-sanity', '--steps', '8');
    expect(additive.out).toMatch(/^Nothing here tells methods apart: F is additive/);
  });

  it('keeps runs and judgement in a session, and the same seed gives the same numbers', async () => {
    const words = ['--examples', '0-3', '--steps', '16', '--json', '--seed', '7', '--methods', 'nig,rescale,random'];
    const path = join(folder, 'judged.mho');
    const first = await of('plain', ...words, '--out', path);
    const again = await of('plain', ...words, '--out', path);
    expect(first.code, first.err).toBe(0);
    expect(told(again.out)).toEqual(told(first.out));
    const other = await of('plain', ...words.map((word) => (word === '7' ? '8' : word)));
    expect(told(other.out)).not.toEqual(told(first.out));
    const session = await openSession(path);
    expect(session.runs.map(({ method }) => method)).toEqual(['nig', 'rescale']);
    const kept = JSON.parse(again.out) as Judgement;
    expect(session.judgements).toHaveLength(1);
    expect(session.judgements![0]!.layers).toEqual(kept.layers);
    expect(session.judgements![0]!.verdicts).toEqual(kept.verdicts);
    const shown = await mho(['show', path]);
    expect(shown.out).toContain('Spearman, both (95 %)');
    expect(shown.out).toContain('NIG');
    const { judgements } = JSON.parse((await mho(['show', path, '--json'])).out) as { judgements: Judgement[] };
    expect(judgements).toEqual(session.judgements);
    expect(kept.layers.length).toBeGreaterThanOrEqual(3);
    expect(kept.layers.map(({ name }) => name)).not.toContain('pool1');
  });

  it.each([
    [['--methods', 'nigg'], 'USAGE', 2],
    [['--layers', 'conv9'], 'LAYER_UNKNOWN', 1],
    [['--to', 'nothing'], 'USAGE', 2],
    [['--methods', 'rescale', '--tolerance', '1%'], 'ACCURACY_UNUSED', 2],
  ])('refuses %j', async (words, fault, code) => {
    const refused = await of('plain', ...words);
    expect(refused.err).toContain(`${fault}: `);
    expect(refused.code).toBe(code);
  });
});

it('without times the same seed gives the same bytes', async () => {
  const words = ['--layers', 'conv3', '--examples', '0-3', '--steps', '8', '--json', '--no-times'];
  const [first, again] = [await of('plain', ...words), await of('plain', ...words)];
  expect(first.code, first.err).toBe(0);
  expect(again.out).toBe(first.out);
  expect(first.out).not.toMatch(/created|milliseconds/);
  expect(JSON.parse(first.out)).toHaveProperty('costs.0.passes');
});
