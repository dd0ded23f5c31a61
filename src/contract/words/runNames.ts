/**
 * What runs are called that stand together: each by its method and by what tells it from the others, and by nothing else.
 * `NIG · baseline 0.5`, `NIG · green circle`.
 */
import type { AskedBaseline, RunRecord } from '../studio';
import type { BaselineChoice } from '../attribution';
import { madeWords } from './baselines';
import { count } from './quantities';
import { methodLabel, pathLabel, runLabel, type AnyRun } from './runs';
import { targetName } from './target';

/** As much of a run as its name is made of. */
export interface NamedRun extends Pick<RunRecord, 'name' | 'created'> {
  readonly asked: Pick<RunRecord['asked'], 'dataName' | 'examples' | 'digests' | 'baseline' | 'hold' | 'walk'>;
  readonly result: AnyRun & Pick<RunRecord['result'], 'target' | 'terms' | 'examples' | 'pathStart'>;
}

/** What the names depend on beside the runs themselves. */
export interface Beside<Run> {
  /** Row of the data that is shown; a run which did not take it is called by its own first one. */
  readonly example?: number;
  /** What the values of the open model's output are called. */
  readonly labels?: readonly string[];
  /** Which of the runs are another session's. */
  readonly isGuest?: (run: Run) => boolean;
  /** Of which model each is, where they are of several: what tells it, and what it is called. */
  readonly modelOf?: (run: Run) => { readonly hash: string; readonly title: string };
}

/** Something in which runs differ. */
interface Part {
  readonly text: string;
  /** What tells it from others of the same text; the text itself where nothing does. */
  readonly key: string;
}
const part = (text: string, key = text): Part => ({ text, key });

function chosenWords(chosen: readonly BaselineChoice[]): string {
  const made = chosen.find((each) => each.made);
  if (made) return madeWords(made.made!, made.value);
  const kinds = new Set(chosen.map(({ kind, value }) => (kind === 'padding' ? `padding ${value}` : kind)));
  return [...kinds].join(', ') || 'fitting';
}

function baselinePart(baseline: AskedBaseline): Part {
  if (baseline.kind === 'constant') return part(`baseline ${baseline.value}`);
  if (baseline.kind === 'fitting')
    return part(`baseline ${chosenWords(baseline.chosen)}`, JSON.stringify(baseline.chosen));
  const { rows, perExample, digest } = baseline;
  return part(
    perExample ? 'baselines from a file' : rows === 1 ? 'baseline from a file' : `${rows} references`,
    digest,
  );
}

/** How many examples are told one by one. */
const MOST_EXAMPLES = 3;

function examplesPart({ asked, result }: NamedRun): Part {
  const rows = result.examples.flatMap((place) => asked.examples[place] ?? []);
  const told = rows.length > MOST_EXAMPLES ? count(rows.length, 'example') : `example ${rows.join(', ')}`;
  return part(told, rows.join(','));
}

const heldPart = ({ hold = [], walk = [] }: NamedRun['asked']): Part =>
  part(
    [...hold.map((name) => `${name} held`), ...walk.map((name) => `${name} walked`)].join(', ') || 'inputs as usual',
  );

/** `2026-11-29 14:03:05`, by the clock of the reader. */
function momentOf(created: string): string {
  const at = new Date(created);
  if (Number.isNaN(at.getTime())) return created;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** In what runs may differ beside their method and their data, what tells most about them first. */
const PARTS = {
  model: (run, { modelOf }) => {
    const { hash, title } = modelOf?.(run) ?? { hash: '', title: '' };
    return part(`of ${title}`, hash);
  },
  path: ({ result }) => part(result.adaptive ? pathLabel(result)! : count(result.steps, 'step')),
  baseline: ({ asked }) => baselinePart(asked.baseline),
  target: ({ asked, result }, { example, labels }) => {
    const place = Math.max(0, result.examples.findIndex((at) => asked.examples[at] === example)); // prettier-ignore
    const name = targetName(result, place, labels);
    return part(/^\d+$/.test(name) ? `target ${name}` : name, result.target[place] ?? '');
  },
  examples: examplesPart,
  held: ({ asked }) => heldPart(asked),
  start: ({ result }) => part(result.pathStart === null ? 'from the input' : `from ${result.pathStart}`),
  session: (run, { isGuest }) => part(isGuest?.(run) ? 'other session' : 'this session'),
  made: ({ created }) => part(momentOf(created), created),
} satisfies Readonly<Record<string, <Run extends NamedRun>(run: Run, beside: Beside<Run>) => Part>>;

/** The data of each run; of one name where no example is two different ones, else told apart by which came first. */
function dataParts(runs: readonly NamedRun[]): readonly Part[] {
  const known: { readonly name: string; readonly digests: Map<number, string> }[] = [];
  return runs.map(({ asked: { dataName, examples, digests } }) => {
    const fits = (each: (typeof known)[number]): boolean =>
      each.name === dataName && examples.every((example, at) => [undefined, digests[at]].includes(each.digests.get(example))); // prettier-ignore
    let mine = known.find(fits);
    if (!mine) known.push((mine = { name: dataName, digests: new Map() }));
    for (const [at, example] of examples.entries()) mine.digests.set(example, digests[at]!);
    return part(dataName || 'unnamed data', String(known.indexOf(mine)));
  });
}

/** Sets of so many things, smaller ones first, and of these the ones with earlier things. */
function* subsets(of: number, size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) return yield [];
  for (let first = from; first <= of - size; first++)
    for (const rest of subsets(of, size - 1, first + 1)) yield [first, ...rest];
}

/** A run among others of the same method: what its parts are, as numbers that are the same where the parts are. */
type Differing = readonly number[];

/** The fewest parts by which a run differs from all that it can be told from; the last one where nothing else tells. */
function telling(run: Differing, others: readonly Differing[]): readonly number[] {
  const differ = (other: Differing, parts: readonly number[]): boolean => parts.some((at) => run[at] !== other[at]);
  const all = run.map((_, at) => at);
  const unlike = others.filter((other) => differ(other, all));
  // the last resort is no shorter way
  const most = unlike.every((other) => differ(other, all.slice(0, -1))) ? run.length - 1 : run.length;
  for (let size = 0; size < most; size++)
    for (const parts of subsets(most, size)) if (unlike.every((other) => differ(other, parts))) return parts;
  return all.slice(0, most);
}

function grouped<Each, Key>(all: readonly Each[], keyOf: (each: Each) => Key): ReadonlyMap<Key, Each[]> {
  const groups = new Map<Key, Each[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group) group.push(each);
    else groups.set(keyOf(each), [each]);
  }
  return groups;
}

/** What runs came to differs from run to run: it tells them apart only where they were asked differently. */
function pathFirst(runs: readonly NamedRun[]): boolean {
  const asked = runs.map(({ result: { steps, adaptive } }) => JSON.stringify(adaptive ? adaptive.accuracy : steps));
  return new Set(asked).size > 1;
}

/** Names of runs of one method. */
function namesOf<Run extends NamedRun>(runs: readonly Run[], beside: Beside<Run>): readonly string[] {
  if (runs.length === 1) return [runLabel(runs[0]!)];
  const each = (of: (typeof PARTS)[keyof typeof PARTS]): readonly Part[] => runs.map((run) => of(run, beside));
  const [path, data] = [each(PARTS.path), dataParts(runs)];
  const { model, baseline, target, examples, held, start, session, made } = PARTS;
  const dates = each(made);
  const early = pathFirst(runs);
  const differing = [
    each(model),
    ...(early ? [path] : []),
    ...[baseline, target, examples].map(each),
    data,
    ...[held, start, session].map(each),
    ...(early ? [] : [path]),
    dates,
  ].flatMap((parts) => {
    const keys = [...new Set(parts.map(({ key }) => key))];
    if (keys.length < 2 && parts !== dates) return [];
    const ofText = grouped(parts, ({ text }) => text);
    const words = parts.map(({ text, key }) => {
      const alike = [...new Set(ofText.get(text)!.map((each) => each.key))];
      return alike.length === 1 ? text : `${text} (${alike.indexOf(key) + 1})`;
    });
    return [{ words, numbers: parts.map(({ key }) => keys.indexOf(key)) }];
  });
  const rows = runs.map((_, at) => differing.map(({ numbers }) => numbers[at]!));
  return runs.map((run, at) => {
    const parts = telling(rows[at]!, rows.filter((_, other) => other !== at)); // prettier-ignore
    const words = parts.map((each) => differing[each]!.words[at]!);
    return [methodLabel(run), ...words].join(' · ');
  });
}

/**
 * Names of runs that stand together, in their order: no two are equal, and none says more than it takes to tell its run from
 * the others (how far its path went is said where nothing else is).
 */
export function runNames<Run extends NamedRun>(runs: readonly Run[], beside: Beside<Run> = {}): readonly string[] {
  const names = new Map<Run, string>();
  for (const alike of grouped(runs, methodLabel).values())
    for (const [at, name] of namesOf(alike, beside).entries()) names.set(alike[at]!, name);
  const taken = new Set<string>();
  return runs.map((run) => {
    const name = names.get(run)!;
    let free = name;
    for (let again = 2; taken.has(free); again++) free = `${name} (${again})`;
    taken.add(free);
    return free;
  });
}
