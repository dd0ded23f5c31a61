/** A TensorFlow graph as its importer takes it, whether it comes as protobuf (SavedModel) or as JSON (GraphModel). */
import type { Binding } from '../sizes';
import type { HostArray } from '../tensors/array';
import type { TfNode } from './node';

export interface TfPort {
  /** As the signature names it. */
  readonly name: string;
  /** `node:0` */
  readonly tensor: string;
  /** With the batch axis; −1 where free, null where the signature says nothing. */
  readonly shape: readonly number[] | null;
  readonly type: number;
}

export interface TfFunction {
  readonly inputs: readonly string[];
  readonly nodes: readonly TfNode[];
  /** In the order of the function's outputs: `node:output:0`. */
  readonly outputs: readonly string[];
}

export interface TfGraph {
  readonly path: string;
  readonly name: string;
  readonly nodes: readonly TfNode[];
  readonly functions: ReadonlyMap<string, TfFunction>;
  readonly inputs: readonly TfPort[];
  readonly outputs: readonly TfPort[];
  /** Gives inputs the sizes that were chosen. */
  readonly bind: Binding;
  /** A variable's numbers, by the name of the node that makes its handle in the main graph. */
  readonly variable: (handle: string) => HostArray | null;
  /** Names of layers that variables belong to, where the file tells. */
  readonly layers?: ReadonlySet<string>;
  /** Constants kept outside the graph, by node name. */
  readonly weight: (node: string) => HostArray | null;
}

/** The node a reference names. */
export const nodeOf = (reference: string): string => reference.replace(/^\^/, '').split(':')[0]!;
