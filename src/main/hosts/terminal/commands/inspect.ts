/** `mho inspect`: what a model is made of, and what each method gives for it. */
import type { ModelSummary, OpSupport, Varied } from '../../../../contract/model';
import { printable, printableJson } from '../../../../contract/text';
import { provenWords } from '../../../../contract/words/check';
import { OP_METHODS, opNotes, SUPPORT_WORDS } from '../../../../contract/words/ops';
import { fewerBitsWords, notFiniteWords } from '../../../../contract/words/weights';
import { examplesWords } from '../../../../contract/words/examples';
import { defaultOutputWords } from '../../../../contract/words/target';
import { signatureWords } from '../../../../contract/words/signatures';
import { freeWords } from '../../../../contract/words/sizes';
import { behindWords, rulelessWords } from '../../../../contract/words/ruleless';
import { written } from '../../../../contract/words/shape';
import { heldWords, walkedWords } from '../../../../contract/words/varied';
import { opSupport } from '../../../engine/graph/support';
import { variation } from '../../../engine/graph/varied';
import { gathered } from '../inputs';
import { openSized } from '../opening';
import { choicesFrom, type InspectOptions } from '../options';
import { right, table } from '../table';
import { EXIT, interruptible, type Terminal } from '../terminal';

export async function inspect(terminal: Terminal, path: string, options: InspectOptions): Promise<number> {
  const how = { quiet: options.json, doubts: false, choices: choicesFrom(options) };
  const model = await openSized(terminal, path, how);
  const words = options.input ?? [];
  const { groups } = await interruptible(terminal, (signal) => gathered(words, model.ports, 'input', {}, { signal }));
  const { graph, summary, beside } = await model.at(groups[0]!.arrays);
  const { varied } = variation(graph);
  const ops = opSupport(graph);
  terminal.out(
    options.json
      ? `${printableJson({ ...summary, beside, varied, ops }, 1)}\n`
      : `${described(summary, varied)}${supported(ops)}`,
  );
  return EXIT.ok;
}

function described(model: ModelSummary, { walked, held }: Varied): string {
  const ports = (given: ModelSummary['inputs']): string =>
    given.map(({ name, shape: sizes, dtype }) => `${printable(name)} ${written(sizes)} ${dtype}`).join('; ');
  const behind = walked.filter(({ behind: inputs }) => inputs.length > 0);
  const free = freeWords(model.inputs);
  const alone = examplesWords(model);
  const lines = [
    `${printable(model.name)}: ${model.format}, ${model.parameters.toLocaleString('en')} parameters, hash ${model.hash.slice(0, 12)}`,
    ...((model.signatures?.length ?? 0) > 1 ? [`signature: ${printable(signatureWords(model))}`] : []),
    `inputs:  ${ports(model.inputs)}`,
    ...(free === null ? [] : [`sizes:   ${printable(free)}`]),
    ...(alone === null ? [] : [`examples: ${printable(alone)}`]),
    `outputs: ${ports(model.outputs)}`,
    ...(model.defaultOutput === undefined ? [] : [`target:  ${printable(defaultOutputWords(model)!)}`]),
    ...behind.map(
      (start) => `path:    starts at ${printable(walkedWords(start))}, whose values have none between them`,
    ),
    ...(model.proven ? [`checked: ${printable(provenWords(model.proven))}`] : []),
    ...heldWords(held).map((each) => `held:    ${printable(each)}`),
    ...(walked.length === 0 ? ['path:    nowhere: no value of real numbers stands behind the inputs'] : []),
  ];
  const rows = model.layers.map(({ name, kind, behind, group, shape: sizes, units, parameters, inputs }) => [
    printable([...group, name].join(' / ')),
    printable(behind ? `${kind} (${behindWords(behind)})` : kind),
    written(sizes),
    right(units === null ? '' : String(units)),
    right(parameters.toLocaleString('en')),
    printable(inputs.join(', ')),
  ]);
  const warnings = rulelessWords(model).map((each) => `${printable(each)}\n`);
  const doubts = (model.notFinite ?? []).map((each) => `${notFiniteWords(each)}\n`);
  if (model.fewerBits) doubts.push(`${fewerBitsWords(model.fewerBits)}\n`);
  const head = ['Layer', 'Kind', 'Shape', 'Units', 'Parameters', 'Fed by'];
  return `${lines.join('\n')}\n${table(head, rows)}${warnings.join('')}${doubts.join('')}`;
}

/** What each method gives, in as few lines as say it. */
function supported(ops: readonly OpSupport[]): string {
  const rows = ops.map((support) => [
    printable(support.op),
    right(support.nodes.toLocaleString('en')),
    ...OP_METHODS.map(({ key }) => SUPPORT_WORDS[support[key]]),
  ]);
  const alike = new Map<string, Set<string>>();
  for (const { op, notes } of ops)
    if (notes.length > 0) alike.set(opNotes(notes), (alike.get(opNotes(notes)) ?? new Set()).add(op));
  const explained = [...alike].map(([note, names]) => `${printable([...names].join(', '))}: ${note}.\n`);
  return `${table(['Op', 'Nodes', ...OP_METHODS.map(({ name }) => name)], rows)}${explained.join('')}`;
}
