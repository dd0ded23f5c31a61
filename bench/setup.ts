/** How long a user waits: set-up from nothing, the second start, and looking at a model. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './process';

export interface Wait {
  readonly what: string;
  readonly seconds: number;
  readonly goal: number | null;
}

/** Seconds a command takes to its end. @throws when it fails */
export function seconds(cwd: string, program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(program, words, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'], // tables of 20,000 rows are longer than what would be kept
  });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}: ${stderr}`);
  return (performance.now() - begun) / 1e3;
}

/** `npm start` in a new clone whose user has no cache: Mho's, npm's and pip's are made anew, and removed afterwards. */
function fromNothing(root: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'mho-nothing-'));
  try {
    const clone = join(folder, 'mho');
    seconds(folder, 'git', ['clone', '--quiet', root, clone]);
    return seconds(clone, process.execPath, [join(clone, 'scripts/start.mjs')], {
      MHO_CACHE: join(folder, 'cache'),
      npm_config_cache: join(folder, 'npm'),
      PIP_NO_CACHE_DIR: '1',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param model a model to look at */
export async function setUpTimes(root: string, model: string): Promise<Wait[]> {
  const start = join(root, 'scripts/start.mjs');
  const own = (words: readonly string[]): number => seconds(root, process.execPath, words);
  own([start]); // the first does the set-up
  const several = (words: readonly string[]): number => median([1, 2, 3].map(() => own(words)));
  return [
    { what: '`npm start` from nothing: a new clone, no cache', seconds: fromNothing(root), goal: 300 },
    { what: '`npm start` again, to the end of the bundled sample', seconds: several([start]), goal: 8 },
    {
      what: '`mho inspect` of the conv net',
      seconds: several([join(root, 'scripts/mho.mjs'), 'inspect', model]),
      goal: 1,
    },
  ];
}
