/**
 * Inputs that float32 does not hold whole, brought near zero before they are rounded.
 *
 * A model that takes seconds since 1970 subtracts a constant at once, in float64. Here numbers are float32, 128 seconds apart there.
 * So what the first ops subtract is taken from the input on the host, in float64, and from their constants likewise: x − c becomes
 * (x − s) − (c − s). Differences along the path, and so contributions, are what they were; values on the way are held
 * `shift` below what they mean, through whatever moves, scales and sums them by constants, until a constant takes it up. Where
 * none does, the shift is added again, and what that rounds away is told.
 */
import type { AttributionRequest, NumericArray, Rounded } from '../../../contract/attribution';
import { sizeOf, type Constant, type Graph, type Node, type Value, type ValueId } from '../graph/graph';
import { LARGE, rounded } from '../data/precision';
import {
  expanded,
  type Field,
  fieldOf,
  filled,
  LARGEST_FIELD,
  moved,
  reduced,
  shapeOf,
  stridesOf,
  subtracted,
  termsOf,
} from './fields';
import { ownOf } from './inputs';

type Asked = Pick<AttributionRequest, 'inputs' | 'baseline'>;

/** Rounding is told where it takes more than this share of how far an input and its baseline lie apart. */
const TOLD = 2 ** -20;

export interface Recentred<Request extends Asked> {
  /** Ids are those of the graph that was given. */
  readonly graph: Graph;
  readonly request: Request;
  readonly rounded: readonly Rounded[];
}

/**
 * @param plain values that are looked at as they are, beside outputs; asked only where anything is brought near zero
 * @returns what was given where float32 holds all inputs
 */
export function recentred<Request extends Asked>(
  graph: Graph,
  request: Request,
  plain: () => Iterable<ValueId>,
): Recentred<Request> {
  const given = graph.inputs.flatMap(({ name, value }) => {
    const input = ownOf(request.inputs, name);
    const based = request.baseline.kind === 'arrays' ? ownOf(request.baseline.arrays, name) : undefined;
    const lost = input?.lost ?? based?.lost;
    return input && lost ? [{ name, value, input, based }] : [];
  });
  if (given.length === 0) return { graph, request, rounded: [] };
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  // What stands before an output is the target where that is an activation.
  const before = graph.nodes.flatMap(({ inputs, output }) => (outputs.has(output) ? inputs : []));
  const fixed = new Set([...outputs, ...before, ...plain()]);
  const shifts = new Map<ValueId, Field>();
  for (const { value, input, based } of given) {
    const shape = input.shape.slice(1);
    const whole = graph.values[value]!.dtype !== 'float32';
    if (fixed.has(value) || sizeOf(shape) > LARGEST_FIELD || (whole && !based)) continue;
    shifts.set(value, { shape, data: shiftOf(subtracted(graph, value, shape), input, based) });
  }
  const shifter = new Shifter(graph, shifts, fixed);
  const moved = shifter.graph();

  const inputs = { ...request.inputs };
  const { baseline } = request;
  const arrays: Record<string, NumericArray> = { ...(baseline.kind === 'arrays' && baseline.arrays) };
  const told: Rounded[] = [];
  const constant = baseline.kind === 'constant' ? baseline.value : (baseline.rest ?? 0);
  for (const { name, value, input, based } of given) {
    const shift = shifts.get(value);
    const near = shift ? shifted(input, shift) : input;
    inputs[name] = near;
    if (shift && based) arrays[name] = shifted(based, shift);
    else if (shift && (baseline.kind === 'constant' || baseline.rest !== undefined)) {
      const { shape } = shift;
      arrays[name] = { shape: [1, ...shape], ...rounded(shift.data.length, (at) => constant - shift.data[at]!) };
    }
    const restored = shift === undefined || shifter.restored.has(value);
    const alone = Math.max(largest(input.lost), largest(based?.lost));
    const by = restored ? alone : Math.max(largest(near.lost), largest(arrays[name]?.lost));
    if (alone > TOLD * apart(input, based ?? constant)) told.push({ input: name, alone, by });
  }
  const perExample = baseline.kind === 'arrays' && baseline.perExample === true;
  const references = baseline.kind === 'arrays' ? baseline.references : undefined;
  const rest = baseline.kind === 'constant' ? baseline.value : baseline.rest;
  const from = { kind: 'arrays' as const, arrays, perExample, references, rest, chosen: baseline.chosen };
  return {
    graph: moved,
    request: { ...request, inputs, baseline: shifts.size > 0 ? from : baseline },
    rounded: told,
  };
}

const exact = ({ data, lost }: Pick<NumericArray, 'data' | 'lost'>, at: number): number =>
  data[at]! + (lost?.[at] ?? 0);
const largest = (data: Float32Array = new Float32Array()): number =>
  data.reduce((most, each) => Math.max(most, Math.abs(each)), 0);

/** How far an input lies from its baseline, at the most of any element. @param based one number for all of them, where no array is given */
function apart(input: NumericArray, based: NumericArray | number): number {
  const size = sizeOf(input.shape.slice(1));
  const from = (at: number): number => (typeof based === 'number' ? based : exact(based, at % size));
  let most = 0;
  for (let at = 0; at < input.data.length; at++)
    if (input.lost?.[at]) most = Math.max(most, Math.abs(exact(input, at) - from(at)));
  return most;
}

const shifted = (array: NumericArray, { data }: Field): NumericArray => ({
  shape: array.shape,
  ...rounded(array.data.length, (at) => exact(array, at) - data[at % data.length]!),
});

/** What is taken from each element: the constant that the model subtracts where that lies near, else the first example's value. */
function shiftOf(constants: Float64Array | null, input: NumericArray, based: NumericArray | undefined): Float64Array {
  const size = sizeOf(input.shape.slice(1));
  return Float64Array.from({ length: size }, (_, at) => {
    const large = [input, based].some((array) => {
      for (let place = at; array?.lost && place < array.data.length; place += size)
        if (array.lost[place] !== 0 && Math.abs(array.data[place]!) >= LARGE) return true;
      return false;
    });
    if (!large) return 0;
    const first = exact(input, at);
    const constant = constants?.[at] ?? NaN;
    return Math.abs(first - constant) < Math.abs(first) / 2 ? constant : Math.fround(first);
  });
}

// ---------------------------------------------------------------- the graph over shifted inputs

/** A graph whose inputs are given less their shift. */
class Shifter {
  /** Inputs whose shift had to be added again somewhere. */
  readonly restored = new Set<ValueId>();
  private readonly values: Value[];
  private readonly nodes: Node[] = [];
  /** What each value is held below what it means, and the inputs that this comes from. */
  private readonly shifts = new Map<ValueId, { readonly field: Field; readonly from: ReadonlySet<ValueId> }>();
  private readonly whole = new Map<ValueId, ValueId>();

  constructor(
    private readonly given: Graph,
    inputs: ReadonlyMap<ValueId, Field>,
    private readonly plain: ReadonlySet<ValueId>,
  ) {
    this.values = [...given.values];
    for (const [id, field] of inputs) this.shifts.set(id, { field, from: new Set([id]) });
  }

  graph(): Graph {
    for (const node of this.given.nodes) this.node(node);
    const { given, values, nodes } = this;
    return { ...given, values, nodes };
  }

  private node(node: Node): void {
    if (!node.inputs.some((id) => this.shifts.has(id))) {
      this.nodes.push(node);
      return;
    }
    const out = shapeOf(this.values[node.output]!);
    if (!out || !(this.absorbed(node, out) || this.carried(node, out)))
      this.nodes.push({ ...node, inputs: node.inputs.map((id) => this.restore(id)) });
  }

  /** scale · (x̃ + s) + offset: the shift goes into the constant where that brings it near zero, and is held on where it does not. */
  private absorbed(node: Node, out: readonly number[]): boolean {
    const at = node.inputs.findIndex((id) => this.shifts.has(id));
    const held = this.shifts.get(node.inputs[at]!)!;
    const terms = termsOf(this.given, node, at);
    if (!terms) return false;
    const [shift, scale] = [expanded(held.field, out), expanded(terms.scale, out)];
    const meant = shift.data.map((each, i) => each * scale.data[i]!);
    const offset = expanded(terms.offset, out).data;
    const near = meant.map((each, i) => Number(Math.abs(each + offset[i]!) <= Math.abs(each) / 2));
    const left = { field: { shape: out, data: meant.map((each, i) => (near[i] ? 0 : each)) }, from: held.from };
    if (near.every((each, i) => !each || meant[i] === 0)) {
      this.emit(node, left);
      return true;
    }
    const data = offset.map((each, i) => (near[i] ? each + meant[i]! : each));
    const x = node.inputs[at]!;
    const constant = this.constant(`${node.name}/shifted`, { shape: out, data });
    const scaled =
      node.op === 'affine'
        ? this.added('mul', `${node.name}/scaled`, [x, node.inputs[1]!], this.values[node.output]!)
        : x;
    const [op, inputs] = node.op === 'sub' && at === 1 ? (['sub', [constant, x]] as const) : (['add', [scaled, constant]] as const); // prettier-ignore
    this.emit({ ...node, op, inputs, attributes: {} } as unknown as Node, left);
    return true;
  }

  /** What moves values, sums two of them or multiplies them by a matrix leaves a shift. */
  private carried(node: Node, out: readonly number[]): boolean {
    const { op, inputs } = node;
    const from = new Set(inputs.flatMap((id) => [...(this.shifts.get(id)?.from ?? [])]));
    const of = (id: ValueId): Field => this.shifts.get(id)?.field ?? filled(shapeOf(this.values[id]!) ?? [], 0);
    let field: Field | null;
    if ((op === 'add' || op === 'sub') && inputs.every((id) => shapeOf(this.values[id]!))) {
      const [a, b] = inputs.map((id) => expanded(of(id), out)) as [Field, Field];
      const sign = op === 'add' ? 1 : -1;
      field = { shape: out, data: a.data.map((each, i) => each + sign * b.data[i]!) };
    } else if (op === 'matmul') field = this.product(node as Node<'matmul'>, out);
    else if (op === 'sum' || op === 'mean') field = reduced(of(inputs[0]!), node as Node<'sum' | 'mean'>, out);
    else if (op === 'softmax' || op === 'logSoftmax')
      return this.group(node as Node<'softmax' | 'logSoftmax'>, of(inputs[0]!)); // prettier-ignore
    else if (op === 'log') return this.logarithm(node, of(inputs[0]!), from);
    else field = moved(node, { ...this.given, values: this.values }, out, of);
    if (!field) return false;
    this.emit(node, { field, from });
    return true;
  }

  /** Of what all of a group share nothing is left in a softmax; where they lie too far apart, nothing is won. */
  private group(node: Node<'softmax' | 'logSoftmax'>, { shape, data }: Field): boolean {
    const { axis } = node.attributes;
    const strides = stridesOf(shape);
    const size = shape[axis]!;
    const rest = data.map((each, at) => each - data[at - (Math.floor(at / strides[axis]!) % size) * strides[axis]!]!);
    const most = (values: Float64Array): number => values.reduce((all, each) => Math.max(all, Math.abs(each)), 0);
    if (most(rest) > most(data) / 2) return false;
    const [x] = node.inputs as [ValueId];
    const near = rest.some((each) => each !== 0)
      ? this.added('add', `${node.name}/near`, [x, this.constant(`${node.name}/apart`, { shape, data: rest })], this.values[x]!) // prettier-ignore
      : x;
    this.nodes.push({ ...node, inputs: [near] });
    return true;
  }

  /** log(s + x̃) = log s + log1p(x̃ / s) */
  private logarithm(node: Node, { shape, data }: Field, from: ReadonlySet<ValueId>): boolean {
    if (!data.every((each) => each > 0)) return false;
    const [x] = node.inputs as [ValueId];
    const inverse = this.constant(`${node.name}/inverse`, { shape, data: data.map((each) => 1 / each) });
    const share = this.added('mul', `${node.name}/share`, [x, inverse], this.values[x]!);
    const near = { ...node, op: 'log1p', inputs: [share], attributes: {} } as unknown as Node;
    this.emit(near, { field: { shape, data: data.map(Math.log) }, from });
    return true;
  }

  private product({ inputs, attributes }: Node<'matmul'>, out: readonly number[]): Field | null {
    const shift = this.shifts.get(inputs[0]!)?.field;
    const kernel = this.values[inputs[1]!]!.constant;
    if (!shift || !kernel || kernel.shape.length !== 2 || attributes.transposeA || this.shifts.has(inputs[1]!))
      return null;
    const { data } = fieldOf(kernel);
    const inner = shift.shape.at(-1)!;
    const units = out.at(-1)!;
    const [down, along] = attributes.transposeB ? [1, inner] : [units, 1];
    const made = Float64Array.from({ length: sizeOf(out) }, (_, i) => {
      const [row, unit] = [Math.floor(i / units), i % units];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += shift.data[row * inner + k]! * data[k * down + unit * along]!;
      return sum;
    });
    return { shape: out, data: made };
  }

  /** A node whose output is held shifted; where it is looked at, whole. */
  private emit(node: Node, shift: { readonly field: Field; readonly from: ReadonlySet<ValueId> }): void {
    if (shift.field.data.every((each) => each === 0)) {
      this.nodes.push(node);
      return;
    }
    if (!this.plain.has(node.output)) {
      this.nodes.push(node);
      this.shifts.set(node.output, shift);
      return;
    }
    const value = this.values[node.output]!;
    const held = this.value(`${value.name}/shifted`, value.shape, null, value.dtype);
    this.nodes.push({ ...node, output: held });
    const constant = this.constant(`${value.name}/shift`, shift.field);
    this.nodes.push({ op: 'add', name: value.name, inputs: [held, constant], output: value.id, attributes: {} });
    for (const input of shift.from) this.restored.add(input);
  }

  /** A value as it means. */
  private restore(id: ValueId): ValueId {
    const shift = this.shifts.get(id);
    if (!shift) return id;
    const known = this.whole.get(id);
    if (known !== undefined) return known;
    const { name } = this.values[id]!;
    const constant = this.constant(`${name}/shift`, shift.field);
    const whole = this.added('add', `${name}/whole`, [id, constant], this.values[id]!);
    for (const input of shift.from) this.restored.add(input);
    this.whole.set(id, whole);
    return whole;
  }

  /** @param like of whose shape and type it is */
  private added(op: 'add' | 'mul', name: string, inputs: readonly ValueId[], like: Value): ValueId {
    const output = this.value(name, like.shape, null, like.dtype);
    this.nodes.push({ op, name, inputs, output, attributes: {} });
    return output;
  }

  private constant(name: string, { shape, data }: Field): ValueId {
    return this.value(name, shape, { shape, data: Float32Array.from(data) });
  }

  private value(
    name: string,
    shape: Value['shape'],
    constant: Constant | null,
    dtype: Value['dtype'] = 'float32',
  ): ValueId {
    const id = this.values.length;
    this.values.push({ id, name, shape, dtype, constant });
    return id;
  }
}
