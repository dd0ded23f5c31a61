/** `mho`: the engine from a terminal. */
import { asMhoError } from '../../../contract/errors';
import { printable } from '../../../contract/text';
import { run } from './program';
import { EXIT, ownTerminal } from './terminal';

const terminal = ownTerminal();
// What a library throws where nobody can catch it is told like any other fault.
process.on('uncaughtException', (error) => {
  terminal.err(`${printable(asMhoError(error).message)}\n`);
  process.exit(EXIT.fault);
});
void run(process.argv.slice(2), terminal).then((code) => {
  process.exitCode = code;
});
