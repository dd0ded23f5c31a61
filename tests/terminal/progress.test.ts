import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import { progressBar } from '../../src/main/hosts/terminal/progress';

it('shows the estimate of an adaptive path falling towards what was asked, and never ends a line', async () => {
  const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let drawn = '';
  screen.on('data', (text: Buffer) => (drawn += text.toString()));
  const bar = await progressBar(screen as unknown as NodeJS.WriteStream);
  const adaptive = (estimate: number | null) => ({ kind: 'adaptive', accuracy: DEFAULT_ACCURACY, estimate }) as const;
  const steps = [
    { done: 4, total: 4, remainingMs: 900, phase: { kind: 'differences' } },
    { done: 22, total: 48, remainingMs: null, phase: adaptive(null) },
    { done: 34, total: 4000, remainingMs: 4_000_000, phase: adaptive(0.41) },
    { done: 1234, total: 1300, remainingMs: 19_100, phase: adaptive(0.0402) },
  ] as const;
  for (const [at, step] of steps.entries()) {
    drawn = '';
    bar.update(step);
    bar.update(step); // drawn at the second, whatever the rate that a terminal is drawn at
    await expect.poll(() => drawn).toContain(['differences', 'path to 2 %', 'not yet resolved', '4.1 % → 2 %'][at]);
    const line = drawn.replaceAll(/\u001b\[[\d?]*[A-Za-z]/g, '');
    expect(line.length, line).toBeLessThanOrEqual(80);
  }
  expect(drawn).toContain('| about 20 s left | 4.1 % → 2 %, 1,230 walks');
  expect(drawn).not.toContain('\n');
  bar.stop();
});
