/** A Python environment in the per-user cache with exactly the packages that a requirements file asks for. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './setup/lock.mjs';
import { cache } from './setup/paths.mjs';
import { complaint, run } from './setup/process.mjs';
import { ISOLATED, python } from './setup/python.mjs';
import { say } from './setup/say.mjs';

/** What the peers' environment (bench/peers/requirements.txt) is. */
export const PEERS = 'PyTorch, Captum and Keras (3 GB where PyTorch comes with CUDA, 300 MB elsewhere)';

/**
 * Makes the environment, or finds it made. It is remade when the requirements change.
 * @param name the folder in the cache
 * @param requirements path of a requirements file
 * @param what what is fetched and how big it is, for the line that says so
 * @param alone packages that are installed without those they ask for
 * @returns path of the environment's Python
 */
export const pythonWith = async (name, requirements, what, alone = []) => {
  const folder = join(cache(), name);
  const interpreter = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const mark = join(folder, 'ready');
  const asked = createHash('sha256').update(readFileSync(requirements)).update(alone.join()).digest('hex');
  const ready = () => existsSync(mark) && readFileSync(mark, 'utf8') === asked;
  mkdirSync(cache(), { recursive: true });
  if (!ready()) {
    await withLock(`${folder}.lock`, what, async () => {
      if (ready()) return;
      const base = python();
      if (!base)
        throw new Error('Python 3 is needed for this, and there is no python3 on PATH. Install it and run again.');
      say(`fetching ${what}; kept in ${folder}`);
      rmSync(folder, { recursive: true, force: true });
      const install = [interpreter, ISOLATED, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
      for (const [program, ...words] of [
        [base, ISOLATED, '-m', 'venv', folder],
        [...install, '-r', requirements],
        ...(alone.length ? [[...install, '--no-deps', ...alone]] : []),
      ]) {
        const result = await run(program, words);
        if (!result.ok) throw new Error(`${what} could not be set up: ${complaint(result)}.`);
      }
      writeFileSync(mark, asked);
    });
  }
  return interpreter;
};
