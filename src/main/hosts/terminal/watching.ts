/** Work that is watched: a progress bar with the time left, and a Ctrl-C that ends it. */
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { Phase } from '../../../contract/words/progress';
import { progressBar } from './progress';
import type { Terminal } from './terminal';

export interface Watched {
  readonly signal: AbortSignal;
  /** How far the work is. */
  readonly told: (done: number, total: number, phase: Phase) => void;
}

/** @returns what the work gave, or why it ended: what it had made by then is its own to keep */
export async function watched<Result>(
  terminal: Terminal,
  quiet: boolean,
  work: (watched: Watched) => Promise<Result>,
): Promise<{ readonly result: Result | null; readonly fault: MhoError | null }> {
  const control = new AbortController();
  const bar = await progressBar(quiet ? null : terminal.screen);
  const settle = terminal.onInterrupt(() => control.abort());
  const began = performance.now();
  const told: Watched['told'] = (done, total, phase) => {
    const remainingMs = done > 0 ? ((performance.now() - began) / done) * (total - done) : null;
    bar.update({ done, total, remainingMs, phase });
  };
  try {
    return { result: await work({ signal: control.signal, told }), fault: null };
  } catch (error) {
    return { result: null, fault: asMhoError(error) };
  } finally {
    bar.stop();
    settle();
  }
}
