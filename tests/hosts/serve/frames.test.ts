/** What is decoded of a page's frames. */
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBytes, toBytes } from '../../../src/contract/wire';
import { frameFault } from '../../../src/main/hosts/serve/frames';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a frame is looked over before it is decoded', () => {
  it.each([
    ['15 kB of nested arrays', new Uint8Array(15_000).fill(0x91), 'levels'],
    ['16 MB of nested arrays', new Uint8Array(2 ** 24).fill(0x91), 'levels'],
    ['nested maps', new Uint8Array(15_000).fill(0x81), 'levels'],
    ['nested arrays of 16-bit length', Uint8Array.from({ length: 30_000 }, (_, at) => [0xdc, 0, 1][at % 3]!), 'levels'],
    ['an array of four billion', bytes(0xdd, 0xff, 0xff, 0xff, 0xff), 'too early'],
    ['a map of four billion', bytes(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0, 0xc0), 'too early'],
    ['a string of four billion', bytes(0xdb, 0xff, 0xff, 0xff, 0xff), 'too early'],
    ['binary of four billion', bytes(0xc6, 0xff, 0xff, 0xff, 0xff, 1), 'too early'],
    ['an extension of four billion', bytes(0xc9, 0xff, 0xff, 0xff, 0xfc, 1), 'too early'],
    [
      '16 MB of small integers in an array',
      new Uint8Array(2 ** 24).fill(1).fill(0xdd, 0, 1).fill(0, 1, 2).fill(0xf0, 2, 5),
      'values',
    ],
    ['two values', bytes(1, 2), 'follows'],
    ['nothing', bytes(), 'too early'],
    ['floats of three bytes', bytes(0xc7, 3, 1, 0, 0, 0), 'extension'],
    ['a date', encode(new Date(0)), 'extension'],
    ['the type that is not used', bytes(0xc1), 'type'],
  ])('%s: refused', (_what, frame, why) => {
    expect(frameFault(frame)).toContain(why);
  });

  const params = fc.dictionary(
    fc.string(),
    fc.oneof(
      fc.string(),
      fc.double(),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.nat({ max: 2 ** 32 })),
      fc.uint8Array(),
      fc.float32Array(),
      fc.record({ kind: fc.string(), value: fc.float(), list: fc.array(fc.string({ maxLength: 300 })) }),
    ),
  );

  it('whatever a page sends of a request passes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), params, (id, name, given) => {
        expect(frameFault(toBytes({ id, name, params: given }))).toBe(null);
      }),
      { numRuns: 1000 },
    );
    const many = {
      id: 1,
      name: 'startRun',
      params: { layers: Array.from({ length: 100_000 }, (_, at) => `layer ${at}`) },
    };
    expect(frameFault(toBytes(many))).toBe(null);
  });

  /** Bytes that are nearly frames: a good one with some of it changed, cut or repeated. */
  const nearly = fc
    .tuple(params, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat({ max: 60 }))
    .map(([given, changes, cut]) => {
      const frame = toBytes({ id: 1, name: 'x', params: given }).slice();
      for (const [at, value] of changes) frame[at % frame.length] = value;
      return cut > 40 ? frame.subarray(0, frame.length - (cut - 40)) : frame;
    });

  it('what passes is decoded in whole or refused for its keys, whatever the bytes', () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 64 })), (frame) => {
        if (frameFault(frame) !== null) return;
        passed++;
        try {
          fromBytes(frame);
        } catch (error) {
          // keys that are no strings, or __proto__, are the decoder's own refusal
          expect((error as Error).message).toMatch(/key/i);
        }
      }),
      { numRuns: 5000 },
    );
    expect(passed).toBeGreaterThan(300);
  });

  it('and what is refused for its form is no frame: the decoder refuses it, too', () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 64 })), (frame) => {
        const fault = frameFault(frame);
        if (fault === null || fault.includes('extension')) return;
        expect(() => fromBytes(frame)).toThrow();
      }),
      { numRuns: 5000 },
    );
  });
});
