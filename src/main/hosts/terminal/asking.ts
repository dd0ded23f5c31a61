/** What commands that compute ask alike: a model, inputs, a baseline and a target, group by group of examples of one size. */
import { basename } from 'node:path';
import type { AttributionRequest, BaselineSpec, NumericArray } from '../../../contract/attribution';
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { ModelSummary, PortSummary, Varied } from '../../../contract/model';
import type { Question } from '../../../contract/session';
import type { DataSource } from '../../../contract/setup';
import { printable } from '../../../contract/text';
import { choicesWorthTelling, choiceWords } from '../../../contract/words/baselines';
import { howWords } from '../../../contract/words/data';
import { signatureWords } from '../../../contract/words/signatures';
import { boundWords } from '../../../contract/words/sizes';
import { defaultOutputWords } from '../../../contract/words/target';
import { heldWords, walkedWords, worthTelling } from '../../../contract/words/varied';
import { readColumn } from '../../engine/data';
import type { OpenedModel } from '../../engine/formats';
import { variation } from '../../engine/graph/varied';
import { labelsFrom, labelsOfModel } from '../service/labels';
import { baselineFrom, type GivenBaseline } from './baselines';
import { exampleList, gathered, selectExamples, sourceFrom, type Group } from './inputs';
import { openSized } from './opening';
import { choicesFrom, readingFrom, type AskOptions } from './options';
import { targetOf, type TargetWords } from './targets';
import { interruptible, type Terminal } from './terminal';

/** Of examples of one size, what is asked; how it is computed is for the command to say. */
export interface AskedGroup {
  readonly model: OpenedModel;
  readonly request: Omit<AttributionRequest, 'methods' | 'rule' | 'steps'>;
  /** As numbered in what was given. */
  readonly examples: readonly number[];
  readonly source: string;
  /** That inputs and baseline were read from. */
  readonly files: NonNullable<Question['files']>;
  readonly labels: readonly string[];
  /** All examples of this size, chosen or not; and which they are. */
  readonly pool: Readonly<Record<string, NumericArray>>;
  readonly pooled: readonly number[];
  /** Of the further words, in their order. */
  readonly among: readonly Further[];
}

/** A further baseline, or why there is none. */
export type Further = { readonly word: string; readonly source: DataSource | null } & (
  { readonly baseline: BaselineSpec; readonly fault: null } | { readonly baseline: null; readonly fault: MhoError }
);

export interface Asking {
  /** As it was opened, before free sizes were bound. */
  readonly summary: ModelSummary;
  /** Its inputs, for further files. */
  readonly ports: readonly PortSummary[];
  /** In the order of their first examples; a model is opened for each in turn. */
  readonly groups: () => AsyncGenerator<AskedGroup>;
}

/**
 * Opens a model and reads what is asked of it; tells on stderr what was chosen for the user.
 * @param among words for further baselines
 * @throws MODEL_…, INPUT_…, BASELINE_…, TARGET_…, EXAMPLES_RANGE, OPENING_CANCELLED
 */
export async function asking(
  terminal: Terminal,
  modelPath: string,
  options: AskOptions,
  among: readonly string[] = [],
): Promise<Asking> {
  const quiet = options.quiet === true;
  const model = await openSized(terminal, modelPath, { quiet, choices: choicesFrom(options) });
  const { ports, summary } = model;
  if (!quiet && options.signature === undefined && (summary.signatures?.length ?? 0) > 1)
    terminal.err(`Signature: ${printable(signatureWords(summary))}\n`);
  const reading = readingFrom(options);
  const given = await interruptible(terminal, (signal) => gathered(options.input, ports, 'input', reading, { signal }));
  if (!quiet) for (const each of given.how) terminal.err(`Input: ${printable(howWords(each))}\n`);
  const chosen = exampleList(options.examples, given.count);
  const [compared, ...others] = await interruptible(terminal, async (signal) => {
    const all: GivenBaseline[] = [];
    for (const words of [options.baseline, ...among.map((word) => [word])])
      all.push(await baselineFrom(words, ports, options.perExample === true, reading, { signal }));
    return all;
  });
  // One file often holds both: what one of them takes the other need not.
  const same = options.input.join() === options.baseline.join();
  if (!same) for (const entries of [given.ignored, compared!.ignored]) tellIgnored(terminal, entries);

  const ofGroup = async (group: Group, examples: readonly number[], rows: readonly number[]): Promise<AskedGroup> => {
    const sized = await model.at(group.arrays);
    if (!quiet) tellBound(terminal, ports, sized.summary);
    const inputs = rows.length === group.places.length ? group.arrays : selectExamples(group.arrays, rows);
    const { varied } = variation(sized.graph, options);
    const asked = { ports, varied, inputs, examples, rows, group };
    const baseline = compared!.of(asked);
    const further = others.map(({ of, source }, at): Further => {
      const word = among[at]!;
      try {
        return { word, source, baseline: of(asked), fault: null };
      } catch (error) {
        return { word, source, baseline: null, fault: asMhoError(error) };
      }
    });
    const labels = options.labels === undefined ? await labelsOfModel(modelPath, sized.summary.outputs, sized.graph) : await labelsFrom(options.labels, sized.summary); // prettier-ignore
    const afterActivation = options.afterActivation === true;
    const asking = { model: named(sized), labels, examples, count: given.count, afterActivation };
    const read = (path: string, column: string | null) =>
      interruptible(terminal, (signal) => readColumn(path, column, { signal }));
    const target = await targetOf(options.target, asking, read);
    const minus = options.minus === undefined ? undefined : await targetOf(options.minus, asking, read);
    const request = {
      inputs,
      baseline,
      target,
      minus,
      hold: options.hold,
      walk: options.walk,
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
      ...(compared!.source && { baseline: compared!.source }),
    };
    const pooled = group.places;
    return { model: sized, request, examples, source, files, labels, pool: group.arrays, pooled, among: further };
  };

  return {
    summary,
    ports,
    groups: async function* () {
      for (const group of given.groups) {
        const examples = chosen.filter((example) => group.places.includes(example));
        if (examples.length === 0) continue;
        const rows = examples.map((example) => group.places.indexOf(example));
        yield await ofGroup(group, examples, rows);
      }
    },
  };
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
