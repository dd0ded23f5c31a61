/** Jobs under way in this window, told of their end also when the engine goes away in the middle. */
import type { MhoFault } from '../../contract/errors';
import type { JobNotice } from '../../contract/studio';

type Listener = (notice: JobNotice) => void;

export class OpenJobs {
  readonly #listeners = new Map<string, Listener>();

  open(job: string, listener: Listener): void {
    this.#listeners.set(job, listener);
  }

  /** @returns whether more may come */
  tell(job: string, notice: JobNotice): boolean {
    const listener = this.#listeners.get(job);
    const last = notice.kind === 'failed' || notice.kind === 'finished';
    if (last) this.#listeners.delete(job);
    listener?.(notice);
    return !last;
  }

  /** The engine is gone and its jobs with it; what they finished is kept. */
  failAll(fault: MhoFault): void {
    for (const job of [...this.#listeners.keys()]) this.tell(job, { kind: 'failed', fault });
  }
}
