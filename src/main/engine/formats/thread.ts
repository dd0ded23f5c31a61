/** The thread in which models are opened: see `index.ts`. One at a time. */
import { parentPort } from 'node:worker_threads';
import { MhoError } from '../../../contract/errors';
import type { FromThread, ToThread } from './index';
import { openFound, type OpenedModel } from './recognise';

const say = (message: FromThread, moved: readonly ArrayBuffer[] = []): void => parentPort!.postMessage(message, moved);

/** Progress is told so many times at most, and whenever there is more to come. */
const TOLD = 200;

async function open({ path, room }: ToThread): Promise<void> {
  let [done, total, told] = [0, 0, 0];
  const tell = (): void => {
    told = done;
    say({ done, total });
  };
  say({ onDisk: 0 });
  try {
    const model = await openFound(path, {
      room,
      onFile: (onDisk) => say({ onDisk }),
      expect: (bytes) => {
        total += bytes;
        tell();
      },
      read: (bytes) => {
        done = Math.min(total, done + bytes);
        if (done - told >= total / TOLD) tell();
      },
    });
    if (told < done) tell();
    say({ model }, weightsOf(model));
  } catch (error) {
    if (error instanceof MhoError)
      say({
        fault: { code: error.code, details: error.details },
        cause: error.cause instanceof Error ? error.cause : undefined,
      });
    else say({ failed: error instanceof Error ? error : new Error(String(error)) });
  }
}

/** The memory of all weights, which goes over to the thread that asked. */
const weightsOf = ({ graph }: OpenedModel): ArrayBuffer[] => [
  ...new Set(graph.values.flatMap(({ constant }) => (constant ? [constant.data.buffer as ArrayBuffer] : []))),
];

parentPort!.on('message', (message: ToThread) => void open(message));
