/** What a graph tells about the values its inputs want: whole numbers of a vocabulary, or pixels from 0 to 255. */
import type { NumericArray } from '../../../contract/attribution';
import type { Doubt, InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { kernelsAfter } from '../graph/kernels';
import { readerOfTexts } from '../graph/ruleless';
import type { Constant, Graph, Node, ValueId } from '../graph/graph';

/** Ops that only move values or name them. */
const MOVES = new Set<Node['op']>(['identity', 'reshape', 'transpose', 'slice', 'pad']);

/** @returns the graph's inputs as the window and the terminal list them, with what was found */
export function inputPorts(graph: Graph): InputPort[] {
  const consumers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes)
    for (const id of new Set(node.inputs)) consumers.set(id, [...(consumers.get(id) ?? []), node]);
  return graph.inputs.map((port) => {
    const { name, value } = port;
    const { shape, dtype } = graph.values[value]!;
    const tables = tablesOf(graph, consumers, value);
    const vocabulary = tables.length > 0 ? Math.min(...tables.map(({ rows }) => rows)) : null;
    const padding = tables.map((table) => table.padding).find((each) => each !== null) ?? graph.padding ?? null;
    const scale = dtype === 'float32' ? firstScale(graph, consumers, value) : null;
    return {
      name,
      shape,
      dtype,
      ...(dtype === 'string' && { reader: readerOfTexts(graph, port) }),
      ...(vocabulary !== null && { vocabulary }),
      ...(vocabulary !== null && padding !== null && padding < vocabulary && { padding }),
      ...(scale && { scale }),
      ...(channelsFirst(graph, port) && { channelsFirst: true }),
      ...(graph.reading && { reading: graph.reading }),
    };
  });
}

/** Whether the first axis of an input of three is its channels: the file holds it so, or the first windows take it so. */
function channelsFirst(graph: Graph, { value }: Graph['inputs'][number]): boolean {
  const layer = graph.layers.find(({ output }) => output === value);
  if (!layer || graph.values[value]!.shape.length !== 3) return false;
  const windows = kernelsAfter(graph, { ...layer, unitAxis: 0 }, 1).some(({ kernel }) => kernel.kind !== 'dense');
  return windows || layer.unitAxis === 0;
}

/** The tables that an input's values are looked up in: their rows, and which of them is padding. */
function tablesOf(
  graph: Graph,
  consumers: ReadonlyMap<ValueId, readonly Node[]>,
  from: ValueId,
): { readonly rows: number; readonly padding: number | null }[] {
  return (consumers.get(from) ?? []).flatMap((node) => {
    if (MOVES.has(node.op)) return tablesOf(graph, consumers, node.output);
    if (node.op !== 'embedding') return [];
    const { shape, constant } = graph.values[node.inputs[1]!]!;
    const { padding } = (node as Node<'embedding'>).attributes;
    return [{ rows: shape[0] ?? Infinity, padding: padding ?? (constant && emptyRow(constant)) }];
  });
}

/** The first row of a table that is 0 throughout: training leaves that of padding as it was made. Null without one. */
function emptyRow({ shape, data }: Constant): number | null {
  const width = shape[1]!;
  for (let row = 0; row < shape[0]!; row++) {
    let at = row * width;
    while (at < (row + 1) * width && data[at] === 0) at++;
    if (width > 0 && at === (row + 1) * width) return row;
  }
  return null;
}

/** The product of constant factors right behind an input: rescaling, normalisation. Null where nothing is scaled. */
function firstScale(
  graph: Graph,
  consumers: ReadonlyMap<ValueId, readonly Node[]>,
  from: ValueId,
): { factor: number; layer: string } | null {
  let factor = 1;
  let layer: string | null = null;
  for (let at = from; ;) {
    const next = consumers.get(at) ?? [];
    const [node] = next;
    if (!node || next.length > 1) break;
    const constants = node.inputs.flatMap((id) => (id === at ? [] : [graph.values[id]!]));
    if (!constants.every(({ constant }) => constant)) break;
    const [first] = constants;
    const size = first ? middle(first.constant!.data) : 1;
    if (node.op === 'affine' || node.op === 'mul') factor *= size;
    else if (node.op === 'div' && node.inputs[0] === at && size !== 0) factor /= size;
    else if (!MOVES.has(node.op) && node.op !== 'add' && node.op !== 'sub') break;
    if (factor !== 1) layer ??= graph.layers.find(({ output }) => output === node.output)?.name ?? node.name;
    at = node.output;
  }
  return layer === null ? null : { factor, layer };
}

/** The middle one by size. */
function middle(data: ArrayLike<number>): number {
  const sizes = Array.from(data, Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length / 2)] ?? 1;
}

/**
 * Whether an input's numbers can be what it wants: finite, whole where they are looked up, within the vocabulary.
 * @returns null when they can
 */
export function valueFault(port: InputPort, { data }: NumericArray): MhoError | null {
  const infinite = data.findIndex((value) => !Number.isFinite(value));
  if (infinite >= 0)
    return new MhoError('INPUT_VALUE', { input: port.name, value: String(data[infinite]), index: infinite });
  const last = port.vocabulary === undefined ? Infinity : port.vocabulary - 1;
  if (port.dtype === 'float32' && port.vocabulary === undefined) return null;
  const low = port.vocabulary === undefined ? -Infinity : 0;
  const index = data.findIndex((value) => !Number.isInteger(value) || value < low || value > last);
  if (index < 0) return null;
  const want = Number.isFinite(last) ? `whole numbers from 0 to ${last}` : 'whole numbers';
  return new MhoError('INPUT_RANGE', { input: port.name, value: data[index]!, index, want });
}

/** What is allowed but looks wrong about the values; null when nothing does. */
export function valueDoubt({ scale, seen }: InputPort, low: number, high: number): Doubt | null {
  if (scale && Math.abs(scale.factor) <= 0.02 && low >= 0 && high <= 1 && high > 0)
    return { low, high, because: { kind: 'scale', ...scale } };
  if (seen && high > seen[1] + 2 * (seen[1] - seen[0]))
    return { low, high, because: { kind: 'own data', low: seen[0], high: seen[1] } };
  return null;
}
