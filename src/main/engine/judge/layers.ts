/** One layer judged: what its units do, and how each method's scores go with that. */
import type { Replacement } from '../../../contract/interventions';
import type { AskedUnit, Judged, JudgedLayer, JudgedMethod } from '../../../contract/judgement';
import { ASKED } from '../../../contract/judgement';
import { curves, knockOuts, type Curves, type Ground } from '../interventions';
import { affordable, greedyBounds } from './greedy';
import { atCount, countsOf, didOf, finite, MEASURES, meanOverCounts, orderOf, tiesOf, type Did } from './measures';
import { activationDifferences, chance, type Scored, type Scores } from './scores';

export interface JudgeLayer {
  readonly methods: readonly Judged[];
  readonly scored: Pick<Scored, 'of'>;
  readonly to: Replacement;
  readonly seed: number;
}

/** Of the largest drop, by which drop and restore may differ where F is additive: what float32 leaves. */
const ADDITIVE = 1e-3;

/** @param onShare how much of it is done. @throws as `Ground.open`, CANCELLED */
export async function judgeLayer(
  ground: Ground,
  name: string,
  { methods, scored, to, seed }: JudgeLayer,
  onShare: (share: number) => void = () => undefined,
): Promise<JudgedLayer> {
  const { units } = ground.layer(name);
  const counts = countsOf(units);
  const greedily = affordable(units, ground.examples * ground.references);
  // In rows of one example: each unit by itself both ways, two curves of each method, and every order's next unit.
  const rows = { single: 1 + 2 * units, curve: counts.length, greedy: greedily ? units * (units + 1) : 0 };
  const total = rows.single + 2 * methods.length * rows.curve + rows.greedy;
  const single = await knockOuts(ground, name, to, {
    onBatch: (done, all) => onShare(((done / all) * rows.single) / total),
  });
  const { drop, restore, without, atInput } = single;
  const did = drop.map((each, example) => didOf(each, restore[example]!));
  const curvesOf = remembered(ground, name, to, counts);
  const judged: JudgedMethod[] = [];
  for (const [at, method] of methods.entries()) {
    const scores =
      scored.of(name, method) ??
      (method === 'random' ? chance(ground.examples, units, seed) : await activationDifferences(ground, name));
    const orders = scores.scores.map((each) => orderOf(each));
    const most = await curvesOf(orders);
    onShare((rows.single + (2 * at + 1) * rows.curve) / total);
    const least = await curvesOf(orders.map((order) => [...order].reverse()));
    onShare((rows.single + (2 * at + 2) * rows.curve) / total);
    judged.push(judgedMethod(method, scores, did, { most, least, atInput, without }));
  }
  const joint = atInput.map((F, example) => F - without[example]!);
  const lists = (values: readonly Float64Array[]): number[][] => values.map((each) => [...each]);
  return {
    name,
    cut: single.cut,
    units,
    counts,
    drop: lists(drop),
    restore: lists(restore),
    joint: [...joint],
    alone: drop.map((each, example) => finite(each.reduce((sum, value) => sum + value, 0) / joint[example]!)),
    additive: drop.every((each, example) => {
      const largest = Math.max(...each.map(Math.abs), ...restore[example]!.map(Math.abs));
      return each.every((value, unit) => Math.abs(value - restore[example]![unit]!) <= ADDITIVE * largest);
    }),
    methods: judged,
    greedy: greedily ? await greedyBounds(ground, name, to, (share) => onShare(1 - ((1 - share) * rows.greedy) / total)) : null, // prettier-ignore
  };
}

/** Curves of orders; the same order is not walked twice. */
function remembered(
  ground: Ground,
  name: string,
  to: Replacement,
  counts: readonly number[],
): (orders: readonly (readonly number[])[]) => Promise<Curves> {
  const known = new Map<string, Curves>();
  return async (orders) => {
    const key = orders.join(';');
    const found = known.get(key) ?? (await curves(ground, name, to, orders, counts));
    known.set(key, found);
    return found;
  };
}

interface Walked {
  readonly most: Curves;
  readonly least: Curves;
  readonly atInput: Float64Array;
  readonly without: Float64Array;
}

function judgedMethod(method: Judged, { scores, errors }: Scores, did: readonly Did[], walked: Walked): JudgedMethod {
  const { most, least, atInput, without } = walked;
  const { counts } = most;
  const threeWays = (measure: keyof typeof MEASURES) =>
    Object.fromEntries(
      ASKED.map((asked) => [
        asked,
        scores.map((each, example) => finite(MEASURES[measure](each, did[example]![asked]))),
      ]),
    ) as Record<AskedUnit, (number | null)[]>;
  const perExample = (of: (example: number) => number): (number | null)[] => scores.map((_, example) => finite(of(example))); // prettier-ignore
  const dropped = (curve: Curves, example: number): number =>
    meanOverCounts(counts, curve.target[example]!.map((F) => atInput[example]! - F)); // prettier-ignore
  // With the first k there alone F is what it is with the others out: the reverse order's curve at U − k.
  const inserted = (example: number): number => meanOverCounts(counts, least.target[example]!);
  const outOf = (curve: Curves, example: number, count: number): number =>
    atInput[example]! - atCount(counts, curve.target[example]!, count);
  const countOf = (example: number, sign: 1 | -1): number =>
    scores[example]!.reduce((sum, score) => sum + (sign * score > 0 ? 1 : 0), 0);
  const lists = (values: readonly Float64Array[]): number[][] => values.map((each) => [...each]);
  return {
    method,
    scores: lists(scores),
    errors: errors && lists(errors),
    pearson: threeWays('pearson'),
    spearman: threeWays('spearman'),
    signs: threeWays('signs'),
    most: lists(most.target),
    least: lists(least.target),
    comprehensiveness: perExample((example) => dropped(most, example)),
    leastFirst: perExample((example) => dropped(least, example)),
    difference: perExample((example) => dropped(most, example) - dropped(least, example)),
    insertion: perExample((example) => inserted(example) - without[example]!),
    sufficiency: perExample((example) => atInput[example]! - inserted(example)),
    positive: perExample((example) => outOf(most, example, countOf(example, 1))),
    negative: perExample((example) => outOf(least, example, countOf(example, -1))),
    changes: [...most.changes],
    ties: scores.map((each) => tiesOf(each)),
  };
}
