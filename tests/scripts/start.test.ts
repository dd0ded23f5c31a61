import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackendReport } from '../../src/contract/backends';
import { Machine, makeClone, node } from './clone';

const { environment } = new Machine();
const withProgram = async (source: string): Promise<string> => {
  const folder = await makeClone();
  writeFileSync(join(folder, 'out/main/mho.js'), source);
  return folder;
};

describe('npm start', () => {
  const echo = `console.log(JSON.stringify(process.argv.slice(2)), process.env.TF_ENABLE_ONEDNN_OPTS); process.exitCode = 3;`;

  it('runs the bundled sample', async () => {
    const { out, code } = await node(['scripts/start.mjs'], environment, await withProgram(echo));
    expect(out).toBe('["sample"] 1\n');
    expect(code).toBe(3);
  });

  it('finishes the sample on a machine without compiler and Python', async () => {
    const { code, out, err } = await node(['scripts/start.mjs'], environment, await makeClone());
    expect(code, err).toBe(0);
    expect(err).toContain('no C++ compiler was found');
    expect(out).toMatch(/Computed in .* on tfjs WebAssembly/);
  });

  it('passes a command on as it is', async () => {
    const words = ['attribute', 'a model', '--steps', '8'];
    const { out } = await node(['scripts/start.mjs', ...words], environment, await withProgram(echo));
    expect(out).toBe(`${JSON.stringify(words)} 1\n`);
  });
});

describe('mho', () => {
  it('without a build says what to do', async () => {
    const folder = await makeClone();
    rmSync(join(folder, 'out'), { recursive: true });
    const { code, err } = await node(['scripts/mho.mjs', 'inspect'], environment, folder);
    expect(code).toBe(1);
    expect(err).toContain('Run `npm start` in its folder once');
  });

  it('without set-up runs on WebAssembly, and says that native TensorFlow waits for it', async () => {
    const { code, out } = await node(['scripts/mho.mjs', 'backends', '--json'], environment, await makeClone());
    expect(code).toBe(0);
    const [native, wasm] = JSON.parse(out) as BackendReport[];
    expect(wasm!.chosen).toBe(true);
    expect(native!.reason).toBe('native TensorFlow has not been set up in this folder');
    expect(native!.remedy).toContain('npm run setup');
  });

  it('refuses a backend that is pinned and cannot be used, by name', async () => {
    const sample = 'resources/samples/digits';
    const words = ['attribute', sample, '--input', `${sample}/inputs.npz`, '--backend', 'tensorflow'];
    const { code, err } = await node(['scripts/mho.mjs', ...words], environment, await makeClone());
    expect(code).toBe(1);
    expect(err).toContain('BACKEND_UNAVAILABLE: The backend tensorflow cannot be used: native TensorFlow has not been');
    expect(err).toContain('Run `npm run setup` in the folder of Mho.');
  });
});
