/** Numbers of a judgement as the view, its exports and the report show them. No DOM. */
import type { Accuracy } from '../../contract/attribution';
import {
  isMethod,
  JUDGED,
  type Judged,
  type JudgedLayer,
  type JudgedMethod,
  type JudgedSummary,
  type Judgement,
} from '../../contract/judgement';
import type { Replacement } from '../../contract/interventions';
import type { JudgeSetup, RunSetup } from '../../contract/studio';
import { judgedWords } from '../../contract/words/judgement';
import type { Theme } from './colour';
import type { Table } from './copying';
import type { Trace } from './trace';

type Mean = NonNullable<JudgedSummary['difference']>;

/** Of what is known, null where nothing is. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The lower of two in the middle. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** Two digits, as correlations have them; a dash where nothing is known. */
export const two = (value: number | null | undefined): string =>
  value == null ? '–' : value.toFixed(2).replace(/^-0\.00$/, '0.00').replace('-', '−'); // prettier-ignore

// ---------------------------------------------------------------- over all layers

/** A method over all layers that judge anything. */
export interface MethodRow {
  readonly method: Judged;
  readonly spearman: Mean | null;
  readonly drop: Mean | null;
  readonly restore: Mean | null;
  readonly pearson: Mean | null;
  /** Share of units with the same sign. */
  readonly signs: number | null;
  /** Shares: of the largest difference that was found; of what all units of the layer hold together. */
  readonly difference: Mean | null;
  readonly insertion: number | null;
  /** Median share of a layer's units that are out when the class changes, and how often it does. */
  readonly changes: { readonly share: number | null; readonly changed: number; readonly of: number };
  readonly passes: number;
  readonly milliseconds: number;
  /** Worst layer's estimated error as a share. */
  readonly error: number | null;
  /** Most units of a layer that tie at an example. */
  readonly ties: number;
}

const ofMethod = (layer: JudgedLayer, method: Judged): JudgedMethod | undefined =>
  layer.methods.find((each) => each.method === method);

export const judging = ({ layers }: Pick<Judgement, 'layers'>): readonly JudgedLayer[] =>
  layers.filter(({ additive }) => !additive);

export function methodRows(judgement: Judgement): readonly MethodRow[] {
  const layers = judging(judgement);
  return judgement.summaries.map(({ method, spearman, pearson, difference }) => {
    const cost = judgement.costs.find((each) => each.method === method);
    const found = layers.flatMap((layer) => {
      const own = ofMethod(layer, method);
      return own ? [{ layer, own }] : [];
    });
    const shares = found.flatMap(({ layer, own }) => own.changes.map((at) => (at === null ? null : at / layer.units)));
    return {
      method,
      spearman: spearman.mean,
      drop: spearman.drop,
      restore: spearman.restore,
      pearson: pearson.mean,
      signs: meanOf(found.flatMap(({ own }) => own.signs.mean)),
      difference,
      insertion: meanOf(
        found.flatMap(({ layer, own }) =>
          own.insertion.map((value, at) => (value === null || !layer.joint[at] ? null : value / layer.joint[at])),
        ),
      ),
      changes: {
        share: medianOf(shares),
        changed: shares.filter((share) => share !== null).length,
        of: shares.length,
      },
      passes: cost?.passes ?? 0,
      milliseconds: cost?.milliseconds ?? 0,
      error: cost?.error ?? null,
      ties: Math.max(0, ...found.flatMap(({ own }) => own.ties)),
    };
  });
}

/** The overview as cells: what is copied and saved. */
export function overviewTable(judgement: Judgement): Table {
  const ends = (value: Mean | null): (number | null)[] => [
    value?.mean ?? null,
    value?.interval?.low ?? null,
    value?.interval?.high ?? null,
  ];
  return {
    head: [
      'method',
      ...[
        'Spearman of mean',
        'Spearman of drop',
        'Spearman of restore',
        'Pearson of mean',
        'difference of areas',
      ].flatMap((name) => [name, `${name} low`, `${name} high`]),
      'sign agreement',
      'insertion share',
      'class changes at share',
      'class changed',
      'of',
      'passes',
      'ms',
      'estimated error',
      'ties',
    ],
    rows: methodRows(judgement).map((row) => [
      judgedWords[row.method].name,
      ...[row.spearman, row.drop, row.restore, row.pearson, row.difference].flatMap(ends),
      row.signs,
      row.insertion,
      row.changes.share,
      row.changes.changed,
      row.changes.of,
      row.passes,
      row.milliseconds,
      row.error,
      row.ties,
    ]),
  };
}

// ---------------------------------------------------------------- one layer

/** A method at one layer: means over examples. F is in units of the target. */
export interface LayerRow {
  readonly method: Judged;
  readonly drop: number | null;
  readonly restore: number | null;
  readonly spearman: number | null;
  readonly pearson: number | null;
  readonly signs: number | null;
  readonly comprehensiveness: number | null;
  readonly leastFirst: number | null;
  readonly difference: number | null;
  readonly insertion: number | null;
  readonly sufficiency: number | null;
  readonly positive: number | null;
  readonly negative: number | null;
  readonly changes: { readonly at: number | null; readonly changed: number; readonly of: number };
  readonly ties: number;
}

export const layerRows = ({ methods }: JudgedLayer): readonly LayerRow[] =>
  methods.map((each) => ({
    method: each.method,
    drop: meanOf(each.spearman.drop),
    restore: meanOf(each.spearman.restore),
    spearman: meanOf(each.spearman.mean),
    pearson: meanOf(each.pearson.mean),
    signs: meanOf(each.signs.mean),
    comprehensiveness: meanOf(each.comprehensiveness),
    leastFirst: meanOf(each.leastFirst),
    difference: meanOf(each.difference),
    insertion: meanOf(each.insertion),
    sufficiency: meanOf(each.sufficiency),
    positive: meanOf(each.positive),
    negative: meanOf(each.negative),
    changes: {
      at: medianOf(each.changes),
      changed: each.changes.filter((at) => at !== null).length,
      of: each.changes.length,
    },
    ties: Math.max(0, ...each.ties),
  }));

const LAYER_HEAD = [
  'method',
  'Spearman drop',
  'Spearman restore',
  'Spearman mean',
  'Pearson mean',
  'sign agreement',
  'comprehensiveness',
  'least first',
  'difference',
  'insertion',
  'sufficiency',
  'positive out',
  'negative out',
  'class changes at',
  'class changed',
  'of',
  'ties',
];

export const layerTable = (layer: JudgedLayer): Table => ({
  head: LAYER_HEAD,
  rows: layerRows(layer).map(({ method, changes, ties, ...row }) => [
    judgedWords[method].name,
    row.drop,
    row.restore,
    row.spearman,
    row.pearson,
    row.signs,
    row.comprehensiveness,
    row.leastFirst,
    row.difference,
    row.insertion,
    row.sufficiency,
    row.positive,
    row.negative,
    changes.at,
    changes.changed,
    changes.of,
    ties,
  ]),
});

/** A unit of a layer at one example: what a method says of it, and what it did. */
export interface JudgedUnit {
  readonly unit: number;
  readonly score: number;
  readonly drop: number;
  readonly restore: number;
  /** The mean of both, which leads. */
  readonly did: number;
  /** Places by score and by what it did, the greatest first, from 1; equal ones by number. */
  readonly ranks: readonly [score: number, did: number];
}

/** @param place of the example among those that were judged */
export function judgedUnits(layer: JudgedLayer, method: Judged, place: number): readonly JudgedUnit[] {
  const scores = ofMethod(layer, method)?.scores[place] ?? [];
  const [drop, restore] = [layer.drop[place] ?? [], layer.restore[place] ?? []];
  const did = drop.map((value, unit) => (value + restore[unit]!) / 2);
  const [byScore, byDid] = [ranksOf(scores), ranksOf(did)];
  return scores.map((score, unit) => ({
    unit,
    score,
    drop: drop[unit]!,
    restore: restore[unit]!,
    did: did[unit]!,
    ranks: [byScore[unit]!, byDid[unit]!],
  }));
}

function ranksOf(values: readonly number[]): number[] {
  const ranks = new Array<number>(values.length);
  [...values.keys()]
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .forEach((unit, at) => {
      ranks[unit] = at + 1;
    });
  return ranks;
}

/** The units whose place a score misses by most. */
export const mostMissed = (units: readonly JudgedUnit[], most: number): readonly JudgedUnit[] =>
  [...units]
    .sort((a, b) => Math.abs(b.ranks[0] - b.ranks[1]) - Math.abs(a.ranks[0] - a.ranks[1]) || a.unit - b.unit)
    .slice(0, most);

/** A method's curves over how many units are out, means over examples. */
export interface JudgedCurves {
  readonly method: Judged;
  readonly most: readonly number[];
  readonly least: readonly number[];
}

/** @param place of one example; null: means over all */
export function curvesOf(layer: JudgedLayer, place: number | null): readonly JudgedCurves[] {
  return layer.methods.map(({ method, most, least }) => ({
    method,
    most: meanCurve(layer, most, place),
    least: meanCurve(layer, least, place),
  }));
}

/** F along the orders that were found one unit after another, means over examples; null where they were not looked for, or not kept. */
export function boundsOf(layer: JudgedLayer, place: number | null): Omit<JudgedCurves, 'method'> | null {
  const { down, up } = layer.greedy ?? {};
  return down && up ? { most: meanCurve(layer, down, place), least: meanCurve(layer, up, place) } : null;
}

/** Of one example, or the mean over all. */
function meanCurve({ counts }: JudgedLayer, curves: readonly (readonly number[])[], place: number | null): number[] {
  const own = place === null ? curves : curves.slice(place, place + 1);
  return counts.map((_, at) => own.reduce((sum, curve) => sum + curve[at]!, 0) / own.length);
}

/** What the curves of no method are called. */
export const BOUNDS_NAME = 'One by one';

// ---------------------------------------------------------------- plots

/** A colour for each method, alike in every picture; told apart without red and green. */
const COLOURS = {
  light: ['#5a45d0', '#c2570c', '#0f7a72', '#a3286a', '#2166ac', '#7a5b00', '#49515d', '#8a93a1'],
  dark: ['#a394f7', '#f39a55', '#4fc7bb', '#f07eb6', '#63aaf0', '#e0c04f', '#b0b8c4', '#7a8494'],
} as const satisfies Record<Theme, readonly string[]>;
export const colourOf = (method: Judged, theme: Theme): string => COLOURS[theme][JUDGED.indexOf(method)]!;

/** Score against what units did; the selected unit larger. */
export function scatterTraces(
  units: readonly JudgedUnit[],
  method: Judged,
  name: (unit: number) => string,
  selected: number | null,
  theme: Theme,
): Trace[] {
  const ends = [Math.min(0, ...units.map(({ score }) => score)), Math.max(0, ...units.map(({ score }) => score))];
  const plain = theme === 'light' ? '#14171c' : '#ffffff';
  const line = theme === 'light' ? '#b9c0ca' : '#454d5b';
  return [
    {
      type: 'scatter',
      mode: 'lines',
      x: ends,
      y: ends,
      line: { color: line, width: 1, dash: 'dot' },
      hoverinfo: 'skip',
      showlegend: false,
    },
    {
      type: 'scatter',
      mode: 'markers',
      x: units.map(({ score }) => score),
      y: units.map(({ did }) => did),
      customdata: units.map(({ unit }) => unit),
      text: units.map(
        ({ unit, drop, restore }) => `${name(unit)}<br>drop ${drop.toPrecision(3)}, restore ${restore.toPrecision(3)}`,
      ),
      hovertemplate: '%{text}<br>score %{x:.4g}, mean of both %{y:.4g}<extra></extra>',
      showlegend: false,
      marker: {
        size: units.map(({ unit }) => (unit === selected ? 13 : 7)),
        color: units.map(({ unit }) => (unit === selected ? plain : colourOf(method, theme))),
        opacity: 0.75,
      },
    },
  ];
}

const BOUNDS = { light: '#49515d', dark: '#b0b8c4' } as const satisfies Record<Theme, string>;
/** Of the curves of no method. */
export const boundsColour = (theme: Theme): string => BOUNDS[theme];

/** Most important first drawn through, least important first dashed; the bounds dotted, behind them. */
export const curveTraces = (layer: JudgedLayer, place: number | null, theme: Theme): Trace[] => {
  const of = { type: 'scatter', mode: 'lines', x: layer.counts } as const;
  const found = boundsOf(layer, place);
  const line = { color: boundsColour(theme), width: 1.6, dash: 'dot' } as const;
  const bounds: Trace[] = found
    ? [
        { ...of, y: found.most, name: BOUNDS_NAME, line, hovertemplate: `${BOUNDS_NAME}, down fastest<br>%{x} out: %{y:.4g}<extra></extra>` }, // prettier-ignore
        { ...of, y: found.least, showlegend: false, line, hovertemplate: `${BOUNDS_NAME}, up fastest<br>%{x} out: %{y:.4g}<extra></extra>` }, // prettier-ignore
      ]
    : [];
  const methods = curvesOf(layer, place).flatMap(({ method, most, least }): Trace[] => {
    const color = colourOf(method, theme);
    const { short } = judgedWords[method];
    return [
      { ...of, y: most, name: short, line: { color, width: 2 }, hovertemplate: `${short}, most first<br>%{x} out: %{y:.4g}<extra></extra>` }, // prettier-ignore
      { ...of, y: least, showlegend: false, line: { color, width: 1.3, dash: 'dash' }, hovertemplate: `${short}, least first<br>%{x} out: %{y:.4g}<extra></extra>` }, // prettier-ignore
    ];
  });
  return [...bounds, ...methods];
};

// ---------------------------------------------------------------- asking

/** What is asked of the methods beside what is asked of a run. */
export interface AskedOfJudge {
  readonly judged: readonly Judged[];
  readonly layers: readonly string[] | null;
  readonly to: JudgeSetup['to'];
  readonly seed: number;
  readonly sanity: boolean;
}

/** What units become, of a kind; what it takes beside that is kept where it fits. */
export function withReplacement(kind: Replacement['kind'], amount: number | null): Replacement {
  switch (kind) {
    case 'example':
      return { kind, example: Math.max(0, Math.round(amount ?? 0)) };
    case 'scale':
      return { kind, factor: amount ?? 0.5 };
    case 'value':
      return { kind, value: amount ?? 0 };
    default:
      return { kind };
  }
}

/** @param accuracy of an adaptive path; null where even steps are asked for */
export function judgeSetupOf(
  setup: RunSetup,
  { judged, layers, to, seed, sanity }: AskedOfJudge,
  accuracy: Accuracy | null,
): JudgeSetup | null {
  if (judged.length === 0 || layers?.length === 0) return null;
  const { methods: _methods, aside: _aside, pathStart: _start, accuracy: _accuracy, layers: _layers, ...rest } = setup;
  return {
    ...rest,
    judged: [...judged],
    to,
    seed,
    sanity,
    ...(layers && { layers: [...layers] }),
    ...(accuracy && setup.rule === 'secant' && judged.some((each) => isMethod(each) && each === 'nig') && { accuracy }),
  };
}
