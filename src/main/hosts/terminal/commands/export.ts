/** `mho export`: a session as CSV. */
import { exportUnits, openSession } from '../../../engine/sessions';
import { EXIT, interruptible, type Terminal } from '../terminal';

export async function exportCommand(
  terminal: Terminal,
  path: string,
  options: { readonly csv: string; readonly neurons?: boolean },
): Promise<number> {
  const session = await interruptible(terminal, (signal) => openSession(path, { signal }));
  await exportUnits(options.csv, session, options.neurons ? 'neuron' : 'unit');
  terminal.err(`Wrote ${options.csv}\n`);
  return EXIT.ok;
}
