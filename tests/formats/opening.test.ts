/** Opening a model can be ended at any time, and takes no more than it is given. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { openFound } from '../../src/main/engine/formats/recognise';
import { run } from '../../src/main/hosts/terminal/program';
import { EXIT } from '../../src/main/hosts/terminal/terminal';
import { CASES, temporaryFolder } from './broken';
import { LARGE } from './hostile';
import { KERNEL_BYTES, large } from './large';
import { onnxFile } from './onnxFile';

const folder = temporaryFolder();
const place = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};
/** Seconds of translation, in which no event is heard. */
const slow = (name: string): string => LARGE['ONNX: 100,000 nodes']![0](place(name));

it('ends a reader that hears nothing, at once', async () => {
  const path = slow('cancelled');
  await openModel(join(CASES, 'plain/model.onnx')); // the thread is there
  const control = new AbortController();
  const opening = openModel(path, { signal: control.signal });
  setTimeout(() => control.abort(), 300);
  const begun = performance.now();
  await expect(opening).rejects.toMatchObject({ code: 'OPENING_CANCELLED', details: { name: 'model.onnx' } });
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it('does not begin when it was cancelled before', async () => {
  const signal = AbortSignal.abort();
  await expect(openModel(join(CASES, 'plain/model.onnx'), { signal })).rejects.toMatchObject({
    code: 'OPENING_CANCELLED',
  });
});

it('opens the next model after one was cancelled, and two at a time', async () => {
  const model = (name: string) => openModel(join(CASES, name)).then(({ summary }) => summary.layers.length);
  const [first, second] = await Promise.all([model('plain/model.onnx'), model('gated/model.keras')]);
  expect([first, second]).toEqual([await model('plain/model.onnx'), await model('gated/model.keras')]);
});

it('Ctrl-C ends it with the exit code of an interrupt', async () => {
  const path = slow('interrupted');
  let told = '';
  const terminal = {
    out: () => undefined,
    err: (text: string) => void (told += text),
    screen: null,
    columns: 120,
    onInterrupt: (stop: () => void) => {
      const timer = setTimeout(stop, 300);
      return () => clearTimeout(timer);
    },
  };
  expect(await run(['inspect', path], terminal)).toBe(EXIT.SIGINT);
  expect(told).toMatch(/^OPENING_CANCELLED: Opening model.onnx was cancelled/);
});

it('refuses what the machine cannot hold, with the figures', async () => {
  const { path, size } = await large('ONNX', place('large'), 64);
  expect((await openModel(path)).summary.parameters).toBe(size / 4);
  const room = 2.5 * KERNEL_BYTES;
  await expect(openModel(path, { room })).rejects.toMatchObject({
    code: 'MODEL_TOO_LARGE',
    details: { path, what: 'the memory that it takes when it is open', have: 'at least 51 MB', limit: '42 MB' },
  });
});

it.each(['motif/model_keras2.h5', 'gated/tfjs_layers', 'residual/saved_model', 'motif/model.keras'])(
  'tells of what a reader of %s did not foresee, with the file and the cause',
  async (model) => {
    const cause = new TypeError('undefined is not iterable');
    const around = { choices: {}, scratch: '', room: 2 ** 30, onFile: () => undefined, read: () => undefined };
    const fails = (): never => {
      throw cause;
    };
    const path = join(CASES, model);
    const opening = openFound(path, { ...around, expect: fails });
    await expect(opening).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      details: { reason: cause.message },
      cause,
    });
    await expect(opening).rejects.toHaveProperty('details.path', expect.stringContaining(path));
  },
);

it('knows a model by its file and each of its arrays, also where two are the same bytes', async () => {
  const at = place('shared');
  const weights = new Uint8Array(new Float32Array([1, -2, 3, 4]).buffer);
  const constant = { shape: [4], data: [1, -2, 3, 4], external: { location: 'weights.bin', offset: 0 } };
  const file = onnxFile({
    inputs: [{ name: 'x', shape: ['batch', 4] }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Add', inputs: ['x', 'a'], outputs: ['sum'] },
      { op: 'Mul', inputs: ['sum', 'b'], outputs: ['y'] },
    ],
    constants: { a: constant, b: constant },
  });
  writeFileSync(join(at, 'weights.bin'), weights);
  writeFileSync(join(at, 'model.onnx'), file);
  const { summary } = await openModel(join(at, 'model.onnx'));
  expect(summary.hash).toBe(createHash('sha256').update(file).update(weights).update(weights).digest('hex'));
});
