/** From what the engine gives to what a window shows. */
import { buf as crc32 } from 'crc-32';
import type { BaselineSpec, NumericArray, RunResult } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { Question } from '../../../contract/session';
import type { InputPort } from '../../../contract/data';
import type { PortSummary } from '../../../contract/model';
import type { ArraySummary, AskedBaseline, InputData, OpenedModel, RunRecord } from '../../../contract/studio';
import { valueDoubt, valueFault } from '../../engine/data/ports';
import type { DataRead } from '../../engine/data';
import { opSupport, pathStarts } from '../../engine/graph/support';
import type { Graph } from '../../engine/graph/graph';

/** A run as the service holds it. */
export interface StoredRun {
  readonly id: string;
  readonly result: RunResult;
  readonly question: Question;
  readonly model: string;
  /** Given by the user; null where nobody did. */
  name: string | null;
  note: string;
  readonly created: string;
  readonly job: string;
  readonly trace: RunRecord['trace'];
}

const checksum = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  (crc32(new Uint8Array(buffer, byteOffset, byteLength)) >>> 0).toString(16);

const inOrder = (arrays: Arrays): readonly NumericArray[] =>
  Object.entries(arrays)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, array]) => array);

/** Checksums of each example's inputs, and of the baseline. */
interface Digests {
  readonly examples: readonly string[];
  readonly baseline: AskedBaseline;
}

const baselineOf = (baseline: BaselineSpec): AskedBaseline => {
  if (baseline.kind === 'constant') return baseline;
  const arrays = inOrder(baseline.arrays);
  return {
    kind: 'arrays',
    rows: arrays[0]?.shape[0] ?? 0,
    perExample: baseline.perExample === true,
    digest: arrays.map(({ data }) => checksum(data)).join('-'),
  };
};

/** Worked out once per question. */
const digestsOf = (question: Question): Digests => {
  const known = digests.get(question);
  if (known) return known;
  const inputs = inOrder(question.inputs);
  const made: Digests = {
    examples: question.examples.map((_, at) =>
      inputs
        .map(({ shape, data }) => {
          const size = data.length / shape[0]!;
          return checksum(data.subarray(at * size, (at + 1) * size));
        })
        .join('-'),
    ),
    baseline: baselineOf(question.baseline),
  };
  digests.set(question, made);
  return made;
};
const digests = new WeakMap<Question, Digests>();

export const recordOf = ({ id, result, question, model, name, note, created, job, trace }: StoredRun): RunRecord => {
  const { layers, ...rest } = result;
  return {
    run: id,
    name,
    note,
    created,
    job,
    model,
    trace,
    asked: {
      dataName: question.source ?? '',
      examples: question.examples,
      digests: digestsOf(question).examples,
      baseline: digestsOf(question).baseline,
      target: question.target as RunRecord['asked']['target'],
      minus: question.minus as RunRecord['asked']['minus'],
    },
    result: rest,
    layers: layers.map(({ contributions: _contributions, spread: _spread, ...layer }) => layer),
  };
};

/** What is before each output: the activation that a default target steps over. */
export const openedModel = (
  {
    graph,
    summary,
    sample,
    labels,
    beside,
  }: { readonly graph: Graph } & Pick<OpenedModel, 'summary' | 'sample' | 'labels' | 'beside'>,
  data: InputData | null,
): OpenedModel => {
  const kinds = new Map<string, string[]>();
  for (const { name, unsupported } of summary.layers)
    for (const kind of new Set(unsupported)) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  const final = (value: number): 'softmax' | 'sigmoid' | null => {
    const op = graph.nodes.find((node) => node.output === value)?.op;
    return op === 'softmax' || op === 'sigmoid' ? op : null;
  };
  return {
    summary,
    unsupported: [...kinds].map(([kind, layers]) => ({ kind, layers })),
    ops: opSupport(graph),
    starts: pathStarts(graph),
    beside,
    finalActivation: Object.fromEntries(graph.outputs.map(({ name, value }) => [name, final(value)])),
    sample,
    labels,
    data,
  };
};

export type Arrays = Readonly<Record<string, NumericArray>>;

const fits = (shape: readonly number[], port: PortSummary): boolean =>
  shape.length === port.shape.length + 1 && port.shape.every((size, axis) => size === null || size === shape[axis + 1]);

/** Which array is which input: by name; else, where the counts agree, in order. */
export function matched(arrays: Arrays, inputs: readonly PortSummary[]): ReadonlyMap<string, string> {
  const names = Object.keys(arrays);
  const byName = inputs.filter(({ name }) => names.includes(name)).map(({ name }) => [name, name] as const);
  if (byName.length === inputs.length) return new Map(byName);
  const numbered = inputs.map(({ name }, place) => [`input_${place}`, name] as const);
  if (numbered.every(([entry]) => names.includes(entry))) return new Map(numbered);
  if (byName.length > 0 && inputs.length > 1) return new Map(byName);
  const usable =
    inputs.length === 1 ? names.filter((name) => fits(arrays[name]!.shape, inputs[0]!)).slice(0, 1) : names;
  const order = usable.length === inputs.length ? usable : names.length === inputs.length ? names : [];
  return new Map(order.map((name, place) => [name, inputs[place]!.name]));
}

const shown = (shape: readonly (number | null)[]): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;

export function statistics({ data }: NumericArray): Pick<ArraySummary, 'min' | 'max' | 'mean' | 'notFinite'> {
  let [min, max, sum, finite] = [Infinity, -Infinity, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const none = finite === 0;
  return {
    min: none ? null : min,
    max: none ? null : max,
    mean: none ? null : sum / finite,
    notFinite: data.length - finite,
  };
}

/** What keeps arrays from being the model's inputs: one fault at the most for each, expected and found. */
export function inputFaults(arrays: Arrays, expected: readonly InputPort[]): MhoError[] {
  const inputs = matched(arrays, expected);
  const entryOf = new Map([...inputs].map(([entry, input]) => [input, entry]));
  const count = [...inputs.keys()].map((entry) => arrays[entry]!.shape[0] ?? 0)[0];
  return expected.flatMap((port) => {
    const entry = entryOf.get(port.name);
    if (entry === undefined) return [missing(port, expected, arrays)];
    const given = arrays[entry]!;
    const fault =
      fits(given.shape, port) && given.shape[0] === count
        ? valueFault(port, given)
        : new MhoError('INPUT_SHAPE', {
            input: port.name,
            have: shown(given.shape),
            want: shown([given.shape[0] === count ? null : count!, ...port.shape]),
          });
    return fault ?? [];
  });
}

/** Arrays of files against what the model wants. */
export function inputData(
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
    faults: inputFaults(arrays, expected).map(({ fault }) => fault),
    expected,
    rows,
    how,
    reading,
    doubts: taken.flatMap(({ input, min, max }) => {
      const port = expected.find((each) => each.name === input)!;
      return (min === null ? null : valueDoubt(port, min, max!)) ?? [];
    }),
  };
}

function missing(port: InputPort, expected: readonly InputPort[], arrays: Arrays): MhoError {
  const [only, other] = Object.values(arrays);
  if (only && !other && expected.length === 1) {
    const details = { input: port.name, have: shown(only.shape), want: shown([null, ...port.shape]) };
    return new MhoError('INPUT_SHAPE', details);
  }
  const names = expected.map((each) => each.name).join(', ');
  const found = Object.entries(arrays).map(([name, { shape }]) => `${name} ${shown(shape)}`);
  return new MhoError('INPUT_MISSING', { input: port.name, inputs: `${names}; the file has ${found.join(', ')}` });
}

/** Rows of an array. @throws EXAMPLES_RANGE */
export function rowsOf(array: NumericArray, examples: readonly number[]): NumericArray {
  const count = array.shape[0] ?? 0;
  const outside = examples.find((example) => example >= count);
  if (outside !== undefined) throw new MhoError('EXAMPLES_RANGE', { range: String(outside), count, last: count - 1 });
  const size = count === 0 ? 0 : array.data.length / count;
  const data = new Float32Array(examples.length * size);
  examples.forEach((example, place) =>
    data.set(array.data.subarray(example * size, (example + 1) * size), place * size),
  );
  return { shape: [examples.length, ...array.shape.slice(1)], data };
}

/** Places of rows that go by numbers of their own. @throws EXAMPLES_RANGE */
export function placesOf(examples: readonly number[], rows: readonly number[] | null): readonly number[] {
  if (rows === null) return examples;
  return examples.map((example) => {
    const place = rows.indexOf(example);
    if (place < 0)
      throw new MhoError('EXAMPLES_RANGE', { range: String(example), count: rows.length, last: Math.max(...rows) });
    return place;
  });
}

/** Whether a file's arrays hold exactly these rows for the model's inputs. */
export function holds(
  arrays: Arrays,
  examples: readonly number[],
  inputs: Arrays,
  expected: readonly PortSummary[],
): boolean {
  const names = matched(arrays, expected);
  if (names.size !== Object.keys(inputs).length) return false;
  return [...names].every(([name, input]) => {
    const array = arrays[name]!;
    const wanted = inputs[input];
    if (!wanted || examples.some((example) => example >= (array.shape[0] ?? 0))) return false;
    const found = rowsOf(array, examples);
    return (
      found.shape.join() === wanted.shape.join() && found.data.every((value, at) => Object.is(value, wanted.data[at]))
    );
  });
}
