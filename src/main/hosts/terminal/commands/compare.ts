/** `mho compare`: a run of one session held against a run of another, unit by unit; layers are matched by name. */
import { hiddenLayers, matchedLayers, someNames, targetLayers } from '../../../../contract/checkpoints';
import {
  agreement,
  movers,
  rowsByLayer,
  topOverlap,
  type Agreement,
  type Compared,
} from '../../../../contract/comparison';
import { MhoError } from '../../../../contract/errors';
import { ranksOf } from '../../../../contract/ranks';
import type { Session, SessionRun } from '../../../../contract/session';
import { printable, printableJson } from '../../../../contract/text';
import { openSession } from '../../../engine/sessions';
import { namedRuns } from '../namedRuns';
import { plain } from '../numbers';
import { right, table } from '../table';
import { EXIT, interruptible, type Terminal } from '../terminal';

export interface CompareOptions {
  /** Which run of each, by its number. */
  readonly runA?: number;
  readonly runB?: number;
  /** As the input file numbers it. */
  readonly example?: number;
  readonly top: number;
  readonly json?: boolean;
}

/** A run, and what it is called in its session. */
interface Side {
  readonly path: string;
  readonly session: Session;
  readonly run: SessionRun;
  readonly name: string;
}

/** Of what is told where `k` units are the largest. */
const OVERLAP = 10;

function sideOf(path: string, session: Session, option: string, place: number): Side {
  const run = session.runs[place];
  if (!run)
    throw new MhoError('USAGE', { reason: `${option} ${place}: ${path} has ${session.runs.length === 0 ? 'no run' : `runs 0 to ${session.runs.length - 1}`}` }); // prettier-ignore
  return { path, session, run, name: namedRuns(session)[place]!.name };
}

/** Runs that nobody chose: the first, and in the other session the first by the same method. */
function placesOf(a: Session, b: Session, { runA, runB }: CompareOptions): readonly [number, number] {
  const first = runA ?? 0;
  const { method } = a.runs[first] ?? {};
  return [
    first,
    runB ??
      Math.max(
        0,
        b.runs.findIndex((run) => run.method === method),
      ),
  ];
}

const numbered = ({ session, run }: Side): readonly number[] =>
  run.examples.map((place) => session.questions[run.question]!.examples[place]!);

/** The example that both took; where none is asked for the first of those, else each its own first. */
function examplesOf(a: Side, b: Side, asked: number | undefined): readonly [number, number] {
  const [mine, other] = [numbered(a), numbered(b)];
  if (asked !== undefined)
    for (const [side, taken] of [
      [a, mine],
      [b, other],
    ] as const)
      // prettier-ignore
      if (!taken.includes(asked))
        throw new MhoError('USAGE', { reason: `--example ${asked}: the run of ${side.path} has ${taken.join(', ')}` });
  const common = asked ?? mine.find((example) => other.includes(example));
  return common === undefined ? [0, 0] : [mine.indexOf(common), other.indexOf(common)];
}

const unitsOf = (side: Side, name: string): number =>
  side.run.layers.find((layer) => layer.name === name)!.units.length / side.run.examples.length;

/** Layers between input and target that both runs have, with as many units; each by its names in both. */
function layersOf(a: Side, b: Side) {
  const there = matchedLayers(a.session.model.layers, b.session.model.layers);
  const names = new Map([...there].map(([theirs, mine]) => [mine, theirs]));
  const [inA, inB] = [a, b].map(({ run }) => new Set(run.layers.map(({ name }) => name))) as [Set<string>, Set<string>];
  const hidden = hiddenLayers(a.session.model.layers, targetLayers({ result: a.run }));
  const asked = a.session.model.layers.map(({ name }) => name).filter((name) => hidden.has(name) && inA.has(name));
  const matched = asked.flatMap((name) => {
    const other = names.get(name);
    const both = other !== undefined && inB.has(other) && unitsOf(a, name) === unitsOf(b, other);
    return both ? [{ name, other, units: unitsOf(a, name) }] : [];
  });
  const known = new Set(matched.map(({ other }) => other));
  const theirs = hiddenLayers(b.session.model.layers, targetLayers({ result: b.run }));
  return {
    matched,
    onlyA: asked.filter((name) => !matched.some((each) => each.name === name)),
    onlyB: b.run.layers.map(({ name }) => name).filter((name) => theirs.has(name) && !known.has(name)),
  };
}

/** Units of layers, one behind the other. */
function columnOf({ run }: Side, place: number, layers: readonly string[]): Compared {
  const found = layers.map((name) => run.layers.find((layer) => layer.name === name)!);
  const at = (values: Float32Array): number[] => {
    const units = values.length / run.examples.length;
    return [...values.subarray(place * units, (place + 1) * units)];
  };
  const values = Float32Array.from(found.flatMap(({ units }) => at(units)));
  const errors = Float32Array.from(found.flatMap(({ units, unitError }) => (unitError ? at(unitError) : at(units).map(() => 0)))); // prettier-ignore
  return { values, errors, hasErrors: found.some(({ unitError }) => unitError !== null), ranks: ranksOf(values) };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const correlation = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–');

function compared(a: Side, b: Side, options: CompareOptions) {
  const [atA, atB] = examplesOf(a, b, options.example);
  const { matched, onlyA, onlyB } = layersOf(a, b);
  if (matched.length === 0)
    throw new MhoError('USAGE', { reason: 'no layer of one run is one of the other, by name and units: there is nothing to compare' }); // prettier-ignore
  const mine = columnOf(a, atA, matched.map(({ name }) => name)); // prettier-ignore
  const theirs = columnOf(b, atB, matched.map(({ other }) => other)); // prettier-ignore
  const rows = Uint32Array.from(mine.values, (_, row) => row);
  const all = agreement(mine, theirs, rows);
  const layers = rowsByLayer(matched).map((own, at) => ({ ...matched[at]!, ...told(agreement(mine, theirs, own)) }));
  const owners = matched.flatMap(({ name, units }) => Array.from({ length: units }, (_, unit) => ({ layer: name, unit }))); // prettier-ignore
  return {
    example: { a: numbered(a)[atA]!, b: numbered(b)[atB]! },
    ...told(all),
    distance: all.distance,
    topShared: { k: Math.min(OVERLAP, rows.length), share: topOverlap(mine, theirs, rows, OVERLAP).at(-1) ?? 0 },
    layers,
    onlyA,
    onlyB,
    movers: movers(mine, theirs, rows, options.top).map(({ row, difference, rankA, rankB, withinError }) => ({
      ...owners[row]!,
      a: mine.values[row]!,
      b: theirs.values[row]!,
      difference,
      rankA,
      rankB,
      withinError,
    })),
  };
}
const told = ({ units, rankCorrelation, signFlips }: Agreement) => ({
  units,
  rankCorrelation: finite(rankCorrelation),
  signFlips: signFlips.length,
});

export async function compareCommand(
  terminal: Terminal,
  paths: readonly [string, string],
  options: CompareOptions,
): Promise<number> {
  // prettier-ignore
  const [first, second] = await interruptible(terminal, (signal) =>
    Promise.all(paths.map((path) => openSession(path, { signal }))),
  );
  const [placeA, placeB] = placesOf(first!, second!, options);
  const a = sideOf(paths[0], first!, '--run-a', placeA);
  const b = sideOf(paths[1], second!, '--run-b', placeB);
  const result = compared(a, b, options);
  const about = ({ path, session: { model }, name }: Side, run: number, example: number) => ({ session: path, model: { name: model.name, hash: model.hash }, run, name, example }); // prettier-ignore
  if (options.json) {
    const { example, ...numbers } = result;
    terminal.out(`${printableJson({ a: about(a, placeA, example.a), b: about(b, placeB, example.b), ...numbers }, 1)}\n`); // prettier-ignore
    return EXIT.ok;
  }
  const line = (what: string, side: Side, example: number): string =>
    `${what}: ${side.path}, ${side.name}, example ${example}, target ${side.run.target[0] ?? ''}, ${side.session.model.name} ${side.session.model.hash.slice(0, 12)}\n`;
  const { example, layers, onlyA, onlyB, topShared } = result;
  terminal.out(printable(line('A', a, example.a)) + '\n');
  terminal.out(printable(line('B', b, example.b)) + '\n');
  const shared = `${Math.round(topShared.share * topShared.k)} of the first ${topShared.k} units are the same`;
  terminal.out(`Rank correlation ${correlation(result.rankCorrelation ?? NaN)} over ${result.units} units of ${layers.length} layers; ${shared}; ${result.signFlips} change their sign beyond their errors.\n`); // prettier-ignore
  for (const [which, names] of [
    ['A', onlyA],
    ['B', onlyB],
  ] as const)
    // prettier-ignore
    if (names.length > 0) terminal.out(`Only in ${which}, by name and units: ${printable(someNames(names))}\n`);
  terminal.out(
    table(
      ['layer', 'units', 'rank correlation', 'signs'],
      layers.map(({ name, other, units, rankCorrelation, signFlips }) => [
        printable(name === other ? name : `${name} (in B ${other})`),
        right(`${units}`),
        right(correlation(rankCorrelation ?? NaN)),
        right(signFlips === 0 ? '' : `${signFlips}`),
      ]),
    ),
  );
  terminal.out(
    table(
      ['moved most', 'A', 'B', 'difference', 'rank A', 'rank B'],
      result.movers.map((each) => [
        printable(`${each.layer} #${each.unit}`),
        right(plain(each.a)),
        right(plain(each.b)),
        right(`${plain(each.difference)}${each.withinError ? ' ≈' : ''}`),
        right(`${each.rankA}`),
        right(`${each.rankB}`),
      ]),
    ),
  );
  if (result.movers.some(({ withinError }) => withinError)) terminal.out('≈ the difference lies within both errors\n');
  return EXIT.ok;
}
