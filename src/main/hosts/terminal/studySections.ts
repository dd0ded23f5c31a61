/** What a study found, in sentences and tables: for the terminal and for a page in Markdown. */
import type { JudgedSummary } from '../../../contract/judgement';
import { judgedWords, judgementWords } from '../../../contract/words/judgement';
import { methodWords } from '../../../contract/words/methods';
import { count, duration } from '../../../contract/words/quantities';
import type { Study } from '../../engine/study';
import type { ConductanceBeside, ConductanceStudy } from '../../engine/study/conductance';
import type { Score } from '../../engine/study/scores';
import type { Spread } from '../../engine/study/statistics';
import { plain, signed } from './numbers';

export interface Section {
  readonly title: string;
  readonly said: readonly string[];
  readonly head: readonly string[];
  /** The first column names the row, the others are numbers. */
  readonly rows: readonly (readonly string[])[];
}

export const SCORE_WORDS: Readonly<Record<Score, string>> = {
  conductance: 'Conductance (NIG)',
  rescale: 'DeepLIFT Rescale',
  influence: 'Internal influence',
  'gradient-activation': 'Gradient × activation',
  activation: 'Activation',
  random: 'Random',
};

const two = (value: number): string => value.toFixed(2);
const share = (value: number): string => `${plain(100 * value)} %`;
/** Shorter than `duration` tells apart: `3.4 ms`. */
const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${plain(milliseconds)} ms` : duration(milliseconds);
const whole = (value: number): string => value.toLocaleString('en');
/** `0.91 (0.85 to 0.95)` */
const spread = (told: Spread | null, of: (value: number) => string = two): string =>
  told ? `${of(told.median)} (${of(told.low)} to ${of(told.high)})` : '–';

export const studySections = (study: Study): Section[] => [
  ...conductanceSection(study),
  ...costSection(study),
  ...agreementSections(study),
  ...ablationSections(study),
  ...selectionSections(study),
  ...signSection(study),
  ...contrastSections(study),
];

function conductanceSection({ conductance }: Study): Section[] {
  if (!conductance) return [];
  const { example, steps, layers, unaffordable, nig } = conductance;
  const within = layers.filter((layer) => layer.within).length;
  return [
    {
      title: 'Total Conductance by its original formula, beside NIG',
      said: [
        `Example ${example}; ${steps} even steps. In ${within} of ${count(layers.length, 'layer')} the summed difference lies within both errors: |A_n − A_n/2| of the formula's sum, and NIG's own by the secant rule.`,
        `NIG at the same ${nig.passes} points (trapezoid) takes ${nig.passes} passes and ${time(nig.milliseconds)} for all ${count(nig.layers, 'layer')} at once; the last two columns are the formula's cost for one layer over that.`,
        ...unaffordable.map(
          (each) =>
            `Not walked: ${each.layer}, whose ${whole(each.neurons)} neurons take ${whole(each.passes)} passes, above the bound of a study.`,
        ),
      ],
      head: ['Layer', 'Neurons', 'Largest difference', 'Its error', 'Σ difference', 'Both errors', 'Within', 'Passes', 'Time', 'Passes ×', 'Time ×'], // prettier-ignore
      rows: layers.map((layer) => [
        layer.layer,
        whole(layer.neurons),
        share(layer.largest / (layer.greatest || 1)),
        share(layer.errorThere / (layer.greatest || 1)),
        share(layer.difference / (layer.total || 1)),
        share((layer.literalError + layer.nigError) / (layer.total || 1)),
        layer.within ? 'yes' : 'no',
        whole(layer.passes),
        time(layer.milliseconds),
        plain(layer.passes / nig.passes),
        plain(layer.milliseconds / nig.milliseconds),
      ]),
    },
  ];
}

function costSection({ costs, conductance, steps }: Study): Section[] {
  if (!costs) return [];
  const { example, layers, methods, without } = costs;
  const formula = conductance && formulaRow(conductance, layers);
  return [
    {
      title: 'What methods cost',
      said: [
        `Example ${example}; NIG by ${steps} even steps; medians of three runs that are warm, without error estimates. A pass serves every layer that is asked.`,
        ...(formula ? [formula.said] : []),
        ...without.map(({ method, why }) => `${methodWords[method].name}: ${why}`),
      ],
      head: ['Method', 'Passes', 'All layers', ...layers.map((layer) => `${layer} alone`)],
      rows: [
        ...methods.map(({ method, passes, all, alone }) => [
          methodWords[method].name,
          whole(passes),
          time(all),
          ...alone.map(time),
        ]),
        ...(formula ? [formula.row] : []),
      ],
    },
  ];
}

/** What the formula costs beside them: it takes walks of its own for each layer, and for all of them what each takes. */
function formulaRow(
  { layers: walked, everywhere, nig }: ConductanceStudy,
  layers: readonly string[],
): { readonly said: string; readonly row: readonly string[] } {
  const own = layers.map((layer) => walked.find((each) => each.layer === layer));
  const sum = (of: (each: ConductanceBeside) => number): number => walked.reduce((all, each) => all + of(each), 0);
  const missing = own.filter((each) => !each).length;
  return {
    said: `The formula of conductance walks each layer by itself: its passes and its time for all are those of ${missing > 0 ? `the ${count(walked.length, 'layer')} here that were walked` : `the ${count(layers.length, 'layer')} here`}, one after another; for all ${count(nig.layers, 'layer')} of the model it would take ${whole(everywhere)} passes.`,
    row: [
      'Formula of conductance',
      whole(sum(({ passes }) => passes)),
      time(sum(({ milliseconds }) => milliseconds)),
      ...own.map((each) => (each ? `${time(each.milliseconds)} (${whole(each.passes)} passes)` : 'not walked')),
    ],
  };
}

function agreementSections({ agreement, judgement }: Study): Section[] {
  if (!agreement || !judgement) return [];
  const flipped = agreement.reduce((sum, each) => sum + each.flipped, 0);
  const pairs = agreement.reduce((sum, each) => sum + each.pairs, 0);
  const told = (value: JudgedSummary['spearman']['mean']): string => (value ? two(value.mean) : '–');
  const interval = (value: JudgedSummary['spearman']['mean']): string =>
    value?.interval ? `${told(value)} (${two(value.interval.low)} to ${two(value.interval.high)})` : told(value);
  return [
    {
      title: 'NIG beside DeepLIFT Rescale',
      said: [
        `${count(judgement.examples.length, 'example')}; medians and quartiles. Signs differ beyond NIG's error in ${whole(flipped)} of ${whole(pairs)} pairs of a unit and an example.`,
      ],
      head: ['Layer', 'Units', 'Spearman', 'Signs that differ', 'First units that are the same'],
      rows: agreement.map((each) => [
        each.layer,
        whole(each.units),
        spread(each.spearman),
        spread(each.flips, share),
        `${spread(each.overlap, share)} of ${each.top}`,
      ]),
    },
    {
      title: 'Whom the network bears out',
      said: judgementWords(judgement),
      head: ['Method', 'Spearman, both (95 %)', 'drop', 'restore', 'Passes'],
      rows: judgement.summaries.map(({ method, spearman }) => [
        judgedWords[method].name,
        interval(spearman.mean),
        told(spearman.drop),
        told(spearman.restore),
        whole(judgement.costs.find((each) => each.method === method)!.passes),
      ]),
    },
  ];
}

function ablationSections({ ablation }: Study): Section[] {
  if (!ablation || ablation.layers.length === 0) return [];
  const { examples, layers } = ablation;
  const names = layers[0]!.scores.map(({ score }) => SCORE_WORDS[score]);
  const rows = (cell: (each: (typeof layers)[number]['scores'][number]) => string): string[][] =>
    layers.map(({ layer, units, scores }) => [layer, whole(units), ...scores.map(cell)]);
  return [
    {
      title: 'Scores beside the ablation of single units',
      said: [
        `${count(examples, 'example')}; Pearson's correlation of scores with the drop of F when one unit is set to zero: median (quartiles).`,
      ],
      head: ['Layer', 'Units', ...names],
      rows: rows(({ correlation }) => spread(correlation)),
    },
    {
      title: 'Units ablated until the top class is another one',
      said: [
        `${count(examples, 'example')}; units are set to zero in the order of a score, the greatest first: median (quartiles) of the examples whose class changes, and how many those are.`,
      ],
      head: ['Layer', 'Units', ...names],
      rows: rows(({ until }) => (until ? `${spread(until, plain)} of ${until.count}` : 'never')),
    },
  ];
}

function selectionSections({ selection, classes, examples }: Study): Section[] {
  if (!classes) return [];
  if (!selection)
    return [
      {
        title: 'Units as features',
        said: [
          `Nothing to read: ${count(examples.length, 'example')} of ${count(classes.names.length, 'class', 'classes')}; two of each of two classes are needed.`,
        ],
        head: [],
        rows: [],
      },
    ];
  const { perClass, judged, layers } = selection;
  return layers.map(({ layer, units, counts, scores }, at) => ({
    title: `Units as features: ${layer}`,
    said:
      at > 0
        ? []
        : [
            `Units that a score puts first on ${count(perClass, 'example')} of each of ${classes.names.length} classes (${classes.given ? 'as given' : 'as predicted'}), read by ridge regression on those examples; the share of ${count(judged, 'other example')} whose class is read right. Chance is the mean of ten draws.`,
          ],
    head: [`${units} units`, ...counts.map((each) => (each === 1 ? '1 unit' : String(each)))],
    rows: scores.map(({ score, accuracy }) => [SCORE_WORDS[score], ...accuracy.map(two)]),
  }));
}

function signSection({ signs, classes, examples }: Study): Section[] {
  if (!signs || !classes) return [];
  if (signs.every(({ units, neither }) => units === neither))
    return [{ title: 'Units by sign over classes', said: [NO_SIGNS], head: [], rows: [] }];
  return [
    {
      title: 'Units by sign over classes',
      said: [
        `${count(examples.length, 'example')}; a unit has a sign for a class where its mean contribution to that class's examples is two standard errors from 0.`,
      ],
      head: ['Layer', 'Units', 'For some, against others', 'For only', 'Against only', 'Neither'],
      rows: signs.map((each) => [
        each.layer,
        ...[each.units, each.both, each.positive, each.negative, each.neither].map(whole),
      ]),
    },
  ];
}

const NO_SIGNS =
  'No unit has a sign for a class: three examples of it are needed, and a mean contribution two standard errors from 0.';

function contrastSections({ contrast }: Study): Section[] {
  if (!contrast) return [];
  const { pairs, before, after, change, layers } = contrast;
  return layers.flatMap(({ layer, units, answering, counts, left, byChance }, at) => [
    {
      title: `Units that answer to the change: ${layer}`,
      said:
        at > 0
          ? []
          : [
              `${count(pairs, 'pair')}: F is ${signed(before)} in the mean, ${signed(after)} when changed; the mean of |change| is ${plain(change)}. Units by the mean |change| of their contribution.`,
            ],
      head: [`${units} units`, 'Mean before', 'After', '|Change|', 'Sign turns'],
      rows: answering.map((unit) => [
        String(unit.unit),
        signed(unit.before),
        signed(unit.after),
        plain(unit.change),
        share(unit.turns),
      ]),
    },
    {
      title: `What is left of the change with them out: ${layer}`,
      said: ['Mean |F changed − F| with so many units at zero, as a share of what it is with none.'],
      head: ['Units out', ...counts.map(String)],
      rows: [
        ['By what they answer', ...left.map(share)],
        ['By chance (ten draws)', ...byChance.map(share)],
      ],
    },
  ]);
}

/** The same as Markdown. @param level of the headings */
export const markdownOf = (sections: readonly Section[], level: number): string =>
  sections
    .map(({ title, said, head, rows }) => {
      const told = (text: string): string => text.replaceAll('|', '\\|');
      const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
      const ruled = head.map((_, at) => (at === 0 ? '---' : '--:'));
      const lines = [line(head.map(told)), line(ruled), ...rows.map((row) => line(row.map(told)))];
      const parts = [`${'#'.repeat(level)} ${title}`, ...said, ...(rows.length > 0 ? [lines.join('\n')] : [])];
      return parts.join('\n\n');
    })
    .join('\n\n');
