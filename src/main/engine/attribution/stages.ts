/** In which groups of layers a sweep is done, that its rows fit the memory: see `sweepStages`. */
import { sizeOf, type Node, type ValueId } from '../graph/graph';
import type { Plan } from './plan';

/** Of values, without rows. */
export type Shapes = ReadonlyMap<ValueId, readonly number[]>;

/** Neighbouring nodes, in running order, whose activations are there at once. */
export interface Stage {
  readonly nodes: readonly Node[];
  /** What its nodes give that later stages read, or that F lies in. */
  readonly crossing: ReadonlySet<ValueId>;
  /** The path's starts are left behind it. */
  readonly first: boolean;
}

/** Cuts a plan's nodes into stages. @param cuts places of the nodes with which stages begin, ascending, without 0 */
export function stagesOf({ pruned: { nodes }, sinks }: Plan, cuts: readonly number[]): readonly Stage[] {
  const bounds = [0, ...cuts, nodes.length];
  const later = new Set(sinks);
  return bounds
    .slice(0, -1)
    .map((begin, at) => ({ nodes: nodes.slice(begin, bounds[at + 1]), first: at === 0 }))
    .reverse()
    .map(({ nodes: own, first }): Stage => {
      const crossing = new Set(own.flatMap(({ output }) => (later.has(output) ? [output] : [])));
      for (const { inputs } of own) for (const id of inputs) later.add(id);
      return { nodes: own, crossing, first };
    })
    .reverse();
}

export interface Grouping {
  readonly stages: readonly Stage[];
  /** Bytes at the worst moment. */
  readonly bytes: number;
}

/** What the walks take. */
export interface Taken {
  /** Bytes at the worst moment per byte of the activations that are kept. */
  readonly peak: number;
  /** Flows that wait between stages at each value that crosses. */
  readonly flows: number;
}

/** By how much less a stage may hold from one try to the next. */
const FINER = 0.8;
/** Bytes at the worst moment of one op, per byte of what it reads and gives. */
const PEAK_OF_OP = 3;

/** What rows of a plan take, and in which groups of layers. */
export class Rows {
  /** Bytes of the activations that a row keeps. */
  readonly bytes: number;
  readonly #sizes: ReadonlyMap<ValueId, number>;
  /** Bytes that cross into each node from those before it. */
  readonly #across: readonly number[];
  readonly #groupings = new Map<string, readonly Grouping[]>();

  /** @param shapes of all live values, without rows */
  constructor(
    private readonly plan: Plan,
    shapes: Shapes,
    private readonly kept: ReadonlySet<ValueId> = plan.kept,
  ) {
    this.#sizes = new Map([...shapes].map(([id, shape]) => [id, 4 * sizeOf(shape)]));
    this.bytes = this.#sum(kept);
    this.#across = this.#crossings();
  }

  /**
   * The fewest groups of layers in which so many rows fit, or those that take least.
   * @param most bytes that they may take
   */
  grouped(rows: number, taken: Taken, most: number): Grouping {
    const whole = { stages: stagesOf(this.plan, []), bytes: rows * this.bytes * taken.peak };
    if (whole.bytes <= most) return whole;
    const finer = this.#finer(taken);
    const fits = finer.find(({ bytes }) => rows * bytes <= most);
    const least = finer.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    const { stages, bytes } = fits ?? least;
    return !fits && whole.bytes <= rows * bytes ? whole : { stages, bytes: rows * bytes };
  }

  /** Ever more stages, and what each takes of a row. */
  #finer(taken: Taken): readonly Grouping[] {
    const key = JSON.stringify(taken);
    const before = this.#groupings.get(key);
    if (before) return before;
    const made: Grouping[] = [];
    // Nodes that keep nothing are cut from no others: the last try is not one stage for each node.
    for (let most = this.bytes * FINER, cuts = 0; most >= 1; most *= FINER) {
      const places = this.#cuts(most);
      if (places.length === cuts) continue;
      cuts = places.length;
      const stages = stagesOf(this.plan, places);
      made.push({ stages, bytes: this.#bytesOf(stages, taken) });
    }
    if (made.length === 0) made.push({ stages: stagesOf(this.plan, []), bytes: this.bytes * taken.peak });
    this.#groupings.set(key, made);
    return made;
  }

  #sum(ids: Iterable<ValueId>): number {
    let sum = 0;
    for (const id of ids) sum += this.#sizes.get(id) ?? 0;
    return sum;
  }

  #crossings(): number[] {
    const { nodes } = this.plan.pruned;
    const lastRead = new Map<ValueId, number>(this.plan.sinks.map((id) => [id, nodes.length]));
    for (const [at, { inputs }] of nodes.entries())
      for (const id of inputs) lastRead.set(id, Math.max(at, lastRead.get(id) ?? 0));
    // Each value is there from the node after the one that gives it to the last one that reads it.
    const changes = new Float64Array(nodes.length + 2);
    for (const [at, { output }] of nodes.entries()) {
      changes[at + 1]! += this.#sum([output]);
      changes[(lastRead.get(output) ?? at) + 1]! -= this.#sum([output]);
    }
    let sum = 0;
    return Array.from(changes, (change) => (sum += change));
  }

  /** Stages that keep up to so many bytes of a row: each ends, in its second half, where least crosses. */
  #cuts(most: number): number[] {
    const { nodes } = this.plan.pruned;
    const cuts: number[] = [];
    let begin = 0;
    let kept = 0;
    let best: number | null = null;
    for (let at = 0; at < nodes.length; at++) {
      const { output } = nodes[at]!;
      const own = this.kept.has(output) ? this.#sum([output]) : 0;
      if (at > begin && kept + own > most) {
        const cut: number = best ?? at;
        cuts.push(cut);
        [begin, kept, best] = [cut, 0, null];
        at = cut - 1; // on from there
        continue;
      }
      kept += own;
      const after = at + 1;
      if (after < nodes.length && kept >= most / 2 && (best === null || this.#across[after]! <= this.#across[best]!))
        best = after;
    }
    return cuts;
  }

  /** Of a row: what is held between stages, and what the one takes that is walked. */
  #bytesOf(stages: readonly Stage[], { peak, flows }: Taken): number {
    const given = this.#sum([...this.plan.starts, ...this.plan.fixed]);
    let held = given;
    let worst = 0;
    for (const { nodes, crossing } of stages) {
      const inside = new Set(nodes.map(({ output }) => output));
      const read = new Set(nodes.flatMap(({ inputs }) => inputs).filter((id) => !inside.has(id) && this.kept.has(id)));
      const kept = this.#sum([...inside].filter((id) => this.kept.has(id))) + this.#sum(read);
      const largest = Math.max(0, ...nodes.map(({ inputs, output }) => this.#sum(new Set([...inputs, output]))));
      const waiting = flows * this.#sum(crossing);
      worst = Math.max(worst, held + waiting + Math.max(peak * kept, PEAK_OF_OP * largest));
      held += this.#sum(crossing);
    }
    return worst;
  }
}
