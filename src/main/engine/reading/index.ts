/**
 * Models, data and sessions are read in a thread of their own: files come from strangers, and whatever their bytes make a
 * reader do, it can be ended, by the user, by the clock or by what its memory may hold.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, MhoError } from '../../../contract/errors';
import type { Answer, Asked, Kind } from './readers';

/** Ends a reading from outside, whatever is being read. */
export interface Cancel {
  readonly signal?: AbortSignal;
}

export interface ReadingOptions extends Cancel {
  /** Told while weights are read, in bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  /** What the reader's objects may take, numbers of arrays not among them; else as files of that size need. */
  readonly heapMb?: number;
}

/** What the thread is asked. */
export interface ToThread<Of extends Kind = Kind> {
  readonly kind: Of;
  readonly asked: Asked<Of>;
}
/** What it says: how far it is, how much the files have together, and one of the last three at the end. */
export type FromThread =
  | { readonly done: number; readonly total: number }
  | { readonly onDisk: number }
  | { readonly value: Answer<Kind> }
  | { readonly fault: Pick<MhoError, 'code' | 'details' | 'ways'>; readonly cause: unknown }
  | { readonly failed: Error };

/** How a reader that had to be ended is told. */
const ENDED = {
  model: { slow: 'MODEL_SLOW', large: 'MODEL_TOO_LARGE', what: 'the memory for its nodes and names' },
  arrays: { slow: 'FILE_SLOW', large: 'INPUT_TOO_LARGE', what: 'the memory for what it holds beside its numbers' },
  data: { slow: 'FILE_SLOW', large: 'INPUT_TOO_LARGE', what: 'the memory for what it holds beside its numbers' },
  column: { slow: 'FILE_SLOW', large: 'INPUT_TOO_LARGE', what: 'the memory for what it holds beside its numbers' },
  session: { slow: 'FILE_SLOW', large: 'SESSION_TOO_LARGE', what: 'the memory for its runs and layers' },
} as const satisfies Record<Kind, { slow: ErrorCode; large: ErrorCode; what: string }>;

/** Starting the thread, on a machine that is busy with other things. */
const START_SECONDS = 60;
/** A model of a few megabytes is open in half a second, one of 100,000 nodes in some seven; a picture may take thirty. */
const LEAST_SECONDS = 60;
/** The slowest disk, the slowest translation and the slowest table. */
const BYTES_PER_SECOND = 1e6;

/** What the thread's objects may take, numbers of arrays not among them: 100,000 nodes take some 300 MB. */
const HEAP_MB = 1024;
/** Larger files may hold more. */
const LARGE_BYTES = 64e6;
const LARGE_HEAP_MB = Math.max(HEAP_MB, Math.min(4096, Math.floor(totalmem() / 2 ** 21)));

/** A thread that waits for another file is kept so long. */
const KEPT_MS = 20_000;

/**
 * Has a file read in the thread.
 * @param asked names the file by its whole path
 * @throws MhoError what the reader throws; MODEL_SLOW or FILE_SLOW, …_TOO_LARGE, OPENING_CANCELLED where it was ended
 */
export async function readInThread<Of extends Kind>(
  kind: Of,
  asked: Asked<Of>,
  { onProgress, signal, heapMb: given }: ReadingOptions = {},
): Promise<Answer<Of>> {
  const { path } = asked;
  const told = ENDED[kind];
  const cancelled = (): MhoError => new MhoError('OPENING_CANCELLED', { name: basename(path) });
  const heapMb = given ?? ((await bytesAt(path)) > LARGE_BYTES ? LARGE_HEAP_MB : HEAP_MB);
  if (signal?.aborted) throw cancelled();
  const tooLarge = (): MhoError =>
    new MhoError(told.large, { path, what: told.what, have: `above ${heapMb} MB`, limit: `${heapMb} MB` });
  const thread = threadOf(PROGRAMS[kind], heapMb);
  let answered = false;
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  try {
    return await new Promise<Answer<Of>>((done, reject) => {
      stop = () => reject(cancelled());
      signal?.addEventListener('abort', stop);
      const begun = performance.now();
      const within = (seconds: number): void => {
        clearTimeout(timer);
        // Where this thread was the busy one, the answer may be waiting: it is heard before the time counts as over.
        const over = (): void => void setImmediate(() => reject(new MhoError(told.slow, { path, seconds })));
        timer = setTimeout(over, begun + seconds * 1000 - performance.now());
      };
      within(START_SECONDS);
      thread.heard = (message) => {
        if ('done' in message) onProgress?.(message.done, message.total);
        else if ('onDisk' in message) within(LEAST_SECONDS + Math.ceil(message.onDisk / BYTES_PER_SECOND));
        else {
          answered = true;
          if ('value' in message) done(message.value as Answer<Of>);
          else if ('fault' in message)
            reject(
              new MhoError(message.fault.code, message.fault.details, {
                cause: message.cause,
                ways: message.fault.ways,
              }),
            );
          else reject(message.failed);
        }
      };
      thread.ended = (error) => reject(error?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : error);
      thread.worker.ref();
      thread.worker.postMessage({ kind, asked } satisfies ToThread<Of>);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    if (answered) keep(thread);
    else void thread.worker.terminate();
  }
}

/** Bytes of a file, or of the files in a folder: a look, for a first guess. */
async function bytesAt(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  if (!info?.isDirectory()) return info?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = names.slice(0, 1000).map((name) => stat(join(path, name)).then(({ size }) => size, () => 0)); // prettier-ignore
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What runs in the thread: see `sessions.ts`. */
const PROGRAMS = {
  model: 'fileThread',
  arrays: 'fileThread',
  data: 'fileThread',
  column: 'fileThread',
  session: 'sessionThread',
} as const satisfies Record<Kind, string>;
type Program = (typeof PROGRAMS)[Kind];

interface Thread {
  readonly worker: Worker;
  readonly program: Program;
  readonly heapMb: number;
  /** What it says goes to whoever asked last. */
  heard: (message: FromThread) => void;
  ended: (error: NodeJS.ErrnoException) => void;
  /** Ends it when it has waited long enough. */
  idle?: NodeJS.Timeout;
}

let spare: Thread | null = null;

function threadOf(program: Program, heapMb: number): Thread {
  if (spare?.heapMb === heapMb && spare.program === program) {
    const kept = spare;
    spare = null;
    clearTimeout(kept.idle);
    return kept;
  }
  const resourceLimits = { maxOldGenerationSizeMb: heapMb };
  const worker = new Worker(codeOf(program), { eval: true, env: {}, resourceLimits });
  const thread: Thread = { worker, program, heapMb, heard: () => undefined, ended: () => undefined };
  worker.on('message', (message: FromThread) => thread.heard(message));
  worker.on('error', (error) => thread.ended(error));
  worker.on('exit', () => thread.ended(new Error('the thread that reads files ended')));
  return thread;
}

/** Keeps a thread for the next file, without keeping the program from ending. */
function keep(thread: Thread): void {
  if (spare || thread.heapMb !== HEAP_MB) {
    void thread.worker.terminate();
    return;
  }
  spare = thread;
  thread.worker.unref();
  const forget = (): void => {
    if (spare !== thread) return;
    spare = null;
    void thread.worker.terminate();
  };
  thread.ended = forget;
  thread.idle = setTimeout(forget, KEPT_MS).unref();
}

/** Loads the thread's code: a file of its own in the program; in tests and scripts the source beside this one. */
function codeOf(program: Program): string {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.ts'))
    return `require('tsx/cjs/api').register(); require(${JSON.stringify(join(dirname(here), `${program}.ts`))});`;
  const name = `${program}.js`;
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    const file = join(folder, name);
    if (existsSync(file)) return `require(${JSON.stringify(file)});`;
    if (folder === dirname(folder)) throw new MhoError('INTERNAL', { reason: `${name} is not in the program` });
  }
}
