/** The job that this window has running: how far it is, how it is cancelled or ended early. One at a time. */
import type { Progress, Round } from '../../contract/attribution';
import type { MhoFault } from '../../contract/errors';
import type { JudgeProgress } from '../../contract/judgement';
import type {
  Continuation,
  Job,
  JobNotice,
  JobSetup,
  JudgementRecord,
  JudgeSetup,
  LeftBehind,
  RunRecord,
  RunSetup,
} from '../../contract/studio';
import { samePhase } from '../../contract/words/progress';
import { faultOf, messages } from './messages.svelte';
import type { Program } from './program.svelte';

export interface RunningJob {
  readonly setup: JobSetup;
  readonly started: number;
  readonly progress: Progress | null;
  /** How far it is, where methods are judged. */
  readonly judging: (JudgeProgress & { readonly remainingMs: number | null }) | null;
  readonly queued: boolean;
  readonly cancelling: boolean;
  /** What is there is to be kept, and nothing computed further. */
  readonly enough: boolean;
  /** Whether an adaptive path has had a round: there is something to keep. */
  readonly rounds: boolean;
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

/** Who is told of what a job makes. */
export interface Heard {
  /** A run is complete; with those that its job has made, and why it could not be kept. */
  run(run: RunRecord, made: readonly RunRecord[], unkept: MhoFault | null): void;
  /** An adaptive path has had a round. */
  round(round: Round): void;
  /** Methods were judged. */
  judgement(judgement: JudgementRecord, unkept: MhoFault | null): void;
}

export class Jobs {
  running = $state.raw<RunningJob | null>(null);
  #job: Job | null = null;
  #end: (() => void) | null = null;

  constructor(private readonly program: Program) {}

  /**
   * Runs to its end.
   * @returns the runs that were made; none when another job is running
   */
  run(setup: RunSetup, to: Heard): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(setup, Date.now(), to, (heard) => this.program.client.startRun(setup, heard));
  }

  /** Goes on with a run from where it is. */
  goOn(asked: Continuation, to: Heard): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(asked, Date.now(), to, (heard) => this.program.client.continueRun(asked, heard));
  }

  /** Judges methods. */
  judge(asked: JudgeSetup, to: Heard): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(asked, Date.now(), to, (heard) => this.program.client.startJudging(asked, heard));
  }

  /** The same with one that the page before this one started. */
  follow({ setup, started, follow }: LeftBehind, to: Heard): Promise<readonly RunRecord[]> {
    return this.#toItsEnd(setup, started, to, async (heard) => follow(heard));
  }

  async #toItsEnd(
    setup: JobSetup,
    started: number,
    to: Heard,
    begin: (heard: (notice: JobNotice) => void) => Promise<Job>,
  ): Promise<readonly RunRecord[]> {
    if (this.running) return [];
    const made: RunRecord[] = [];
    let keeps = false;
    this.running = {
      setup,
      started,
      progress: null,
      judging: null,
      queued: false,
      cancelling: false,
      enough: false,
      rounds: false,
      trace: [],
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = resolve;
        const heard = (notice: JobNotice): void => {
          if (notice.kind === 'run') {
            made.push(notice.run);
            keeps = true;
            to.run(notice.run, made, notice.unkept);
          } else if (notice.kind === 'round') {
            if (this.running && !this.running.rounds) this.running = { ...this.running, queued: false, rounds: true };
            to.round(notice.round);
          } else if (notice.kind === 'judgement') {
            keeps = true;
            to.judgement(notice.judgement, notice.unkept);
          } else if (notice.kind === 'judging') {
            if (this.running) this.running = { ...this.running, queued: false, judging: notice.progress };
          } else if (notice.kind === 'failed') {
            messages.fault(notice.fault);
            resolve();
          } else if (notice.kind === 'finished') {
            if (notice.cancelled) messages.note(keeps ? 'Cancelled. What was complete is kept.' : 'Cancelled.');
            resolve();
          } else if (this.running && notice.kind === 'queued') this.running = { ...this.running, queued: true };
          else if (this.running && notice.kind === 'progress') this.running = progressed(this.running, notice.progress);
        };
        begin(heard).then((job) => (this.#job = job), reject);
      });
    } catch (error) {
      messages.fault(faultOf(error), null, 'run');
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

  /** Ends it early: what an adaptive path has reached by now becomes its run. */
  async enough(): Promise<void> {
    const job = this.#job;
    if (!job || !this.running || this.running.enough) return;
    this.running = { ...this.running, enough: true };
    await this.program.guard(() => job.enough());
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
