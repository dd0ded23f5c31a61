/** The model's constants on the device, for the length of a run, what ops derive from them, and graphs that read them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Graph, Node, ValueId } from '../graph/graph';
import { Recordings } from '../backends';
import type { RunContext } from '../ops/rule';
import type { OpName } from '../graph/ops';

export class Weights {
  readonly #tensors = new Map<ValueId, Tensor>();
  readonly #derived = new Map<string, Tensor>();

  /** Work on this model that is done again and again. */
  readonly recordings = new Recordings(() => [...this.#tensors.values(), ...this.#derived.values()]);

  constructor(readonly graph: Graph) {}

  /** The constant's tensor, uploaded at its first use. */
  get(id: ValueId): Tensor {
    let tensor = this.#tensors.get(id);
    if (!tensor) {
      const { shape, data } = this.graph.values[id]!.constant!;
      tensor = tf.keep(tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32'));
      this.#tensors.set(id, tensor);
    }
    return tensor;
  }

  isConstant(id: ValueId): boolean {
    return this.graph.values[id]!.constant !== null;
  }

  /** What a node's rules may look at besides activations. */
  context(node: Node): RunContext<OpName> {
    return {
      attributes: node.attributes,
      constant: node.inputs.map((id) => this.isConstant(id)),
      derive: (key, make) => {
        const name = `${node.output}/${key}`;
        let tensor = this.#derived.get(name);
        if (!tensor) {
          tensor = tf.keep(tf.tidy(make));
          this.#derived.set(name, tensor);
        }
        return tensor;
      },
    };
  }

  dispose(): void {
    this.recordings.dispose();
    for (const tensor of [...this.#tensors.values(), ...this.#derived.values()]) tensor.dispose();
    this.#tensors.clear();
    this.#derived.clear();
  }
}

/** Weights that stay on the device between pieces of work. */
const kept = new WeakMap<Graph, { weights: Weights; backend: string }>();

/**
 * From now on work on this model finds its weights on the device, and runs as graphs what it has done before, until they are
 * released. For models that are run again and again.
 */
export function keepWeights(graph: Graph): void {
  if (!kept.has(graph)) kept.set(graph, { weights: new Weights(graph), backend: tf.getBackend() });
}

/** Frees what was kept for a model. */
export function releaseWeights(graph: Graph): void {
  kept.get(graph)?.weights.dispose();
  kept.delete(graph);
}

/** Weights for one piece of work: those that are kept, or else disposed of whether it succeeds or fails. */
export async function withWeights<Result>(graph: Graph, work: (weights: Weights) => Promise<Result>): Promise<Result> {
  const held = kept.get(graph);
  if (held && held.backend !== tf.getBackend()) {
    releaseWeights(graph); // they lie on another backend
    keepWeights(graph);
  }
  const weights = kept.get(graph)?.weights ?? new Weights(graph);
  try {
    return await work(weights);
  } finally {
    if (!held) weights.dispose();
  }
}
