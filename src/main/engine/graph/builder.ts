/** Builds a graph op by op, with shapes inferred and names kept unique. Every format goes through it. */
import { MhoError } from '../../../contract/errors';
import type { Constant, DType, Graph, Layer, Node, Port, Shape, Value, ValueId } from './graph';
import { shapeOf, type OpAttributes, type OpName } from './ops';
import { ImpossibleShape } from './shapes';

/** Who an impossible shape is blamed on. */
interface Blame {
  readonly layer: string;
  readonly kind: string;
}

export class GraphBuilder {
  private readonly values: Value[] = [];
  private readonly nodes: Node[] = [];
  private readonly layers: Layer[] = [];
  private readonly inputs: Port[] = [];
  private readonly outputs: Port[] = [];
  /** Where each value's node stands. */
  private readonly places = new Map<ValueId, number>();
  private readonly counts = new Map<string, number>();
  private readonly valueNames = new Set<string>();
  private readonly layerNames = new Set<string>();
  /** The least count that may be free, by name. */
  private readonly layerCounts = new Map<string, number>();
  private readonly outputNames = new Set<string>();
  private readonly aliases = new Map<string, ValueId>();
  private blame: Blame | null = null;

  /** Whether an input has a size that is free. */
  leavesFree = false;

  /** @param bind gives an input's shape sizes that were chosen for it */
  constructor(
    readonly name: string,
    private readonly bind: (input: string, shape: Shape) => Shape = (_, shape) => shape,
  ) {}

  /** A model input. @param given its shape without the batch axis, as the file has it */
  input(name: string, given: Shape, dtype: DType = 'float32'): ValueId {
    const shape = this.bind(name, given);
    for (const size of shape)
      if (size !== null && !(Number.isInteger(size) && size >= 1))
        throw new MhoError('MODEL_CONFIG', { layer: name, kind: 'input', reason: `a size of ${size} is not possible` });
    if (shape.includes(null)) this.leavesFree = true;
    const id = this.value(name, shape, dtype, null);
    this.inputs.push({ name: this.values[id]!.name, value: id });
    return id;
  }

  /** A weight or another number fixed in the model. @param dtype told where its numbers are not made yet */
  constant(
    constant: Constant,
    name: string,
    dtype: DType = constant.data instanceof Int32Array ? 'int32' : 'float32',
  ): ValueId {
    return this.value(name, constant.shape, dtype, constant);
  }

  /**
   * An op; its shape is inferred.
   * @param shape only for `unknown`, where the file tells the shape that nobody can infer
   * @param dtype of the output, where it is no real number
   * @throws MODEL_CONFIG when the op cannot work on its inputs' shapes
   */
  add<Op extends OpName>(
    op: Op,
    inputs: readonly ValueId[],
    attributes: OpAttributes[Op],
    name: string,
    shape?: Shape,
    dtype: DType = 'float32',
  ): ValueId {
    const output = this.value(name, shape ?? this.inferred(op, inputs, attributes, name), dtype, null);
    this.places.set(output, this.nodes.length);
    this.nodes.push({ op, name: this.values[output]!.name, inputs, output, attributes } as unknown as Node);
    return output;
  }

  /** The shape that an op would have. @param name who is blamed for an impossible one @throws MODEL_CONFIG */
  inferred<Op extends OpName>(op: Op, inputs: readonly ValueId[], attributes: OpAttributes[Op], name: string): Shape {
    try {
      return shapeOf(
        op,
        inputs.map((id) => this.values[id]!),
        attributes,
      );
    } catch (error) {
      if (!(error instanceof ImpossibleShape)) throw error;
      const { layer, kind } = this.blame ?? { layer: name, kind: op };
      throw new MhoError('MODEL_CONFIG', { layer, kind, reason: error.message }, { cause: error });
    }
  }

  /** Runs `build` with faults of shape blamed on this layer. */
  within<T>(blame: Blame, build: () => T): T {
    const outer = this.blame;
    this.blame = blame;
    try {
      return build();
    } finally {
      this.blame = outer;
    }
  }

  private value(name: string, shape: Shape, dtype: DType, constant: Constant | null): ValueId {
    const id = this.values.length;
    this.values.push({ id, name: this.unique(name, this.valueNames), shape, dtype, constant });
    return id;
  }

  /** The name itself, or with `:2`, `:3` … where it is taken. */
  private unique(name: string, taken: Set<string>): string {
    let free = name;
    // Unrolled steps give thousands of values one name: counting goes on where it ended.
    let count = this.counts.get(name) ?? 2;
    for (; taken.has(free); count++) free = `${name}:${count}`;
    if (free !== name) this.counts.set(name, count);
    taken.add(free);
    return free;
  }

  at(id: ValueId): Value {
    return this.values[id]!;
  }

  shape(id: ValueId): Shape {
    return this.values[id]!.shape;
  }

  /** The node that gives a value; null for inputs and constants. */
  producer(id: ValueId): Node | null {
    const place = this.places.get(id);
    return place === undefined ? null : this.nodes[place]!;
  }

  /** Gives a value another name: an op is made before it is known to be its layer's last. */
  rename(id: ValueId, name: string): void {
    const value = this.values[id]!;
    if (value.name === name) return;
    this.valueNames.delete(value.name);
    const renamed = this.unique(name, this.valueNames);
    this.values[id] = { ...value, name: renamed };
    const at = this.places.get(id);
    if (at !== undefined) this.nodes[at] = { ...this.nodes[at]!, name: renamed };
  }

  /** A name no layer has yet: the name itself or, where taken, with its group, else numbered. */
  freeLayerName(name: string, group: readonly string[] = []): string {
    if (!this.layerNames.has(name)) return name;
    const qualified = [...group, name].join('/');
    let free = qualified;
    // A layer that is called thousands of times: names are only ever taken, so counting goes on where it ended.
    let count = this.layerCounts.get(qualified) ?? 2;
    for (; this.layerNames.has(free); count++) free = `${qualified}:${count}`;
    if (free !== qualified) this.layerCounts.set(qualified, count - 1);
    return free;
  }

  /** Registers a layer; its name must be free. */
  layer(layer: Layer): void {
    if (this.layerNames.has(layer.name))
      throw new MhoError('MODEL_CONFIG', { layer: layer.name, kind: layer.kind, reason: 'two layers have this name' });
    this.layerNames.add(layer.name);
    this.layers.push(layer);
  }

  output(name: string, value: ValueId): void {
    this.outputs.push({ name: this.unique(name, this.outputNames), value });
  }

  renameOutput(name: string, to: string): void {
    const at = this.outputs.findIndex((port) => port.name === name);
    this.outputs[at] = { ...this.outputs[at]!, name: to };
    this.outputNames.delete(name);
    this.outputNames.add(to);
  }

  /** Another name by which a value is found. The first that takes it keeps it. */
  alias(name: string, value: ValueId): void {
    if (!this.aliases.has(name)) this.aliases.set(name, value);
  }

  build(): Graph {
    const { name, values, nodes, inputs, outputs, layers, aliases } = this;
    return { name, values, nodes, inputs, outputs, layers, ...(aliases.size > 0 && { aliases }) };
  }
}
