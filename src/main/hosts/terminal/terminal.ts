/** What the program knows of the terminal it runs in, and what of a file may reach it. */
import { printableLines } from '../../../contract/text';

/** Tests give their own. */
export interface Terminal {
  /** Results. What a file can put into them reaches the terminal only through `cleaned`. */
  readonly out: (text: string) => void;
  /** Messages and faults, likewise. */
  readonly err: (text: string) => void;
  /** Where a progress bar can be drawn; null when nobody watches. */
  readonly screen: NodeJS.WriteStream | null;
  readonly columns: number;
  /** Calls `stop` at Ctrl-C and where the program is asked to end otherwise, until the returned function is called. */
  readonly onInterrupt: (stop: Stop) => () => void;
}

/** Documented in `mho --help`; an interruption ends with 128 and the signal's number, as shells have it. */
export const EXIT = { ok: 0, fault: 1, usage: 2, SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C, a terminal that was closed, and being asked to end: all keep what is complete. */
export const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type Interrupt = (typeof INTERRUPTS)[number];

/** @returns `again` where this was but a first step, and the next interruption is heard too */
export type Stop = (signal?: Interrupt) => void | 'again';

/** The same terminal with writers through which no name of a file can move the cursor or turn the writing. */
export const cleaned = (terminal: Terminal): Terminal => ({
  ...terminal,
  out: (text) => terminal.out(printableLines(text)),
  err: (text) => terminal.err(printableLines(text)),
});

/** Work that Ctrl-C ends: reading files, which answers with OPENING_CANCELLED. */
export async function interruptible<Result>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const control = new AbortController();
  const settle = terminal.onInterrupt(() => control.abort());
  try {
    return await work(control.signal);
  } finally {
    settle();
  }
}

/** The terminal of this process. A Ctrl-C after one that was to stop the work ends it at once. */
export function ownTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE' && stream === process.stdout) process.exit(EXIT.ok); // `mho show … | head` has seen enough
      // Nobody reads any more (a terminal that was closed, a full disk): what is computed is saved all the same.
    });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    screen: process.stderr.isTTY ? process.stderr : null,
    columns: process.stdout.columns ?? 120,
    onInterrupt: (stop) => {
      let asked = false;
      const interrupted = (signal: Interrupt): void => {
        if (asked) process.exit(EXIT[signal]);
        asked = stop(signal) !== 'again';
      };
      for (const signal of INTERRUPTS) process.on(signal, interrupted);
      return () => {
        for (const signal of INTERRUPTS) process.off(signal, interrupted);
      };
    },
  };
}
