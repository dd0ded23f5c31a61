/** Runs `mho` in this process and catches what it prints. */
import { run } from '../../src/main/hosts/terminal/program';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param interrupt told how to press Ctrl-C, once the program listens to it */
export async function mho(words: readonly string[], interrupt?: (stop: () => void) => void): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await run(words, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    screen: null,
    columns: 100,
    onInterrupt: (stop) => {
      interrupt?.(stop);
      return () => undefined;
    },
  });
  return { code, out, err };
}
