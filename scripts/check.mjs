/** `npm run check`: types, lint, import circles, format, unit tests, in under a minute. */
import { setUp } from './setup/index.mjs';
import { checks, runSuites } from './suites.mjs';

const { packages, built } = await setUp();
const { failed, notRun } = packages ? await runSuites(checks) : { failed: 1, notRun: [] };
for (const name of notRun) process.stdout.write(`did not run: ${name}\n`);
process.exitCode = built && failed === 0 ? 0 : 1;
