/** Which inputs of an ONNX graph have their channels first: those that windows move over, or that reach windows value by value. */
import type { OnnxGraph } from './proto';

/** Ops whose data lie as `[examples, channels, …places]`, by their names without a domain. */
const CHANNELS_FIRST: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'ConvInteger',
  'QLinearConv',
  'DeformConv',
  'FusedConv',
  'MaxPool',
  'AveragePool',
  'LpPool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'GlobalLpPool',
  'QLinearAveragePool',
  'QLinearGlobalAveragePool',
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LRN',
  'DepthToSpace',
  'SpaceToDepth',
]);

/** Ops that give a value of the same axes as their first input: what stands before the first window. */
const KEEPS: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'Cast',
  'CastLike',
  'Ceil',
  'Clip',
  'Concat',
  'CropAndResize',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'DynamicQuantizeLinear',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Log',
  'Max',
  'Min',
  'Mod',
  'Mul',
  'Neg',
  'PRelu',
  'Pad',
  'Pow',
  'QLinearAdd',
  'QLinearMul',
  'QuantizeLinear',
  'Reciprocal',
  'Relu',
  'Resize',
  'Round',
  'Sigmoid',
  'Slice',
  'Softplus',
  'Sqrt',
  'Sub',
  'Sum',
  'Tanh',
  'Upsample',
  'Where',
]);

/** Whether a node of this op stands on such a way, or at its end. */
export const leadsToChannels = (op: string): boolean => CHANNELS_FIRST.has(op) || KEEPS.has(op);

/** Names of inputs that are, or reach value by value, the data of an op on channels first. Only the graph's own nodes are followed. */
export function channelsFirstOf(graph: OnnxGraph): Set<string> {
  const { nodes } = graph;
  const constants = new Set(graph.initialisers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  /** Per value, the inputs that it holds number by number. */
  const from = new Map<string, ReadonlySet<string>>(inputs.map(({ name }) => [name, new Set([name])]));
  const found = new Set<string>();
  for (const { op, inputs: read, outputs } of nodes) {
    const [data = ''] = read;
    if (CHANNELS_FIRST.has(op)) for (const name of from.get(data) ?? []) found.add(name);
    if (!KEEPS.has(op)) continue;
    const held = new Set(read.flatMap((name) => [...(from.get(name) ?? [])]));
    const [value] = outputs;
    if (value && held.size > 0) from.set(value, held);
  }
  return found;
}
