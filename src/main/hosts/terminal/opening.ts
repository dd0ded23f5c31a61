/** Opens a model, with a bar for large ones where somebody watches, and a word about what else is in the folder. */
import type { NumericArray } from '../../../contract/attribution';
import type { InputPort } from '../../../contract/data';
import type { ModelSummary } from '../../../contract/model';
import type { OpeningChoices } from '../../../contract/opening';
import { printable } from '../../../contract/text';
import { isDoubtful, provenWords } from '../../../contract/words/check';
import { fewerBitsWords, notFiniteWords } from '../../../contract/words/weights';
import { inputPorts } from '../../engine/data/ports';
import { sizesIn, type Sizes } from '../../engine/data/sizes';
import { openModel, type OpenedModel } from '../../engine/formats';
import { provenBy } from '../proving';
import { type Bar, progressBar } from './progress';
import { interruptible, type Terminal } from './terminal';

/** Smaller models are open before a bar could be read. */
const BAR_BYTES = 64e6;

export interface OpeningWords {
  readonly quiet?: boolean | undefined;
  /** Whether weights that are no numbers are told, and that the model gives what lies beside it. */
  readonly doubts?: boolean;
  /** Whether it was open before: what is to be known about it has been told. */
  readonly again?: boolean;
  readonly choices?: OpeningChoices;
}

/** Ctrl-C ends it. @throws MODEL_…, OPENING_CANCELLED */
export async function openInTerminal(
  terminal: Terminal,
  path: string,
  { quiet = false, again = false, doubts = !quiet && !again, choices = {} }: OpeningWords = {},
): Promise<OpenedModel> {
  const screen = quiet ? null : terminal.screen;
  let bar: Promise<Bar> | null = null;
  let latest: readonly [done: number, total: number] = [0, 0];
  const began = performance.now();
  const draw = (to: Bar): void => {
    const [done, total] = latest;
    const remainingMs = done > 0 ? ((performance.now() - began) / done) * (total - done) : null;
    to.update({ done, total, remainingMs, phase: { kind: 'reading', bytes: total } });
  };
  const onProgress = (done: number, total: number): void => {
    latest = [done, total];
    if (screen && total >= BAR_BYTES) void (bar ??= progressBar(screen)).then(draw);
  };
  try {
    const opened = await interruptible(terminal, (signal) => openModel(path, { onProgress, signal, choices }));
    const proven =
      again || !opened.proof ? undefined : await interruptible(terminal, (signal) => provenBy(opened, choices, signal));
    const model = proven ? { ...opened, summary: { ...opened.summary, proven } } : opened;
    if (model.beside.length > 0 && !quiet && !again) terminal.err(takenOf(model));
    if (doubts) for (const each of model.summary.notFinite ?? []) terminal.err(`${notFiniteWords(each)}\n`);
    if (doubts && model.summary.fewerBits) terminal.err(`${fewerBitsWords(model.summary.fewerBits)}\n`);
    // That it agrees is for whoever looks; that it does not, for everybody.
    if (proven && (doubts || (quiet && isDoubtful(proven)))) terminal.err(`${printable(provenWords(proven))}\n`);
    return model;
  } finally {
    (await (bar as Promise<Bar> | null))?.stop();
  }
}

/** A model whose free sizes are bound by what it is given. */
export interface SizedModel {
  /** As it was opened first. */
  readonly summary: ModelSummary;
  readonly ports: readonly InputPort[];
  /** The model for these arrays, by input, `[examples, …]`; itself where no size is free. @throws MODEL_…, OPENING_CANCELLED */
  at(arrays: Readonly<Record<string, NumericArray>>): Promise<OpenedModel>;
}

/** Opens a model, and again for sizes that are given to it; it holds the weights of one opening at a time. @throws as `openInTerminal` */
export async function openSized(terminal: Terminal, path: string, how: OpeningWords = {}): Promise<SizedModel> {
  let held: { readonly model: OpenedModel; readonly sizes: Sizes | null } | null = null;
  const open = async (sizes: Sizes | null, again: boolean): Promise<OpenedModel> => {
    if (held && JSON.stringify(held.sizes) === JSON.stringify(sizes)) return held.model;
    held = null;
    const choices = { ...how.choices, ...(sizes && { sizes: { ...how.choices?.sizes, ...sizes } }) };
    const model = await openInTerminal(terminal, path, { ...how, again, choices });
    held = { model, sizes };
    return model;
  };
  const { summary, graph } = await open(null, false);
  const ports = inputPorts(graph);
  const { proven } = summary;
  return {
    summary,
    ports,
    at: async (arrays) => {
      const model = await open(sizesIn(ports, arrays), true);
      return proven ? { ...model, summary: { ...model.summary, proven } } : model;
    },
  };
}

/** `Of the models in the folder model.keras is opened; the others: model.onnx.` */
const takenOf = ({ summary, beside }: OpenedModel): string =>
  `Of several models in the folder ${printable(summary.path)} is opened; give its path to open another: ${printable(beside.join(', '))}.\n`;
