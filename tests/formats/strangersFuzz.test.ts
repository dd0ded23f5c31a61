/** Files of other programs, cut off or with other bytes in them: whatever is told of them is of the catalogue and names the file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';

const scratch = mkdtempSync(join(tmpdir(), 'mho-strangers-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const FILES = ['strangers', '../field/frozen_pb']
  .map((name) => resolve(import.meta.dirname, name))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => statSync(path).isFile() && statSync(path).size < 2 ** 20)
  .map((path) => readFileSync(path));

/** Bytes near the beginning tell most. */
const HEAD = 4096;

const broken = fc.record({
  file: fc.constantFrom(...FILES),
  /** How much of it is left, as a share. */
  left: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  others: fc.array(fc.tuple(fc.nat(HEAD - 1), fc.nat(255)), { maxLength: 4 }),
  name: fc.constantFrom('model.onnx', 'model.bin', 'model.keras', 'model.zip'),
});

it('are refused by a sentence', { timeout: 300_000 }, async () => {
  expect(FILES.length).toBeGreaterThan(20);
  await fc.assert(
    fc.asyncProperty(broken, async ({ file, left, others, name }) => {
      const bytes = Buffer.from(file.subarray(0, Math.floor(left * file.length)));
      for (const [at, byte] of others) if (at < bytes.length) bytes[at] = byte;
      const path = join(scratch, name);
      writeFileSync(path, bytes);
      const fault: unknown = await openModel(path).then(
        () => null,
        (error: unknown) => error,
      );
      if (fault === null) return; // a byte that says nothing was changed
      expect(fault).toBeInstanceOf(MhoError);
      const { code, sentence } = fault as MhoError;
      expect(['INTERNAL', 'MODEL_UNREADABLE']).not.toContain(code);
      expect(sentence).toContain(path);
    }),
    { numRuns: 150 },
  );
});
