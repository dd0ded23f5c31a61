/** Judgements of the open document, which of them is shown, and how the next one is asked. Made anew with the document. */
import type { Judged } from '../../contract/judgement';
import type { Replacement } from '../../contract/interventions';
import type { JudgementRecord } from '../../contract/studio';
import { messages } from './messages.svelte';
import type { Program } from './program.svelte';

/** Methods that are judged before anybody has chosen. */
const FIRST: readonly Judged[] = ['nig', 'rescale', 'gradient-difference', 'activation-difference', 'random'];

export class Judgements {
  all = $state.raw<readonly JudgementRecord[]>([]);
  #chosen = $state<string | null>(null);
  /** The last one where nobody chose. */
  readonly shown = $derived(this.all.find(({ id }) => id === this.#chosen) ?? this.all.at(-1) ?? null);

  // ------------------------------------------------------------ what is looked at

  /** Layer, method and example of the plots; null: the first. */
  layer = $state<string | null>(null);
  method = $state<Judged | null>(null);
  /** Whether the set-up is open; null: as long as there is no judgement. */
  asking = $state<boolean | null>(null);

  // ------------------------------------------------------------ what is asked next

  judged = $state.raw<readonly Judged[]>(FIRST);
  /** Null: a handful by importance. */
  layers = $state.raw<readonly string[] | null>(null);
  to = $state.raw<Replacement>({ kind: 'baseline' });
  seed = $state(1);
  sanity = $state(true);

  /** @param before whose methods and seed are kept: they are about the user, not about the model */
  constructor(
    private readonly program: Program,
    given: readonly JudgementRecord[],
    before: Judgements | null = null,
  ) {
    this.all = given;
    if (before) ({ judged: this.judged, seed: this.seed, sanity: this.sanity } = before);
  }

  /** Shows it, too. A page that was loaded again may hear of it twice. */
  add(record: JudgementRecord): void {
    this.all = [...this.all.filter(({ id }) => id !== record.id), record];
    this.#chosen = record.id;
    this.asking = null;
  }

  show(id: string): void {
    this.#chosen = id;
  }

  toggle(method: Judged, all: readonly Judged[]): void {
    const on = this.judged.includes(method);
    this.judged = all.filter((other) => (other === method ? !on : this.judged.includes(other)));
  }

  /** Takes one out of the document; it can be had back. */
  async remove({ id, judgement }: JudgementRecord): Promise<void> {
    const { guard, client } = this.program;
    await guard(async () => {
      await client.request('removeJudgement', { judgement: id });
      this.all = this.all.filter((each) => each.id !== id);
      messages.note('The judgement was removed.', {
        label: 'Undo',
        run: () =>
          void guard(async () => {
            await client.request('restoreJudgement', { judgement: id });
            this.add({ id, judgement });
          }),
      });
    });
  }
}
