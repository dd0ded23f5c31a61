/**
 * `npm run bench [-- PART …]`: sets up peers and networks, measures side by side, writes bench/RESULTS.md. With parts
 * named (passes, layers, accuracy, default, deeplift, memory, budget, setup, opening, window, windowOwn, estimates, takingOut) only those are measured anew;
 * the last four need no peers, and window measures windowOwn, too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { displayCommand, electronRuntime } from '../scripts/setup/electronRuntime.mjs';
import { setUp } from '../scripts/setup/index.mjs';
import { cache, root } from '../scripts/setup/paths.mjs';
import { PEERS, pythonWith } from '../scripts/venv.mjs';

const here = join(root, 'bench');
await setUp();
const parts = process.argv.slice(2);
const peers =
  parts.length === 0 || parts.some((part) => !['window', 'windowOwn', 'estimates', 'takingOut'].includes(part));
const python = peers ? await pythonWith('bench', join(here, 'peers/requirements.txt'), PEERS) : '';
const networks = join(cache(), 'bench-networks');
if (peers && !existsSync(join(networks, 'resnet18/inputs.npz')))
  spawnSync(python, [join(here, 'peers/networks.py'), networks], { stdio: 'inherit' });
const { path: electron } = await electronRuntime({ tests: true });
const window = [...displayCommand(), process.execPath, '--import', 'tsx', join(here, 'window.ts'), electron ?? ''];
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(here, 'measure.ts'), python, networks, ...parts],
  { stdio: 'inherit', cwd: root, env: { ...process.env, MHO_BENCH_WINDOW: JSON.stringify(window) } },
);
process.exitCode = status ?? 1;
