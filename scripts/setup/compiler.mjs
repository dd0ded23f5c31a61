/** A C++ compiler, and the one thing it compiles: the package's binding against TensorFlow's C library. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall, mayInstall } from './apt.mjs';
import { again, failure } from './failure.mjs';
import { complaint, find, run } from './process.mjs';
import { say } from './say.mjs';

/** Path of the C++ compiler on PATH, or null. */
export const foundCompiler = () =>
  (process.env.CXX && find(process.env.CXX)) || find('g++') || find('clang++') || find('c++');

/** Path of a C++ compiler; installs one with apt where that is possible. Null when there is none. */
export const compiler = async () =>
  foundCompiler() ?? ((await aptInstall(['g++', 'libc6-dev'], 'about 70 MB')) ? foundCompiler() : null);

export const missingCompiler = () =>
  failure(
    'compiler',
    `no C++ compiler was found${mayInstall() ? ' and apt could not install one' : ''}`,
    `Install g++ (Debian and Ubuntu: \`sudo apt install g++\`), ${again}.`,
  );

const library = (program, { sources, output, include, libraries, entry, options = ['-O2'] }) =>
  run(program, [
    ...options,
    ...['-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...include.map((folder) => `-I${folder}`),
    ...sources,
    ...[`-L${join(entry, 'deps/lib')}`, ...libraries.map((name) => `-l${name}`), '-Wl,-rpath,$ORIGIN/../../deps/lib'],
    ...['-o', join(entry, 'lib/napi-v8', output)],
  ]);

/**
 * Compiles the binding. node-api-headers stands in for node-gyp: Node-API is stable, so one binary serves every Node
 * and Electron, and no headers are downloaded.
 * @param sources the package with `binding/`
 * @param headers TensorFlow's include folder
 * @param entry the folder with `deps/lib`; the binary goes to its `lib/napi-v8`
 * @returns null, or why it failed
 */
export const compileBinding = async (program, { sources, headers, nodeHeaders, entry }) => {
  mkdirSync(join(entry, 'lib/napi-v8'), { recursive: true });
  const include = [nodeHeaders, headers];
  const [binding, , fused] = await Promise.all([
    library(program, {
      sources: [
        ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, 'binding', name)),
        fileURLToPath(new URL('../../src/main/engine/backends/session.cc', import.meta.url)),
      ],
      options: ['-O2', '-pthread', '-DTF_NewSessionOptions=MhoSessionOptions', '-DTF_SessionRun=MhoSessionRun'],
      output: 'tfjs_binding.node',
      include,
      libraries: ['tensorflow', 'tensorflow_framework'],
      entry,
    }),
    // Only keeps a notice off the terminal: no fault where it does not compile.
    library(program, {
      sources: [fileURLToPath(new URL('quiet.cc', import.meta.url))],
      output: 'quiet.node',
      include,
      libraries: ['dl'],
      entry,
    }),
    // Faster kernels of our own; the program does without them where they do not compile. Nobody asks the processor which
    // floating-point exceptions it met: without that promise a loop with a choice in it is not done in vectors.
    library(program, {
      sources: [fileURLToPath(new URL('../../src/main/engine/backends/kernels/fused.cc', import.meta.url))],
      output: 'fused.node',
      include,
      libraries: ['tensorflow', 'tensorflow_framework'],
      entry,
      options: [
        '-O3',
        '-fopenmp',
        '-ffp-contract=off',
        '-fno-trapping-math',
        ...(process.arch === 'x64' ? ['-mavx2', '-mfma'] : []),
      ],
    }),
  ]);
  if (!fused.ok) say(`kernels of our own were left out, slower without: ${complaint(fused)}`);
  return binding.ok ? null : complaint(binding);
};
