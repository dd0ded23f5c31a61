/** `node scripts/electron.mjs`: an Electron and a browser for the window's tests; prints where they are, as JSON. */
import { browserForTests, electronRuntime } from './setup/electronRuntime.mjs';

const electron = await electronRuntime({ tests: true });
process.stdout.write(`${JSON.stringify({ ...electron, browser: await browserForTests() })}\n`);
