/** The build, made again when a source changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';
import { complaint, run } from './process.mjs';
import { say } from './say.mjs';

const files = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => files(join(path, name)))
    : [path];

/** Name, size and time of every source: any change of one asks for a build, going back in time included. */
export const fingerprint = (clone) => {
  const sources = ['src', 'package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.base.json'];
  const hash = createHash('sha256');
  for (const file of sources
    .map((name) => join(clone, name))
    .filter(existsSync)
    .flatMap(files)) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(clone, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
};

/** Builds `out/` where it is missing or old. Returns whether it is there and new. */
export const build = async (clone = root) => {
  const stamp = join(clone, 'out/.sources');
  const current = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(clone);
  if (current()) return true;
  return withLock(join(clone, 'out/.build.lock'), 'build', async () => {
    if (current()) return true;
    const sources = fingerprint(clone);
    say('building');
    rmSync(stamp, { force: true });
    const program = join(clone, 'node_modules/electron-vite/bin/electron-vite.js');
    const result = await run(process.execPath, [program, 'build', '--logLevel', 'warn'], { cwd: clone });
    if (!result.ok) {
      say(`the build failed: ${complaint(result)}`);
      return false;
    }
    mkdirSync(join(clone, 'out'), { recursive: true });
    writeFileSync(stamp, sources); // last: an interrupted build is made again
    return true;
  });
};
