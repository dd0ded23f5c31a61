/** Opens a model, with a bar for large ones where somebody watches, and a word about what else is in the folder. */
import type { OpeningChoices } from '../../../contract/opening';
import { printable } from '../../../contract/text';
import { notFiniteWords } from '../../../contract/words/weights';
import { openModel, type OpenedModel } from '../../engine/formats';
import { type Bar, progressBar } from './progress';
import { interruptible, type Terminal } from './terminal';

/** Smaller models are open before a bar could be read. */
const BAR_BYTES = 64e6;

export interface OpeningWords {
  readonly quiet?: boolean | undefined;
  /** Whether weights that are no numbers are told; else where it is not quiet. */
  readonly doubts?: boolean;
  readonly choices?: OpeningChoices;
}

/** Ctrl-C ends it. @throws MODEL_…, OPENING_CANCELLED */
export async function openInTerminal(
  terminal: Terminal,
  path: string,
  { quiet = false, doubts = !quiet, choices = {} }: OpeningWords = {},
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
    const model = await interruptible(terminal, (signal) => openModel(path, { onProgress, signal, choices }));
    if (model.beside.length > 0 && !quiet) terminal.err(takenOf(model));
    if (doubts) for (const each of model.summary.notFinite ?? []) terminal.err(`${notFiniteWords(each)}\n`);
    return model;
  } finally {
    (await (bar as Promise<Bar> | null))?.stop();
  }
}

/** `Of the models in the folder model.keras is opened; the others: model.onnx.` */
const takenOf = ({ summary, beside }: OpenedModel): string =>
  `Of several models in the folder ${printable(summary.path)} is opened; give its path to open another: ${printable(beside.join(', '))}.\n`;
