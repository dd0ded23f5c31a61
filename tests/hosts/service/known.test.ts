/** Models that are opened again. */
import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, type OpenedModel } from '../../../src/main/engine/formats';
import { KnownModels } from '../../../src/main/hosts/service/known';

const reference = 'tests/reference/cases/plain/model.onnx';
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'mho-known-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of a model in a folder of its own, and how often it was read. */
function copied(name: string) {
  const own = mkdtempSync(join(folder, 'copy-'));
  const path = join(own, name);
  cpSync(reference, path);
  const known = new KnownModels();
  let readings = 0;
  const open = (choices = {}): Promise<OpenedModel> =>
    known.open(path, choices, () => {
      readings++;
      return openModel(path, { choices });
    });
  return { own, path, known, open, readings: () => readings };
}

describe('a model that is opened again', () => {
  it('is not read again, whoever opens it, and is compared once with what lies beside it', async () => {
    const { open, known, readings } = copied('model.onnx');
    const first = await open();
    expect((await open()).graph).toBe(first.graph);
    expect(await open()).toEqual(first);
    expect(readings()).toBe(1);
    let comparisons = 0;
    const told = { from: 'mho.json', reason: 'a test' };
    const compare = async () => (comparisons++, told);
    expect(await known.proven(first.graph, compare)).toBe(told);
    expect(await known.proven((await open()).graph, compare)).toBe(told);
    expect(comparisons).toBe(1);
  });

  it('is read again with other choices, and when a file beside it came', async () => {
    const { own, open, readings } = copied('model.onnx');
    const first = await open();
    expect((await open({ sizes: {} })).graph).not.toBe(first.graph);
    writeFileSync(join(own, 'labels.txt'), 'one\ntwo\n');
    expect((await open()).graph).not.toBe(first.graph);
    expect(readings()).toBe(3);
  });

  it('gives what the file holds, whatever was written in between', async () => {
    const bytes = readFileSync(reference);
    // a weight's byte in the middle of the file: as many bytes as before
    const other = Buffer.from(bytes);
    other[bytes.length >> 1]! ^= 1;
    const hashes = new Map<Buffer, string>();
    for (const each of [bytes, other]) {
      const path = join(folder, 'alone.onnx');
      writeFileSync(path, each);
      hashes.set(each, (await openModel(path)).summary.hash);
    }
    expect(new Set(hashes.values()).size).toBe(2);
    const step = fc.oneof(
      fc.constant('open' as const),
      fc.record({ write: fc.constantFrom(bytes, other), sameTime: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { path, open } = copied('model.onnx');
        const time = new Date(1e12);
        let now = bytes;
        for (const each of [...steps, 'open' as const])
          if (each === 'open') expect((await open()).summary.hash).toBe(hashes.get(now));
          else {
            writeFileSync(path, (now = each.write));
            if (each.sameTime) utimesSync(path, time, time);
          }
      }),
      { numRuns: 20 },
    );
  });
});
