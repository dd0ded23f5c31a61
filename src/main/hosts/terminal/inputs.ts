/** From the words of a command line to arrays, targets and baselines. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NumericArray, TargetSpec } from '../../../contract/attribution';
import type { HowRead, ImageReading, InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import type { PortSummary } from '../../../contract/model';
import type { DataPart, DataSource } from '../../../contract/setup';
import { counted, readData, together } from '../../engine/data';
import { valueFault } from '../../engine/data/ports';
import { pick } from '../../engine/data/precision';
import { fits } from '../service/arrays';
import { nearest } from '../../engine/graph/target';
import type { Cancel } from '../../engine/reading';

type Arrays = Record<string, NumericArray>;

/** Examples of the same sizes. */
export interface Group {
  readonly arrays: Arrays;
  /** Which they are, counted through everything that was given. */
  readonly places: readonly number[];
}

export interface Gathered {
  /** In the order of their first examples; several where files differ in a size that the model leaves free. */
  readonly groups: readonly Group[];
  /** Examples of all of them. */
  readonly count: number;
  /** Names of entries that belong to no input. */
  readonly ignored: readonly string[];
  /** What was done to tables and pictures. */
  readonly how: readonly HowRead[];
}

/**
 * Arrays for the model's inputs, from `FILE` and `NAME=FILE` words. The entries of a file go to inputs by name, by the
 * names `input_0`, `input_1` … (for baselines `baseline_0` …), else in order. Further pictures and tables of an input are
 * further examples, and so are arrays where every input has one already. Those of other sizes, where the model leaves these free, are a
 * group of their own.
 * @param reading how pictures are read, where it was said
 * @throws INPUT_…, OPENING_CANCELLED
 */
export async function gathered(
  words: readonly string[],
  ports: readonly InputPort[],
  kind: 'input' | 'baseline',
  reading: Partial<ImageReading> = {},
  cancel: Cancel = {},
): Promise<Gathered> {
  const found = new Map<string, NumericArray[]>();
  const ignored: string[] = [];
  const how: HowRead[] = [];
  const add = (name: string, array: NumericArray): unknown => found.set(name, [...(found.get(name) ?? []), array]);
  for (const word of words) {
    const named = existsSync(word) ? null : /^([^=]+)=(.+)$/s.exec(word);
    const path = named ? named[2]! : word;
    const port = named && ports.find(({ name }) => name === named[1]);
    const read = await readData([path], port ? [port] : ports, reading, cancel);
    how.push(...read.how);
    const entries = Object.entries(read.arrays);
    if (named) {
      const name = named[1]!;
      if (!port)
        throw new MhoError('INPUT_UNKNOWN', { input: name, hint: nearest(name, ports), inputs: listed(ports) });
      const [, array] = entries.find(([entry]) => entry === name) ?? entries[0]!;
      if (entries.length > 1 && !entries.some(([entry]) => entry === name)) {
        const reason = `it holds ${entries.map(([entry]) => entry).join(', ')}, but no ${name}`;
        throw new MhoError('INPUT_FILE', { path, format: 'one array', reason });
      }
      add(name, array);
    } else if (read.how.length > 0) for (const [name, array] of entries) add(name, array);
    else {
      const filled = Math.min(...ports.map(({ name }) => found.get(name)?.length ?? 0));
      const open = ports.filter(({ name }) => (found.get(name)?.length ?? 0) === filled);
      const assigned = assign(entries, ports, open, kind);
      for (const [entry, array] of entries) {
        const name = assigned.get(entry);
        if (name) add(name, array);
        else ignored.push(entry);
      }
    }
  }
  const groups = grouped(found, ports);
  for (const { arrays } of groups)
    for (const port of ports) {
      const fault = Object.hasOwn(arrays, port.name) ? valueFault(port, arrays[port.name]!) : null;
      if (fault) throw fault;
    }
  return { groups, count: groups.reduce((sum, { places }) => sum + places.length, 0), ignored, how: counted(how) };
}

/** The files that words name, as sessions tell them: those of one input apart, all others together in their order. */
export function sourceFrom(words: readonly string[], reading: Partial<ImageReading>): DataSource {
  const parts: DataPart[] = [];
  for (const word of words) {
    const [, input = null, path = word] = existsSync(word) ? [] : (/^([^=]+)=(.+)$/s.exec(word) ?? []);
    const last = parts.at(-1);
    if (last?.input === input) last.paths.push(resolve(path));
    else parts.push({ paths: [resolve(path)], input });
  }
  return { parts, reading };
}

/** Parts of inputs that have the same sizes together. @throws INPUT_SHAPE where the model does not leave these free */
function grouped(found: ReadonlyMap<string, readonly NumericArray[]>, ports: readonly InputPort[]): readonly Group[] {
  const names = [...found.keys()];
  const parts = [...found.values()];
  const sizes = (array: NumericArray): string => array.shape.slice(1).join();
  const whole = (arrays: Arrays): Group => ({ arrays, places: range(Object.values(arrays)[0]?.shape[0] ?? 0) });
  const alike = parts.every((list) => list.every((each) => sizes(each) === sizes(list[0]!)));
  const fitting = [...found].every(([name, list]) => {
    const port = ports.find((each) => each.name === name)!;
    return list.every(({ shape }) => fits(shape, port));
  });
  const count = parts[0]?.length ?? 0;
  if (alike || !fitting || parts.some(({ length }) => length !== count))
    return [whole(Object.fromEntries([...found].map(([name, list]) => [name, together(name, list)])))];
  const groups = new Map<string, { at: number[]; places: number[] }>();
  let place = 0;
  for (let at = 0; at < count; at++) {
    const key = parts.map((list) => sizes(list[at]!)).join(' ');
    const group = groups.get(key) ?? { at: [], places: [] };
    groups.set(key, group);
    group.at.push(at);
    for (let rows = parts[0]![at]!.shape[0]!; rows > 0; rows--) group.places.push(place++);
  }
  return [...groups.values()].map(({ at, places }) => ({
    arrays: Object.fromEntries(names.map((name, i) => [name, together(name, at.map((each) => parts[i]![each]!))])), // prettier-ignore
    places,
  }));
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

const range = (count: number): number[] => Array.from({ length: count }, (_, example) => example);

/** `0-3` or `0,2,5`. @throws EXAMPLES_RANGE */
export function exampleList(text: string | undefined, count: number): number[] {
  if (text === undefined) return range(count);
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
    Object.entries(arrays).map(([name, array]) => {
      // Where examples are missing the engine says so, with the shapes.
      const missing = examples.some((example) => example >= (array.shape[0] ?? 0));
      return [name, missing ? array : pick(array, examples)];
    }),
  );
}

/**
 * `NAME`, `NAME:INDEX`, `NAME:1,2`, `NAME:argmax`, or an index of the first output. A layer whose own name ends in
 * `:2` (the second call of a shared one) is taken by that name.
 */
export function targetFrom(
  text: string | undefined,
  model: { readonly outputs: readonly { name: string }[]; readonly layers: readonly { name: string }[] },
  afterActivation: boolean,
): TargetSpec {
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
