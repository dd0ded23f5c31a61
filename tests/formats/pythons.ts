/** Programs that make models while tests run: the Pythons of Keras, and a run of one. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';

/** Path of a Python with this Keras, or why there is none. */
const environment = (version: string, what: string, alone: readonly string[] = []): Promise<string | Error> =>
  (
    pythonWith(version, resolve(import.meta.dirname, `${version}-requirements.txt`), what, alone) as Promise<string>
  ).catch((error: Error) => error);

export const kerasPythons = async (): Promise<Readonly<Record<'keras3' | 'keras2', string | Error>>> => ({
  keras3: await environment('keras3', 'Keras 3 and TensorFlow (300 MB)'),
  keras2: await environment('keras2', 'Keras 2, TensorFlow 2.15 and its converter to tfjs (250 MB)', [
    'tensorflowjs==4.22.0',
  ]),
});

/** @throws with the end of what it said, where it fails */
export const run = (program: string, words: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done() : fail(new Error(err.slice(-2000)))));
  });
