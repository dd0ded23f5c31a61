/** The messages of TensorFlow's files that matter here (saved_model.proto, graph.proto, tensor_bundle.proto and others). */
import {
  bool,
  bytes,
  type Decoded,
  double,
  fixed32,
  float,
  int32,
  int64,
  many,
  maybe,
  message,
  one,
  string,
} from '../protobuf';

const TensorShape = message({ dims: many(2, message({ size: one(1, int64) })), unknownRank: one(3, bool) });
export type TensorShape = Decoded<typeof TensorShape>;

export const TensorProto = message({
  dtype: one(1, int32),
  shape: maybe(2, TensorShape),
  content: one(4, bytes),
  halfVal: many(13, int32),
  floatVal: many(5, float),
  doubleVal: many(6, double),
  intVal: many(7, int32),
  stringVal: many(8, bytes),
  complexVal: many(9, float),
  doubleComplexVal: many(12, double),
  int64Val: many(10, int64),
  boolVal: many(11, bool),
});
export type TensorProto = Decoded<typeof TensorProto>;

/** Attributes of a function given by name stay unread. */
const FunctionName = message({ name: one(1, string) });
const ListValue = message({
  s: many(2, bytes),
  i: many(3, int64),
  f: many(4, float),
  b: many(5, bool),
  type: many(6, int32),
  shape: many(7, TensorShape),
  func: many(9, FunctionName),
});
export const AttrValue = message({
  s: maybe(2, bytes),
  i: maybe(3, int64),
  f: maybe(4, float),
  b: maybe(5, bool),
  type: maybe(6, int32),
  shape: maybe(7, TensorShape),
  tensor: maybe(8, TensorProto),
  list: maybe(1, ListValue),
  func: maybe(10, FunctionName),
});
export type AttrValue = Decoded<typeof AttrValue>;

const AttrEntry = message({ key: one(1, string), value: one(2, AttrValue) });
export const NodeDef = message({
  name: one(1, string),
  op: one(2, string),
  inputs: many(3, string),
  attributes: many(5, AttrEntry),
});
export type NodeDef = Decoded<typeof NodeDef>;

const ArgDef = message({ name: one(1, string), type: one(3, int32) });
const FunctionDef = message({
  signature: maybe(1, message({ name: one(1, string), inputs: many(2, ArgDef), outputs: many(3, ArgDef) })),
  nodes: many(3, NodeDef),
  returns: many(4, message({ key: one(1, string), value: one(2, string) })),
});
export type FunctionDef = Decoded<typeof FunctionDef>;

export const GraphDef = message({
  nodes: many(1, NodeDef),
  library: maybe(2, message({ functions: many(1, FunctionDef) })),
});
export type GraphDef = Decoded<typeof GraphDef>;

const TensorInfo = message({ name: one(1, string), dtype: one(2, int32), shape: maybe(3, TensorShape) });
const TensorEntry = message({ key: one(1, string), value: one(2, TensorInfo) });
const SignatureDef = message({ inputs: many(1, TensorEntry), outputs: many(2, TensorEntry), method: one(3, string) });
export type SignatureDef = Decoded<typeof SignatureDef>;

/** Which objects a function's last inputs are. */
const SavedFunction = message({ bound: many(2, int32) });
/** An object that was saved: what hangs on it, and what it is. Variables have their names, functions those that they were traced to. */
const SavedObject = message({
  children: many(1, message({ node: one(1, int32), name: one(2, string) })),
  function: maybe(6, message({ concrete: many(1, string) })),
  variable: maybe(7, message({ name: one(6, string) })),
});
const MetaGraphDef = message({
  info: maybe(1, message({ tags: many(4, string), version: one(5, string) })),
  graph: maybe(2, GraphDef),
  signatures: many(5, message({ key: one(1, string), value: one(2, SignatureDef) })),
  objects: maybe(
    7,
    message({
      nodes: many(1, SavedObject),
      functions: many(2, message({ key: one(1, string), value: one(2, SavedFunction) })),
    }),
  ),
});
export type MetaGraphDef = Decoded<typeof MetaGraphDef>;

export const SavedModelProto = message({ version: one(1, int64), metaGraphs: many(2, MetaGraphDef) });

// checkpoints
export const BundleHeader = message({ shards: one(1, int32), endianness: one(2, int32) });
export const BundleEntry = message({
  dtype: one(1, int32),
  shape: maybe(2, TensorShape),
  shard: one(3, int32),
  offset: one(4, int64),
  size: one(5, int64),
  crc: one(6, fixed32),
  slices: many(7, bytes),
});
export type BundleEntry = Decoded<typeof BundleEntry>;
const SerialisedTensor = message({ name: one(1, string), fullName: one(2, string), key: one(3, string) });
const TrackableObject = message({ attributes: many(2, SerialisedTensor) });
export const ObjectGraph = message({ nodes: many(1, TrackableObject) });
