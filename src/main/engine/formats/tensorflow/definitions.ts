/** Graphs as TensorFlow's own files hold them, in protobuf. */
import { MhoError } from '../../../../contract/errors';
import { entries } from '../protobuf';
import type { TfFunction } from './graph';
import { nodeFromProto } from './node';
import type { FunctionDef, GraphDef } from './proto';

/** The functions of a graph, by name. */
export const functionsOf = (graph: GraphDef | null): ReadonlyMap<string, TfFunction> =>
  new Map(
    (graph?.library?.functions ?? []).flatMap((each) =>
      each.signature ? [[each.signature.name, functionOf(each)] as const] : [],
    ),
  );

function functionOf({ signature, nodes, returns }: FunctionDef): TfFunction {
  const given = entries(returns);
  return {
    inputs: signature!.inputs.map(({ name }) => name),
    nodes: nodes.map(nodeFromProto),
    outputs: signature!.outputs.map(({ name }) => given.get(name) ?? ''),
  };
}

/** Reads what a file holds. @throws MODEL_DAMAGED where it cannot be */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // Readers of bytes raise errors of their own; anything else is a fault of ours and stays one.
    if (
      !(error instanceof Error) ||
      error instanceof MhoError ||
      error instanceof TypeError ||
      error instanceof ReferenceError
    )
      throw error;
    throw new MhoError('MODEL_DAMAGED', { path, reason: error.message }, { cause: error });
  }
}
