/** From the words of a command line to arrays, targets and baselines. */
import { existsSync } from 'node:fs';
import type { BaselineSpec, NumericArray, TargetSpec } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { ModelSummary, PortSummary } from '../../../contract/model';
import { readArrays } from '../../engine/data';
import { nearest } from '../../engine/graph/target';

type Arrays = Record<string, NumericArray>;

/**
 * Arrays for the model's inputs, from `FILE` and `NAME=FILE` words. The entries of a file go to inputs by name, by the
 * names `input_0`, `input_1` … (for baselines `baseline_0` …), else in order.
 * @returns the arrays, and names of entries that belong to no input
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_UNKNOWN
 */
export async function gatherArrays(
  words: readonly string[],
  ports: readonly PortSummary[],
  kind: 'input' | 'baseline',
): Promise<{ arrays: Arrays; ignored: string[] }> {
  const found = new Map<string, NumericArray>();
  const ignored: string[] = [];
  for (const word of words) {
    const named = existsSync(word) ? null : /^([^=]+)=(.+)$/s.exec(word);
    const path = named ? named[2]! : word;
    const entries = Object.entries(await readArrays(path));
    if (named) {
      const name = named[1]!;
      if (!ports.some((port) => port.name === name))
        throw new MhoError('INPUT_UNKNOWN', { input: name, hint: nearest(name, ports), inputs: listed(ports) });
      const [, array] = entries.find(([entry]) => entry === name) ?? entries[0]!;
      if (entries.length > 1 && !entries.some(([entry]) => entry === name)) {
        const reason = `it holds ${entries.map(([entry]) => entry).join(', ')}, but no ${name}`;
        throw new MhoError('INPUT_FILE', { path, format: 'one array', reason });
      }
      found.set(name, array);
      continue;
    }
    const open = ports.filter((port) => !found.has(port.name));
    const assigned = assign(entries, ports, open, kind);
    for (const [entry, array] of entries) {
      const port = assigned.get(entry);
      if (port) found.set(port, array);
      else ignored.push(entry);
    }
  }
  return { arrays: Object.fromEntries(found), ignored };
}

const listed = (ports: readonly PortSummary[]): string => ports.map(({ name }) => name).join(', ');

/** @param open the inputs that no file has filled yet. @returns entry → input */
function assign(
  entries: readonly (readonly [string, NumericArray])[],
  ports: readonly PortSummary[],
  open: readonly PortSummary[],
  kind: string,
): ReadonlyMap<string, string> {
  const names = new Set(entries.map(([entry]) => entry));
  const byName = ports.filter(({ name }) => names.has(name));
  if (byName.length > 0) return new Map(byName.map(({ name }) => [name, name]));
  const numbered = ports.map(({ name }, place) => [`${kind}_${place}`, name] as const);
  if (numbered.every(([entry]) => names.has(entry))) return new Map(numbered);
  return new Map(open.slice(0, entries.length).map(({ name }, place) => [entries[place]![0], name]));
}

/** `0-3` or `0,2,5`. @throws EXAMPLES_RANGE */
export function exampleList(text: string | undefined, count: number): number[] {
  if (text === undefined) return Array.from({ length: count }, (_, example) => example);
  const outside = (): MhoError => new MhoError('EXAMPLES_RANGE', { range: text, count, last: count - 1 });
  const examples = text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number) as [number, number?];
    if (first > last || last >= count) throw outside();
    return Array.from({ length: last - first + 1 }, (_, place) => first + place);
  });
  return [...new Set(examples)];
}

/** Examples of every array. */
export function selectExamples(arrays: Readonly<Arrays>, examples: readonly number[]): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => {
      const count = shape[0] ?? 0;
      // Where examples are missing the engine says so, with the shapes.
      if (examples.some((example) => example >= count)) return [name, { shape, data }];
      const size = data.length / count;
      const chosen = new Float32Array(examples.length * size);
      examples.forEach((example, place) =>
        chosen.set(data.subarray(example * size, (example + 1) * size), place * size),
      );
      return [name, { shape: [examples.length, ...shape.slice(1)], data: chosen }];
    }),
  );
}

/**
 * `zeros`, a number, or files.
 * @param examples which of the inputs' `count` examples were chosen: baselines that are given for all are chosen alike
 */
export async function baselineFrom(
  words: readonly string[],
  ports: readonly PortSummary[],
  perExample: boolean,
  examples: readonly number[],
  count: number,
): Promise<{ baseline: BaselineSpec; ignored: string[] }> {
  const [only] = words;
  if (words.length === 1 && only === 'zeros') return { baseline: { kind: 'constant', value: 0 }, ignored: [] };
  if (words.length === 1 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(only!) && !existsSync(only!))
    return { baseline: { kind: 'constant', value: Number(only) }, ignored: [] };
  const { arrays, ignored } = await gatherArrays(words, ports, 'baseline');
  if (!perExample) return { baseline: { kind: 'arrays', arrays }, ignored };
  const chosen = Object.entries(arrays).map(([name, array]) =>
    array.shape[0] === count && count !== 1 ? selectExamples({ [name]: array }, examples) : { [name]: array },
  );
  return { baseline: { kind: 'arrays', arrays: Object.assign({}, ...chosen) as Arrays, perExample }, ignored };
}

/**
 * `NAME`, `NAME:INDEX`, `NAME:1,2`, `NAME:argmax`, or an index of the first output. A layer whose own name ends in
 * `:2` (the second call of a shared one) is taken by that name.
 */
export function targetFrom(text: string | undefined, model: ModelSummary, afterActivation: boolean): TargetSpec {
  const after = afterActivation ? { afterActivation } : {};
  if (text === undefined) return { index: 'argmax', ...after };
  const names = new Set([...model.outputs, ...model.layers].map(({ name }) => name));
  if (names.has(text)) return { layer: text, index: 'argmax', ...after };
  const parts = /^(?:(.*):)?(argmax|\d+(?:,\d+)*)$/s.exec(text);
  if (!parts) return { layer: text, index: 'argmax', ...after }; // the engine says which names there are
  const layer = parts[1] ? { layer: parts[1] } : {};
  if (parts[2] === 'argmax') return { ...layer, index: 'argmax', ...after };
  const places = parts[2]!.split(',').map(Number);
  return { ...layer, index: places.length === 1 ? places[0]! : places, ...after };
}
