/** What the server holds of one document: the page that shows it, its files, and its jobs, also while the page is away. */
import type { JobNotice, JobSetup } from '../../../contract/studio';
import type { FromServer, LeftJob } from '../../../contract/wire';
import { Grants } from '../files';
import type { Link } from './link';

/** Examples whose newest rounds are held: a page that comes later draws one of them, and is soon told of the others. */
const MOST_ROUNDS = 8;

/** What a job has told, as far as a page that comes later needs it. */
class Heard {
  readonly started = Date.now();
  #waits: JobNotice | null = null;
  readonly #runs: JobNotice[] = [];
  readonly #judgements: JobNotice[] = [];
  /** The newest of each example's adaptive path, until its run is there. */
  readonly #rounds = new Map<string, JobNotice & { kind: 'round' }>();
  #progress: JobNotice | null = null;
  #end: JobNotice | null = null;

  constructor(readonly setup: JobSetup) {}

  get over(): boolean {
    return this.#end !== null;
  }

  get notices(): readonly JobNotice[] {
    const all = [this.#waits, ...this.#runs, ...this.#judgements, ...this.#rounds.values(), this.#progress, this.#end];
    return all.filter((notice) => notice !== null);
  }

  add(notice: JobNotice): void {
    if (notice.kind === 'queued') this.#waits = notice;
    else if (notice.kind === 'judgement') this.#judgements.push(notice);
    else if (notice.kind === 'run') {
      this.#runs.push(notice);
      for (const [path, { round }] of this.#rounds)
        if (round.method === notice.run.result.method) this.#rounds.delete(path);
    } else if (notice.kind === 'round') this.#sharpened(notice);
    else if (notice.kind === 'progress' || notice.kind === 'judging') [this.#waits, this.#progress] = [null, notice];
    else {
      [this.#waits, this.#progress, this.#end] = [null, null, notice];
      this.#rounds.clear();
    }
  }

  #sharpened(notice: JobNotice & { kind: 'round' }): void {
    const path = `${notice.round.method} ${notice.round.example}`;
    this.#rounds.delete(path);
    this.#rounds.set(path, notice);
    if (this.#rounds.size > MOST_ROUNDS) this.#rounds.delete(this.#rounds.keys().next().value!);
  }
}

export class Page {
  readonly grants = new Grants();
  readonly #jobs = new Map<string, Heard>();
  readonly #gone = new AbortController();
  #link: Link | null = null;
  /** Since when nobody shows it; null while a page does. */
  away: number | null = Date.now();
  uploading = 0;
  /** The session that can be fetched, and the folder it is in. */
  download: { readonly id: string; readonly path: string; readonly folder: string } | null = null;

  constructor(readonly document: string) {}

  get link(): Link | null {
    return this.#link;
  }

  /** Aborted when the document is left. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get running(): boolean {
    return [...this.#jobs.values()].some(({ over }) => !over);
  }

  send(message: FromServer): void {
    this.#link?.send(message);
  }

  /** A page shows the document from now on; it is told what goes on. */
  shownBy(link: Link): void {
    this.#link?.end();
    this.#link = link;
    this.away = null;
    const jobs: LeftJob[] = [...this.#jobs].map(([job, { setup, started, notices }]) => ({ job, setup, started, notices })); // prettier-ignore
    link.send({ kind: 'welcome', document: this.document, jobs });
    for (const [job, { over }] of this.#jobs) if (over) this.#jobs.delete(job);
  }

  /** @returns whether that was the page which shows it */
  hiddenBy(link: Link): boolean {
    if (this.#link !== link) return false;
    this.#link = null;
    this.away = Date.now();
    return true;
  }

  began(job: string, setup: JobSetup): void {
    this.#jobs.set(job, new Heard(setup));
  }

  heard(job: string, notice: JobNotice): void {
    const heard = this.#jobs.get(job);
    heard?.add(notice);
    if (heard?.over) {
      // Told while nobody listens, it is told to whoever comes back, and from then on there is time to come back.
      if (this.#link?.open) this.#jobs.delete(job);
      else this.away = Date.now();
    }
    this.send({ kind: 'job', job, notice });
  }

  leave(): void {
    this.#gone.abort();
    this.#link?.end();
    this.#link = null;
  }
}
