/** Damaged ONNX, SavedModel and GraphModel files: each opens or gives an error of the catalogue, in bounded time. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { folder } from '../attribution/cases';
import { random } from '../random';

const MUTATIONS = Number(process.env['MHO_MUTATIONS'] ?? 100);
/** Opening an undamaged one takes a tenth of a second. */
const LONGEST_MS = 5_000;

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'mho-mutations-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A cut, changed bytes, or a run of bytes copied to another place. */
function mutated(original: Uint8Array, next: () => number): Uint8Array {
  const pick = (limit: number): number => Math.floor(next() * limit);
  const copy = Uint8Array.from(original);
  const kind = pick(4);
  if (kind === 0) return copy.subarray(0, pick(copy.length));
  if (kind === 1) {
    const length = 1 + pick(64);
    copy.copyWithin(pick(copy.length), pick(copy.length), pick(copy.length) + length);
    return copy;
  }
  // Where the structure is: most mutations into the first bytes would hit weights otherwise.
  const reach = next() < 0.5 ? Math.min(copy.length, 4096) : copy.length;
  for (let i = 0; i <= pick(12); i++) copy[pick(reach)] = next() < 0.3 ? [0, 0xff, 0x7f, 0x80][pick(4)]! : pick(256);
  return copy;
}

describe.each([
  ['plain', 'model.onnx', null],
  ['gated', 'model.onnx', null],
  ['residual', 'tfjs_graph', 'model.json'],
  ['gated', 'tfjs_graph', 'model.json'],
  ['gated', 'tfjs_graph', 'group1-shard1of1.bin'],
  ['motif', 'saved_model_keras2', 'saved_model.pb'],
  ['residual', 'saved_model', 'saved_model.pb'],
  ['motif', 'saved_model', 'variables/variables.index'],
  ['motif', 'saved_model_keras2', 'variables/variables.data-00000-of-00001'],
] as const)('%s/%s %s', (name, file, inside) => {
  it(`opens or is refused by name, ${MUTATIONS} times`, { timeout: 600_000 }, async () => {
    const place = mkdtempSync(join(scratch, 'model-'));
    const path = join(place, file);
    cpSync(join(folder(name), file), path, { recursive: true });
    const target = inside === null ? path : join(path, inside);
    rmSync(target);
    const original = readFileSync(join(folder(name), file, inside ?? ''));
    const next = random(name.length * 1000 + file.length + (inside?.length ?? 0));
    for (let i = 0; i < MUTATIONS; i++) {
      writeFileSync(target, mutated(original, next));
      const start = performance.now();
      try {
        const { graph } = await openModel(path);
        expect(graph.inputs.length, `mutation ${i}`).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof MhoError))
          throw new Error(`mutation ${i}: ${String((error as Error).stack)}`, { cause: error });
        expect(error.code, `mutation ${i}: ${error.message}`).toMatch(/^MODEL_/);
      }
      expect(performance.now() - start, `mutation ${i}`).toBeLessThan(LONGEST_MS);
    }
  });
});
