/** The thread in which files are read: see `index.ts`. One at a time. */
import { parentPort } from 'node:worker_threads';
import { MhoError } from '../../../contract/errors';
import type { FromThread, ToThread } from './index';
import { type Answer, type Asked, type Kind, type Read, type Reader, readers } from './readers';

const say = (message: FromThread, moved: readonly ArrayBuffer[] = []): void => parentPort!.postMessage(message, moved);

/** Progress is told so many times at most, and whenever there is more to come. */
const TOLD = 200;

async function read<Of extends Kind>({ kind, asked }: ToThread<Of>): Promise<void> {
  let [done, total, told] = [0, 0, 0];
  const tell = (): void => {
    told = done;
    say({ done, total });
  };
  say({ onDisk: 0 });
  try {
    const reader = readers[kind] as Reader<Asked<Of>, Answer<Of>>;
    const { value, arrays } = await reader(asked, {
      onDisk: (onDisk) => say({ onDisk }),
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
    say({ value }, memoryOf(arrays));
  } catch (error) {
    if (error instanceof MhoError)
      say({
        fault: { code: error.code, details: error.details, ways: error.ways },
        cause: error.cause instanceof Error ? error.cause : undefined,
      });
    else say({ failed: error instanceof Error ? error : new Error(String(error)) });
  }
}

const memoryOf = (arrays: Read<unknown>['arrays']): ArrayBuffer[] => [
  ...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer)),
];

parentPort!.on('message', (message: ToThread) => void read(message));
