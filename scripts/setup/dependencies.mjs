/** npm packages: fetched once, and again only when package-lock.json asks for something else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';
import { complaint, npm, run } from './process.mjs';
import { say } from './say.mjs';

/** Versions by folder of what a lock file wants or npm last installed. */
const packages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/**
 * Whether what npm wrote of its last finished installation (it writes it last) holds everything that is asked for.
 * Packages for other platforms are not installed, so an optional one may be absent.
 */
export const installed = (clone = root) => {
  try {
    const present = packages(join(clone, 'node_modules/.package-lock.json'));
    return Object.entries(packages(join(clone, 'package-lock.json'))).every(
      ([folder, { version, optional, devOptional }]) =>
        folder === '' || (present[folder] ? present[folder].version === version : Boolean(optional || devOptional)),
    );
  } catch {
    return false;
  }
};

/** Installs the packages of package-lock.json where they are not. Returns whether they are there now. */
export const dependencies = async (clone = root) => {
  if (installed(clone)) return true;
  return withLock(join(clone, 'out/.npm.lock'), 'npm packages', async () => {
    if (installed(clone)) return true;
    say(`npm packages: fetching (about 200 MB) into ${join(clone, 'node_modules')} (600 MB)`);
    const [program, ...words] = npm();
    const result = await run(program, [...words, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: clone });
    if (!result.ok) say(`npm could not install the packages: ${complaint(result)}. Check the network, then try again.`);
    return result.ok;
  });
};
