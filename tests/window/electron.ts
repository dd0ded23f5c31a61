/** Finds the Electron and the browser that the tests run on, before any of them starts. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export default function setUpElectron(): void {
  const script = resolve(__dirname, '../../scripts/electron.mjs');
  const answer = execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const { path, why, browser } = JSON.parse(answer) as { path?: string; why?: string; browser: string | null };
  if (!path) throw new Error(`There is no Electron to test on: ${why}.`);
  process.env['MHO_TEST_ELECTRON'] = path;
  if (browser) process.env['MHO_TEST_BROWSER'] = browser;
}
