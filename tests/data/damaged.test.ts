/** Damaged pictures and tables: an error of the catalogue or numbers, soon, and nothing else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { readData } from '../../src/main/engine/data';
import { processorMs } from '../processorTime';
import { random } from '../random';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const MUTATIONS = 400;
/** Milliseconds of processor time for one small file. */
const SOON = 3000;
const noise = (count: number): Uint8Array => {
  const next = random(1);
  return Uint8Array.from({ length: count }, () => Math.floor(next() * 256));
};
const port = { name: 'image', shape: [8, 8, 3], dtype: 'float32' } as const;
const row = Array.from({ length: 192 }, (_, at) => at / 10).join();

const whole: Readonly<Record<string, Uint8Array>> = {
  'plain.png': encodePng({ width: 24, height: 16, channels: 3, depth: 8, data: noise(24 * 16 * 3) }),
  'interlaced.png': encodePng(
    { width: 17, height: 9, channels: 4, depth: 8, data: noise(17 * 9 * 4) },
    { interlace: 'Adam7' },
  ),
  'colour.jpeg': encodeJpeg({ width: 24, height: 16, data: Buffer.from(noise(24 * 16 * 4)) }, 80).data,
  'table.csv': Buffer.from(`${row}\n${row}\n`),
};

describe.each(Object.keys(whole))('%s', (name) => {
  it(`${MUTATIONS} times changed, cut or repeated in places`, async () => {
    const next = random(name.length);
    const below = (limit: number): number => Math.floor(next() * limit);
    for (let time = 0; time < MUTATIONS; time++) {
      let bytes = Buffer.from(whole[name]!);
      for (let change = below(4); change >= 0; change--) {
        const at = below(bytes.length);
        const kind = below(4);
        if (kind === 0) bytes[at] = below(256);
        else if (kind === 1) bytes[at] = [0, 0xff, 0x7f, 0x80][below(4)]!;
        else if (kind === 2) bytes = bytes.subarray(0, Math.max(1, at)) as typeof bytes;
        else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1), at), bytes.subarray(at)]);
        bytes = Buffer.from(bytes);
      }
      const path = join(folder, `${time}-${name}`);
      await writeFile(path, bytes);
      let outcome: unknown;
      const took = await processorMs(async () => {
        outcome = await readData([path], [port]).catch((error: unknown) => error);
      });
      if (outcome instanceof Error) {
        expect(outcome, `${time}`).toBeInstanceOf(MhoError);
        expect((outcome as MhoError).code).toMatch(/^INPUT_/);
        expect(outcome.message).not.toMatch(/Cannot read|is not a|undefined|Invalid (typed )?array/);
      } else {
        const { arrays } = outcome as Awaited<ReturnType<typeof readData>>;
        for (const { shape, data } of Object.values(arrays))
          expect(data).toHaveLength(shape.reduce((all, each) => all * each, 1));
      }
      expect(took, `${time}`).toBeLessThan(SOON);
      await rm(path);
    }
  });
});
