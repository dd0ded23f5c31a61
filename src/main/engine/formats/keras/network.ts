/** Walks a Keras network, layer call by layer call, into a graph. */
import { MhoError } from '../../../../contract/errors';
import type { GraphBuilder } from '../../graph/builder';
import type { Constant, Shape, ValueId } from '../../graph/graph';
import { UNKNOWN_SHAPE } from '../../graph/shapes';
import { ConfigFault } from '../json';
import { asConstant, type HostArray, isArray } from '../tensors/array';
import type { Assembly, Varying } from '../tensors/assembly';
import { Operand } from './arguments';
import { LayerCall, type LayerConstants, NotExpressible } from './call';
import {
  type CallSpec,
  inputShape,
  inputType,
  isNetwork,
  isReference,
  layerSpec,
  type LayerSpec,
  networkSpec,
  type NetworkSpec,
  overTime,
  type Reference,
} from './config';
import { archiveKeys } from './keys';
import { operationOf } from './operations';
import type { LayerRow } from './row';
import { rowOf } from './table';
import { findWeights, type Place, type StoredWeight, type WeightStore } from './weights';

/** A nesting deeper than this is taken as damage. */
const DEEPEST = 32;

/** Where a network stands among those that contain it. */
interface Enclosing {
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
type Made = ValueId | HostArray;

export class NetworkTranslator {
  private readonly ownerOf = new Map<ValueId, string>();
  private readonly unitAxes = new Map<ValueId, number>();
  private readonly masked = new Set<ValueId>();
  private readonly weightsOf = new Map<string, ValueId[]>();
  private readonly derivedOf = new Map<string, ValueId>();
  private readonly claimed = new Set<StoredWeight>();
  private readonly named = new Map<string, number>();
  private readonly builder: GraphBuilder;
  /** Values whose first axes Keras counts among the examples ([N · T, C]), with how many they are. */
  private readonly joined = new Map<ValueId, number>();
  /** Constants by the array they hold. */
  private readonly held = new Map<HostArray, ValueId>();
  /** Every weight in the order it was read, for the hash. */
  readonly read: { readonly name: string; readonly constant: Constant }[] = [];

  /** @param keras major version of the Keras that wrote the file */
  constructor(
    private readonly to: Assembly,
    private readonly store: WeightStore,
    private readonly keras: number,
  ) {
    this.builder = to.builder;
  }

  /** Translates the whole model. */
  model(model: LayerSpec): void {
    const spec = this.blamed(model.name, model.kind, () => networkSpec(model));
    const root: Enclosing = { models: [], group: [], key: '', call: '', lead: 0 };
    this.countNames(spec, model, 0);
    const outputs = this.network(spec, model, root, null);
    spec.outputs.forEach(({ layer, node }, index) => {
      this.builder.output(callName(layer, node), this.value(outputs[index]!, layer));
    });
  }

  /** How often a name stands in the model and those it contains: inner layers with a name of others get their models'. */
  private countNames(spec: NetworkSpec, model: LayerSpec, depth: number): void {
    if (depth > DEEPEST) throw this.fault(model, 'models are nested too deeply');
    for (const layer of spec.layers) {
      const inner = networkIn(layer);
      if (inner)
        this.countNames(
          this.blamed(layer.name, layer.kind, () => networkSpec(inner)),
          layer,
          depth + 1,
        );
      else if (layer.kind !== 'InputLayer' || depth === 0)
        this.named.set(layer.name, (this.named.get(layer.name) ?? 0) + 1);
    }
  }

  /** Turns a fault of the configuration into an error of the catalogue that names the layer. */
  private blamed<T>(layer: string, kind: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      throw new MhoError('MODEL_CONFIG', { layer, kind, reason: error.message }, { cause: error });
    }
  }

  /**
   * @param given values for the network's inputs, where another network calls it; null for the model itself
   * @returns one value per output
   */
  private network(spec: NetworkSpec, model: LayerSpec, at: Enclosing, given: readonly Made[] | null): Made[] {
    if (at.group.length > DEEPEST) throw this.fault(model, 'models are nested too deeply');
    const keys = archiveKeys(spec.layers);
    const inputs = spec.inputs.length
      ? spec.inputs
      : spec.layers.filter((each) => each.kind === 'InputLayer').map(start);
    if (given && given.length !== inputs.length)
      throw this.fault(model, `it is called with ${given.length} inputs, expected ${inputs.length}`);
    const fed = new Map(inputs.map((reference, index) => [reference.layer, given?.[index]] as const));

    const byName = new Map<string, LayerSpec>();
    for (const layer of spec.layers) {
      if (byName.has(layer.name)) throw this.fault(layer, 'two layers have this name');
      byName.set(layer.name, layer);
    }

    // Values by `layer` and node; a shared layer has a node per call.
    const made = new Map<string, readonly Made[]>();
    const shapes = recordedShapes(spec);
    const open: { readonly layer: LayerSpec; readonly call: CallSpec; readonly node: number }[] = [];
    for (const layer of spec.layers)
      if (layer.kind === 'InputLayer' && fed.has(layer.name)) {
        made.set(nodeKey(layer.name, 0), [fed.get(layer.name) ?? this.input(layer, at)]);
      } else layer.calls.forEach((call, node) => open.push({ layer, call, node }));

    const ready = (input: Reference | HostArray): boolean =>
      !isReference(input) || made.has(nodeKey(input.layer, input.node));
    const resolve = (reference: Reference | HostArray): Made => {
      if (!isReference(reference)) return reference;
      const values = made.get(nodeKey(reference.layer, reference.node));
      const value = values?.[reference.tensor];
      if (value !== undefined) return value;
      const layer = byName.get(reference.layer);
      const [first] = values ?? [];
      if (layer && typeof first === 'number' && !isNetwork(layer) && this.builder.producer(first)?.op === 'unknown')
        return this.further(first, layer, reference, shapes);
      throw this.fault(
        layer ?? model,
        `there is no output ${reference.tensor} of call ${reference.node} of ${reference.layer}`,
      );
    };

    // Files list layers in an order that mostly runs already; what waits for others is tried again.
    let waiting = open;
    while (waiting.length) {
      const still: typeof open = [];
      for (const each of waiting) {
        if (!each.call.inputs.every(ready)) {
          still.push(each);
          continue;
        }
        const { layer, call, node } = each;
        const values = call.inputs.map(resolve);
        const name = callName(layer.name, node);
        made.set(
          nodeKey(layer.name, node),
          networkIn(layer)
            ? this.nested(layer, values, at, keys, node)
            : this.layer(layer, call, values, at, keys, name, shapes.get(nodeKey(layer.name, node))),
        );
      }
      if (still.length === waiting.length) {
        const { layer, call } = still[0]!;
        const missing = call.inputs.find((input): input is Reference => !ready(input))!;
        const why = byName.has(missing.layer) ? 'which waits for it in turn' : 'which does not exist';
        throw this.fault(layer, `it takes its input from ${missing.layer}, ${why}`);
      }
      waiting = still;
    }

    return spec.outputs.map((reference) => {
      if (!byName.has(reference.layer)) throw this.fault(model, `its output ${reference.layer} does not exist`);
      return resolve(reference);
    });
  }

  private fault(layer: LayerSpec, reason: string): MhoError {
    return new MhoError('MODEL_CONFIG', { layer: layer.name, kind: layer.kind, reason });
  }

  private input(layer: LayerSpec, at: Enclosing): ValueId {
    return this.blamed(layer.name, layer.kind, () => {
      const shape = inputShape(layer.config);
      if (!shape) throw new ConfigFault('it records no shape');
      const name = this.builder.freeLayerName(layer.name, at.group);
      const value = this.builder.input(name, shape, inputType(layer.config));
      this.register(layer, name, at.group, value, [], 0, shape.length ? shape.length - 1 : null);
      return value;
    });
  }

  private nested(
    layer: LayerSpec,
    values: readonly Made[],
    at: Enclosing,
    keys: ReadonlyMap<string, string>,
    node: number,
  ): Made[] {
    const call = node === 0 ? at.call : `:${node + 1}`;
    const distributed = !isNetwork(layer);
    const key = `${at.key}${keys.get(layer.name)!}/`;
    return this.network(
      this.blamed(layer.name, layer.kind, () => networkSpec(networkIn(layer)!)),
      layer,
      {
        models: [...at.models, layer.name],
        group: [...at.group, callName(layer.name, node)],
        key: distributed ? `${key}layer/` : key,
        call,
        lead: at.lead + (distributed ? 1 : 0),
      },
      values,
    );
  }

  /** Numbers as a constant of the graph, which has no batch axis. */
  private value(made: Made, layer: string): ValueId {
    if (typeof made === 'number') return made;
    const known = this.held.get(made);
    if (known !== undefined) return known;
    const shape = made.shape[0] === 1 ? made.shape.slice(1) : made.shape;
    const id = this.builder.constant(asConstant({ ...made, shape }), `${layer}/constant`);
    this.held.set(made, id);
    return id;
  }

  private layer(
    layer: LayerSpec,
    call: CallSpec,
    given: readonly Made[],
    at: Enclosing,
    keys: ReadonlyMap<string, string>,
    called: string,
    recorded: Shape | undefined,
  ): Made[] {
    const alone = at.group.length === 0 || this.named.get(layer.name) === 1;
    const name = alone
      ? this.builder.freeLayerName(called === layer.name ? `${called}${at.call}` : called, at.group)
      : this.builder.freeLayerName([...at.group, called].join('/'));
    const place: Place = {
      models: at.models,
      layer: layer.name,
      key: `${at.key}${keys.get(layer.name) ?? layer.name}`,
    };
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
    const made = this.builder.within({ layer: name, kind: layer.kind }, () =>
      this.blamed(name, layer.kind, () => {
        const options = { kind: layer.kind, name, config: layer.config, inputs, spec: call, keras: this.keras };
        return this.tried(layer.kind, () => {
          const lead = at.lead + this.joinedAxes(inputs);
          const view = new LayerCall(this.to, this.constants(place, layer, inside), { ...options, lead });
          if (!operation && !(row && this.usable(row, call, inputs, given, lead))) throw new NotExpressible('');
          const value = operation
            ? operation(view, given).map((x) => (isArray(x) ? x : this.settled(view, x, at.lead)))
            : row!.translate(view);
          const [first, ...others] = Array.isArray(value) ? value : [value];
          const values = [this.own(first!, inputs, name), ...others];
          if (!operation && lead > at.lead)
            for (const each of values) if (typeof each === 'number') this.joined.set(each, lead - at.lead);
          return values;
        });
      }),
    );
    this.nameAssembled();
    if (typeof made !== 'string' && made.some(isMadeArray)) return made;
    const failed = typeof made === 'string';
    const values = failed
      ? [this.builder.add('unknown', inputs, { kind: made }, name, recorded ?? UNKNOWN_SHAPE)]
      : (made as ValueId[]);
    const [output, ...others] = values as [ValueId, ...ValueId[]];
    this.builder.rename(output, name);
    const group = inner.length && !failed ? [...at.group, called] : at.group;
    for (const { name: part, kind, value, unitAxis, parameters: own } of failed ? [] : inner)
      this.register({ ...layer, kind }, part, group, value, this.feeding(value, inputs, inner), own, unitAxis);
    if (inputs.some((id) => this.masked.has(id)) || masks(layer)) for (const each of values) this.masked.add(each);
    const sources = inner.length && !failed ? this.feeding(output, inputs, inner) : inputs;
    this.register(
      layer,
      name,
      group,
      output,
      sources,
      parameters(),
      this.unitAxis(row, layer, inputs, output, at.lead),
    );
    for (const other of others) if (!this.ownerOf.has(other)) this.ownerOf.set(other, name);
    return values;
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

  /** Whether the row can be used: not behind a value nobody knows the shape of, nor where a mask would count. */
  private usable(
    row: LayerRow,
    call: CallSpec,
    inputs: readonly ValueId[],
    given: readonly Made[],
    lead: number,
  ): boolean {
    if (row.readsMask && (inputs.some((id) => this.masked.has(id)) || hasOperand(call.named['mask']))) return false;
    if (lead > 0 && !row.overTime) throw new NotExpressible('steps before its own axes');
    if (given.some(isMadeArray) && !row.takesConstants) throw new NotExpressible('numbers among its inputs');
    return row.anyShape === true || inputs.every((id) => this.builder.shape(id) !== UNKNOWN_SHAPE);
  }

  /** @returns what `work` gives, or, where there is an option that no op expresses, the kind with that option */
  private tried<T>(kind: string, work: () => T): T | string {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotExpressible) return error.message ? `${kind} with ${error.message}` : kind;
      throw error;
    }
  }

  private constants(place: Place, layer: LayerSpec, inside: LayerConstants['inside']): LayerConstants {
    const owner = [...place.models, place.layer].join('/');
    return {
      inside,
      weights: (wanted, given) => {
        const part = typeof given === 'object' ? given.key : given;
        const scope = typeof given === 'object' ? given.scope : null;
        const key = `${owner}|${part ?? ''}|${wanted.map((each) => each.names[0]).join(',')}`;
        const known = this.weightsOf.get(key);
        if (known) return [...known];
        const wrapped = { ...place, key: `${place.key}${'/layer'.repeat(wrappers(layer))}` };
        const exact = part === undefined ? wrapped : { ...wrapped, key: `${wrapped.key}/${part}` };
        const ids = findWeights(this.store, exact, wanted, this.claimed, scope).map((weight, index) => {
          const name = [owner, ...(part === undefined ? [] : [part]), wanted[index]!.names[0]!].join('/');
          const constant = { shape: weight.shape, data: weight.read() };
          this.read.push({ name, constant });
          return this.builder.constant(constant, name);
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

  /** A further output of an unknown layer. */
  private further(first: ValueId, layer: LayerSpec, reference: Reference, shapes: ReadonlyMap<string, Shape>): ValueId {
    const inputs = this.builder.producer(first)?.inputs ?? [];
    const name = `${this.ownerOf.get(first) ?? layer.name}/output_${reference.tensor}`;
    const shape = shapes.get(`${nodeKey(reference.layer, reference.node)}/${reference.tensor}`);
    const value = this.builder.add('unknown', inputs, { kind: layer.kind }, name, shape ?? UNKNOWN_SHAPE);
    this.ownerOf.set(value, this.ownerOf.get(first) ?? layer.name);
    return value;
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
    this.builder.layer({ name, kind: layer.kind, group, output, unitAxis, inputs: feeding, parameters });
  }
}

/** A value inside a layer that is a layer of its own. */
interface Inside {
  readonly name: string;
  readonly kind: string;
  readonly value: ValueId;
  readonly unitAxis: number;
  readonly parameters: number;
}

const isMadeArray = (made: Made): made is HostArray => typeof made === 'object' && isArray(made);
const hasOperand = (value: unknown): boolean =>
  value instanceof Operand || (Array.isArray(value) && value.some(hasOperand));
/** How many times a layer is wrapped in TimeDistributed. */
const wrappers = (layer: LayerSpec): number =>
  layer.kind === 'TimeDistributed' && layer.config.has('layer')
    ? 1 + wrappers(layerSpec(layer.config.get('layer')))
    : 0;
/** The network that a layer is, or applies at every time step; null for other layers. */
const networkIn = (layer: LayerSpec): LayerSpec | null => (isNetwork(layer) ? layer : overTime(layer));

/** A shared layer's second call is `name:2`. */
const callName = (layer: string, node: number): string => (node === 0 ? layer : `${layer}:${node + 1}`);
const nodeKey = (layer: string, node: number): string => `${layer}@${node}`;
const start = (layer: LayerSpec): Reference => ({ layer: layer.name, node: 0, tensor: 0, shape: null });
const masks = (layer: LayerSpec): boolean =>
  layer.kind === 'Masking' || (layer.kind === 'Embedding' && layer.config.get('mask_zero') === true);

/** Shapes that Keras 3 writes beside each use of a tensor: the only word there is on unknown layers. */
function recordedShapes(spec: NetworkSpec): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const layer of spec.layers)
    for (const call of layer.calls)
      for (const { layer: name, node, tensor, shape } of call.inputs.filter(isReference))
        if (shape) {
          if (tensor === 0) shapes.set(nodeKey(name, node), shape);
          shapes.set(`${nodeKey(name, node)}/${tensor}`, shape);
        }
  return shapes;
}
