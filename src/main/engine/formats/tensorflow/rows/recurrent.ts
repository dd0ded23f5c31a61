/** TensorFlow's fused recurrent kernels: one node that runs all steps, or one step, on a processor (BlockLSTM …) or on a GPU (CudnnRNN …). */
import * as host from '../../tensors/array';
import { type HostArray, isArray, NotExpressible, range } from '../../tensors/array';
import { AcrossBatch, symbolic, type Tensor, type Varying } from '../../tensors/assembly';
import { clipped } from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import { along, at } from '../../tensors/pieces';
import { type CellKind, MOST_STEPS, type Recurrent, unrolled } from '../../tensors/recurrent';
import type { TfCall } from '../call';
import type { Row } from './row';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';

const sigmoid = (call: TfCall, x: Tensor): Tensor => call.to.unary('sigmoid', x, {}, functions['sigmoid']!);
const tanh = (call: TfCall, x: Tensor): Tensor => call.to.unary('tanh', x, {}, Math.tanh);

/** What a step of an LSTM gives, in the order of its outputs. */
const LSTM_OUTPUTS = ['input', 'c', 'forget', 'output', 'candidate', 'c_activated', 'h'] as const;
type LstmStep = Readonly<Record<(typeof LSTM_OUTPUTS)[number], Tensor>>;

interface LstmWeights {
  /** [features + units, 4 · units] */
  readonly kernel: Tensor;
  readonly bias: Tensor;
  /** Of the input, forget and output gate; null: none. */
  readonly peepholes: readonly [Tensor, Tensor, Tensor] | null;
  /** Where each gate's columns stand. */
  readonly order: Readonly<Record<'input' | 'candidate' | 'forget' | 'output', number>>;
  readonly forgetBias: number;
  /** What the state is cut to; not where it is not above 0. */
  readonly clip: number;
}

const ICFO = { input: 0, candidate: 1, forget: 2, output: 3 };
const IFCO = { input: 0, forget: 1, candidate: 2, output: 3 };

function lstmStep(call: TfCall, x: Tensor, before: { c: Tensor; h: Tensor }, weights: LstmWeights): LstmStep {
  const { to } = call;
  const named = (name: string, make: () => Tensor): Tensor => to.part(name, make);
  const seen = named('seen', () => moves.concat(to, [x, before.h], 1));
  const pre = named('gates', () => to.binary('add', matrices.matmul(to, seen, weights.kernel), weights.bias));
  const units = to.shape(pre)[1]! / 4;
  const own = (gate: keyof typeof ICFO): Tensor =>
    along(to, pre, 1, weights.order[gate] * units, (weights.order[gate] + 1) * units);
  const looked = (value: Tensor, state: Tensor, place: number): Tensor =>
    weights.peepholes ? to.binary('add', value, to.binary('mul', state, weights.peepholes[place]!)) : value;
  const input = named('input', () => sigmoid(call, looked(own('input'), before.c, 0)));
  const open = weights.forgetBias === 0 ? own('forget') : to.binary('add', own('forget'), host.scalar(weights.forgetBias)); // prettier-ignore
  const forget = named('forget', () => sigmoid(call, looked(open, before.c, 1)));
  const candidate = named('candidate', () => tanh(call, own('candidate')));
  const written = named('written', () => to.binary('mul', candidate, input));
  const kept = named('kept', () => to.binary('mul', before.c, forget));
  const c = named('c', () => {
    const sum = to.binary('add', written, kept);
    return weights.clip > 0 ? clipped(to, sum, -weights.clip, weights.clip) : sum;
  });
  const output = named('output', () => sigmoid(call, looked(own('output'), c, 2)));
  const shown = named('c_activated', () => tanh(call, c));
  const h = named('h', () => to.binary('mul', output, shown));
  return { input, c, forget, output, candidate, c_activated: shown, h };
}

/** @param first index of the input that is the state; kernel, peepholes and bias follow those before it */
function lstmWeights(
  call: TfCall,
  first: number,
  order: LstmWeights['order'],
  forgetBias: number,
  clip: number,
): LstmWeights {
  const peepholes = [1, 2, 3].map((i) => call.input(first + i)) as [Tensor, Tensor, Tensor];
  return {
    kernel: call.input(first),
    bias: call.input(first + 4),
    peepholes: call.flag('use_peephole') ? peepholes : null,
    order,
    forgetBias: call.float('forget_bias', forgetBias),
    clip: call.float('cell_clip', clip),
  };
}

const lstmCell: Row = (call) => {
  const weights = lstmWeights(call, 3, ICFO, 1, -1);
  const made = lstmStep(call, call.input(0), { c: call.input(1), h: call.input(2) }, weights);
  return LSTM_OUTPUTS.map((name) => made[name]);
};

/** All steps: [steps, examples, features]. */
const blockLstm =
  (order: LstmWeights['order'], forgetBias: number, clip: number): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(1);
    const weights = lstmWeights(call, 4, order, forgetBias, clip);
    const [steps] = to.shape(x) as [number];
    const count = call.list(0, 'a number of steps')[0]!;
    if (symbolic(steps)) throw new AcrossBatch('a free number of steps');
    if (steps > MOST_STEPS) throw new NotExpressible(`${steps} steps, of which ${MOST_STEPS} at most are unrolled`);
    if (count < steps) throw new NotExpressible(`${count} of ${steps} steps`);
    let state = { c: call.input(2), h: call.input(3) };
    const made = range(steps).map((t) =>
      to.part(`t${t}`, () => {
        const step = lstmStep(call, at(to, x, 0, t), state, weights);
        state = { c: step.c, h: step.h };
        return step;
      }),
    );
    const lists = LSTM_OUTPUTS.map(
      (name) =>
      to.part(name, () => moves.concat(to, made.map((step) => to.unsqueeze(step[name], [0])), 0)), // prettier-ignore
    );
    return lists;
  };

const gruCell: Row = (call) => {
  const { to } = call;
  const [x, h, gates, kernel, gatesBias, bias] = range(6).map((i) => call.input(i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const projected = (state: Tensor, matrix: Tensor, offset: Tensor): Tensor =>
    to.binary('add', matrices.matmul(to, moves.concat(to, [x, state], 1), matrix), offset);
  const pre = to.part('gates', () => projected(h, gates, gatesBias));
  const units = to.shape(pre)[1]! / 2;
  const reset = to.part('reset', () => sigmoid(call, along(to, pre, 1, 0, units)));
  const update = to.part('update', () => sigmoid(call, along(to, pre, 1, units, 2 * units)));
  const before = to.part('h_reset', () => to.binary('mul', h, reset));
  const candidate = to.part('candidate', () => tanh(call, projected(before, kernel, bias)));
  const open = to.part('written_share', () => to.binary('sub', host.scalar(1), update));
  const written = to.part('written', () => to.binary('mul', open, candidate));
  const kept = to.part('kept', () => to.binary('mul', update, h));
  return [reset, update, candidate, to.part('h', () => to.binary('add', written, kept))];
};

/** For each kind its gates in ONNX's order, as places among cuDNN's. */
const GATES: Readonly<Record<CellKind, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] };

/**
 * cuDNN's layers: one array of all weights, layer by layer and direction by direction, each matrix [units, features], of the input and
 * then of the state, gate by gate; behind them all biases alike.
 */
const cudnn: Row = (call) => {
  const { to } = call;
  const mode = call.text('rnn_mode', 'lstm');
  const kind: CellKind = mode === 'lstm' ? 'LSTM' : mode === 'gru' ? 'GRU' : 'RNN';
  const ways = call.text('direction', 'unidirectional') === 'bidirectional' ? (['forward', 'reverse'] as const) : (['forward'] as const); // prettier-ignore
  if (call.text('input_mode', 'linear_input') === 'skip_input') throw new NotExpressible('inputs that skip it');
  if (call.int('num_proj', 0) > 0) throw new NotExpressible('a projection');
  const timeMajor = call.flag('time_major', true);
  const turned = (x: Tensor): Tensor => (timeMajor ? x : to.transpose(x, [1, 0, 2]));
  const parameters = to.array(call.input(3), 'weights');
  const [hidden, carry] = [turned(call.input(1)), turned(call.input(2))];
  const units = to.shape(hidden)[2]!;
  const gates = GATES[kind];
  const layers = to.shape(hidden)[0]! / ways.length;
  if (!Number.isInteger(layers) || layers < 1 || layers > 64) throw new NotExpressible('states of another number of layers'); // prettier-ignore
  let x = turned(call.input(0));
  const features = to.shape(x)[2]!;
  const widths = range(layers).map((layer) => (layer === 0 ? features : units * ways.length));
  const perLayer = widths.map((width) => gates.length * units * (width + units));
  const matrixCount = perLayer.reduce((sum, size) => sum + size * ways.length, 0);
  const biasSize = 2 * gates.length * units;
  if (parameters.data.length !== matrixCount + layers * ways.length * biasSize)
    throw new NotExpressible(`${parameters.data.length} weights`);
  const lengths = call.inputs[4] ?? null;
  const tanhOf = (value: Tensor): Tensor => tanh(call, value);
  const sigmoidOf = (value: Tensor): Tensor => sigmoid(call, value);
  const reluOf = (value: Tensor): Tensor => to.unary('relu', value, {}, functions['relu']!);
  const activations = kind === 'RNN' ? [mode === 'rnn_relu' ? reluOf : tanhOf] : [sigmoidOf, tanhOf, tanhOf];
  /** Gate by gate from `begin`, in ONNX's order: [gates · units, columns]. */
  const picked = (begin: number, columns: number): number[] =>
    gates.flatMap((gate) => range(units * columns, begin + gate * units * columns));
  const taken = (places: readonly number[], shape: readonly number[]): HostArray =>
    host.reshaped(host.picked(host.reshaped(parameters, [parameters.data.length]), 0, places), shape);
  const states: { hidden: Tensor[]; carry: Tensor[] } = { hidden: [], carry: [] };
  let matrix = 0;
  let bias = matrixCount;
  range(layers).forEach((layer) => {
    const width = widths[layer]!;
    const [weights, recurrent, biases]: [number[], number[], number[]] = [[], [], []];
    ways.forEach(() => {
      weights.push(...picked(matrix, width));
      recurrent.push(...picked(matrix + gates.length * units * width, units));
      biases.push(...picked(bias, 1), ...picked(bias + gates.length * units, 1));
      matrix += perLayer[layer]!;
      bias += biasSize;
    });
    const own = (all: Tensor): Tensor => along(to, all, 0, layer * ways.length, (layer + 1) * ways.length);
    const count = ways.length;
    const given: Recurrent = {
      kind,
      directions: ways,
      units,
      x,
      weights: taken(weights, [count, gates.length * units, width]),
      recurrent: taken(recurrent, [count, gates.length * units, units]),
      bias: taken(biases, [count, biasSize]),
      peepholes: null,
      product: null,
      hidden: own(hidden),
      carry: kind === 'LSTM' ? own(carry) : null,
      activations: ways.map(() => activations),
      clip: null,
      linearBeforeReset: true,
      coupled: false,
      length: lengthOf(call, x, lengths),
    };
    const made = layers === 1 ? unrolled(to, given) : to.part(`layer${layer}`, () => unrolled(to, given));
    // [steps, directions, examples, units] → both directions beside each other
    const [steps, , batch] = to.shape(made.sequence) as [number, number, number];
    x = to.reshape(to.transpose(made.sequence, [0, 2, 1, 3]), [steps, batch, count * units]);
    states.hidden.push(made.hidden);
    states.carry.push(made.carry ?? made.hidden);
  });
  const last = (list: readonly Tensor[]): Tensor => turned(moves.concat(to, list, 0));
  return [turned(x), last(states.hidden), last(states.carry)];
};

/** Fixed lengths that are all the same, or those of each example. */
function lengthOf(call: TfCall, x: Tensor, lengths: Tensor | null): number | Varying {
  const [steps] = call.to.shape(x) as [number];
  if (lengths === null) return steps;
  if (!isArray(lengths)) return lengths;
  const [first] = lengths.data as Float64Array;
  if (!lengths.data.every((each) => each === first)) throw new NotExpressible('lengths that differ between examples');
  return first!;
}

export const recurrent: Readonly<Record<string, Row>> = {
  BlockLSTM: blockLstm(ICFO, 1, 3),
  BlockLSTMV2: blockLstm(IFCO, 0, 0),
  LSTMBlockCell: lstmCell,
  GRUBlockCell: gruCell,
  CudnnRNN: cudnn,
  CudnnRNNV2: cudnn,
  CudnnRNNV3: cudnn,
};
