/**
 * What a path varies and what stays as it is at the input.
 *
 * Between two whole numbers there is nothing to walk through. So behind an input of whole numbers a path starts at the first
 * real values (an *origin*: an embedding's output, a conversion to real numbers), unless these only say how others are taken:
 * a mask that is multiplied or added, a length that is divided by, a position, a choice. Such an origin is held at the
 * input's value, so that an example and its baseline answer the same question. It is told by what becomes of it: one that
 * learned weights read, or that is joined to values that vary, is a feature and walked; one that only meets values that vary,
 * element by element, is held. Found over the whole graph, in a few passes each way, whatever its size.
 */
import { MhoError } from '../../../contract/errors';
import { HELD_REASONS, type HeldInput, type HeldReason, type PathStart, type Varied } from '../../../contract/model';
import type { Constant, Graph, Node, ValueId } from './graph';
import { OPS } from './ops';
import { layerNames } from './layers';
import { isHeld } from './prune';
import { nearest } from './target';

/** What was asked by the names of inputs. */
export interface AskedVariation {
  readonly hold?: readonly string[];
  readonly walk?: readonly string[];
}

export interface Variation {
  /** Where the path starts. */
  readonly starts: readonly ValueId[];
  /** What stays as it is at the input, where a value that varies reads it. */
  readonly fixed: readonly ValueId[];
  readonly varied: Varied;
}

/**
 * Finds starts and fixed values.
 * @throws INPUT_UNKNOWN, HOLD_AND_WALK, HELD_ALL, WALK_CHOICE
 */
export function variation(graph: Graph, asked: AskedVariation = {}): Variation {
  const found = new Finder(graph, asked).find();
  const { starts, behind } = found;
  if (asked.hold?.length && starts.length === 0) throw new MhoError('HELD_ALL', { inputs: asked.hold.join(', ') });
  return { starts, fixed: found.fixed, varied: { walked: told(graph, starts, behind), held: found.held } };
}

function told(
  graph: Graph,
  starts: readonly ValueId[],
  behind: ReadonlyMap<ValueId, ReadonlySet<string>>,
): PathStart[] {
  const nameOf = layerNames(graph);
  return starts.map((id) => ({
    name: nameOf.get(id) ?? graph.values[id]!.name,
    behind: [...(behind.get(id) ?? [])],
  }));
}

/**
 * What a value is along the path: a constant, or made of nothing but constants; one that varies; whole numbers, truths and texts,
 * through which no path goes; real numbers behind these, made of origins that are not walked (or not yet); of inputs that
 * are held by name.
 */
type State = 'constant' | 'varies' | 'whole' | 'still' | 'held';

/** What becomes of a value, as bits. A feature is walked; the others are reasons to hold. */
const FEATURE = 1;
const REASONS: Readonly<Record<HeldReason, number>> = { mask: 2, divisor: 4, position: 8, choice: 16, asked: 32 };
const { mask: MASK, divisor: DIVISOR, position: POSITION, choice: CHOICE } = REASONS;

/** Rounds in which what is a feature makes others' part clear; what is open after them is taken as it then looks. */
const MOST_ROUNDS = 8;
/** Most inputs that are named behind one value: sets of all of them would grow with the square of a graph. */
const MOST_BEHIND = 64;

const NOTHING: ReadonlySet<string> = new Set();

class Finder {
  private readonly state: State[];
  /** The inputs behind each value that does not vary. */
  private readonly sources: ReadonlySet<string>[];
  /** Whether it has something of an input's numbers, or only of comparisons made with them. */
  private readonly direct: boolean[];
  /** Origins, in running order. */
  private readonly origins = new Map<ValueId, Node>();
  private readonly walked = new Set<ValueId>();
  private readonly indices: ReadonlySet<ValueId>;
  private readonly waves: ReadonlySet<ValueId>;
  private readonly roles: ReadonlyMap<ValueId, number>;
  private readonly oneHots = new Map<ValueId, boolean>();
  private readonly held: ReadonlySet<string>;
  private readonly forced: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    { hold = [], walk = [] }: AskedVariation,
  ) {
    for (const name of [...hold, ...walk])
      if (!graph.inputs.some((port) => port.name === name))
        throw new MhoError('INPUT_UNKNOWN', {
          input: name,
          hint: nearest(name, graph.inputs),
          inputs: graph.inputs.map((port) => port.name).join(', '),
        });
    this.held = new Set(hold);
    this.forced = new Set(walk);
    const both = walk.find((name) => this.held.has(name));
    if (both !== undefined) throw new MhoError('HOLD_AND_WALK', { input: both });
    const count = graph.values.length;
    this.state = new Array<State>(count).fill('constant');
    this.sources = new Array<ReadonlySet<string>>(count).fill(NOTHING);
    this.direct = new Array<boolean>(count).fill(false);
    this.indices = indexValues(graph);
    this.waves = leadToWaves(graph);
    this.roles = embeddingRoles(graph);
  }

  find(): {
    readonly starts: ValueId[];
    readonly behind: ReadonlyMap<ValueId, ReadonlySet<string>>;
    readonly fixed: ValueId[];
    readonly held: HeldInput[];
  } {
    this.forward();
    let votes = this.features();
    if (!this.anyStart()) {
      // Nothing else varies: what is made of the numbers themselves, else whatever there is.
      const open = [...this.origins.keys()];
      const clear = open.filter((id) => !(votes[id]! & ~FEATURE) && this.direct[id]);
      const free = open.filter((id) => !(votes[id]! & ~FEATURE));
      for (const id of clear.length ? clear : free.length ? free : open) this.walked.add(id);
      this.forward();
      votes = this.features();
    }
    // What meets nothing that varies is an output's own matter.
    for (const id of this.origins.keys()) if (!this.walked.has(id) && !(votes[id]! & ~FEATURE)) this.walked.add(id);
    this.forward();
    votes = this.votes();
    return { ...this.startsAndFixed(), held: this.heldInputs(votes) };
  }

  private anyStart(): boolean {
    const { graph, state } = this;
    return this.walked.size > 0 || graph.inputs.some(({ value }) => state[value] === 'varies');
  }

  /** Walks what is a feature, and again with what that makes vary. @returns the votes after it */
  private features(): Uint8Array {
    for (let round = 0; ; round++) {
      const votes = this.votes();
      const found = [...this.origins.keys()].filter((id) => !this.walked.has(id) && votes[id]! & FEATURE);
      if (found.length === 0 || round === MOST_ROUNDS) return votes;
      for (const id of found) this.walked.add(id);
      this.forward();
    }
  }

  private isReal(id: ValueId): boolean {
    return this.graph.values[id]!.dtype === 'float32' && !this.indices.has(id);
  }

  /** States of all values, by what is walked so far. */
  private forward(): void {
    const { graph, state, sources, direct, origins, walked } = this;
    origins.clear();
    for (const { name, value } of graph.inputs) {
      sources[value] = new Set([name]);
      direct[value] = true;
      state[value] = this.held.has(name) ? 'held' : this.isReal(value) ? 'varies' : 'whole';
    }
    for (const node of graph.nodes) {
      const { inputs, output } = node;
      const has = (each: State): boolean => inputs.some((id) => state[id] === each);
      const held = isHeld(node);
      if (has('varies') && !held) {
        state[output] = 'varies';
        continue;
      }
      if (!held && !has('whole') && !has('still') && !has('held')) continue;
      sources[output] = united(inputs.map((id) => sources[id]!));
      // What a choice takes is of the numbers it takes; the condition is not.
      const carried = node.op === 'select' ? inputs.slice(1) : inputs;
      direct[output] = graph.values[output]!.dtype !== 'bool' && carried.some((id) => direct[id]);
      const real = this.isReal(output);
      if (!held && !has('whole') && !has('still')) state[output] = 'held';
      else if (!real) state[output] = 'whole';
      else if (has('still') && !has('whole')) state[output] = 'still';
      else {
        origins.set(output, node);
        const start = this.isToken(node, output) || this.isForced(output);
        if (start) walked.add(output);
        state[output] = walked.has(output) ? 'varies' : 'still';
      }
    }
  }

  private isToken(node: Node, output: ValueId): boolean {
    return this.isLookup(node) && this.direct[node.inputs[0]!]! && !this.roles.has(output);
  }
  /** Whether learned rows are looked up: those of a one-hot table are the number itself, and what becomes of them tells what it is. */
  private isLookup({ op, inputs }: Node): boolean {
    return op === 'embedding' && !this.isOneHot(inputs[1]!);
  }
  private isOneHot(table: ValueId): boolean {
    const known = this.oneHots.get(table);
    if (known !== undefined) return known;
    const found = isDiagonal(this.graph.values[table]!.constant);
    this.oneHots.set(table, found);
    return found;
  }
  private isForced(output: ValueId): boolean {
    return this.forced.size > 0 && [...this.sources[output]!].some((name) => this.forced.has(name));
  }

  /** What becomes of each value that does not vary, by all that reads it. */
  private votes(): Uint8Array {
    const { graph, state } = this;
    const votes = new Uint8Array(graph.values.length);
    for (const node of [...graph.nodes].reverse())
      node.inputs.forEach((id, place) => {
        const mine = state[id];
        if (mine !== 'constant' && mine !== 'varies') votes[id]! |= this.vote(node, place, votes[node.output]!);
      });
    return votes;
  }

  /** @param then what becomes of the node's output */
  private vote(node: Node, place: number, then: number): number {
    const { op, inputs, output } = node;
    const { state, origins } = this;
    if (place === 0 && this.isLookup(node)) return this.walked.has(output) ? 0 : (this.roles.get(output) ?? POSITION);
    if (state[output] === 'varies') {
      if (origins.has(output)) return 0;
      if (op === 'concat' || op === 'stack') return FEATURE;
      if (op === 'div' && place === 1) return DIVISOR;
      return op === 'select' || OPS[op].gives === 'truth' ? CHOICE : MASK;
    }
    const others = inputs.filter((id, i) => i !== place && state[id] !== 'constant');
    if (others.length === 0) {
      if (OPS[op].passing === 'weighted' && this.isReal(inputs[place]!) && this.learned(inputs, output)) return FEATURE;
      const wave = op === 'sin' || op === 'cos';
      return wave && then & MASK ? (then & ~MASK) | POSITION : then;
    }
    // What only picks the number that a table is read at is part of what is walked behind it.
    if (op === 'select' && place === 0) return then === 0 ? 0 : CHOICE;
    const apart = others.every((id) => disjoint(this.sources[id]!, this.sources[inputs[place]!]!));
    if (op === 'div' && place === 1 && apart) return DIVISOR;
    const besideNumbers = !this.direct[inputs[place]!] && others.some((id) => this.direct[id]);
    return besideNumbers && (op === 'mul' || op === 'add' || op === 'sub') ? MASK : then;
  }

  /**
   * Whether weights tell features apart: those of counting (a running sum, a mean) do not, nor do frequencies of waves, which
   * stand alone beside one number.
   */
  private learned(inputs: readonly ValueId[], output: ValueId): boolean {
    const kernel = inputs.map((id) => this.graph.values[id]!.constant).find((constant) => constant !== null);
    if (!kernel) return false;
    const { data } = kernel;
    const first = data.find((each) => each !== 0);
    if (first === undefined || data.every((each) => each === 0 || each === first)) return data.length === 1;
    return !this.waves.has(output);
  }

  private startsAndFixed(): {
    readonly starts: ValueId[];
    readonly behind: ReadonlyMap<ValueId, ReadonlySet<string>>;
    readonly fixed: ValueId[];
  } {
    const { graph, state, sources } = this;
    const own = graph.inputs.flatMap(({ value }) => (state[value] === 'varies' ? [value] : []));
    const behind = [...this.origins.keys()].filter((id) => state[id] === 'varies');
    const fixed = new Set<ValueId>();
    for (const { inputs, output } of graph.nodes)
      if (state[output] === 'varies' && !this.origins.has(output))
        for (const id of inputs) if (state[id] !== 'varies' && state[id] !== 'constant') fixed.add(id);
    return { starts: [...own, ...behind], behind: new Map(behind.map((id) => [id, sources[id]!])), fixed: [...fixed] };
  }

  /** @throws WALK_CHOICE */
  private heldInputs(votes: Uint8Array): HeldInput[] {
    const { graph, state } = this;
    const toHeld = this.leadTo((id) => this.origins.has(id) && state[id] === 'still');
    const toOrigin = this.leadTo((id) => this.origins.has(id));
    return graph.inputs.flatMap(({ name, value }): HeldInput[] => {
      if (state[value] === 'held') return [{ input: name, why: 'asked', walkable: true }];
      if (this.forced.has(name) && state[value] === 'whole' && !toOrigin.has(value))
        throw new MhoError('WALK_CHOICE', { input: name });
      return HELD_REASONS.filter((why) => votes[value]! & REASONS[why]).map((why) => ({
        input: name,
        why,
        walkable: toHeld.has(value),
      }));
    });
  }

  /** What leads to such values without passing one that varies. */
  private leadTo(ends: (id: ValueId) => boolean): ReadonlySet<ValueId> {
    const leading = new Set<ValueId>();
    for (const { inputs, output } of [...this.graph.nodes].reverse())
      if (ends(output) || leading.has(output)) for (const id of inputs) leading.add(id);
    return leading;
  }
}

/** Whether a table has one number on its diagonal and another beside it. */
function isDiagonal(table: Constant | null): boolean {
  const [rows, columns] = table?.shape ?? [];
  if (!table || table.shape.length !== 2 || rows !== columns || rows === undefined) return false;
  const { data } = table;
  const [on, off] = [data[0], rows > 1 ? data[1] : undefined];
  return on !== off && data.every((each, at) => each === (at % (rows + 1) === 0 ? on : off));
}

/** More numbers than tables of biases have, which are looked up by distances and kinds. */
const MOST_BIASES = 2 ** 20;
/** Whether a table has rows of −∞: its numbers are added to scores, and such rows say what does not count. */
const isMasking = (table: Constant | null): boolean =>
  table !== null && table.data.length <= MOST_BIASES && table.data.some((each) => each < -1e29);

const disjoint = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const each of a) if (b.has(each)) return false;
  return true;
};

/** What some values have behind them together; a set that holds it all is shared, not copied. */
function united(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  let whole: ReadonlySet<string> = NOTHING;
  let own: Set<string> | null = null;
  for (const each of sets) {
    if (each === whole) continue;
    if (whole.size === 0) {
      whole = each;
      continue;
    }
    for (const name of each) {
      if (whole.size >= MOST_BEHIND) return whole;
      if (!whole.has(name)) whole = (own ??= new Set(whole)).add(name);
    }
  }
  return whole;
}

/** What picks rows of a table, whatever type the file says: Keras calls such inputs real. */
function indexValues(graph: Graph): ReadonlySet<ValueId> {
  const indices = new Set<ValueId>();
  for (const node of [...graph.nodes].reverse()) {
    const { passing } = OPS[node.op];
    if (passing === 'start') indices.add(node.inputs[0]!);
    else if (indices.has(node.output) && (passing === 'carried' || passing === 'moved'))
      for (const id of node.inputs) indices.add(id);
  }
  return indices;
}

/** Values that lead to sines and cosines only, moved and scaled by constants: the angles of positions. */
function leadToWaves(graph: Graph): ReadonlySet<ValueId> {
  const waves = new Set<ValueId>();
  const others = new Set<ValueId>();
  for (const { op, inputs, output } of [...graph.nodes].reverse()) {
    const { passing } = OPS[op];
    const passes = passing === 'moved' || passing === 'carried' || passing === 'scaled' || op === 'mul';
    const leads = op === 'sin' || op === 'cos' || (passes && waves.has(output) && !others.has(output));
    for (const id of inputs) (leads ? waves : others).add(id);
  }
  return new Set([...waves].filter((id) => !others.has(id)));
}

/** Names that say what is looked up, of inputs, tables and layers. */
const POSITIONS = /(^|[^a-z])(positions?|pos_?ids?|pos(ition)?(al)?_?(ids?|emb\w*|enc\w*|index|indices))($|[^a-z])/i;
const SEGMENTS = /(^|[^a-z])((token_?type|segment)s?(_?(ids?|emb\w*))?)($|[^a-z])/i;
/** As many rows at the most has a table of segments, where no name tells. */
const MOST_SEGMENTS = 4;

/**
 * Embeddings of positions and of segments (which sentence, which speaker), and tables that mask: by their numbers, by their names, or, where such tables' rows are summed
 * with those of others, by their sizes. They say where and how the tokens stand, and are no part of what is compared.
 */
function embeddingRoles(graph: Graph): ReadonlyMap<ValueId, number> {
  const { values } = graph;
  const roles = new Map<ValueId, number>();
  const inputNames = new Map(graph.inputs.map(({ name, value }) => [value, name]));
  /** The input that a value is, but for where it stands. */
  const moved = new Map<ValueId, ValueId>(graph.inputs.map(({ value }) => [value, value]));
  /** Embeddings whose rows a value is the sum of. */
  const sums = new Map<ValueId, readonly Node[]>();
  const named = (names: readonly string[]): number | null =>
    names.some((name) => POSITIONS.test(name)) ? POSITION : names.some((name) => SEGMENTS.test(name)) ? CHOICE : null;
  for (const node of graph.nodes) {
    const { op, inputs, output } = node;
    const [first] = inputs;
    if (op === 'embedding') {
      const from = moved.get(first!);
      const input = from === undefined ? [] : [inputNames.get(from)!];
      const table = values[inputs[1]!]!;
      const role = isMasking(table.constant) ? MASK : named([...input, values[output]!.name, table.name]);
      if (role !== null) roles.set(output, role);
      else sums.set(output, [node]);
    } else if (op === 'add') {
      const [a, b] = inputs.map((id) => sums.get(id) ?? []) as [readonly Node[], readonly Node[]];
      const together = [...a, ...b].slice(0, MOST_BEHIND);
      if (a.length && b.length) for (const [id, role] of bySizes(graph, together, moved)) roles.set(id, role);
      if (together.length) sums.set(output, together);
    } else if (OPS[op].passing === 'moved' && first !== undefined) {
      const from = moved.get(first);
      if (from !== undefined) moved.set(output, from);
      const summed = sums.get(first);
      if (summed) sums.set(output, summed);
    }
  }
  return roles;
}

/** Which of several embeddings that are summed are of positions or segments, told by the tables' rows. */
function bySizes(
  { values }: Graph,
  embeddings: readonly Node[],
  moved: ReadonlyMap<ValueId, ValueId>,
): readonly (readonly [ValueId, number])[] {
  const rows = ({ inputs }: Node): number => values[inputs[1]!]!.shape[0] ?? 0;
  const steps = ({ output }: Node): number | null => values[output]!.shape.at(-2) ?? null;
  const inputsOf = new Set(embeddings.map(({ inputs }) => moved.get(inputs[0]!) ?? inputs[0]!));
  if (inputsOf.size < 2 || embeddings.some((node) => steps(node) === 1 || values[node.output]!.shape.length < 2))
    return [];
  const most = Math.max(...embeddings.map(rows));
  const ofPositions = embeddings.filter((node) => rows(node) === steps(node));
  const found = embeddings.flatMap((node): (readonly [ValueId, number])[] => {
    if (ofPositions.length < embeddings.length && ofPositions.includes(node)) return [[node.output, POSITION]];
    return rows(node) <= MOST_SEGMENTS && most > MOST_SEGMENTS * rows(node) ? [[node.output, CHOICE]] : [];
  });
  return found.length < embeddings.length ? found : [];
}
