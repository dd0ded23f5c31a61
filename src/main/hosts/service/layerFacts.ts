/** What a layer is made of: its ops with their options, and filters that can be looked at. */
import { MhoError } from '../../../contract/errors';
import type { NumericArray } from '../../../contract/attribution';
import type { LayerFacts } from '../../../contract/layerFacts';
import type { Graph, Layer, Node } from '../../engine/graph/graph';
import type { OpName } from '../../engine/graph/ops';
import { kernelBehind } from '../../engine/graph/kernels';
import { layerNamed, layersOfNodes } from '../../engine/graph/layers';
import { nodeSupport } from '../../engine/graph/support';

const MOST_OPS = 200;
const MOST_FILTERS = 64;
/** Letters of an option; tables of numbers are no reading. */
const LONGEST = 80;

/** Ops that layers are given as activations: other functions are what a layer computes. */
const ACTIVATIONS: ReadonlySet<string> = new Set([
  'relu',
  'clippedRelu',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'celu',
  'gelu',
  'geluTanh',
  'sigmoid',
  'logSigmoid',
  'hardSigmoid',
  'silu',
  'hardSilu',
  'mish',
  'softplus',
  'softsign',
  'tanh',
  'tanhShrink',
  'softShrink',
  'hardShrink',
  'threshold',
  'squarePlus',
  'sparsePlus',
  'sparseSigmoid',
  'softmax',
  'logSoftmax',
] satisfies readonly OpName[]);

/** @throws LAYER_UNKNOWN */
export function layerFacts(graph: Graph, name: string): LayerFacts {
  const layer = layerNamed(graph, name);
  if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: '' });
  const layerOf = layersOfNodes(graph);
  const nodes = graph.nodes.filter((node) => layerOf(node) === layer).slice(0, MOST_OPS);
  return {
    ops: nodes.map((node) => ({
      op: node.op === 'unknown' ? (node as Node<'unknown'>).attributes.kind : node.op,
      name: node.name,
      shape: graph.values[node.output]!.shape,
      options: optionsOf(node),
      ...nodeSupport(graph, node),
    })),
    activations: [
      ...new Set(
        nodes
          .filter(({ op }) => ACTIVATIONS.has(op))
          .map((node) => [node.op, ...optionsOf(node).map((option) => option.join(' '))].join(' ')),
      ),
    ],
    aliases: [...(graph.aliases ?? [])].filter(([, value]) => value === layer.output).map(([alias]) => alias),
    filters: filtersOf(graph, layer),
  };
}

/** The attributes of a node that are numbers and words. */
function optionsOf({ attributes }: Node): [string, string][] {
  const options: [string, string][] = [];
  for (const [name, value] of Object.entries(attributes as Readonly<Record<string, unknown>>)) {
    const text = textOf(value);
    if (text !== null) options.push([name, text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text]);
  }
  return options;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' || typeof value === 'string') return String(value);
  if (!Array.isArray(value)) return null;
  if (value.every((each) => typeof each === 'number')) return value.join(' × ');
  const pairs = value.map(textOf);
  return pairs.includes(null) ? null : pairs.join(', ');
}

/** Windows over pictures of one or three channels, as pictures. */
function filtersOf(graph: Graph, layer: Layer): NumericArray | null {
  const kernel = kernelBehind(graph, layer)?.kernel;
  if (kernel?.kind !== 'conv' || kernel.window.length !== 2) return null;
  const channels = kernel.ins / kernel.groups;
  const [height, width] = kernel.window as [number, number];
  if ((channels !== 1 && channels !== 3) || height * width < 4) return null;
  const count = Math.min(MOST_FILTERS, kernel.outs);
  const data = new Float32Array(count * height * width * channels);
  let place = 0;
  for (let filter = 0; filter < count; filter++)
    for (let at = 0; at < height * width; at++)
      for (let channel = 0; channel < channels; channel++) data[place++] = kernel.data[kernel.at(at, channel, filter)]!;
  return { shape: [count, height, width, channels], data };
}
