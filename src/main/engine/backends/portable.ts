/** WebAssembly and plain JavaScript: tfjs's own backends, the same on every machine. */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const load = createRequire(import.meta.url);

/** Registers WebAssembly (SIMD where there is any, one thread: tfjs has no threads in Node). */
export const registerWasm = (): void => {
  if (tf.findBackendFactory('wasm')) return;
  const entry = load.resolve('@tensorflow/tfjs-backend-wasm');
  const { setWasmPaths } = load(entry) as typeof import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(entry)}/`); // from disk: nothing is ever fetched
};

/** Registers plain JavaScript. */
export const registerCpu = (): void => {
  if (tf.findBackendFactory('cpu')) return;
  load('@tensorflow/tfjs-backend-cpu');
  // Or it greets on standard error, with the advice to install what has just been tried.
  (tf.findBackend('cpu') as tf.KernelBackend & { firstUse: boolean }).firstUse = false;
};

/** Version of an installed package. */
export const packageVersion = (name: string): string => (load(`${name}/package.json`) as { version: string }).version;
