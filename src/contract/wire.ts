/**
 * Requests, answers and notices as bytes, for hosts that reach the engine over a WebSocket: MessagePack, with typed
 * arrays kept as what they are.
 */
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { Answer, JobNotice, JobSetup, StudioNotice } from './studio';

/** Extension types; their numbers are part of the wire. Requests have floats alone. */
export const FLOATS = 1;
const extensions = new ExtensionCodec();
for (const [type, Numbers] of [
  [FLOATS, Float32Array],
  [2, Float64Array],
  [3, Int32Array],
] as const)
  // prettier-ignore
  extensions.register({
    type,
    encode: (value) =>
      value instanceof Numbers ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
    // A copy, since numbers must begin at a multiple of their size; not by `slice`, which in Node shares a Buffer's memory.
    decode: (bytes) => new Numbers(Uint8Array.from(bytes).buffer),
  });

/** An upload beyond this is refused; models that large are opened by path. Bytes. */
export const LARGEST_UPLOAD = 4 * 2 ** 30;

/** A job that an earlier page of the document started. */
export interface LeftJob {
  readonly job: string;
  readonly setup: JobSetup;
  /** When, in milliseconds since 1970. */
  readonly started: number;
  /** What it has told, without progress that is overtaken. */
  readonly notices: readonly JobNotice[];
}

export type ToServer = { readonly id: number; readonly name: string; readonly params: unknown };
export type FromServer =
  /** The first message: the page's document, and what goes on in it where an earlier page (before a reload) had it. */
  | { readonly kind: 'welcome'; readonly document: string; readonly jobs: readonly LeftJob[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'job'; readonly job: string; readonly notice: JobNotice }
  | { readonly kind: 'notice'; readonly notice: StudioNotice };

export const toBytes = (message: ToServer | FromServer): Uint8Array =>
  encode(message, { extensionCodec: extensions, ignoreUndefined: true });

/** @throws when the bytes are no message */
export const fromBytes = (bytes: Uint8Array): unknown => decode(bytes, { extensionCodec: extensions });
