/**
 * What reads in a thread: it takes what can cross to the thread and gives what can cross back, and the memory of its arrays,
 * which goes over to the thread that asked instead of being copied.
 */

/** What a reader tells while it reads. */
interface Tell {
  /** Bytes that the files have together on the disk, as far as they are known: the clock follows from them. */
  readonly onDisk: (bytes: number) => void;
  /** How the weights come in, in bytes: more to come, and a part that has been read. */
  readonly expect: (bytes: number) => void;
  readonly read: (bytes: number) => void;
}

export interface Read<Value> {
  readonly value: Value;
  readonly arrays: readonly { readonly buffer: ArrayBufferLike }[];
}

export type Reader<Asked, Value> = (asked: Asked, tell: Tell) => Promise<Read<Value>>;
