/** The messages of an ONNX file that matter here (onnx.proto, IR version 13). */
import {
  bytes,
  type Decoded,
  double,
  float,
  int32,
  int64,
  many,
  maybe,
  message,
  one,
  string,
  WireFault,
} from '../protobuf';

const StringEntry = message({ key: one(1, string), value: one(2, string) });

export const TensorProto = message({
  dims: many(1, int64),
  dataType: one(2, int32),
  floatData: many(4, float),
  int32Data: many(5, int32),
  stringData: many(6, bytes),
  int64Data: many(7, int64),
  name: one(8, string),
  rawData: maybe(9, bytes),
  doubleData: many(10, double),
  uint64Data: many(11, int64),
  externalData: many(13, StringEntry),
  dataLocation: one(14, int32),
});
export type TensorProto = Decoded<typeof TensorProto>;

const Dimension = message({ value: maybe(1, int64), parameter: maybe(2, string) });
const TensorType = message({ elementType: one(1, int32), shape: maybe(2, message({ dims: many(1, Dimension) })) });
const ValueInfo = message({ name: one(1, string), type: maybe(2, message({ tensor: maybe(1, TensorType) })) });
export type ValueInfo = Decoded<typeof ValueInfo>;

/** Subgraphs stay unread until a node needs them: see `subgraphOf`. */
const Attribute = message({
  name: one(1, string),
  f: one(2, float),
  i: one(3, int64),
  s: one(4, string),
  t: maybe(5, TensorProto),
  graph: maybe(6, bytes),
  floats: many(7, float),
  ints: many(8, int64),
  strings: many(9, string),
  type: one(20, int32),
  /** Inside a function: the name of the attribute of the call that it stands for. */
  reference: one(21, string),
});
export type Attribute = Decoded<typeof Attribute>;

const Node = message({
  inputs: many(1, string),
  outputs: many(2, string),
  name: one(3, string),
  op: one(4, string),
  attributes: many(5, Attribute),
  domain: one(7, string),
  overload: one(8, string),
  metadata: many(9, StringEntry),
});
export type OnnxNode = Decoded<typeof Node>;

const Graph = message({
  nodes: many(1, Node),
  name: one(2, string),
  initialisers: many(5, TensorProto),
  inputs: many(11, ValueInfo),
  outputs: many(12, ValueInfo),
  values: many(13, ValueInfo),
  sparse: many(15, bytes),
});
export type OnnxGraph = Decoded<typeof Graph>;

const subgraphs = new WeakMap<Uint8Array, OnnxGraph>();
/** The graph inside an attribute of If, Loop or Scan, read once. */
export function subgraphOf(attribute: Attribute | undefined): OnnxGraph | null {
  const bytes = attribute?.graph;
  if (!bytes) return null;
  const known = subgraphs.get(bytes) ?? Graph.decode(bytes);
  subgraphs.set(bytes, known);
  return known;
}

/** Graphs within graphs beyond which a file is taken as damaged. */
const DEEPEST = 64;
/** Every tensor of a graph or function: initialisers and attributes, those of subgraphs too. */
export function tensorsOf(
  { initialisers, nodes }: Pick<OnnxGraph, 'nodes'> & Partial<Pick<OnnxGraph, 'initialisers'>>,
  depth = 0,
): TensorProto[] {
  if (depth > DEEPEST) throw new WireFault('graphs lie in each other too deeply');
  return [
    ...(initialisers ?? []),
    ...nodes.flatMap((node) =>
      node.attributes.flatMap((attribute) => {
        const inner = subgraphOf(attribute);
        return [...(attribute.t ? [attribute.t] : []), ...(inner ? tensorsOf(inner, depth + 1) : [])];
      }),
    ),
  ];
}

const OpsetId = message({ domain: one(1, string), version: one(2, int64) });

/** A node that the file itself says how to compute. */
const Function = message({
  name: one(1, string),
  inputs: many(4, string),
  outputs: many(5, string),
  attributes: many(6, string),
  nodes: many(7, Node),
  opsets: many(9, OpsetId),
  domain: one(10, string),
  /** Attributes with the values that they have where a call tells none. */
  defaults: many(11, Attribute),
  overload: one(13, string),
});
export type OnnxFunction = Decoded<typeof Function>;

export const ModelProto = message({
  irVersion: one(1, int64),
  producer: one(2, string),
  producerVersion: one(3, string),
  graph: maybe(7, Graph),
  opsets: many(8, OpsetId),
  metadata: many(14, StringEntry),
  functions: many(25, Function),
});
export type ModelProto = Decoded<typeof ModelProto>;
