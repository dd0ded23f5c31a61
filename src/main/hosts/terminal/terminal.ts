/** What the program knows of the terminal it runs in; tests give their own. */
export interface Terminal {
  /** Results. */
  readonly out: (text: string) => void;
  /** Progress and faults. */
  readonly err: (text: string) => void;
  /** Where a progress bar can be drawn; null when nobody watches. */
  readonly screen: NodeJS.WriteStream | null;
  readonly columns: number;
  /** Calls `stop` at Ctrl-C, until the returned function is called. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

/** Documented in `mho --help`. */
export const EXIT = { ok: 0, fault: 1, usage: 2, interrupted: 130 } as const;

/** The terminal of this process. A second Ctrl-C ends it at once. */
export function ownTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.ok); // `mho show … | head` has seen enough
    });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    screen: process.stderr.isTTY ? process.stderr : null,
    columns: process.stdout.columns ?? 120,
    onInterrupt: (stop) => {
      let asked = false;
      const interrupted = (): void => {
        if (asked) process.exit(EXIT.interrupted);
        asked = true;
        stop();
      };
      process.on('SIGINT', interrupted);
      return () => void process.off('SIGINT', interrupted);
    },
  };
}
