/** Something told of every example of the data, asked batch by batch while nothing else computes; it can be stopped and gone on with. */
import type { BackendInfo } from '../../contract/backends';
import type { MhoFault } from '../../contract/errors';
import { batchAfter, FIRST_BATCH, LARGEST_BATCH, MOST_UNASKED } from '../logic/examples';
import { faultOf } from './messages.svelte';
import type { Program } from './program.svelte';

export abstract class AskedOfAll<Told, Asked> {
  /** By example. */
  told = $state.raw<ReadonlyMap<number, Told>>(new Map());
  running = $state(false);
  fault = $state.raw<MhoFault | null>(null);
  /** As many examples as are asked about. */
  limit = $state(MOST_UNASKED);
  /** Which asking goes on: one that was stopped takes nothing more. */
  #turn = 0;

  /** @param largest as many examples as are asked about at once, however quick the answers are */
  constructor(
    protected readonly program: Program,
    readonly ids: readonly number[],
    private readonly largest = LARGEST_BATCH,
  ) {}

  /** One answer for each of the examples. */
  protected abstract batch(
    asked: Asked,
    examples: number[],
  ): Promise<{ readonly told: readonly Told[]; readonly backend: BackendInfo }>;

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
    let size = Math.min(FIRST_BATCH, this.largest);
    try {
      while (turn === this.#turn) {
        const examples = this.ids
          .slice(0, this.limit)
          .filter((example) => !this.told.has(example))
          .slice(0, size);
        if (examples.length === 0) break;
        const began = performance.now();
        const { told, backend } = await this.batch(asked, examples);
        if (turn !== this.#turn) return;
        this.program.computedOn(backend);
        size = Math.min(this.largest, batchAfter(size, performance.now() - began));
        this.told = new Map([...this.told, ...examples.map((example, at) => [example, told[at]!] as const)]);
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
