/** `mho export`: a session as CSV. */
import { exportUnits, openSession } from '../../../engine/sessions';
import { EXIT, type Terminal } from '../terminal';

export async function exportCommand(
  terminal: Terminal,
  path: string,
  options: { readonly csv: string; readonly neurons?: boolean },
): Promise<number> {
  await exportUnits(options.csv, await openSession(path), options.neurons ? 'neuron' : 'unit');
  terminal.err(`Wrote ${options.csv}\n`);
  return EXIT.ok;
}
