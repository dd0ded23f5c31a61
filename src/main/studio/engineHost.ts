/** Owns the engine's process: starts it, hands it requests, starts it again when it dies. */
import { utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';
import { EventEmitter } from 'node:events';
import { MhoError, type MhoFault } from '../../contract/errors';
import type { BackendInfo } from '../../contract/backends';
import type { Answer, DocumentState, EngineState } from '../../contract/studio';
import type { EngineBeginning, EngineRequest, FromEngine } from '../hosts/engineProcess/protocol';
import type { ServiceRequest } from '../hosts/service';

/** So many deaths within so many milliseconds: it is started again only when it is next needed. */
const MANY_DEATHS = 4;
const SHORT_WHILE = 60_000;

interface Events {
  state: [EngineState, MhoFault | null];
  document: [string, DocumentState];
}

export class EngineHost extends EventEmitter<Events> {
  #process: UtilityProcess | null = null;
  #ready: Promise<void> = Promise.resolve();
  #state: EngineState = 'starting';
  /** What the last prediction was computed on. */
  backend: BackendInfo | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #deaths: number[] = [];
  #stopping = false;

  constructor(
    private readonly program: string,
    private readonly beginning: Omit<EngineBeginning, 'kind'>,
  ) {
    super();
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Null while it is not running. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  start(): void {
    const child = utilityProcess.fork(this.program, [], { serviceName: 'Mho engine', stdio: 'inherit' });
    this.#process = child;
    this.#ready = new Promise((resolve) => {
      child.on('message', (message: FromEngine) => {
        if (message.kind === 'ready') {
          this.#change('ready', null);
          resolve();
        } else if (message.kind === 'document') {
          this.emit('document', message.document, message.state);
        } else {
          this.#waiting.get(message.id)?.(message.answer);
          this.#waiting.delete(message.id);
        }
      });
      child.once('exit', (code) => {
        resolve(); // who waits is told below, or asks the next process
        this.#died(child, code);
      });
    });
    child.postMessage({ kind: 'begin', ...this.beginning } satisfies EngineBeginning);
  }

  #died(child: UtilityProcess, code: number): void {
    if (this.#process !== child || this.#stopping) return;
    this.#process = null;
    const { fault } = new MhoError('ENGINE_STOPPED', { reason: `its process ended with ${code}` });
    for (const answer of this.#waiting.values()) answer({ ok: false, fault });
    this.#waiting.clear();
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

  /** @param port where a job tells how it goes on */
  async request(request: Omit<ServiceRequest, 'emit'>, port?: MessagePortMain): Promise<Answer> {
    if (!this.#process) {
      this.#change('restarting', null);
      this.start();
    }
    await this.#ready;
    const child = this.#process;
    if (!child) return { ok: false, fault: new MhoError('ENGINE_STOPPED', { reason: 'it does not start' }).fault };
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      child.postMessage({ kind: 'request', id, ...request } satisfies EngineRequest, port ? [port] : []);
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#process?.kill();
  }
}
