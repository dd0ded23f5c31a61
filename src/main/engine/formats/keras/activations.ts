/** Keras's activation functions, as arguments of layers (`activation="relu"`) and by the Activation layer. */
import { isRecord } from '../../../../contract/records';
import type { ValueId } from '../../graph/graph';
import type { OpAttributes, OpName } from '../../graph/ops';
import { Config, ConfigFault } from '../json';
import { type LayerCall, NotExpressible } from './call';
import { layerSpec } from './config';

type Activation = (call: LayerCall, x: ValueId, inside: string) => ValueId;

const plain =
  <Op extends OpName>(op: Op, attributes: OpAttributes[Op]): Activation =>
  (call, x, inside) =>
    call.op(op, [x], attributes, inside);

const overLast =
  (op: 'softmax' | 'logSoftmax' | 'sparsemax'): Activation =>
  (call, x, inside) =>
    call.op(op, [x], { axis: call.axis(-1, x) }, inside);

/** The first half of the last axis times the sigmoid of the second. */
const glu: Activation = (call, x, inside) => {
  const shape = call.shape(x);
  const last = shape.length - 1;
  const half = call.known(last, x) / 2;
  if (!Number.isInteger(half)) throw new ConfigFault(`glu cannot halve ${call.known(last, x)} features`);
  const part = (begin: number, end: number, name: string): ValueId => {
    const open = shape.map(() => null);
    const slice = {
      begin: [...open.slice(0, -1), begin],
      end: [...open.slice(0, -1), end],
      strides: shape.map(() => 1),
    };
    return call.op('slice', [x], slice, name);
  };
  const gate = call.op('sigmoid', [part(half, 2 * half, 'gate_pre')], {}, 'gate');
  return call.op('mul', [part(0, half, 'gated'), gate], {}, inside);
};

/** Defaults are those of keras.activations; Keras 2 and 3 agree but for hard_sigmoid. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (call, x, inside) => call.op('identity', [x], {}, inside),
  relu: plain('relu', {}),
  relu6: plain('clippedRelu', { maxValue: 6, threshold: 0, slope: 0 }),
  leaky_relu: plain('leakyRelu', { slope: 0.2 }),
  elu: plain('elu', { alpha: 1 }),
  selu: plain('selu', {}),
  celu: plain('celu', { alpha: 1 }),
  gelu: plain('gelu', {}),
  sigmoid: plain('sigmoid', {}),
  log_sigmoid: plain('logSigmoid', {}),
  hard_sigmoid: (call, x, inside) =>
    call.op('hardSigmoid', [x], call.keras < 3 ? { slope: 0.2, offset: 0.5 } : { slope: 1 / 6, offset: 0.5 }, inside),
  silu: plain('silu', {}),
  swish: plain('silu', {}),
  hard_silu: plain('hardSilu', {}),
  hard_swish: plain('hardSilu', {}),
  mish: plain('mish', {}),
  softplus: plain('softplus', {}),
  softsign: plain('softsign', {}),
  soft_shrink: plain('softShrink', { lambda: 0.5 }),
  hard_shrink: plain('hardShrink', { lambda: 0.5 }),
  tanh: plain('tanh', {}),
  tanh_shrink: plain('tanhShrink', {}),
  hard_tanh: plain('clip', { min: -1, max: 1 }),
  squareplus: plain('squarePlus', { b: 4 }),
  sparse_plus: plain('sparsePlus', {}),
  sparse_sigmoid: plain('sparseSigmoid', {}),
  exponential: plain('exp', {}),
  softmax: overLast('softmax'),
  log_softmax: overLast('logSoftmax'),
  sparsemax: overLast('sparsemax'),
  glu,
};

/**
 * The activation that a configuration names, applied to `x`; null where there is none (`linear`).
 * It is written as a name, as a serialised function, or as a layer with its parameters.
 */
export function activationOf(call: LayerCall, key = 'activation'): ((x: ValueId, inside?: string) => ValueId) | null {
  const value = call.config.get(key);
  if (value === undefined || value === 'linear') return null;
  if (typeof value === 'string') return named(call, value);
  if (!isRecord(value)) throw new ConfigFault(`${key} is ${JSON.stringify(value).slice(0, 60)}`);
  const serialised = new Config(value);
  const config = serialised.get('config');
  if (typeof config === 'string') return config === 'linear' ? null : named(call, config);
  return asLayer(call, serialised);
}

function named(call: LayerCall, name: string): (x: ValueId, inside?: string) => ValueId {
  const key = name.replace(/^.*[.>]/, '');
  const found = Object.hasOwn(activations, key) ? activations[key]! : null;
  if (!found) throw new NotExpressible(`activation ${name}`);
  return (x, inside = key) => found(call, x, inside);
}

/** `activation=LeakyReLU(0.1)`: a layer as an argument, or a function named by its class. */
function asLayer(call: LayerCall, serialised: Config): (x: ValueId) => ValueId {
  const spec = layerSpec(serialised.raw);
  const row = activationRow?.(spec.kind);
  if (!row) {
    const snake = spec.kind.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
    if (Object.hasOwn(activations, snake)) return named(call, snake);
    throw new NotExpressible(`activation ${spec.kind}`);
  }
  return (x) => {
    const value = row(call.with({ kind: spec.kind, config: spec.config, inputs: [x] }));
    if (Array.isArray(value)) throw new NotExpressible(`activation ${spec.kind}`);
    return value;
  };
}

/** Set by the activation layers, which in turn use this file. */
let activationRow: ((kind: string) => ((call: LayerCall) => ValueId | ValueId[]) | null) | null = null;
export const provideActivationLayers = (find: typeof activationRow): void => {
  activationRow = find;
};
