/** `node scripts/electron.mjs`: an Electron for the window's tests, fetched where needed; prints where it is, as JSON. */
import { electronRuntime } from './setup/electronRuntime.mjs';

process.stdout.write(`${JSON.stringify(await electronRuntime({ tests: true }))}\n`);
