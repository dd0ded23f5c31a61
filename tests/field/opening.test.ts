/**
 * What people have, as `mho` opens it: every line of every `cases.txt` in this folder. A line is `MODEL | PREFIX | - | WHAT`: `ok`, and then
 * `PREFIX.in.npz` against `PREFIX.base.npz` gives what `PREFIX.expected.json` has of the framework that made the model (outputs, sums at
 * the cuts, units by a 400-step path integral); or `refuse:WORDS`, a regular expression that the refusal's sentence matches.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mho } from '../terminal/terminal';

interface Case {
  /** `folder/model`. */
  readonly name: string;
  readonly model: string;
  /** Path of what it is given, without the endings. */
  readonly given: string;
  readonly what: string;
}

interface Expected {
  readonly target: string;
  readonly atInput: number;
  readonly atBaseline: number;
  readonly units: Readonly<Record<string, readonly number[]>>;
}

interface Found {
  readonly atInput: readonly number[];
  readonly atBaseline: readonly number[];
  readonly delta: readonly number[];
  readonly complete: boolean;
  readonly layers: readonly {
    readonly name: string;
    readonly cut: boolean;
    readonly residual: readonly number[] | null;
    readonly units: readonly (readonly number[])[];
  }[];
}

const here = import.meta.dirname;
const CASES: readonly Case[] = readdirSync(here)
  .filter((folder) => existsSync(join(here, folder, 'cases.txt')))
  .flatMap((folder) =>
    readFileSync(join(here, folder, 'cases.txt'), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [model, prefix, , ...what] = line.split('|').map((word) => word.trim());
        return {
          name: `${folder}/${model!}`,
          model: join(here, folder, model!),
          given: join(here, folder, prefix!),
          what: what.join('|'),
        };
      }),
  );

/** What does not hold yet. A case that holds must leave the list: it only becomes shorter. */
const NOT_YET: ReadonlySet<string> = new Set(['tabular_lookup/category.keras']);

/** Layers that only another file of the case has: in a Lambda, the difference of the codes is no layer. */
const ELSEWHERE: ReadonlySet<string> = new Set(['lambda_siamese/lambda_saved minus']);

/** Of F(x) − F(x′). */
const RESIDUAL = 1e-4;
/** What is told of units is this near the truth, as a share of their sum of magnitudes: both sides are sums over a grid. */
const UNITS = 0.02;

const run = ({ model, given }: Case, target: readonly string[]) =>
  mho(['attribute', model, '--input', `${given}.in.npz`, '--baseline', `${given}.base.npz`, ...target, '--json']);

async function checkOpened(of: Case): Promise<void> {
  const { target, atInput, atBaseline, units } = JSON.parse(
    readFileSync(`${of.given}.expected.json`, 'utf8'),
  ) as Expected;
  // What frameworks give is what stands after the last activation.
  const path = Object.keys(units).length > 0 ? ['--tolerance', '1%'] : ['--steps', '50'];
  const outcome = await run(of, ['--target', target, '--after-activation', '--method', 'nig', ...path]);
  expect(outcome.err + String(outcome.code)).toMatch(/0$/);
  const [found] = (JSON.parse(outcome.out) as { runs: [Found] }).runs;
  expect(found.complete).toBe(true);
  expect(Math.abs(found.atInput[0]! - atInput)).toBeLessThan(1e-4);
  expect(Math.abs(found.atBaseline[0]! - atBaseline)).toBeLessThan(1e-4);
  const cuts = found.layers.filter(({ cut }) => cut);
  expect(cuts.length).toBeGreaterThan(0);
  for (const { name, residual } of cuts) expect(Math.abs(residual![0]! / found.delta[0]!), name).toBeLessThan(RESIDUAL);
  for (const [name, truth] of Object.entries(units)) {
    if (ELSEWHERE.has(`${of.name} ${name}`)) continue;
    const layer = found.layers.find((each) => each.name === name);
    expect(layer?.units[0]?.length, name).toBe(truth.length);
    const mass = truth.reduce((sum, each) => sum + Math.abs(each), 0);
    const apart = truth.reduce((sum, each, unit) => sum + Math.abs(each - layer!.units[0]![unit]!), 0);
    expect(apart / mass, name).toBeLessThan(UNITS);
  }
}

/** What may be refused, and opens. */
const OPENS: ReadonlySet<string> = new Set(['frozen_pb/saved_zip.zip']);

async function checkRefused(of: Case): Promise<void> {
  const { code, err } = existsSync(`${of.given}.in.npz`) ? await run(of, []) : await mho(['inspect', of.model]);
  expect(code).toBe(OPENS.has(of.name) ? 0 : 1);
  if (OPENS.has(of.name)) return;
  const refusal = err.trimEnd().split('\n').at(-1)!.replaceAll(of.model, '');
  // It is no model that was damaged or that nobody knows, and what the file is called tells nothing.
  expect(refusal).not.toMatch(/^MODEL_(DAMAGED|UNREADABLE|UNRECOGNISED)/);
  expect(refusal).toMatch(new RegExp(of.what.slice('refuse:'.length)));
  // A code, a sentence that says what it is, and what to do.
  expect(refusal).toMatch(/^[A-Z_]+: .+\. .+\.$/);
}

it.each(CASES)('$name: $what', async (of) => {
  const check = of.what === 'ok' ? checkOpened(of) : checkRefused(of);
  const fault = await check.then(
    () => null,
    (error: unknown) => error,
  );
  if (NOT_YET.has(of.name)) expect(fault, `${of.name} holds now: take it off the list`).not.toBeNull();
  else if (fault) throw fault;
});

it('lists only cases that there are', () => {
  const names = new Set(CASES.map(({ name }) => name));
  expect([...NOT_YET].filter((name) => !names.has(name))).toEqual([]);
  expect(CASES.length).toBeGreaterThan(30);
});
