/** `npm test`: all the set-up, then every suite; its last line adds them up. */
import { setUp } from './setup/index.mjs';
import { all, lastLines, runSuites } from './suites.mjs';

let ready = false;
const setUpSuite = {
  name: 'set-up',
  run: async () => {
    const { packages, built } = await setUp();
    ready = packages;
    return built ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  },
};

const first = await runSuites([setUpSuite]);
const others = ready
  ? await runSuites(all)
  : { passed: 0, failed: 0, notRun: all.map(({ name }) => `${name}: all of it`) };
const failed = first.failed + others.failed;
process.stdout.write(lastLines({ passed: first.passed + others.passed, failed, notRun: others.notRun }));
process.exitCode = failed === 0 ? 0 : 1;
