/** Which of so many bins a whole number falls in, as TensorFlow hashes the text of it: what Keras's Hashing and lookups do. */

/** How a number finds its bin. */
export interface Hashed {
  /** With the one of `mask`. */
  readonly bins: number;
  /** The number that has bin 0 to itself; null where none has. */
  readonly mask: number | null;
  /** Two words of 64 bits, as far as numbers tell them: SipHash with them; null: FarmHash. */
  readonly key: readonly [number, number] | null;
}

const word = (value: bigint): bigint => BigInt.asUintN(64, value);
const left = (value: bigint, by: bigint): bigint => word((value << by) | (value >> (64n - by)));
const right = (value: bigint, by: bigint): bigint => left(value, 64n - by);

const [K0, K1, K2] = [0xc3a5c85c97cb3127n, 0xb492b66fbe98f273n, 0x9ae16a3b2f90404fn];

/** HashLen16 of farmhashna. */
function mixed(u: bigint, v: bigint, by: bigint): bigint {
  const a = word((u ^ v) * by);
  const b = word((v ^ a ^ (a >> 47n)) * by);
  return word((b ^ (b >> 47n)) * by);
}

/**
 * Fingerprint64 of FarmHash (farmhashna::Hash64) for texts of up to 32 bytes, which numbers never exceed.
 * @throws RangeError for longer ones
 */
export function fingerprint64(bytes: Uint8Array): bigint {
  const { length } = bytes;
  if (length > 32) throw new RangeError(`a text of ${length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const eight = (at: number): bigint => view.getBigUint64(at, true);
  const four = (at: number): bigint => BigInt(view.getUint32(at, true));
  const size = BigInt(length);
  const by = word(K2 + size * 2n);
  if (length > 16) {
    const a = word(eight(0) * K1);
    const b = eight(8);
    const c = word(eight(length - 8) * by);
    const d = word(eight(length - 16) * K2);
    return mixed(word(right(word(a + b), 43n) + right(c, 30n) + d), word(a + right(word(b + K2), 18n) + c), by);
  }
  if (length >= 8) {
    const a = word(eight(0) + K2);
    const b = eight(length - 8);
    return mixed(word(right(b, 37n) * by + a), word((right(a, 25n) + b) * by), by);
  }
  if (length >= 4) return mixed(word(size + (four(0) << 3n)), four(length - 4), by);
  if (length === 0) return K2;
  const y = BigInt(bytes[0]! + bytes[length >> 1]! * 256);
  const z = BigInt(length + bytes[length - 1]! * 4);
  const sum = word(y * K2) ^ word(z * K0);
  return word((sum ^ (sum >> 47n)) * K2);
}

/** SipHash-2-4 (Aumasson and Bernstein 2012). */
export function sipHash(bytes: Uint8Array, [k0, k1]: readonly [bigint, bigint]): bigint {
  let [a, b, c, d] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint];
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      a = word(a + b);
      b = left(b, 13n) ^ a;
      a = left(a, 32n);
      c = word(c + d);
      d = left(d, 16n) ^ c;
      a = word(a + d);
      d = left(d, 21n) ^ a;
      c = word(c + b);
      b = left(b, 17n) ^ c;
      c = left(c, 32n);
    }
  };
  const whole = bytes.length - (bytes.length % 8);
  const last = new Uint8Array(8);
  last.set(bytes.subarray(whole));
  last[7] = bytes.length & 0xff;
  const blocks = new Uint8Array(whole + 8);
  blocks.set(bytes.subarray(0, whole));
  blocks.set(last, whole);
  const view = new DataView(blocks.buffer);
  for (let at = 0; at < blocks.length; at += 8) {
    const block = view.getBigUint64(at, true);
    d ^= block;
    rounds(2);
    a ^= block;
  }
  c ^= 0xffn;
  rounds(4);
  return a ^ b ^ c ^ d;
}

/** The bin of a number, whose fraction is dropped (Keras: `Hashing`; TensorFlow: `string_to_hash_bucket_fast`, `_strong`). */
export function binOf(value: number, { bins, mask, key }: Hashed): number {
  if (!Number.isFinite(value)) return NaN;
  const number = BigInt(Math.trunc(value));
  if (mask !== null && bins > 1 && number === BigInt(mask)) return 0;
  const text = new TextEncoder().encode(number.toString());
  const hash = key ? sipHash(text, [word(BigInt(key[0])), word(BigInt(key[1]))]) : fingerprint64(text);
  return mask !== null && bins > 1 ? 1 + Number(hash % BigInt(bins - 1)) : Number(hash % BigInt(bins));
}
