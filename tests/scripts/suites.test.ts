import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, script, temporaryFolder } from './clone';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly notRun?: readonly string[];
}
interface Suites {
  countVitest(report: object): Counts;
  slowestWords(report: object): string;
  countPlaywright(report: object): Counts & { readonly output: string };
  lastLines(total: Counts): string;
  runSuites(suites: readonly object[], write: (text: string) => void): Promise<Counts>;
}
const { countVitest, slowestWords, countPlaywright, lastLines, runSuites } = await script<Suites>('suites.mjs');

describe('countVitest', () => {
  const assertion = (status: string, fullName = status) => ({ status, fullName });

  it('adds a file that could not be loaded to the failed tests', () => {
    const testResults = [
      { status: 'passed', assertionResults: [assertion('passed')] },
      { status: 'failed', assertionResults: [assertion('passed'), assertion('failed')] },
      { status: 'failed', assertionResults: [] },
    ].map((file, at) => ({ ...file, name: join(root, `tests/${at}.test.ts`) }));
    const report = { numPassedTests: 2, numFailedTests: 1, testResults };
    expect(countVitest(report)).toEqual({ passed: 2, failed: 2, skipped: 0, notRun: [] });
  });

  it('names what did not run; of many in one file, how many', () => {
    const left = ['skipped', 'pending', 'todo', 'skipped'].map((status, at) => assertion(status, `case ${at}`));
    const testResults = [
      { name: join(root, 'tests/gpu.test.ts'), status: 'passed', assertionResults: [assertion('passed'), left[0]] },
      { name: join(root, 'tests/registry.test.ts'), status: 'passed', assertionResults: left },
    ];
    expect(countVitest({ numPassedTests: 1, numFailedTests: 0, testResults })).toEqual({
      passed: 1,
      failed: 0,
      skipped: 5,
      notRun: ['tests/gpu.test.ts: case 0', 'tests/registry.test.ts: 4 tests'],
    });
  });
});

it('names the files that took longest', () => {
  const testResults = [3, 61, 0.2].map((seconds, at) => ({
    name: join(root, `tests/${at}.test.ts`),
    startTime: 1e12,
    endTime: 1e12 + 1000 * seconds,
  }));
  expect(slowestWords({ testResults })).toBe('slowest: tests/1.test.ts 61 s, tests/0.test.ts 3 s, tests/2.test.ts 0 s');
});

describe('countPlaywright', () => {
  it('names what passed only when tried again', () => {
    const spec = (title: string, status: string) => ({ file: 'a.spec.ts', title, tests: [{ status }] });
    const suites = [
      { specs: [spec('at once', 'expected'), spec('in a browser', 'skipped')] },
      { suites: [{ specs: [spec('opens', 'flaky')] }] },
    ];
    const stats = { expected: 1, flaky: 1, unexpected: 2, skipped: 3 };
    expect(countPlaywright({ stats, suites, errors: [{}] })).toEqual({
      passed: 2,
      failed: 3,
      skipped: 3,
      notRun: ['tests/window/a.spec.ts: in a browser'],
      output: 'passed only when tried again: a.spec.ts: opens',
    });
  });
});

describe('runSuites', () => {
  const suite = (name: string, passed: number, failed: number, more: object = {}) => ({
    name,
    run: () => Promise.resolve({ passed, failed, ...more }),
  });

  it('adds suites up and says of each what it came to', async () => {
    const said: string[] = [];
    const total = await runSuites(
      [
        suite('a', 3, 1, { output: 'why', skipped: 2, notRun: ['tests/x.test.ts: one'] }),
        { ...suite('b', 1, 0), quick: true },
      ],
      (text) => said.push(text),
    );
    expect(total).toEqual({ passed: 4, failed: 1, notRun: ['tests/x.test.ts: one'] });
    expect(said.join('')).toMatch(/^b: 1 passed, 0 failed \(.* s\)\nwhy\na: 3 passed, 1 failed, 2 skipped \(.* s\)\n$/);
  });

  it('counts a suite that ran no test, or that broke, as a failure', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('gone')) };
    const said: string[] = [];
    expect(await runSuites([suite('empty', 0, 0), broken], (text) => said.push(text))).toEqual({
      passed: 0,
      failed: 2,
      notRun: ['empty: all of it'],
    });
    expect(said.join('')).toContain('empty: ran no test, which is a failure');
    expect(said.join('')).toContain('Error: gone');
  });
});

describe('lastLines', () => {
  it('say what did not run, then the sum', () => {
    expect(lastLines({ passed: 2, failed: 0, notRun: ['window tests: all of it'] })).toBe(
      'did not run: window tests: all of it\n2 passed, 0 failed\n',
    );
  });
});

describe('npm test', () => {
  it('closes with the count and fails where the packages cannot be had', () => {
    const folder = temporaryFolder();
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
    cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
    mkdirSync(join(folder, 'npm'));
    writeFileSync(join(folder, 'npm/npm-cli.js'), `console.error('npm error network is down'); process.exit(1);`);
    const env = { ...process.env, npm_execpath: join(folder, 'npm/npm-cli.js') };
    const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/test.mjs'], { cwd: folder, env });
    expect(String(stdout).trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
    expect(String(stderr)).toContain(
      'npm could not install the packages: npm error network is down. Check the network',
    );
    expect(status).toBe(1);
  });
});
