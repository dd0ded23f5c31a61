/** `mho attribute --continue`: an adaptive run of a session that goes on from where it is. */
import type { Accuracy, Reached, RunResult } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import type { Session, SessionRun } from '../../../../contract/session';
import { printable } from '../../../../contract/text';
import { estimateWords } from '../../../../contract/words/accuracy';
import { madeName } from '../../../../contract/words/runs';
import { choicesOf } from '../../../../contract/opening';
import { checkWritable, openSession } from '../../../engine/sessions';
import { continuing, goneOn } from '../../continuing';
import { labelled, labelsOfModel } from '../../service/labels';
import { sameStamp, stampOf } from '../../service/document/session';
import { accuracyFrom } from '../accuracy';
import { computeInTerminal } from '../attribution';
import { sessionJson } from '../json';
import { openSized, type SizedModel } from '../opening';
import type { AttributeOptions } from '../options';
import { saveElsewhere, saveSomewhere } from '../saving';
import { LEGEND, sessionTables } from '../tables';
import { EXIT, interruptible, type Terminal } from '../terminal';

/** Options that go with it. Every other belongs to what the run was asked, which stays. */
export const CONTINUE_OPTIONS: ReadonlySet<string> = new Set<keyof AttributeOptions>([
  'continue',
  'run',
  'tolerance',
  'untilTop',
  'maxPasses',
  'backend',
  'memory',
  'top',
  'out',
  'json',
  'neurons',
  'quiet',
]);

/**
 * Goes on with a run, shows it, and writes it into its session, or into another with `--out`. Where it is cancelled or fails, the
 * session stays as it is.
 * @param modelPath where the model is now; null where it is still where the session says
 */
export async function continueCommand(
  terminal: Terminal,
  path: string,
  modelPath: string | null,
  options: AttributeOptions,
): Promise<number> {
  const out = options.out ?? path;
  const stamp = await stampOf(path);
  const session = await interruptible(terminal, (signal) => openSession(path, { signal }));
  await checkWritable(out);
  const place = chosen(session, path, options.run);
  const run = session.runs[place]!;
  const question = session.questions[run.question]!;
  const accuracy = accuracyOf(run, question.examples.length, options);
  const opened = await modelOf(terminal, session, path, modelPath, options.quiet);
  if (opened.summary.hash !== session.model.hash)
    throw new MhoError('RUN_OTHER_MODEL', { run: nameOf(run), model: session.model.name });

  const model = await opened.at(question.inputs);
  const request = continuing(run, question, accuracy, options.memory);
  const quiet = options.quiet === true;
  const anew = run.examples.filter((_, at) => !run.adaptive!.examples[at]!.saved).map((at) => question.examples[at]!);
  if (anew.length > 0 && !quiet)
    terminal.err(
      `Computed anew, since the leaves of its path were not kept: example ${anew.slice(0, MOST_NAMED).join(', ')}${anew.length > MOST_NAMED ? ` and ${anew.length - MOST_NAMED} more` : ''}\n`,
    );
  const { results, fault } = await computeInTerminal(terminal, model, {
    request,
    resume: run,
    backend: options.backend,
    quiet,
  });
  const result = results.get(run.method);
  if (!result?.complete) throw fault ?? new MhoError('INTERNAL', { reason: 'the run came to no result' });

  const labels = await labelsOfModel(model.summary.path, model.summary.outputs, model.graph);
  const after: SessionRun = { ...relabelled(run, result), ...goneOn(run, labelled(result, labels)) };
  const whole: Session = { ...session, runs: session.runs.map((each, at) => (at === place ? after : each)) };
  const changed = options.out === undefined && !sameStamp(stamp, await stampOf(path));
  const { path: saved, fault: unsaved } = changed
    ? await saveElsewhere(out, whole, new MhoError('SESSION_CHANGED', { path }))
    : await saveSomewhere(out, whole);
  const shown: Session = { ...whole, runs: [after], errors: [], notes: '' };
  if (options.json) terminal.out(sessionJson(shown, saved, options.top, options.neurons));
  else {
    terminal.out(`${sessionTables(shown, options.top)}\n${LEGEND}`);
    if (saved) terminal.out(`Saved to ${saved}\n`);
  }
  if (unsaved) throw unsaved;
  return EXIT.ok;
}

/** Examples that are named before the rest is only counted. */
const MOST_NAMED = 8;

const nameOf = ({ label, ...run }: SessionRun): string => label?.name ?? madeName(run);

/** `0 (Neuron IG, 2 % · logits[3]), 2 (first look)` */
const listed = (runs: readonly (readonly [place: number, run: SessionRun])[]): string =>
  runs.map(([place, run]) => `${place} (${printable(nameOf(run))})`).join(', ');

/**
 * The place of the run that is meant: by its number or its name, else the only one that can go on.
 * @throws RUN_UNKNOWN, RUN_WHICH, RUN_NOT_ADAPTIVE
 */
function chosen({ runs }: Session, path: string, asked: string | undefined): number {
  const all = [...runs.entries()];
  const goesOn = ({ adaptive, method }: SessionRun): boolean => adaptive !== null && method === 'nig';
  const meant =
    asked === undefined
      ? all.filter(([, run]) => goesOn(run))
      : all.filter(([place, run]) => nameOf(run) === asked || (/^\d+$/.test(asked) && Number(asked) === place));
  const [first, second] = meant;
  if (second) throw new MhoError('RUN_WHICH', { path, runs: listed(meant) });
  if (!first && asked !== undefined) throw new MhoError('RUN_UNKNOWN', { path, run: asked, runs: listed(all) });
  if (!first || !goesOn(first[1]))
    throw new MhoError('RUN_NOT_ADAPTIVE', { run: first ? nameOf(first[1]) : listed(all) || path });
  return first[0];
}

/**
 * How far it goes on: what was asked then where nothing is asked now, and without a cap, since more is wanted.
 * @throws RUN_REACHED
 */
function accuracyOf(run: SessionRun, examples: number, options: AttributeOptions): Accuracy {
  const { accuracy: before, examples: came } = run.adaptive!;
  const untilTop = options.tolerance === undefined ? before.untilTop : null;
  const accuracy = accuracyFrom(options, { ...before, mostWalks: null, untilTop });
  const worst = came.reduce<Reached | null>(
    (most, each) => (most && most.estimate >= each.estimate ? most : each),
    null,
  );
  if (accuracy.untilTop === null && came.length === examples && worst && worst.estimate <= accuracy.tolerance)
    throw new MhoError('RUN_REACHED', { run: nameOf(run), estimate: estimateWords(worst.estimate) });
  return accuracy;
}

/** @throws SESSION_MODEL where it is not where the session says; MODEL_… */
async function modelOf(
  terminal: Terminal,
  { model }: Session,
  path: string,
  given: string | null,
  quiet: boolean | undefined,
): Promise<SizedModel> {
  try {
    return await openSized(terminal, given ?? model.path, { quiet, choices: choicesOf(model) });
  } catch (error) {
    if (given === null && error instanceof MhoError && error.code === 'MODEL_NOT_FOUND')
      throw new MhoError('SESSION_MODEL', { path, model: model.path }, { cause: error });
    throw error;
  }
}

/** A name that was made of what the run came to is made anew. */
function relabelled(run: SessionRun, result: RunResult): SessionRun {
  const { label, ...before } = run;
  if (!label || label.name !== madeName(before)) return run;
  return { ...run, label: { ...label, name: madeName(result) } };
}
