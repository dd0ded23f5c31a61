/** What `mho backends --json` prints, alone; `open NAME` prints what opening one comes to. */
import type { BackendChoice } from '../../src/contract/backends';
import { asMhoError } from '../../src/contract/errors';
import { listBackends, openBackend } from '../../src/main/engine/backends';

const [command, name] = process.argv.slice(2);
const work =
  command === 'open'
    ? openBackend(name as BackendChoice).catch((error: unknown) => asMhoError(error).fault)
    : listBackends();
void work.then((result) => process.stdout.write(JSON.stringify(result)));
