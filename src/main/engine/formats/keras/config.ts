/** Keras's model configuration in one form, whichever version wrote it. */
import type { DType, Shape } from '../../graph/graph';
import { Config, ConfigFault, isRecord } from '../json';

/** One tensor of a network: which output of which call of which layer. */
export interface Reference {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
  /** As Keras 3 writes it; null where the file does not say. */
  readonly shape: Shape | null;
}

/** One call of a layer. */
export interface CallSpec {
  readonly inputs: readonly Reference[];
  /** Positional and named arguments of operations that are not layers: numbers, texts, references. */
  readonly arguments: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

export interface LayerSpec {
  readonly kind: string;
  readonly name: string;
  readonly config: Config;
  readonly calls: readonly CallSpec[];
  /** False for operations of keras.ops in a functional model: they own no weights and are not counted. */
  readonly isLayer: boolean;
  /** Whether it is one of Keras's own; a custom class may share a name with one. */
  readonly isKeras: boolean;
  /** The input shape Keras 3 records beside the configuration; null where it does not, or there are several. */
  readonly builtShape: Shape | null;
}

export interface NetworkSpec {
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

const NETWORKS = new Set(['Functional', 'Model', 'Sequential']);
export const isNetwork = (layer: LayerSpec): boolean =>
  NETWORKS.has(layer.kind) && (layer.kind === 'Sequential' || layer.config.has('layers'));

/** The spec of one layer, as it stands in a network's list or inside a wrapper. */
export function layerSpec(value: unknown): LayerSpec {
  const raw = Config.of(value, 'a layer');
  const kind = raw.text('class_name');
  // Keras up to 2.2.2 writes a Sequential's configuration as a bare list.
  const bare = raw.get('config');
  const config = Config.of(Array.isArray(bare) ? { layers: bare } : (bare ?? {}), `the configuration of a ${kind}`);
  const module = raw.get('module');
  const isKeras = typeof module !== 'string' || /^(keras|tf_keras|tensorflow)(\.|$)/.test(module);
  return {
    kind,
    name: typeof raw.get('name') === 'string' ? raw.text('name') : config.text('name', kind.toLowerCase()),
    config,
    calls: raw.has('inbound_nodes') ? raw.list('inbound_nodes').map(callSpec) : [],
    isLayer: typeof module !== 'string' || !/\.ops\./.test(`${module}.`),
    isKeras,
    builtShape: isRecord(raw.get('build_config')) ? builtShape(raw.config('build_config'), 'input_shape') : null,
  };
}

/** `inbound_nodes`: Keras 2 lists [layer, node, tensor, kwargs], Keras 3 the call's arguments with tensors as objects. */
function callSpec(value: unknown): CallSpec {
  if (isRecord(value) && ('args' in value || 'kwargs' in value)) {
    const inputs: Reference[] = [];
    const args = (value['args'] ?? []) as unknown[];
    const kwargs = isRecord(value['kwargs']) ? value['kwargs'] : {};
    if (!Array.isArray(args)) throw new ConfigFault('the arguments of a call are not a list');
    collectTensors([args, kwargs], inputs);
    return { inputs, arguments: args, named: kwargs };
  }
  if (!Array.isArray(value)) throw new ConfigFault('a call is neither a list nor an object');
  const entries = typeof value[0] === 'string' ? [value] : (value as unknown[]);
  const named = entries.flatMap((entry) => (Array.isArray(entry) && isRecord(entry[3]) ? [entry[3]] : []));
  const inputs = entries.flatMap((entry) =>
    Array.isArray(entry) && entry[0] !== '_CONSTANT_VALUE' ? [reference(entry)] : [],
  );
  return { inputs, arguments: entries, named: Object.assign({}, ...named) as Record<string, unknown> };
}

/** [layer, node, tensor] */
function reference(entry: readonly unknown[], shape: Shape | null = null): Reference {
  const [layer, node, tensor] = entry;
  if (typeof layer !== 'string' || !isCount(node) || !isCount(tensor))
    throw new ConfigFault(`${JSON.stringify(entry).slice(0, 60)} does not name a tensor`);
  return { layer, node, tensor, shape };
}
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Tensor of Keras 3's serialisation; null for anything else. */
export function tensorReference(value: unknown): Reference | null {
  if (!isRecord(value) || value['class_name'] !== '__keras_tensor__') return null;
  const config = Config.of(value['config'], 'a tensor');
  const shape = config.get('shape');
  return reference(config.list('keras_history'), Array.isArray(shape) ? withoutBatch(shape) : null);
}

function collectTensors(value: unknown, into: Reference[], depth = 0): void {
  if (depth > 16) throw new ConfigFault('the arguments of a call are nested too deeply');
  const tensor = tensorReference(value);
  if (tensor) into.push(tensor);
  else if (Array.isArray(value)) for (const each of value) collectTensors(each, into, depth + 1);
  else if (isRecord(value)) for (const each of Object.values(value)) collectTensors(each, into, depth + 1);
}

/** `input_layers`, `output_layers`: one triple, a list of them, or an object of them. */
function endpoints(value: unknown, depth = 0): Reference[] {
  if (depth > 8) throw new ConfigFault("the model's inputs are nested too deeply");
  if (Array.isArray(value))
    return typeof value[0] === 'string' ? [reference(value)] : value.flatMap((each) => endpoints(each, depth + 1));
  if (isRecord(value)) return Object.values(value).flatMap((each) => endpoints(each, depth + 1));
  return [];
}

/** A shape with its batch axis, as JSON; @returns it without. */
export function withoutBatch(value: unknown): Shape {
  if (!Array.isArray(value) || !value.length)
    throw new ConfigFault(`${JSON.stringify(value)} is no shape with a batch axis`);
  return value.slice(1).map((size) => {
    if (size === null || size === -1) return null;
    if (!Number.isInteger(size) || size < 1) throw new ConfigFault(`${JSON.stringify(value)} is no shape`);
    return size as number;
  });
}

/** The input shape a layer's own configuration records, under any of its names; null where it does not. */
export function inputShape(config: Config): Shape | null {
  for (const key of ['batch_shape', 'batchInputShape', 'batch_input_shape'])
    if (config.has(key)) return withoutBatch(config.get(key));
  if (config.has('input_shape')) return withoutBatch([null, ...config.list('input_shape')]);
  return null;
}

export function inputType(config: Config): DType {
  const dtype = config.get('dtype');
  const name = isRecord(dtype) && isRecord(dtype['config']) ? dtype['config']['name'] : dtype;
  if (name === 'string') return 'string';
  if (name === 'bool') return 'bool';
  return typeof name === 'string' && /^u?int/.test(name) ? 'int32' : 'float32';
}

/** A model's configuration. @throws ConfigFault */
export function networkSpec(model: LayerSpec): NetworkSpec {
  return model.kind === 'Sequential' ? sequential(model) : functional(model);
}

function functional(model: LayerSpec): NetworkSpec {
  const { config } = model;
  const layers = config.list('layers').map(layerSpec);
  const inputs = endpoints(config.get('input_layers'));
  const outputs = endpoints(config.get('output_layers'));
  if (!outputs.length) throw new ConfigFault('the model has no outputs');
  return counted({ name: config.text('name', model.name), layers, inputs, outputs });
}

/**
 * tf.keras counts the calls of a nested model from 1, as its own making was call 0 and is not in the file; Keras 3 and
 * all other layers count from 0. Every call in a file is used, so a number past the last call tells.
 */
function counted(spec: NetworkSpec): NetworkSpec {
  const used = [...spec.outputs, ...spec.layers.flatMap((layer) => layer.calls.flatMap((call) => call.inputs))];
  const calls = new Map(spec.layers.filter(isNetwork).map((layer) => [layer.name, layer.calls.length]));
  const fromOne = new Set(used.filter(({ layer, node }) => node === calls.get(layer)).map(({ layer }) => layer));
  if (!fromOne.size) return spec;
  const renumbered = (reference: Reference): Reference =>
    fromOne.has(reference.layer) ? { ...reference, node: Math.max(reference.node - 1, 0) } : reference;
  return {
    ...spec,
    outputs: spec.outputs.map(renumbered),
    layers: spec.layers.map((layer) => ({
      ...layer,
      calls: layer.calls.map((call) => ({ ...call, inputs: call.inputs.map(renumbered) })),
    })),
  };
}

/** A chain; where the file has no InputLayer, one is made as Keras would. */
function sequential(model: LayerSpec): NetworkSpec {
  const { config } = model;
  const listed = config.list('layers').map(layerSpec);
  const first = listed[0];
  if (!first) throw new ConfigFault('the model has no layers');
  const layers = first.kind === 'InputLayer' ? listed : [inputFor(model, first), ...listed];
  const chain = layers.map<LayerSpec>((layer, index) => {
    const before = layers[index - 1];
    const inputs = before ? [{ layer: before.name, node: 0, tensor: 0, shape: null }] : [];
    return { ...layer, calls: [{ inputs, arguments: [], named: {} }] };
  });
  const end = chain.at(-1)!;
  const at = (layer: LayerSpec): Reference => ({ layer: layer.name, node: 0, tensor: 0, shape: null });
  return { name: config.text('name', model.name), layers: chain, inputs: [at(chain[0]!)], outputs: [at(end)] };
}

function inputFor(model: LayerSpec, first: LayerSpec): LayerSpec {
  const recorded = shapeOfFirst(first) ?? builtShape(model.config, 'build_input_shape') ?? model.builtShape;
  if (!recorded)
    throw new ConfigFault('the file does not record its input shape: the model was saved before it was ever called');
  const config = new Config({ batch_shape: [null, ...recorded], dtype: first.config.get('dtype') ?? 'float32' });
  const name = `${first.name}_input`;
  return { kind: 'InputLayer', name, config, calls: [], isLayer: true, isKeras: true, builtShape: null };
}

/** The shape the first layer takes; looks into nested models. */
function shapeOfFirst(layer: LayerSpec, depth = 0): Shape | null {
  const own = inputShape(layer.config) ?? builtShape(layer.config, 'build_input_shape') ?? layer.builtShape;
  if (own || depth > 16 || !isNetwork(layer)) return own;
  const inner = layer.config.list('layers')[0];
  return inner === undefined ? null : shapeOfFirst(layerSpec(inner), depth + 1);
}

function builtShape(config: Config, key: string): Shape | null {
  const built = config.get(key);
  return Array.isArray(built) && built.length > 0 && !Array.isArray(built[0]) ? withoutBatch(built) : null;
}
