/** `node scripts/studio.mjs [MODEL|FILE.mho|LINK|--sample NAME]`: opens the window and stays until it is closed. */
import { spawn } from 'node:child_process';
import { electronRuntime, hasDisplay } from './setup/electronRuntime.mjs';
import { root } from './setup/paths.mjs';

const words = process.argv.slice(2);
const { path, why } = hasDisplay() ? await electronRuntime() : { why: 'there is no display here' };
if (path) {
  // As root, Chromium runs only without its sandbox.
  const switches = process.platform === 'linux' && process.getuid() === 0 ? ['--no-sandbox'] : [];
  const { ELECTRON_RUN_AS_NODE: _asNode, ...env } = process.env;
  const child = spawn(path, [...switches, root, ...words], { stdio: ['ignore', 'inherit', 'inherit'], env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('close', (code) => (process.exitCode = code ?? 1));
} else {
  process.stderr.write(`The window cannot be opened: ${why}. \`mho serve\` shows it in a browser.\n`);
  process.exitCode = 1;
}
