/**
 * What happens along one path, point by point: F, every layer's running sum, where its error arises, how large its gradient
 * still is; and of one unit its value, its gradient and its running contribution. A sweep keeps sums over the path only;
 * this is asked for one example, to be looked at.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttributionRequest, Rule } from '../../../contract/attribution';
import type { AlongPath } from '../../../contract/studio';
import { MhoError } from '../../../contract/errors';
import { kernels, type Device } from '../backends';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { straightened } from '../graph/straightened';
import { liveShapes, nextChunk } from './chunks';
import { whyNotFinite } from './finite';
import { budgetOf, within } from './memory';
import { genomicsNonlinearity } from './methods';
import { planRun, type Plan } from './plan';
import { nearZero, prepare, type Prepared } from './request';
import { Room } from './room';
import { asSegments, endsOf, joined, type Segments } from './segments';
import { sweepStages } from './staged';
import type { Stage } from './stages';
import { STANDS_FOR } from './sums';
import { carried, overStretches } from './terms';
import { gradientWalk, multiplierWalk, type BackwardWalk } from './walk';
import { withWeights, type Weights } from './weights';

export interface AlongOptions {
  /** One unit of one layer, and no other layer. */
  readonly only?: { readonly layer: string; readonly unit: number };
  /** Ends the walk at the next chunk. */
  readonly signal?: AbortSignal;
}

/** What one layer gathers. `running` and `error` hold increments until the end. */
interface Gathered {
  readonly running: Float32Array;
  readonly error: Float32Array;
  readonly gradient: Float32Array;
}

const overRest = (tensor: Tensor): Tensor => tf.sum(tf.reshape(tensor, [tensor.shape[0]!, -1]), 1);
const read = (tensor: Tensor): Float32Array => tensor.dataSync() as Float32Array;

/**
 * Walks the straight path of the request's first example and first reference in `steps` equal steps, by its rule.
 * `running` ends at what `attribute` gives for the layer with the same rule and steps; `error` is the L1 difference over the
 * neurons between segments and what they are joined to for the error estimate, which is no larger than its sum; `gradient`
 * is ‖∂F/∂y‖₂.
 * @throws as `attribute`, NOT_FINITE_… where something along the path is not a number, OUTPUT_INDEX for a unit that is not there, CANCELLED
 */
export const valuesAlongPath = (
  device: Device,
  given: Graph,
  asked: AttributionRequest,
  options: AlongOptions = {},
): Promise<AlongPath> => {
  const { only, signal } = options;
  const looked = given.layers.find(({ name }) => name === only?.layer)?.output;
  const { graph, request } = nearZero(straightened(given), asked, looked === undefined ? [] : [looked]);
  return withWeights(device, graph, async (weights) => {
    const prepared = await prepare(graph, weights, request);
    const names = only ? [only.layer] : request.layers;
    const plan = planRun(graph, prepared.starts, prepared.sinks, names, ['gradient-difference'], prepared.fixed);
    const { steps, rule } = request;
    const alphas = Float32Array.from({ length: steps + 1 }, (_, point) => point / steps);
    const room = new Room(
      plan,
      liveShapes(plan, weights, prepared.lines),
      { examples: 1, references: 1, methods: 0 }, // a number for each point
      budgetOf(request.memoryMB, device.info),
      request.chunkRows,
    );
    const grid = { steps, kinds: ['right' as const, 'secant' as const] };
    const size = within(room.budget, (budget) => room.of(budget).chunks(grid, rule === 'secant', 0));
    const span = rule === 'secant' ? size.span : 2;
    const target = new Float32Array(steps + 1);
    const layers = new Map<ValueId, Gathered>(
      plan.layers.map(({ layer }) => [
        layer.output,
        {
          running: new Float32Array(steps + 1),
          error: new Float32Array(joined(steps, span).length),
          gradient: new Float32Array(steps + 1),
        },
      ]),
    );
    const unit = only && plan.layers.length > 0 ? new Unit(plan, only, steps) : null;
    for (let first = 0; first < steps;) {
      const count = nextChunk(steps - first, size);
      tf.tidy(() =>
        walkChunk(
          { prepared, plan, weights, stages: size.stages, rule, span, alphas, target, layers, unit },
          first,
          count,
        ),
      );
      first += count;
      await device.between();
      if (signal?.aborted) throw new MhoError('CANCELLED', { done: first + 1, total: steps + 1 });
    }
    // A gradient may be infinite where a segment's slope is not: it is shown, not summed.
    const sums = [...layers.values()].flatMap(({ running, error }) => [running, error]);
    if (![target, ...sums].every((numbers) => numbers.every((each) => Number.isFinite(each)))) {
      const suspect = { plan, weights, prepared, room, example: 0, exampleNumbers: request.exampleNumbers };
      throw whyNotFinite(suspect, { method: 'nig', kind: rule, alphas, nonlinearity: genomicsNonlinearity(graph) });
    }
    return {
      alphas,
      target,
      layers: plan.layers.map(({ layer, cut }) => {
        const { running, error, gradient } = layers.get(layer.output)!;
        return { name: layer.name, cut, running: cumulated(running), error, gradient };
      }),
      unit: unit && { activation: unit.activation, gradient: unit.gradient, running: cumulated(unit.running) },
    };
  });
};

/** increments[k] belongs to the segment that ends at point k. */
function cumulated(increments: Float32Array): Float32Array {
  let sum = 0;
  return increments.map((each) => (sum += each));
}

/** One unit's place in its layer, and what is gathered of it. */
class Unit {
  readonly id: ValueId;
  readonly activation: Float32Array;
  readonly gradient: Float32Array;
  readonly running: Float32Array;
  readonly #axis: number | null;

  constructor(
    plan: Plan,
    private readonly asked: { readonly layer: string; readonly unit: number },
    steps: number,
  ) {
    const { layer } = plan.layers[0]!;
    this.id = layer.output;
    this.#axis = layer.unitAxis;
    [this.activation, this.gradient, this.running] = [0, 0, 0].map(() => new Float32Array(steps + 1)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
  }

  /** [rows, …] → the unit's positions, [rows, positions]. */
  of(tensor: Tensor): Tensor {
    const { unit, layer } = this.asked;
    const size = this.#axis === null ? 1 : tensor.shape[this.#axis + 1]!;
    if (unit >= size) throw new MhoError('OUTPUT_INDEX', { index: unit, layer, size, last: size - 1 });
    const begin = tensor.shape.map((_, axis) => (axis - 1 === this.#axis ? unit : 0));
    const extent = tensor.shape.map((length, axis) => (axis - 1 === this.#axis ? 1 : length));
    return tf.reshape(tf.slice(tensor, begin, extent), [tensor.shape[0]!, -1]);
  }
}

interface Walk {
  readonly prepared: Prepared;
  readonly plan: Plan;
  readonly weights: Weights;
  readonly stages: readonly Stage[];
  readonly rule: Rule;
  /** Segments that are joined. */
  readonly span: number;
  readonly alphas: Float32Array;
  readonly target: Float32Array;
  readonly layers: ReadonlyMap<ValueId, Gathered>;
  readonly unit: Unit | null;
}

/** Points `first` to `first + count`, and the segments between them. */
function walkChunk(walk: Walk, first: number, count: number): void {
  const { prepared, plan, weights, rule, layers, unit } = walk;
  const rows = count + 1;
  const points = new Map(
    [...prepared.lines.ends].map(([id, ends]) => {
      const shape = ends.to.shape.slice(1);
      const size = sizeOf(shape);
      const data = new Float32Array(rows * size);
      for (let row = 0; row < rows; row++) {
        const alpha = walk.alphas[first + row]!;
        for (let place = 0; place < size; place++) {
          const [from, to] = [ends.from.data[place]!, ends.to.data[place]!];
          data[row * size + place] = alpha === 1 ? to : from + alpha * (to - from);
        }
      }
      return [id, tf.tensor(data, [rows, ...shape], 'float32')];
    }),
  );
  const seeds = (length: number): Map<ValueId, Tensor> => {
    const made = new Map<ValueId, Tensor>();
    for (const { value, shape, index, sign } of prepared.seeds) {
      const size = sizeOf(shape);
      const data = new Float32Array(length * size);
      for (let row = 0; row < length; row++) data[row * size + index[0]!] = sign;
      const seed = tf.tensor(data, [length, ...shape]);
      const before = made.get(value);
      made.set(value, before ? tf.add(before, seed) : seed);
    }
    return made;
  };
  const readTarget = (activations: ReadonlyMap<ValueId, Tensor>): void => {
    for (const { value, index, sign } of prepared.seeds) {
      const values = read(tf.reshape(activations.get(value)!, [-1]));
      const size = values.length / rows;
      // the point that two chunks share is written once
      for (let row = first === 0 ? 0 : 1; row < rows; row++)
        walk.target[first + row]! += sign * values[row * size + index[0]!]!;
    }
  };
  const readUnit: BackwardWalk = {
    back: ({ nodes, first: atStart }, activations) => {
      const here = nodes.some(({ output }) => output === unit?.id) || (atStart && plan.starts.includes(unit!.id));
      if (here) unit!.activation.set(read(tf.mean(unit!.of(activations.get(unit!.id)!), 1)), first);
    },
  };

  const stretches = joined(count, walk.span);
  const segments: Segments = { stride: 1, pairs: 1, rows: count };
  const whole = asSegments(stretches, 1);
  /** Notes single segments. @returns their sums over stretches, to be held against what is joined there */
  const noteFine = (id: ValueId, contributions: Tensor): Tensor => {
    layers.get(id)!.running.set(read(overRest(contributions)), first + 1);
    if (unit) unit.running.set(read(tf.sum(unit.of(contributions), 1)), first + 1);
    const units = tf.reshape(contributions, [count, -1]);
    return overStretches({ neurons: units, units, pieces: Array.from({ length: count }, () => 1) }, stretches, 1);
  };
  const noteJoined = (id: ValueId, { first: from = 0, rows: number }: Segments, joint: Tensor, sums: Tensor): void => {
    const at = from / walk.span;
    const apart = tf.sub(tf.slice(sums, at, number), tf.reshape(joint, [number, -1]));
    layers.get(id)!.error.set(read(overRest(tf.abs(apart))), first / walk.span + at);
  };

  const onGradient = (id: ValueId, gradient: Tensor, y: Tensor): void => {
    if (!layers.has(id)) return;
    tf.tidy(() => {
      layers.get(id)!.gradient.set(read(tf.sqrt(overRest(tf.square(gradient)))), first);
      if (unit) unit.gradient.set(read(tf.mean(unit.of(gradient), 1)), first);
      if (rule === 'secant') return;
      const contributions = (over: Segments): Tensor => {
        const [values, slopes] = [endsOf(y, over), endsOf(gradient, over)];
        return carried(STANDS_FOR[rule](slopes.start, slopes.end), kernels.difference(values.start, values.end));
      };
      const sums = noteFine(id, contributions(segments));
      for (const each of whole) noteJoined(id, each, contributions(each), sums);
    });
  };
  const sums = new Map<ValueId, Tensor>();
  const onSegments = (over: Segments, note: (id: ValueId, contributions: Tensor) => Tensor | void): BackwardWalk =>
    multiplierWalk(
      plan,
      weights,
      over,
      () => seeds(over.rows),
      (id, multiplier, y) => {
        if (!layers.has(id)) return;
        const noted = tf.tidy(() => note(id, carried(multiplier, y.delta)));
        if (noted) sums.set(id, noted);
      },
    );
  const walks = [gradientWalk(plan, weights, () => seeds(rows), onGradient)];
  if (unit) walks.push(readUnit);
  if (rule === 'secant') {
    walks.push(onSegments(segments, noteFine));
    for (const each of whole)
      walks.push(onSegments(each, (id, contributions) => noteJoined(id, each, contributions, sums.get(id)!)));
  }
  sweepStages({ weights, stages: walk.stages, kept: plan.kept }, points, walks, { reached: readTarget });
}
