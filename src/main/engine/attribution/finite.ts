/**
 * Where a number that is none first arises. Runs look at their sums, which are read back anyway; only where one is not finite is
 * the example evaluated again, node by node, at its input, at its baseline and at points between, and then walked back. An
 * infinity that stands at the same place all along the path is a neutral element (a mask, the padding of a maximum), no fault.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Method, RunResult } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { sizeOf, type Graph, type Node, type ValueId } from '../graph/graph';
import { layersOfNodes } from '../graph/layers';
import { prune } from '../graph/prune';
import { PEAK_PER_KEPT } from './chunks';
import { forward } from './forward';
import { markTensor, seedsAt, type Lines } from './path';
import type { Plan } from './plan';
import type { Prepared } from './request';
import type { Room } from './room';
import { sweepStages } from './staged';
import type { Nonlinearity, SumKind } from './chunk';
import { gradientWalk, multiplierWalk, partsWalk } from './walk';
import type { Weights } from './weights';

/** Nodes to be evaluated, from their starts on. */
interface Stretch {
  readonly nodes: readonly Node[];
  readonly weights: Weights;
  readonly lines: Lines;
}

/** An example, among its request's. */
interface Example {
  readonly example: number;
  /** What the data call the examples; absent: 0, 1, 2, … */
  readonly exampleNumbers: readonly number[] | undefined;
}

/** An example something of which is not a number, or does not add up. */
export interface Suspect extends Example {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly prepared: Pick<Prepared, 'lines' | 'seeds' | 'origin' | 'references'>;
  readonly room: Room;
}

/** What was summed, and along which points. */
export interface Summed {
  readonly method: Method;
  readonly kind: SumKind;
  /** 0 = α_0 < … < α_n = 1 */
  readonly alphas: ArrayLike<number>;
  readonly nonlinearity: Nonlinearity;
}

interface Suspected {
  /** Among the result's examples. */
  readonly place: number;
  readonly why: 'not finite' | 'apart';
}

/** How far sums that are exact by their rule may be from the difference of F: far beyond what float32 rounds. */
const APART = 0.01;

/**
 * Examples of a result that are to be looked at: something of them is not finite; or an activation may be infinite at one end of the
 * path, since something is at an end, or sums, `exact` by the method's rule, are apart from the difference of F.
 * @param unbounded whether something of an example, by its place, is not finite at an end
 */
export function suspectsOf(
  { atInput, atBaseline, delta, layers }: Pick<RunResult, 'atInput' | 'atBaseline' | 'delta' | 'layers'>,
  exact: boolean,
  unbounded: (place: number) => boolean,
): readonly Suspected[] {
  return Array.from(delta).flatMap((difference, place): Suspected[] => {
    // A sum over magnitudes is finite where each of them is.
    const finite =
      Number.isFinite(difference) &&
      layers.every(
        ({ neuronsTotal, error, spread, contributions }) =>
          Number.isFinite(neuronsTotal[place]) &&
          Number.isFinite(error?.[place] ?? 0) &&
          (!spread || magnitudeAt(spread, place, contributions.length / delta.length) < Infinity),
      );
    if (!finite) return [{ place, why: 'not finite' }];
    const scale = Math.abs(atInput[place]!) + Math.abs(atBaseline[place]!);
    const apart =
      exact &&
      (unbounded(place) ||
        layers.some(
          ({ residual, neuronsTotal }) =>
            residual && Math.abs(residual[place]!) > APART * (scale + neuronsTotal[place]!),
        ));
    return apart ? [{ place, why: 'apart' }] : [];
  });
}

/** Σ|·| over one example's row; NaN where one of them is. */
function magnitudeAt(values: Float32Array, place: number, size: number): number {
  let total = 0;
  for (let at = place * size; at < (place + 1) * size; at++) total += Math.abs(values[at]!);
  return total;
}

/** Why sums of an example are not finite; what cannot be placed is told as contributions that leave float32. */
export const whyNotFinite = (suspect: Suspect, summed: Summed): MhoError =>
  activationFault(suspect, summed.alphas) ?? contributionFault(suspect, summed);

/** The first activation along an example's paths that is not finite; null where all are. */
export function activationFault(suspect: Suspect, alphas: ArrayLike<number>): MhoError | null {
  const { plan, weights, prepared } = suspect;
  const { origin, lines } = prepared;
  // A path that starts inside may start at a value that is none already: it arises before.
  const inside = plan.starts.some((id) => !origin.starts.includes(id));
  const before = { nodes: prune(plan.graph, origin.starts, plan.starts).nodes, weights, lines: origin.lines };
  const stretch = { nodes: plan.pruned.nodes, weights, lines };
  const search = (find: (pair: number) => Found | null): MhoError | null =>
    firstOf(plan.graph, suspect, prepared.references, find);
  return (
    (inside ? search((pair) => atEnds(before, pair, plan.starts)) : null) ??
    search((pair) => atEnds(stretch, pair, plan.sinks)) ??
    search((pair) => between(stretch, pair, plan.sinks, alphas))
  );
}

/** Where a value at an example's input or baselines is not finite; null where it is, or stays infinite. */
export function valueFault(
  {
    graph,
    weights,
    lines,
    starts,
    wanted,
  }: Pick<Stretch, 'weights' | 'lines'> & {
    readonly graph: Graph;
    readonly starts: readonly ValueId[];
    readonly wanted: readonly ValueId[];
  },
  example: Example,
  references: number,
): MhoError | null {
  const { nodes } = prune(graph, starts, wanted);
  return firstOf(graph, example, references, (pair) => atEnds({ nodes, weights, lines }, pair, wanted));
}

/** The first fault among an example's pairs. */
function firstOf(
  graph: Graph,
  example: Example,
  references: number,
  find: (pair: number) => Found | null,
): MhoError | null {
  for (const [reference, pair] of pairsOf(example, references).entries()) {
    const found = find(pair);
    if (found) return placed(graph, example, found, { reference, references });
  }
  return null;
}

const pairsOf = ({ example }: Example, references: number): number[] =>
  Array.from({ length: references }, (_, reference) => example * references + reference);

type Side = 'baseline' | 'input' | { readonly alpha: number };

interface Found {
  readonly node: Node;
  readonly side: Side;
  readonly value: number;
}

/** @param sinks what F reads: the search begins with them */
const atEnds = (stretch: Stretch, pair: number, sinks: readonly ValueId[]): Found | null =>
  firstAt(stretch, pair, [0, 1], [1, 0], sinks);

function between(stretch: Stretch, pair: number, sinks: readonly ValueId[], alphas: ArrayLike<number>): Found | null {
  for (let point = 1; point < alphas.length - 1; point++) {
    const found = firstAt(stretch, pair, [0, alphas[point]!, 1], [1], sinks);
    if (found) return found;
  }
  return null;
}

const sideOf = (alpha: number): Side => (alpha === 0 ? 'baseline' : alpha === 1 ? 'input' : { alpha });

/** @param rows which of the points to look at, in this order: one at which F itself is no number goes before the others */
function firstAt(
  { nodes, weights, lines }: Stretch,
  pair: number,
  alphas: readonly number[],
  rows: readonly number[],
  sinks: readonly ValueId[],
): Found | null {
  /** Per row, the nodes whose outputs are not finite there. */
  const bad = alphas.map(() => new Map<ValueId, number>());
  const look = (id: ValueId, output: Tensor): void => {
    const values = output.dataSync();
    for (const row of rows) {
      const value = strange(values, alphas.length, row);
      if (value !== null) bad[row]!.set(id, value);
    }
  };
  tf.tidy(() => {
    const given = pointsOf(lines, pair, alphas);
    for (const [id, tensor] of given) look(id, tensor);
    forward(nodes, weights, given, new Set(), { seen: (node, output) => look(node.output, output) });
  });
  const makers = new Map(nodes.map((node) => [node.output, node]));
  const order = [...rows].sort((a, b) => count(sinks, bad[b]!) - count(sinks, bad[a]!));
  for (const row of order) {
    const met = bad[row]!;
    const first = sinks.find((id) => met.has(id)) ?? [...met.keys()].find((id) => makers.has(id));
    let node = first === undefined ? undefined : makers.get(first);
    // Back to where it came from: the last node on the way whose inputs are all finite.
    for (let source = node; source;) {
      node = source;
      const from = node.inputs.find((id) => met.has(id) && makers.has(id));
      source = from === undefined ? undefined : makers.get(from);
    }
    if (node) return { node, side: sideOf(alphas[row]!), value: met.get(node.output)! };
  }
  return null;
}

const count = (ids: readonly ValueId[], met: ReadonlyMap<ValueId, number>): number =>
  ids.filter((id) => met.has(id)).length;

/** A number of a row that is none, or an infinity that other rows have not at its place; null where there is none. */
function strange(values: ArrayLike<number>, rows: number, row: number): number | null {
  const size = values.length / rows;
  let infinite: number | null = null;
  for (let place = 0; place < size; place++) {
    const value = values[row * size + place]!;
    if (Number.isFinite(value)) continue;
    if (Number.isNaN(value)) return value;
    if (infinite !== null) continue;
    for (let other = 0; other < rows; other++) if (values[other * size + place] !== value) infinite = value;
  }
  return infinite;
}

/** Points on a pair's lines, one row each: [points, …] per start and per value that is fixed. */
function pointsOf({ ends }: Lines, pair: number, alphas: readonly number[]): Map<ValueId, Tensor> {
  return new Map(
    [...ends].map(([id, { from, to }]) => {
      const shape = to.shape.slice(1);
      const size = sizeOf(shape);
      const data = new Float32Array(alphas.length * size);
      for (const [row, alpha] of alphas.entries())
        for (let place = 0; place < size; place++) {
          const [a, b] = [from.data[pair * size + place]!, to.data[pair * size + place]!];
          data[row * size + place] = alpha === 1 || a === b ? b : a + alpha * (b - a);
        }
      return [id, tf.tensor(data, [alphas.length, ...shape], 'float32')];
    }),
  );
}

const named = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value > 0 ? 'an infinite value' : 'a value of minus infinity';

/** The layer that a node is in, or its own name. */
const layerOf = (graph: Graph, node: Node): string => layersOfNodes(graph)(node)?.name ?? node.name;

const numberOf = ({ example, exampleNumbers }: Example): number => exampleNumbers?.[example] ?? example;

function placed(
  graph: Graph,
  example: Example,
  { node, side, value }: Found,
  { reference, references }: { readonly reference: number; readonly references: number },
): MhoError {
  const about = { example: numberOf(example), value: named(value), layer: layerOf(graph, node), op: node.op };
  const weights = node.inputs.flatMap((id) => graph.values[id]!.constant ?? []);
  // What stands for a branch of shapes that do not fit (formats/tensors/branches.ts).
  if (node.op === 'select' && weights.some(({ data }) => data.length === 1 && Number.isNaN(data[0])))
    return new MhoError('NOT_FINITE_BRANCH', { example: about.example, layer: about.layer });
  if (weights.some(({ data }) => data.some((each) => Number.isNaN(each))))
    return new MhoError('NOT_FINITE_WEIGHTS', about);
  if (side === 'input') return new MhoError('NOT_FINITE_INPUT', about);
  if (side !== 'baseline')
    return new MhoError('NOT_FINITE_PATH', { ...about, alpha: Number(side.alpha.toPrecision(4)) });
  const baseline = references === 1 ? 'its baseline' : `its baseline ${reference} of ${references}`;
  return new MhoError('NOT_FINITE_BASELINE', { ...about, baseline });
}

/** What passed something back that is not finite, over which part of the path. */
interface Passed {
  /** Which read the value that met it: one of them. */
  readonly nodes: readonly Node[];
  readonly layer: ValueId;
  readonly from: number;
  readonly to: number;
}

function contributionFault(suspect: Suspect, { method, kind, alphas, nonlinearity }: Summed): MhoError {
  const { graph } = suspect.plan;
  const pairs = pairsOf(suspect, suspect.prepared.references);
  const passed = pairs.reduce<Passed | null>((found, pair) => found ?? firstPassed(suspect, pair, kind, alphas, nonlinearity), null); // prettier-ignore
  const layer = passed && graph.layers.find(({ output }) => output === passed.layer)?.name;
  const where = passed && `between α = ${Number(passed.from.toPrecision(4))} and ${Number(passed.to.toPrecision(4))}`;
  return new MhoError('NOT_FINITE_CONTRIBUTIONS', {
    example: numberOf(suspect),
    method,
    layer: layer ?? graph.values[passed?.layer ?? suspect.plan.sinks[0]!]!.name,
    reason: passed?.nodes.length
      ? `${passed.nodes.map((node) => `${layerOf(graph, node)} (op ${node.op})`).join(' or ')} passes on what is no number ${where}`
      : 'they leave what float32 holds',
    otherMethod: isGradient(kind)
      ? 'nig by the secant rule or rescale, which take no derivatives'
      : `another method than ${method}`,
  });
}

const isGradient = (kind: SumKind): boolean => ['right', 'left', 'trapezoid', 'influence'].includes(kind);

/** The walk back, segment by segment: the first value that meets something not finite, and the node that it comes from. */
function firstPassed(
  { plan, weights, room, prepared: { lines, seeds } }: Suspect,
  pair: number,
  kind: SumKind,
  alphas: ArrayLike<number>,
  nonlinearity: Nonlinearity,
): Passed | null {
  const readers = (id: ValueId): Node[] => plan.pruned.nodes.filter(({ inputs }) => inputs.includes(id));
  const stages = room.stagesFor(2, PEAK_PER_KEPT);
  const whole = (flow: Tensor): boolean => flow.dataSync().every((value: number) => Number.isFinite(value));
  for (let point = 0; point < alphas.length - 1; point++) {
    const [from, to] = [alphas[point]!, alphas[point + 1]!];
    let first: ValueId | null = null;
    const apart = new Set<ValueId>();
    const meet = (id: ValueId, ...flows: readonly Tensor[]): void => {
      if (first === null && !flows.every(whole)) first = id;
    };
    tf.tidy(() => {
      const marks = seeds.map((seed) => markTensor(seed, { first: pair, pairs: 1 }));
      const seedsFor = (points: number) => () => seedsAt(seeds, marks, points);
      const segments = { stride: 1, pairs: 1, rows: 1 };
      const walk = isGradient(kind)
        ? gradientWalk(plan, weights, seedsFor(2), (id, gradient) => meet(id, gradient))
        : kind === 'secant'
          ? multiplierWalk(plan, weights, segments, seedsFor(1), (id, multiplier) => meet(id, multiplier))
          : partsWalk(plan, weights, segments, seedsFor(1), nonlinearity, (id, multiplier, parts) => {
              meet(id, multiplier.positive, multiplier.negative);
              if (![parts.positive, parts.negative].every(whole)) apart.add(id);
            });
      sweepStages({ weights, stages, kept: plan.kept }, pointsOf(lines, pair, [from, to]), [walk]);
    });
    // Parts go forward: what first makes some that are no numbers.
    const maker = plan.pruned.nodes.find(({ output }) => apart.has(output));
    if (maker) return { nodes: [maker], layer: maker.output, from, to };
    if (first !== null) return { nodes: readers(first), layer: first, from, to };
  }
  return null;
}
