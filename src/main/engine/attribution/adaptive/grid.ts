/**
 * The adaptive path's grid: which segments are to be walked next, and what those that were make together. It holds no tensors and
 * walks nothing itself; docs/secant.md, section 11, has the algorithm, `tests/reference/adaptive` what it gives.
 */
import { LEAST_TOLERANCE, type Accuracy, type SavedGrid, type Stopped } from '../../../../contract/attribution';
import { CALIBRATIONS } from './calibration';
import { certainFrom, ranked, separated, type Ranked } from './certain';
import { choose, type Choice } from './choice';
import { evaluate, roomFor, ROUGH, weightFor, worthFours, writeErrors, writeValues } from './estimate';
import type { Evaluation, SliceEstimate, Weight } from './estimate';
import { chainOf, placeIn, PRECISIONS } from './leaf';
import {
  afterEvens,
  afterGuards,
  coarserThan,
  earlierIn,
  evensOf,
  foursFrom,
  guardChains,
  guardsOf,
  pilotFor,
  unguarded,
} from './pilot';
import { evenChains, type Chain, type Slice, type Vector, type Walked } from './points';
import { packed, packedBytes, unpacked } from './saved';
import { placesOf, type SliceStanding, type Standing } from './standing';
import { splitAll, type GridOptions, type Owned, type State } from './state';

export type { SliceStanding, Standing } from './standing';
export type { GridOptions } from './state';
export type { Chain, Point, Slice, Vector, Walked } from './points';

/** What is walked next, or why nothing is. */
type Next =
  | { readonly kind: 'pilot' | 'evens' | 'guards' | 'fours'; readonly chains: readonly Chain[] }
  | { readonly kind: 'splits'; readonly chains: readonly Chain[]; readonly choices: readonly Choice[] }
  | { readonly kind: 'stop'; readonly chains: readonly []; readonly why: Exclude<Stopped, 'enough'> };

/** Thrown at what is not a number. */
export class NotFinite extends Error {}

export class Grid {
  #state: State;
  readonly #slices: readonly Slice[];
  readonly #length: number;
  #next: Next | null = null;
  #evaluation: Evaluation | null = null;
  #others: Evaluation | null = null;
  #standing: Standing | null = null;
  /** Of the latest evaluations. */
  #sums: ReturnType<typeof roomFor> | null = null;

  constructor(options: GridOptions) {
    const { accuracy, ...rest } = options;
    this.#slices = [...options.bounded, ...options.others];
    this.#length = this.#slices.reduce((most, { end }) => Math.max(most, end), 0);
    this.#state = {
      options: rest,
      accuracy: checked(accuracy),
      pilot: pilotFor(accuracy.tolerance),
      walks: 0,
      points: 0,
      rounds: 0,
      leaves: [],
      doubled: [],
      fours: null,
    };
  }

  /**
   * What is to be walked next, in one round; empty when it has stopped. The same until `take`.
   * @param early whether the pilot's even segments, which cover the path, are to be a round of their own: something to look at
   */
  next(early = false): readonly Chain[] {
    return (this.#next ??= this.#decide(early)).chains;
  }

  /**
   * Takes what was walked, in `next()`'s order.
   * @throws NotFinite when a contribution is not: nothing could be said of such leaves
   */
  take(walked: readonly Walked[]): void {
    const next = this.#decided();
    if (walked.length !== next.chains.length)
      throw new Error(`${next.chains.length} chains were to be walked, and ${walked.length} were`);
    const vectors = walked.map(({ first, second, whole }, i) => ({
      first: this.#own(first),
      second: this.#own(second),
      whole: next.chains[i]!.whole ? this.#own(whole) : null,
    }));
    const state = this.#state;
    const walks = state.walks + next.chains.reduce((sum, { whole }) => sum + (whole ? 3 : 2), 0);
    this.#state = { ...state, ...this.#taken(next, vectors), walks };
    this.#forget();
  }

  /** From the pilot on. */
  get standing(): Standing {
    return (this.#standing ??= this.#stand());
  }

  /** The mean over lines of every entry, or of those in ranked slices and 0 elsewhere; extrapolated where a slice is. */
  values(which: 'all' | 'ranked' = 'all'): Float64Array {
    return this.#written(which, (evaluation, slice, range, to) => writeValues(evaluation, slice, range, to));
  }

  /** One line's contributions, every entry, as its leaves have them. */
  lineValues(line: number): Float64Array {
    const sum = new Float64Array(this.#length);
    for (const leaf of this.#state.leaves) {
      if (leaf.line !== line) continue;
      for (let i = 0; i < sum.length; i++) sum[i]! += leaf.contributions[i]!;
    }
    return sum;
  }

  /** Estimated errors of ranked values. */
  errors(): Float64Array {
    const { estimate } = this.standing;
    return this.#written('ranked', (evaluation, slice, range, to) =>
      writeErrors(evaluation, slice, range, Math.max(estimate, slice.roughShare) > ROUGH, to),
    );
  }

  /** Goes towards another accuracy from where it is; nothing is walked twice. */
  goOn(accuracy: Accuracy): void {
    this.#state = { ...this.#state, accuracy: checked(accuracy) };
    if (this.#state.leaves.length === 0) this.#state = { ...this.#state, pilot: pilotFor(accuracy.tolerance) };
    this.#forget();
  }

  /** Bytes that saving takes, about. */
  get bytes(): number {
    return packedBytes(this.#state);
  }

  save(): SavedGrid {
    return packed(this.#state);
  }

  /** @throws when what was saved does not fit together */
  static restore(saved: SavedGrid): Grid {
    const state = unpacked(saved);
    const grid = new Grid({ ...state.options, accuracy: state.accuracy });
    grid.#state = state;
    return grid;
  }

  get lines(): number {
    return this.#state.options.lines;
  }

  #taken(next: Next, walked: readonly Owned[]): Partial<State> {
    const { accuracy, leaves, doubled, points, rounds } = this.#state;
    const { end } = CALIBRATIONS[accuracy.over];
    switch (next.kind) {
      case 'pilot': {
        const guards = guardsOf(this.#state);
        const evens = walked.length - guards.reduce((sum, { length }) => sum + length, 0);
        const even = afterEvens(this.#state, walked.slice(0, evens), this.#slices, end);
        return { ...even, ...afterGuards({ ...even, rounds: 0 }, guards, walked.slice(evens), this.#slices, end) };
      }
      case 'evens':
        return afterEvens(this.#state, walked, this.#slices, end);
      case 'guards':
        return afterGuards(this.#state, guardsOf(this.#state), walked, this.#slices, end);
      case 'fours':
        return { fours: foursFrom(walked, doubled), doubled: [] };
      case 'splits':
        return {
          leaves: splitAll(leaves, next.choices, walked, this.#slices, end),
          points: points + walked.length,
          rounds: rounds + 1,
        };
      case 'stop':
        return {};
    }
  }

  #forget(): void {
    this.#next = this.#evaluation = this.#others = this.#standing = null;
  }

  /** A copy, for what is handed over may be part of a larger buffer that would be kept with it. */
  #own(vector: Vector | null): Vector {
    if (vector?.length !== this.#length)
      throw new Error(`A walk gave ${vector?.length} of ${this.#length} contributions`);
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += vector[i]!;
    if (!Number.isFinite(sum)) throw new NotFinite('A walked segment has contributions that are not finite');
    return vector.slice();
  }

  #decided(): Next {
    return (this.#next ??= this.#decide(false));
  }

  #decide(early: boolean): Next {
    const { options, accuracy, pilot, leaves, fours, walks } = this.#state;
    const { lines, bounded, bytes, reach } = options;
    const eachLine = Array.from({ length: lines }, (_, line) => line);
    const evens = (): Chain[] => eachLine.flatMap((line) => evensOf(line, pilot));
    const guards = (): Chain[] => guardsOf(this.#state).flatMap((guard, line) => guardChains(line, pilot, guard));
    if (leaves.length === 0)
      return early ? { kind: 'evens', chains: evens() } : { kind: 'pilot', chains: [...evens(), ...guards()] };
    if (unguarded(this.#state)) return { kind: 'guards', chains: guards() };

    const evaluation = this.#evaluated();
    const { slices } = evaluation;
    const uncertain = accuracy.untilTop === null ? null : this.#uncertain(accuracy.untilTop);
    if (uncertain?.length === 0) return { kind: 'stop', chains: [], why: 'certain' };
    const coarse = coarserThan(pilotFor(accuracy.tolerance));
    let tolerance = this.#goal(evaluation);
    let counted = bounded.map((_, s) => s);
    const precision = PRECISIONS[bytes];
    if (
      largest(slices, ({ share }) => share) <= tolerance &&
      !leaves.some((leaf) => coarse(leaf) && placeIn(leaf, false, reach[leaf.line]![leaf.side], precision))
    ) {
      // Accurate enough as a whole: what goes on are layers whose leaders are not yet certain.
      const open = Math.max(0, ...(uncertain ?? []).map((s) => slices[s]!.share));
      if (open <= LEAST_TOLERANCE) return { kind: 'stop', chains: [], why: 'reached' };
      tolerance = Math.max(LEAST_TOLERANCE, open / 2);
      counted = uncertain!;
    }

    const left = accuracy.mostWalks === null ? Infinity : accuracy.mostWalks * lines - walks;
    const wanted = (pilot.segments / 4) * lines;
    if (!fours && wanted <= left && worthFours(slices, tolerance))
      return { kind: 'fours', chains: eachLine.flatMap((line) => evenChains(line, pilot.segments / 4, false, 'none')) };
    if (left < 2) return { kind: 'stop', chains: [], why: 'cap' };
    const choices = choose(leaves, slices, {
      tolerance,
      weight: this.#weight,
      reach,
      precision,
      coarse,
      counted,
      room: Math.floor(left / 2),
    });
    if (choices.length === 0) return { kind: 'stop', chains: [], why: 'limit' };
    return { kind: 'splits', choices, chains: choices.map(({ index, place }) => chainOf(leaves[index]!, place.at)) };
  }

  get #weight(): Weight {
    const { accuracy, pilot } = this.#state;
    return weightFor(accuracy.tolerance, Math.log2(pilot.segments), CALIBRATIONS[accuracy.over]);
  }

  /** The tolerance that leaves are chosen by: what is told while paths are rough falls below the asked one when they reach it. */
  #goal({ slices }: Evaluation): number {
    const { tolerance } = this.#state.accuracy;
    if (tolerance < ROUGH) return tolerance;
    const rough = largest(slices, ({ roughShare }) => roughShare);
    return rough > 0 ? (tolerance * largest(slices, ({ share }) => share)) / rough : tolerance;
  }

  /** @param bounded the evaluation of the bounded slices, where it is of others */
  #ask(from: number, to: number, smooth: boolean, bounded?: Evaluation): Evaluation {
    const { accuracy, leaves, fours } = this.#state;
    return evaluate(leaves, {
      into: (this.#sums ??= roomFor(this.#length)),
      slices: this.#slices,
      from,
      to,
      weight: this.#weight,
      earlier: smooth && fours ? earlierIn(fours) : null,
      smoothBelow: 0.1 * accuracy.tolerance,
      beside: bounded,
    });
  }

  /** Of the bounded slices. */
  #evaluated(): Evaluation {
    if (this.#evaluation) return this.#evaluation;
    const { options, fours } = this.#state;
    let evaluation = this.#ask(0, options.bounded.length, true);
    // Extrapolated only where that is needed.
    if (fours && largest(evaluation.slices, ({ plain, unresolved }) => plain + unresolved) <= this.#goal(evaluation))
      evaluation = this.#ask(0, options.bounded.length, false);
    return (this.#evaluation = evaluation);
  }

  /** Of the other slices. */
  #evaluatedOthers(): Evaluation {
    const bounded = this.#evaluated();
    const { sums, slices } = bounded;
    return (this.#others ??= this.#ask(slices.length, this.#slices.length, sums.earlier !== null, bounded));
  }

  #ranked(): (Ranked | null)[] {
    const { bounded, ranks } = this.#state.options;
    const evaluation = ranks === 'others' ? this.#evaluatedOthers() : this.#evaluated();
    const first = ranks === 'others' ? bounded.length : 0;
    const values = new Float64Array(this.#length);
    return evaluation.slices.map((slice, s) => {
      writeValues(evaluation, slice, this.#slices[first + s]!, values);
      return ranked(evaluation, s, this.#slices[first + s]!, values);
    });
  }

  /** Ranked slices whose first entries are not certain; those that are nothing beside others have none that matter. */
  #uncertain(top: number): number[] {
    const { slices } = this.#evaluated(); // of the same layers
    return this.#ranked().flatMap((ranking, s) =>
      slices[s]!.total === Infinity || (ranking && separated(ranking, top)) ? [] : [s],
    );
  }

  #written(
    which: 'all' | 'ranked',
    write: (of: Evaluation, slice: SliceEstimate, range: Slice, to: Float64Array) => void,
  ): Float64Array {
    const { lines, bounded, others, ranks } = this.#state.options;
    const result = new Float64Array(this.#length);
    const fill = (evaluation: Evaluation, first: number): void =>
      evaluation.slices.forEach((slice, s) => write(evaluation, slice, this.#slices[first + s]!, result));
    if (which === 'all' || ranks !== 'others') fill(this.#evaluated(), 0);
    if (others.length > 0 && (which === 'all' || ranks === 'others')) fill(this.#evaluatedOthers(), bounded.length);
    for (let i = 0; i < result.length; i++) result[i] = result[i]! / lines;
    return result;
  }

  #stand(): Standing {
    const { options, accuracy, leaves, walks, points, rounds } = this.#state;
    if (leaves.length === 0) throw new Error('The pilot of an adaptive path has not been walked');
    const next = this.#decided();
    const { slices } = this.#evaluated();
    const rough = accuracy.tolerance >= ROUGH || largest(slices, ({ share }) => share) > ROUGH;
    const told = ({ share, roughShare }: SliceEstimate): number => (rough ? Math.max(share, roughShare) : share);
    const standings = (all: readonly SliceEstimate[]): SliceStanding[] =>
      all.map((slice) => ({
        share: told(slice),
        total: slice.magnitude / options.lines,
        unresolved: slice.unresolved,
        extrapolated: slice.extrapolated,
      }));
    const bounded = standings(slices);
    const estimate = largest(bounded, ({ share }) => share);
    const others = once(() => (options.others.length > 0 ? standings(this.#evaluatedOthers().slices) : []));
    const certain = once(() => this.#certain(accuracy.untilTop));
    const grid = once(() => placesOf(leaves, options.lines));
    return {
      walks,
      points,
      rounds,
      leaves: leaves.length,
      estimate,
      worst: bounded.findIndex(({ share }) => share === estimate),
      stopped: next.kind === 'stop' ? next.why : null,
      reached: estimate <= accuracy.tolerance,
      bounded,
      // Asked for when somebody looks, not in every round.
      get others() {
        return others();
      },
      get certain() {
        return certain();
      },
      get grid() {
        return grid();
      },
    };
  }

  #certain(top: number | null): Int32Array {
    return Int32Array.from(this.#ranked(), (ranking) => {
      if (!ranking) return 0;
      const asked = top !== null && separated(ranking, top) ? Math.min(top, ranking.values.length) : 0;
      return Math.max(certainFrom(ranking), asked);
    });
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}

const largest = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((most, one) => Math.max(most, of(one)), 0);

function checked(accuracy: Accuracy): Accuracy {
  if (!(accuracy.tolerance >= LEAST_TOLERANCE))
    throw new RangeError(`A tolerance of ${accuracy.tolerance} is below ${LEAST_TOLERANCE}`);
  return accuracy;
}
