/** Keras's model configuration in one form, whichever version wrote it. */
import { isRecord } from '../../../../contract/records';
import type { DType, Shape } from '../../graph/graph';
import { Config, ConfigFault, nested, shown } from '../json';
import { type HostArray, reals, wholes } from '../tensors/array';
import { ELLIPSIS, Operand, Slice } from './arguments';

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
  /** Tensors and arrays among the arguments, in order. */
  readonly inputs: readonly (Reference | HostArray)[];
  /** Arguments by place and by name, with an `Operand` in the place of each of `inputs`. */
  readonly positional: readonly unknown[];
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
  /** Whether the file says that it wrote this very layer before, somewhere else. */
  readonly isShared: boolean;
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

/** The network that a TimeDistributed applies at every step; null for everything else. */
export function overTime(layer: LayerSpec): LayerSpec | null {
  const inner = layer.kind === 'TimeDistributed' ? layer.config.get('layer') : undefined;
  if (!isRecord(inner) || !NETWORKS.has(inner['class_name'] as string)) return null;
  const spec = layerSpec(inner);
  return isNetwork(spec) ? spec : null;
}

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
    isLayer: typeof module === 'string' ? !/\.ops\./.test(`${module}.`) : !isOperation(raw, config),
    isKeras,
    isShared: raw.has('shared_object_id'),
    builtShape: isRecord(raw.get('build_config')) ? builtShape(raw.config('build_config'), 'input_shape') : null,
  };
}

/**
 * Keras 3 writes no modules into .h5 files. What keras.ops gives has no setting `trainable` as layers have, and where it has a
 * dtype or a seed, it is no policy and no generator. Discretization writes no `trainable` either, but how its output is made.
 */
function isOperation(raw: Config, config: Config): boolean {
  const [call] = raw.has('inbound_nodes') ? raw.list('inbound_nodes') : [];
  if (!isRecord(call) || !('args' in call)) return false;
  return (
    !config.has('trainable') &&
    !config.has('layers') &&
    !config.has('output_mode') &&
    !Object.hasOwn(config.raw, 'seed') &&
    !isRecord(config.get('dtype'))
  );
}

/** `inbound_nodes`: Keras 2 lists [layer, node, tensor, kwargs], Keras 3 the call's arguments with tensors as objects. */
function callSpec(value: unknown): CallSpec {
  const inputs: (Reference | HostArray)[] = [];
  if (isRecord(value) && ('args' in value || 'kwargs' in value)) {
    const args = value['args'] ?? [];
    const kwargs = value['kwargs'] ?? {};
    if (!Array.isArray(args) || !isRecord(kwargs)) throw new ConfigFault('the arguments of a call are not a list');
    const positional = args.map((each) => argument(each, inputs, newTensor));
    return { inputs, positional, named: argument(kwargs, inputs, newTensor) as CallSpec['named'] };
  }
  if (!Array.isArray(value)) throw new ConfigFault('a call is neither a list nor an object');
  const entries = typeof value[0] === 'string' ? [value] : (value as unknown[]);
  const first = entries.map((entry) => {
    if (!Array.isArray(entry)) throw new ConfigFault(`${shown(entry)} does not name a tensor`);
    if (entry[0] !== '_CONSTANT_VALUE') return operand(reference(entry), inputs);
    const array = arrayOf(entry[2]);
    return array ? operand(array, inputs) : entry[2];
  });
  const named = entries.flatMap((entry) => (Array.isArray(entry) && isRecord(entry[3]) ? [entry[3]] : []));
  const merged = Object.fromEntries(named.flatMap((each) => Object.entries(each)));
  return {
    inputs,
    // A list of one tensor is written as the tensor.
    positional: [first.length === 1 ? first[0] : first],
    named: argument(merged, inputs, oldTensor) as CallSpec['named'],
  };
}

/** An argument with operands in the place of tensors and arrays, slices and the ellipsis as such. */
function argument(
  value: unknown,
  inputs: (Reference | HostArray)[],
  tensor: (value: unknown) => Reference | HostArray | null,
  depth = 0,
): unknown {
  if (depth > 16) throw new ConfigFault('the arguments of a call are nested too deeply');
  const found = tensor(value);
  if (found) return operand(found, inputs);
  const inner = (each: unknown): unknown => argument(each, inputs, tensor, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  if (!isRecord(value)) return value;
  const config = isRecord(value['config']) ? value['config'] : {};
  switch (value['class_name']) {
    case '__ellipsis__':
      return ELLIPSIS;
    case '__slice__':
      return new Slice(inner(config['start']), inner(config['stop']), inner(config['step']));
    case '__tuple__':
      return Array.isArray(value['items']) ? value['items'].map(inner) : null;
  }
  if ('start' in value && 'stop' in value && 'step' in value)
    return new Slice(inner(value['start']), inner(value['stop']), inner(value['step']));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]));
}

function operand(input: Reference | HostArray, inputs: (Reference | HostArray)[]): Operand {
  return new Operand(inputs.push(input) - 1);
}

/** Keras 2 names tensors inside named arguments as it does in front: [layer, node, tensor]. */
const oldTensor = (value: unknown): Reference | null =>
  Array.isArray(value) && value.length === 3 && typeof value[0] === 'string' && isCount(value[1]) && isCount(value[2])
    ? reference(value)
    : null;

function newTensor(value: unknown): Reference | HostArray | null {
  if (!isRecord(value)) return null;
  const kind = value['class_name'];
  if (kind !== '__numpy__' && kind !== '__tensor__') return tensorReference(value);
  const config = Config.of(value['config'], 'an array');
  const array = arrayOf(config.get('value'), /int|bool/.test(config.text('dtype', 'float32')));
  if (!array) throw new ConfigFault(`an array is ${shown(config.get('value'))}`);
  return array;
}

/** Nested lists of numbers, or one number, as an array; null for anything else. */
function arrayOf(value: unknown, whole = false): HostArray | null {
  const { shape, data } = nested(value);
  if (!data) return null;
  return whole ? wholes(Float64Array.from(data, Number), shape) : reals(shape, Float32Array.from(data, Number));
}

/** [layer, node, tensor] */
function reference(entry: readonly unknown[], shape: Shape | null = null): Reference {
  const [layer, node, tensor] = entry;
  if (typeof layer !== 'string' || !isCount(node) || !isCount(tensor))
    throw new ConfigFault(`${shown(entry)} does not name a tensor`);
  return { layer, node, tensor, shape };
}
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
export const isReference = (input: Reference | HostArray): input is Reference => 'layer' in input;

/** Tensor of Keras 3's serialisation; null for anything else. */
function tensorReference(value: unknown): Reference | null {
  if (!isRecord(value) || value['class_name'] !== '__keras_tensor__') return null;
  const config = Config.of(value['config'], 'a tensor');
  const shape = config.get('shape');
  return reference(config.list('keras_history'), Array.isArray(shape) ? withoutBatch(shape) : null);
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
  if (!Array.isArray(value) || !value.length) throw new ConfigFault(`${shown(value)} is no shape with a batch axis`);
  return value.slice(1).map((size) => {
    if (size === null || size === -1) return null;
    if (!Number.isInteger(size) || size < 1) throw new ConfigFault(`${shown(value)} is no shape`);
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
  const used = [
    ...spec.outputs,
    ...spec.layers.flatMap((layer) => layer.calls.flatMap((call) => call.inputs.filter(isReference))),
  ];
  const calls = new Map(spec.layers.filter(isNetwork).map((layer) => [layer.name, layer.calls.length]));
  const fromOne = new Set(used.filter(({ layer, node }) => node === calls.get(layer)).map(({ layer }) => layer));
  if (!fromOne.size) return spec;
  const renumbered = <T extends Reference | HostArray>(input: T): T =>
    isReference(input) && fromOne.has(input.layer) ? { ...input, node: Math.max(input.node - 1, 0) } : input;
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
    return { ...layer, calls: [{ inputs, positional: inputs.map((_, place) => new Operand(place)), named: {} }] };
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
  return {
    kind: 'InputLayer',
    name,
    config,
    calls: [],
    isLayer: true,
    isKeras: true,
    isShared: false,
    builtShape: null,
  };
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
