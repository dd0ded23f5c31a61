/** `mho`: the engine from a terminal. */
import { run } from './program';
import { ownTerminal } from './terminal';

void run(process.argv.slice(2), ownTerminal()).then((code) => {
  process.exitCode = code;
});
