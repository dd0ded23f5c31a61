/**
 * What opening a model may take. Files from strangers declare what they like, list the same bytes many times and unpack to
 * a thousand times their size; so everything that is made of a file is counted, in bytes as they lie in memory, before it
 * is made.
 */
import { MhoError } from '../../../contract/errors';
import { availableBytes } from '../memory';
import type { RegularFile } from './files';

/** What any file may take, however small it is. */
const FREE = 384 * 2 ** 20;
/**
 * Beyond that, so many times its size on the disk: int8 weights take nine times theirs, as bytes and as float64; JSON some
 * six times its text; weights pack badly.
 */
const GROWTH = 12;
/** Whatever the machine holds. */
const MOST = 64 * 2 ** 30;
/** Of what is free: the weights are copied to the device after they have been read. */
const SHARE = 0.75;

/** Bytes this machine has for one model: a share of what no program uses, other limits on this process considered. */
export function roomHere(): number {
  return Math.min(MOST, Math.max(FREE, SHARE * availableBytes()));
}

export class Budget {
  readonly #files = new Set<string>();
  #onDisk = 0;
  #taken = 0;

  constructor(
    /** For messages. */
    private readonly path: string,
    private readonly room: number,
    /** Told of the bytes that the model's files have together, whenever there is one more. */
    private readonly onFile: (bytes: number) => void = () => undefined,
  ) {}

  /** A file of the model, counted once however often it is opened. */
  file({ identity, size }: RegularFile): void {
    if (this.#files.has(identity)) return;
    this.#files.add(identity);
    this.#onDisk += size;
    this.onFile(this.#onDisk);
  }

  get #limit(): number {
    return Math.min(this.room, FREE + GROWTH * this.#onDisk);
  }

  /** What is left. */
  get left(): number {
    return Math.max(0, this.#limit - this.#taken);
  }

  /** Counts bytes that are about to be made. @throws MODEL_TOO_LARGE */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken <= this.#limit) return;
    const what = 'the memory that it takes when it is open';
    throw this.refused(what, `at least ${megabytes(this.#taken)}`, megabytes(this.#limit));
  }

  /** For what is more than a limit of its own. */
  refused(what: string, have: string | number, limit: string | number): MhoError {
    return new MhoError('MODEL_TOO_LARGE', { path: this.path, what, have, limit });
  }
}

/** Bytes as a refusal tells them, rounded up. */
export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
