/** A run with its progress, its Ctrl-C and its session: what `attribute` and `sample` share. */
import { version } from '../../../../package.json';
import type { AttributionRequest, Method, Progress, RunResult } from '../../../contract/attribution';
import type { BackendChoice } from '../../../contract/backends';
import type { ModelSummary } from '../../../contract/model';
import { asMhoError, MhoError, type KeptFault } from '../../../contract/errors';
import type { Question, Session } from '../../../contract/session';
import { memoryWords } from '../../../contract/words/memory';
import type { OpenedModel } from '../../engine/formats';
import { labelled } from '../service/labels';
import { progressBar } from './progress';
import type { Terminal } from './terminal';

export interface Asked {
  readonly request: AttributionRequest;
  readonly backend: BackendChoice;
  /** A run of the request, to go on from. */
  readonly resume?: RunResult;
  readonly quiet: boolean;
}

/** The files that inputs and baselines came from, what they are called, and which of their examples were taken. */
interface Source extends Pick<Question, 'source' | 'files' | 'examples'> {
  /** Names of the target's values; empty without. */
  readonly labels: readonly string[];
}

export interface Computed {
  readonly results: ReadonlyMap<Method, RunResult>;
  /** Why it ended early; null when everything is complete. */
  readonly fault: MhoError | null;
}

export interface Attributed {
  readonly session: Session;
  /** Why it ended early; null when everything is complete. */
  readonly fault: MhoError | null;
}

/** Attributes, and makes a session of the results. @throws as `computeInTerminal` */
export async function attributeInTerminal(
  terminal: Terminal,
  model: OpenedModel,
  asked: Asked,
  source: Source,
): Promise<Attributed> {
  const request = { ...asked.request, exampleNumbers: source.examples };
  const { results, fault } = await computeInTerminal(terminal, model, { ...asked, request });
  const session: Session = {
    ...sessionOf(
      model,
      request,
      source,
      request.methods.flatMap((method) => results.get(method) ?? []),
    ),
    errors: fault
      ? told([fault.fault, ...[...results.values()].flatMap(({ faults }) => faults.map((each) => each.fault))])
      : [],
  };
  return { session, fault };
}

/** A session of one question, and of the runs that came of it with what their targets are called. */
export function sessionOf(
  { summary }: Pick<OpenedModel, 'summary'>,
  { inputs, baseline, target, minus, hold, walk }: AttributionRequest,
  { source, files, examples, labels }: Source,
  runs: readonly RunResult[],
): Session {
  const question: Question = {
    inputs,
    source,
    files,
    examples,
    baseline,
    target,
    minus: minus ?? null,
    ...(hold?.length && { hold }),
    ...(walk?.length && { walk }),
  };
  return {
    created: new Date().toISOString(),
    software: { mho: version, node: process.version, platform: `${process.platform} ${process.arch}` },
    model: summary,
    questions: [question],
    runs: runs.map((run) => ({ ...labelled(run, labels), question: 0 })),
    errors: [],
    notes: '',
  };
}

/**
 * Groups of examples as one session, each a question of its own.
 * @param model as it was opened, before sizes that it leaves free were bound to those of one group
 */
export function togetherInOne(groups: readonly Attributed[], model: ModelSummary): Attributed {
  const sessions = groups.map(({ session }) => session);
  const [first] = sessions as [Session];
  return {
    session: {
      ...first,
      ...(sessions.length > 1 && { model }),
      questions: sessions.flatMap(({ questions }) => questions),
      // Each has one question.
      runs: sessions.flatMap(({ runs }, question) => runs.map((run) => ({ ...run, question }))),
      errors: told(sessions.flatMap(({ errors }) => errors)),
    },
    fault: groups.at(-1)!.fault,
  };
}

/** Each once: two methods may meet the same. */
const told = (faults: readonly KeptFault[]): KeptFault[] => [
  ...new Map(faults.map((fault) => [`${fault.code} ${fault.message}`, fault])).values(),
];

/**
 * Computes, with a progress bar where somebody watches. Ctrl-C on an adaptive path that has something to show ends it as far as
 * it has come; the next one, any other, and faults keep the results that are complete.
 * @throws a fault that came before any result
 */
export async function computeInTerminal(terminal: Terminal, model: OpenedModel, asked: Asked): Promise<Computed> {
  const [{ attribute }, { devices }] = await Promise.all([
    import('../../engine/attribution'),
    import('../../engine/backends'),
  ]);
  const { request } = asked;
  const results = new Map<Method, RunResult>();
  const control = new AbortController();
  const enough = new AbortController();
  let resolving = false;
  const watched = !asked.quiet && terminal.screen !== null;
  const bar = await progressBar(watched ? terminal.screen : null);
  const settle = terminal.onInterrupt((signal = 'SIGINT') => {
    if (signal !== 'SIGINT' || !resolving || enough.signal.aborted) return control.abort();
    enough.abort();
    bar.stop();
    if (!asked.quiet) terminal.err('Ending with what is there; Ctrl-C again cancels.\n');
    return 'again';
  });
  let last: Pick<Progress, 'done' | 'total'> = { done: 0, total: request.steps + 1 };
  let fault: MhoError | null = null;
  try {
    const all = await devices.use(asked.backend, (device) =>
      attribute(device, model.graph, request, {
        signal: control.signal,
        enough: enough.signal,
        ...(asked.resume && { resume: asked.resume }),
        onProgress: (progress) => {
          last = progress;
          resolving = progress.phase.kind === 'adaptive' && (resolving || progress.phase.estimate !== null);
          bar.update(progress);
        },
        onResult: (result) => void results.set(result.method, result),
        onBudget: (budget) => void (watched && terminal.err(`Memory: ${memoryWords(budget)}\n`)),
      }),
    );
    for (const result of all) results.set(result.method, result);
    if (control.signal.aborted && !isWhole(results, request))
      fault = new MhoError('CANCELLED', { done: last.done, total: last.total });
  } catch (error) {
    fault = asMhoError(error);
    if (results.size === 0) throw fault;
  } finally {
    bar.stop();
    settle();
  }
  return { results, fault };
}

const isWhole = (results: ReadonlyMap<Method, RunResult>, request: AttributionRequest): boolean =>
  request.methods.every((method) => results.get(method)?.complete);
