/** A run with its progress, its Ctrl-C and its session: what `attribute` and `sample` share. */
import { version } from '../../../../package.json';
import type { AttributionRequest, Progress, RunResult } from '../../../contract/attribution';
import type { BackendChoice } from '../../../contract/backends';
import { asMhoError, MhoError, type KeptFault } from '../../../contract/errors';
import type { Question, Session } from '../../../contract/session';
import type { OpenedModel } from '../../engine/formats';
import { progressBar } from './progress';
import type { Terminal } from './terminal';

export interface Asked {
  readonly request: AttributionRequest;
  readonly backend: BackendChoice;
  /** Name of the file the inputs came from, and which of its examples they are. */
  readonly source: string;
  readonly examples: readonly number[];
  readonly quiet: boolean;
}

export interface Attributed {
  readonly session: Session;
  /** Why it ended early; null when everything is complete. */
  readonly fault: MhoError | null;
}

/**
 * Attributes, with a progress bar where somebody watches. Ctrl-C on an adaptive path that has something to show ends it as far as
 * it has come; the next one, any other, and faults keep the results that are complete.
 * @throws a fault that came before any result
 */
export async function attributeInTerminal(terminal: Terminal, model: OpenedModel, asked: Asked): Promise<Attributed> {
  const [{ attribute }, { devices }] = await Promise.all([
    import('../../engine/attribution'),
    import('../../engine/backends'),
  ]);
  const request = { ...asked.request, exampleNumbers: asked.examples };
  const results = new Map<string, RunResult>();
  const control = new AbortController();
  const enough = new AbortController();
  let resolving = false;
  const settle = terminal.onInterrupt((signal = 'SIGINT') => {
    if (signal !== 'SIGINT' || !resolving || enough.signal.aborted) return control.abort();
    enough.abort();
    if (!asked.quiet) terminal.err('Ending with what is there; Ctrl-C again cancels.\n');
    return 'again';
  });
  const bar = await progressBar(asked.quiet ? null : terminal.screen);
  let last: Pick<Progress, 'done' | 'total'> = { done: 0, total: request.steps + 1 };
  let fault: MhoError | null = null;
  try {
    const all = await devices.use(asked.backend, (device) =>
      attribute(device, model.graph, request, {
        signal: control.signal,
        enough: enough.signal,
        onProgress: (progress) => {
          last = progress;
          resolving = progress.phase.kind === 'adaptive' && (resolving || progress.phase.estimate !== null);
          bar.update(progress);
        },
        onResult: (result) => void results.set(result.method, result),
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
  const question: Question = {
    inputs: request.inputs,
    source: asked.source,
    examples: asked.examples,
    baseline: request.baseline,
    target: request.target,
    minus: request.minus ?? null,
    ...(request.hold?.length && { hold: request.hold }),
    ...(request.walk?.length && { walk: request.walk }),
  };
  const session: Session = {
    created: new Date().toISOString(),
    software: { mho: version, node: process.version, platform: `${process.platform} ${process.arch}` },
    model: model.summary,
    questions: [question],
    runs: request.methods.flatMap((method) => results.get(method) ?? []).map((run) => ({ ...run, question: 0 })),
    errors: fault
      ? told([fault.fault, ...[...results.values()].flatMap(({ faults }) => faults.map((each) => each.fault))])
      : [],
    notes: '',
  };
  return { session, fault };
}

/** Each once: two methods may meet the same. */
const told = (faults: readonly KeptFault[]): KeptFault[] => [
  ...new Map(faults.map((fault) => [`${fault.code} ${fault.message}`, fault])).values(),
];

const isWhole = (results: ReadonlyMap<string, RunResult>, request: AttributionRequest): boolean =>
  request.methods.every((method) => results.get(method)?.complete);
