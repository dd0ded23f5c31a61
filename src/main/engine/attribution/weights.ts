/** A model's constants on a device, for the length of a run, what ops derive from them, and graphs that read them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Graph, Node, ValueId } from '../graph/graph';
import { Recordings, type Device } from '../backends';
import type { RunContext } from '../ops/rule';
import type { OpName } from '../graph/ops';

export class Weights {
  readonly #tensors = new Map<ValueId, Tensor>();
  readonly #derived = new Map<string, Tensor>();

  /** Work on this model that is done again and again. */
  readonly recordings = new Recordings(() => [...this.#tensors.values(), ...this.#derived.values()]);

  constructor(
    readonly device: Device,
    readonly graph: Graph,
  ) {}

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
      fused: this.device.fused,
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

/** Weights on one device, and how many pieces of work are at them. */
interface Held {
  readonly weights: Weights;
  users: number;
}

/** What stays on the devices between pieces of work on a model. */
interface Kept {
  readonly on: Map<Device, Held>;
  /** How often it is to be released before it is: documents may share a model. */
  keepers: number;
  released: boolean;
}

const kept = new WeakMap<Graph, Kept>();

/**
 * From now on work on this model finds its weights on the device that it is done on, and runs as graphs what it has done there
 * before, until they are released. For models that are run again and again.
 */
export function keepWeights(graph: Graph): void {
  const held = kept.get(graph);
  if (held) held.keepers++;
  else kept.set(graph, { on: new Map(), keepers: 1, released: false });
}

/** Frees what was kept for a model once all who kept it release it, on each device as soon as no work is at it. */
export function releaseWeights(graph: Graph): void {
  const held = kept.get(graph);
  if (!held || --held.keepers > 0) return;
  kept.delete(graph);
  held.released = true;
  for (const { weights, users } of held.on.values()) if (users === 0) weights.dispose();
}

/** Weights for one piece of work: those that are kept, or else disposed of whether it succeeds or fails. */
export async function withWeights<Result>(
  device: Device,
  graph: Graph,
  work: (weights: Weights) => Promise<Result>,
): Promise<Result> {
  const keeping = kept.get(graph);
  if (!keeping) {
    const weights = new Weights(device, graph);
    try {
      return await work(weights);
    } finally {
      weights.dispose();
    }
  }
  const held = keeping.on.get(device) ?? { weights: new Weights(device, graph), users: 0 };
  keeping.on.set(device, held);
  held.users++;
  try {
    return await work(held.weights);
  } finally {
    held.users--;
    if (keeping.released && held.users === 0) held.weights.dispose();
  }
}
