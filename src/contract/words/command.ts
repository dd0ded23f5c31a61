/** What repeats in a terminal what the window did: a run as a line of `mho attribute`, units taken out as one of `mho knock-out`. */
import type { AdaptiveResult, RunResult, TargetSpec } from '../attribution';
import { BACKENDS } from '../backends';
import type { ImageReading } from '../data';
import type { Intervention, Replacement } from '../interventions';
import { printable } from '../text';

/** What both ask about. */
export interface RepeatedQuestion {
  readonly model: string;
  readonly signature: string | undefined;
  /** Files in the order in which they were opened; `input` where they were opened for one of several. */
  readonly parts: readonly FilesOf[];
  readonly reading: Partial<ImageReading>;
  readonly baseline:
    | { readonly kind: 'constant'; readonly value: number }
    /** A word that says it: what fits the data, or is made of them. */
    | { readonly kind: 'word'; readonly word: string }
    | {
        readonly kind: 'files';
        /** What stands before the file's name: `mean:`. */
        readonly word?: string;
        readonly parts: readonly FilesOf[];
        readonly perExample: boolean;
      };
  readonly target: TargetSpec;
  readonly minus: TargetSpec | null;
  /** The output that a target without a layer is of. */
  readonly output: string;
  readonly hold: readonly string[];
  readonly walk: readonly string[];
}

export interface Repeated extends RepeatedQuestion {
  readonly examples: readonly number[];
  readonly run: Pick<RunResult, 'method' | 'rule' | 'steps' | 'pathStart'> & {
    readonly adaptive: Pick<AdaptiveResult, 'accuracy'> | null;
    readonly backend: Pick<RunResult['backend'], 'name'>;
  };
}

export interface FilesOf {
  readonly paths: readonly string[];
  readonly input: string | null;
}

/** A word as a shell takes it for one; `~/` in front stays what it stands for. What a terminal would obey is left out. */
export function shellWord(given: string): string {
  const word = printable(given);
  if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
  const home = word.startsWith('~/') ? '~/' : '';
  return `${home}'${word.slice(home.length).replaceAll("'", `'\\''`)}'`;
}

const filesOf = (parts: readonly FilesOf[]): readonly string[] =>
  parts.flatMap(({ paths, input }) => paths.map((path) => (input === null ? path : `${input}=${path}`)));

/** `0-3,7` */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

type Place = Exclude<TargetSpec['index'], { readonly each: unknown }>;
const placeOf = ({ index }: TargetSpec, at: number): Place =>
  typeof index === 'object' && 'each' in index ? index.each[at]! : index;

function targetWord(target: TargetSpec, output: string, at: number): string {
  const place = placeOf(target, at);
  return `${target.layer ?? output}:${typeof place === 'object' ? place.join() : place}`;
}

/** How far its path was walked, as options. */
function pathOptions({ method, rule, steps, adaptive }: Repeated['run']): readonly string[] {
  if (adaptive) {
    const { tolerance, over, mostWalks, untilTop } = adaptive.accuracy;
    return [
      ...['--tolerance', `${tolerance}`],
      ...(over === 'units' ? [] : ['--tolerance-over', over]),
      ...(untilTop === null ? [] : ['--until-top', `${untilTop}`]),
      ...(mostWalks === null ? [] : ['--max-passes', `${mostWalks}`]),
    ];
  }
  if (rule === null) return [];
  return [...(method === 'nig' ? ['--rule', rule] : []), ...(steps > 1 ? ['--steps', `${steps}`] : [])];
}

/** The lines: one, or where each example has a target of its own, one for each. */
export function commandLines(run: Repeated): readonly string[] {
  const { target, minus, examples } = run;
  const each = [target, minus].some((one) => one && typeof one.index === 'object' && 'each' in one.index);
  const groups = each ? examples.map((example, at) => ({ examples: [example], at })) : [{ examples, at: 0 }];
  return groups.map((group) => lineOf(run, group.examples, group.at));
}

function lineOf(repeated: Repeated, examples: readonly number[], at: number): string {
  const { run } = repeated;
  const words = [
    ...['mho', 'attribute', ...questionWords(repeated, examples, at)],
    ...['--method', run.method],
    ...pathOptions(run),
    ...turnedWords(repeated),
    ...(run.pathStart === null ? [] : ['--path', run.pathStart]),
    ...(run.backend.name === BACKENDS[0] ? [] : ['--backend', run.backend.name]),
  ];
  return words.map(shellWord).join(' ');
}

const turnedWords = ({ hold, walk }: RepeatedQuestion): readonly string[] => [
  ...hold.flatMap((name) => ['--hold', name]),
  ...walk.flatMap((name) => ['--walk', name]),
];

function replacementWord(to: Replacement): string {
  switch (to.kind) {
    case 'example':
      return `example:${to.example}`;
    case 'scale':
      return `scale:${to.factor}`;
    case 'value':
      return `${to.value}`;
    default:
      return to.kind;
  }
}

/** Units that become the same, as a line of `mho knock-out`; null where some become something else than others. */
export function knockOutLine(
  question: RepeatedQuestion,
  examples: readonly number[],
  asked: readonly Pick<Intervention, 'layer' | 'units' | 'to'>[],
): string | null {
  const kinds = [...new Set(asked.map(({ to }) => replacementWord(to)))];
  if (kinds.length !== 1) return null;
  const units = asked.flatMap(({ layer, units: own }) =>
    rangesOf(own.toSorted((a, b) => a - b))
      .split(',')
      .map((range) => `${layer}:${range}`),
  );
  const words = [
    ...['mho', 'knock-out', ...questionWords(question, examples, 0)],
    ...['--units', units.join()],
    // a number may be negative, and so look like an option
    `--to=${kinds[0]}`,
    ...turnedWords(question),
  ];
  return words.map(shellWord).join(' ');
}

/** Model, inputs, baseline and target. @param at place of the examples' target among several */
function questionWords(question: RepeatedQuestion, examples: readonly number[], at: number): readonly string[] {
  const { model, signature, parts, reading, baseline, target, minus, output } = question;
  return [
    model,
    ...(signature === undefined ? [] : ['--signature', signature]),
    ...['--input', ...filesOf(parts)],
    ...(reading.range ? ['--image-range', reading.range] : []),
    ...(reading.fit ? ['--image-fit', reading.fit] : []),
    ...(reading.channels ? ['--image-channels', reading.channels] : []),
    ...(reading.mean ? [`--image-mean=${reading.mean.join()}`] : []),
    ...(reading.std ? [`--image-std=${reading.std.join()}`] : []),
    ...['--examples', rangesOf(examples)],
    ...(baseline.kind === 'files'
      ? [
          '--baseline',
          ...filesOf(baseline.parts).map((file) => (baseline.word ?? '') + file),
          ...(baseline.perExample ? ['--per-example'] : []),
        ]
      : // a number may be negative, and so look like an option
        [`--baseline=${baseline.kind === 'constant' ? baseline.value : baseline.word}`]),
    ...['--target', targetWord(target, output, at)],
    ...(minus ? ['--minus', targetWord(minus, output, at)] : []),
    ...(target.afterActivation ? ['--after-activation'] : []),
  ];
}
