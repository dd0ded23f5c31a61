/** `npm run docs:accuracy [-- NET …]`: sets up, measures (all networks, or those named), and writes docs/accuracy.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from '../scripts/setup/index.mjs';
import { root } from '../scripts/setup/paths.mjs';

await setUp();
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'bench/accuracy/measure.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: root, env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' } },
);
process.exitCode = status ?? 1;
