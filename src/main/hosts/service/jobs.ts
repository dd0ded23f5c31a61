/** Runs in turn: one job computes at a time, since all windows share the devices. */
import type { Progress, RunPhase, RunResult } from '../../../contract/attribution';
import { asMhoError } from '../../../contract/errors';
import type { JobNotice, RunRecord, RunSetup } from '../../../contract/studio';
import { samePhase } from '../../../contract/words/progress';
import { newId, type Document } from './document';
import type { Engine } from './engine';

/** Points of a trace that are kept; a plot shows no more. */
const MOST_TRACE = 2000;

/** F and the running sums along the first path of the grid that is under way. */
class Trace {
  #phase: RunPhase | null = null;
  #points: { alpha: number; expected: number; running: number }[] = [];
  #ended = false;

  add({ phase, alpha, expected, running }: Progress): void {
    if (!samePhase(phase, this.#phase)) [this.#phase, this.#points, this.#ended] = [phase, [], false];
    if (this.#points.length > 0 && alpha <= this.#points.at(-1)!.alpha) this.#ended = true;
    if (!this.#ended && this.#points.length < MOST_TRACE) this.#points.push({ alpha, expected, running });
  }

  get points(): RunRecord['trace'] {
    return [...this.#points];
  }
}

export class Jobs {
  readonly #running = new Map<string, { document: string; abort: AbortController }>();
  /** Milliseconds per pass of earlier jobs and over how many passes that was measured, by model hash. */
  readonly #pace = new Map<string, { readonly ms: number; readonly passes: number }>();

  constructor(private readonly engine: Engine) {}

  /** What a pass of this model took, in milliseconds. */
  pace(model: string): number | null {
    return this.#pace.get(model)?.ms ?? null;
  }

  /** Checks, then queues. @returns the job's id @throws what the engine refuses before any work */
  start(document: Document, setup: RunSetup, emit: (notice: JobNotice) => void): string {
    const request = document.request(setup);
    const { graph, summary } = document.model;
    const job = newId();
    const abort = new AbortController();
    if (this.#running.size > 0) emit({ kind: 'queued' });
    this.#running.set(job, { document: document.id, abort });
    const question = document.question(setup, request);
    const { epoch } = document;

    const run = async (): Promise<JobNotice> => {
      const trace = new Trace();
      const keep = async (result: RunResult): Promise<void> => {
        if (document.epoch !== epoch) return;
        const { record, unkept } = await document.addRun(result, question, job, trace.points);
        emit({ kind: 'run', run: record, unkept: unkept?.fault ?? null });
      };
      let passes = 0;
      let began = 0;
      await this.engine.use(
        setup.backend,
        (device) => {
          began = performance.now();
          return this.engine.attribute(device, graph, request, {
            signal: abort.signal,
            onProgress: (progress) => {
              trace.add(progress);
              passes = progress.done;
              emit({ kind: 'progress', progress });
            },
            onResult: keep,
          });
        },
        { signal: abort.signal },
      );
      // A short or early cancelled job is mostly its beginning: it does not replace what a longer one has told.
      if (passes > 0 && passes * 2 >= (this.#pace.get(summary.hash)?.passes ?? 0))
        this.#pace.set(summary.hash, { ms: (performance.now() - began) / passes, passes });
      return { kind: 'finished', cancelled: abort.signal.aborted };
    };

    void run()
      .catch((error: unknown): JobNotice => {
        // One that was cancelled before its turn came.
        if (abort.signal.aborted && error === abort.signal.reason) return { kind: 'finished', cancelled: true };
        return { kind: 'failed', fault: asMhoError(error).fault };
      })
      .then((end) => {
        this.#running.delete(job);
        emit(end);
      });
    return job;
  }

  /** Takes effect at the next chunk. A job that has ended is left in peace. */
  cancel(document: string, job: string): void {
    const running = this.#running.get(job);
    if (running?.document === document) running.abort.abort();
  }

  cancelAll(document: string): void {
    for (const [job, running] of this.#running) if (running.document === document) this.cancel(document, job);
  }
}
