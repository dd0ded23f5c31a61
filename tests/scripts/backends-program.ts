/** What `mho backends --json` prints, alone. */
import { listBackends } from '../../src/main/engine/backends';

void listBackends().then((reports) => process.stdout.write(JSON.stringify(reports)));
