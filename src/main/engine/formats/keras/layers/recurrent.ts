/** Recurrent layers over a known number of steps, unrolled: every step's gates are values named `layer/t0/…`. */
import type { ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import { layerSpec } from '../config';
import type { LayerRow } from '../row';

/** A step is some twenty ops: more steps than this would be a graph nobody can run or read. */
const MOST_STEPS = 512;

/** One step: from the projected input and the states before (null: zeros) to the states after, the output first. */
type Step = (projected: ValueId, states: readonly ValueId[] | null, at: string) => ValueId[];

interface Cell {
  readonly gates: number;
  /** Makes the projection's constants and the step. `inside` is where the weights stand and what names start with. */
  readonly step: (call: LayerCall, weights: CellWeights, units: number) => Step;
}

interface CellWeights {
  readonly recurrent: ValueId;
  /** GRU's second bias, where it resets after the product. */
  readonly recurrentBias: ValueId | null;
  /** Prefix of names inside the layer: empty, or the direction. */
  readonly prefix: string;
}

const AS_IS = { transposeA: false, transposeB: false };

const applied = (call: LayerCall, key: string, x: ValueId, name: string): ValueId => {
  const activation = activationOf(call, key);
  return activation ? activation(x, name) : call.op('identity', [x], {}, name);
};

/** Part `index` of a vector of several gates. */
const gate = (call: LayerCall, all: ValueId, index: number, units: number, name: string): ValueId =>
  call.op('slice', [all], { begin: [index * units], end: [(index + 1) * units], strides: [1] }, name);

const simple: Cell = {
  gates: 1,
  step:
    (call, { recurrent }) =>
    (projected, states, at) => {
      if (!states) return [applied(call, 'activation', projected, `${at}/h`)];
      const product = call.op('matmul', [states[0]!, recurrent], AS_IS, `${at}/recurrent`);
      return [applied(call, 'activation', call.op('add', [projected, product], {}, `${at}/pre`), `${at}/h`)];
    },
};

/** Gates in Keras's order: input, forget, candidate, output. */
const lstm: Cell = {
  gates: 4,
  step:
    (call, { recurrent }, units) =>
    (projected, states, at) => {
      const product = states && call.op('matmul', [states[0]!, recurrent], AS_IS, `${at}/recurrent`);
      const pre = product === null ? projected : call.op('add', [projected, product], {}, `${at}/pre`);
      const part = (index: number, key: string, name: string): ValueId =>
        applied(call, key, gate(call, pre, index, units, `${at}/${name}_pre`), `${at}/${name}`);
      const input = part(0, 'recurrent_activation', 'input');
      const candidate = part(2, 'activation', 'candidate');
      const output = part(3, 'recurrent_activation', 'output');
      let carry = call.op('mul', [input, candidate], {}, states ? `${at}/written` : `${at}/c`);
      if (states) {
        const forget = part(1, 'recurrent_activation', 'forget');
        carry = call.op('add', [call.op('mul', [forget, states[1]!], {}, `${at}/kept`), carry], {}, `${at}/c`);
      }
      const shown = applied(call, 'activation', carry, `${at}/c_activated`);
      return [call.op('mul', [output, shown], {}, `${at}/h`), carry];
    },
};

/** Gates in Keras's order: update, reset, candidate. */
const gru: Cell = {
  gates: 3,
  step: (call, { recurrent, recurrentBias, prefix }, units) => {
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
    return (projected, states, at) => {
      const x = (index: number, name: string): ValueId => gate(call, projected, index, units, `${at}/${name}_x`);
      let inner: ValueId | null = null;
      if (states && resetAfter) inner = call.op('matmul', [states[0]!, recurrent], AS_IS, `${at}/recurrent`);
      else if (states)
        inner = call.op('matmul', [states[0]!, columns('recurrent_gates', 0, 2)], AS_IS, `${at}/recurrent`);
      if (resetAfter && recurrentBias !== null)
        inner = inner === null ? recurrentBias : call.op('add', [inner, recurrentBias], {}, `${at}/recurrent_biased`);
      const biasOnly = states === null && inner !== null;
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
      if (states || inner !== null) {
        const reset = applied(call, 'recurrent_activation', joined(1, 'reset'), `${at}/reset`);
        let added: ValueId;
        if (resetAfter) added = call.op('mul', [reset, h(2, 'candidate')], {}, `${at}/candidate_reset`);
        else {
          const kept = call.op('mul', [reset, states![0]!], {}, `${at}/h_reset`);
          added = call.op('matmul', [kept, columns('recurrent_candidate', 2, 3)], AS_IS, `${at}/candidate_h`);
        }
        pre = call.op('add', [pre, added], {}, `${at}/candidate_pre`);
      }
      const candidate = applied(call, 'activation', pre, `${at}/candidate`);
      const open = call.op('sub', [one, update], {}, `${at}/written_share`);
      const written = call.op('mul', [open, candidate], {}, states ? `${at}/written` : `${at}/h`);
      if (!states) return [written];
      const kept = call.op('mul', [update, states[0]!], {}, `${at}/kept`);
      return [call.op('add', [kept, written], {}, `${at}/h`)];
    };
  },
};

const cells: Readonly<Record<string, Cell>> = { SimpleRNN: simple, LSTM: lstm, GRU: gru };
const stateCount = (kind: string): number => (kind === 'LSTM' ? 2 : 1);

interface Run {
  /** Outputs in the order of computing. */
  readonly outputs: readonly ValueId[];
  readonly states: readonly ValueId[];
}

/**
 * Unrolls a layer over its input [steps, features].
 * @param place where the weights stand in an archive: `cell`, or the direction's
 * @param prefix of names inside the layer
 */
function unrolled(call: LayerCall, place: string, prefix: string, initial: readonly ValueId[] | null): Run {
  const cell = Object.hasOwn(cells, call.kind) ? cells[call.kind]! : null;
  if (!cell) throw new NotExpressible(`a layer ${call.kind} inside`);
  const { config } = call;
  if (call.lead) throw new NotExpressible('leading axes');
  if (config.flag('stateful', false)) throw new NotExpressible('a state kept between batches');
  if (config.flag('time_major', false)) throw new NotExpressible('time before the batch');
  call.wantRank(2);
  if (call.shape()[0] === null) throw new NotExpressible('a free number of steps');
  const steps = call.known(0);
  if (steps > MOST_STEPS) throw new NotExpressible(`${steps} steps, of which ${MOST_STEPS} at most are unrolled`);
  const units = config.whole('units');
  if (units < 1) throw new ConfigFault(`units is ${units}`);
  const wide = units * cell.gates;
  const biased = config.flag('use_bias', true);
  const twice = call.kind === 'GRU' && config.flag('reset_after', call.keras >= 2);
  const [kernel, recurrent, bias] = call.weightsIn(
    place,
    ['kernel', [call.known(1), wide]],
    ['recurrent_kernel', [units, wide]],
    ...(biased ? ([['bias', twice ? [2, wide] : [wide]]] as const) : []),
  );
  const half = (name: string, index: number): ValueId =>
    call.derived(`${prefix}${name}`, () => ({
      shape: [wide],
      data: call.data(bias!).data.slice(index * wide, (index + 1) * wide),
    }));
  const inputBias = bias === undefined ? null : twice ? half('input_bias', 0) : bias;
  const recurrentBias = bias !== undefined && twice ? half('recurrent_bias', 1) : null;
  const product = call.op('matmul', [call.input, kernel!], AS_IS, `${prefix}projected`);
  const projected =
    inputBias === null ? product : call.op('add', [product, inputBias], {}, `${prefix}projected_biased`);
  const step = cell.step(call, { recurrent: recurrent!, recurrentBias, prefix }, units);
  const outputs: ValueId[] = [];
  let states = initial;
  for (let count = 0; count < steps; count++) {
    const time = config.flag('go_backwards', false) ? steps - 1 - count : count;
    const at = `${prefix}t${time}`;
    const range = { begin: [time, null], end: [time + 1, null], strides: [1, 1] };
    const row = call.op('slice', [projected], range, `${at}/row`);
    states = step(call.op('reshape', [row], { shape: [wide] }, `${at}/x`), states, at);
    outputs.push(states[0]!);
  }
  return { outputs, states: states! };
}

function recurrent(call: LayerCall): ValueId | ValueId[] {
  const given = call.inputs.slice(1);
  if (given.length && given.length !== stateCount(call.kind))
    throw new NotExpressible(`${given.length} further inputs`);
  const run = unrolled(call, 'cell', '', given.length ? given : null);
  const output = call.config.flag('return_sequences', false)
    ? call.op('stack', run.outputs, { axis: 0 }, 'sequence')
    : call.op('identity', [run.outputs.at(-1)!], {}, 'last');
  return call.config.flag('return_state', false) ? [output, ...run.states] : output;
}

/** The layer forwards and one like it backwards, joined by `merge_mode`. */
function bidirectional(call: LayerCall): ValueId | ValueId[] {
  const forward = layerSpec(call.config.get('layer'));
  const own = call.config.has('backward_layer') ? layerSpec(call.config.get('backward_layer')) : null;
  const given = call.inputs.slice(1);
  // First the states of the one direction, then of the other.
  const states = (spec: typeof forward, back: boolean): readonly ValueId[] | null => {
    if (!given.length) return null;
    const half = given.length / 2;
    if (half !== stateCount(spec.kind)) throw new NotExpressible(`${given.length} further inputs`);
    return back ? given.slice(half) : given.slice(0, half);
  };
  const sequences = forward.config.flag('return_sequences', false);
  const run = (spec: typeof forward, direction: string, flip: boolean): Run & { readonly value: ValueId } => {
    const config = flip ? spec.config.with({ go_backwards: !spec.config.flag('go_backwards', false) }) : spec.config;
    const start = states(spec, direction === 'backward');
    const done = unrolled(call.with({ kind: spec.kind, config }), `${direction}_layer/cell`, `${direction}/`, start);
    // Backwards, what was computed last stands first.
    const ordered = direction === 'backward' ? [...done.outputs].reverse() : done.outputs;
    const value = sequences ? call.op('stack', ordered, { axis: 0 }, `${direction}/sequence`) : done.outputs.at(-1)!;
    return { ...done, value };
  };
  const one = run(forward, 'forward', false);
  const other = run(own ?? forward, 'backward', own === null);
  const pair = [one.value, other.value];
  const last = forward.config.flag('return_state', false) ? [...one.states, ...other.states] : [];
  const mode = call.config.get('merge_mode') === undefined ? null : call.config.text('merge_mode');
  if (mode === null) return [...pair, ...last];
  let merged: ValueId;
  if (mode === 'concat') merged = call.op('concat', pair, { axis: sequences ? 1 : 0 }, 'merged');
  else if (mode === 'mul') merged = call.op('mul', pair, {}, 'merged');
  else if (mode === 'sum') merged = call.op('add', pair, {}, 'merged');
  else if (mode === 'ave')
    merged = call.op('mul', [call.op('add', pair, {}, 'sum'), call.scalar('share', 0.5)], {}, 'merged');
  else throw new ConfigFault(`merge_mode is ${mode}`);
  return last.length ? [merged, ...last] : merged;
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'last', readsMask: true });

export const recurrentLayers: Readonly<Record<string, LayerRow>> = {
  SimpleRNN: row(recurrent),
  LSTM: row(recurrent),
  GRU: row(recurrent),
  Bidirectional: row(bidirectional),
};
