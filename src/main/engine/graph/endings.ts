/** What ends a graph: the final activation behind an output, through whatever moves its values, and what is made of probabilities. */
import type { FinalActivation, TargetActivation } from '../../../contract/attribution';
import { Finals } from './finals';
import { sizeOf, type Graph, type Node, type ValueId } from './graph';
import { layerNames } from './layers';
import { movedFrom, moves, producersOf, type Place, type Producers, type ShapeOf } from './moved';
import { OPS, type OpAttributes } from './ops';

/** An element before the final activation that it goes into. */
export interface Before extends Place {
  readonly kind: FinalActivation;
  /** Whether the element after it stands for −this one (1 − σ(z) is σ(−z)). */
  readonly negated: boolean;
}

/** What a value is made of, where that is what a final activation gives. */
interface Reading {
  readonly kind: FinalActivation;
  /** What the activation is taken of. */
  readonly before: ValueId;
  /** Whether it is what the activation gives, moved about. */
  readonly moved: boolean;
  readonly low: number;
  readonly high: number;
}

/** What rounding leaves of a range. */
const ROUNDED = 1e-6;

export class Endings {
  readonly #producers: Producers;
  readonly #finals: Finals;
  readonly #names: ReadonlyMap<ValueId, string>;
  readonly #told = new Map<ValueId, TargetActivation | null>();

  constructor(private readonly graph: Graph) {
    this.#producers = producersOf(graph);
    this.#finals = new Finals(graph, this.#producers);
    this.#names = layerNames(graph);
  }

  /** What a value is called: the layer that ends there, else the value itself. */
  nameOf = (id: ValueId): string => this.#names.get(id) ?? this.graph.values[id]!.name;

  /** Every value that elements of this one may come from by moves, itself included: their shapes are read on the way back. */
  movedInto(value: ValueId): ValueId[] {
    const found = new Set([value]);
    for (const id of found) {
      const from = this.#finals.at(id)?.before ?? this.#finals.complementOf(id);
      if (from !== null) found.add(from);
      const node = this.#producers.get(id);
      if (node && moves(this.graph, node)) for (const input of node.inputs) found.add(input);
    }
    return [...found].filter((id) => !this.graph.values[id]!.constant);
  }

  /**
   * The element before the final activation that an element is what comes of; null where there is none, or something was
   * done to it in between. Of places that hold the same, the one in a layer that the user knows.
   */
  before(place: Place, shapeOf: ShapeOf): Before | null {
    let [at, turned]: [Place | null, boolean] = [place, false];
    while (at) {
      const final = this.#finals.at(at.value);
      if (final && sizeOf(shapeOf(final.before)) === sizeOf(shapeOf(at.value))) {
        if (turned && final.kind !== 'sigmoid') return null;
        const before = this.#known({ value: final.before, index: at.index }, shapeOf);
        return { ...before, kind: final.kind, negated: final.negated !== turned };
      }
      const complement = this.#finals.complementOf(at.value);
      if (complement !== null && sizeOf(shapeOf(complement)) === sizeOf(shapeOf(at.value))) {
        [at, turned] = [{ value: complement, index: at.index }, !turned];
        continue;
      }
      at = this.#back(at, shapeOf);
    }
    return null;
  }

  #back({ value, index }: Place, shapeOf: ShapeOf): Place | null {
    const node = this.#producers.get(value);
    return node ? movedFrom(this.graph, node, index, shapeOf) : null;
  }

  /** The same number in a layer's output, where moves alone lie between. */
  #known(place: Place, shapeOf: ShapeOf): Place {
    for (let at: Place | null = place; at; at = this.#back(at, shapeOf)) if (this.#names.has(at.value)) return at;
    return place;
  }

  /**
   * What an element is where F lies on it as it is: what a final activation gives, or made of that and still a probability or
   * the logarithm of one. Null for anything else.
   */
  probability(place: Place, shapeOf: ShapeOf): TargetActivation | null {
    let { value } = place;
    for (let back: Place | null = place; back; back = this.#back(back, shapeOf)) ({ value } = back);
    // Asked for one index after the other, of a few values.
    let found = this.#told.get(value);
    if (found === undefined) this.#told.set(value, (found = this.probabilities([value]).get(value) ?? null));
    return found && { ...found, passed: false };
  }

  /** The same for whole values, of those that are or hold some. */
  probabilities(wanted: readonly ValueId[]): ReadonlyMap<ValueId, TargetActivation> {
    const readings = this.#readings(wanted);
    return new Map(
      wanted.flatMap((id) => {
        const reading = readings.get(id);
        if (!reading || !isProbability(reading)) return [];
        const { kind, before, moved } = reading;
        return [[id, { kind, before: this.nameOf(this.#knownBehind(before)), passed: moved }] as const];
      }),
    );
  }

  /** The layer's output that a value only moves; else the value itself. */
  #knownBehind(value: ValueId): ValueId {
    for (let at: ValueId | null = value; at !== null;) {
      if (this.#names.has(at)) return at;
      const node = this.#producers.get(at);
      const varying = node?.inputs.filter((id) => !this.graph.values[id]!.constant) ?? [];
      at = node && varying.length === 1 && moves(this.graph, node) ? varying[0]! : null;
    }
    return value;
  }

  #readings(wanted: readonly ValueId[]): ReadonlyMap<ValueId, Reading> {
    const needed = new Set(wanted);
    for (const node of [...this.graph.nodes].reverse()) {
      if (!needed.has(node.output) || OPS[node.op].passing === 'weighted') continue;
      for (const id of node.inputs) needed.add(id);
    }
    const readings = new Map<ValueId, Reading>();
    for (const node of this.graph.nodes) {
      if (!needed.has(node.output)) continue;
      const reading = this.#reading(node, readings);
      if (reading) readings.set(node.output, reading);
    }
    return readings;
  }

  #reading(node: Node, known: ReadonlyMap<ValueId, Reading>): Reading | null {
    const moved = moves(this.graph, node);
    const final = moved ? null : this.#finals.at(node.output);
    if (final) {
      const isLog = final.kind === 'logSoftmax' || final.kind === 'logSigmoid';
      return { ...final, moved: true, low: isLog ? -Infinity : 0, high: isLog ? 0 : 1 };
    }
    const complement = this.#finals.complementOf(node.output);
    const turned = complement === null ? null : known.get(complement);
    if (turned?.moved && turned.kind === 'sigmoid') return turned;
    const of = node.inputs.flatMap((id) => known.get(id) ?? []);
    const [first] = of;
    if (!first) return null;
    // Of joined values some may be no probabilities: what is true of the others is told.
    if (moved) return { ...first, moved: of.every((each) => each.moved) };
    const ranges = node.inputs.map((id) => known.get(id) ?? this.#rangeOf(id));
    if (ranges.includes(null)) return null;
    const range = rangeThrough(node, ranges as Range[]);
    return range && { ...first, moved: false, low: range[0], high: range[1] };
  }

  /** Of a constant. */
  #rangeOf(id: ValueId): { readonly low: number; readonly high: number } | null {
    const data = this.graph.values[id]!.constant?.data;
    if (!data) return null;
    let [low, high] = [Infinity, -Infinity];
    for (const each of data) [low, high] = [Math.min(low, each), Math.max(high, each)];
    return { low, high };
  }
}

const isProbability = ({ kind, moved, low, high }: Reading): boolean =>
  moved || (kind !== 'logSoftmax' && kind !== 'logSigmoid' && low >= -ROUNDED && high <= 1 + ROUNDED);

type Range = Pick<Reading, 'low' | 'high'>;

/** Where the values of an op lie whose inputs lie in these ranges; null for an op that makes something else of them. */
function rangeThrough({ op, attributes }: Node, [a, b, c]: readonly Range[]): readonly [number, number] | null {
  const hull = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];
  const products = (x: Range, y: Range): readonly [number, number] =>
    hull([x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high]);
  switch (op) {
    case 'mean':
    case 'max':
    case 'min':
    case 'maxPool':
    case 'upsample':
      return [a!.low, a!.high];
    case 'averagePool':
      return hull([a!.low, a!.high, 0]); // of padding
    case 'clip': {
      const { min, max } = attributes as OpAttributes['clip'];
      return [Math.max(a!.low, min), Math.min(a!.high, max)];
    }
    case 'sqrt':
      return a!.low >= 0 ? [Math.sqrt(a!.low), Math.sqrt(a!.high)] : null;
    case 'square':
      return products(a!, a!);
    case 'neg':
      return [-a!.high, -a!.low];
    case 'add':
      return [a!.low + b!.low, a!.high + b!.high];
    case 'sub':
      return [a!.low - b!.high, a!.high - b!.low];
    case 'mul':
      return products(a!, b!);
    case 'div':
      return b!.low > 0 ? products(a!, { low: 1 / b!.high, high: 1 / b!.low }) : null;
    case 'affine': {
      const [low, high] = products(a!, b!);
      return [low + c!.low, high + c!.high];
    }
    case 'maximum':
    case 'minimum': {
      const least = op === 'maximum' ? Math.max : Math.min;
      return [least(a!.low, b!.low), least(a!.high, b!.high)];
    }
    default:
      return null;
  }
}
