/**
 * Which cores TensorFlow runs a recorded graph by. Its sessions take that from a ConfigProto
 * (tensorflow/core/protobuf/config.proto), which reaches them through session.cc.
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { availableParallelism } from 'node:os';
import { message } from './graphFile';

const { Varint, LengthDelimited } = WireType;

/** `each`: one core for every lane. `all`: every kernel is shared by all cores. */
export type Cores = 'each' | 'all';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function configOf(cores: Cores): Uint8Array {
  // Looking for a better graph (Grappler) takes several times what a run does, and finds nothing.
  const rewriting = message((to) => to.tag(19, Varint).bool(true));
  const graph = message((to) => to.tag(10, LengthDelimited).bytes(rewriting));
  return message((to) => {
    to.tag(2, Varint).int32(cores === 'each' ? 1 : availableParallelism()); // threads of a kernel
    to.tag(5, Varint).int32(-1); // kernels one by one, by the thread that asks
    to.tag(10, LengthDelimited).bytes(graph);
  });
}

/** Calls `open`, in which the binding opens a session, for these cores. */
export function withSessionConfig<Result>(cores: Cores, open: () => Result): Result {
  process.env.MHO_SESSION_CONFIG = hexOf(configOf(cores));
  try {
    return open();
  } finally {
    delete process.env.MHO_SESSION_CONFIG;
  }
}
