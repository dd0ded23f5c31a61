/**
 * Requests, answers and notices as bytes, for hosts that reach the engine over a WebSocket: MessagePack, with typed
 * arrays kept as what they are.
 */
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { Answer, JobNotice, StudioNotice } from './studio';

/** Extension types; their numbers are part of the wire. */
const FLOATS = 1;
const extensions = new ExtensionCodec();
extensions.register({
  type: FLOATS,
  encode: (value) =>
    value instanceof Float32Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
  // A copy, since floats must begin at a multiple of four; not by `slice`, which in Node shares a Buffer's memory.
  decode: (bytes) => new Float32Array(Uint8Array.from(bytes).buffer),
});

export type ToServer = { readonly id: number; readonly name: string; readonly params: unknown };
export type FromServer =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'job'; readonly job: string; readonly notice: JobNotice }
  | { readonly kind: 'notice'; readonly notice: StudioNotice };

export const toBytes = (message: ToServer | FromServer): Uint8Array =>
  encode(message, { extensionCodec: extensions, ignoreUndefined: true });

/** @throws when the bytes are no message */
export const fromBytes = (bytes: Uint8Array): unknown => decode(bytes, { extensionCodec: extensions });
