/** What a document is opening: of two files opened at once the later one stands; each can be given up. */
import { basename } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { under, unless } from '../signals';
import { Turns } from '../turns';

export interface Opening {
  /** Comes when the opening is given up: the engine ends its reading. */
  readonly signal: AbortSignal;
  /** From here on it can be given up no more: it is about to be what is open. @throws OPENING_CANCELLED */
  commit(): void;
}

export class Openings {
  readonly #turns = new Turns();
  readonly #going = new Set<AbortController>();
  #closed = false;

  /** What replaces something, one after the other. @throws OPENING_CANCELLED */
  inTurn<Result>(name: string, work: (opening: Opening) => Promise<Result>): Promise<Result> {
    const controller = this.#begin();
    return this.#turns.take(() => this.#run(controller, name, controller.signal, work));
  }

  /** What is read beside that, for what is open now: it ends with it. @throws OPENING_CANCELLED */
  beside<Result>(name: string, epoch: AbortSignal, work: (opening: Opening) => Promise<Result>): Promise<Result> {
    const controller = this.#begin();
    return under([controller.signal, epoch], (signal) => this.#run(controller, name, signal, work));
  }

  cancel(): void {
    for (const controller of this.#going) controller.abort();
  }

  /** Nothing is opened any more. */
  close(): void {
    this.#closed = true;
    this.cancel();
  }

  #begin(): AbortController {
    const controller = new AbortController();
    if (this.#closed) controller.abort();
    else this.#going.add(controller);
    return controller;
  }

  async #run<Result>(
    controller: AbortController,
    name: string,
    signal: AbortSignal,
    work: (opening: Opening) => Promise<Result>,
  ): Promise<Result> {
    const given = (): MhoError => new MhoError('OPENING_CANCELLED', { name: basename(name) });
    const commit = (): void => {
      if (signal.aborted) throw given();
      this.#going.delete(controller);
    };
    try {
      return await unless(signal, given, () => work({ signal, commit }));
    } finally {
      this.#going.delete(controller);
    }
  }
}
