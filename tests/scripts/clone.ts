/**
 * A clone of this repository to try the set-up in: its own scripts, its own copy of the package that set-up fills, every
 * other package linked. And machines that lack things: a PATH of our making, with stand-ins for what would take minutes
 * or a network. The library and the binding that the stand-ins hand out are the real ones of this machine.
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

export const root = resolve(import.meta.dirname, '../..');

/** The native library and binding that this machine's own set-up made, or null when it has none. */
export const nativeHere = ((): { deps: string; lib: string } | null => {
  const folder = join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
  if (!existsSync(join(folder, 'lib/napi-v8/tfjs_binding.node'))) return null;
  return { deps: realpathSync(join(folder, 'deps')), lib: realpathSync(join(folder, 'lib')) };
})();

const temporary: string[] = [];
afterAll(() => temporary.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder that goes when the tests of the file end. */
export const temporaryFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mho-set-up-')));
  temporary.push(folder);
  return folder;
};

/** A module of the plain scripts, which have no types. */
export const script = async <Module>(name: string): Promise<Module> =>
  (await import(pathToFileURL(join(root, 'scripts', name)).href)) as Module;

/** Builds this repository's program where a source has changed. */
const built = script<{ build: () => Promise<boolean> }>('setup/build.mjs').then(({ build }) => build());

/** Makes a clone in which packages are installed and the program is built, and native TensorFlow is not set up. */
export const makeClone = async (): Promise<string> => {
  const folder = temporaryFolder();
  const copy = (name: string) => cpSync(join(root, name), join(folder, name), { recursive: true });
  ['scripts', 'package.json', 'package-lock.json', 'node_modules/.package-lock.json'].forEach(copy);
  /** Links what is in a folder of the repository, except some. */
  const link = (into: string, ...except: string[]) => {
    mkdirSync(join(folder, into), { recursive: true });
    readdirSync(join(root, into))
      .filter((name) => !name.startsWith('.') && !except.includes(name))
      .forEach((name) => symlinkSync(join(root, into, name), join(folder, into, name)));
  };
  link('node_modules', '@tensorflow');
  link('node_modules/@tensorflow', 'tfjs-node-gpu');
  link('node_modules/@tensorflow/tfjs-node-gpu', 'package.json', 'deps', 'lib');
  copy('node_modules/@tensorflow/tfjs-node-gpu/package.json'); // a link would lead back to this repository's binding
  symlinkSync(join(root, 'resources'), join(folder, 'resources'));
  if (!(await built)) throw new Error('the program does not build');
  copy('out/main');
  const { fingerprint } = await script<{ fingerprint: (clone: string) => string }>('setup/build.mjs');
  writeFileSync(join(folder, 'out/.sources'), fingerprint(folder));
  return folder;
};

/** A folder of programs: the whole PATH of a machine. */
export class Machine {
  readonly folder = temporaryFolder();
  readonly bin = join(this.folder, 'bin');
  readonly log = join(this.folder, 'log');
  readonly cache = join(this.folder, 'cache');
  /** Where sums of what set-up made are kept. */
  readonly state = join(this.folder, 'state');

  constructor() {
    mkdirSync(this.bin);
    symlinkSync(process.execPath, join(this.bin, 'node'));
    writeFileSync(this.log, '');
  }

  /** A program of Node source; `words` are its arguments, `log(text)` leaves a line in `calls`. */
  program(name: string, source: string): this {
    const path = join(this.bin, name);
    const preamble = [
      `#!${process.execPath}`,
      `const fs = require('node:fs'), path = require('node:path'), words = process.argv.slice(2);`,
      `const log = (text) => fs.appendFileSync(${JSON.stringify(this.log)}, text + '\\n');`,
      `const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);`,
    ];
    writeFileSync(path, `${preamble.join('\n')}\n${source}\n`);
    chmodSync(path, 0o755);
    return this;
  }

  /** A compiler that takes this machine's binding for its result. */
  compiler(name = 'g++'): this {
    const binding = JSON.stringify(nativeHere && join(nativeHere.lib, 'napi-v8'));
    return this.program(
      name,
      `const output = words[words.indexOf('-o') + 1];
       if (output.endsWith('tfjs_binding.node')) { log('compile'); wait(200); }
       fs.copyFileSync(path.join(${binding}, path.basename(output)), output);`,
    );
  }

  /**
   * A Python.
   * @param tensorflow folder of the TensorFlow that it has
   * @param pip what `pip download` does: `absent`; `offline`; `wheel`: hand out a stand-in for TensorFlow's wheel, which
   *   unpacks into links to this machine's library; `hangs`: begin and never end
   */
  python({
    tensorflow: own,
    pip = 'absent',
  }: {
    tensorflow?: string;
    pip?: 'absent' | 'offline' | 'wheel' | 'hangs';
  }): this {
    return this.program(
      'python3',
      `if (words.shift() !== '-I') throw new Error('Python was not isolated');
       const pip = ${JSON.stringify(pip)}, own = ${JSON.stringify(own ?? null)};
       const libraries = ${JSON.stringify(nativeHere && join(nativeHere.deps, 'lib'))};
       if (words[0] === '-m' && words[1] === 'pip') {
         if (pip === 'absent') { console.error('No module named pip'); process.exit(1); }
         if (words[2] === '--version') process.exit(0);
         const list = fs.readFileSync(words.find((word) => word.startsWith('--requirement=')).slice(14), 'utf8').trim();
         const [asked, ...hashes] = list.split(' ');
         if (asked.startsWith('tensorflow') && (!words.includes('--require-hashes') || hashes.length === 0))
           throw new Error('the wheel was not pinned');
         log('download ' + asked);
         if (pip === 'offline') { console.error('ERROR: No matching distribution found for ' + asked); process.exit(1); }
         const folder = words.find((word) => word.startsWith('--dest=')).slice(7);
         fs.mkdirSync(folder, { recursive: true });
         fs.writeFileSync(path.join(folder, 'tensorflow.whl'), 'stand-in');
         if (pip === 'hangs') { log('hanging'); wait(60000); }
       } else if (words[1].includes('find_spec')) {
         console.log(own ? JSON.stringify({ version: '2.99.0', folder: own }) : 'null');
       } else if (words[1].includes('Requires-Dist')) {
         console.log('absl-py>=1.0.0');
         console.log('nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"');
       } else if (words[1].includes('extractall') && words.at(-1) === 'nvidia/') {
         fs.mkdirSync(path.join(words[3], 'nvidia/cublas/lib'), { recursive: true });
       } else if (words[1].includes('extractall')) {
         const folder = path.join(words[3], 'tensorflow');
         fs.mkdirSync(folder, { recursive: true });
         for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
           fs.symlinkSync(path.join(libraries, name), path.join(folder, name));
         fs.writeFileSync(path.join(folder, 'THIRD_PARTY_NOTICES.txt'), '');
       }`,
    );
  }

  get calls(): string[] {
    return readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
  }

  get environment(): NodeJS.ProcessEnv {
    const { HOME, TMPDIR } = process.env;
    return { HOME, TMPDIR, PATH: this.bin, MHO_CACHE: this.cache, XDG_STATE_HOME: this.state };
  }

  /** The same with the rest of this machine behind it. */
  get environmentWithAll(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${this.bin}${delimiter}${process.env.PATH}`, MHO_CACHE: this.cache, XDG_STATE_HOME: this.state }; // prettier-ignore
  }
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs Node to its end. */
export const node = (words: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [...words], { env, cwd }, (error, out, err) =>
      done({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
