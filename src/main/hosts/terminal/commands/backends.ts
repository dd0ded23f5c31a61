/** `mho backends`: where tensors can be computed. */
import { printableJson } from '../../../../contract/text';
import { devices } from '../../../engine/backends';
import { EXIT, type Terminal } from '../terminal';

export async function backends(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const reports = await devices.list();
  if (options.json) {
    terminal.out(`${printableJson(reports, 1)}\n`);
    return EXIT.ok;
  }
  for (const { name, available, chosen, device, version, reason, remedy } of reports) {
    const what = available ? `${version}, ${device}` : 'not available';
    terminal.out(`${chosen ? '*' : ' '} ${name.padEnd(10)} ${what}\n`);
    if (reason) terminal.out(`             ${reason}. ${remedy ?? ''}`.trimEnd() + '\n');
  }
  terminal.out('* is chosen; --backend takes another.\n');
  return EXIT.ok;
}
