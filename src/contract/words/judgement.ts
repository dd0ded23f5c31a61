/** What the network's judgement of methods says, in sentences for window, terminal and report. */
import {
  ALIKE,
  type AskedUnit,
  type Judged,
  type JudgedLayer,
  type Judgement,
  type JudgeProgress,
  type SanityCheck,
  type Verdict,
} from '../judgement';
import { isSilent, silentWords } from './interventions';
import { methodWords } from './methods';
import { count } from './quantities';

export const judgedWords: Readonly<
  Record<Judged, { readonly name: string; readonly short: string; readonly says: string }>
> = {
  ...methodWords,
  'activation-difference': {
    name: 'Activation difference',
    short: 'Δ',
    says: 'what the unit itself changed by; it knows nothing of what lies behind it',
  },
  random: { name: 'Random', short: 'Random', says: 'chance, the floor of every measure' },
};

/** What the examples were compared with: `the constant 0`. */
export function comparedWords(baseline: NonNullable<Judgement['baseline']>): string {
  if (baseline.kind === 'constant') return `the constant ${baseline.value}`;
  if (baseline.kind === 'fitting') return 'a baseline that fits the data';
  return baseline.perExample ? 'a baseline of each example’s own' : 'baselines from a file';
}

/** What of a judgement is under way. */
export const judgingWords = (at: JudgeProgress['at']): string =>
  at.kind === 'layer'
    ? `units of ${at.layer}`
    : `${judgedWords[at.method].short}${at.kind === 'sanity' ? ', weights re-drawn' : ''}`;

export const ASKED_WORDS: Readonly<Record<AskedUnit, { readonly name: string; readonly says: string }>> = {
  drop: { name: 'Drop', says: 'F(x) less F with the unit taken out of the input’s activations: what is lost at x' },
  restore: { name: 'Restore', says: 'F with only that unit as at the input, less F with all of the layer replaced' },
  mean: { name: 'Mean of both', says: 'the mean of drop and restore, which leads: each alone takes sides' },
};

/** Measures of cumulative knock-out by the literature's names, and which way is better. */
export const MEASURE_WORDS = {
  comprehensiveness: {
    name: 'Comprehensiveness',
    says: 'mean of F(x) − F with the most important units out, over all numbers of them (deletion); higher is better',
  },
  leastFirst: { name: 'Least first', says: 'the same with the least important out; lower is better' },
  difference: {
    name: 'Difference',
    says: 'most first less least first: chance cancels, and gives 0; higher is better',
  },
  insertion: {
    name: 'Insertion',
    says: 'mean of F with only the most important units there, above F with none of them; higher is better',
  },
  sufficiency: { name: 'Sufficiency', says: 'mean of F(x) − F with only the most important there; lower is better' },
} as const;

const two = (value: number): string => value.toFixed(2).replace('-', '−');
const signed = (value: number): string => (value > 0 ? `+${two(value)}` : two(value));
const between = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  `95 %: ${signed(low)} to ${signed(high)}`;

/** `at 9 times the passes` */
function costWords(passes: number | null): string {
  if (passes === null) return '';
  if (passes === 0) return ', without any pass';
  const rounded = passes >= 10 ? Math.round(passes) : Number(passes.toPrecision(2));
  if (rounded === 1) return ', at as many passes';
  return rounded > 1
    ? `, at ${rounded} times the passes`
    : `, at ${Number((1 / passes).toPrecision(2))} times fewer passes`;
}

/** One sentence for two methods. */
export function verdictWords(verdict: Verdict, examples: number): string {
  const { ahead, behind, means, interval, real, layers, passes, unresolved } = verdict;
  const [one, other] = [judgedWords[ahead].short, judgedWords[behind].short];
  const beside = `mean Spearman ${two(means[0])} against ${two(means[1])}`;
  if (unresolved.length > 0)
    return `No verdict between ${one} and ${other}: ${unresolved.map((method) => judgedWords[method].short).join(' and ')} is not yet resolved here (estimated error above 30 %), so that its ranking is open; judge again with more passes (--max-passes) or a smaller --tolerance (${beside}).`;
  if (!interval)
    return `${verdict.examples < examples ? `${verdict.examples} of ${count(examples, 'example')}` : count(examples, 'example')}: too few to say of others whether ${one} or ${other} predicts knock-outs better (${beside}).`;
  const { low, high } = interval;
  if (!real && (low > 0 || high < 0 || Math.max(-low, high) < ALIKE))
    return `No verdict between ${one} and ${other}, which rank alike: ${beside} (${between(interval)}).`;
  if (!real)
    return `No verdict between ${one} and ${other}: ${beside} (${between(interval)}), which other examples could turn round.`;
  const [leads, all] = layers;
  const where =
    2 * leads > all
      ? `On this model, in ${leads} of ${count(all, 'layer')}, ${one}’s ranking`
      : `On this model, in the mean over ${count(all, 'layer')}, though ahead in ${leads} alone, ${one}’s ranking`;
  return `${where} predicts knock-outs better than ${other}’s: ${beside} (${between(interval)})${costWords(passes)}.`;
}

/** Where the two questions take different sides: each alone would be no neutral judge. Null where they do not. */
export function sidesWords({ ahead, behind, drop, restore }: Verdict): string | null {
  if (!drop.real || !restore.real || Math.sign(drop.difference) === Math.sign(restore.difference)) return null;
  const [one, other] = [judgedWords[ahead].short, judgedWords[behind].short];
  const by = (difference: number): string => (difference > 0 ? one : other);
  return `A single question takes sides: asked what is lost at the input ${by(drop.difference)} is ahead (${signed(drop.difference)}), asked what is restored at the baseline ${by(restore.difference)} (${signed(restore.difference)}); the mean of both leads.`;
}

/** Single drops that add up to this share of the joint one at the least, and the most: else units do not act alone. */
const ALONE = { least: 0.5, most: 2 };

const median = (values: readonly (number | null)[]): number | null => {
  const sorted = values.flatMap((value) => value ?? []).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

/** How far units act alone: the median over examples of Σ of single drops over the joint one. */
export const aloneOf = ({ alone }: JudgedLayer): number | null => median(alone);

/** Of one question's answers to the other's, above which their mean is nearly the larger alone. */
const LOPSIDED = 5;

/** Where drops are far larger than what is restored, or the reverse: then the mean is no middle. Null where it is one. */
export function lopsidedWords({ name, drop, restore, additive }: JudgedLayer): string | null {
  if (additive) return null;
  const [drops, restores] = [drop, restore].map((rows) => rows.flat().reduce((sum, value) => sum + Math.abs(value), 0)) as [number, number]; // prettier-ignore
  const ratio = drops / restores;
  if (ratio <= LOPSIDED && ratio >= 1 / LOPSIDED) return null;
  const [large, small, times] = ratio > 1 ? ['lost at the input', 'restored at the baseline', ratio] : ['restored at the baseline', 'lost at the input', 1 / ratio]; // prettier-ignore
  const figure = Number.isFinite(times) ? `${Number(times.toPrecision(2))} times` : 'without measure more than';
  return `In ${name} what single units have ${large} is ${figure} what they have ${small}: the mean of both is nearly the first alone.`;
}

export function layerWords(layer: JudgedLayer): string | null {
  if (isSilent(layer)) return `${silentWords(layer.name)} It judges nothing.`;
  if (layer.units === 1) return `${layer.name} has one unit: there is nothing to rank, and it judges nothing.`;
  if (layer.additive)
    return `F is additive over the units of ${layer.name}: drop, restore and every complete method are the same there, and it judges nothing.`;
  const alone = aloneOf(layer);
  if (alone !== null && (alone < ALONE.least || alone > ALONE.most))
    return `In ${layer.name} units do not act alone: single drops add up to ${Math.abs(alone) < 0.01 ? 'less than 0.01' : Number(alone.toPrecision(2))} times what is lost with all of them out. Where that is so, no score per unit can be right.`;
  return null;
}

/** The verdict and what stands beside it, the most important first. */
export function judgementWords({
  layers,
  verdicts,
  examples,
  distinct,
  summaries,
  sanity,
  complete,
}: Judgement): string[] {
  const judging = layers.filter(({ additive }) => !additive);
  const said: string[] = [];
  const asked = summaries.filter(({ method }) => method !== 'random');
  if (layers.length > 0 && layers.every(isSilent))
    said.push('Nothing here tells methods apart: F stays what it was with any unit out, in every layer that was looked at.'); // prettier-ignore
  else if (layers.length > 0 && judging.length === 0)
    said.push('Nothing here tells methods apart: F is additive over the units of every layer that was looked at.');
  else if (judging.length > 0 && asked.length < 2)
    said.push('No verdict: there is no second method to hold a ranking against, chance apart.');
  else if (judging.length > 0 && verdicts.length === 0)
    said.push(`No verdict: in ${judging.map(({ name }) => name).join(', ')} all units do the same, or methods give all of them one score; there is nothing to rank.`); // prettier-ignore
  if (distinct !== undefined)
    said.push(`Of ${count(examples.length, 'example')} only ${distinct} ${distinct === 1 ? 'differs' : 'differ'}: alike ones count once.`); // prettier-ignore
  const [first, ...others] = verdicts;
  if (first) {
    said.push(verdictWords(first, examples.length));
    const [next] = others;
    if (next && next.behind !== 'activation-difference') said.push(verdictWords(next, examples.length));
    said.push(...verdicts.flatMap((verdict) => sidesWords(verdict) ?? []).slice(0, 2));
  }
  said.push(...layers.flatMap((layer) => [layerWords(layer) ?? [], lopsidedWords(layer) ?? []].flat()));
  said.push(...sanity.flatMap((check) => sanityWords(check) ?? []));
  if (!complete) said.push('Ended early: layers that are missing were not judged.');
  return said;
}

/** A warning; null where the ranking falls apart as it should. */
export function sanityWords({ method, layer, stages, otherTarget, warns }: SanityCheck): string | null {
  const name = judgedWords[method].short;
  const last = stages.at(-1);
  if (warns.weights && last)
    return `${name} at ${layer} hardly depends on the weights above it: with those of ${count(last.redrawn, 'layer')} re-drawn its ranking is still the same (Spearman ${two(last.spearman!)}).`;
  if (warns.target)
    return `${name} at ${layer} hardly depends on the target: for another one its ranking is the same (Spearman ${two(otherTarget!)}).`;
  return null;
}

/** What is to be known of the knock-out itself. */
export const MISLEADS =
  'Knock-out sets values that the network may never have met in training, and what it gives there need not mean anything. Where baseline and mean replacement disagree, believe neither alone.';
