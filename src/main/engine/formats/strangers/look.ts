/** What probes look at: the first bytes of a file, and what they tell. */
import type { StrangerName } from '../../../../contract/strangers';

/** What a probe tells: what it is, and what it says of itself. */
export interface Told {
  readonly name: StrangerName;
  readonly about?: string;
}

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** Whether bytes stand at a place; a text is its latin-1 bytes. */
export const standsAt = (bytes: Uint8Array, offset: number, signature: string): boolean =>
  latin1(bytes.subarray(offset, offset + signature.length)) === signature;

/** The first few names, as a sentence tells them. */
export const few = (names: readonly string[], most = 4): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');
