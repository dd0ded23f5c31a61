/**
 * What the prediction is with units taken out. Which units those are belongs to the question (`Question.taken`), and is undone and kept
 * with it; here is what was measured. A measurement stands under the question it is of; of the same question, the last one stays until
 * the next is there, and tells which units it is of.
 */
import type { MhoFault } from '../../contract/errors';
import type { Intervened, Replacement } from '../../contract/interventions';
import type { IntervenedSetup, RunRecord, RunSetup } from '../../contract/studio';
import {
  byLayer,
  interventionsOf,
  isChanged,
  putBack,
  scaledBy,
  takenOut,
  unitText,
  type Out,
} from '../logic/interventions';
import { isProvisional } from '../logic/provisional';
import { targetFor } from '../logic/target';
import { faultOf } from './messages.svelte';
import type { OpenModel } from './model.svelte';
import type { Program } from './program.svelte';
import { selection, type UnitKey } from './selection.svelte';

/** What a unit does by itself. */
export interface Single {
  readonly drop: number;
  readonly restore: number;
}

/** What was measured, and with which units out. */
export interface Measured {
  readonly out: Out;
  readonly setup: IntervenedSetup;
  readonly value: Intervened;
}

/** Single units that are measured unasked. */
const UNASKED = 32;
/** Units that are measured at once. */
const BATCH = 32;

interface Surroundings {
  readonly program: Program;
  readonly model: () => OpenModel;
  /** The run that the views are about. */
  readonly main: () => RunRecord | null;
  readonly setupOf: (run: RunRecord) => RunSetup | null;
}

export class Interventions {
  #held = $state.raw<(Measured & { readonly about: string }) | null>(null);
  #failed = $state.raw<{ readonly key: string; readonly fault: MhoFault } | null>(null);
  #asking = false;
  #singles = $state.raw<{ readonly of: string; readonly told: ReadonlyMap<string, Single> } | null>(null);
  /** Single units that are being measured: of how many. */
  measuring = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  #turn = 0;

  constructor(private readonly around: Surroundings) {}

  get out(): Out {
    const { taken, becomes, scaled } = this.#question;
    return { taken, becomes, scaled };
  }
  readonly many = $derived.by(() => this.out.taken.length + this.out.scaled.length);

  /**
   * What is asked about: the selected example, as the shown run was asked; before anything was run, as it would be. Null where its data
   * are not open here.
   */
  readonly setup = $derived.by((): IntervenedSetup | null => {
    const { example } = selection;
    const model = this.around.model();
    const main = this.around.main();
    const asked =
      main && !isProvisional(main)
        ? this.around.setupOf(main)
        : model.inputs?.has(example)
          ? model.question.setup(model.data, [example])
          : null;
    if (!model.opened || !asked) return null;
    const { data, baseline, minus, hold, walk, memoryMB, backend } = asked;
    const target = targetFor(asked.target, asked.examples, [example]);
    const taken = minus && targetFor(minus, asked.examples, [example]);
    if (!target) return null;
    return {
      ...{ data, examples: [example], baseline, target, backend },
      ...(taken && { minus: taken }),
      ...(hold && { hold }),
      ...(walk && { walk }),
      ...(memoryMB !== undefined && { memoryMB }),
    };
  });
  /** Tells it from other questions. */
  readonly #about = $derived.by(() => JSON.stringify([this.around.model().summary?.hash, this.setup]));
  /** The same with what is out. */
  readonly key = $derived(JSON.stringify([this.#about, this.out]));

  /** Why there is no measurement of what is out. */
  readonly fault = $derived(this.many > 0 && this.#failed?.key === this.key ? this.#failed.fault : null);
  /** What is measured with units out; null while nothing is out, before the first answer to this question, and where there is none. */
  readonly shown = $derived.by((): Measured | null =>
    this.many > 0 && this.fault === null && this.#held?.about === this.#about ? this.#held : null,
  );
  /** Whether what is shown is of what is out now. */
  readonly settled = $derived(
    this.many === 0 ||
      this.fault !== null ||
      (this.shown !== null && JSON.stringify(this.shown.out) === JSON.stringify(this.out)),
  );

  /** Why units cannot be taken out now; null where they can. */
  readonly lacking = $derived.by((): string | null => {
    if (!this.around.model().opened) return 'The model itself is not open.';
    if (this.setup) return null;
    return this.around.main()
      ? 'The inputs that this run was asked with are not open here. Run it again.'
      : 'Open data and choose an example.';
  });

  // ------------------------------------------------------------ what is out

  /** Takes units out. */
  take(keys: readonly UnitKey[]): void {
    Object.assign(this.#question, takenOut(this.out, keys));
  }
  /** Takes a unit out, or puts it back; one that was scaled is put back, too. */
  toggle(key: UnitKey): void {
    Object.assign(this.#question, isChanged(this.out, key) ? putBack(this.out, key) : takenOut(this.out, [key]));
  }
  scale(key: UnitKey, factor: number): void {
    Object.assign(this.#question, scaledBy(this.out, key, factor));
  }
  /** What units that are taken out become. */
  become(to: Replacement): void {
    this.#question.becomes = to;
  }
  putAllBack(): void {
    Object.assign(this.#question, { taken: [], scaled: [] });
  }
  get #question(): OpenModel['question'] {
    return this.around.model().question;
  }

  // ------------------------------------------------------------ what that does

  /** Measures what is out now: one question at a time, the newest next. */
  async ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.many > 0 && this.setup && !this.settled) {
        const { setup, out, key } = this;
        const about = this.#about;
        try {
          const value = await this.around.program.client.request('intervene', {
            ...setup,
            interventions: interventionsOf(out),
          });
          this.#held = { about, setup, out, value };
          this.#failed = null;
          this.around.program.computedOn(value.backend);
        } catch (error) {
          this.#failed = { key, fault: faultOf(error) };
        }
      }
    } finally {
      this.#asking = false;
    }
    if (this.many > 0) await this.measure(this.out.taken.slice(0, UNASKED));
  }

  /** The line of `mho knock-out` that repeats what is out; null where nothing can be asked. */
  async command(): Promise<string | null> {
    const { setup, out } = this;
    if (!setup) return null;
    return this.around.program.client.request('knockOutCommand', { ...setup, interventions: interventionsOf(out) });
  }

  /** What failed is asked again: a new engine may answer. */
  again(): void {
    this.#failed = null;
    void this.ask();
  }

  /** What single units are measured under. */
  get #singly(): string {
    return JSON.stringify([this.#about, this.out.becomes]);
  }
  /** What a unit does by itself; null where it was not measured. */
  single(key: UnitKey): Single | null {
    return this.#singles?.of === this.#singly ? (this.#singles.told.get(unitText(key)) ?? null) : null;
  }
  /** Units that are out, and were not measured by themselves. */
  get unmeasured(): readonly UnitKey[] {
    return this.out.taken.filter((key) => this.single(key) === null);
  }

  /** Measures units, each by itself, in batches. What was measured stays; what is asked next ends it. */
  async measure(keys: readonly UnitKey[]): Promise<void> {
    const turn = ++this.#turn;
    const { setup } = this;
    const of = this.#singly;
    const to: Replacement = this.out.becomes;
    const missing = keys.filter((key) => this.single(key) === null);
    this.measuring = null;
    if (!setup || missing.length === 0) return;
    let done = 0;
    try {
      for (const [layer, all] of byLayer(missing))
        for (let first = 0; first < all.length; first += BATCH) {
          this.measuring = { done, total: missing.length };
          const units = all.slice(first, first + BATCH);
          const { drop, restore } = await this.around.program.client.request('knockOuts', {
            ...setup,
            layer,
            to,
            units,
          });
          if (turn !== this.#turn || of !== this.#singly) return;
          const told = new Map(this.#singles?.of === of ? this.#singles.told : []);
          units.forEach((unit, at) =>
            told.set(unitText({ layer, unit }), { drop: drop[0]![at]!, restore: restore[0]![at]! }),
          );
          this.#singles = { of, told };
          done += units.length;
        }
    } catch {
      // What they do together says why: the same fault.
    } finally {
      if (turn === this.#turn) this.measuring = null;
    }
  }

  /** Measures no more single units. */
  stop(): void {
    this.#turn++;
    this.measuring = null;
  }
}
