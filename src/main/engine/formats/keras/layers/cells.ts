/** Cells of recurrent layers: what one step does with its input and with the states before it. */
import type { ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import { layerSpec } from '../config';
import { snakeCase } from '../keys';
import { ones, paddingOf } from './conv';

export interface Cell {
  /** Axes of one step's input. */
  readonly rank: number;
  readonly states: number;
  /** Whether what it makes of the inputs alone can be made of all steps at once. */
  readonly projectsAll: boolean;
  /** A value as the cell computes with it (channels last), and back. */
  readonly taken: (x: ValueId, name: string) => ValueId;
  readonly given: (x: ValueId, name: string) => ValueId;
  /** What it makes of the input alone. @param at what names start with */
  readonly project: (x: ValueId, at: string) => ValueId;
  /** From the projected input and the states before (null: zeros) to the states after, the output first. */
  readonly step: (projected: ValueId, states: readonly (ValueId | null)[], at: string) => ValueId[];
}

/** Where a cell's weights stand in an archive, and what the names of its constants start with. */
interface Place {
  readonly key: string;
  readonly prefix: string;
}

const AS_IS = { transposeA: false, transposeB: false };
const same = (x: ValueId): ValueId => x;

const applied = (call: LayerCall, key: string, x: ValueId, name: string): ValueId => {
  const activation = activationOf(call, key);
  return activation ? activation(x, name) : call.op('identity', [x], {}, name);
};

/** Part `index` of several gates along the last axis. */
function gate(call: LayerCall, all: ValueId, index: number, units: number, name: string): ValueId {
  const open = call.shape(all).map(() => null);
  const last = (value: number): (number | null)[] => [...open.slice(1), value];
  const range = { begin: last(index * units), end: last((index + 1) * units), strides: open.map(() => 1) };
  return call.op('slice', [all], range, name);
}

function unitsOf(call: LayerCall, key = 'units'): number {
  const units = call.config.whole(key);
  if (units < 1) throw new ConfigFault(`${key} is ${units}`);
  return units;
}

interface Dense {
  readonly units: number;
  readonly recurrent: ValueId;
  /** GRU's second bias, where it resets after the product. */
  readonly recurrentBias: ValueId | null;
  readonly project: Cell['project'];
}

/** Weights of a cell that multiplies by matrices. */
function dense(call: LayerCall, { key, prefix }: Place, gates: number, features: number | null): Dense {
  const { config } = call;
  const units = unitsOf(call);
  const wide = units * gates;
  const biased = config.flag('use_bias', true);
  const twice = gates === 3 && config.flag('reset_after', call.keras >= 2);
  if (config.flag(CUDNN, false)) return denseOfCudnn(call, { key, prefix }, gates, features);
  const [kernel, recurrent, bias] = call.weightsIn(
    key,
    ['kernel', [features, wide]],
    ['recurrent_kernel', [units, wide]],
    ...(biased ? ([['bias', twice ? [2, wide] : [wide]]] as const) : []),
  );
  const half = (name: string, index: number): ValueId =>
    call.derived(`${prefix}${name}`, () => ({
      shape: [wide],
      data: call.data(bias!).data.slice(index * wide, (index + 1) * wide),
    }));
  const inputBias = bias === undefined ? null : twice ? half('input_bias', 0) : bias;
  return {
    units,
    recurrent: recurrent!,
    recurrentBias: bias !== undefined && twice ? half('recurrent_bias', 1) : null,
    project: (x, at) => {
      const product = call.op('matmul', [x, kernel!], AS_IS, `${at}projected`);
      return inputBias === null ? product : call.op('add', [product, inputBias], {}, `${at}projected_biased`);
    },
  };
}

/** Marks a configuration whose weights lie as the library cuDNN wants them. */
const CUDNN = 'mho_cudnn';

/** A layer of cuDNN as the layer that computes the same by itself. */
export function withoutCudnn(call: LayerCall): LayerCall {
  if (!/^CuDNN(LSTM|GRU)$/.test(call.kind)) return call;
  const same = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true, reset_after: true };
  return call.with({ kind: call.kind.slice('CuDNN'.length), config: call.config.with({ ...same, [CUDNN]: true }) });
}

/**
 * cuDNN keeps each gate's input kernel with its rows and columns in the other order, the recurrent one turned, and a bias for each
 * of the two (keras.src.saving.legacy.hdf5_format).
 */
function denseOfCudnn(call: LayerCall, { key, prefix }: Place, gates: number, features: number | null): Dense {
  const units = unitsOf(call);
  const wide = units * gates;
  const [stored, turned, biases] = call.weightsIn(
    key,
    ['kernel', [features, wide]],
    ['recurrent_kernel', [units, wide]],
    ['bias', [2 * wide]],
  );
  const rows = call.data(stored!).shape[0]!;
  /** @param from where in a gate's rows, row-major, a number of it lies */
  const gateWise = (name: string, id: ValueId, size: number, from: (row: number, column: number) => number): ValueId =>
    call.derived(`${prefix}${name}`, () => {
      const { data } = call.data(id);
      const own = new Float32Array(data.length);
      for (let row = 0; row < size; row++)
        for (let column = 0; column < wide; column++) {
          const at = from(row, column % units);
          const start = column - (column % units);
          own[row * wide + column] = data[Math.floor(at / units) * wide + start + (at % units)]!;
        }
      return { shape: [size, wide], data: own };
    });
  const kernel = gateWise('kernel', stored!, rows, (row, column) => column * rows + row);
  const recurrent = gateWise('recurrent_kernel', turned!, units, (row, column) => column * units + row);
  const bias = (name: string, make: (one: number, other: number) => number): ValueId =>
    call.derived(`${prefix}${name}`, () => {
      const { data } = call.data(biases!);
      return { shape: [wide], data: Float32Array.from({ length: wide }, (_, at) => make(data[at]!, data[wide + at]!)) };
    });
  const apart = gates === 3;
  const inputBias = bias('input_bias', (one, other) => (apart ? one : one + other));
  return {
    units,
    recurrent,
    recurrentBias: apart ? bias('recurrent_bias', (_, other) => other) : null,
    project: (x, at) =>
      call.op('add', [call.op('matmul', [x, kernel], AS_IS, `${at}projected`), inputBias], {}, `${at}projected_biased`),
  };
}

const plain = { rank: 1, projectsAll: true, taken: same, given: same } as const;

function simple(call: LayerCall, place: Place, features: number | null): Cell {
  const { recurrent, project } = dense(call, place, 1, features);
  return {
    ...plain,
    states: 1,
    project,
    step: (projected, [hidden], at) => {
      if (hidden == null) return [applied(call, 'activation', projected, `${at}/h`)];
      const product = call.op('matmul', [hidden, recurrent], AS_IS, `${at}/recurrent`);
      return [applied(call, 'activation', call.op('add', [projected, product], {}, `${at}/pre`), `${at}/h`)];
    },
  };
}

/**
 * Gates in Keras's order: input, forget, candidate, output.
 * @param product of the output before with the recurrent weights
 */
const longShortStep =
  (call: LayerCall, units: number, product: (hidden: ValueId, name: string) => ValueId): Cell['step'] =>
  (projected, [hidden, before], at) => {
    const pre =
      hidden == null ? projected : call.op('add', [projected, product(hidden, `${at}/recurrent`)], {}, `${at}/pre`);
    const part = (index: number, key: string, name: string): ValueId =>
      applied(call, key, gate(call, pre, index, units, `${at}/${name}_pre`), `${at}/${name}`);
    const input = part(0, 'recurrent_activation', 'input');
    const candidate = part(2, 'activation', 'candidate');
    const output = part(3, 'recurrent_activation', 'output');
    let carry = call.op('mul', [input, candidate], {}, before == null ? `${at}/c` : `${at}/written`);
    if (before != null) {
      const forget = part(1, 'recurrent_activation', 'forget');
      carry = call.op('add', [call.op('mul', [forget, before], {}, `${at}/kept`), carry], {}, `${at}/c`);
    }
    const shown = applied(call, 'activation', carry, `${at}/c_activated`);
    return [call.op('mul', [output, shown], {}, `${at}/h`), carry];
  };

function lstm(call: LayerCall, place: Place, features: number | null): Cell {
  const { recurrent, project, units } = dense(call, place, 4, features);
  const product = (hidden: ValueId, name: string): ValueId => call.op('matmul', [hidden, recurrent], AS_IS, name);
  return { ...plain, states: 2, project, step: longShortStep(call, units, product) };
}

/** Gates in Keras's order: update, reset, candidate. */
function gru(call: LayerCall, place: Place, features: number | null): Cell {
  const { recurrent, recurrentBias, project, units } = dense(call, place, 3, features);
  const { prefix } = place;
  const resetAfter = call.config.flag('reset_after', call.keras >= 2);
  const one = call.scalar('one', 1);
  const columns = (name: string, begin: number, end: number): ValueId =>
    call.derived(`${prefix}${name}`, () => {
      const { data } = call.data(recurrent);
      const part = new Float32Array(units * (end - begin) * units);
      const width = (end - begin) * units;
      for (let row = 0; row < units; row++)
        for (let column = 0; column < width; column++)
          part[row * width + column] = data[row * 3 * units + begin * units + column]!;
      return { shape: [units, width], data: part };
    });
  const step: Cell['step'] = (projected, [before], at) => {
    const hidden = before ?? null;
    const x = (index: number, name: string): ValueId => gate(call, projected, index, units, `${at}/${name}_x`);
    let inner: ValueId | null = null;
    if (hidden !== null && resetAfter) inner = call.op('matmul', [hidden, recurrent], AS_IS, `${at}/recurrent`);
    else if (hidden !== null)
      inner = call.op('matmul', [hidden, columns('recurrent_gates', 0, 2)], AS_IS, `${at}/recurrent`);
    if (resetAfter && recurrentBias !== null)
      inner = inner === null ? recurrentBias : call.op('add', [inner, recurrentBias], {}, `${at}/recurrent_biased`);
    const biasOnly = hidden === null && inner !== null;
    const h = (index: number, name: string): ValueId =>
      biasOnly
        ? call.derived(`${prefix}recurrent_bias_${name}`, () => ({
            shape: [units],
            data: call.data(inner!).data.slice(index * units, (index + 1) * units),
          }))
        : gate(call, inner!, index, units, `${at}/${name}_h`);
    const joined = (index: number, name: string): ValueId =>
      inner === null ? x(index, name) : call.op('add', [x(index, name), h(index, name)], {}, `${at}/${name}_pre`);
    const update = applied(call, 'recurrent_activation', joined(0, 'update'), `${at}/update`);
    let pre = x(2, 'candidate');
    if (hidden !== null || inner !== null) {
      const reset = applied(call, 'recurrent_activation', joined(1, 'reset'), `${at}/reset`);
      let added: ValueId;
      if (resetAfter) added = call.op('mul', [reset, h(2, 'candidate')], {}, `${at}/candidate_reset`);
      else {
        const left = call.op('mul', [reset, hidden!], {}, `${at}/h_reset`);
        added = call.op('matmul', [left, columns('recurrent_candidate', 2, 3)], AS_IS, `${at}/candidate_h`);
      }
      pre = call.op('add', [pre, added], {}, `${at}/candidate_pre`);
    }
    const candidate = applied(call, 'activation', pre, `${at}/candidate`);
    const open = call.op('sub', [one, update], {}, `${at}/written_share`);
    const written = call.op('mul', [open, candidate], {}, hidden === null ? `${at}/h` : `${at}/written`);
    if (hidden === null) return [written];
    const kept = call.op('mul', [update, hidden], {}, `${at}/kept`);
    return [call.op('add', [kept, written], {}, `${at}/h`)];
  };
  return { ...plain, states: 1, project, step };
}

/** An LSTM whose products are convolutions (arXiv 1506.04214); of the state with as many zeros as keep its size. */
function convolutional(spatial: number): (call: LayerCall, place: Place, channels: number | null) => Cell {
  return (call, { key }, channels) => {
    const { config, lead } = call;
    // A TimeDistributed's axes would be spatial ones beside these.
    if (lead > 0) throw new NotExpressible('leading axes');
    const filters = unitsOf(call, 'filters');
    const kernel = config.perAxis('kernel_size', spatial);
    const strides = config.perAxis('strides', spatial, 1);
    const dilations = config.perAxis('dilation_rate', spatial, 1);
    const [input, recurrent, bias] = call.weightsIn(
      key,
      ['kernel', [...kernel, channels, 4 * filters]],
      ['recurrent_kernel', [...kernel, filters, 4 * filters]],
      ...(config.flag('use_bias', true) ? ([['bias', [4 * filters]]] as const) : []),
    );
    const moved = (x: ValueId, name: string, back: boolean): ValueId => {
      if (!call.channelsFirst) return x;
      const rank = call.shape(x).length;
      const others = Array.from({ length: rank - spatial - 1 }, (_, axis) => axis);
      const places = Array.from({ length: spatial + 1 }, (_, axis) => rank - spatial - 1 + axis);
      const turned = back ? [places.at(-1)!, ...places.slice(0, -1)] : [...places.slice(1), places[0]!];
      return call.op('transpose', [x], { permutation: [...others, ...turned] }, name);
    };
    const product = (x: ValueId, weights: ValueId, state: boolean, name: string): ValueId => {
      const [by, wide] = state ? [ones(spatial), ones(spatial)] : [strides, dilations];
      const kind = state ? 'same' : config.text('padding', 'valid');
      const padding = paddingOf(kind, call.shape(x), kernel, by, wide);
      return call.op('conv', [x, weights], { strides: by, dilations: wide, padding, groups: 1 }, name);
    };
    return {
      rank: spatial + 1,
      states: 2,
      projectsAll: false,
      taken: (x, name) => moved(x, name, false),
      given: (x, name) => moved(x, name, true),
      project: (x, at) => {
        const made = product(x, input!, false, `${at}projected`);
        return bias === undefined ? made : call.op('add', [made, bias], {}, `${at}projected_biased`);
      },
      step: longShortStep(call, filters, (hidden, name) => product(hidden, recurrent!, true, name)),
    };
  };
}

type Maker = (call: LayerCall, place: Place, features: number | null) => Cell;

/** By the layer's kind, and by that of a cell in an RNN. */
const makers: Readonly<Record<string, Maker>> = {
  SimpleRNN: simple,
  SimpleRNNCell: simple,
  LSTM: lstm,
  LSTMCell: lstm,
  GRU: gru,
  GRUCell: gru,
  ConvLSTM1D: convolutional(1),
  ConvLSTM2D: convolutional(2),
  ConvLSTM3D: convolutional(3),
};
const WIDTHS: Readonly<Record<string, string>> = { SimpleRNNCell: 'units', LSTMCell: 'units', GRUCell: 'units' };

/**
 * The cell of a recurrent layer, or those that stand one upon the other in an RNN.
 * @param key where the weights stand in an archive
 * @param prefix of names inside the layer
 */
export function cellsOf(call: LayerCall, key: string, prefix: string): Cell[] {
  const { kind } = call;
  const features = (call.channelsFirst ? call.shape()[call.lead + 1] : call.shape().at(-1)) ?? null;
  if (kind !== 'RNN') {
    const make = Object.hasOwn(makers, kind) && !kind.endsWith('Cell') ? makers[kind]! : null;
    if (!make) throw new NotExpressible(`a layer ${kind} inside`);
    return [make(call, { key, prefix }, features)];
  }
  let width = features;
  return stacked(call, call.config.get('cell'), key, prefix).map(({ call: own, place }) => {
    const cell = makers[own.kind]!(own, place, width);
    width = own.config.whole(WIDTHS[own.kind]!);
    return cell;
  });
}

/** Cells in the order of computing, each with the place of its weights: those in a list have keys by their classes. */
function stacked(
  call: LayerCall,
  config: unknown,
  key: string,
  prefix: string,
): { readonly call: LayerCall; readonly place: Place }[] {
  const spec = layerSpec(config);
  if (spec.isKeras && spec.kind === 'StackedRNNCells') {
    const counts = new Map<string, number>();
    return spec.config.list('cells').flatMap((cell, i) => {
      const name = snakeCase(layerSpec(cell).kind);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return stacked(call, cell, `${key}/cells/${name}${count ? `_${count}` : ''}`, `${prefix}cell_${i + 1}/`);
    });
  }
  if (!spec.isKeras || !Object.hasOwn(WIDTHS, spec.kind)) throw new NotExpressible(`a cell ${spec.kind}`);
  return [{ call: call.with({ kind: spec.kind, config: spec.config }), place: { key, prefix } }];
}
