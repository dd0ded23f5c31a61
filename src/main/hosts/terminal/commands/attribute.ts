/** `mho attribute`: contributions of every neuron, from a model and arrays. */
import { basename } from 'node:path';
import type { AttributionRequest } from '../../../../contract/attribution';
import type { ModelSummary, PortSummary, Varied } from '../../../../contract/model';
import { printable } from '../../../../contract/text';
import { howWords } from '../../../../contract/words/data';
import { choicesWorthTelling, choiceWords } from '../../../../contract/words/baselines';
import { boundWords } from '../../../../contract/words/sizes';
import { signatureWords } from '../../../../contract/words/signatures';
import { defaultOutputWords } from '../../../../contract/words/target';
import { heldWords, walkedWords, worthTelling } from '../../../../contract/words/varied';
import { readColumn } from '../../../engine/data';
import { fittingBaseline } from '../../../engine/data/baselines';
import type { OpenedModel } from '../../../engine/formats';
import { variation } from '../../../engine/graph/varied';
import { checkWritable } from '../../../engine/sessions';
import { labelsFrom, labelsOfModel } from '../../service/labels';
import { pathFrom } from '../accuracy';
import { attributeInTerminal, togetherInOne, type Attributed } from '../attribution';
import { baselineFrom, exampleList, fittingFrom, gathered, selectExamples, sourceFrom, type Group } from '../inputs';
import { sessionJson } from '../json';
import { choicesFrom, readingFrom, type AttributeOptions } from '../options';
import { saveSomewhere } from '../saving';
import { LEGEND, sessionTables } from '../tables';
import { targetOf, type TargetWords } from '../targets';
import { openSized } from '../opening';
import { EXIT, interruptible, type Terminal } from '../terminal';

export async function attributeCommand(
  terminal: Terminal,
  modelPath: string,
  options: AttributeOptions,
): Promise<number> {
  const path = pathFrom(options);
  if (options.out) await checkWritable(options.out);
  const quiet = options.quiet === true;
  const model = await openSized(terminal, modelPath, { quiet, choices: choicesFrom(options) });
  const { ports, summary } = model;
  if (!quiet && options.signature === undefined && (summary.signatures?.length ?? 0) > 1)
    terminal.err(`Signature: ${printable(signatureWords(summary))}\n`);
  const reading = readingFrom(options);
  const given = await interruptible(terminal, (signal) => gathered(options.input, ports, 'input', reading, { signal }));
  if (!quiet) for (const each of given.how) terminal.err(`Input: ${printable(howWords(each))}\n`);
  const chosen = exampleList(options.examples, given.count);
  const fitting = fittingFrom(options.baseline);
  const baselines = fitting
    ? null
    : await interruptible(terminal, (signal) =>
        baselineFrom(options.baseline, ports, options.perExample === true, reading, { signal }),
      );
  // One file often holds both: what one of them takes the other need not.
  const same = options.input.join() === options.baseline.join();
  if (!same) for (const entries of [given.ignored, baselines?.ignored ?? []]) tellIgnored(terminal, entries);

  /** What is asked of a group's examples. @param examples their numbers @param rows where they lie in it */
  const ofGroup = async (group: Group, examples: readonly number[], rows: readonly number[]): Promise<Attributed> => {
    const sized = await model.at(group.arrays);
    if (!quiet) tellBound(terminal, ports, sized.summary);
    const inputs = rows.length === group.places.length ? group.arrays : selectExamples(group.arrays, rows);
    const { varied } = variation(sized.graph, options);
    const baseline =
      fitting === null ? baselines!.of(group.arrays, rows) : fittingBaseline(ports, varied, inputs, fitting);
    const labels = options.labels === undefined ? await labelsOfModel(modelPath, sized.summary.outputs, sized.graph) : await labelsFrom(options.labels, sized.summary); // prettier-ignore
    const afterActivation = options.afterActivation === true;
    const asking = { model: named(sized), labels, examples, count: given.count, afterActivation };
    const read = (path: string, column: string | null) =>
      interruptible(terminal, (signal) => readColumn(path, column, { signal }));
    const target = await targetOf(options.target, asking, read);
    const minus = options.minus === undefined ? undefined : await targetOf(options.minus, asking, read);
    const request: AttributionRequest = {
      inputs,
      baseline,
      target,
      minus,
      methods: options.method,
      rule: options.rule,
      ...path,
      hold: options.hold,
      walk: options.walk,
      layers: options.layers === 'all' ? undefined : options.layers.split(',').map((name) => name.trim()),
      pathStart: options.path === 'input' ? undefined : options.path,
      memoryMB: options.memory,
    };
    if (!quiet && worthTelling(varied)) tellVaried(terminal, varied);
    const byDefault = target.layer === undefined ? defaultOutputWords(summary) : null;
    if (!quiet && byDefault !== null) terminal.err(`Target: ${printable(byDefault)}\n`);
    if (!quiet && choicesWorthTelling(baseline.chosen ?? []))
      for (const each of some((baseline.chosen ?? []).map(choiceWords)))
        terminal.err(`Compared with: ${printable(each)}\n`);
    const source = options.input.map((word) => basename(word)).join(' ');
    const files = {
      inputs: sourceFrom(options.input, reading),
      ...(baseline.kind === 'arrays' && !baseline.chosen && { baseline: sourceFrom(options.baseline, reading) }),
    };
    return attributeInTerminal(
      terminal,
      sized,
      { request, backend: options.backend, quiet, labels },
      { source, files, examples },
    );
  };

  const done: Attributed[] = [];
  for (const group of given.groups) {
    const examples = chosen.filter((example) => group.places.includes(example));
    if (examples.length === 0) continue;
    const rows = examples.map((example) => group.places.indexOf(example));
    done.push(await ofGroup(group, examples, rows));
    if (done.at(-1)!.fault) break;
  }
  const { session, fault } = togetherInOne(done, summary);

  const { path: saved, fault: unsaved } =
    options.out && session.runs.length > 0 ? await saveSomewhere(options.out, session) : { path: null, fault: null };
  if (options.json) terminal.out(sessionJson(session, saved, options.top, options.neurons));
  else if (session.runs.length > 0) terminal.out(`${sessionTables(session, options.top)}\n${LEGEND}`);
  if (saved && !options.json) terminal.out(`Saved to ${saved}\n`);
  if (unsaved) throw unsaved;
  if (fault) throw fault;
  return EXIT.ok;
}

/** All by which a target can be called. */
const named = ({
  graph: { aliases, values },
  summary: { outputs, defaultOutput, layers },
}: OpenedModel): TargetWords['model'] => ({
  outputs,
  defaultOutput,
  layers: [...layers, ...[...(aliases ?? [])].map(([name, id]) => ({ name, shape: values[id]!.shape }))],
});

/** Before the run: what free sizes became. */
function tellBound(terminal: Terminal, ports: readonly PortSummary[], { inputs }: ModelSummary): void {
  const free = new Set(ports.filter(({ shape }) => shape.includes(null)).map(({ name }) => name));
  for (const each of some(inputs.filter(({ name }) => free.has(name)).map(boundWords)))
    terminal.err(`Input: ${printable(each)}\n`);
}

/** Before the run: what is walked, what is held and why. */
function tellVaried(terminal: Terminal, { walked, held }: Varied): void {
  for (const each of some(walked.map(walkedWords))) terminal.err(`Walked: ${printable(each)}\n`);
  for (const each of some(heldWords(held))) terminal.err(`Held: ${printable(each)}\n`);
}

/** The first lines of a list, and how many more there are. */
const some = (lines: readonly string[]): readonly string[] =>
  lines.length > MOST_NAMES ? [...lines.slice(0, MOST_NAMES), `${lines.length - MOST_NAMES} more`] : lines;

/** Names told before the rest is only counted. */
const MOST_NAMES = 6;

function tellIgnored(terminal: Terminal, entries: readonly string[]): void {
  if (entries.length === 0) return;
  const rest = entries.length - MOST_NAMES;
  const named = `${printable(entries.slice(0, MOST_NAMES).join(', '))}${rest > 0 ? ` and ${rest} more` : ''}`;
  terminal.err(`Not used: ${named} (no input of the model has that name)\n`);
}
