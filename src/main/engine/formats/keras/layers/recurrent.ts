/**
 * Recurrent layers over a known number of steps, unrolled: every step's gates are values named `layer/t0/…`. Cells stand in
 * cells.ts. At a step that a mask hides states stay as they are, and what is shown is what was shown before, or 0.
 */
import { isRecord } from '../../../../../contract/records';
import type { ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { type LayerCall, NotExpressible } from '../call';
import { type LayerSpec, layerSpec } from '../config';
import type { LayerRow } from '../row';
import { type Cell, cellsOf, withoutCudnn } from './cells';

/** A step is some twenty ops: more steps than this would be a graph nobody can run or read. */
const MOST_STEPS = 4096;

interface Run {
  /** Outputs in the order of computing; where only the last is shown, that one. */
  readonly outputs: readonly ValueId[];
  readonly states: readonly ValueId[];
}

/** What a call gives beside the sequence. */
interface Given {
  /** Null: zeros. */
  readonly states: readonly ValueId[] | null;
  /** Which steps count; null: all. */
  readonly mask: ValueId | null;
}

/**
 * Unrolls a layer over its input [steps, …].
 * @param place where the weights stand in an archive: `cell`, or the direction's
 * @param prefix of names inside the layer
 */
function unrolled(call: LayerCall, place: string, prefix: string, given: Given): Run {
  const { config, lead } = call;
  if (config.flag('time_major', false)) throw new NotExpressible('time before the batch');
  if (config.has('num_constants')) throw new NotExpressible('constants for its cell');
  const cells = cellsOf(call, place, prefix);
  const [first] = cells as [Cell];
  call.wantRank(first.rank + 1);
  if (call.shape()[lead] === null) throw new NotExpressible('a free number of steps');
  const steps = call.known(lead);
  if (steps > MOST_STEPS) throw new NotExpressible(`${steps} steps, of which ${MOST_STEPS} at most are unrolled`);
  const count = cells.reduce((sum, cell) => sum + cell.states, 0);
  if (given.states && given.states.length !== count) throw new NotExpressible(`${given.states.length} further inputs`);
  const backwards = config.flag('go_backwards', false);
  const sequences = config.flag('return_sequences', false);
  const sequence = first.projectsAll ? first.project(first.taken(call.input, `${prefix}taken`), prefix) : call.input;
  let states: (ValueId | null)[] = given.states
    ? cells.flatMap((cell, i) => {
        const from = cells.slice(0, i).reduce((sum, { states: own }) => sum + own, 0);
        return given
          .states!.slice(from, from + cell.states)
          .map((id, at) => cell.taken(id, `${prefix}state_${i}_${at}`));
      })
    : new Array<null>(count).fill(null);
  const zeros = config.flag('zero_output_for_mask', false);
  const names = cells.flatMap((cell, i) =>
    ['h', 'c'].slice(0, cell.states).map((name) => `${cells.length > 1 ? `cell_${i + 1}/` : ''}${name}_kept`),
  );
  const outputs: ValueId[] = [];
  let shown: ValueId | null = null;
  for (let turn = 0; turn < steps; turn++) {
    const time = backwards ? steps - 1 - turn : turn;
    const at = `${prefix}t${time}`;
    let value = row(call, sequence, time, at);
    if (!first.projectsAll) value = first.taken(value, `${at}/taken`);
    const next: ValueId[] = [];
    cells.forEach((cell, i) => {
      const name = cells.length > 1 ? `${at}/cell_${i + 1}` : at;
      const x = i === 0 && cell.projectsAll ? value : cell.project(value, `${name}/`);
      const made = cell.step(x, states.slice(next.length, next.length + cell.states), name);
      value = made[0]!;
      next.push(...made);
    });
    if (given.mask === null) {
      states = next;
      shown = value;
    } else {
      const kept = keeping(call, given.mask, time, at);
      const before = states;
      states = next.map((id, i) => kept(id, before[i]!, names[i]!));
      // Where nothing else was shown before, what is shown is the state.
      if (!zeros) shown = kept(value, shown, 'shown');
      else if (sequences || turn === steps - 1) shown = kept(value, null, 'shown');
    }
    if (sequences || turn === steps - 1) outputs.push(shown!);
  }
  const last = cells.at(-1)!;
  let at = 0;
  return {
    outputs: outputs.map((id, i) => last.given(id, `${prefix}shown_${i}`)),
    states: cells.flatMap((cell, i) =>
      Array.from({ length: cell.states }, (_, each) => cell.given(states[at++]!, `${prefix}last_${i}_${each}`)),
    ),
  };
}

/** One step of a sequence [lead…, steps, …] without the axis of steps. */
function row(call: LayerCall, sequence: ValueId, time: number, at: string): ValueId {
  const shape = call.shape(sequence);
  const only = (value: number): (number | null)[] => shape.map((_, axis) => (axis === call.lead ? value : null));
  const range = { begin: only(time), end: only(time + 1), strides: shape.map(() => 1) };
  const slice = call.op('slice', [sequence], range, `${at}/row`);
  const rest = shape.filter((_, axis) => axis !== call.lead);
  if (rest.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
  return call.op('reshape', [slice], { shape: rest.map((size) => size ?? -1) }, `${at}/x`);
}

/** What stays at a step that does not count: fresh where it does, else what was before (null: zeros). */
function keeping(
  call: LayerCall,
  mask: ValueId,
  time: number,
  at: string,
): (fresh: ValueId, before: ValueId | null, name: string) => ValueId {
  const rank = call.shape(mask).length;
  const only = (value: number): (number | null)[] =>
    Array.from({ length: rank }, (_, axis) => (axis === rank - 1 ? value : null));
  const range = { begin: only(time), end: only(time + 1), strides: new Array<number>(rank).fill(1) };
  const counts = call.truth('slice', [mask], range, `${at}/counts`);
  const known = new Map<string, ValueId>();
  return (fresh, before, name) => {
    const key = `${fresh} ${before}`;
    const id =
      known.get(key) ?? call.op('select', [counts, fresh, before ?? call.scalar('zero', 0)], {}, `${at}/${name}`);
    known.set(key, id);
    return id;
  };
}

/** What the call gives beside the sequence. */
function givenTo(call: LayerCall): Given {
  const states = call.inputs.length > 1 ? call.inputs.slice(1) : null;
  // Keras 3 looks for a mask only where the sequence is all that it is given.
  return { states, mask: call.keras >= 3 && states && !call.masked ? null : call.mask() };
}

function recurrent(call: LayerCall): ValueId | ValueId[] {
  const run = unrolled(withoutCudnn(call), 'cell', '', givenTo(call));
  const output = call.config.flag('return_sequences', false)
    ? call.op('stack', run.outputs, { axis: call.lead }, 'sequence')
    : call.op('identity', [run.outputs.at(-1)!], {}, 'last');
  return call.config.flag('return_state', false) ? [output, ...run.states] : output;
}

/** The layer forwards and one like it backwards, joined by `merge_mode`. */
function bidirectional(call: LayerCall): ValueId | ValueId[] {
  const forward = layerSpec(call.config.get('layer'));
  const own = isRecord(call.config.get('backward_layer')) ? layerSpec(call.config.get('backward_layer')) : null;
  const given = givenTo(call);
  const sequences = forward.config.flag('return_sequences', false);
  const run = (spec: LayerSpec, direction: string, flip: boolean): Run & { readonly value: ValueId } => {
    const back = direction === 'backward';
    // First the states of the one direction, then of the other.
    const half = (given.states?.length ?? 0) / 2;
    const states = given.states && (back ? given.states.slice(half) : given.states.slice(0, half));
    // In a sequence what does not count is shown as 0, whatever the layer inside says.
    const config = spec.config.with({
      zero_output_for_mask: sequences,
      ...(flip && { go_backwards: !spec.config.flag('go_backwards', false) }),
    });
    const inner = withoutCudnn(call.with({ kind: spec.kind, config }));
    const done = unrolled(inner, `${direction}_layer/cell`, `${direction}/`, { ...given, states });
    // Backwards, what was computed last stands first.
    const ordered = back ? [...done.outputs].reverse() : done.outputs;
    const value = sequences
      ? call.op('stack', ordered, { axis: call.lead }, `${direction}/sequence`)
      : done.outputs.at(-1)!;
    return { ...done, value };
  };
  const one = run(forward, 'forward', false);
  const other = run(own ?? forward, 'backward', own === null);
  const pair = [one.value, other.value];
  const last = forward.config.flag('return_state', false) ? [...one.states, ...other.states] : [];
  const mode = call.config.get('merge_mode') === undefined ? null : call.config.text('merge_mode');
  if (mode === null) return [...pair, ...last];
  let merged: ValueId;
  if (mode === 'concat') merged = call.op('concat', pair, { axis: call.shape(one.value).length - 1 }, 'merged');
  else if (mode === 'mul') merged = call.op('mul', pair, {}, 'merged');
  else if (mode === 'sum') merged = call.op('add', pair, {}, 'merged');
  else if (mode === 'ave')
    merged = call.op('mul', [call.op('add', pair, {}, 'sum'), call.scalar('share', 0.5)], {}, 'merged');
  else throw new ConfigFault(`merge_mode is ${mode}`);
  return last.length ? [merged, ...last] : merged;
}

const layer = (translate: LayerRow['translate'], units: LayerRow['units'] = 'last'): LayerRow => ({
  translate,
  units,
});

export const recurrentLayers: Readonly<Record<string, LayerRow>> = {
  SimpleRNN: layer(recurrent),
  LSTM: layer(recurrent),
  GRU: layer(recurrent),
  CuDNNLSTM: layer(recurrent),
  CuDNNGRU: layer(recurrent),
  RNN: layer(recurrent),
  ConvLSTM1D: layer(recurrent, 'format'),
  ConvLSTM2D: layer(recurrent, 'format'),
  ConvLSTM3D: layer(recurrent, 'format'),
  Bidirectional: layer(bidirectional),
};
