/**
 * `npm run bench [-- PART …]`: sets up peers and networks, measures side by side, writes bench/RESULTS.md. With parts
 * named (passes, layers, accuracy, deeplift, memory, setup) only those are measured anew.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from '../scripts/setup/index.mjs';
import { cache, root } from '../scripts/setup/paths.mjs';
import { pythonWith } from '../scripts/venv.mjs';

const here = join(root, 'bench');
await setUp();
const python = await pythonWith(
  'bench',
  join(here, 'peers/requirements.txt'),
  'PyTorch, Captum and Keras (3 GB where PyTorch comes with CUDA, 300 MB elsewhere)',
);
const networks = join(cache(), 'bench-networks');
if (!existsSync(join(networks, 'resnet18/inputs.npz')))
  spawnSync(python, [join(here, 'peers/networks.py'), networks], { stdio: 'inherit' });
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(here, 'measure.ts'), python, networks, ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: root },
);
process.exitCode = status ?? 1;
