/**
 * What reading one file of data or one session may take: memory, counted as it lies there when it is read, and time. Files
 * from strangers unpack to a thousand times their size, hold truth values that become numbers of four bytes each, and name
 * the same bytes many times.
 */
import { freemem } from 'node:os';
import { basename } from 'node:path';
import { MhoError } from '../../../contract/errors';
import type { RegularFile } from '../formats/files';

/** Ends a reading from outside. */
export interface Cancel {
  readonly signal?: AbortSignal;
}

/** What any file may take, however small it is. */
const FREE = 256 * 2 ** 20;
/**
 * Beyond that, so many times its size on the disk. Our own sessions pack 230 to 1 at the most (level 1, zeros alone): whatever
 * this program saved it opens again.
 */
const GROWTH = 256;
/** Whatever the machine holds. */
const MOST = 2 ** 33;
/** Of what is free. */
const SHARE = 0.5;

/** A small file is read in a moment; the slowest disk and the slowest table. */
const LEAST_SECONDS = 60;
const BYTES_PER_SECOND = 1e6;

/** More than the memory or the numbers that a file may take; whoever knows the file turns it into an error of the catalogue. */
export class TooLarge extends Error {
  constructor(
    readonly what: string,
    readonly have: string | number,
    readonly limit: string | number,
  ) {
    super(`${what} is ${have}, more than the limit of ${limit}`);
  }
}

/** What a library says of a file; where it fell over it, what is true of all such files: its own words name no part of them. */
export const reasonOf = (error: unknown): string =>
  error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
    ? 'its parts contradict each other'
    : error instanceof Error
      ? error.message
      : String(error);

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;

export class Allowance {
  readonly #limit: number;
  readonly #seconds: number;
  readonly #began = performance.now();
  #taken = 0;

  /** @param room bytes, where not what the machine has */
  constructor(
    private readonly path: string,
    size: number,
    private readonly cancel: Cancel = {},
    room?: number,
  ) {
    // Node 18, Electron 25's, cannot tell what the system would give back from its caches.
    const free = (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem();
    this.#limit = room ?? Math.min(MOST, Math.max(FREE, SHARE * free), FREE + GROWTH * size);
    this.#seconds = LEAST_SECONDS + Math.ceil(size / BYTES_PER_SECOND);
  }

  /** Refuses before any work what is sure to come. @throws TooLarge */
  foresee(bytes: number): void {
    const taken = this.#taken + bytes;
    if (taken > this.#limit)
      throw new TooLarge('the memory that it takes when it is open', `at least ${megabytes(taken)}`, megabytes(this.#limit)); // prettier-ignore
  }

  /** Counts bytes that are about to be made. @throws TooLarge */
  take(bytes: number): void {
    this.foresee(bytes);
    this.#taken += bytes;
  }

  /** Bytes that have been let go. */
  give(bytes: number): void {
    this.#taken -= bytes;
  }

  /** @throws OPENING_CANCELLED, FILE_SLOW */
  check(): void {
    if (this.cancel.signal?.aborted) throw new MhoError('OPENING_CANCELLED', { name: basename(this.path) });
    if (performance.now() - this.#began > this.#seconds * 1000)
      throw new MhoError('FILE_SLOW', { path: this.path, seconds: this.#seconds });
  }

  /** Lets other work in, and whoever wants to end this one. */
  async pause(): Promise<void> {
    await new Promise<void>((done) => setImmediate(done));
    this.check();
  }

  /** The file, each of whose reads may be the last. */
  guarded(file: RegularFile): RegularFile {
    const read: RegularFile['handle']['read'] = (...given: unknown[]) => {
      this.check();
      return (file.handle.read as (...given: unknown[]) => never)(...given);
    };
    return { ...file, handle: new Proxy(file.handle, { get: (handle, key) => (key === 'read' ? read : (Reflect.get(handle, key) as unknown)) }) }; // prettier-ignore
  }
}
