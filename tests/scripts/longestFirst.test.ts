import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LONGEST, longestFirst } from '../longestFirst.mjs';
import { root } from './clone';

it('every file that is known to take long is there', () => {
  expect(LONGEST.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

it('those begin first, longest first; others stay in their order', () => {
  const [longest, next] = [`/clone/${LONGEST[0]!}`, `/clone/${LONGEST[1]!}`];
  const others = ['/clone/tests/b.test.ts', '/clone/tests/a.test.ts'] as const;
  const files = [others[0], next, others[1], longest].map((moduleId) => ({ moduleId }));
  expect(longestFirst(files).map(({ moduleId }) => moduleId)).toEqual([longest, next, ...others]);
});
