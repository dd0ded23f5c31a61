/** The nets whose grids tests/reference/adaptive holds, walked in float64. */
import { resolve } from 'node:path';
import { readArrays } from '../../../src/main/engine/data';
import { openModel } from '../../../src/main/engine/formats';
import type { Graph, ValueId } from '../../../src/main/engine/graph/graph';
import {
  evenPoint,
  type Chain,
  type Point,
  type Slice,
  type Walked,
} from '../../../src/main/engine/attribution/adaptive/points';
import { SecantTwin, type Activations } from '../../reference/secant';
import { folder, openCase, type CaseName } from '../cases';

export const field = (name: string): string => resolve(import.meta.dirname, '../../field', name);

export interface Net {
  readonly graph: Graph;
  /** Where the path starts: values at the baseline and at the input. */
  readonly start: ReadonlyMap<ValueId, readonly [Float64Array, Float64Array]>;
  readonly target: { readonly value: ValueId; readonly index: number };
  /** Ours by the names of expected.json. */
  readonly layers: Readonly<Record<string, ValueId>>;
}

const valueOf = (graph: Graph, layer: string): ValueId => graph.layers.find(({ name }) => name === layer)!.output;

/** Reference cases by the names of expected.json. */
export async function openNet(name: string, layers: readonly string[]): Promise<Net> {
  if (name === 'llama' || name === 'lib') return openField(name, layers);
  const reference = await openCase(name as CaseName);
  const { graph } = reference;
  const arrays = await readArrays(`${folder(name as CaseName)}/inputs.npz`);
  const target = valueOf(graph, name === 'gated' ? 'logit' : 'logits');
  return {
    graph,
    start: new Map(
      graph.inputs.map(({ value }, i) => {
        const [from, to] = [arrays[`baseline_${i}`]!.data, arrays[`input_${i}`]!.data];
        return [value, [Float64Array.from(from), Float64Array.from(to.subarray(0, from.length))]];
      }),
    ),
    target: { value: target, index: Number(reference.truth['target_index']!.data[0]) },
    layers: Object.fromEntries(
      layers.map((layer) => [
        layer,
        /^input_\d$/.test(layer) ? graph.inputs[Number(layer.at(-1))]!.value : valueOf(graph, layer),
      ]),
    ),
  };
}

/** What each layer of a block is called in the exported file. */
const OURS: Readonly<Record<string, string>> = {
  att: 'Reshape_3',
  r1: 'Add_1',
  silu: 'Mul',
  glu: 'Mul_1',
  r2: 'Add_2',
  log: 'Log',
};

async function openField(name: 'llama' | 'lib', layers: readonly string[]): Promise<Net> {
  const path = field(name === 'llama' ? 'norm-at-zero' : 'library-size');
  const { graph } = await openModel(`${path}/${name}.onnx`);
  const arrays = await readArrays(`${path}/inputs.npz`);
  const { shape, data } = Object.values(arrays)[0]!;
  const first = Float64Array.from(data.subarray(0, data.length / shape[0]!));
  const [input] = graph.inputs;
  // Token ids start the path at their embedding.
  const start = name === 'llama' ? valueOf(graph, 'emb') : input!.value;
  const to = new SecantTwin(graph).forward(new Map([[input!.value, first]])).get(start)!.data;
  const ours = (layer: string): string => {
    if (name === 'lib') return layer === 'norm' ? 'Mul' : (OURS[layer] ?? layer);
    const [, block, own] = /^blocks\.(\d)\.(.*)$/.exec(layer) ?? [];
    return own ? `${block === '0' ? '' : `blocks.${block}/`}${OURS[own] ?? own}` : layer;
  };
  return {
    graph,
    start: new Map([[start, [new Float64Array(to.length), to]]]),
    target: { value: graph.outputs[0]!.value, index: name === 'llama' ? 7 : 2 },
    layers: Object.fromEntries(layers.map((layer) => [layer, valueOf(graph, ours(layer))])),
  };
}

/** Walks what a grid asks for; activations of a point are made once. */
export class TwinWalker {
  readonly slices: readonly Slice[];
  readonly #twin: SecantTwin;
  readonly #at = new Map<string, Activations>();

  constructor(private readonly net: Net) {
    this.#twin = new SecantTwin(net.graph, net.target);
    let end = 0;
    const input = this.#point(evenPoint(1, 1));
    this.slices = Object.values(net.layers).map((id) => ({ begin: end, end: (end += input.get(id)!.data.length) }));
  }

  walk(chains: readonly Chain[]): Walked[] {
    return chains.map(({ points: [a, m, b], whole }) => ({
      first: this.#segment(a, m),
      second: this.#segment(m, b),
      whole: whole ? this.#segment(a, b) : null,
    }));
  }

  #segment(from: Point, to: Point): Float64Array {
    const contributions = this.#twin.walk(this.#point(from), this.#point(to));
    const result = new Float64Array(this.slices.at(-1)!.end);
    Object.values(this.net.layers).forEach((id, i) => result.set(contributions.get(id)!, this.slices[i]!.begin));
    return result;
  }

  #point(point: Point): Activations {
    const key = `${point.side} ${point.t}`;
    const known = this.#at.get(key);
    if (known) return known;
    const { side, t } = point;
    const start = new Map(
      [...this.net.start].map(([id, [from, to]]) => [
        id,
        from.map((value, i) => (side === 0 ? value + t * (to[i]! - value) : to[i]! - t * (to[i]! - value))),
      ]),
    );
    const made = this.#twin.forward(start);
    this.#at.set(key, made);
    return made;
  }
}
