/** A judgement in tables, for `mho judge` and for a session that holds one. */
import type { JudgedLayer, Judgement } from '../../../contract/judgement';
import { printable } from '../../../contract/text';
import { replacementWords } from '../../../contract/words/interventions';
import { aloneOf, judgedWords, judgementWords, MISLEADS } from '../../../contract/words/judgement';
import { count, duration } from '../../../contract/words/quantities';
import { plain } from './numbers';
import { right, table } from './table';

const mean = (values: readonly (number | null)[]): number | null => {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
};
const two = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

/** A judgement as a reader of the terminal wants it: the verdict, methods over all layers, each layer. */
export function judgementTables(judgement: Judgement): string {
  const { summaries, costs, layers, examples, targets, to, meanOver } = judgement;
  const said = judgementWords(judgement).map((sentence) => `${printable(sentence)}\n`);
  const target = new Set(targets).size === 1 ? ` of ${printable(targets[0]!)}` : '';
  const overview = summaries.map(({ method, spearman, pearson, difference }) => {
    const { passes, milliseconds, error } = costs.find((each) => each.method === method)!;
    const told = (value: { mean: number; interval: { low: number; high: number } | null } | null): string =>
      value
        ? `${two(value.mean)}${value.interval ? ` (${two(value.interval.low)} to ${two(value.interval.high)})` : ''}`
        : '–';
    return [
      judgedWords[method].name,
      right(told(spearman.mean)),
      right(two(spearman.drop?.mean ?? null)),
      right(two(spearman.restore?.mean ?? null)),
      right(two(pearson.mean?.mean ?? null)),
      right(two(difference?.mean ?? null)),
      right(String(passes)),
      right(passes > 0 ? duration(milliseconds) : ''),
      right(error === null ? '' : `${plain(100 * error)} %`),
    ];
  });
  const head = ['Method', 'Spearman, both (95 %)', 'drop', 'restore', 'Pearson', 'Deletion', 'Passes', 'Time', 'Error'];
  return [
    ...said,
    '\n',
    `${count(examples.length, 'example')}${target}; units became ${replacementWords(to, meanOver)}\n`,
    table(head, overview),
    ...layers.map((layer) => `\n${layerTable(layer, judgement)}`),
    ...(judgement.sanity.length > 0 ? [`\n${sanityTable(judgement)}`] : []),
    `\n${MISLEADS} Judge again with --to mean, or --to example:K.\n`,
  ].join('');
}

/** How rankings go with the true ones once all weights above a layer are re-drawn, and for another target: near 0 is as it should be. */
function sanityTable({ sanity, layers }: Judgement): string {
  const rows = [...new Set(sanity.map(({ method }) => method))].map((method) => [
    judgedWords[method].short,
    ...layers.map(({ name }) => {
      const check = sanity.find((each) => each.method === method && each.layer === name);
      return right(`${two(check?.stages.at(-1)?.spearman ?? null)} / ${two(check?.otherTarget ?? null)}`);
    }),
  ]);
  const head = ['', ...layers.map(({ name }) => printable(name))];
  return `Spearman with the true ranking, weights above re-drawn / another target: it should fall\n${table(head, rows)}`;
}

function layerTable(layer: JudgedLayer, { examples }: Judgement): string {
  const alone = aloneOf(layer);
  const facts = [
    count(layer.units, 'unit'),
    ...(layer.cut ? [] : ['no cut: something goes around it']),
    ...(layer.additive
      ? [`${layer.units === 1 ? 'nothing to rank' : 'additive'}: judges nothing`]
      : alone === null
        ? []
        : [`Σ drops / joint drop ${plain(alone)}`]),
  ];
  const rows = layer.methods.map((each) => {
    const changed = each.changes.filter((at) => at !== null).sort((a, b) => a - b);
    return [
      judgedWords[each.method].short,
      right(two(mean(each.spearman.drop))),
      right(two(mean(each.spearman.restore))),
      right(two(mean(each.spearman.mean))),
      right(two(mean(each.pearson.mean))),
      right(two(mean(each.signs.mean))),
      right(told(mean(each.comprehensiveness))),
      right(told(mean(each.leastFirst))),
      right(told(mean(each.insertion))),
      right(
        changed.length === 0
          ? '–'
          : `${changed[Math.floor((changed.length - 1) / 2)]} (${changed.length} of ${examples.length})`,
      ),
      right(String(Math.max(...each.ties))),
    ];
  });
  const bounds = layer.greedy
    ? `Most first less least first: ${layer.methods.map(({ method, difference }) => `${judgedWords[method].short} ${told(mean(difference))}`).join(', ')}; one by one, the best that was found is ${told(mean(layer.greedy.best))}.\n`
    : 'Best and worst orders were not looked for: with so many units that takes too long.\n';
  const head = [
    '',
    'ρ drop',
    'ρ restore',
    'ρ both',
    'r both',
    'signs',
    'most first',
    'least first',
    'insertion',
    'class changes after',
    'ties',
  ];
  return `${printable(layer.name)}: ${facts.join('; ')}\n${table(head, rows)}${bounds}`;
}

const told = (value: number | null): string => (value === null ? '–' : plain(value));
