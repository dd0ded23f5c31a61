/**
 * What all units of a layer do, measured one by one: for a run's question at an example, kept with the document's runs. A layer's numbers
 * come into the ranking when all are there, or what is complete when it is stopped: rows move for what the user does.
 */
import type { MhoFault } from '../../contract/errors';
import type { Replacement } from '../../contract/interventions';
import type { IntervenedSetup } from '../../contract/studio';
import type { MeasuredView } from '../../contract/view';
import { sameReplacement } from '../logic/measured';
import { faultOf } from './messages.svelte';
import type { Program } from './program.svelte';

/** Units that are measured at once, and before the time is told. */
const BATCH = 32;
const PROBED = [2, 6] as const;
/** Layers that are kept, the newest. */
const MOST_KEPT = 64;

/** What is measured: all units of a layer, for one question. */
export interface AskedLayer {
  readonly setup: IntervenedSetup;
  readonly run: string;
  readonly example: number;
  readonly to: Replacement;
  readonly layer: string;
  readonly units: number;
}

interface Single {
  readonly drop: number;
  readonly restore: number;
}

const keyOf = ({ setup, to, layer }: AskedLayer): string => JSON.stringify([setup, to, layer]);

export class MeasuredLayers {
  #all = $state.raw<readonly MeasuredView[]>([]);
  /** What is being measured, and how far it is. */
  running = $state.raw<{ readonly layer: string; readonly done: number; readonly total: number; readonly remainingMs: number | null } | null>(null); // prettier-ignore
  /** Why the last measurement ended early. */
  fault = $state.raw<MhoFault | null>(null);
  /** ms of a unit, of a question and layer. */
  #each = $state.raw<ReadonlyMap<string, number>>(new Map());
  /** Measured, and not yet shown. */
  readonly #held = new Map<string, Map<number, Single>>();
  #turn = 0;

  constructor(kept: readonly MeasuredView[] = []) {
    this.#all = kept;
  }

  get view(): readonly MeasuredView[] {
    return this.#all;
  }

  /** Of a run at an example, the newest last. */
  of(run: string, example: number): readonly MeasuredView[] {
    return this.#all.filter((each) => each.run === run && each.example === example);
  }

  /** ms that the rest of a layer takes; null before it was foreseen. */
  expects(asked: AskedLayer): number | null {
    const each = this.#each.get(keyOf(asked));
    return each === undefined ? null : each * this.#missing(asked).length;
  }

  /** Measures a few units, so that the time of all can be told. */
  async foresee(program: Program, asked: AskedLayer): Promise<void> {
    const key = keyOf(asked);
    if (this.running || this.#each.has(key)) return;
    const turn = ++this.#turn;
    try {
      let first = 0;
      for (const many of PROBED) {
        const units = Array.from({ length: Math.min(many, asked.units - first) }, (_, at) => first + at);
        if (units.length === 0) break;
        const began = performance.now();
        await this.#ask(program, asked, units);
        if (turn !== this.#turn) return;
        // The first ones make what all of them need.
        this.#each = new Map(this.#each).set(key, (performance.now() - began) / units.length);
        first += units.length;
      }
    } catch (error) {
      if (turn === this.#turn) this.fault = faultOf(error);
    }
  }

  /** Measures all units that were not. What is complete when it is stopped, or fails, is kept. */
  async measure(program: Program, asked: AskedLayer): Promise<void> {
    if (this.running) return;
    const turn = ++this.#turn;
    const { layer } = asked;
    const missing = this.#missing(asked);
    const began = performance.now();
    this.fault = null;
    try {
      for (let done = 0; done < missing.length; done += BATCH) {
        const spent = performance.now() - began;
        const remainingMs = done > 0 ? (spent / done) * (missing.length - done) : this.expects(asked);
        this.running = { layer, done, total: missing.length, remainingMs };
        await this.#ask(program, asked, missing.slice(done, done + BATCH));
        if (turn !== this.#turn) return;
      }
    } catch (error) {
      if (turn === this.#turn) this.fault = faultOf(error);
    } finally {
      this.#show(asked);
      if (turn === this.#turn) this.running = null;
    }
  }

  /** Ends what is measured; what is complete is kept. */
  stop(): void {
    this.#turn++;
    this.running = null;
  }

  async #ask(program: Program, asked: AskedLayer, units: readonly number[]): Promise<void> {
    const { setup, layer, to } = asked;
    const { drop, restore } = await program.client.request('knockOuts', { ...setup, layer, to, units: [...units] });
    const held = this.#heldOf(asked);
    units.forEach((unit, at) => held.set(unit, { drop: drop[0]![at]!, restore: restore[0]![at]! }));
  }

  #heldOf(asked: AskedLayer): Map<number, Single> {
    const key = keyOf(asked);
    const held = this.#held.get(key) ?? new Map<number, Single>();
    this.#held.set(key, held);
    return held;
  }

  #missing(asked: AskedLayer): number[] {
    const shown = this.#shownOf(asked);
    const known = new Set([...(shown?.units ?? []), ...(this.#held.get(keyOf(asked))?.keys() ?? [])]);
    return Array.from({ length: asked.units }, (_, unit) => unit).filter((unit) => !known.has(unit));
  }

  #shownOf({ run, example, to, layer }: AskedLayer): MeasuredView | undefined {
    return this.of(run, example).find((each) => each.layer === layer && sameReplacement(each.to, to));
  }

  /** What is held of a layer comes into the ranking. */
  #show(asked: AskedLayer): void {
    const shown = this.#shownOf(asked);
    const told = new Map(shown?.units.map((unit, at) => [unit, { drop: shown.drop[at]!, restore: shown.restore[at]! }])); // prettier-ignore
    for (const [unit, single] of this.#heldOf(asked)) told.set(unit, single);
    this.#held.delete(keyOf(asked));
    if (told.size === 0) return;
    const units = [...told.keys()].sort((a, b) => a - b);
    const { run, example, to, layer } = asked;
    const next: MeasuredView = {
      ...{ run, example, to, layer, units },
      drop: units.map((unit) => told.get(unit)!.drop),
      restore: units.map((unit) => told.get(unit)!.restore),
    };
    this.#all = [...this.#all.filter((each) => each !== shown), next].slice(-MOST_KEPT);
  }
}
