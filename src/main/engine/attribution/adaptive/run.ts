/**
 * Neuron Integrated Gradients to an accuracy that is asked for: rounds of walks on the examples' own grids, until each is resolved
 * as far as was asked (docs/secant.md, "The adaptive path"). Examples take their rounds together, so that batches are full; each ends
 * by itself.
 */
import type { Accuracy, Reached, Round, RunResult, SavedGrid } from '../../../../contract/attribution';
import { sizeOf, type ValueId } from '../../graph/graph';
import { slicesOf, type Entries } from './entries';
import { Grid, NotFinite, type Chain, type Walked } from './grid';
import { l1, mean, meanOf, spreadOf, spreadOut, unitsOfLines, type Numbers } from './numbers';
import { reachOf } from './reach';
import { slicesIn } from './saved';
import { PILOT, type AdaptiveSetting, type Sharing } from './sharing';
import { Walker, type Change } from './walker';

/** What one example comes to, at each planned layer's value. */
export interface Resolved {
  /** Index into the request's. */
  readonly example: number;
  readonly reached: Omit<Reached, 'saved'>;
  /** What is kept of it; made when somebody asks. */
  readonly saved: () => Reached['saved'];
  /** Most segments of any of its baselines. */
  readonly steps: number;
  /** F at the ends, averaged over baselines. */
  readonly atInput: number;
  readonly atBaseline: number;
  readonly layers: ReadonlyMap<ValueId, ResolvedLayer>;
}

export interface ResolvedLayer {
  readonly shape: readonly number[];
  readonly contributions: Float32Array;
  /** Standard deviation over baselines; null with one. */
  readonly spread: Float32Array | null;
  /** Units, reference by reference, end to end; null with one. */
  readonly references: Float32Array | null;
  readonly units: Float32Array;
  readonly unitError: Float32Array;
  /** Estimated L1 errors. */
  readonly unitsError: number;
  readonly neuronsError: number;
  readonly certain: number;
}

export interface Told {
  /** Backward walks done and to do, over all examples. */
  readonly done: number;
  readonly total: number;
  /** Of the example that is farthest from what was asked; null in the pilot. */
  readonly estimate: number | null;
}

export interface AdaptiveHooks {
  /** After every batch; what it throws ends the run, and all examples that are resolved are given. */
  readonly onBatch: (told: Told) => Promise<void>;
  readonly onRound?: ((round: Round) => void) | undefined;
  readonly onResolved: (resolved: Resolved) => void;
  /** Of an example that is given up, since something at one of these points is not a number. */
  readonly onNotFinite: (example: number, alphas: readonly number[]) => void;
  /** Ends every path as far as it has come. */
  readonly enough?: AbortSignal | undefined;
  /** A run of the same request, to go on from. */
  readonly resume?: RunResult | undefined;
}

/** Bytes of a pilot's activations from which somebody who watches is shown its even segments first. */
const LONG_PILOT = 10e6;
/** Walks that an example takes, before any has told. */
const TYPICAL = 44;
/** Neurons up to which every contribution is read, where a layer's sums take many ops. */
const READ = 65_536;
/** Least time between two looks at one example on its way, in ms. */
const LOOK_EVERY = 150;
/** Bytes of a saved grid at the most: a session file holds one for each example. */
const MOST_SAVED = 4e6;

/** Whether a saved grid has these entries, and decides by the same of them. */
function fits(saved: SavedGrid, entries: Entries, over: Accuracy['over']): boolean {
  const kept = slicesIn(saved);
  if (kept?.over !== over) return false;
  return (['units', 'neurons'] as const).every(
    (of) =>
      kept[of].length === entries.layers.length &&
      entries.layers.every(({ [of]: own }, at) => own.begin === kept[of][at]!.begin && own.end === kept[of][at]!.end),
  );
}

/** What was kept of a path; null where its parts contradict each other, as they may in a file of somebody else's. */
function restored(saved: SavedGrid, lines: number): { readonly grid: Grid; readonly ends: Numbers } | null {
  const { ends } = saved.arrays;
  if (ends?.length !== 2 * lines) return null;
  try {
    const grid = Grid.restore(saved);
    return grid.lines === lines ? { grid, ends } : null;
  } catch {
    return null;
  }
}

/** One example on its way. */
class Path {
  readonly grid: Grid;
  /** Sums over leaves of all neurons, by baseline, layer after layer; null where the grid holds every neuron. */
  readonly totals: readonly Float32Array[] | null;
  readonly atBaseline: Float32Array;
  readonly atInput: Float32Array;
  /** The points, 0 to 1, at some of which something is not a number; null where all is. */
  notFinite: readonly number[] | null = null;
  /** When it was shown last, in ms. */
  looked = 0;
  /** How its estimate has fallen. */
  readonly #course: { readonly walks: number; readonly estimate: number }[] = [];

  constructor(
    readonly example: number,
    private readonly setting: AdaptiveSetting,
    private readonly entries: Entries,
    before: RunResult | undefined,
  ) {
    const { prepared, accuracy, plan } = setting;
    const { references } = prepared;
    const place = before?.examples.indexOf(example) ?? -1;
    const kept = before?.adaptive?.examples[place]?.saved;
    const saved = kept && fits(kept, entries, accuracy.over) ? restored(kept, references) : null;
    this.atBaseline = new Float32Array(references);
    this.atInput = new Float32Array(references);
    this.totals = entries.whole ? null : Array.from({ length: references }, () => new Float32Array(entries.neurons));
    if (saved) {
      this.grid = saved.grid;
      const { walks, estimate } = this.grid.standing;
      this.#course.push({ walks, estimate });
      this.grid.goOn(accuracy);
      this.atBaseline.set(saved.ends.subarray(0, references));
      this.atInput.set(saved.ends.subarray(references));
      let at = 0;
      for (const { id, shape } of entries.layers) {
        const size = sizeOf(shape);
        const layer = before!.layers[plan.layers.findIndex((each) => each.layer.output === id)]!;
        this.totals?.[0]!.set(layer.contributions.subarray(place * size, (place + 1) * size), at);
        at += size;
      }
      return;
    }
    const { over } = accuracy;
    const read = new Set(plan.pruned.nodes.flatMap(({ inputs }) => inputs));
    const exact = new Set(plan.sinks.filter((sink) => !read.has(sink)));
    this.grid = new Grid({
      lines: references,
      bounded: slicesOf(entries, over, exact),
      others: slicesOf(entries, over === 'units' ? 'neurons' : 'units', exact),
      ranks: over === 'units' ? 'bounded' : 'others',
      accuracy,
      bytes: 4,
      reach: Array.from({ length: references }, (_, line) => reachOf(plan, prepared.lines, this.pair(line))),
    });
  }

  pair(line: number): number {
    return this.example * this.setting.prepared.references + line;
  }

  /**
   * This round's chains; none once it has stopped.
   * @param enough whether it is to stop as soon as there is a result
   * @param early see `Grid.next`
   */
  next(enough: boolean, early: boolean): readonly Chain[] {
    return enough && this.#course.length > 0 ? [] : this.grid.next(early);
  }

  /** @returns whether all of it, and F at the ends, are numbers */
  take(walked: readonly Walked[]): boolean {
    if (!Number.isFinite(l1(this.atInput) + l1(this.atBaseline))) return false;
    try {
      this.grid.take(walked);
    } catch (error) {
      if (error instanceof NotFinite) return false;
      throw error;
    }
    const { walks, estimate } = this.grid.standing;
    this.#course.push({ walks, estimate });
    return true;
  }

  /** Null in the pilot. */
  get estimate(): number | null {
    return this.#course.at(-1)?.estimate ?? null;
  }

  /** Walks that are left, by how the estimate has fallen with them: no faster than it did, nor than its square. */
  foreseen(): number {
    const { tolerance, mostWalks } = this.setting.accuracy;
    const last = this.#course.at(-1);
    if (!last) return TYPICAL;
    const before = this.#course.at(-3) ?? this.#course[0]!;
    const fell = Math.log(before.estimate / last.estimate) / Math.log(last.walks / before.walks);
    const power = Number.isFinite(fell) ? Math.min(2, Math.max(0.7, fell)) : 1;
    const total = last.walks * Math.max(1, last.estimate / tolerance) ** (1 / power);
    return Math.max(0, Math.min(total, mostWalks === null ? Infinity : mostWalks * this.atInput.length) - last.walks);
  }

  /** F where a chain of the pilot begins or ends a path. */
  note({ line, points: [first, , last] }: Chain, [atFirst, , atLast]: readonly [number, number, number]): void {
    if (first.side === 0 && first.t === 0) this.atBaseline[line] = atFirst;
    if (last.side === 1 && last.t === 0) this.atInput[line] = atLast;
  }

  /** @param pieces of what the sums over leaves change by, end to end */
  change(line: number, pieces: readonly Float32Array[]): void {
    const total = this.totals![line]!;
    let from = 0;
    for (const piece of pieces) {
      const own = total.subarray(from, (from += piece.length));
      for (let at = 0; at < own.length; at++) own[at]! += piece[at]!;
    }
  }

  /** How it stands, for somebody who watches. */
  round(): Round {
    const { plan, prepared, accuracy } = this.setting;
    const { standing } = this.grid;
    const values = this.grid.values('ranked');
    const errors = this.grid.errors();
    const shares = accuracy.over === 'units' ? standing.bounded : standing.others;
    return {
      method: 'nig',
      example: this.example,
      target: prepared.targets[this.example]!,
      accuracy,
      atInput: mean(this.atInput),
      atBaseline: mean(this.atBaseline),
      estimate: standing.estimate,
      layer: this.#worst(),
      walks: standing.walks,
      rounds: standing.rounds,
      layers: plan.layers.map(({ layer, cut }) => {
        const at = this.entries.layers.findIndex(({ id }) => id === layer.output);
        const { begin, end } = this.entries.layers[at]!.units;
        const units = Float32Array.from(values.subarray(begin, end));
        return {
          name: layer.name,
          cut,
          units,
          unitError: Float32Array.from(errors.subarray(begin, end)),
          unitsError: shares[at]!.share * l1(units),
          certain: standing.certain[at]!,
        };
      }),
    };
  }

  resolved(): Resolved {
    const { accuracy } = this.setting;
    const { standing } = this.grid;
    const values = this.grid.values(this.totals ? 'ranked' : 'all');
    const errors = this.grid.errors();
    const [units, neurons] =
      accuracy.over === 'units' ? [standing.bounded, standing.others] : [standing.others, standing.bounded];
    const lines = this.totals ?? this.#linesOfGrid();
    let from = 0;
    const layers = this.entries.layers.map((layer, at): readonly [ValueId, ResolvedLayer] => {
      const size = sizeOf(layer.shape);
      const own = Float32Array.from(values.subarray(layer.units.begin, layer.units.end));
      const begin = this.totals ? from : layer.neurons.begin;
      from += size;
      const ofLines = lines.map((line) => line.subarray(begin, begin + size));
      const contributions = this.totals
        ? spreadOut(meanOf(ofLines), own, layer)
        : Float32Array.from(values.subarray(begin, begin + size));
      return [
        layer.id,
        {
          shape: layer.shape,
          contributions,
          spread: ofLines.length > 1 ? spreadOf(ofLines) : null,
          references: ofLines.length > 1 ? unitsOfLines(ofLines, own, layer) : null,
          units: own,
          unitError: Float32Array.from(errors.subarray(layer.units.begin, layer.units.end)),
          unitsError: units[at]!.share * l1(own),
          neuronsError: neurons[at]!.share * l1(contributions),
          certain: standing.certain[at]!,
        },
      ];
    });
    const { estimate, reached, stopped, walks, points, rounds, grid } = standing;
    return {
      example: this.example,
      reached: {
        estimate,
        layer: this.#worst(),
        reached,
        stopped: stopped ?? 'enough',
        walks,
        points,
        rounds,
        grid,
      },
      saved: () => this.#saved(),
      steps: Math.max(...grid.map((points) => points.length - 1)),
      atInput: mean(this.atInput),
      atBaseline: mean(this.atBaseline),
      layers: new Map(layers),
    };
  }

  /** By baseline, where the spread over several is told. */
  #linesOfGrid(): readonly Float64Array[] {
    const lines = this.atInput.length;
    return lines === 1 ? [] : Array.from({ length: lines }, (_, line) => this.grid.lineValues(line));
  }

  #worst(): string {
    const { id } = this.entries.layers[this.grid.standing.worst]!;
    return this.setting.plan.layers.find(({ layer }) => layer.output === id)!.layer.name;
  }

  /** Several baselines whose sums are not in the grid cannot be told apart from a result. */
  #saved(): Reached['saved'] {
    if (this.totals && this.atInput.length > 1) return null;
    if (this.grid.bytes > MOST_SAVED) return null;
    const { about, arrays } = this.grid.save();
    return { about, arrays: { ...arrays, ends: Float64Array.from([...this.atBaseline, ...this.atInput]) } };
  }
}

/** Chains of one example's round. */
interface Going {
  readonly path: Path;
  readonly chains: readonly Chain[];
}

/**
 * One round of several examples, in batches that are as full as they can be.
 * @param whole whether the vectors hold every neuron; else the batches change the sums over all neurons
 */
async function walkRounds(
  walker: Walker,
  going: readonly Going[],
  whole: boolean,
  onBatch: (walks: number) => Promise<void>,
): Promise<void> {
  const walked = going.map(({ chains }) => new Array<Walked>(chains.length));
  const wanted = going.flatMap(({ path, chains }, at) =>
    chains.map((chain, place) => ({
      path,
      at,
      place,
      pair: path.pair(chain.line),
      chain: whole ? chain : summed(chain),
    })),
  );
  const change = (changes: readonly Change[]): void => {
    for (const { pair, pieces } of changes) {
      const { path, chain } = wanted.find((each) => each.pair === pair)!; // of a pair's line, whichever
      path.change(chain.line, pieces);
    }
  };
  for (const trains of walker.batches(wanted)) {
    const { walked: own, targets, changes, walks } = await walker.walk(trains);
    const batch = trains.flat();
    for (const [index, { path, at, place, chain }] of batch.entries()) {
      walked[at]![place] = own[index]!;
      path.note(chain, targets[index]!);
    }
    change(changes);
    await onBatch(walks);
  }
  change(await walker.settle());
  for (const [at, { path, chains }] of going.entries()) {
    if (!path.take(walked[at]!)) path.notFinite = alphasOf(chains);
  }
}

/** Where chains begin, meet and end, from the baseline (0) to the input (1). */
const alphasOf = (chains: readonly Chain[]): number[] => {
  const inside = chains.flatMap(({ points }) => points.map(({ side, t }) => (side === 0 ? t : 1 - t)));
  return [...new Set([0, ...inside, 1])].sort((a, b) => a - b);
};

/** What was there is walked again where it has to leave the sums over leaves. */
const summed = (chain: Chain): Chain => (chain.effect === 'replaces' ? { ...chain, whole: true } : chain);

/**
 * Resolves all examples of a request: each is given as soon as it is, or as far as it has come where `enough` came.
 * @throws what `onBatch` throws
 */
export async function resolve(setting: AdaptiveSetting, sharing: Sharing, hooks: AdaptiveHooks): Promise<void> {
  const { plan, weights, prepared, room } = setting;
  const { references, examples, lines, seeds } = prepared;
  const { entries, atOnce, points, stages, bytes } = sharing;
  const rowBytes = room.rows.bytes;
  const walker = new Walker({
    plan,
    weights,
    stages,
    lines,
    seeds,
    layers: entries.layers,
    totals: !entries.whole,
    onDevice: weights.device.fused !== null || entries.neurons > READ,
    rowBytes,
    rows: points,
    bytes,
  });
  const early = hooks.onRound !== undefined && 3 * PILOT * references * rowBytes > LONG_PILOT;
  let begun = 0;
  let done = 0;
  const open: Path[] = [];
  const spent: number[] = [];
  try {
    while (begun < examples || open.length > 0) {
      while (open.length < atOnce && begun < examples) open.push(new Path(begun++, setting, entries, hooks.resume));
      const going: Going[] = [];
      for (const path of [...open]) {
        const chains = path.next(hooks.enough?.aborted === true, early);
        if (chains.length > 0) {
          going.push({ path, chains });
          continue;
        }
        open.splice(open.indexOf(path), 1);
        const resolved = path.resolved();
        spent.push(resolved.reached.walks);
        hooks.onResolved(resolved);
      }
      await walkRounds(walker, going, entries.whole, async (walks) => {
        done += walks;
        const toCome = (examples - begun) * (spent.length > 0 ? mean(spent) : TYPICAL);
        const left = open.reduce((sum, path) => sum + path.foreseen(), toCome);
        const worst = open.map(({ estimate }) => estimate).filter((each) => each !== null);
        await hooks.onBatch({ done, total: done + left, estimate: worst.length > 0 ? Math.max(...worst) : null });
      });
      const now = performance.now();
      for (const { path } of going) {
        if (path.notFinite) {
          open.splice(open.indexOf(path), 1);
          hooks.onNotFinite(path.example, path.notFinite);
          continue;
        }
        if (!hooks.onRound || now - path.looked < LOOK_EVERY) continue;
        path.looked = now;
        hooks.onRound(path.round());
      }
    }
  } finally {
    walker.dispose();
  }
}
