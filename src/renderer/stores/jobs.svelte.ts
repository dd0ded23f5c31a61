/** The job that this window has running: how far it is, how it is cancelled. One at a time. */
import type { Progress } from '../../contract/attribution';
import type { MhoFault } from '../../contract/errors';
import type { Job, JobNotice, JobSetup, LeftBehind, RunRecord, RunSetup } from '../../contract/studio';
import { samePhase } from '../../contract/words/progress';
import { faultOf, messages } from './messages.svelte';
import type { Program } from './program.svelte';

export interface RunningJob {
  readonly setup: JobSetup;
  readonly started: number;
  readonly progress: Progress | null;
  readonly queued: boolean;
  readonly cancelling: boolean;
  /** Points of the running sum so far. */
  readonly trace: readonly { readonly alpha: number; readonly expected: number; readonly running: number }[];
}

/** The same job after a chunk: a new phase, or going back on the path, begins another trace. */
export function progressed(job: RunningJob, progress: Progress): RunningJob {
  const last = job.trace.at(-1);
  const point = { alpha: progress.alpha, expected: progress.expected, running: progress.running };
  const same =
    last !== undefined && progress.alpha >= last.alpha && samePhase(progress.phase, job.progress?.phase ?? null);
  return {
    ...job,
    queued: false,
    progress,
    trace: same ? [...job.trace, point] : [point],
  };
}

/** Told of every run as it is complete, with those that its job has made, and why it could not be kept. */
type Took = (run: RunRecord, made: readonly RunRecord[], unkept: MhoFault | null) => void;

export class Jobs {
  running = $state.raw<RunningJob | null>(null);
  #job: Job | null = null;
  #end: (() => void) | null = null;

  constructor(private readonly program: Program) {}

  /**
   * Runs to its end.
   * @returns the runs that were made; none when another job is running
   */
  run(setup: RunSetup, took: Took): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(setup, Date.now(), took, (heard) => this.program.client.startRun(setup, heard));
  }

  /** The same with one that the page before this one started. */
  follow({ setup, started, follow }: LeftBehind, took: Took): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(setup, started, took, async (heard) => follow(heard));
  }

  async #toItsEnd(
    setup: JobSetup,
    started: number,
    took: Took,
    begin: (heard: (notice: JobNotice) => void) => Promise<Job>,
  ): Promise<readonly RunRecord[]> {
    if (this.running) return [];
    const made: RunRecord[] = [];
    this.running = {
      setup,
      started,
      progress: null,
      queued: false,
      cancelling: false,
      trace: [],
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = resolve;
        const heard = (notice: JobNotice): void => {
          if (notice.kind === 'run') {
            made.push(notice.run);
            took(notice.run, made, notice.unkept);
          } else if (notice.kind === 'failed') {
            messages.fault(notice.fault);
            resolve();
          } else if (notice.kind === 'finished') {
            if (notice.cancelled)
              messages.note(made.length > 0 ? 'Cancelled. What was complete is kept.' : 'Cancelled.');
            resolve();
          } else if (this.running && notice.kind === 'queued') this.running = { ...this.running, queued: true };
          else if (this.running && notice.kind === 'progress') this.running = progressed(this.running, notice.progress);
        };
        begin(heard).then((job) => (this.#job = job), reject);
      });
    } catch (error) {
      messages.fault(faultOf(error));
    }
    this.end();
    return made;
  }

  async cancel(): Promise<void> {
    const job = this.#job;
    if (!job || !this.running) return;
    this.running = { ...this.running, cancelling: true };
    await this.program.guard(() => job.cancel());
  }

  /** Nothing runs any more: the engine is gone, for example. */
  end(): void {
    this.#job = null;
    this.running = null;
    const ended = this.#end;
    this.#end = null;
    ended?.();
  }
}
