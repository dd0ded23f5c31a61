/** Opening a model can be ended at any time, and takes no more than it is given. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { run } from '../../src/main/hosts/terminal/program';
import { EXIT } from '../../src/main/hosts/terminal/terminal';
import { CASES, temporaryFolder } from './broken';
import { HOSTILE } from './hostile';
import { KERNEL_BYTES, large } from './large';

const folder = temporaryFolder();
const place = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};
/** Seconds of translation, in which no event is heard. */
const slow = (name: string): string => HOSTILE['ONNX: 100,000 nodes']![0](place(name));

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
