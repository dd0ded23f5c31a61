/** `mho check`: whether a model gives what its framework gives, and where a difference begins. */
import { basename } from 'node:path';
import type { CheckResult } from '../../../../contract/check';
import type { BackendChoice } from '../../../../contract/backends';
import { MhoError } from '../../../../contract/errors';
import type { ModelSummary } from '../../../../contract/model';
import { printable, printableJson } from '../../../../contract/text';
import { checkWords } from '../../../../contract/words/check';
import { written } from '../../../../contract/words/shape';
import { checkAgainst } from '../../../engine/attribution';
import { devices } from '../../../engine/backends';
import { readArrays } from '../../../engine/data';
import { gathered, type Group } from '../inputs';
import { plain } from '../numbers';
import { openSized } from '../opening';
import { choicesFrom, type OpeningOptions } from '../options';
import { right, table } from '../table';
import { EXIT, interruptible, type Terminal } from '../terminal';

export interface CheckCommandOptions extends OpeningOptions {
  readonly input: readonly string[];
  readonly expect: string;
  readonly tolerance: number;
  readonly backend: BackendChoice;
  readonly json?: boolean;
}

/** @returns EXIT.fault where a difference is above the tolerance */
export async function check(terminal: Terminal, path: string, options: CheckCommandOptions): Promise<number> {
  const model = await openSized(terminal, path, { quiet: options.json, doubts: false, choices: choicesFrom(options) });
  const { groups } = await interruptible(terminal, (signal) =>
    gathered(options.input, model.ports, 'input', {}, { signal }),
  );
  if (groups.length > 1)
    throw new MhoError('USAGE', { reason: 'known values are of inputs of one size, and these have several' });
  const [{ arrays }] = groups as readonly [Group];
  const { graph, summary } = await model.at(arrays);
  const entries = await interruptible(terminal, (signal) => readArrays(options.expect, { signal }));
  const known = Object.fromEntries(Object.entries(entries).filter(([name]) => !isInput(name, summary)));
  const asked = { tolerance: options.tolerance, from: basename(options.expect) };
  const result = await devices.use(options.backend, (device) => checkAgainst(device, graph, arrays, known, asked));
  const { name, format, hash } = summary;
  terminal.out(
    options.json ? `${printableJson({ model: { name, format, path, hash }, ...result }, 1)}\n` : told(result),
  );
  return result.agrees ? EXIT.ok : EXIT.fault;
}

/** One file often holds what is given and what it gives. */
const isInput = (entry: string, { inputs }: ModelSummary): boolean =>
  /^(input|baseline)_\d+$/.test(entry) || inputs.some(({ name }) => name === entry);

function told(result: CheckResult): string {
  const rows = result.compared.map(({ name, kind, shape, difference, at, agrees }) => [
    printable(name),
    kind,
    written(shape),
    right(plain(difference)),
    `[${at.join(', ')}]`,
    agrees ? '' : 'differs',
  ]);
  const head = ['Value', '', 'Shape', 'Largest difference', 'At', ''];
  return `${table(head, rows)}${printable(checkWords(result))}\n`;
}
