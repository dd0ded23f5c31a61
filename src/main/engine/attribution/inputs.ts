/** The inputs and baselines of a request: checked against the model, and laid out in pairs of the two. */
import type { AttributionRequest, NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { shapeFault, textsFault } from '../../../contract/refusals';
import { written } from '../../../contract/words/shape';
import { pick } from '../data/precision';
import { sizeOf, type Graph, type Node, type Shape, type ValueId } from '../graph/graph';
import { layersOfNodes } from '../graph/layers';
import { factsOf } from '../graph/ops';
import { readerOfTexts } from '../graph/ruleless';
import { nearest } from '../graph/target';

const fits = (have: readonly number[], want: Shape): boolean =>
  have.length === want.length && want.every((size, axis) => size === null || size === have[axis]);

const listed = (graph: Graph): string => graph.inputs.map(({ name }) => name).join(', ');
/** An entry by a name that a file chose: it may be that of something every object has. */
export const ownOf = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** @throws INPUT_UNKNOWN for an array that belongs to no input of the model */
function checkNames(graph: Graph, arrays: Readonly<Record<string, NumericArray>>): void {
  for (const name of Object.keys(arrays))
    if (!graph.inputs.some((port) => port.name === name))
      throw new MhoError('INPUT_UNKNOWN', { input: name, hint: nearest(name, graph.inputs), inputs: listed(graph) });
}

/** Every input of the model, checked. @returns examples. @throws INPUT_… */
export function checkInputs(graph: Graph, inputs: AttributionRequest['inputs']): number {
  checkNames(graph, inputs);
  let examples: number | null = null;
  for (const port of graph.inputs) {
    const { name, value } = port;
    const given = ownOf(inputs, name);
    if (!given && graph.values[value]!.dtype === 'string') throw textsFault(name, readerOfTexts(graph, port));
    if (!given) throw new MhoError('INPUT_MISSING', { input: name, inputs: listed(graph) });
    const want: Shape = [examples, ...graph.values[value]!.shape];
    if (!fits(given.shape, want) || sizeOf(given.shape) !== given.data.length || given.data.length === 0)
      throw shapeFault(name, given.shape, want);
    checkFinite(name, given);
    checkWhole(graph, port, given);
    examples = given.shape[0]!;
  }
  return examples ?? 1;
}

function checkFinite(name: string, array: NumericArray): void {
  const { data } = array;
  for (let index = 0; index < data.length; index++)
    if (!Number.isFinite(data[index]!))
      throw new MhoError('INPUT_VALUE', { input: name, value: String(data[index]), index });
}

/** Up to here float32 tells all whole numbers apart. */
const LARGEST_WHOLE = 2 ** 24;

/**
 * Whether a node asks which whole number a value is. A comparison with smaller numbers does not: what is rounded beyond them equals
 * none of them before and after (the value of a Masking, a list of small numbers).
 */
function tells({ op, inputs }: Node, { values }: Graph): boolean {
  if (op !== 'equal') return op === 'hash' || op === 'embedding' || op === 'floor';
  const [known] = inputs.flatMap((id) => values[id]!.constant ?? []);
  return !known || known.data.some((each) => Math.abs(each) >= LARGEST_WHOLE);
}

/** The layer that tells an input's whole numbers apart; null where none does. */
function tellingLayer(graph: Graph, value: ValueId): string | null {
  const whole = graph.values[value]!.dtype === 'int32';
  const same = new Set([value]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((id) => same.has(id))) continue;
    if (tells(node, graph)) return layersOfNodes(graph)(node)?.name ?? node.name;
    // A whole number's quotient, rounded down, tells what is left of the division.
    if (factsOf(node.op).passing === 'moved' || (node.op === 'div' && whole)) same.add(node.output);
  }
  return null;
}

/** Differences of large numbers are taken before they are rounded (recentred.ts); which number it is cannot be. @throws INPUT_WHOLE */
function checkWhole(graph: Graph, { name, value }: Graph['inputs'][number], { data, lost }: NumericArray): void {
  const index = lost?.findIndex((rest, at) => rest !== 0 && Math.abs(data[at]!) >= LARGEST_WHOLE) ?? -1;
  const layer = index < 0 ? null : tellingLayer(graph, value);
  if (layer === null) return;
  const near = data[index]!;
  throw new MhoError('INPUT_WHOLE', {
    input: name,
    value: String(near + lost![index]!),
    index,
    near: String(near),
    layer,
  });
}
/** Per model input the baseline of every pair: [pairs, …], pair = example · references + reference. */
export interface Baselines {
  readonly references: number;
  /** Inputs that are left out take the constant, or are held. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** In the space where the path starts. */
  readonly constant: number;
}

/**
 * The baselines of a request whose inputs are checked.
 * @param held inputs that stay as they are: what is given for them is not used, and need not be given
 * @throws INPUT_UNKNOWN, BASELINE_SHAPE, INPUT_VALUE
 */
export function layBaselines(
  graph: Graph,
  request: Pick<AttributionRequest, 'inputs' | 'baseline'>,
  examples: number,
  held: ReadonlySet<string>,
): Baselines {
  const { baseline } = request;
  if (baseline.kind === 'constant') return { references: 1, arrays: {}, constant: baseline.value };
  checkNames(graph, baseline.arrays);
  const used = new Map<string, NumericArray>();
  for (const { name, value } of graph.inputs) {
    const given = ownOf(baseline.arrays, name);
    if (held.has(name) || (!given && baseline.rest !== undefined)) continue;
    const input = request.inputs[name]!;
    const want: Shape = [null, ...input.shape.slice(1)];
    if (!given || !fits(given.shape, want) || sizeOf(given.shape) !== given.data.length || given.data.length === 0)
      throw new MhoError('BASELINE_SHAPE', {
        input: name,
        have: given ? written(given.shape) : 'none',
        want: written([null, ...graph.values[value]!.shape]),
      });
    checkFinite(name, given);
    checkWhole(graph, { name, value }, given);
    used.set(name, given);
  }
  const counts = new Set([...used.values()].map(({ shape }) => shape[0]!));
  const most = Math.max(1, ...counts);
  const perExample = baseline.perExample === true;
  const each = perExample && most > 1 ? (baseline.references ?? 1) : 1;
  if (
    [...counts].some((count) => count !== most && count !== 1) ||
    (perExample && most !== 1 && most !== examples * each)
  )
    throw new MhoError('BASELINE_SHAPE', {
      input: [...used.keys()].join(', '),
      have: `${[...counts].join(' and ')} rows`,
      want: perExample ? `1 or ${examples * each} rows` : 'the same number of references for each',
    });
  const references = perExample ? each : most;
  const arrays = Object.fromEntries(
    [...used].map(([name, array]) => {
      const rows = array.shape[0]!;
      return [
        name,
        pick(
          array,
          pairsOf(examples, references, (e, r) => (rows === 1 ? 0 : perExample ? e * each + r : r)),
        ),
      ];
    }),
  );
  return { references, arrays, constant: baseline.rest ?? 0 };
}

/** Per pair a row of what is there per example or per reference. */
export const pairsOf = (examples: number, references: number, row: (e: number, r: number) => number): number[] =>
  Array.from({ length: examples * references }, (_, pair) => row(Math.floor(pair / references), pair % references));

/** Rows of one example, averaged over its references: [examples · references, …] → [examples, …]. */
export function overReferences({ shape, data }: NumericArray, references: number): NumericArray {
  if (references === 1) return { shape, data };
  const examples = shape[0]! / references;
  const size = data.length / shape[0]!;
  const mean = new Float32Array(examples * size);
  for (let pair = 0; pair < examples * references; pair++)
    for (let place = 0; place < size; place++)
      mean[Math.floor(pair / references) * size + place]! += data[pair * size + place]! / references;
  return { shape: [examples, ...shape.slice(1)], data: mean };
}
