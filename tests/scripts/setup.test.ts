import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeClone, Machine, node, root, script, temporaryFolder } from './clone';

describe('npm packages', () => {
  const wanted = {
    '': { version: '1.0.0' },
    'node_modules/a': { version: '1.2.3' },
    'node_modules/windows-only': { version: '2.0.0', optional: true },
  };
  const clone = (present: object | null) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }));
    mkdirSync(join(folder, 'node_modules'));
    const lock = join(folder, 'node_modules/.package-lock.json');
    if (present) writeFileSync(lock, JSON.stringify({ packages: present }));
    return folder;
  };

  it.each([
    ['all there, but for another platform', { 'node_modules/a': { version: '1.2.3' } }, true],
    ['more than asked for', { 'node_modules/a': { version: '1.2.3' }, 'node_modules/b': { version: '1.0.0' } }, true],
    ['another version', { 'node_modules/a': { version: '1.2.2' } }, false],
    ['one missing', {}, false],
    ['an installation that did not finish', null, false],
  ])('%s', async (_, present, expected) => {
    const { installed } = await script<{ installed: (clone: string) => boolean }>('setup/dependencies.mjs');
    expect(installed(clone(present))).toBe(expected);
  });

  it('are fetched by the npm that runs us, once', () => {
    const folder = clone(null);
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
    const npm = join(folder, 'npm-cli.js');
    const install = `require('node:fs').writeFileSync('node_modules/.package-lock.json', '${JSON.stringify({ packages: { 'node_modules/a': { version: '1.2.3' } } })}')`;
    writeFileSync(npm, `require('node:fs').appendFileSync('calls', process.argv[2] + ' '); ${install}`);
    const run = () =>
      spawnSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { dependencies } from './scripts/setup/dependencies.mjs'; console.log(await dependencies());`,
        ],
        { cwd: folder, env: { ...process.env, npm_execpath: npm } },
      );
    const first = run();
    expect(String(first.stdout)).toBe('true\n');
    expect(String(first.stderr)).toMatch(/npm packages: fetching \(about \d+ MB\) into .*node_modules/);
    const second = run();
    expect(String(second.stdout)).toBe('true\n');
    expect(String(second.stderr)).toBe('');
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('ci ');
  });
});

describe('the build', () => {
  it('is made again when a source changes in content or time, and otherwise not', async () => {
    const { fingerprint } = await script<{ fingerprint: (clone: string) => string }>('setup/build.mjs');
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'src/main'), { recursive: true });
    const source = join(folder, 'src/main/a.ts');
    writeFileSync(source, 'one');
    const first = fingerprint(folder);
    expect(fingerprint(folder)).toBe(first);
    writeFileSync(source, 'three');
    const second = fingerprint(folder);
    expect(second).not.toBe(first);
    utimesSync(source, new Date(0), new Date(0)); // an older version checked out
    expect(fingerprint(folder)).not.toBe(second);
  });

  it('that fails says why, and is not taken for done', async () => {
    const folder = await makeClone();
    writeFileSync(join(folder, 'electron.vite.config.ts'), `throw new Error('no such luck');`);
    const machine = new Machine();
    const { code, err, out } = await node(['scripts/start.mjs', 'backends'], machine.environment, folder);
    expect(code).toBe(1);
    expect(err).toMatch(/the build failed: .*no such luck/);
    expect(out).toBe('');
    expect(existsSync(join(folder, 'out/.sources'))).toBe(false);
  });
});

describe('locks', () => {
  const { folder: bin } = new Machine();
  const holding = (lock: string, ms: number) =>
    node(
      [
        '--input-type=module',
        '-e',
        `import { withLock } from ${JSON.stringify(join(root, 'scripts/setup/lock.mjs'))};
         import { setTimeout as sleep } from 'node:timers/promises';
         await withLock(${JSON.stringify(lock)}, 'it', async () => {
           const begin = Date.now(); await sleep(${ms}); console.log(begin + ' ' + Date.now());
         });`,
      ],
      process.env,
    );

  it('let one in at a time', async () => {
    const lock = join(bin, 'a.lock');
    const times = (await Promise.all([holding(lock, 300), holding(lock, 300), holding(lock, 300)]))
      .map(({ out }) => out.trim().split(' ').map(Number) as [number, number])
      .sort(([a], [b]) => a - b);
    expect(times[1]![0]).toBeGreaterThanOrEqual(times[0]![1]);
    expect(times[2]![0]).toBeGreaterThanOrEqual(times[1]![1]);
    expect(existsSync(lock)).toBe(false);
  });

  it('are taken over from a holder that died', async () => {
    const lock = join(bin, 'b.lock');
    const { hostname } = await import('node:os');
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(lock);
    writeFileSync(join(lock, 'holder'), `${hostname()} ${dead}`);
    expect((await holding(lock, 0)).code).toBe(0);
  });
});
