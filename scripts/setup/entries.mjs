/**
 * The per-user cache of native TensorFlow. An entry is a folder that holds `deps/` and `lib/` as
 * @tensorflow/tfjs-node-gpu expects them, and `ready.json`. Entries are made beside and renamed, so an interrupted
 * set-up leaves nothing that looks finished; clones link to them.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBinding, compiler, missingCompiler } from './compiler.mjs';
import { again, failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { bindingPackage, cache } from './paths.mjs';
import { complaint, run } from './process.mjs';
import { say } from './say.mjs';
import { remember, remembers, whyNotTrusted } from './trust.mjs';

/** Raised when what is compiled changes, so that clones of different age share the cache in peace. */
const compiledRevision = 14;
const bindingFile = 'lib/napi-v8/tfjs_binding.node';
export const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const probeScript = fileURLToPath(new URL('probe.mjs', import.meta.url));

export const entriesFolder = () => join(cache(), 'native');

export const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
};

const sizeOf = (path) => statSync(path, { throwIfNoEntry: false })?.size ?? null;

const abi = (clone) => {
  const { version } = readJson(join(bindingPackage(clone), 'package.json'));
  return `binding-${version}-${compiledRevision}_napi-v8_${process.platform}-${process.arch}`;
};

/**
 * What an entry says of itself, or null when it is not complete or not to be trusted: a file is missing, has another size
 * or is not what set-up made.
 */
const readEntry = (folder, clone) => {
  const ready = readJson(join(folder, 'ready.json'));
  if (!ready) return null;
  const intact = Object.entries(ready.files).every(([name, size]) => sizeOf(join(folder, name)) === size);
  if (!intact) return null;
  const why = whyNotTrusted(folder, clone);
  if (why) {
    say(`${why}: it is made again`);
    return null;
  }
  if (!remembers(folder, clone)) remember(folder, clone);
  return { ...ready, folder };
};

/** The best complete entry for this clone's binding: one that uses the GPU before one that does not. */
export const bestEntry = (clone) => {
  if (!existsSync(entriesFolder())) return null;
  const rank = { cuda: 2, cpu: 1, python: 0 };
  const worth = (entry) => (entry.gpu ? 10 : 0) + rank[entry.variant];
  return (
    readdirSync(entriesFolder())
      .filter((name) => name.endsWith(abi(clone)))
      .map((name) => readEntry(join(entriesFolder(), name), clone))
      .filter(Boolean)
      .sort((a, b) => worth(b) - worth(a))[0] ?? null
  );
};

/** Points the clone's package at an entry; at none when it is null. */
export const linkEntry = (entry, clone) => {
  for (const name of ['deps', 'lib']) {
    const path = join(bindingPackage(clone), name);
    const present = lstatSync(path, { throwIfNoEntry: false });
    if (!entry) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    const target = join(entry.folder, name);
    if (present?.isSymbolicLink() && readlinkSync(path) === target) continue;
    if (present && !present.isSymbolicLink()) rmSync(path, { recursive: true });
    const fresh = `${path}.${process.pid}`;
    symlinkSync(target, fresh);
    renameSync(fresh, path); // a running program keeps its files; a starting one sees the old or the new link
  }
};

/** Has an entry compute. Returns `{ version, gpu }` or `{ fault }`. */
const tryBinding = async (folder) => {
  const probe = await run(process.execPath, [probeScript, join(folder, bindingFile)]);
  return probe.ok ? JSON.parse(probe.out.trim().split('\n').at(-1)) : { fault: complaint(probe) };
};

/** An entry that is there already, tried anew: the driver may have changed since. */
const tryAgain = async ({ folder, ...ready }) => {
  const { fault, gpu } = await tryBinding(folder);
  if (fault) return null;
  if (gpu !== ready.gpu) {
    writeFileSync(join(folder, `ready.json.${process.pid}`), JSON.stringify({ ...ready, gpu }, null, 2));
    renameSync(join(folder, `ready.json.${process.pid}`), join(folder, 'ready.json'));
  }
  return { ...ready, gpu, folder };
};

/** Compiles, tries and describes what `fill` put into the folder. Returns `{ ready }` or `{ failed }`. */
const finish = async (folder, headers, { variant, version, origin, clone, program }) => {
  for (const library of libraries) {
    const plain = library.replace('_cc.so.2', '.so').replace('.so.2', '.so');
    symlinkSync(library, join(folder, 'deps/lib', plain));
  }
  say('compiling the binding between Node and TensorFlow (about 15 s)');
  const wrong = await compileBinding(program, {
    sources: bindingPackage(clone),
    headers,
    nodeHeaders: join(clone, 'node_modules/node-api-headers/include'),
    entry: folder,
  });
  if (wrong) {
    return { failed: failure('compile', `the binding did not compile: ${wrong}`, `Check ${program}, ${again}.`) };
  }
  const tried = await tryBinding(folder);
  if (tried.fault) {
    const remedy = `Try another version of TensorFlow in Python, ${again}.`;
    return { failed: failure('try', `${origin} does not work here: ${tried.fault}`, remedy) };
  }
  const names = [...libraries.map((library) => `deps/lib/${library}`), bindingFile];
  const files = Object.fromEntries(names.map((name) => [name, sizeOf(join(folder, name))]));
  return { ready: { tensorflow: tried.version ?? version, variant, gpu: tried.gpu, origin, files } };
};

/**
 * Makes an entry, one clone at a time; one that another clone made meanwhile is taken as it is.
 * @param entry.name what tells it from entries of another origin
 * @param entry.fill puts `deps/` into a folder; may use its `scratch`; returns `{ headers }` or `{ failed }`
 * @returns `{ entry }` or `{ failed }`
 */
export const makeEntry = async ({ name, fill, ...origin }) => {
  const { clone } = origin;
  const key = `${name}_${abi(clone)}`;
  const folder = join(entriesFolder(), key);
  mkdirSync(entriesFolder(), { recursive: true, mode: 0o700 });
  return withLock(`${folder}.lock`, 'native TensorFlow', async () => {
    const made = readEntry(folder, clone);
    const entry = made && (await tryAgain(made));
    if (entry) return { entry };
    const program = await compiler();
    if (!program) return { failed: missingCompiler() };
    for (const left of readdirSync(entriesFolder())) {
      // What an interrupted set-up of this entry left; holding the lock says that nobody is at it.
      if (left.startsWith(`${key}.new-`)) rmSync(join(entriesFolder(), left), { recursive: true });
    }
    const fresh = `${folder}.new-${process.pid}`;
    try {
      mkdirSync(join(fresh, 'deps/lib'), { recursive: true, mode: 0o700 });
      const filled = await fill(fresh);
      if (filled.failed) return filled;
      const { ready, failed } = await finish(fresh, filled.headers, { ...origin, program });
      if (failed) return { failed };
      rmSync(join(fresh, 'scratch'), { recursive: true, force: true });
      writeFileSync(join(fresh, 'ready.json'), JSON.stringify(ready, null, 2));
      if (existsSync(folder)) {
        renameSync(folder, `${fresh}-old`);
        rmSync(`${fresh}-old`, { recursive: true });
      }
      renameSync(fresh, folder);
      remember(folder, clone);
      say(`native TensorFlow ${ready.tensorflow} is ready, kept in ${folder}`);
      return { entry: { ...ready, folder } };
    } catch (error) {
      const remedy = `Make room or set MHO_CACHE to another folder, ${again}.`;
      return { failed: failure('files', `the cache could not be written: ${error.message}`, remedy) };
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });
};
