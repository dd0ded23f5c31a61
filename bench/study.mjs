/** `node bench/study.mjs`: sets up, then asks the papers' questions of four networks and makes docs/study.md's tables and pictures. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from '../scripts/setup/index.mjs';
import { root } from '../scripts/setup/paths.mjs';

await setUp();
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'bench/study/page.ts')], {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' },
});
process.exitCode = status ?? 1;
