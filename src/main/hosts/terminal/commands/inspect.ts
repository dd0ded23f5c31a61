/** `mho inspect`: what a model is made of. */
import type { ModelSummary } from '../../../../contract/model';
import { openModel } from '../../../engine/formats';
import { shape } from '../numbers';
import { printable, right, table } from '../tables';
import { EXIT, type Terminal } from '../terminal';

export async function inspect(terminal: Terminal, path: string, options: { json?: boolean }): Promise<number> {
  const { summary } = await openModel(path);
  terminal.out(options.json ? `${JSON.stringify(summary, null, 1)}\n` : described(summary));
  return EXIT.ok;
}

function described(model: ModelSummary): string {
  const ports = (given: ModelSummary['inputs']): string =>
    given.map(({ name, shape: sizes, dtype }) => `${printable(name)} ${shape(sizes)} ${dtype}`).join('; ');
  const unsupported = model.layers.filter((layer) => layer.unsupported.length > 0);
  const lines = [
    `${printable(model.name)}: ${model.format}, ${model.parameters.toLocaleString('en')} parameters, hash ${model.hash.slice(0, 12)}`,
    `inputs:  ${ports(model.inputs)}`,
    `outputs: ${ports(model.outputs)}`,
  ];
  const rows = model.layers.map(({ name, kind, group, shape: sizes, units, parameters, inputs }) => [
    printable([...group, name].join(' / ')),
    printable(kind),
    shape(sizes),
    right(units === null ? '' : String(units)),
    right(parameters.toLocaleString('en')),
    printable(inputs.join(', ')),
  ]);
  const warnings = unsupported.map(
    (layer) =>
      `${printable(layer.name)} (${printable(layer.kind)}) has no rule: targets that depend on it are refused (${printable(layer.unsupported.join(', '))}).\n`,
  );
  const head = ['Layer', 'Kind', 'Shape', 'Units', 'Parameters', 'Fed by'];
  return `${lines.join('\n')}\n${table(head, rows)}${warnings.join('')}`;
}
