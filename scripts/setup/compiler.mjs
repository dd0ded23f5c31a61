/** A C++ compiler, and the one thing it compiles: the package's binding against TensorFlow's C library. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { complaint, find, run } from './process.mjs';

const found = () => (process.env.CXX && find(process.env.CXX)) || find('g++') || find('clang++') || find('c++');

/** Path of a C++ compiler; installs one with apt where that is possible. Null when there is none. */
export const compiler = async () =>
  found() ?? ((await aptInstall(['g++', 'libc6-dev'], 'about 70 MB')) ? found() : null);

/**
 * Compiles the binding. node-api-headers stands in for node-gyp: Node-API is stable, so one binary serves every Node
 * and Electron, and no headers are downloaded.
 * @param sources the package with `binding/`
 * @param headers TensorFlow's include folder
 * @param entry the folder with `deps/lib`; the binary goes to its `lib/napi-v8`
 * @returns null, or why it failed
 */
export const compileBinding = async (program, { sources, headers, nodeHeaders, entry }) => {
  const output = join(entry, 'lib/napi-v8');
  mkdirSync(output, { recursive: true });
  const result = await run(program, [
    ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...[`-I${nodeHeaders}`, `-I${headers}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, 'binding', name)),
    ...[`-L${join(entry, 'deps/lib')}`, '-ltensorflow', '-ltensorflow_framework'],
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ...['-o', join(output, 'tfjs_binding.node')],
  ]);
  return result.ok ? null : complaint(result);
};
