/** From layers that were judged to means over them, and which differences between methods are real. */
import {
  ALIKE,
  type Judged,
  type JudgedLayer,
  type JudgedMethod,
  type JudgedSummary,
  type Judgement,
  type Verdict,
} from '../../../contract/judgement';
import { trustOf } from '../../../contract/words/accuracy';
import { leavesOutZero, meanWithInterval } from './bootstrap';

type Of = (method: JudgedMethod, layer: JudgedLayer) => readonly (number | null)[];

/** What is judged over: layers, and of the examples which count; one that is as another before it tells nothing more. */
export interface Over {
  readonly layers: readonly JudgedLayer[];
  readonly counts: (example: number) => boolean;
}

/** Of each example the mean over the layers that judge anything; null where none of them tells. */
function overLayers({ layers, counts }: Over, method: Judged, of: Of): (number | null)[] {
  const judging = layers.filter(({ additive }) => !additive);
  const rows = judging.map((layer) =>
    of(
      layer.methods.find((each) => each.method === method)!,
      layer,
    ),
  );
  return (rows[0] ?? []).map((_, example) => {
    const known = counts(example) ? rows.flatMap((row) => row[example] ?? []) : [];
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

const less = (a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] =>
  a.map((value, at) => (value === null || b[at] == null ? null : value - b[at]));

export function summariesOf(over: Over, methods: readonly Judged[], seed: number): JudgedSummary[] {
  return methods.map((method) => {
    // What a judgement holds is what its schema names, before it was in a file as after.
    const told = (of: Of) => {
      const found = meanWithInterval(overLayers(over, method, of), seed);
      return found && { mean: found.mean, interval: found.interval };
    };
    const three = (measure: 'spearman' | 'pearson') => ({
      drop: told((each) => each[measure].drop),
      restore: told((each) => each[measure].restore),
      mean: told((each) => each[measure].mean),
    });
    return {
      method,
      spearman: three('spearman'),
      pearson: three('pearson'),
      difference: told((each, { methods: all, greedy }) =>
        each.difference.map((value, example) => {
          const found = all.map((other) => Math.abs(other.difference[example] ?? 0));
          const largest = Math.max(...found, Math.abs(greedy?.best[example] ?? 0));
          return value === null || largest === 0 ? null : value / largest;
        }),
      ),
    };
  });
}

/**
 * Every two methods but chance, the one that is ahead first. Neuron Integrated Gradients beside Rescale, the papers' question, stands before
 * the others, then the method that is ahead of most beside the next; what knows nothing of the network comes last.
 */
export function verdictsOf(over: Over, methods: readonly Judged[], costs: Judgement['costs'], seed: number): Verdict[] {
  const judging = over.layers.filter(({ additive }) => !additive);
  const asked: readonly Judged[] = methods.filter((method) => method !== 'random');
  if (judging.length === 0) return [];
  const verdicts: Verdict[] = [];
  const by =
    (measure: 'drop' | 'restore' | 'mean'): Of =>
    (each) =>
      each.spearman[measure];
  for (const [at, one] of asked.entries())
    for (const other of asked.slice(at + 1)) {
      const differences = (measure: 'drop' | 'restore' | 'mean', a: Judged, b: Judged) =>
        meanWithInterval(less(overLayers(over, a, by(measure)), overLayers(over, b, by(measure))), seed);
      const told = differences('mean', one, other);
      if (!told) continue;
      const [ahead, behind] = told.mean >= 0 ? [one, other] : [other, one];
      const leading = differences('mean', ahead, behind)!;
      const beside = (measure: 'drop' | 'restore') => {
        const found = differences(measure, ahead, behind);
        return { difference: found?.mean ?? 0, real: leavesOutZero(found) };
      };
      const meanOf = (method: Judged) => meanWithInterval(overLayers(over, method, by('mean')), seed)!.mean;
      const unresolved = [ahead, behind].filter((method) => trustOf(costs.find((each) => each.method === method)!.error ?? 0) === 'unresolved'); // prettier-ignore
      const [passes, others] = [ahead, behind].map((method) => costs.find((each) => each.method === method)!.passes);
      verdicts.push({
        ahead,
        behind,
        means: [meanOf(ahead), meanOf(behind)],
        interval: leading.interval,
        examples: leading.known,
        real: leavesOutZero(leading) && leading.mean >= ALIKE && unresolved.length === 0,
        unresolved,
        layers: [judging.filter((layer) => (meanDifference(layer, ahead, behind) ?? 0) > 0).length, judging.length],
        drop: beside('drop'),
        restore: beside('restore'),
        passes: others === 0 ? null : passes! / others!,
      });
    }
  const isPapers = ({ ahead, behind }: Verdict): boolean => [ahead, behind].every((each) => each === 'nig' || each === 'rescale'); // prettier-ignore
  const ranked = [...asked].sort((a, b) => wins(verdicts, b) - wins(verdicts, a));
  const place = ({ ahead, behind }: Verdict): number =>
    ranked.length * ranked.indexOf(ahead) + ranked.indexOf(behind) + (behind === 'activation-difference' ? 1e6 : 0);
  return verdicts.sort((a, b) => Number(isPapers(b)) - Number(isPapers(a)) || place(a) - place(b));
}

const wins = (verdicts: readonly Verdict[], method: Judged): number =>
  verdicts.filter(({ ahead }) => ahead === method).length;

function meanDifference(layer: JudgedLayer, one: Judged, other: Judged): number | null {
  const of = (method: Judged) => layer.methods.find((each) => each.method === method)!.spearman.mean;
  return meanWithInterval(less(of(one), of(other)), 0)?.mean ?? null;
}
