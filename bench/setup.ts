/** How long a user waits: the second start, and looking at a model. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { median } from './process';

export interface Wait {
  readonly what: string;
  readonly seconds: number;
  readonly goal: number | null;
}

/** Seconds a command takes to its end. @throws when it fails */
function seconds(root: string, words: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}: ${stderr}`);
  return (performance.now() - begun) / 1e3;
}

/** @param model a model to look at */
export async function setUpTimes(root: string, model: string): Promise<Wait[]> {
  const start = join(root, 'scripts/start.mjs');
  seconds(root, [start]); // the first does the set-up
  const several = (words: readonly string[]): number => median([1, 2, 3].map(() => seconds(root, words)));
  return [
    { what: '`npm start` again, to the end of the bundled sample', seconds: several([start]), goal: 8 },
    {
      what: '`mho inspect` of the conv net',
      seconds: several([join(root, 'scripts/mho.mjs'), 'inspect', model]),
      goal: 1,
    },
  ];
}
