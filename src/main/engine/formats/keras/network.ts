/** Walks a Keras network, layer call by layer call, into a graph. */
import { MhoError } from '../../../../contract/errors';
import type { GraphBuilder } from '../../graph/builder';
import type { Constant, Shape, ValueId } from '../../graph/graph';
import { UNKNOWN_SHAPE } from '../../graph/shapes';
import { ConfigFault } from '../json';
import { LayerCall, type LayerConstants, NotExpressible } from './call';
import {
  type CallSpec,
  inputShape,
  inputType,
  isNetwork,
  type LayerSpec,
  networkSpec,
  type NetworkSpec,
  type Reference,
} from './config';
import { archiveKeys } from './keys';
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
}

export class NetworkTranslator {
  private readonly ownerOf = new Map<ValueId, string>();
  private readonly unitAxes = new Map<ValueId, number>();
  private readonly masked = new Set<ValueId>();
  private readonly weightsOf = new Map<string, ValueId[]>();
  private readonly derivedOf = new Map<string, ValueId>();
  private readonly claimed = new Set<StoredWeight>();
  private readonly named = new Map<string, number>();
  /** Every weight in the order it was read, for the hash. */
  readonly read: { readonly name: string; readonly constant: Constant }[] = [];

  /** @param keras major version of the Keras that wrote the file */
  constructor(
    private readonly builder: GraphBuilder,
    private readonly store: WeightStore,
    private readonly keras: number,
  ) {}

  /** Translates the whole model. */
  model(model: LayerSpec): void {
    const spec = this.blamed(model.name, model.kind, () => networkSpec(model));
    const root: Enclosing = { models: [], group: [], key: '', call: '' };
    this.countNames(spec, model, 0);
    const outputs = this.network(spec, model, root, null);
    spec.outputs.forEach(({ layer, node }, index) => {
      this.builder.output(callName(layer, node), outputs[index]!);
    });
  }

  /** How often a name stands in the model and those it contains: inner layers with a name of others get their models'. */
  private countNames(spec: NetworkSpec, model: LayerSpec, depth: number): void {
    if (depth > DEEPEST) throw this.fault(model, 'models are nested too deeply');
    for (const layer of spec.layers) {
      if (isNetwork(layer))
        this.countNames(
          this.blamed(layer.name, layer.kind, () => networkSpec(layer)),
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
  private network(spec: NetworkSpec, model: LayerSpec, at: Enclosing, given: readonly ValueId[] | null): ValueId[] {
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
    const made = new Map<string, readonly ValueId[]>();
    const shapes = recordedShapes(spec);
    const open: { readonly layer: LayerSpec; readonly call: CallSpec; readonly node: number }[] = [];
    for (const layer of spec.layers)
      if (layer.kind === 'InputLayer' && fed.has(layer.name)) {
        made.set(nodeKey(layer.name, 0), [fed.get(layer.name) ?? this.input(layer, at)]);
      } else layer.calls.forEach((call, node) => open.push({ layer, call, node }));

    const ready = (reference: Reference): boolean => made.has(nodeKey(reference.layer, reference.node));
    const resolve = (reference: Reference): ValueId => {
      const values = made.get(nodeKey(reference.layer, reference.node));
      const value = values?.[reference.tensor];
      if (value !== undefined) return value;
      const layer = byName.get(reference.layer);
      if (layer && values && !isNetwork(layer) && this.builder.producer(values[0]!)?.op === 'unknown')
        return this.further(values[0]!, layer, reference, shapes);
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
          isNetwork(layer)
            ? this.nested(layer, values, at, keys, node)
            : this.layer(layer, call, values, at, keys, name, shapes.get(nodeKey(layer.name, node))),
        );
      }
      if (still.length === waiting.length) {
        const { layer, call } = still[0]!;
        const missing = call.inputs.find((reference) => !ready(reference))!;
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
    values: readonly ValueId[],
    at: Enclosing,
    keys: ReadonlyMap<string, string>,
    node: number,
  ): ValueId[] {
    const call = node === 0 ? at.call : `:${node + 1}`;
    return this.network(
      this.blamed(layer.name, layer.kind, () => networkSpec(layer)),
      layer,
      {
        models: [...at.models, layer.name],
        group: [...at.group, callName(layer.name, node)],
        key: `${at.key}${keys.get(layer.name)!}/`,
        call,
      },
      values,
    );
  }

  private layer(
    layer: LayerSpec,
    call: CallSpec,
    inputs: readonly ValueId[],
    at: Enclosing,
    keys: ReadonlyMap<string, string>,
    called: string,
    recorded: Shape | undefined,
  ): ValueId[] {
    const alone = at.group.length === 0 || this.named.get(layer.name) === 1;
    const name = alone
      ? this.builder.freeLayerName(called === layer.name ? `${called}${at.call}` : called, at.group)
      : this.builder.freeLayerName([...at.group, called].join('/'));
    const place: Place = {
      models: at.models,
      layer: layer.name,
      key: `${at.key}${keys.get(layer.name) ?? layer.name}`,
    };
    const before = this.read.length;
    const row = layer.isKeras && layer.isLayer ? rowOf(layer.kind) : null;
    let others: readonly ValueId[] = [];
    const output = this.builder.within({ layer: name, kind: layer.kind }, () =>
      this.blamed(name, layer.kind, () => {
        const usable = row && this.usable(row, inputs) ? row : null;
        const value = usable ? this.translated(usable, layer, call, inputs, place, name) : layer.kind;
        if (typeof value === 'string')
          return this.builder.add('unknown', inputs, { kind: value }, name, recorded ?? UNKNOWN_SHAPE);
        const [first, ...further] = value;
        this.builder.rename(first!, name);
        others = further;
        return first!;
      }),
    );
    const parameters = this.read.slice(before).reduce((sum, { constant }) => sum + constant.data.length, 0);
    if (inputs.some((id) => this.masked.has(id)) || masks(layer)) this.masked.add(output);
    this.register(layer, name, at.group, output, inputs, parameters, this.unitAxis(row, layer, inputs, output));
    for (const other of others) this.ownerOf.set(other, name);
    return [output, ...others];
  }

  /** Not behind a value nobody knows the shape of, nor where a mask would count. */
  private usable(row: LayerRow, inputs: readonly ValueId[]): boolean {
    if (row.readsMask && inputs.some((id) => this.masked.has(id))) return false;
    return row.anyShape === true || inputs.every((id) => this.builder.shape(id) !== UNKNOWN_SHAPE);
  }

  /** @returns the layer's values, or, where it has an option that no op expresses, its kind with that option */
  private translated(
    row: LayerRow,
    layer: LayerSpec,
    spec: CallSpec,
    inputs: readonly ValueId[],
    place: Place,
    name: string,
  ): ValueId[] | string {
    const { kind, config } = layer;
    const options = { kind, name, config, inputs, spec, keras: this.keras, lead: 0 };
    try {
      const value = row.translate(new LayerCall(this.builder, this.constants(place, layer), options));
      // A layer that hands on one of its inputs still has a value of its own.
      if (Array.isArray(value)) return value;
      return [inputs.includes(value) ? this.builder.add('identity', [value], {}, `${name}/identity`) : value];
    } catch (error) {
      if (error instanceof NotExpressible) return `${kind} with ${error.message}`;
      throw error;
    }
  }

  private constants(place: Place, layer: LayerSpec): LayerConstants {
    const owner = [...place.models, place.layer].join('/');
    return {
      weights: (wanted, part) => {
        const key = `${owner}|${part ?? ''}|${wanted.map((each) => each.names[0]).join(',')}`;
        const known = this.weightsOf.get(key);
        if (known) return [...known];
        const wrapped = layer.kind === 'TimeDistributed' ? { ...place, key: `${place.key}/layer` } : place;
        const exact = part === undefined ? wrapped : { ...wrapped, key: `${wrapped.key}/${part}` };
        const ids = findWeights(this.store, exact, layer.kind, wanted, this.claimed).map((weight, index) => {
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

  private unitAxis(row: LayerRow | null, layer: LayerSpec, inputs: readonly ValueId[], output: ValueId): number | null {
    const rank = this.builder.shape(output).length;
    if (rank === 0) return null;
    if (row?.units === 'format' && layer.config.get('data_format') === 'channels_first') return rank > 1 ? 0 : rank - 1;
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
      for (const { layer: name, node, tensor, shape } of call.inputs)
        if (shape) {
          if (tensor === 0) shapes.set(nodeKey(name, node), shape);
          shapes.set(`${nodeKey(name, node)}/${tensor}`, shape);
        }
  return shapes;
}
