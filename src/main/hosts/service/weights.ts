/** A layer's weights, and those of one of its units: what they are as a whole, what comes in, what goes out. */
import { MhoError } from '../../../contract/errors';
import type { Connections, KernelSummary, LayerWeights } from '../../../contract/weights';
import type { Graph } from '../../engine/graph/graph';
import { kernelBehind, kernelsAfter, layerInto, type Kernel, type Reading } from '../../engine/graph/kernels';
import { layerNamed, layersOfNodes } from '../../engine/graph/layers';

const BINS = 32;
/** Kernels that are told of a unit that many read. */
const MOST_AFTER = 32;

/**
 * @param unit null for the kernel alone
 * @throws LAYER_UNKNOWN
 */
export function layerWeights(graph: Graph, name: string, unit: number | null): LayerWeights {
  const layer = layerNamed(graph, name);
  if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: '' });
  const made = kernelBehind(graph, layer);
  const kernel = made && summaryOf(made.kernel);
  const units = layer.unitAxis === null ? null : (graph.values[layer.output]!.shape[layer.unitAxis] ?? null);
  if (unit === null || (units !== null && unit >= units)) return { kernel, incoming: null, outgoing: [] };
  const layerOf = layersOfNodes(graph);
  return {
    kernel,
    incoming: made?.units
      ? { ...into(made.kernel, unit), layer: layerInto(graph, made.kernel)?.name ?? null, bias: made.bias ? made.bias.data[unit]! : null } // prettier-ignore
      : null,
    outgoing: kernelsAfter(graph, layer, MOST_AFTER).map((reading) => ({
      ...outOf(reading, unit),
      layer: layerOf(reading.kernel.node)?.name ?? null,
    })),
  };
}

function summaryOf({ kind, data, window, ins, outs, groups, strides, dilations }: Kernel): KernelSummary {
  let [min, max, sum, zeros] = [Infinity, -Infinity, 0, 0];
  for (const weight of data) {
    if (weight < min) min = weight;
    if (weight > max) max = weight;
    if (weight === 0) zeros++;
    sum += weight;
  }
  const mean = sum / data.length;
  const histogram = new Array<number>(BINS).fill(0);
  const scale = max > min ? BINS / (max - min) : 0;
  let squares = 0;
  for (const weight of data) {
    squares += (weight - mean) ** 2;
    const bin = Math.min(BINS - 1, Math.floor((weight - min) * scale));
    if (bin >= 0) histogram[bin]!++; // a weight that is no number lies nowhere
  }
  const deviation = Math.sqrt(squares / data.length);
  return {
    kind,
    shape: [...window, ins / groups, outs],
    strides,
    dilations,
    groups,
    min,
    max,
    mean,
    deviation,
    zeros,
    histogram,
  };
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** What an output is made of. */
function into({ data, window, ins, outs, groups, at }: Kernel, output: number): Omit<Connections, 'layer'> {
  const each = ins / groups;
  const places = product(window);
  const weights = new Float32Array(places * each);
  for (let w = 0; w < places; w++)
    for (let input = 0; input < each; input++) weights[w * each + input] = data[at(w, input, output)]!;
  return { weights: { shape: [...window, each], data: weights }, first: Math.floor((output * groups) / outs) * each };
}

/** What reads a unit: of a kernel behind a flattening once for each of its positions. */
function outOf({ kernel, count, stride }: Reading, unit: number): Omit<Connections, 'layer'> {
  const { data, window, ins, outs, groups, at } = kernel;
  const [each, per] = [ins / groups, outs / groups];
  const inputs = Array.from({ length: ins }, (_, input) => input).filter(
    (input) => Math.floor(input / stride) % count === unit,
  );
  const first = Math.floor(inputs[0]! / each) * per;
  const places = product(window);
  const weights = new Float32Array(places * inputs.length * per);
  let place = 0;
  for (let w = 0; w < places; w++)
    for (const input of inputs) for (let o = 0; o < per; o++) weights[place++] = data[at(w, input % each, first + o)]!;
  const shape = [...window, ...(inputs.length > 1 ? [inputs.length] : []), per];
  return { weights: { shape, data: weights }, first };
}
