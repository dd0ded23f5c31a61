/** Two judgements of one question that replace units by different things: which method leads, and whether units do the same. No DOM. */
import { rankCorrelation } from '../../contract/correlation';
import type { Judged, Judgement, JudgedLayer } from '../../contract/judgement';
import type { JudgementRecord } from '../../contract/studio';
import { replacementWords } from '../../contract/words/interventions';
import { judgedWords } from '../../contract/words/judgement';
import { meanOf } from './judging';

/** Two judgements of one question that replace units by different things. */
export interface BesideRow {
  readonly method: Judged;
  readonly here: number | null;
  readonly there: number | null;
}
export interface Beside {
  readonly other: JudgementRecord;
  readonly rows: readonly BesideRow[];
  /** Of each layer that both judged: Spearman's correlation of what single units did, mean over examples. */
  readonly layers: readonly { readonly name: string; readonly agreement: number | null }[];
  /** Whether another method leads. */
  readonly leads: readonly [Judged | null, Judged | null];
}

const sameQuestion = (a: Judgement, b: Judgement): boolean =>
  a.source === b.source &&
  a.examples.join() === b.examples.join() &&
  a.targets.join('\n') === b.targets.join('\n') &&
  JSON.stringify(a.baseline) === JSON.stringify(b.baseline);

const leader = ({ summaries }: Judgement): Judged | null =>
  [...summaries].sort((a, b) => (b.spearman.mean?.mean ?? -2) - (a.spearman.mean?.mean ?? -2))[0]?.method ?? null;

/** Judgements of the same question with another replacement, the newest first. */
export function besides(shown: JudgementRecord, all: readonly JudgementRecord[]): readonly Beside[] {
  const { judgement: here } = shown;
  return all
    .filter(
      ({ id, judgement }) =>
        id !== shown.id &&
        sameQuestion(here, judgement) &&
        replacementWords(judgement.to) !== replacementWords(here.to),
    )
    .reverse()
    .map((other) => {
      const there = other.judgement;
      const spearman = ({ summaries }: Judgement, method: Judged): number | null =>
        summaries.find((each) => each.method === method)?.spearman.mean?.mean ?? null;
      const methods = here.summaries.flatMap(({ method }) =>
        there.summaries.some((each) => each.method === method) ? [method] : [],
      );
      return {
        other,
        rows: methods.map((method) => ({ method, here: spearman(here, method), there: spearman(there, method) })),
        layers: here.layers.flatMap((layer) => {
          const twin = there.layers.find(({ name }) => name === layer.name);
          return twin ? [{ name: layer.name, agreement: agreementOf(layer, twin) }] : [];
        }),
        leads: [leader(here), leader(there)] as const,
      };
    });
}

function agreementOf(a: JudgedLayer, b: JudgedLayer): number | null {
  return meanOf(
    a.drop.map((drop, example) => {
      const found = rankCorrelation(Float64Array.from(drop), Float64Array.from(b.drop[example]!));
      return Number.isFinite(found) ? found : null;
    }),
  );
}

/** Below this the two replacements order units differently. */
const APART = 0.7;

/** What two replacements say together. */
export function besideWords(shown: Judgement, { other, layers, leads }: Beside): string {
  const [here, there] = [replacementWords(shown.to), replacementWords(other.judgement.to)];
  const apart = layers.filter(({ agreement }) => agreement !== null && agreement < APART);
  const led =
    leads[0] !== leads[1] && leads[0] && leads[1]
      ? `With ${here} ${judgedWords[leads[0]].short} leads, with ${there} ${judgedWords[leads[1]].short}: believe neither alone.`
      : leads[0]
        ? `${judgedWords[leads[0]].short} leads with ${here} and with ${there}.`
        : '';
  const differ =
    apart.length > 0
      ? `Single units do something else in ${apart.map(({ name }) => name).join(', ')} (Spearman below ${APART}).`
      : layers.length > 0
        ? 'What single units do is much the same.'
        : '';
  return [led, differ].filter(Boolean).join(' ');
}
