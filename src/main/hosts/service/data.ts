/** Files of numbers, letters and pictures as a model's inputs: reading them, and what a window shows of them. */
import { basename } from 'node:path';
import type { Doubt, HowRead, InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { shapeFault, textsFault } from '../../../contract/refusals';
import { written } from '../../../contract/words/shape';
import type { DataPart, DataSource } from '../../../contract/setup';
import type { ArraySummary, InputData } from '../../../contract/studio';
import type { DataRead } from '../../engine/data';
import { sizesIn } from '../../engine/data/sizes';
import { fits, matched, statistics, type Arrays } from './arrays';
import type { Engine } from './engine';

/** One file, read as is usual. */
export const sourceOf = (path: string): DataSource => ({ parts: [{ paths: [path], input: null }], reading: {} });

/** What a document holds of data that was read. */
export interface ReadSource extends DataRead {
  readonly source: DataSource;
  readonly name: string;
}

/** One file by its name, several by their number. */
const nameOf = ({ parts }: DataSource): string => {
  const paths = parts.flatMap((part) => part.paths);
  const [first] = paths;
  return paths.length === 1 ? basename(first!) : `${basename(first!)} and ${paths.length - 1} more`;
};

/**
 * Reads all parts; a later one for an input replaces what an earlier one gave it.
 * @throws INPUT_…
 */
export async function readSource(
  engine: Pick<Engine, 'readData'>,
  source: DataSource,
  ports: readonly InputPort[],
  signal: AbortSignal,
): Promise<ReadSource> {
  let arrays: Arrays = {};
  const how: HowRead[] = [];
  let reading: DataRead['reading'] = null;
  for (const { paths, input } of source.parts) {
    const port = input === null ? null : ports.find(({ name }) => name === input);
    if (port === undefined)
      throw new MhoError('INPUT_UNKNOWN', {
        input: input!,
        hint: '',
        inputs: ports.map(({ name }) => name).join(', '),
      });
    const read = await engine.readData(paths, port ? [port] : ports, source.reading, { signal });
    arrays = { ...arrays, ...(port ? onlyFor(read.arrays, port, paths[0]!) : read.arrays) };
    how.push(...read.how.map((each) => (port ? { ...each, input: port.name } : each)));
    reading ??= read.reading;
  }
  return { arrays, how, reading, source, name: nameOf(source) };
}

/** What a file holds for one input: the array called so, else its only one. @throws INPUT_FILE */
function onlyFor(arrays: Arrays, { name }: InputPort, path: string): Arrays {
  const entries = Object.keys(arrays);
  const entry = entries.includes(name) ? name : entries.length === 1 ? entries[0]! : null;
  if (entry === null)
    throw new MhoError('INPUT_FILE', {
      path,
      format: 'one array',
      reason: `it holds ${entries.join(', ')}, but no ${name}`,
    });
  return { [name]: arrays[entry]! };
}

/** Parts with one more, which takes the place of what was opened for the same input before. */
export const withPart = ({ parts, reading }: DataSource, part: DataPart): DataSource => ({
  reading,
  parts: [...parts.filter(({ input }) => input === null || input !== part.input), part],
});

/** What keeps arrays from being the model's inputs: one fault at the most for each, expected and found. */
export function inputFaults(
  engine: Pick<Engine, 'valueFault'>,
  arrays: Arrays,
  expected: readonly InputPort[],
): MhoError[] {
  const inputs = matched(arrays, expected);
  const entryOf = new Map([...inputs].map(([entry, input]) => [input, entry]));
  const count = [...inputs.keys()].map((entry) => arrays[entry]!.shape[0] ?? 0)[0];
  return expected.flatMap((port) => {
    const entry = entryOf.get(port.name);
    if (entry === undefined) return [missing(port, expected, arrays)];
    const given = arrays[entry]!;
    const fault =
      fits(given.shape, port) && given.shape[0] === count
        ? engine.valueFault(port, given)
        : shapeFault(port.name, given.shape, [given.shape[0] === count ? null : count!, ...port.shape]);
    return fault ?? [];
  });
}

/** Inputs at the sizes that arrays have where the model leaves them free. */
function boundBy(
  arrays: Arrays,
  inputs: ReadonlyMap<string, string>,
  expected: readonly InputPort[],
): InputData['bound'] {
  const given = Object.fromEntries([...inputs].map(([entry, input]) => [input, arrays[entry]!]));
  return Object.entries(sizesIn(expected, given) ?? {}).map(([name, shape]) => ({ name, shape }));
}

/** Rounding is told where it takes more than this share of the range that values lie in. */
const TOLD = 2 ** -20;

/** What arrays of true classes are called. */
const TRUTH = /^(y|labels?|targets?|class(es)?)(_(true|train|test|val))?$/i;

/** Of each example its true class, where an array that is no input tells. */
function truthIn(arrays: Arrays, inputs: ReadonlyMap<string, string>): Pick<InputData, 'truth'> {
  const [first] = inputs.keys();
  const count = first === undefined ? undefined : arrays[first]!.shape[0];
  const found = Object.entries(arrays).find(
    ([name, { data }]) =>
      !inputs.has(name) &&
      TRUTH.test(name) &&
      data.length === count &&
      data.every((at) => Number.isInteger(at) && at >= 0),
  );
  return found ? { truth: [...found[1].data] } : {};
}

/** Arrays of files against what the model wants. */
export function inputData(
  engine: Pick<Engine, 'valueFault' | 'valueDoubt'>,
  id: string,
  { name, arrays, how, reading, rows }: DataRead & { readonly name: string; readonly rows: readonly number[] | null },
  expected: readonly InputPort[],
): InputData {
  const inputs = matched(arrays, expected);
  const summaries = Object.entries(arrays).map(([array, each]): ArraySummary => ({
    name: array,
    shape: each.shape,
    ...statistics(each),
    input: inputs.get(array) ?? null,
  }));
  const taken = summaries.filter(({ input }) => input !== null);
  return {
    data: id,
    name,
    examples: Math.min(...(taken.length > 0 ? taken : summaries).map(({ shape }) => shape[0] ?? 0)),
    arrays: summaries,
    faults: inputFaults(engine, arrays, expected).map(({ fault }) => fault),
    expected,
    bound: boundBy(arrays, inputs, expected),
    rows,
    how,
    reading,
    ...truthIn(arrays, inputs),
    doubts: taken.flatMap(({ name, input, min, max }): Doubt[] => {
      if (min === null || max === null) return [];
      const port = expected.find((each) => each.name === input)!;
      const by = arrays[name]!.lost?.reduce((most, each) => Math.max(most, Math.abs(each)), 0) ?? 0;
      const digits: Doubt[] = by > TOLD * (max - min) ? [{ low: min, high: max, because: { kind: 'digits', by } }] : [];
      const doubt = engine.valueDoubt(port, min, max);
      return doubt ? [...digits, doubt] : digits;
    }),
  };
}

function missing(port: InputPort, expected: readonly InputPort[], arrays: Arrays): MhoError {
  if (port.reader !== undefined) return textsFault(port.name, port.reader);
  const [only, other] = Object.values(arrays);
  if (only && !other && expected.length === 1) return shapeFault(port.name, only.shape, [null, ...port.shape]);
  const names = expected.map((each) => each.name).join(', ');
  const found = Object.entries(arrays).map(([name, { shape }]) => `${name} ${written(shape)}`);
  return new MhoError('INPUT_MISSING', { input: port.name, inputs: `${names}; the file has ${found.join(', ')}` });
}
