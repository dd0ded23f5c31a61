/** Down the ladder: each test takes something away, and ends in a program that computes and says why not better. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { BackendReport } from '../../src/contract/backends';
import { Machine, makeClone, nativeHere, node, root, temporaryFolder } from './clone';

/** `npm start -- backends --json` in a clone: what it said while setting up, and what the program then reports. */
const start = async (folder: string, on: NodeJS.ProcessEnv) => {
  const { code, out, err } = await node(['scripts/start.mjs', 'backends', '--json'], on, folder);
  expect(code, err).toBe(0);
  const reports = JSON.parse(out) as BackendReport[];
  return { said: err, native: reports[0]!, chosen: reports.find((report) => report.chosen)!.name };
};

const ownPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;
const binding = 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node';
const deps = 'node_modules/@tensorflow/tfjs-node-gpu/deps';

describe('what is taken away', () => {
  it('the compiler: WebAssembly, before anything is fetched', async () => {
    const bare = new Machine().python({ pip: 'wheel' });
    const { said, native, chosen } = await start(await makeClone(), bare.environment);
    expect(chosen).toBe('wasm');
    expect(native).toMatchObject({
      available: false,
      reason: 'no C++ compiler was found',
      remedy: 'Install g++ (Debian and Ubuntu: `sudo apt install g++`), then run `npm run setup`.',
    });
    expect(said).toContain('no C++ compiler was found. Install g++');
    expect(bare.calls).toEqual([]);
  });

  it('Python', async () => {
    const { native, chosen } = await start(await makeClone(), new Machine().compiler().environment);
    expect(chosen).toBe('wasm');
    expect(native.reason).toBe("Python was not found, and TensorFlow's library comes by it");
    expect(native.remedy).toContain('Install Python 3 with pip');
  });

  it('pip', async () => {
    const { native, chosen } = await start(await makeClone(), new Machine().compiler().python({}).environment);
    expect(chosen).toBe('wasm');
    expect(native.reason).toBe("pip was not found, and TensorFlow's library comes by it");
    expect(native.remedy).toContain('sudo apt install python3-pip');
  });

  it('the network', async () => {
    const on = new Machine().compiler().python({ pip: 'offline' }).environment;
    const { said, native, chosen } = await start(await makeClone(), on);
    expect(chosen).toBe('wasm');
    expect(said).toContain('fetching tensorflow-cpu==2.21.0 with pip (274 MB)');
    expect(native.reason).toMatch(/^pip could not fetch tensorflow-cpu==2.21.0: ERROR: No matching distribution found/);
    expect(native.remedy).toMatch(/^Check the network/);
  });

  it.runIf(ownPip)("the network, with this machine's own pip", async () => {
    const nowhere = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: '', PIP_CONFIG_FILE: '/dev/null' };
    const on = { ...new Machine().compiler().environmentWithAll, ...nowhere };
    const { native, chosen } = await start(await makeClone(), on);
    expect(chosen).toBe('wasm');
    expect(native.reason).toMatch(/^pip could not fetch tensorflow-cpu==2.21.0: .+/);
  });

  it('a place to write', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    mkdirSync(on.cache);
    writeFileSync(join(on.cache, 'native'), 'a file where a folder should be');
    const { native, chosen } = await start(await makeClone(), on.environment);
    expect(chosen).toBe('wasm');
    expect(native.reason).toContain(`the cache ${on.cache} cannot be used: `);
    expect(native.remedy).toBe('Set MHO_CACHE to a folder that can be written, then run `npm run setup`.');
  });

  it('WebAssembly as well: plain JavaScript', async () => {
    const folder = await makeClone();
    const wasm = join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm');
    const from = readlinkSync(wasm);
    rmSync(wasm);
    cpSync(from, wasm, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
    const { chosen } = await start(folder, new Machine().environment);
    expect(chosen).toBe('cpu');
  });
});

describe('what is damaged', () => {
  it('a binding that does not load is not believed, and not kept', async () => {
    const on = new Machine().python({ pip: 'wheel' });
    on.program('g++', `fs.writeFileSync(words[words.indexOf('-o') + 1], 'rubbish');`);
    const { native, chosen } = await start(await makeClone(), on.environment);
    expect(chosen).toBe('wasm');
    expect(native.reason).toMatch(/^TensorFlow's wheel tensorflow-cpu==2.21.0 does not work here: Error: .+/);
    expect(readdirSync(join(on.cache, 'native'))).toEqual([]);
  });

  it('a compiler that fails says what it said', async () => {
    const on = new Machine().python({ pip: 'wheel' });
    on.program('g++', `console.error('c_api.h:3: error: nonsense'); process.exit(1);`);
    const { native } = await start(await makeClone(), on.environment);
    expect(native.reason).toBe('the binding did not compile: c_api.h:3: error: nonsense');
    expect(native.remedy).toMatch(/^Check .*g\+\+, then run/);
  });

  it.runIf(nativeHere)('a binding broken after set-up: WebAssembly, with what the system said', async () => {
    const machine = new Machine().compiler().python({ pip: 'wheel' });
    const on = machine.environment;
    const folder = await makeClone();
    await start(folder, on);
    rmSync(join(folder, binding));
    writeFileSync(join(folder, binding), 'rubbish');
    const { out } = await node(['scripts/mho.mjs', 'backends', '--json'], on, folder);
    const [native, wasm] = JSON.parse(out) as BackendReport[];
    expect(wasm!.chosen).toBe(true);
    expect(native).toMatchObject({
      available: false,
      remedy: expect.stringContaining(`delete ${join(machine.cache, 'native')}`) as string,
    });
    expect(native!.reason).toContain('tfjs_binding.node');
  });
});

describe.runIf(nativeHere)('where native TensorFlow comes from', () => {
  it("the user's own Python: linked, not copied, and nothing is fetched", async () => {
    const own = join(temporaryFolder(), 'site-packages/tensorflow');
    mkdirSync(own, { recursive: true });
    mkdirSync(join(own, '../nvidia'));
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
      symlinkSync(join(nativeHere!.deps, 'lib', name), join(own, name));
    }
    const on = new Machine().compiler().python({ tensorflow: own, pip: 'wheel' });
    const folder = await makeClone();
    const { said, native, chosen } = await start(folder, on.environment);
    expect(chosen).toBe('tensorflow');
    expect(native.version).toMatch(/^TensorFlow 2\./);
    expect(said).toContain(`Python's own TensorFlow 2.99.0 in ${own}: linking to it`);
    expect(on.calls).toEqual(['compile']);
    expect(readlinkSync(join(folder, deps, 'lib/libtensorflow_cc.so.2'))).toBe(join(own, 'libtensorflow_cc.so.2'));
    expect(readlinkSync(join(folder, deps, 'nvidia'))).toBe(join(own, '../nvidia'));
  });

  it("a Python TensorFlow without the library: on to TensorFlow's wheel", async () => {
    const on = new Machine().compiler().python({ tensorflow: '/nowhere/tensorflow', pip: 'wheel' });
    const { said, chosen } = await start(await makeClone(), on.environment);
    expect(chosen).toBe('tensorflow');
    expect(said).toContain("Python's TensorFlow 2.99.0 has no C library of its own.");
    expect(on.calls).toEqual(['download tensorflow-cpu==2.21.0', 'compile']);
  });

  it('the cache, for a second clone and a second time: silent, nothing fetched or compiled, no Python needed', async () => {
    const first = new Machine().compiler().python({ pip: 'wheel' });
    await start(await makeClone(), first.environment);
    const second = await makeClone();
    for (let time = 0; time < 2; time++) {
      const { said, chosen } = await start(second, { ...new Machine().environment, MHO_CACHE: first.cache });
      expect(chosen).toBe('tensorflow');
      expect(said).toBe('');
    }
    expect(first.calls).toEqual(['download tensorflow-cpu==2.21.0', 'compile']);
    expect(lstatSync(join(second, deps)).isSymbolicLink()).toBe(true);
  });

  it('one clone at a time: the other waits and takes what the first made', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const clones = await Promise.all([makeClone(), makeClone()]);
    const results = await Promise.all(clones.map((folder) => start(folder, on.environment)));
    expect(results.map(({ chosen }) => chosen)).toEqual(['tensorflow', 'tensorflow']);
    expect(on.calls).toEqual(['download tensorflow-cpu==2.21.0', 'compile']);
    expect(results.map(({ said }) => said).join()).toContain('another set-up is at work; waiting for it');
  });

  it.runIf(process.getuid?.() === 0)('a compiler by apt, where set-up is root', async () => {
    const on = new Machine().python({ pip: 'wheel' });
    const donor = new Machine().compiler();
    const [from, to] = [join(donor.bin, 'g++'), join(on.bin, 'g++')].map((path) => JSON.stringify(path));
    on.program('apt-get', `log('apt-get ' + words[0]); if (words[0] === 'install') fs.copyFileSync(${from}, ${to});`);
    const { said, chosen } = await start(await makeClone(), on.environment);
    expect(chosen).toBe('tensorflow');
    expect(said).toContain('g++, libc6-dev: installing with apt (about 70 MB)');
    expect(on.calls[0]).toBe('apt-get install');
  });
});

describe('whose code is loaded', () => {
  it.runIf(nativeHere)('none out of a cache that others can write to', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const folder = await makeClone();
    await start(folder, on.environment);
    expect(statSync(on.cache).mode & 0o777).toBe(0o700);
    for (const open of [on.cache, join(on.cache, 'native'), realpathSync(join(folder, deps, '..', 'lib/napi-v8'))]) {
      const { mode } = statSync(open);
      chmodSync(open, 0o777);
      const direct = await node(['scripts/mho.mjs', 'backends', '--json'], on.environment, folder);
      const [native] = JSON.parse(direct.out) as BackendReport[];
      expect(native).toMatchObject({ available: false });
      expect(native!.reason).toBe(`it is not loaded, since others can write to ${open}`);
      chmodSync(open, mode);
    }
    chmodSync(on.cache, 0o777);
    const { native, chosen } = await start(folder, on.environment);
    expect(chosen).toBe('wasm');
    expect(native.reason).toContain(`the cache is not used, since others can write to ${on.cache}`);
    expect(native.remedy).toContain(`delete ${on.cache}`);
    expect(on.calls).toHaveLength(2); // nor is anything put there
    chmodSync(on.cache, 0o700);
    expect((await start(folder, on.environment)).chosen).toBe('tensorflow');
  });

  it.runIf(nativeHere && process.getuid?.() === 0)("none out of another user's", async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const folder = await makeClone();
    await start(folder, on.environment);
    chownSync(realpathSync(join(folder, binding)), 1234, 1234);
    const { out } = await node(['scripts/mho.mjs', 'backends', '--json'], on.environment, folder);
    expect((JSON.parse(out) as BackendReport[])[0]!.reason).toMatch(/tfjs_binding\.node belongs to another user$/);
  });

  it.runIf(nativeHere)('none but what set-up made, be it as large, and whatever the cache says of itself', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const folder = await makeClone();
    await start(folder, on.environment);
    const path = realpathSync(join(folder, binding));
    const { size, mtime } = statSync(path);
    writeFileSync(path, Buffer.alloc(size, 1));
    utimesSync(path, mtime, mtime);
    const { out } = await node(['scripts/mho.mjs', 'backends', '--json'], on.environment, folder);
    expect((JSON.parse(out) as BackendReport[])[0]!.reason).toBe(
      `it is not loaded, since ${path} is not what set-up made`,
    );
    const { said, chosen } = await start(folder, on.environment);
    expect(said).toContain(`${path} is not what set-up made: it is made again`);
    expect(chosen).toBe('tensorflow');
    expect(on.calls).toHaveLength(4);
  });

  it.runIf(ownPip)("of TensorFlow's wheels only the one whose sum is known", async () => {
    const [links, to] = [temporaryFolder(), temporaryFolder()];
    const wheel = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
    const about = 'tensorflow_cpu-2.21.0.dist-info';
    writeFileSync(
      join(links, wheel),
      zipSync({
        [`${about}/METADATA`]: strToU8('Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.21.0\n'),
        [`${about}/WHEEL`]: strToU8('Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_27_x86_64\n'),
        [`${about}/RECORD`]: strToU8(''),
      }),
    );
    const fetch = `
      const { downloadWheels, pip } = await import(${JSON.stringify(join(root, 'scripts/setup/python.mjs'))});
      const { pinned } = await import(${JSON.stringify(join(root, 'scripts/setup/sources.mjs'))});
      console.log(await downloadWheels(await pip(), [pinned('tensorflow-cpu==2.21.0')], ${JSON.stringify(to)}, { pinned: true }));`;
    const env = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: links, PIP_CONFIG_FILE: '/dev/null' };
    const { out } = await node(['--input-type=module', '-e', fetch], env);
    expect(out).toContain('DO NOT MATCH THE HASHES');
    expect(readdirSync(to)).toEqual([]);
  });

  it.runIf(ownPip)('no module that lies about in the current folder', async () => {
    const [about, mark] = [temporaryFolder(), join(temporaryFolder(), 'mark')];
    for (const name of ['json', 'zipfile', 'email', 'importlib', 'pip', 'site', 'venv'])
      writeFileSync(join(about, `${name}.py`), `open(${JSON.stringify(mark)}, 'a').write('${name} ')\n`);
    const wheel = join(about, 'a.whl');
    writeFileSync(
      wheel,
      zipSync({ 'a.dist-info/METADATA': strToU8('Name: a\nRequires-Dist: b\n'), 'a/b': strToU8('') }),
    );
    const all = `
      const { extraRequirements, pip, pythonTensorFlow, unpackWheel } = await import(${JSON.stringify(join(root, 'scripts/setup/python.mjs'))});
      await pythonTensorFlow();
      await pip();
      await extraRequirements(${JSON.stringify(wheel)}, 'x');
      console.log(await unpackWheel(${JSON.stringify(wheel)}, ['a/'], ${JSON.stringify(temporaryFolder())}));`;
    const env = { ...process.env, PYTHONPATH: about };
    const { out, err } = await node(['--input-type=module', '-e', all], env, about);
    expect({ out, err }).toEqual({ out: 'null\n', err: '' });
    expect(existsSync(mark)).toBe(false);
  });
});

describe('what was interrupted or failed before', () => {
  it.runIf(nativeHere)('killed while fetching: the next set-up clears up and finishes', async () => {
    const on = new Machine().compiler().python({ pip: 'hangs' });
    const folder = await makeClone();
    const child = spawn(process.execPath, ['scripts/setup.mjs'], {
      cwd: folder,
      env: on.environment,
      detached: true, // so that its pip can be ended with it
      stdio: 'ignore',
    });
    await expect.poll(() => on.calls).toContain('hanging');
    process.kill(-child.pid!, 'SIGKILL');
    await new Promise((done) => child.on('exit', done));
    expect(readdirSync(join(on.cache, 'native')).sort()).toEqual([
      expect.stringMatching(/\.lock$/),
      expect.stringMatching(/\.new-\d+$/),
    ]);
    on.python({ pip: 'wheel' });
    const { chosen } = await start(folder, on.environment);
    expect(chosen).toBe('tensorflow');
    expect(readdirSync(join(on.cache, 'native'))).toEqual([expect.stringMatching(/-x64$|-arm64$/)]);
  });

  it.runIf(nativeHere)('a file of the cache that lost its end: made again', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const folder = await makeClone();
    await start(folder, on.environment);
    truncateSync(join(folder, binding), 1000);
    const { said, chosen } = await start(folder, on.environment);
    expect(chosen).toBe('tensorflow');
    expect(said).toContain('fetching');
    expect(on.calls).toHaveLength(4);
  });

  it('what failed is left alone for a while, unless forced or the machine changed', async () => {
    const on = new Machine().compiler().python({ pip: 'offline' });
    const folder = await makeClone();
    await start(folder, on.environment);
    const second = await start(folder, on.environment);
    expect(second.said).toBe('');
    expect(second.native.reason).toContain('pip could not fetch'); // still told
    expect(on.calls).toHaveLength(1);
    await node(['scripts/setup.mjs'], on.environment, folder);
    expect(on.calls).toHaveLength(2);
    const path = join(folder, 'node_modules/.mho/native.json');
    const record = JSON.parse(readFileSync(path, 'utf8')) as { at: number };
    writeFileSync(path, JSON.stringify({ ...record, at: record.at - 61 * 60 * 1000 }));
    await start(folder, on.environment);
    expect(on.calls).toHaveLength(3); // the network may be back after an hour
    on.program('pip3', '');
    await start(folder, on.environment);
    expect(on.calls).toHaveLength(4);
  });
});

describe('an NVIDIA driver', () => {
  it.runIf(nativeHere)('asks for the CUDA wheel and its NVIDIA parts; says so when no GPU can be used', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' }).program('nvidia-smi', '');
    const folder = await makeClone();
    const { native, chosen } = await start(folder, on.environment);
    expect(chosen).toBe('tensorflow');
    expect(on.calls).toEqual(['download tensorflow==2.21.0', 'download nvidia-cublas-cu12<13.0,>=12.5.3.2', 'compile']);
    expect(existsSync(join(folder, deps, 'nvidia/cublas/lib'))).toBe(true);
    if (native.device!.startsWith('GPU')) return;
    expect(native.reason).toBe("TensorFlow's wheel tensorflow==2.21.0 works but finds no usable GPU");
    expect(native.remedy).toContain('nvidia-smi');
  });

  it.runIf(nativeHere)(
    'looks again at an entry that found no GPU, and makes one anew that has stopped working',
    async () => {
      const on = new Machine().compiler().python({ pip: 'wheel' }).program('nvidia-smi', '');
      const folder = await makeClone();
      await start(folder, on.environment);
      await node(['scripts/setup.mjs'], on.environment, folder);
      expect(on.calls.filter((call) => call === 'compile')).toHaveLength(1);
      const { size } = statSync(join(folder, binding));
      writeFileSync(join(folder, binding), Buffer.alloc(size)); // damaged, at the same size
      await node(['scripts/setup.mjs'], on.environment, folder);
      expect(on.calls.filter((call) => call === 'compile')).toHaveLength(2);
      expect((await start(folder, on.environment)).chosen).toBe('tensorflow');
    },
  );

  it.runIf(nativeHere)('uses the CPU library of the cache when CUDA cannot be fetched', async () => {
    const on = new Machine().compiler().python({ pip: 'wheel' });
    const folder = await makeClone();
    await start(folder, on.environment);
    on.python({ pip: 'offline' }).program('nvidia-smi', '');
    const { native, chosen } = await start(folder, on.environment);
    expect(chosen).toBe('tensorflow');
    expect(native.device).toMatch(/^CPU/);
    expect(native.reason).toMatch(/^pip could not fetch tensorflow==2.21.0/);
    expect(existsSync(join(folder, binding))).toBe(true);
    const record = JSON.parse(readFileSync(join(folder, 'node_modules/.mho/native.json'), 'utf8')) as object;
    expect(record).toMatchObject({ nvidiaDriver: true, failed: [{ step: 'download' }] });
  });
});
