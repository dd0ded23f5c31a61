/**
 * Work that takes long, of whatever kind: it tells how it goes on, can be cancelled, and ends with the epoch that it was
 * begun for. Whose turn it is on which device, the engine knows.
 */
import type { BackendChoice } from '../../../contract/backends';
import { asMhoError } from '../../../contract/errors';
import type { JobNotice } from '../../../contract/studio';
import type { Document } from './document';
import type { Epoch } from './document/epoch';
import { newId } from './document/ids';
import { under } from './signals';

/** A job under way. */
export interface Job {
  readonly id: string;
  /** Comes when it is cancelled, or its epoch is over. */
  readonly signal: AbortSignal;
  /** Comes when what there is by then is enough. */
  readonly enough: AbortSignal;
  readonly emit: (notice: JobNotice) => void;
}

/** A kind of work. Checks and prepares at once, and throws what is refused; what it gives then does the work. */
export type Work<Asked> = (epoch: Epoch, asked: Asked) => (job: Job) => Promise<void>;

interface Running {
  readonly document: string;
  readonly backend: BackendChoice;
  readonly cancel: AbortController;
  readonly enough: AbortController;
}

export class Jobs {
  readonly #running = new Map<string, Running>();

  /** @returns the job's id; its last notice is `finished` or `failed` @throws what is refused before any work */
  start<Asked extends { readonly backend: BackendChoice }>(
    work: Work<Asked>,
    { id: document, epoch }: Document,
    asked: Asked,
    emit: (notice: JobNotice) => void,
  ): string {
    const begin = work(epoch, asked);
    const { backend } = asked;
    const id = newId();
    const [cancel, enough] = [new AbortController(), new AbortController()];
    if ([...this.#running.values()].some((other) => mayShare(other.backend, backend))) emit({ kind: 'queued' });
    this.#running.set(id, { document, backend, cancel, enough });
    const ended = under([cancel.signal, epoch.signal], async (signal): Promise<JobNotice> => {
      try {
        await begin({ id, signal, enough: enough.signal, emit });
      } catch (error) {
        // One that was cancelled before its turn came ends with the signal's reason.
        if (!signal.aborted || error !== signal.reason) return { kind: 'failed', fault: asMhoError(error).fault };
      }
      return { kind: 'finished', cancelled: signal.aborted };
    }).then((end) => {
      this.#running.delete(id);
      emit(end);
    });
    epoch.during(ended);
    return id;
  }

  /** Takes effect at the next chunk. A job that has ended is left in peace. */
  cancel(document: string, job: string): void {
    this.#of(document, job)?.cancel.abort();
  }

  /** The same for a job that is to be complete as far as it has come. */
  enough(document: string, job: string): void {
    this.#of(document, job)?.enough.abort();
  }

  #of(document: string, job: string): Running | null {
    const running = this.#running.get(job);
    return running?.document === document ? running : null;
  }
}

/** Whether two choices may come to the same device, so that one waits for the other. */
const mayShare = (a: BackendChoice, b: BackendChoice): boolean => a === b || a === 'auto' || b === 'auto';
