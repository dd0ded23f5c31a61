/** What `npm run check` and `npm test` run, each suite with the number of checks that passed, failed and were skipped. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { displayCommand, electronRuntime } from './setup/electronRuntime.mjs';
import { root } from './setup/paths.mjs';
import { npm, run } from './setup/process.mjs';

/** What is known of unchanged files; goes with the packages it was made by. */
const caches = 'node_modules/.cache';

/** A script of package.json that passes or fails as a whole; its output is shown only when it fails. */
const script = (name, parameters = []) => ({
  name,
  quick: true,
  run: async () => {
    const [program, ...words] = npm();
    const { ok, out, err } = await run(program, [...words, 'run', '--silent', name, '--', ...parameters], {
      cwd: root,
    });
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, output: ok ? '' : `${out}${err}` };
  },
});

/** As vitest calls tests that did not run. */
const LEFT_OUT = ['pending', 'skipped', 'todo', 'disabled'];
/** Of one file so many are named each; of more, how many. */
const NAMED = 3;

/** What did not run, a line for each, by file: a suite that cannot run is no suite that passed. */
const notRun = (tests) => {
  const byFile = new Map();
  for (const { file, title } of tests) byFile.set(file, [...(byFile.get(file) ?? []), title]);
  return [...byFile].flatMap(([file, titles]) =>
    titles.length > NAMED ? [`${file}: ${titles.length} tests`] : titles.map((title) => `${file}: ${title}`),
  );
};

/** Counts of vitest's JSON report; a file that could not be loaded is a failure of its own. */
export const countVitest = ({ numPassedTests, numFailedTests, testResults }) => {
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const leftOut = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => LEFT_OUT.includes(status))
      .map(({ fullName }) => ({ file: name, fullName })),
  );
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: leftOut.length,
    notRun: notRun(leftOut.map(({ file, fullName }) => ({ file: relative(root, file), title: fullName }))),
  };
};

/** Files that took longest are told: suites are to be sped up before they are added to. */
const TOLD_SLOW = 8;

/** `slowest: tests/a.test.ts 61 s, …`, by vitest's JSON report. */
export const slowestWords = ({ testResults }) => {
  const files = testResults
    .map(({ name, startTime, endTime }) => ({ name: relative(root, name), seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, TOLD_SLOW);
  return `slowest: ${files.map(({ name, seconds }) => `${name} ${Math.round(seconds)} s`).join(', ')}`;
};

const vitest = (name, parameters = []) => ({
  name,
  quick: false,
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mho-test-'));
    const report = join(folder, 'report.json');
    try {
      const { ok, err } = await run(
        process.execPath,
        [
          join(root, 'node_modules/vitest/vitest.mjs'),
          'run',
          '--reporter=dot',
          '--reporter=json',
          `--outputFile.json=${report}`,
          ...parameters,
        ],
        { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
      );
      const told = JSON.parse(readFileSync(report, 'utf8'));
      const counts = { ...countVitest(told), output: slowestWords(told) };
      // Errors outside any test (a rejection nobody awaited) fail the run without failing a test.
      return ok || counts.failed > 0 ? counts : { ...counts, failed: 1, output: `${counts.output}\n${err}` };
    } catch (error) {
      return { passed: 0, failed: 1, output: `vitest left no report: ${error.message}` };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** Counts of Playwright's JSON report; what passed only when tried again is named. */
export const countPlaywright = ({ stats, errors, suites = [] }) => {
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  const again = suites.flatMap(specs).filter(({ tests }) => tests.some(({ status }) => status === 'flaky'));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + (errors?.length ?? 0),
    skipped: stats.skipped,
    notRun: notRun(
      suites
        .flatMap(specs)
        .filter(({ tests }) => tests.some(({ status }) => status === 'skipped'))
        .map(({ file, title }) => ({ file: `tests/window/${file}`, title })),
    ),
    output: again.map(({ file, title }) => `passed only when tried again: ${file}: ${title}`).join('\n'),
  };
};

/** The real window on a real Electron, on a virtual display where there is no other. */
const windowTests = () => ({
  name: 'window tests',
  quick: false,
  run: async () => {
    const { path, why } = await electronRuntime({ tests: true });
    if (!path) return { passed: 0, failed: 1, output: `There is no Electron to test on: ${why}.` };
    const folder = mkdtempSync(join(tmpdir(), 'mho-window-report-'));
    const report = join(folder, 'report.json');
    try {
      const runner = join(root, 'node_modules/@playwright/test/cli.js');
      const [program, ...words] = [...displayCommand(), process.execPath, runner, 'test', '--reporter=dot,json'];
      const { ok, err } = await run(program, words, {
        cwd: root,
        stdio: ['ignore', 'inherit', 'pipe'],
        env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      });
      const counts = countPlaywright(JSON.parse(readFileSync(report, 'utf8')));
      return ok || counts.failed > 0 ? counts : { ...counts, failed: 1, output: err };
    } catch (error) {
      return { passed: 0, failed: 1, output: `Playwright left no report: ${error.message}` };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/**
 * How the paths begin of set-up, fuzzing, real files out of packages, measured claims, many layers and nodes, truths of whole nets, ops in
 * plain JavaScript and WebAssembly, hosts, hostile files. */
const slow = [
  'attribution/adaptive/expected',
  'attribution/along',
  'attribution/between',
  'attribution/errorEstimate',
  'attribution/kerasLayers',
  'attribution/recordings',
  'attribution/reference',
  'data/damaged',
  'data/hostile',
  'field/',
  'formats/architectures',
  'formats/basicPitch',
  'formats/configs',
  'formats/everyLayer',
  'formats/familiesExport',
  'formats/hostile',
  'formats/interchange',
  'formats/kerasExport',
  'formats/kerasLayers',
  'formats/large',
  'formats/mmsplice',
  'formats/mutations',
  'formats/onnxConformance',
  'formats/onnxNodes',
  'formats/opening',
  'formats/realFiles',
  'formats/recurrentLayouts',
  'formats/reference',
  'formats/tensorflowExport',
  'formats/tensorflowHeld',
  'formats/tensorflowOps',
  'formats/torchExport',
  'graph/large',
  'graph/support',
  'hosts/serve/',
  'hosts/service',
  'interventions/',
  'judge/reference',
  'ops/cpu',
  'ops/parts',
  'ops/wasm',
  'reading/',
  'scripts/',
  'sessions/sessions',
  'study/literal',
  'terminal/attribute',
  'terminal/built',
  'terminal/check',
].map((path) => `tests/${path}`);

/** Types, lint, import circles, format, unit tests: what is worth running after every change. All but the last run side by side. */
export const checks = [
  script('types'),
  script('lint', ['--cache', '--cache-strategy=content', `--cache-location=${caches}/eslint/`]),
  script('imports'),
  script('format', ['--cache', '--cache-strategy=content', `--cache-location=${caches}/format`]),
  vitest(
    'unit tests',
    slow.map((path) => `--exclude=${path.endsWith('/') ? `${path}**` : `${path}*`}`),
  ),
];

/** And what takes minutes: set-up on machines that lack things, fuzzing, real files, the window. */
export const all = [...checks, vitest('slow tests', slow), windowTests()];

/**
 * Runs suites and adds them up; says of each what it came to.
 * @returns `{ passed, failed, notRun }`; a suite that ran nothing has failed
 */
export const runSuites = async (suites, write = (text) => process.stdout.write(text)) => {
  const timed = async (suite) => {
    const begin = Date.now();
    const result = await suite.run().catch((error) => ({ passed: 0, failed: 1, output: error.stack }));
    return { suite, seconds: (Date.now() - begin) / 1000, ...result };
  };
  const quick = suites.filter(({ quick }) => quick).map(timed);
  const total = { passed: 0, failed: 0, notRun: [] };
  const add = ({ suite, seconds, passed, failed, skipped, notRun: names = [], output }) => {
    const ranNothing = passed + failed === 0;
    total.passed += passed;
    total.failed += ranNothing ? 1 : failed;
    total.notRun.push(...(ranNothing ? [`${suite.name}: all of it`] : names));
    if (output) write(`${output.trimEnd()}\n`);
    const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
    const verdict = ranNothing ? 'ran no test, which is a failure' : counts;
    write(`${suite.name}: ${verdict} (${seconds.toFixed(1)} s)\n`);
  };
  for (const result of quick) add(await result);
  for (const suite of suites.filter(({ quick }) => !quick)) add(await timed(suite));
  return total;
};

/** The last lines: what did not run, by name, then the sum. */
export const lastLines = ({ passed, failed, notRun = [] }) =>
  [...notRun.map((name) => `did not run: ${name}`), `${passed} passed, ${failed} failed`].join('\n') + '\n';
