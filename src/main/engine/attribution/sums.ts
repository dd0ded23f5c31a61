/** What is summed along a path: a row for each kind, which takes from a chunk's walks what it adds at each layer's value. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rule } from '../../../contract/attribution';
import { kernels } from '../backends';
import { sizeOf, type ValueId } from '../graph/graph';
import type { Chunk, Nonlinearity, SumKind, Walk } from './chunk';
import { endsOf, pointsOf, type Segments } from './segments';
import { carried, overStretches, tidied, type Term } from './terms';
import type { BackwardWalk } from './walk';

/** Takes over a term of a kind's sum at a value: over the chunk's segments, or over joined ones. */
type Add = (id: ValueId, over: Walk['over'], term: Term) => void;

/** end − start of the segments. */
function deltaOf(points: Tensor, segments: Segments): Tensor {
  const { start, end } = endsOf(points, segments);
  return kernels.difference(start, end);
}

/** The gradient that stands for a segment, from those at its ends (1807.09946, equation 4, takes the later one). */
export const STANDS_FOR = {
  right: (_start: Tensor, end: Tensor) => end,
  left: (start: Tensor, _end: Tensor) => start,
  trapezoid: (start: Tensor, end: Tensor) => tf.mul(tf.add(start, end), 0.5),
} satisfies Record<Exclude<Rule, 'secant'>, (start: Tensor, end: Tensor) => Tensor>;

const byGradient =
  (kind: Exclude<Rule, 'secant'>) =>
  (chunk: Chunk, add: Add): void =>
    chunk.onGradients((id, gradient, y) => {
      for (const walk of chunk.walks(kind)) {
        const { segments, over } = walk;
        const term = tidied(() => {
          const slopes = endsOf(gradient, segments);
          const slope = STANDS_FOR[kind](slopes.start, slopes.end);
          const on = { points: pointsOf(y, segments), pairs: segments.pairs, stride: segments.stride };
          return chunk.term(id, slope, on, () => deltaOf(y, segments), walk);
        });
        add(id, over, term);
      }
    });

/** The mean gradient: by the trapezoid rule, with dα in the place of dy. */
const influence = (chunk: Chunk, add: Add): void =>
  chunk.onGradients((id, gradient) => {
    for (const walk of chunk.walks('influence')) {
      const { segments, over } = walk;
      const term = tidied(() => {
        const slopes = endsOf(gradient, segments);
        const slope = STANDS_FOR.trapezoid(slopes.start, slopes.end);
        const alphas = tf.reshape(chunk.alphas!, [-1, ...gradient.shape.slice(1).map(() => 1)]);
        const product = carried(slope, deltaOf(alphas, segments));
        return chunk.termOfProduct(id, product, walk);
      });
      add(id, over, term);
    }
  });

const byParts = (chunk: Chunk, add: Add, nonlinearity: Nonlinearity): void =>
  chunk.onParts(nonlinearity, (id, multiplier, { positive, negative }) =>
    add(
      id,
      'segments',
      tidied(() => {
        const both = tf.add(carried(multiplier.positive, positive), carried(multiplier.negative, negative));
        return chunk.termOfProduct(id, both, chunk.whole);
      }),
    ),
  );

/** Each row asks a chunk for the walk that it sums from. */
export const SUMS: Readonly<Record<SumKind, (chunk: Chunk, add: Add) => void>> = {
  secant: (chunk, add) =>
    chunk.onMultipliers((id, multiplier, y, walk) =>
      add(
        id,
        walk.over,
        tidied(() => chunk.term(id, multiplier, y, () => y.delta, walk)),
      ),
    ),
  right: byGradient('right'),
  left: byGradient('left'),
  trapezoid: byGradient('trapezoid'),
  influence,
  'reveal-cancel': (chunk, add) => byParts(chunk, add, () => 'reveal-cancel'),
  genomics: (chunk, add) => byParts(chunk, add, chunk.nonlinearity),
};

/**
 * Over all segments; over joined ones; and over stretches of the path, of each unit, the square of how far the two lie apart
 * there: the distances tell the error.
 */
export type Level = 'fine' | 'coarse' | 'squares';

/** Sums of one kind at one layer's value. */
export interface LayerSums {
  readonly shape: readonly number[];
  /** [pairs in the group, …] */
  readonly fine: Float32Array;
  readonly coarse: Float32Array;
  /** [pairs in the group, units] */
  readonly squares: Float32Array;
}

export type SumsByKind = ReadonlyMap<SumKind, ReadonlyMap<ValueId, LayerSums>>;

/** The sums of one kind and level, end to end in a chunk's flat array of all. */
interface Section {
  readonly kind: SumKind;
  readonly level: Level;
  readonly layers: readonly { readonly id: ValueId; readonly shape: readonly number[]; readonly size: number }[];
  readonly at: number;
  readonly size: number;
}

/** Where each sum lies in a chunk's flat array of all: the same for every chunk of a group. */
export type Layout = readonly Section[];

/** @param shapes of the layers' values, without rows, and where their units lie */
export function layoutOf(
  axes: ReadonlyMap<ValueId, number | null>,
  kinds: readonly SumKind[],
  levels: readonly Level[],
  pairs: number,
  shapes: ReadonlyMap<ValueId, readonly number[]>,
): Layout {
  let at = 0;
  return kinds.flatMap((kind) =>
    levels.map((level): Section => {
      const layers = [...axes].map(([id, axis]) => {
        const shape = shapes.get(id)!;
        const units = axis === null ? 1 : shape[axis]!;
        return { id, shape, size: pairs * (level === 'squares' ? units : sizeOf(shape)) };
      });
      const size = layers.reduce((total, layer) => total + layer.size, 0);
      return { kind, level, layers, at: (at += size) - size, size };
    }),
  );
}

/**
 * What is told of a kind at a value besides its sums, per pair: Σ|unit| of each piece of the path, then of each stretch how far
 * the units lie from what is joined there, Σ| | over them.
 */
export interface Told {
  readonly kind: SumKind;
  readonly id: ValueId;
  /** Segments of each piece. */
  readonly pieces: readonly number[];
  readonly stretches: number;
}

/** Both terms of a kind at a value. */
interface Both {
  fine: Term | null;
  readonly joined: Term[];
  apart: Tensor | null;
}

/** What a chunk adds to each sum. */
export class Added {
  readonly #terms = new Map<string, Both>();
  readonly #kept: Tensor[] = [];

  constructor(
    private readonly kinds: readonly SumKind[],
    private readonly chunk: Chunk,
  ) {}

  /** The walks whose terms it takes. */
  backwards(): BackwardWalk[] {
    for (const kind of this.kinds)
      SUMS[kind](this.chunk, (id, over, term) => {
        for (const tensor of term.units ? [term.neurons, term.units] : [term.neurons]) this.#kept.push(tf.keep(tensor));
        const both = this.#terms.get(`${kind}/${id}`) ?? { fine: null, joined: [], apart: null };
        this.#terms.set(`${kind}/${id}`, both);
        if (over === 'segments') both.fine = term;
        else both.joined.push(term);
      });
    return this.chunk.backwards();
  }

  /** One kind's sum at a value for the first pair, over the whole of it. */
  first(kind: SumKind, id: ValueId): Tensor {
    const neurons = this.#terms.get(`${kind}/${id}`)?.fine?.neurons;
    return neurons ? tf.sum(tf.slice(neurons, 0, 1)) : tf.scalar(0);
  }

  /** To be called, as `told`, inside one tidy. */
  flat(layout: Layout): Tensor {
    return tf.concat(
      layout.flatMap(({ kind, level, layers }) =>
        layers.map(({ id, size }) => {
          const made = this.#sum(kind, id, level);
          return made ? tf.reshape(made, [-1]) : tf.zeros([size]);
        }),
      ),
    );
  }

  /** What is told besides the sums, in the order of `about`. */
  told(ids: Iterable<ValueId>): { readonly numbers: readonly Tensor[]; readonly about: readonly Told[] } {
    const numbers: Tensor[] = [];
    const about: Told[] = [];
    for (const kind of this.kinds)
      for (const id of ids) {
        const fine = this.#terms.get(`${kind}/${id}`)?.fine;
        if (!fine?.units) continue;
        const apart = this.#apart(kind, id);
        numbers.push(overUnits(fine.units), ...(apart ? [overUnits(apart)] : []));
        about.push({ kind, id, pieces: fine.pieces, stretches: apart ? apart.shape[0]! / this.chunk.pairs : 0 });
      }
    return { numbers, about };
  }

  /** Frees what has been taken so far. */
  dispose(): void {
    for (const tensor of this.#kept.splice(0)) tensor.dispose();
    this.#terms.clear();
  }

  /** Null where nothing flowed, or nothing is joined. */
  #sum(kind: SumKind, id: ValueId, level: Level): Tensor | null {
    const both = this.#terms.get(`${kind}/${id}`);
    if (!both?.fine) return null;
    if (level === 'squares') {
      const apart = this.#apart(kind, id);
      return apart && tf.sum(tf.reshape(tf.square(apart), [-1, this.chunk.pairs, apart.shape[1]!]), 0);
    }
    const terms = level === 'fine' || both.joined.length === 0 ? [both.fine] : both.joined;
    return terms.length === 1 ? terms[0]!.neurons : tf.addN(terms.map(({ neurons }) => neurons));
  }

  /** Per stretch and unit, how far what is summed there lies from what is joined there: [stretches × pairs, units]. */
  #apart(kind: SumKind, id: ValueId): Tensor | null {
    const both = this.#terms.get(`${kind}/${id}`);
    const stretches = this.chunk.stretches(kind);
    if (!both?.fine?.units || !stretches?.length || both.joined.length === 0) return null;
    both.apart ??= tf.sub(
      overStretches(both.fine, stretches, this.chunk.pairs),
      tf.concat(both.joined.map(({ units }) => units!)),
    );
    return both.apart;
  }
}

/** Σ|unit| of each row. */
const overUnits = (rows: Tensor): Tensor => tf.sum(tf.abs(rows), 1);

const NONE = new Float32Array();

/** Numbers of a flat array above which it is read section by section, never there twice. */
const LARGE = 1e6;

async function sectionOf(flat: Tensor, at: number, size: number): Promise<Float32Array> {
  const section = tf.slice(flat, at, size);
  try {
    return (await section.data()) as Float32Array;
  } finally {
    section.dispose();
  }
}

/** Sums of all chunks so far, on the device: a flat array for each stage, added to and read back in one call. */
export class Sums {
  readonly #held: { flat: Tensor; readonly layout: Layout }[] = [];

  /** @param stage its place among those of a chunk @param flat it is taken over */
  add(stage: number, flat: Tensor, layout: Layout): void {
    const before = this.#held[stage];
    if (!before) {
      this.#held[stage] = { flat, layout };
      return;
    }
    const sum = tf.add(before.flat, flat);
    tf.dispose([before.flat, flat]);
    before.flat = sum;
  }

  async read(kinds: readonly SumKind[]): Promise<SumsByKind> {
    const sums = new Map(kinds.map((kind) => [kind, new Map<ValueId, LayerSums>()]));
    for (const { flat: held, layout } of this.#held) {
      const whole = held.size <= LARGE ? ((await held.data()) as Float32Array) : null;
      for (const { kind, level, layers, at, size } of layout) {
        // In memory of its own: what a result keeps does not hold on to the rest.
        const section = !whole
          ? await sectionOf(held, at, size)
          : size === whole.length
            ? whole
            : whole.slice(at, at + size);
        let place = 0;
        for (const { id, shape, size } of layers) {
          const own = section.subarray(place, (place += size));
          const before = sums.get(kind)!.get(id) ?? { shape, fine: own, coarse: own, squares: NONE };
          sums.get(kind)!.set(id, { ...before, [level]: own });
        }
      }
      held.dispose();
    }
    return sums;
  }

  dispose(): void {
    tf.dispose(this.#held.map(({ flat }) => flat));
  }
}
