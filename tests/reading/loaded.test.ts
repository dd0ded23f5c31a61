/** A model waits neither for tensors' arithmetic nor for the schemas of sessions. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The modules of a thread that has read one file. */
function loadedFor(path: string): Promise<readonly string[]> {
  const program = `
    require('tsx/cjs/api').register();
    const { files } = require(${JSON.stringify(join(root, 'src/main/engine/reading/files.ts'))});
    const nothing = () => undefined;
    const asked = { path: ${JSON.stringify(path)}, room: 1e9, choices: {}, scratch: '' };
    files.model(asked, { onDisk: nothing, expect: nothing, read: nothing }).then(
      () => require('node:worker_threads').parentPort.postMessage(Object.keys(require.cache)),
    );`;
  return new Promise((done, fail) => {
    const worker = new Worker(program, { eval: true });
    worker.on('error', fail);
    worker.on('message', (modules: string[]) => {
      done(modules);
      void worker.terminate();
    });
  });
}

const model = join(root, 'tests/reference/cases/plain/model.onnx');

it('for a model: neither TensorFlow.js nor zod', { timeout: 60_000 }, async () => {
  const modules = await loadedFor(model);
  expect(modules.some((each) => each.includes('yauzl'))).toBe(true);
  expect(modules.filter((each) => /tfjs|node_modules.zod/.test(each))).toEqual([]);
});
