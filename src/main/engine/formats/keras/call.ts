/** One call of one layer, as the translators see it. */
import type { Constant, Shape, ValueId } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { OpAttributes, OpName } from '../../graph/ops';
import { written } from '../../../../contract/words/shape';
import { UNKNOWN_SHAPE } from '../../graph/shapes';
import { type Config, ConfigFault, shown } from '../json';
import { type HostArray, isArray, NotExpressible, range, reals } from '../tensors/array';
import type { Assembly, Tensor, Varying } from '../tensors/assembly';
import { Operand } from './arguments';
import type { CallSpec } from './config';
import { type Mask, Unfollowed } from './mask';
import type { Version } from './version';
import type { Part, StoredWeight, WantedWeight } from './weights';

/** A layer that is known, with an option that no op expresses: it is shown, and refused when a run needs it. */
export { NotExpressible };

/** A layer that has no rule as ops either: a hash. */
export class ByHash extends NotExpressible {}

/** What a layer's weights and derived constants are asked from; shared by all calls of the layer. */
export interface LayerConstants {
  /** Weights as constants of the graph, in the order asked. */
  readonly weights: (wanted: readonly WantedWeight[], part?: Part) => ValueId[];
  /** What the file holds for the layer or a part of it, in the file's order, without reading it. */
  readonly held: (part?: Part) => readonly StoredWeight[];
  /** A number derived from weights or configuration, made once per layer. */
  readonly derived: (name: string, make: () => Constant) => ValueId;
  /** Makes a value inside the layer a layer of its own, so that its units can be looked at. */
  readonly inside: (name: string, kind: string, value: ValueId, unitAxis: number) => void;
}

export interface CallOptions {
  readonly kind: string;
  /** Unique name of this call, prefix of what is inside. */
  readonly name: string;
  readonly config: Config;
  readonly inputs: readonly ValueId[];
  /** Which steps of each input count. */
  readonly masks: readonly Mask[];
  /** Whether it is called with a mask, as files of Keras 3 say of every layer that looked for one. */
  readonly masked?: boolean;
  readonly spec: CallSpec;
  /** Of the Keras that wrote the file. */
  readonly version: Version;
  /** How the model was quantised, by the first of its layers that tells: `quantization_config`. */
  readonly quantization: unknown;
  /** Axes that a TimeDistributed puts before the layer's own. */
  readonly lead: number;
}

export class LayerCall {
  readonly kind: string;
  readonly name: string;
  readonly config: Config;
  readonly inputs: readonly ValueId[];
  readonly masks: readonly Mask[];
  readonly masked: boolean;
  readonly spec: CallSpec;
  readonly version: Version;
  readonly quantization: unknown;
  readonly lead: number;
  private readonly builder: GraphBuilder;

  constructor(
    /** Builds with tensors that have a batch axis, and arrays. */
    readonly to: Assembly,
    private readonly constants: LayerConstants,
    private readonly options: CallOptions,
  ) {
    this.builder = to.builder;
    const { kind, name, config, inputs, masks, masked = false, spec, version, lead } = options;
    [this.kind, this.name, this.config, this.inputs, this.masks] = [kind, name, config, inputs, masks];
    [this.masked, this.spec, this.version, this.lead] = [masked, spec, version, lead];
    this.quantization = options.quantization;
  }

  /** Major version of the Keras that wrote the file. */
  get keras(): number {
    return this.version.major;
  }

  /** The same call with something else of it changed: what a wrapper gives its inner layer. */
  with(changes: Partial<CallOptions>): LayerCall {
    return new LayerCall(this.to, this.constants, { ...this.options, ...changes });
  }

  /** A layer inside this one, whose weights an archive keeps under a key of their own: `layers/dense`. */
  within(key: string, changes: Partial<CallOptions>): LayerCall {
    const inner = (part?: Part): Part =>
      part === undefined ? key : typeof part === 'string' ? `${key}/${part}` : { ...part, key: `${key}/${part.key}` };
    const { weights, held, derived } = this.constants;
    const constants: LayerConstants = {
      ...this.constants,
      weights: (wanted, part) => weights(wanted, inner(part)),
      held: (part) => held(inner(part)),
      derived: (name, make) => derived(`${key}/${name}`, make),
    };
    return new LayerCall(this.to, constants, { ...this.options, ...changes });
  }

  /** The layer's input, where it takes one. */
  get input(): ValueId {
    const [only] = this.inputs;
    if (only === undefined) throw new ConfigFault('it has no input');
    return only;
  }

  /**
   * Which steps of an input count, by a truth value [...steps]: of the layer's own axes, and those of a TimeDistributed
   * before them. Null: all of them.
   */
  mask(place = 0): ValueId | null {
    const mask = this.masks[place] ?? null;
    if (mask instanceof Unfollowed) throw new NotExpressible(mask.reason);
    return mask !== null && this.shape(mask).length > this.lead ? mask : null;
  }

  /** The mask of a tensor given as an argument. */
  maskOf(place: number, name: string): ValueId | null {
    const value = this.argument(place, name);
    return value instanceof Operand ? this.mask(value.place) : null;
  }

  /** Adds an op inside the layer, named `layer/inside`. */
  op<Op extends OpName>(op: Op, inputs: readonly ValueId[], attributes: OpAttributes[Op], inside: string): ValueId {
    return this.builder.add(op, inputs, attributes, `${this.name}/${inside}`);
  }

  /** The same of truths, which stay such. */
  truth<Op extends OpName>(op: Op, inputs: readonly ValueId[], attributes: OpAttributes[Op], inside: string): ValueId {
    return this.builder.add(op, inputs, attributes, `${this.name}/${inside}`, undefined, 'bool');
  }

  shape(id: ValueId = this.input): Shape {
    return this.builder.shape(id);
  }

  /** Whether nothing is known of a value's shape, as behind an unknown layer. */
  isShapeless(id: ValueId): boolean {
    return this.builder.shape(id) === UNKNOWN_SHAPE;
  }

  /** Data of a constant. */
  data(id: ValueId): Constant {
    const { constant } = this.builder.at(id);
    if (!constant) throw new Error('not a constant');
    return constant;
  }

  /** The input's numbers where they are known when the file is opened; null where it varies. */
  fixed(id: ValueId = this.input): Constant | null {
    return this.builder.at(id).constant;
  }

  /** Weights in the order asked. A size of null fits any. */
  weights(...wanted: readonly (readonly [names: string | readonly string[], shape: Shape])[]): ValueId[] {
    return this.constants.weights(
      wanted.map(([names, shape]) => ({ names: typeof names === 'string' ? [names] : names, shape })),
    );
  }

  /** The same of a part that an archive keeps apart, as the cell of a recurrent layer: `cell`. */
  weightsIn(part: Part, ...wanted: readonly (readonly [names: string | readonly string[], shape: Shape])[]): ValueId[] {
    return this.constants.weights(
      wanted.map(([names, shape]) => ({ names: typeof names === 'string' ? [names] : names, shape })),
      part,
    );
  }

  /** The same with more said of each than its names and shape. */
  stored(wanted: readonly WantedWeight[], part?: Part): ValueId[] {
    return this.constants.weights(wanted, part);
  }

  /** What the file holds for the layer or a part of it, in the file's order. */
  held(part?: Part): readonly StoredWeight[] {
    return this.constants.held(part);
  }

  derived(name: string, make: () => Constant): ValueId {
    return this.constants.derived(name, make);
  }

  /** A constant number. */
  scalar(name: string, value: number): ValueId {
    return this.derived(name, () => ({ shape: [], data: Float32Array.of(value) }));
  }

  get channelsFirst(): boolean {
    return this.config.text('data_format', 'channels_last') === 'channels_first';
  }

  /** An argument of the call, by place or name: JSON with operands in it; undefined where it was not given. */
  argument(place: number, name: string): unknown {
    return (
      this.spec.positional[place] ??
      (Object.hasOwn(this.spec.named, name) ? this.spec.named[name] : undefined) ??
      undefined
    );
  }

  /** The tensor given as an argument; null where none was. */
  given(place: number, name: string): ValueId | null {
    const value = this.argument(place, name);
    return value instanceof Operand ? this.inputs[value.place]! : null;
  }

  /** Whether a flag of the call was set. */
  told(name: string): boolean {
    return Object.hasOwn(this.spec.named, name) && this.spec.named[name] === true;
  }

  /** A value as a tensor with its batch axis, time steps merged into it. */
  tensor(id: ValueId = this.input): Varying {
    const rank = this.shape(id).length - this.lead;
    return {
      id,
      axes: [range(this.lead + 1), ...range(rank, this.lead + 1).map((axis) => [axis])],
      opaque: this.isShapeless(id) ? 'a layer of unknown shape' : null,
    };
  }

  /** Builds with tensors; ops get names from `inside`. */
  assembled<T>(inside: string, work: (to: Assembly) => T): T {
    return this.to.at({ name: `${this.name}/${inside}`, kind: this.kind }, () => work(this.to));
  }

  /** A tensor as a value, its axes in order. */
  value(x: Tensor, inside: string): ValueId {
    if (isArray(x)) throw new NotExpressible('a result that does not depend on the input');
    return this.assembled(inside, (to) => to.settled(x));
  }

  /** A weight or another constant, for building with tensors. */
  array(id: ValueId): HostArray {
    const { shape, data } = this.data(id);
    return reals(shape, data as Float32Array);
  }

  /** Makes a tensor inside the layer a layer of its own. @returns the tensor as that layer gives it */
  shownAs(x: Tensor, inside: string, unitAxis = -1): Varying {
    const id = this.value(x, inside);
    const rank = this.shape(id).length;
    this.builder.rename(id, `${this.name}/${inside}`);
    this.constants.inside(inside, this.kind, id, unitAxis < 0 ? rank + unitAxis : unitAxis + this.lead);
    return this.tensor(id);
  }

  /** Keras's axis (the batch is 0, negatives count from the end) as ours. */
  axis(axis: unknown, id: ValueId = this.input): number {
    if (typeof axis !== 'number' || !Number.isInteger(axis))
      throw new ConfigFault(`an axis is ${shown(axis)}, expected a whole number`);
    const rank = this.shape(id).length;
    const ours = axis < 0 ? rank + axis : axis - 1 + this.lead;
    if (ours < this.lead || ours >= rank)
      throw new ConfigFault(`axis ${axis} does not exist in shape ${written(this.shape(id))}`);
    return ours;
  }

  /** `axis` of the configuration, one or a list, as ours. */
  axes(key: string, missing: number): number[] {
    const value = this.config.get(key) ?? missing;
    return (Array.isArray(value) ? value : [value]).map((axis) => this.axis(axis));
  }

  /** A size that must be known to go on. */
  known(axis: number, id: ValueId = this.input): number {
    const size = this.shape(id)[axis];
    if (size === undefined) throw new ConfigFault(`its input of shape ${written(this.shape(id))} has too few axes`);
    if (size === null)
      throw new ConfigFault(`its input of shape ${written(this.shape(id))} leaves axis ${axis + 1} open`);
    return size;
  }

  /** Checks the rank a layer of `spatial` axes wants, leading axes of a TimeDistributed included. */
  wantRank(rank: number, id: ValueId = this.input): void {
    const have = this.shape(id).length - this.lead;
    if (have !== rank)
      throw new ConfigFault(
        `its input has shape ${written(this.shape(id))}, expected ${rank} ax${rank === 1 ? 'is' : 'es'} besides the batch`,
      );
  }

  /**
   * Spatial layers compute channels last: moves channels behind the spatial axes, runs `inner`, and moves them back
   * where the layer says channels_first.
   * @param inner gets and gives [...spatial, channels]
   */
  spatially(inner: (channelsLast: ValueId) => ValueId): ValueId {
    if (!this.channelsFirst) return inner(this.input);
    const { lead } = this;
    const rank = this.shape().length;
    const leading = Array.from({ length: lead }, (_, axis) => axis);
    const spatial = Array.from({ length: rank - lead - 1 }, (_, axis) => lead + 1 + axis);
    const last = this.op('transpose', [this.input], { permutation: [...leading, ...spatial, lead] }, 'channels_last');
    const result = inner(last);
    const after = this.shape(result).length;
    if (after !== rank) return result;
    const back = [...leading, after - 1, ...spatial.map((axis) => axis - 1)];
    return this.op('transpose', [result], { permutation: back }, 'channels_first');
  }
}
