/** What the model says of all examples of the data, asked batch by batch while nothing else computes. */
import type { MhoFault } from '../../contract/errors';
import type { Params } from '../../contract/studio';
import { batchAfter, FIRST_BATCH, MOST_UNASKED } from '../logic/examples';
import { faultOf } from './messages.svelte';
import type { Program } from './program.svelte';

export interface Verdict {
  /** Place of the largest value of the output; −1 where one of its values is not a number. */
  readonly top: number;
  readonly value: number;
}

type Asked = Omit<Params<'verdicts'>, 'data' | 'examples'>;

export class Verdicts {
  /** By example, of each output of the model. */
  told = $state.raw<ReadonlyMap<number, ReadonlyMap<string, Verdict>>>(new Map());
  running = $state(false);
  fault = $state.raw<MhoFault | null>(null);
  /** As many examples as are asked about. */
  limit = $state(MOST_UNASKED);
  /** Which asking goes on: one that was stopped takes nothing more. */
  #turn = 0;

  constructor(
    private readonly program: Program,
    private readonly data: string,
    readonly ids: readonly number[],
  ) {}

  /** As many as will be told of. */
  get total(): number {
    return Math.min(this.limit, this.ids.length);
  }

  /** Asks about those that nothing is known of yet; while it goes on, asking again changes nothing. */
  async ask(asked: Asked): Promise<void> {
    if (this.running) return;
    const turn = ++this.#turn;
    this.running = true;
    this.fault = null;
    let size = FIRST_BATCH;
    try {
      while (turn === this.#turn) {
        const examples = this.ids
          .slice(0, this.limit)
          .filter((example) => !this.told.has(example))
          .slice(0, size);
        if (examples.length === 0) break;
        const began = performance.now();
        const { outputs, backend } = await this.program.client.request('verdicts', {
          ...asked,
          data: this.data,
          examples,
        });
        if (turn !== this.#turn) return;
        this.program.computedOn(backend);
        size = batchAfter(size, performance.now() - began);
        const told = new Map(this.told);
        examples.forEach((example, at) =>
          told.set(
            example,
            new Map(outputs.map(({ name, top, value }) => [name, { top: top[at]!, value: value[at]! }])),
          ),
        );
        this.told = told;
      }
    } catch (error) {
      if (turn === this.#turn) this.fault = faultOf(error);
    } finally {
      if (turn === this.#turn) this.running = false;
    }
  }

  /** Asks about no more; what is known stays. */
  stop(): void {
    this.#turn++;
    this.running = false;
  }

  /** Asks about all, however many there are. */
  async askAll(asked: Asked): Promise<void> {
    this.limit = this.ids.length;
    await this.ask(asked);
  }
}
