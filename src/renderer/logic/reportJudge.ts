/** The report's page on methods that were judged by taking units out: the same as the view, without anything to choose. */
import type { JudgedLayer, Judgement, SanityCheck } from '../../contract/judgement';
import { ASKED } from '../../contract/judgement';
import type { JudgementRecord } from '../../contract/studio';
import { aroundWords, replacementWords } from '../../contract/words/interventions';
import {
  aloneOf,
  ASKED_WORDS,
  comparedWords,
  judgedWords,
  judgementWords,
  layerWords,
  MEASURE_WORDS,
  MISLEADS,
} from '../../contract/words/judgement';
import { count, duration, shareWords } from '../../contract/words/quantities';
import { curvesPicture, methodsPicture, scoresPicture } from '../drawings/judge';
import type { Marks } from '../drawings/legend';
import { escaped } from '../drawings/svg';
import { number, percent, signed } from './format';
import { besides, besideWords } from './judgedBeside';
import { judgedUnits, layerRows, meanOf, methodRows, two, type MethodRow } from './judging';
import { amount, sortedTable, text } from './reportTables';

/** Frames a picture for the report. */
type Figure = (picture: string, marks: Marks) => string;

/** All judgements of a document; nothing where there is none. */
export const judgementsMarkup = (all: readonly JudgementRecord[], figure: Figure): string =>
  all.length === 0
    ? ''
    : `<h2>Methods judged by knock-outs</h2><p class="muted">Units are taken out of the network and put back, and every method’s scores are held against what happened.</p>${all.map((record) => judgementPart(record, all, figure)).join('')}<details><summary>What the measures mean</summary>${measures()}</details>`;

function judgementPart(record: JudgementRecord, all: readonly JudgementRecord[], figure: Figure): string {
  const { judgement } = record;
  const { examples, source, baseline, to, meanOver, seed, created } = judgement;
  const [lead, ...said] = judgementWords(judgement);
  const facts = [
    `${count(examples.length, 'example')}${source === undefined ? '' : ` of ${source}`}`,
    ...(baseline ? [`compared with ${comparedWords(baseline)}`] : []),
    `units became ${replacementWords(to, meanOver)}`,
    `seed ${seed}`,
    created,
  ];
  const sides = besides(record, all).map((each) => `<p>${escaped(besideWords(judgement, each))}</p>`);
  return [
    `<h3>Units became ${escaped(replacementWords(to))}</h3>`,
    ...(lead === undefined ? [] : [`<p class="lead">${escaped(lead)}</p>`]),
    ...said.map((sentence) => `<p>${escaped(sentence)}</p>`),
    `<p class="muted">${escaped(facts.join('; '))}.</p>`,
    figure(methodsPicture(judgement, 'light'), 'judged'),
    methodsMarkup(judgement),
    ...judgement.layers.map((layer) => layerPart(layer, judgement, figure)),
    ...(judgement.sanity.length > 0 ? [sanityMarkup(judgement)] : []),
    `<p class="muted">${escaped(MISLEADS)}</p>`,
    ...sides,
  ].join('');
}

const cell = (value: number | null, words: (value: number) => string): string => amount(value, value === null ? '' : words(value)); // prettier-ignore

function methodsMarkup(judgement: Judgement): string {
  const mean = (value: MethodRow['spearman']): string =>
    cell(value?.mean ?? null, (told) => `${two(told)}${value?.interval ? ` (${two(value.interval.low)} to ${two(value.interval.high)})` : ''}`); // prettier-ignore
  const heads = ['Spearman, both ↑', 'drop ↑', 'restore ↑', 'Pearson ↑', 'signs ↑', 'difference ↑', 'insertion ↑', 'class changes ↓', 'passes', 'took', 'error', 'ties']; // prettier-ignore
  return sortedTable(
    [{ head: 'method' }, ...heads.map((head) => ({ head, numbers: true }))],
    methodRows(judgement).map((row) => ({
      cells: [
        text(judgedWords[row.method].short),
        ...[row.spearman, row.drop, row.restore, row.pearson].map(mean),
        cell(row.signs, percent),
        mean(row.difference),
        cell(row.insertion, two),
        cell(row.changes.share, (share) => `${percent(share)}, ${row.changes.changed} of ${row.changes.of}`),
        amount(row.passes, row.passes.toLocaleString('en-US')),
        amount(row.milliseconds, row.passes === 0 ? '' : duration(row.milliseconds)),
        cell(row.error, shareWords),
        amount(row.ties, String(row.ties)),
      ],
    })),
  );
}

function layerPart(layer: JudgedLayer, { summaries, examples }: Judgement, figure: Figure): string {
  const alone = aloneOf(layer);
  const best = layer.greedy && meanOf(layer.greedy.best);
  const facts = [
    count(layer.units, 'unit'),
    ...(alone === null ? [] : [`Σ drops / joint drop ${number(alone, 2)}`]),
    ...(layer.cut ? [] : [aroundWords(layer.name)]),
    ...(best === null ? [] : [`the best order that was found has a difference of ${signed(best)}`]),
  ];
  const warning = layerWords(layer);
  const [first] = [...summaries].sort((a, b) => (b.spearman.mean?.mean ?? -2) - (a.spearman.mean?.mean ?? -2));
  const units = first && judgedUnits(layer, first.method, 0);
  const heads = ['ρ drop', 'ρ restore', 'ρ both', 'r both', 'signs', 'most first ↑', 'least first ↓', 'difference ↑', 'insertion ↑', 'sufficiency ↓', 'positive out', 'negative out', 'class changes ↓', 'ties']; // prettier-ignore
  const table = sortedTable(
    [{ head: 'method' }, ...heads.map((head) => ({ head, numbers: true }))],
    layerRows(layer).map((row) => ({
      cells: [
        text(judgedWords[row.method].short),
        ...[row.drop, row.restore, row.spearman, row.pearson].map((value) => cell(value, two)),
        cell(row.signs, percent),
        ...[row.comprehensiveness, row.leastFirst, row.difference, row.insertion, row.sufficiency, row.positive, row.negative].map((value) => cell(value, signed)), // prettier-ignore
        cell(row.changes.at, (at) => `${at}, ${row.changes.changed} of ${row.changes.of}`),
        amount(row.ties, String(row.ties)),
      ],
    })),
  );
  return [
    `<h3>${escaped(layer.name)}</h3><p class="muted">${escaped(facts.join('; '))}</p>`,
    ...(warning === null ? [] : [`<p class="warn">${escaped(warning)}</p>`]),
    figure(curvesPicture(layer, 'light'), 'plot'),
    ...(units
      ? [
          `<p class="muted">${escaped(`Scores by ${judgedWords[first.method].short} at example ${examples[0]}, unit by unit:`)}</p>`,
          figure(scoresPicture(units, first.method, 'light'), 'plot'),
        ]
      : []),
    `<details><summary>Every measure at this layer</summary>${table}</details>`,
  ].join('');
}

/** With all weights above re-drawn, and for another target: it should fall. */
function sanityMarkup({ sanity }: Judgement): string {
  const last = ({ stages }: SanityCheck): number | null => stages.at(-1)?.spearman ?? null;
  const rows = sanity.map((check) => ({
    cells: [
      text(judgedWords[check.method].short),
      text(check.layer),
      cell(last(check), two),
      cell(check.otherTarget, two),
      text(check.warns.weights || check.warns.target ? 'hardly depends on it' : ''),
    ],
  }));
  const table = sortedTable(
    [
      { head: 'method' },
      { head: 'layer' },
      { head: 'weights above re-drawn', numbers: true },
      { head: 'another target', numbers: true },
      { head: 'to be doubted' },
    ],
    rows,
  );
  return `<details><summary>Does the ranking depend on the network? Spearman with the true ranking, which should fall</summary>${table}</details>`;
}

function measures(): string {
  const all = [...ASKED.map((asked) => ASKED_WORDS[asked]), ...Object.values(MEASURE_WORDS)];
  return all.map(({ name, says }) => `<p><b>${escaped(name)}</b>: ${escaped(says)}</p>`).join('');
}
