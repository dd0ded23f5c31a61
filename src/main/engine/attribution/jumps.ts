/**
 * Where F jumps along a path that float32 could not resolve: a step (`floor`, `sign`), or a choice that is decided by what the path
 * varies. Looked for only where a path has ended unresolved, in its narrowest segments: halving ends at a jump as narrow as
 * numbers are.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Remark } from '../../../contract/attribution';
import { OPS } from '../graph/ops';
import { sizeOf, type Node, type ValueId } from '../graph/graph';
import { layersOfNodes } from '../graph/layers';
import { forward } from './forward';
import type { Line } from './path';
import type { Plan } from './plan';
import type { Prepared } from './request';
import type { Weights } from './weights';

/** Segments that are looked at, and how wide they may be. */
const MOST_SEGMENTS = 12;
const WIDEST = 1e-3;
/** A change over such a segment is a jump where it is more than this share of the value. */
const JUMP = 1e-3;

/** What F changes by at least where it jumps: more than rounding moves it, and enough of its difference to be told. */
export const leastJump = (atInput: number, atBaseline: number, delta: number): number =>
  Math.max(JUMP * Math.abs(delta), 1e-6 * (Math.abs(atInput) + Math.abs(atBaseline)));

/** A point of a path, from the nearer end. */
interface Point {
  readonly side: 0 | 1;
  readonly t: number;
}
interface Segment {
  readonly pair: number;
  readonly from: Point;
  readonly to: Point;
}

export interface Jumping {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly prepared: Pick<Prepared, 'lines' | 'seeds' | 'references'>;
}

/**
 * @param grids the points of each of the example's baselines, as `Reached` has them
 * @param least what F changes by at least where it jumps
 */
export function jumpOf(
  { plan, weights, prepared }: Jumping,
  example: number,
  grids: readonly Float64Array[],
  least: number,
): Remark[] {
  const { references, lines, seeds } = prepared;
  const { nodes } = plan.pruned;
  if (!nodes.some(isStep)) return [];
  const segments = grids
    .flatMap((grid, reference) => segmentsOf(grid, example * references + reference))
    .map((segment) => ({ segment, width: widthOf(segment) }))
    .filter(({ width }) => width < WIDEST)
    .sort((a, b) => a.width - b.width)
    .slice(0, MOST_SEGMENTS)
    .map(({ segment }) => segment);
  if (segments.length === 0) return [];

  const conditions = new Set(nodes.flatMap(({ op, inputs }) => (op === 'select' ? [inputs[0]!] : [])));
  /** Per segment, the conditions that turn there, and the nodes that jump, in running order; and by how much F changes. */
  const turned: Set<ValueId>[] = segments.map(() => new Set());
  const jumping: Node[][] = segments.map(() => []);
  const changes = new Float64Array(segments.length);
  const look = (node: Node, output: Tensor): void => {
    const sunk = seeds.filter(({ value }) => value === node.output);
    const [steps, decides] = [isStep(node), conditions.has(node.output)];
    if (!steps && !decides && sunk.length === 0) return;
    const values = output.dataSync();
    const size = values.length / (2 * segments.length);
    for (const [at, { pair }] of segments.entries()) {
      const [from, to] = [2 * at, 2 * at + 1].map((row) => values.subarray(row * size, (row + 1) * size));
      for (const { index, sign } of sunk) changes[at]! += sign * (to![index[pair]!]! - from![index[pair]!]!);
      const changed = (steps || decides) && jumps(from!, to!);
      if (changed && decides) turned[at]!.add(node.output);
      if (changed && steps && (node.op !== 'select' || turned[at]!.has(node.inputs[0]!))) jumping[at]!.push(node);
    }
  };
  tf.tidy(() => {
    const given = new Map([...lines.ends].map(([id, line]) => [id, pointsOf(segments, line)]));
    forward(nodes, weights, given, new Set(), { seen: look });
  });

  const found = segments.flatMap((_, at) => (jumping[at]!.length > 0 && Math.abs(changes[at]!) > least ? [at] : []));
  if (found.length === 0) return [];
  const most = found.reduce((a, b) => (Math.abs(changes[b]!) > Math.abs(changes[a]!) ? b : a));
  const there = jumping[most]!;
  const chosen =
    there.find(({ op }) => op === 'select') ?? there.find(({ op }) => OPS[op].gives !== 'truth') ?? there[0]!;
  const decides = there.find(({ op }) => OPS[op].gives === 'truth');
  const nameOf = (node: Node): string => layersOfNodes(plan.graph)(node)?.name ?? node.name;
  const { side, t } = segments[most]!.to;
  return [
    {
      kind: 'jump',
      example,
      layer: nameOf(chosen),
      decides: decides && nameOf(decides) !== nameOf(chosen) ? nameOf(decides) : null,
      alpha: side === 0 ? t : 1 - t,
      delta: changes[most]!,
    },
  ];
}

/** Whether a node's output may jump where its inputs do not. */
function isStep({ op, attributes }: Node): boolean {
  const { passing, jumps } = OPS[op] as { passing: string; jumps?: (attributes: unknown) => boolean };
  return passing === 'jump' || passing === 'choice' || passing === 'jumpingGroup' || jumps?.(attributes) === true;
}

function jumps(from: ArrayLike<number>, to: ArrayLike<number>): boolean {
  for (let at = 0; at < from.length; at++) {
    const [a, b] = [from[at]!, to[at]!];
    if (Math.abs(b - a) > JUMP * Math.max(Math.abs(a), Math.abs(b))) return true;
  }
  return false;
}

/** A sign bit says that a point is counted from the input's side: −t is α = 1 − t, and −0 the input. */
const pointOf = (place: number): Point =>
  place < 0 || Object.is(place, -0) ? { side: 1, t: -place } : { side: 0, t: place };

const segmentsOf = (grid: Float64Array, pair: number): Segment[] =>
  Array.from(grid.subarray(1), (place, at) => ({ pair, from: pointOf(grid[at]!), to: pointOf(place) }));

const widthOf = ({ from, to }: Segment): number =>
  from.side === to.side ? Math.abs(to.t - from.t) : 1 - to.t - from.t;

/** Both ends of each segment, one row each. */
function pointsOf(segments: readonly Segment[], { from, to }: Line): Tensor {
  const shape = to.shape.slice(1);
  const size = sizeOf(shape);
  const data = new Float32Array(2 * segments.length * size);
  let out = 0;
  for (const { pair, ...segment } of segments)
    for (const { side, t } of [segment.from, segment.to]) {
      const [near, far] = side === 0 ? [from.data, to.data] : [to.data, from.data];
      for (let each = pair * size; each < (pair + 1) * size; each++)
        data[out++] = near[each] === far[each] ? near[each]! : near[each]! + t * (far[each]! - near[each]!);
    }
  return tf.tensor(data, [2 * segments.length, ...shape], 'float32');
}
