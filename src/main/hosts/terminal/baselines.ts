/** From the words of `--baseline` to what each group of examples is compared with. */
import { existsSync } from 'node:fs';
import type { BaselineSpec, NumericArray } from '../../../contract/attribution';
import { MADE_FORMS, madeFrom, seemsMade, type MadeBaseline, type MadeKind } from '../../../contract/baselines';
import type { ImageReading, InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import type { Varied } from '../../../contract/model';
import type { DataSource } from '../../../contract/setup';
import { fittingBaseline, madeBaseline, type FittingBaseline, type Pool } from '../../engine/data/baselines';
import type { Cancel } from '../../engine/reading';
import { gathered, selectExamples, sourceFrom, type Group } from './inputs';

type Arrays = Readonly<Record<string, NumericArray>>;

/** Examples of one size, and which of them are asked about. */
export interface Compared {
  readonly ports: readonly InputPort[];
  readonly varied: Varied;
  /** Of those that are asked about. */
  readonly inputs: Arrays;
  /** Their numbers. */
  readonly examples: readonly number[];
  /** Their rows in `group`. */
  readonly rows: readonly number[];
  readonly group: Group;
}

/** A baseline for each group of examples. */
export interface GivenBaseline {
  /** @throws BASELINE_…, EXAMPLES_RANGE */
  readonly of: (compared: Compared) => BaselineSpec;
  /** Entries of files that belong to no input. */
  readonly ignored: readonly string[];
  /** Files that it was read from; null without. */
  readonly source: DataSource | null;
}

/** A word for a baseline that fits the data: `fitting`, `uniform`, `padding`, `padding:2`; null where it is none of these. */
function fittingFrom(word: string): FittingBaseline | null {
  if (word === 'fitting' || word === 'uniform' || word === 'padding') return word;
  const id = /^padding:(\d{1,9})$/.exec(word)?.[1];
  return id === undefined ? null : { padding: Number(id) };
}

/** What one word says without a file; null where it says none of it. @throws USAGE */
function wordedFrom(word: string): GivenBaseline['of'] | null {
  if (word === 'zeros') return () => ({ kind: 'constant', value: 0 });
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return () => ({ kind: 'constant', value: Number(word) });
  const fitting = fittingFrom(word);
  if (fitting) return ({ ports, varied, inputs }) => fittingBaseline(ports, varied, inputs, fitting);
  const made = madeFrom(word);
  if (made) return ({ group, ...compared }) => madeOf(compared, made, { arrays: group.arrays, numbers: group.places });
  if (!seemsMade(word) || word.startsWith(MEAN_OF)) return null;
  const kind = word.startsWith('example') ? 'examples' : (/^\w+/.exec(word)![0] as MadeKind);
  throw new MhoError('USAGE', { reason: `'${word}' is no baseline; it is written ${MADE_FORMS[kind]}` });
}

const madeOf = (
  { ports, varied, inputs, examples }: Pick<Compared, 'ports' | 'varied' | 'inputs' | 'examples'>,
  made: MadeBaseline,
  pool: Pool,
): BaselineSpec => madeBaseline(ports, varied, { inputs, numbers: examples }, made, pool);

/** Before the name of a file whose channels' means are compared with. */
const MEAN_OF = 'mean:';

/**
 * A word (`zeros`, a number, `noise:1*4` …), `mean:` and a file, or files. Of files that differ in size, those are a group's that have its
 * sizes.
 * @throws USAGE, INPUT_…, OPENING_CANCELLED
 */
export async function baselineFrom(
  words: readonly string[],
  ports: readonly InputPort[],
  perExample: boolean,
  reading: Partial<ImageReading> = {},
  cancel: Cancel = {},
): Promise<GivenBaseline> {
  const [only] = words;
  const isFile = existsSync(only!);
  const worded = words.length === 1 && !isFile ? wordedFrom(only!) : null;
  if (worded) return { of: worded, ignored: [], source: null };
  const ofMean = !isFile && only!.startsWith(MEAN_OF);
  const files = ofMean ? [only!.slice(MEAN_OF.length), ...words.slice(1)] : words;
  const { groups, ignored } = await gathered(files, ports, ofMean ? 'input' : 'baseline', reading, cancel);
  const sizes = (arrays: Arrays, names: readonly string[]): string =>
    names.map((name) => arrays[name]?.shape.slice(1).join()).join(' ');
  const of: GivenBaseline['of'] = ({ group: { arrays: all }, rows, ...compared }) => {
    const own = groups.find(({ arrays }) => sizes(arrays, Object.keys(arrays)) === sizes(all, Object.keys(arrays)));
    const { arrays, places } = own ?? groups[0]!;
    if (ofMean) return madeOf(compared, { kind: 'mean', ofFile: true }, { arrays, numbers: places });
    return rowsFor(arrays, perExample, rows, Object.values(all)[0]?.shape[0] ?? 0);
  };
  return { of, ignored, source: sourceFrom(files, reading) };
}

function rowsFor(arrays: Arrays, perExample: boolean, examples: readonly number[], count: number): BaselineSpec {
  if (!perExample) return { kind: 'arrays', arrays };
  const chosen = Object.entries(arrays).map(([name, array]) =>
    array.shape[0] === count && count !== 1 ? selectExamples({ [name]: array }, examples) : { [name]: array },
  );
  const rows = Object.fromEntries(chosen.flatMap((each) => Object.entries(each)));
  return { kind: 'arrays', arrays: rows, perExample };
}
