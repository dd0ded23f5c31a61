/**
 * What reading one file of data or one session may take in memory, counted as it lies there when it is read. Files from strangers unpack to a thousand times their size, hold truth values that become numbers of four bytes each, and name
 * the same bytes many times.
 */
import { megabytes } from '../formats/budget';
import { availableBytes } from '../memory';

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

export class Allowance {
  readonly #limit: number;
  #taken = 0;

  /**
   * @param size of the file
   * @param room bytes, where not what the machine has
   */
  constructor(size: number, room?: number) {
    // Node 18, Electron 25's, cannot tell what the system would give back from its caches.
    const free = availableBytes();
    this.#limit = room ?? Math.min(MOST, Math.max(FREE, SHARE * free), FREE + GROWTH * size);
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
}
