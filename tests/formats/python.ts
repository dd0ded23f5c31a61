/** Python environments for tests that export files with the ordinary tools: made once, in the per-user cache. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = (): string =>
  process.env['MHO_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mho');

/**
 * A Python that can import these modules: the one an environment variable names, else one of our own.
 * @param packages what pip installs, with versions
 * @returns null, and says why, where there is none and pip cannot make one
 */
export function pythonWith(
  name: string,
  variable: string,
  modules: readonly string[],
  packages: readonly string[],
): string | null {
  const imports = (python: string): boolean =>
    existsSync(python) && spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
  const given = process.env[variable];
  if (given && imports(given)) return given;
  const folder = join(cache(), 'python', name);
  const python = join(folder, 'bin/python');
  if (imports(python)) return python;
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(cache(), 'python'), { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { timeout: 120_000, stdio: 'pipe' });
    const options = ['--disable-pip-version-check', '--quiet', '--retries', '1'];
    execFileSync(python, ['-m', 'pip', 'install', ...options, ...packages], { timeout: 600_000, stdio: 'pipe' });
    if (imports(python)) return python;
    throw new Error(`it cannot import ${modules.join(', ')}`);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    process.stderr.write(`There is no Python with ${packages.join(', ')} (set ${variable}): ${reason}\n`);
    return null;
  }
}
