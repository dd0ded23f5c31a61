/** `npm run docs:secant`: sets up, then makes the pictures and tables of docs/secant.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from '../scripts/setup/index.mjs';
import { root } from '../scripts/setup/paths.mjs';

await setUp();
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'bench/secant.ts')], {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' },
});
process.exitCode = status ?? 1;
