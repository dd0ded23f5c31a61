/** Bins of whole numbers, against what TensorFlow 2 gives for the same numbers. */
import { describe, expect, it } from 'vitest';
import { binOf, fingerprint64, type Hashed, sipHash } from '../../src/main/engine/graph/hashing';

const VALUES = [
  0, 1, 7, 10, 42, 123, 999, 1234, 12345, 123456, 1234567, 12345678, 123456789, 2147483647, -1, -9, -123, -2147483648,
  -1234567, 9007199254740991, -9007199254740991, 1234567890123456, -1234567890123456,
];
/** string_to_hash_bucket_fast and _strong of as_string, in 2³¹ − 1 buckets; _strong in 1,000. */
const FAST = [
  1633463888, 342560855, 1080489176, 1761066310, 1737694616, 1786308055, 73863083, 118103575, 1572853542, 788128577,
  2014225347, 692280247, 1684752350, 1331686642, 1833158626, 1693964118, 1044512823, 1508909984, 1819822146, 839707178,
  1942587084, 15907362, 1381227036,
];
const STRONG = [
  1733722794, 1781938920, 698936233, 627343731, 1218320311, 1296921927, 1763188108, 1950706119, 1968336182, 2068348789,
  2455439, 861742485, 2014389227, 377659176, 1310196912, 228424234, 1242086423, 1581833840, 1674360425, 864462596,
  452146679, 280556710, 2124885191,
];
const KEYED = [
  369, 326, 382, 900, 406, 340, 697, 19, 810, 793, 718, 492, 928, 326, 874, 105, 602, 731, 723, 345, 987, 651, 507,
];
const bins = (how: Hashed, values = VALUES): number[] => values.map((value) => binOf(value, how));

describe('in many bins', () => {
  const many = 2 ** 31 - 1;
  it('FarmHash', () => expect(bins({ bins: many, mask: null, key: null })).toEqual(FAST));
  it('SipHash', () => expect(bins({ bins: many, mask: null, key: [1337, 1337] })).toEqual(STRONG));
  it('SipHash with two words', () => expect(bins({ bins: 1000, mask: null, key: [133, 137] })).toEqual(KEYED));
});

/** keras.layers.Hashing of Keras 3 over the first of them, fractions aside. */
it.each([
  [{ bins: 5, mask: null, key: null }, [0, 4, 3, 2, 1, 1, 1, 2, 3, 3, 3, 2, 1, 2, 0, 0, 0, 4, 0]],
  [{ bins: 5, mask: 7, key: null }, [4, 2, 0, 3, 1, 4, 3, 3, 1, 3, 4, 3, 3, 2, 3, 1, 4, 2, 2]],
  [{ bins: 6, mask: null, key: [3, 9] }, [1, 3, 4, 0, 0, 4, 4, 4, 2, 5, 5, 5, 3, 1, 0, 3, 5, 3, 4]],
  [{ bins: 1, mask: 7, key: null }, Array(19).fill(0)],
] as const)('%j', (how, wanted) => {
  const values = VALUES.slice(0, 19);
  expect(bins(how, values)).toEqual(wanted);
  expect(
    bins(
      how,
      values.map((value) => value + Math.sign(value) * 0.25),
    ),
  ).toEqual(wanted);
});

it('no number has no bin', () => expect(binOf(Infinity, { bins: 5, mask: null, key: null })).toBeNaN());
it('what is no number of 64 bits is refused', () =>
  expect(() => fingerprint64(new Uint8Array(33))).toThrow(RangeError));
/** The vector that its authors give (SipHash, appendix A). */
it("SipHash's own vector", () =>
  expect(sipHash(Uint8Array.from({ length: 15 }, (_, at) => at), [0x0706050403020100n, 0x0f0e0d0c0b0a0908n])).toBe(0xa129ca6149be45e5n)); // prettier-ignore
