/**
 * Owns the engine's process, whoever starts it: hands it requests, starts it again when it dies, and answers in its
 * place what it can answer no more.
 */
import { EventEmitter } from 'node:events';
import type { BackendInfo } from '../../../contract/backends';
import { MhoError, type MhoFault } from '../../../contract/errors';
import type { Answer, DocumentState, EngineState, JobNotice } from '../../../contract/studio';
import type { ServiceRequest } from '../service';
import type { EngineBeginning, FromEngine, ToEngine } from './protocol';

/** So many deaths within so many milliseconds: it is started again only when it is next needed. */
const MANY_DEATHS = 4;
const SHORT_WHILE = 60_000;

/** A process of the engine. `Port` is what a job may tell its notices to, where the system has such a thing. */
export interface EngineChild<Port = never> {
  readonly pid: number | undefined;
  post(message: ToEngine, port?: Port): void;
  /** Ends it, at once or a little later. */
  end(): void;
}

/** What a process tells its owner. */
export interface ChildListener {
  message(message: FromEngine): void;
  /** Once; nothing comes after it. `how`: in words. */
  ended(how: string): void;
}

export type Launcher<Port = never> = (listener: ChildListener) => EngineChild<Port>;

/** Where the notices of a job go. */
export interface Told<Port> {
  readonly port?: Port;
  readonly emit?: (notice: JobNotice) => void;
}

interface Events {
  state: [EngineState, MhoFault | null];
  document: [string, DocumentState];
}

export class EngineHost<Port = never> extends EventEmitter<Events> {
  #child: EngineChild<Port> | null = null;
  #ready: Promise<void> = Promise.resolve();
  #ended: Promise<void> = Promise.resolve();
  #state: EngineState = 'starting';
  /** What the last prediction was computed on. */
  backend: BackendInfo | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Jobs that tell their notices here. */
  readonly #jobs = new Map<number, (notice: JobNotice) => void>();
  #deaths: number[] = [];
  #stopping = false;

  constructor(
    private readonly launch: Launcher<Port>,
    private readonly beginning: Omit<EngineBeginning, 'kind'>,
  ) {
    super();
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Null while it is not running. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    let ready = (): void => undefined;
    let ended = (): void => undefined;
    this.#ready = new Promise((resolve) => (ready = resolve));
    this.#ended = new Promise((resolve) => (ended = resolve));
    const child = this.launch({
      message: (message) => {
        if (this.#child !== child) return;
        if (message.kind === 'ready') {
          this.#change('ready', null);
          ready();
        } else this.#heard(message);
      },
      ended: (how) => {
        ready(); // who waits is told below, or asks the next process
        ended();
        this.#died(child, how);
      },
    });
    this.#child = child;
    child.post({ kind: 'begin', ...this.beginning });
  }

  #heard(message: Exclude<FromEngine, { kind: 'ready' }>): void {
    if (message.kind === 'document') this.emit('document', message.document, message.state);
    else if (message.kind === 'job') {
      const tell = this.#jobs.get(message.id);
      if (message.notice.kind === 'failed' || message.notice.kind === 'finished') this.#jobs.delete(message.id);
      tell?.(message.notice);
    } else {
      if (!message.answer.ok) this.#jobs.delete(message.id);
      this.#waiting.get(message.id)?.(message.answer);
      this.#waiting.delete(message.id);
    }
  }

  #died(child: EngineChild<Port>, how: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    const { fault } = new MhoError('ENGINE_STOPPED', { reason: `its process ended with ${how}` });
    const [waiting, jobs] = [[...this.#waiting.values()], [...this.#jobs.values()]];
    this.#waiting.clear();
    this.#jobs.clear();
    for (const answer of waiting) answer({ ok: false, fault });
    for (const tell of jobs) tell({ kind: 'failed', fault });
    if (this.#stopping) return;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < SHORT_WHILE), now];
    if (this.#deaths.length >= MANY_DEATHS) {
      this.#change('failed', fault);
      return;
    }
    this.#change('restarting', fault);
    this.start();
  }

  #change(state: EngineState, fault: MhoFault | null): void {
    this.#state = state;
    this.emit('state', state, fault);
  }

  /** @param told where a job tells how it goes on */
  async request(request: Omit<ServiceRequest, 'emit'>, { port, emit }: Told<Port> = {}): Promise<Answer> {
    const gone = (reason: string): Answer => ({ ok: false, fault: new MhoError('ENGINE_STOPPED', { reason }).fault });
    if (this.#stopping) return gone('Mho is ending');
    if (!this.#child) {
      this.#change('restarting', null);
      this.start();
    }
    await this.#ready;
    const child = this.#child;
    if (!child) return gone('it does not start');
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      if (emit) this.#jobs.set(id, emit);
      child.post({ kind: 'request', id, ...request }, port);
    });
  }

  /** Ends the process; what it was asked is answered with ENGINE_STOPPED. @returns once it is gone */
  stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.end();
    return this.#ended;
  }
}
