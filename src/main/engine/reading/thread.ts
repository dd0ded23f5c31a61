/** A thread in which files are read: see `index.ts`. One at a time. */
import { parentPort } from 'node:worker_threads';
import { MhoError } from '../../../contract/errors';
import type { FromThread, ToThread } from './index';
import type { Read, Reader } from './reader';
import type { Answer, Asked, Kind } from './readers';

const say = (message: FromThread, moved: readonly ArrayBuffer[] = []): void => parentPort!.postMessage(message, moved);

/** Progress is told so many times at most, and whenever there is more to come. */
const TOLD = 200;

async function read<Of extends Kind>(reader: Reader<Asked<Of>, Answer<Of>>, asked: Asked<Of>): Promise<void> {
  let [done, total, told] = [0, 0, 0];
  const tell = (): void => {
    told = done;
    say({ done, total });
  };
  say({ onDisk: 0 });
  try {
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

/** Answers whoever started this thread. */
export function answering(readers: { readonly [Of in Kind]?: Reader<never, unknown> }): void {
  parentPort!.on(
    'message',
    ({ kind, asked }: ToThread) => void read(readers[kind] as Reader<Asked<Kind>, Answer<Kind>>, asked),
  );
}
