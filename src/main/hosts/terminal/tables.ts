/** Results as tables: top units of every layer by each method side by side, then residuals and errors. */
import type { LayerResult } from '../../../contract/attribution';
import type { Question, Session, SessionRun } from '../../../contract/session';
import { printable } from '../../../contract/text';
import {
  errorShare,
  errorOfTotalWords,
  isResolved,
  NOT_RESOLVED,
  reachedWords,
  trustOf,
} from '../../../contract/words/accuracy';
import { alarmWords, DROWNED, drowns, leadingAlarm } from '../../../contract/words/alarms';
import { duration } from '../../../contract/words/quantities';
import { deadWords, remarkWords } from '../../../contract/words/remarks';
import { askedNames, askedWords, baselineWords, givenName } from '../../../contract/words/runs';
import { targetNotes, targetWords } from '../../../contract/words/target';
import { written } from '../../../contract/words/shape';
import { sharedScope } from '../../../contract/words/scopes';
import { groupsWords } from '../../../contract/words/memory';
import { roundedWords } from '../../../contract/words/varied';
import { baselineOf } from '../service/records';
import { rankUnits, type RankedUnit } from '../../engine/attribution/ranking';
import { percent, plain, signed } from './numbers';
import { right, table, type Cell } from './table';

/** Examples that are printed; the others are in the session. */
const MOST_EXAMPLES = 8;
/** What stands in a cell where there is nothing to say. */
const NONE = '–';

/** A layer's place in the reading order is that of the first run that has it. */
function layerNames(runs: readonly SessionRun[]): string[] {
  return [...new Set(runs.flatMap(({ layers }) => layers.map(({ name }) => name)))];
}

interface At {
  readonly run: SessionRun;
  /** What it is called among the runs of its question; shorter where its method tells it from them. */
  readonly name: string;
  readonly short: string;
  /** Place of the example among the run's complete ones; −1 when it is not complete. */
  readonly place: number;
  readonly layers: ReadonlyMap<string, LayerResult>;
}

/** All of a session: its runs, question by question, example by example. */
export function sessionTables(session: Session, top: number, exampleLabels?: readonly string[]): string {
  const parts: string[] = [];
  const telling = tellingOf(session);
  for (const [number, question] of session.questions.entries()) {
    const runs = session.runs.filter((run) => run.question === number);
    if (runs.length === 0) continue;
    const named = runs.map((run) => ({ name: givenName(run, run.label?.name), result: run }));
    const [names, short] = [askedNames(named), askedNames(named, true)];
    for (const [index, name] of question.examples.slice(0, MOST_EXAMPLES).entries()) {
      const ats = runs.map((run, at) => ({
        run,
        name: printable(names[at]!),
        short: printable(short[at]!),
        place: run.examples.indexOf(index),
        layers: new Map(run.layers.map((layer) => [layer.name, layer])),
      }));
      if (ats.every(({ place }) => place < 0)) continue;
      parts.push(exampleTables(ats, index, `${titleOf(name, exampleLabels?.[name])}${telling(question)}`, top));
    }
    const hidden = question.examples.length - MOST_EXAMPLES;
    if (hidden > 0) parts.push(`${hidden} more examples are in the session and in --json.\n`);
    const { backend } = runs[0]!;
    const longest = Math.max(...runs.map(({ durationMs }) => durationMs));
    const most = Math.max(...runs.map(({ layerGroups }) => layerGroups ?? 1));
    const groups = most > 1 ? `, ${groupsWords(most)}` : '';
    parts.push(`Computed in ${duration(longest)} on ${backend.version}, ${backend.device}${groups}.\n`);
    const rounded = runs.flatMap((run) => run.rounded ?? []).map((each) => `${printable(roundedWords(each))}.\n`);
    parts.push(...[...new Set(rounded)].map((line) => `Rounding: ${line}`));
    for (const run of runs)
      if (!run.complete)
        parts.push(
          `Incomplete: ${askedWords(run)} has ${run.examples.length} of ${question.examples.length} examples.\n`,
        );
  }
  for (const { code, message, remedy } of session.errors) parts.push(`${printable(`${code}: ${message} ${remedy}`)}\n`);
  if (session.notes) parts.push(`${session.notes.split('\n').map(printable).join('\n')}\n`);
  return parts.join('\n');
}

const titleOf = (example: number, label: string | undefined): string =>
  `Example ${example}${label ? ` (${label})` : ''}`;

/** By what a question differs from the others of its session: its data, its baseline. */
function tellingOf({ questions }: Session): (question: Question) => string {
  const baselines = new Map(questions.map((each) => [each, baselineOf(each.baseline)]));
  const several = (keys: readonly unknown[]): boolean => new Set(keys).size > 1;
  const [data, baseline] = [
    several(questions.map(({ source }) => source)),
    several(questions.map((each) => JSON.stringify(baselines.get(each)))),
  ];
  return (question) =>
    (data ? ` of ${printable(question.source ?? 'inputs of the window')}` : '') +
    (baseline ? `, baseline ${baselineWords(baselines.get(question)!)}` : '');
}

/** Starts that are named in a heading. */
const MOST_STARTS = 4;

/** Where the path starts, when it is not a model input, and what is held. */
function startWords({ pathStart, varied }: SessionRun): string {
  const behind = varied?.walked.filter((start) => start.behind.length > 0) ?? [];
  const start = pathStart
    ? ` along a path from ${printable(pathStart)}`
    : behind.length > 0
      ? `; the path starts at ${behind
          .slice(0, MOST_STARTS)
          .map((each) => printable(each.name))
          .join(', ')}${behind.length > MOST_STARTS ? ` and ${behind.length - MOST_STARTS} more` : ''}`
      : '';
  const held = [...new Set(varied?.held.map(({ input }) => printable(input)))];
  return `${start}${held.length > 0 ? `; held as at the input: ${held.join(', ')}` : ''}`;
}

/**
 * What is to be known before the numbers are read, each sentence once, since two methods may have the same to say: what is not to be
 * believed, marked; how far the runs came; what is so and no fault.
 */
function knownLines(ats: readonly At[], index: number): string[] {
  const { run, place } = ats.find((at) => at.place >= 0)!;
  const remarks = ats.flatMap((at) => at.run.remarks).filter(({ example }) => example === index);
  const dead = ats.flatMap((at) =>
    at.run.remarks.filter(({ example }) => example === index).map((remark) => ({ by: at.short, remark })),
  );
  const flat = remarks.filter(({ kind }) => kind !== 'dead').map((remark) => `! ${remarkWords(remark)}`);
  if (remarks.every(({ kind }) => kind === 'dead' || kind === 'jump') && drowns(run, place))
    flat.push(`! ${DROWNED}: shares of it mean nothing.`);
  return [...new Set([...flat, ...ats.flatMap(runLines), ...deadWords(dead)])];
}

/** @param index of the example in its question */
function exampleTables(ats: readonly At[], index: number, title: string, top: number): string {
  const { run, place } = ats.find((at) => at.place >= 0)!;
  const [atInput, atBaseline, delta] = [run.atInput, run.atBaseline, run.delta].map((values) => plain(values[place]!));
  const open = run.deltaUncertainty?.[place];
  const difference = `${delta}${open ? ` ± ${plain(open)}` : ''}`;
  const heading = `${title}: ${printable(targetWords(run, place))} is ${atInput} at the input, ${atBaseline} at the baseline, difference ${difference}${startWords(run)}`;
  const lines = [heading, ...targetNotes(run, place).map(printable), ...knownLines(ats, index)];
  const names = layerNames(ats.map((at) => at.run));
  const scope = sharedScope(names);
  const called = (layer: string): string => printable(layer.startsWith(scope) ? layer.slice(scope.length) : layer);
  if (scope !== '') lines.push(`Most layers' names begin with ${printable(scope)}, which is left out below.`);
  const lead = (layerName: string): string[] => {
    const layer = ats.map(({ layers }) => layers.get(layerName)).find(Boolean)!;
    return [called(layerName), written(layer.shape)];
  };
  const units = table(
    ['Layer', 'Shape', ...ats.map((at) => `Top units by ${at.name}`)],
    names.map((each) => [...lead(each), ...ats.map((at) => unitCell(at, each, top))]),
    false,
  );
  const cuts = table(
    ['Layer', 'Cut', ...ats.flatMap(sumHead)],
    names.map((each) => [
      called(each),
      ats.some(({ layers }) => layers.get(each)?.cut) ? 'yes' : 'no',
      ...ats.flatMap((at) => sumCells(at, each)),
    ]),
  );
  return `${lines.join('\n')}\n${units}${cuts}`;
}

/**
 * What is to be known of a run before its numbers are read: `nig: asked 2 %, reached 1.6 % with 44 walks.`, or that even steps do not
 * resolve it.
 */
function runLines({ run, place, short }: At): string[] {
  if (place < 0) return [];
  const { adaptive, method, rule, steps } = run;
  const came = adaptive ? [`${short}: ${reachedWords(adaptive.examples[place]!, adaptive.accuracy)}.`] : [];
  const leading = leadingAlarm(run, place);
  if (leading) {
    const more = leading.more > 0 ? ` (and ${leading.more} more)` : '';
    const remedy =
      method !== 'nig' ? 'take more --steps' : `run ${rule === 'secant' ? '' : 'by secant '}without --steps`;
    came.push(`! ${short}: ${alarmWords(leading.alarm, steps)}${more}: ${remedy}.`);
  }
  return came.map(printable);
}

function unitCell({ layers, place }: At, name: string, top: number): string {
  const layer = layers.get(name);
  if (!layer || place < 0) return NONE;
  const carried = rankUnits([layer], place, top).filter(({ contribution }) => contribution !== 0);
  const certain = layer.certain?.[place] ?? 0;
  const widest = carried
    .filter(({ contribution, error }) => isResolved(contribution, error))
    .reduce((most, { contribution }) => Math.max(most, signed(contribution).length), 0);
  return carried.length === 0 ? '0' : carried.map((unit) => unitLine(unit, certain, widest)).join('\n');
}

/** `#2   +17.1 ± 0.00183 *`, `#7   not resolved, ± 0.2`. @param widest letters of a value: errors stand below one another */
function unitLine({ unit, contribution, error, tied, rank }: RankedUnit, certain: number, widest: number): string {
  const name = `#${unit}`.padEnd(4);
  if (!isResolved(contribution, error)) return `${name} ${NOT_RESOLVED}, ± ${plain(error!)}`;
  const range = error === null ? '' : ` ± ${plain(error)}`;
  const value = signed(contribution);
  return `${name} ${range === '' ? value : value.padEnd(widest)}${range}${rank <= certain ? ' *' : ''}${tied ? ' ≈' : ''}`;
}

/** Methods without an integral have no columns of errors. */
const hasErrors = ({ layers }: At): boolean => [...layers.values()].some(({ error }) => error !== null);

const sumHead = (at: At): string[] => [
  `${at.short}: sum`,
  'residual',
  ...(hasErrors(at) ? ['error of units', 'of neurons'] : []),
];

function sumCells(at: At, name: string): Cell[] {
  const { run, layers, place } = at;
  const layer = layers.get(name);
  if (!layer || place < 0) return sumHead(at).map(() => right(NONE));
  const { residual, error, unitsError, unitsTotal, neuronsTotal } = layer;
  const share = residual && !drowns(run, place) ? percent(residual[place]!, run.delta[place]!) : '';
  return [
    right(signed(layer.sum[place]!)),
    right(residual ? `${plain(residual[place]!)}${share ? ` (${share})` : ''}` : NONE),
    ...(hasErrors(at)
      ? [
          errorCell(unitsError && unitsError[place]!, unitsTotal[place]!),
          errorCell(error && error[place]!, neuronsTotal[place]!),
        ]
      : []),
  ];
}

/** `0.154 (1.6 %)`, `3.08 (12 %) !` */
function errorCell(error: number | null, total: number): Cell {
  if (error === null) return right(NONE);
  const share = errorShare(error, total);
  return right(`${errorOfTotalWords(plain(error), share)}${trustOf(share) === 'coarse' ? ' !' : ''}`);
}

export const LEGEND = `#n unit, its contribution ± estimated error in units of the target. * certain to be among the first of its layer,
≈ its order lies within the errors, not resolved: smaller than its error.
Only a layer that cuts the graph must sum to the difference: its residual is what is missing, and ± of the difference what
float32 leaves open. Error is the estimated L1 error over all units of the layer, or over all its neurons, and its share
of their summed magnitudes: ! above 10 %, no number above 30 %. It is an estimate; a small residual alone does not make
neurons right.
`;
