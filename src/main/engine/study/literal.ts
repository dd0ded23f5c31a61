/**
 * Total Conductance as it was first written (1805.12233, equation 2): Σ_i (x_i − x'_i) ∫ ∂F/∂y · ∂y/∂x_i dα, the product of two
 * derivatives summed over the inputs, by the trapezoid. It takes a backward walk for each neuron of the layer at each point, which is why it
 * does not scale; Neuron Integrated Gradients is the same number by one walk for all layers (1807.09946, equation 4).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttributionRequest } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { liveShapes } from '../attribution/chunks';
import { budgetOf } from '../attribution/memory';
import { lineTensor, markTensor, pointsOn, pointWeights, seedsAt } from '../attribution/path';
import { planRun, type Plan } from '../attribution/plan';
import { nearZero, prepare } from '../attribution/request';
import { Rows, stagesOf } from '../attribution/stages';
import { sweepStages } from '../attribution/staged';
import { gradientWalk } from '../attribution/walk';
import { withWeights } from '../attribution/weights';
import type { Device } from '../backends';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { layerNamed } from '../graph/layers';
import { prune } from '../graph/prune';
import { straightened } from '../graph/straightened';

export interface LiteralOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Literal {
  /** Of one activation of the layer. */
  readonly conductance: Float32Array;
  /** What every second point gives less that, of each neuron: the sum's own error estimate; null where the steps are odd. */
  readonly error: Float32Array | null;
  readonly shape: readonly number[];
  /** Backward walks, each of one point. */
  readonly passes: number;
  readonly milliseconds: number;
}

/** Backward walks that the formula takes: of each point one from F, and one from each neuron. */
export const literalPasses = (steps: number, neurons: number): number => (steps + 1) * (1 + neurons);

/** Points that are walked at once. */
const MOST_ROWS = 128;
/** Neurons that are walked before somebody else may have a turn, or end it: what is before them is computed again for the next. */
const AT_ONCE = 64;
/** Bytes at the worst moment of a walk, per byte of all values of a row. */
const PEAK = 3;

/**
 * @param request its first example and baseline are looked at; `steps` even steps
 * @throws as `attribute`, LAYER_UNKNOWN, INTERVENTION_LAYER for a layer that the target does not depend on, CANCELLED
 */
export function literalConductance(
  device: Device,
  given: Graph,
  asked: AttributionRequest,
  name: string,
  { signal, onProgress }: LiteralOptions = {},
): Promise<Literal> {
  const looked = layerNamed(given, name);
  const { graph, request } = nearZero(straightened(given), asked, looked ? [looked.output] : []);
  return withWeights(device, graph, async (weights) => {
    const prepared = await prepare(graph, weights, request);
    const { starts, sinks, fixed, lines, seeds, targets } = prepared;
    const outer = everything(planRun(graph, starts, sinks, [name], ['gradient-difference'], fixed));
    const [layer] = outer.layers;
    if (!layer) throw new MhoError('INTERVENTION_LAYER', { layer: name, target: targets[0]! });
    const y = layer.layer.output;
    const inner: Plan = { ...outer, sinks: [y], pruned: prune(graph, starts, [y]) };
    const shapes = liveShapes(outer, weights, lines);
    const shape = shapes.get(y)!;
    const neurons = sizeOf(shape);
    const { bytes } = new Rows(outer, shapes, outer.kept);
    const room = (1e6 * budgetOf(request.memoryMB, device.info).megabytes) / (PEAK * bytes);
    const rows = Math.max(1, Math.min(MOST_ROWS, request.chunkRows ?? MOST_ROWS, Math.floor(room)));
    const [stage] = stagesOf(outer, []);
    const [innerStage] = stagesOf(inner, []);
    const points = request.steps + 1;
    const total = new Float64Array(neurons);
    const half = new Float64Array(neurons);
    const began = performance.now();
    const group = { first: 0, pairs: 1 };
    /** Of some neurons what some of the points add, and what they add where every second one counts: [2, last − from]. */
    const someOf = (first: number, alphas: readonly number[], from: number, last: number): Tensor =>
      tf.tidy(() => {
        const ends = new Map([...lines.ends].map(([id, line]) => [id, lineTensor(line, group)]));
        const at = new Map([...ends].map(([id, line]) => [id, pointsOn(line, pointWeights(alphas))]));
        const marks = seeds.map((seed) => markTensor(seed, group));
        let gradient: Tensor | null = null;
        const toInputs: Tensor[] = [];
        const walks = [
          gradientWalk(
            outer,
            weights,
            () => seedsAt(seeds, marks, alphas.length),
            (id, found) => {
              if (id === y) gradient = tf.reshape(found, [alphas.length, neurons]);
            },
          ),
          {
            back: (_: unknown, activations: ReadonlyMap<ValueId, Tensor>): void => {
              for (let neuron = from; neuron < last; neuron++)
                toInputs.push(tf.tidy(() => alongPath(neuron, activations)));
            },
          },
        ];
        /** Σ_i (x_i − x'_i) ∂y/∂x_i of one neuron, at each point. */
        const alongPath = (neuron: number, activations: ReadonlyMap<ValueId, Tensor>): Tensor => {
          let sum: Tensor = tf.zeros([alphas.length]);
          if (starts.includes(y)) return ofStart(neuron);
          gradientWalk(
            inner,
            weights,
            () => new Map([[y, oneHot(neuron)]]),
            (id, found) => {
              if (starts.includes(id)) sum = tf.add(sum, dot(found, differenceOf(ends.get(id)!)));
            },
          ).back(innerStage!, activations);
          return sum;
        };
        const differenceOf = (line: Tensor): Tensor => tf.reshape(tf.slice(line, 2, 1), [1, -1]);
        const dot = (found: Tensor, difference: Tensor): Tensor =>
          tf.sum(tf.mul(tf.reshape(found, [alphas.length, -1]), difference), 1);
        const oneHot = (neuron: number): Tensor => {
          const one = new Float32Array(neurons);
          one[neuron] = 1;
          return tf.tile(tf.tensor(one, [1, ...shape]), [alphas.length, ...shape.map(() => 1)]);
        };
        /** An input's own neurons: what each varies by. */
        const ofStart = (neuron: number): Tensor =>
          tf.tile(tf.reshape(tf.slice(differenceOf(ends.get(y)!), [0, neuron], [1, 1]), [1]), [alphas.length]);
        sweepStages({ weights, stages: [stage!], kept: outer.kept }, at, walks);
        const weightsOf = (every: number): number[] =>
          alphas.map((_, place) => {
            const point = first + place;
            if (point % every !== 0) return 0;
            return ((point === 0 || point === points - 1 ? 0.5 : 1) * every) / request.steps;
          });
        const own = tf.slice(gradient!, [0, from], [alphas.length, last - from]);
        return tf.matMul(tf.tensor2d([weightsOf(1), weightsOf(2)]), tf.mul(own, tf.stack(toInputs, 1)));
      });
    for (let first = 0; first < points; first += rows) {
      const alphas = Array.from({ length: Math.min(rows, points - first) }, (_, at) => (first + at) / request.steps);
      for (let from = 0; from < neurons; from += AT_ONCE) {
        if (signal?.aborted) throw new MhoError('CANCELLED', { done: first, total: points });
        const last = Math.min(neurons, from + AT_ONCE);
        const sums = someOf(first, alphas, from, last);
        const read = await sums.data();
        sums.dispose();
        for (let neuron = from; neuron < last; neuron++) {
          total[neuron]! += read[neuron - from]!;
          half[neuron]! += read[last - from + neuron - from]!;
        }
        onProgress?.(first + (alphas.length * last) / neurons, points);
        await device.between();
      }
    }
    return {
      conductance: Float32Array.from(total),
      error: request.steps % 2 === 0 ? Float32Array.from(total, (sum, at) => Math.abs(sum - half[at]!)) : null,
      shape,
      passes: literalPasses(request.steps, neurons),
      milliseconds: performance.now() - began,
    };
  });
}

/** The same plan, whose walks reach the path's starts and find every activation. */
const everything = (plan: Plan): Plan => ({ ...plan, walked: plan.pruned.live, kept: plan.pruned.live });
