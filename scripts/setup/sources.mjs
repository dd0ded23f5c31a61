/** Where native TensorFlow's library comes from: the user's own Python, or TensorFlow's wheel by pip. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, statfsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compiler, missingCompiler } from './compiler.mjs';
import { entriesFolder, libraries, makeEntry } from './entries.mjs';
import { again, failure } from './failure.mjs';
import { downloadWheels, extraRequirements, pip, python, pythonTensorFlow, unpackWheel } from './python.mjs';
import { megabytes, say } from './say.mjs';

export const tensorflowVersion = '2.21.0';
/** What the binding and our kernels include is in here; the wheel's whole include folder has 13,000 files. */
const headerFolders = [
  'tensorflow/c/',
  'tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/core/platform/',
  'tsl/platform/',
  'xla/tsl/c/',
];
const notices = 'tensorflow/THIRD_PARTY_NOTICES.txt';

/** SHA-256 of the wheels, by what they are for; a file that pip finds under the same version and is another is refused. */
const sums = {
  'tensorflow-cpu': ['2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c'], // x86_64
  tensorflow: [
    '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124', // x86_64
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c', // aarch64
  ],
};

/** A requirement that names the only files that will do, as pip's requirements files have it. */
export const pinned = (requirement) =>
  [requirement, ...sums[requirement.split('==')[0]].map((each) => `--hash=sha256:${each}`)].join(' ');

/** `download` and `needs` (at the peak, while unpacking) in bytes. */
const wheels = {
  cpu: {
    // For arm64 the plain wheel is the one for CPU.
    requirement: `${process.arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu'}==${tensorflowVersion}`,
    what: 'TensorFlow for CPU',
    download: 274e6,
    needs: 1.4e9,
  },
  cuda: {
    requirement: `tensorflow==${tensorflowVersion}`,
    what: 'TensorFlow with CUDA 12 and its NVIDIA libraries',
    download: 3e9,
    needs: 9e9,
  },
};

/** The user's own TensorFlow, linked. Returns `{ entry }`, `{ failed }`, or neither when there is none. */
export const fromPython = async (clone) => {
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

/** Puts what is needed of a wheel into an entry. Returns `{ headers }` or `{ failed }`. */
const unpack = async (wheel, scratch, entry) => {
  const headers = headerFolders.map((name) => `tensorflow/include/${name}`);
  const wanted = [...libraries.map((name) => `tensorflow/${name}`), notices, ...headers];
  const damaged = await unpackWheel(wheel, wanted, scratch);
  if (damaged) {
    return { failed: failure('unpack', `the wheel could not be unpacked: ${damaged}`, `Make room, ${again}.`) };
  }
  for (const library of libraries) {
    renameSync(join(scratch, 'tensorflow', library), join(entry, 'deps/lib', library));
  }
  renameSync(join(scratch, notices), join(entry, 'deps/THIRD_PARTY_NOTICES.txt'));
  return { headers: join(scratch, 'tensorflow/include') };
};

/**
 * TensorFlow's wheel. The CUDA variant adds NVIDIA's own wheels, which the library finds in `deps/nvidia` by its run
 * path; that part has not been tried on a GPU yet.
 * @param variant `cpu` or `cuda`
 * @returns `{ entry }` or `{ failed }`
 */
export const fromWheel = async (variant, clone) => {
  const { requirement, download, needs, what } = wheels[variant];
  if (!(await compiler())) return { failed: missingCompiler() };
  const command = await pip();
  if (!command) {
    const [missing, remedy] = python()
      ? ['pip', 'Install pip (Debian and Ubuntu: `sudo apt install python3-pip`)']
      : ['Python', 'Install Python 3 with pip'];
    const reason = `${missing} was not found, and TensorFlow's library comes by it`;
    return { failed: failure('pip', reason, `${remedy}, ${again}.`) };
  }
  mkdirSync(entriesFolder(), { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(entriesFolder());
  if (bavail * bsize < needs) {
    const reason = `${entriesFolder()} has ${megabytes(bavail * bsize)} free, ${what} takes ${megabytes(needs)} while it is unpacked`;
    return { failed: failure('room', reason, `Make room or set MHO_CACHE to another folder, ${again}.`) };
  }
  const offline = (wrong) => {
    const remedy = `Check the network (and pip's index or proxy settings), ${again}.`;
    return { failed: failure('download', `pip could not fetch ${requirement}: ${wrong}`, remedy) };
  };
  return makeEntry({
    name: `tensorflow-${tensorflowVersion}-${variant}`,
    variant,
    version: tensorflowVersion,
    origin: `TensorFlow's wheel ${requirement}`,
    clone,
    fill: async (entry) => {
      const scratch = join(entry, 'scratch');
      say(`${what}: fetching ${requirement} with pip (${megabytes(download)}) into ${entriesFolder()}`);
      const wrong = await downloadWheels(command, [pinned(requirement)], scratch, { pinned: true });
      if (wrong) return offline(wrong);
      const wheel = join(
        scratch,
        readdirSync(scratch).find((name) => name.endsWith('.whl')),
      );
      if (variant === 'cuda') {
        const parts = join(scratch, 'parts');
        const missing = await downloadWheels(command, await extraRequirements(wheel, 'and-cuda'), parts);
        if (missing) return offline(missing);
        for (const part of readdirSync(parts)) {
          const damaged = await unpackWheel(join(parts, part), ['nvidia/'], join(entry, 'deps'));
          if (damaged) return offline(damaged);
        }
      }
      return unpack(wheel, scratch, entry);
    },
  });
};
