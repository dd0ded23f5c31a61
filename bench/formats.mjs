/** `npm run docs:formats [-- PART …]`: sets up, tries real models (all, or those whose path has a part), and writes docs/formats.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from '../scripts/setup/index.mjs';
import { root } from '../scripts/setup/paths.mjs';

await setUp();
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'bench/formats/page.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: root, env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' } },
);
process.exitCode = status ?? 1;
