/** A page's socket: requests in, answers and notices out, neither faster than the other side takes them. */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Answer } from '../../../contract/studio';
import { fromBytes, toBytes, type FromServer } from '../../../contract/wire';
import { frameFault } from './frames';
import { SOCKET } from './limits';

const envelope = z.object({ id: z.number().int(), name: z.string().max(60), params: z.unknown() });
type Envelope = z.infer<typeof envelope>;

/** Close codes of RFC 6455. */
const NOT_UNDERSTOOD = 1007;

/** Overtaken by the next one of its kind, or asked for again: may be left out for a page that does not keep up. */
const mayBeMissed = (message: FromServer): boolean =>
  (message.kind === 'job' && (message.notice.kind === 'progress' || message.notice.kind === 'round')) ||
  (message.kind === 'notice' && message.notice.kind === 'document');

export interface LinkEnds {
  /** Must not reject. */
  ask(name: string, params: unknown): Promise<Answer>;
  closed(): void;
}

export class Link {
  /** Read from the socket before it could be told to wait: what one piece of the stream holds at the most. */
  readonly #queue: Envelope[] = [];
  #underWay = 0;
  /** No sign of life since the last time one was asked for. */
  #silent = false;
  readonly #heartbeat = setInterval(() => this.#beat(), SOCKET.heartbeat);

  constructor(
    private readonly socket: WebSocket,
    private readonly ends: LinkEnds,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#take(data, isBinary));
    socket.on('pong', () => (this.#silent = false));
    socket.on('close', () => {
      clearInterval(this.#heartbeat);
      this.#queue.length = 0;
      ends.closed();
    });
  }

  get open(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  send(message: FromServer): void {
    if (!this.open) return;
    const unread = this.socket.bufferedAmount;
    if (unread > SOCKET.unread && mayBeMissed(message)) return;
    if (unread > SOCKET.unreadMost) return this.end();
    this.socket.send(toBytes(message), () => this.#flow());
  }

  end(): void {
    this.socket.terminate();
  }

  /** Whether anybody is at the other end: answers within the time, or is no page any more. */
  alive(within: number): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    return new Promise((resolve) => {
      const answered = (): void => finish(true);
      const gone = (): void => finish(false);
      const timer = setTimeout(gone, within);
      const finish = (alive: boolean): void => {
        clearTimeout(timer);
        this.socket.off('pong', answered).off('close', gone);
        resolve(alive);
      };
      this.socket.on('pong', answered).on('close', gone);
      this.socket.ping();
    });
  }

  #take(data: Buffer, isBinary: boolean): void {
    const parsed = isBinary && frameFault(data) === null ? this.#parse(data) : null;
    if (!parsed) {
      this.socket.close(NOT_UNDERSTOOD, 'not understood');
      return;
    }
    this.#queue.push(parsed);
    this.#flow();
  }

  #parse(data: Buffer): Envelope | null {
    try {
      return envelope.parse(fromBytes(data));
    } catch {
      return null;
    }
  }

  /** Begins what waits, while the page takes what it is answered; else reads no more from it. */
  #flow(): void {
    const full = (): boolean => this.#underWay >= SOCKET.asked || this.socket.bufferedAmount > SOCKET.unread;
    while (this.#queue.length > 0 && this.open && !full()) void this.#answer(this.#queue.shift()!);
    if (!this.open || this.socket.isPaused === full()) return;
    if (full()) this.socket.pause();
    else {
      this.#silent = false; // its sign of life may be among what was not read
      this.socket.resume();
    }
  }

  async #answer({ id, name, params }: Envelope): Promise<void> {
    this.#underWay++;
    const answer = await this.ends.ask(name, params);
    this.#underWay--;
    this.send({ kind: 'answer', id, answer });
    this.#flow();
  }

  #beat(): void {
    if (!this.open) return;
    const waitsForUs = this.#underWay >= SOCKET.asked;
    if (this.#silent && !waitsForUs) return this.end();
    this.#silent = true;
    this.socket.ping();
  }
}
