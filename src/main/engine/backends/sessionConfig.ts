/**
 * Which cores TensorFlow runs a recorded graph by. Its sessions take that from a ConfigProto
 * (tensorflow/core/protobuf/config.proto), which reaches them through scripts/setup/session.cc.
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { availableParallelism } from 'node:os';
import { message } from './graphFile';

const { Varint, LengthDelimited } = WireType;

/**
 * `one`: what is small is done on one core before a second has begun. `each`: one core for every part of the work. `all`: every
 * kernel is shared by all cores.
 */
export type Cores = 'one' | 'each' | 'all';

/** How many ops run at once, and by how many threads each. */
function threadsOf(cores: Cores): { readonly across: number; readonly within: number } {
  const all = availableParallelism();
  return { across: cores === 'each' ? all : 1, within: cores === 'all' ? all : 1 };
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function configOf(cores: Cores): Uint8Array {
  const { across, within } = threadsOf(cores);
  // oneDNN's kernels are made for a number of threads and kept by the thread that first ran them: each kind has its own threads.
  const pool = message((to) => to.tag(1, Varint).int32(across).tag(2, LengthDelimited).string(`mho-${cores}`));
  // Looking for a better graph (Grappler) takes several times what a run does, and finds nothing.
  const rewriting = message((to) => to.tag(19, Varint).bool(true));
  const graph = message((to) => to.tag(10, LengthDelimited).bytes(rewriting));
  return message((to) => {
    to.tag(2, Varint).int32(within);
    to.tag(10, LengthDelimited).bytes(graph);
    to.tag(12, LengthDelimited).bytes(pool);
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
