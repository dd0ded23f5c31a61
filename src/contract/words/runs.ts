/**
 * What a run and its baseline are called: in the window, the terminal and session files alike. What tells one of several
 * runs from the others is in runNames.ts.
 */
import type { RunResult } from '../attribution';
import type { AskedBaseline } from '../studio';
import { accuracyWords, cameToWords, type CameTo } from './accuracy';
import { choiceWords } from './baselines';
import { methodWords } from './methods';
import { count } from './quantities';

/** A result, or a record of one. */
export type AnyRun = Pick<RunResult, 'method' | 'rule' | 'steps'> & { readonly adaptive: CameTo | null };
export interface Named {
  readonly name: string | null;
  readonly result: AnyRun & Pick<RunResult, 'target'>;
}

/**
 * What a run is called while nobody has named it: method, target, and where it has a path rule and steps, or what an adaptive one
 * came to.
 */
export function madeName({ method, rule, steps, adaptive, target }: AnyRun & Pick<RunResult, 'target'>): string {
  const how = adaptive ? `, ${cameToWords(adaptive)}` : rule && steps > 1 ? `, ${rule} ${steps}` : '';
  const targets = [...new Set(target)];
  return `${methodWords[method].name}${how} · ${targets.length > 2 ? `${targets.length} targets` : targets.join(', ')}`;
}

/** The name that a session file holds, which is there for every run; null where nobody gave it. */
export const givenName = (result: AnyRun & Pick<RunResult, 'target'>, held: string | undefined): string | null =>
  held === undefined || held === madeName(result) ? null : held;

/** The name that the user gave, else the made one. */
export const runName = ({ name, result }: Named): string => name ?? madeName(result);

/** As many letters of a given name as a column's head has room for. */
const MOST_LETTERS = 22;

/** The method, by the rule that it took where that is not the usual one: `NIG`, `NIG right`; else the name that the user gave. */
export function methodLabel({ result: { method, rule }, name }: Named): string {
  if (name !== null) return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
  return `${methodWords[method].short}${rule && rule !== 'secant' ? ` ${rule}` : ''}`;
}

/** In a few letters how far a run went along its path: `2 %`, `50`; null where its method takes none. */
export function pathLabel({ method, steps, adaptive }: AnyRun): string | null {
  if (adaptive) return cameToWords(adaptive);
  return methodWords[method].path ? String(steps) : null;
}

/** Short enough for a column's head: `NIG · 2 %`, `NIG · 50`, or the name that the user gave. */
export function runLabel(run: Named): string {
  const path = run.name === null ? pathLabel(run.result) : null;
  return path === null ? methodLabel(run) : `${methodLabel(run)} · ${path}`;
}

/** How a run was to go along its path: `adaptive to 2 %`, `secant, 50 steps`; null where its method takes none. */
export function pathWords({ rule, steps, adaptive }: Omit<AnyRun, 'method'>): string | null {
  if (adaptive) return `adaptive to ${accuracyWords(adaptive.accuracy)}`;
  return rule && `${rule}, ${count(steps, 'step')}`;
}

/** By the words that ask for it on a command line: `nig (adaptive to 2 %)`, `nig (secant, 50 steps)`, `rescale`. */
export function askedWords(run: AnyRun): string {
  const path = pathWords(run);
  return path === null ? run.method : `${run.method} (${path})`;
}

/**
 * What runs of one question are called on a command line, in their order: by the words that ask for them, the name that the user
 * gave behind these; no two alike.
 * @param short by the method alone, where that tells them apart
 */
export function askedNames(runs: readonly (Named & { readonly result: AnyRun })[], short = false): readonly string[] {
  const methods = runs.map(({ result }) => result.method);
  const alone = short && new Set(methods).size === runs.length;
  const taken = new Map<string, number>();
  return runs.map(({ name, result }) => {
    const whole = alone ? result.method : askedWords(result) + (name === null ? '' : `, ${name}`);
    const before = taken.get(whole) ?? 0;
    taken.set(whole, before + 1);
    return before === 0 ? whole : `${whole} (${before + 1})`;
  });
}

/** `constant 0`, `3 references from a file`. */
export function baselineWords(baseline: AskedBaseline): string {
  if (baseline.kind === 'constant') return `constant ${baseline.value}`;
  if (baseline.kind === 'fitting') return baseline.chosen.map(choiceWords).join('; ') || 'what fits the data';
  if (baseline.rows === 1) return 'from a file';
  return baseline.perExample ? 'from a file, one per example' : `${baseline.rows} references from a file`;
}
