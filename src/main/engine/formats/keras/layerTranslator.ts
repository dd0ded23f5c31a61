/** Translates calls of layers into the graph: each call's values, its weights, and the layer that the user sees. */
import { MhoError } from '../../../../contract/errors';
import { isRecord } from '../../../../contract/records';
import type { GraphBuilder } from '../../graph/builder';
import type { Constant, Shape, ValueId } from '../../graph/graph';
import { UNKNOWN_SHAPE } from '../../graph/shapes';
import { type Config, ConfigFault } from '../json';
import { asConstant, type HostArray, isArray, product } from '../tensors/array';
import type { Assembly, Varying } from '../tensors/assembly';
import { ByHash, type CallOptions, LayerCall, type LayerConstants, NotExpressible } from './call';
import { type CallSpec, inputShape, inputType, layerSpec, type LayerSpec } from './config';
import { operationOf } from './operations';
import { type Mask, Unfollowed } from './mask';
import { maskAfter, SAME_TENSOR, withGivenMasks } from './masks';
import type { LayerRow } from './row';
import { rowOf } from './table';
import { isSince, type Version } from './version';
import { findSharedWeights, type Part, type Place, type StoredWeight, weightsHeld, type WeightStore } from './weights';

/** Where a network stands among those that contain it. */
export interface Enclosing {
  /** Names of the models from outside to inside, as in the file. */
  readonly models: readonly string[];
  /** The same as the user sees them: `encoder:2` at a shared model's second call. */
  readonly group: readonly string[];
  /** Keys of the weight archive down to this network. */
  readonly key: string;
  /** `:2` at the second call of a shared model, else nothing. */
  readonly call: string;
  /** Axes that TimeDistributed puts before those of every value. */
  readonly lead: number;
}

/** A value of the graph, or numbers known when the file is opened, batch axis and all. */
export type Made = ValueId | HostArray;

/** A call of a layer, as it stands in the file and in the graph. */
export interface Called {
  /** Unique among all layers. */
  readonly name: string;
  /** Without the models around it: `dense:2`. */
  readonly called: string;
  readonly place: Place;
  /** Shape of its output, where the file tells it. */
  readonly recorded: Shape | undefined;
}

export class LayerTranslator {
  private readonly ownerOf = new Map<ValueId, string>();
  private readonly unitAxes = new Map<ValueId, number>();
  /** Which steps of a value count; without an entry, all. */
  private readonly masks = new Map<ValueId, Mask>();
  /** Values that are one tensor to Keras, by the first of them. */
  private readonly sameAs = new Map<ValueId, ValueId>();
  private readonly weightsOf = new Map<string, ValueId[]>();
  /** Constants by the stored weight they were read from: of a layer that models share they are there once. */
  private readonly constantOf = new Map<StoredWeight, ValueId>();
  private readonly derivedOf = new Map<string, ValueId>();
  private readonly claimed = new Set<StoredWeight>();
  /** Values whose first axes Keras counts among the examples ([N · T, C]), with how many they are. */
  private readonly joined = new Map<ValueId, number>();
  /** Constants by the array they hold. */
  private readonly held = new Map<HostArray, ValueId>();
  private readonly builder: GraphBuilder;
  /** Numbers that the file holds for layers without a rule, which are counted and not read. */
  unread = 0;
  /** Every weight in the order it was read, for the hash. */
  readonly read: { readonly name: string; readonly constant: Constant }[] = [];

  /** @param quantization how the model was quantised, by the first of its layers that tells */
  constructor(
    private readonly to: Assembly,
    private readonly store: WeightStore,
    private readonly version: Version,
    private readonly quantization: unknown,
  ) {
    this.builder = to.builder;
  }

  /** An input of the model. */
  input(layer: LayerSpec, at: Enclosing): ValueId {
    return blamed(layer.name, layer.kind, () => {
      const shape = inputShape(layer.config);
      if (!shape) throw new ConfigFault('it records no shape');
      const name = this.builder.freeLayerName(layer.name, at.group);
      const value = this.builder.input(name, shape, inputType(layer.config));
      this.register(layer, name, at.group, value, [], 0, shape.length ? shape.length - 1 : null);
      return value;
    });
  }

  /**
   * Translates one call of a layer; where no op expresses it, into an unknown op.
   * @param given what it is called with
   * @returns its outputs
   * @throws MODEL_CONFIG, MODEL_WEIGHTS_MISSING, MODEL_WEIGHTS_SHAPE
   */
  call(
    layer: LayerSpec,
    call: CallSpec,
    given: readonly Made[],
    at: Enclosing,
    { name, place, called, recorded }: Called,
  ): Made[] {
    const operation = operationOf(layer);
    const row = !operation && layer.isKeras && layer.isLayer ? rowOf(layer.kind) : null;
    const inputs = given.map((each) => this.value(each, name));
    const inner: Inside[] = [];
    let before = this.read.length;
    /** Parameters read since it was last asked. */
    const parameters = (): number => {
      const fresh = this.read.slice(before);
      before = this.read.length;
      return fresh.reduce((sum, { constant }) => sum + constant.data.length, 0);
    };
    const inside: LayerConstants['inside'] = (part, kind, value, unitAxis) =>
      inner.push({ name: `${name}/${part}`, kind, value, unitAxis, parameters: parameters() });
    const met = { hash: false };
    const made = this.builder.within({ layer: name, kind: layer.kind }, () =>
      blamed(name, layer.kind, () => {
        const options = { kind: layer.kind, name, config: layer.config, inputs, spec: call, ...this.given(inputs) };
        return this.tried(
          layer.kind,
          () => {
            const lead = at.lead + this.joinedAxes(inputs);
            const plain = new LayerCall(this.to, this.constants(place, layer, inside), { ...options, lead });
            const view = operation ? plain : withGivenMasks(plain);
            if (!operation && !(row && this.usable(row, inputs, given, lead))) throw new NotExpressible('');
            const value = operation
              ? operation(view, given).map((x) => (isArray(x) ? x : this.settled(view, x, at.lead)))
              : row!.translate(view);
            const [first, ...others] = Array.isArray(value) ? value : [value];
            const values = [this.own(first!, inputs, name), ...others];
            if (!operation) this.handOn(view, values);
            if (!operation && lead > at.lead)
              for (const each of values) if (typeof each === 'number') this.joined.set(each, lead - at.lead);
            return values;
          },
          (error) => (met.hash = error instanceof ByHash),
        );
      }),
    );
    this.nameAssembled();
    if (typeof made !== 'string' && made.some(isMadeArray)) return made;
    const failed = typeof made === 'string';
    const ruled = operation !== null || row !== null;
    const why = {
      layer: true,
      option: ruled,
      ...(met.hash && { unfollowed: true }),
      behind: ruled && inputs.some((id) => this.builder.shape(id) === UNKNOWN_SHAPE),
    };
    const values = failed
      ? [this.builder.add('unknown', inputs, { kind: made, ...why }, name, recorded ?? UNKNOWN_SHAPE)]
      : (made as ValueId[]);
    const [output, ...others] = values as [ValueId, ...ValueId[]];
    this.builder.rename(output, name);
    const group = inner.length && !failed ? [...at.group, called] : at.group;
    for (const { name: part, kind, value, unitAxis, parameters: own } of failed ? [] : inner)
      this.register({ ...layer, kind }, part, group, value, this.feeding(value, inputs, inner), own, unitAxis);
    const sources = inner.length && !failed ? this.feeding(output, inputs, inner) : inputs;
    this.register(
      layer,
      name,
      group,
      output,
      sources,
      parameters() + (failed ? this.countUnread(place) : 0),
      this.unitAxis(row, layer, inputs, output, at.lead),
    );
    for (const other of others) if (!this.ownerOf.has(other)) this.ownerOf.set(other, name);
    return values;
  }

  /** Numbers as a constant of the graph, which has no batch axis. */
  value(made: Made, layer: string): ValueId {
    if (typeof made === 'number') return made;
    const known = this.held.get(made);
    if (known !== undefined) return known;
    const shape = made.shape[0] === 1 ? made.shape.slice(1) : made.shape;
    const id = this.builder.constant(asConstant({ ...made, shape }), `${layer}/constant`);
    this.held.set(made, id);
    return id;
  }

  /** How many numbers the file holds for a layer that cannot be computed, and that no other layer has. */
  private countUnread(place: Place): number {
    const own = this.store.under(place).filter((each) => !this.claimed.has(each) && !GENERATOR.test(each.name));
    for (const each of own) this.claimed.add(each);
    const count = own.reduce((sum, { shape }) => sum + product(shape), 0);
    this.unread += count;
    return count;
  }

  /** What a call knows of its inputs' masks, and of who wrote the file. */
  private given(inputs: readonly ValueId[]): Pick<CallOptions, 'masks' | 'version' | 'quantization'> {
    const { version, quantization } = this;
    return { masks: inputs.map((id) => this.masks.get(id) ?? null), version, quantization };
  }

  /** Gives what a layer made the masks it has. */
  private handOn(view: LayerCall, values: readonly Made[]): void {
    maskAfter(view, values.length).forEach((mask, place) => {
      const value = values[place];
      if (mask !== null && typeof value === 'number') this.masks.set(value, mask);
    });
    const [first] = values;
    const { kind, inputs } = view;
    if (SAME_TENSOR.has(kind) && typeof first === 'number') this.sameAs.set(first, this.tensorOf(inputs[0]!));
    if (kind !== 'MultiHeadAttention' || !isSince(this.version, 3, 8)) return;
    // Since Keras 3.8 it takes the masks away from the very tensors that it is given: layers behind it do not see them.
    const taken = new Set(inputs.map((id) => this.tensorOf(id)));
    for (const id of [...this.masks.keys()])
      if (taken.has(this.tensorOf(id)) && !values.includes(id)) this.masks.delete(id);
  }

  private tensorOf(id: ValueId): ValueId {
    return this.sameAs.get(id) ?? id;
  }

  /** Masks of what a network gives that is applied at every time step. @param before the values it was given */
  maskOverTime(before: readonly Made[], after: readonly Made[], lead: number): void {
    const [first] = before;
    const outer = typeof first === 'number' ? (this.masks.get(first) ?? null) : null;
    for (const value of after) {
      if (typeof value !== 'number') continue;
      const own = this.masks.get(value) ?? null;
      const kept = this.version.major < 3 && typeof own === 'number' && this.builder.shape(own).length > lead + 1;
      if (!kept) this.masks.set(value, typeof outer === 'number' ? this.outermost(outer, lead) : outer);
    }
  }

  /** A mask of the outermost steps alone. */
  private outermost(mask: ValueId, lead: number): Mask {
    return this.builder.shape(mask).length > lead + 1 ? new Unfollowed('a mask of steps within steps') : mask;
  }

  /** A further output of an unknown layer. */
  further(first: ValueId, layer: LayerSpec, tensor: number, recorded: Shape | undefined): ValueId {
    const inputs = this.builder.producer(first)?.inputs ?? [];
    const name = `${this.ownerOf.get(first) ?? layer.name}/output_${tensor}`;
    const value = this.builder.add('unknown', inputs, { kind: layer.kind }, name, recorded ?? UNKNOWN_SHAPE);
    this.ownerOf.set(value, this.ownerOf.get(first) ?? layer.name);
    return value;
  }

  /** A tensor as a value; axes that it counts among the examples stay before the others and are remembered. */
  private settled(view: LayerCall, x: Varying, lead: number): ValueId {
    const id = view.value(x, 'inside');
    const merged = (x.axes[0]?.length ?? 1) - 1 - lead;
    if (merged > 0) this.joined.set(id, merged);
    return id;
  }

  /** How many axes all of these values count among the examples. */
  private joinedAxes(inputs: readonly ValueId[]): number {
    const counts = new Set(
      inputs.filter((id) => this.builder.at(id).constant === null).map((id) => this.joined.get(id) ?? 0),
    );
    if (counts.size > 1) throw new NotExpressible('positions made of examples beside others');
    return [...counts][0] ?? 0;
  }

  /** A layer that hands on one of its inputs, or gives what another gave, still has a value of its own. */
  private own(made: Made, inputs: readonly ValueId[], name: string): Made {
    if (typeof made !== 'number' || this.builder.at(made).constant) return made;
    if (!inputs.includes(made) && !this.ownerOf.has(made)) return made;
    const own = this.builder.add('identity', [made], {}, `${name}/identity`);
    this.joined.set(own, this.joined.get(made) ?? 0);
    return own;
  }

  /** Which of a layer's inputs and inner layers a value inside it is computed from. */
  private feeding(value: ValueId, inputs: readonly ValueId[], inner: readonly Inside[]): ValueId[] {
    const ends = new Set([...inputs, ...inner.map((part) => part.value)]);
    const found = new Set<ValueId>();
    const seen = new Set<ValueId>();
    const open = [...(this.builder.producer(value)?.inputs ?? [])];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (ends.has(id)) found.add(id);
      else open.push(...(this.builder.producer(id)?.inputs ?? []));
    }
    return [...found];
  }

  /** Gives what was built with tensors the names of its layer. */
  private nameAssembled(): void {
    for (const [id, { name }] of this.to.origins)
      if (this.builder.at(id).name.startsWith('~')) this.builder.rename(id, name);
    this.to.origins.clear();
  }

  /** Whether the row can be used: not behind a value nobody knows the shape of. */
  private usable(row: LayerRow, inputs: readonly ValueId[], given: readonly Made[], lead: number): boolean {
    if (lead > 0 && !row.overTime) throw new NotExpressible('steps before its own axes');
    if (given.some(isMadeArray) && !row.takesConstants) throw new NotExpressible('numbers among its inputs');
    return row.anyShape === true || inputs.every((id) => this.builder.shape(id) !== UNKNOWN_SHAPE);
  }

  /** @param met is told why not @returns what `work` gives, or, where there is an option that no op expresses, the kind with that option */
  private tried<T>(kind: string, work: () => T, met: (error: NotExpressible) => void): T | string {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      met(error);
      return error.message ? `${kind} with ${this.to.refusal(error)}` : kind;
    }
  }

  private constants(place: Place, layer: LayerSpec, inside: LayerConstants['inside']): LayerConstants {
    const owner = [...place.models, place.layer].join('/');
    /** Where a part stands, with its key and its scope in names. */
    const exactly = (given: Part | undefined): { exact: Place; part: string | undefined; scope: string | null } => {
      const part = typeof given === 'object' ? given.key : given;
      const scope = typeof given === 'object' ? given.scope : null;
      const within = '/layer'.repeat(wrappers(layer)) + (part === undefined ? '' : `/${part}`);
      const inside = (each: Place): Place => ({ ...each, key: `${each.key}${within}` });
      return { exact: { ...inside(place), twins: () => (place.twins?.() ?? []).map(inside) }, part, scope };
    };
    return {
      inside,
      held: (given) => {
        const { exact, scope } = exactly(given);
        return weightsHeld(this.store, exact, scope);
      },
      weights: (wanted, given) => {
        const { exact, part, scope } = exactly(given);
        const key = `${owner}|${part ?? ''}|${wanted.map((each) => each.names[0]).join(',')}`;
        const known = this.weightsOf.get(key);
        if (known) return [...known];
        const ids = findSharedWeights(this.store, exact, wanted, this.claimed, scope).map((weight, index) => {
          const shared = this.constantOf.get(weight);
          if (shared !== undefined) return shared;
          const name = [owner, ...(part === undefined ? [] : [part]), wanted[index]!.names[0]!].join('/');
          const constant = { shape: weight.shape, data: weight.read() };
          this.read.push({ name, constant });
          const id = this.builder.constant(constant, name);
          this.constantOf.set(weight, id);
          return id;
        });
        this.weightsOf.set(key, ids);
        return [...ids];
      },
      derived: (name, make) => {
        const key = `${owner}/${name}`;
        const known = this.derivedOf.get(key);
        if (known !== undefined) return known;
        const id = this.builder.constant(make(), key);
        this.derivedOf.set(key, id);
        return id;
      },
    };
  }

  private unitAxis(
    row: LayerRow | null,
    layer: LayerSpec,
    inputs: readonly ValueId[],
    output: ValueId,
    lead: number,
  ): number | null {
    const rank = this.builder.shape(output).length;
    if (rank === 0) return null;
    if (row?.units === 'format' && layer.config.get('data_format') === 'channels_first')
      return rank > lead + 1 ? lead : rank - 1;
    const [first] = inputs;
    const same = first !== undefined && this.builder.shape(first).length === rank;
    return (row?.units === 'kept' && same ? this.unitAxes.get(first) : undefined) ?? rank - 1;
  }

  private register(
    layer: LayerSpec,
    name: string,
    group: readonly string[],
    output: ValueId,
    inputs: readonly ValueId[],
    parameters: number,
    unitAxis: number | null,
  ): void {
    this.ownerOf.set(output, name);
    if (unitAxis !== null) this.unitAxes.set(output, unitAxis);
    const feeding = [...new Set(inputs.flatMap((id) => this.ownerOf.get(id) ?? []))];
    const own = { name, kind: layer.kind, group, output, unitAxis, inputs: feeding, parameters };
    this.builder.layer({ ...own, ...(keepsState(layer.config) && { stateful: true }) });
  }
}

/** Turns a fault of the configuration into an error of the catalogue that names the layer. */
export function blamed<T>(layer: string, kind: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw new MhoError('MODEL_CONFIG', { layer, kind, reason: error.message }, { cause: error });
  }
}

/** States of generators of random numbers, which Keras does not count. */
const GENERATOR = /seed_generator|random_generator/;

/** A value inside a layer that is a layer of its own. */
interface Inside {
  readonly name: string;
  readonly kind: string;
  readonly value: ValueId;
  readonly unitAxis: number;
  readonly parameters: number;
}

const isMadeArray = (made: Made): made is HostArray => typeof made === 'object' && isArray(made);
/** Whether a layer, or the one inside it, goes on from the batch before. */
function keepsState(config: Config): boolean {
  const inner = config.get('layer');
  return config.get('stateful') === true || (isRecord(inner) && keepsState(layerSpec(inner).config));
}

/** How many wrappers a layer is in. */
const wrappers = (layer: LayerSpec): number =>
  (layer.kind === 'TimeDistributed' || layer.kind === 'SpectralNormalization') && layer.config.has('layer')
    ? 1 + wrappers(layerSpec(layer.config.get('layer')))
    : 0;
