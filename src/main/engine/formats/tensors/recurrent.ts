/**
 * Recurrent cells as ONNX has them (LSTM, GRU, RNN), unrolled over a known number of steps in one or two directions. What a
 * step makes is named `t0/input`, `t0/forget` … inside the node's layer, with `backward/` before it in the second direction.
 */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, range } from './array';
import { type Assembly, StepsOfBatch, symbolic, type Tensor, type Varying } from './assembly';
import * as matrices from './matrices';
import * as moves from './moves';

/** A step is some twenty ops: more steps than this would be a graph nobody can run or read. */
export const MOST_STEPS = 4096;

export type Activation = (x: Tensor) => Tensor;
export type CellKind = 'LSTM' | 'GRU' | 'RNN';

/** Of an input or a state with its matrix, in one direction: [..., features] × [features, gates · units]. */
export type Product = (x: Tensor, matrix: HostArray, by: 'input' | 'state', direction: number) => Tensor;

export interface Recurrent {
  readonly kind: CellKind;
  readonly directions: readonly ('forward' | 'reverse')[];
  readonly units: number;
  /** [steps, batch, features] */
  readonly x: Tensor;
  /** [directions, gates · units, features] */
  readonly weights: HostArray;
  /** [directions, gates · units, units] */
  readonly recurrent: HostArray;
  /** Null: of matrices. */
  readonly product: Product | null;
  /** [directions, 2 · gates · units]: of the input, then of the state. */
  readonly bias: HostArray | null;
  /** [directions, 3 · units], LSTM: input, output, forget. */
  readonly peepholes: HostArray | null;
  /** [directions, batch, units]; null: zeros. */
  readonly hidden: Tensor | null;
  readonly carry: Tensor | null;
  /** Per direction: f, g and (LSTM) h of ONNX's formulas. */
  readonly activations: readonly (readonly Activation[])[];
  /** What gates are cut to before they are activated; null: not. */
  readonly clip: ((x: Tensor) => Tensor) | null;
  readonly linearBeforeReset: boolean;
  /** LSTM: the forget gate is 1 − the input gate. */
  readonly coupled: boolean;
  /** Steps that count; what follows them is 0. [batch]: of each example by itself, as whole numbers at the input say. */
  readonly length: number | Varying;
}

export interface Unrolled {
  /** [steps, directions, batch, units] */
  readonly sequence: Tensor;
  /** [directions, batch, units] */
  readonly hidden: Tensor;
  readonly carry: Tensor | null;
}

const GATES: Readonly<Record<CellKind, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

const isZero = (x: Tensor): boolean => isArray(x) && x.data.every((each) => each === 0);

/** Part `index` of a row [batch, several · units]. */
function part(to: Assembly, x: Tensor, index: number, units: number, count = 1): Tensor {
  return moves.slice(to, x, [null, index * units], [null, (index + count) * units], [1, 1]);
}

/** One direction's matrices, turned so that states are multiplied from the left. */
function direction(given: Recurrent, index: number) {
  const { units, kind } = given;
  const wide = GATES[kind] * units;
  const own = (array: HostArray): HostArray =>
    host.reshaped(host.picked(array, 0, [index]), array.shape.slice(1) as number[]);
  const [biasIn, biasState] = given.bias
    ? [host.picked(own(given.bias), 0, range(wide)), host.picked(own(given.bias), 0, range(wide, wide))]
    : [null, null];
  // Where nothing is reset, both biases are one.
  const once = biasIn && biasState && kind !== 'GRU' ? host.combined(biasIn, biasState, (a, b) => a + b) : biasIn;
  return {
    kernel: host.transposed(own(given.weights), [1, 0]),
    state: host.transposed(own(given.recurrent), [1, 0]),
    biasIn: once,
    biasState,
    peepholes: given.peepholes && range(3).map((i) => host.picked(own(given.peepholes!), 0, range(units, i * units))),
  };
}

type States = readonly [hidden: Tensor | null, carry: Tensor | null];
/** One step: the projected input and the states before to the states after. Null stands for zeros. */
type Step = (projected: Tensor, states: States) => [hidden: Tensor, carry: Tensor | null];

function stepOf(to: Assembly, given: Recurrent, index: number): Step {
  const { kind, units } = given;
  const { state, biasState, peepholes } = direction(given, index);
  const [f, g, h] = given.activations[index]!;
  const clip = given.clip ?? ((x: Tensor): Tensor => x);
  const add = (a: Tensor, b: Tensor | null): Tensor => (b === null ? a : to.binary('add', a, b));
  const product: Product = given.product ?? ((x, matrix) => matrices.matmul(to, x, matrix));
  const times = (hidden: Tensor | null, matrix: HostArray): Tensor | null =>
    hidden && product(hidden, matrix, 'state', index);
  const named = <T extends Tensor>(name: string, make: () => T): T => to.part(name, make);

  if (kind === 'RNN')
    return (projected, [hidden]) => [named('h', () => f!(clip(add(projected, times(hidden, state))))), null];

  if (kind === 'LSTM')
    return (projected, [hidden, carry]) => {
      const pre = named('gates', () => add(projected, times(hidden, state)));
      const gate = (place: number, peep: number | null, seen: Tensor | null, activation: Activation, name: string) =>
        named(name, () => {
          const own = part(to, pre, place, units);
          const looked =
            peep === null || !peepholes || !seen ? own : add(own, to.binary('mul', seen, peepholes[peep]!));
          return activation(clip(looked));
        });
      const input = gate(0, 0, carry, f!, 'input');
      const candidate = gate(3, null, null, g!, 'candidate');
      let next = named('written', () => to.binary('mul', input, candidate));
      if (carry) {
        const forget = given.coupled
          ? named('forget', () => to.binary('sub', host.scalar(1), input))
          : gate(2, 2, carry, f!, 'forget');
        const kept = named('kept', () => to.binary('mul', forget, carry));
        const written = next;
        next = named('c', () => to.binary('add', kept, written));
      }
      const output = gate(1, 1, next, f!, 'output');
      const shown = named('c_activated', () => h!(next));
      return [named('h', () => to.binary('mul', output, shown)), next];
    };

  const columns = (array: HostArray, begin: number, count: number): HostArray =>
    host.picked(array, array.shape.length - 1, range(count * units, begin * units));
  const biasGates = biasState && columns(biasState, 0, 2);
  const biasCandidate = biasState && columns(biasState, 2, 1);
  return (projected, [hidden]) => {
    const inner = named('gates', () =>
      add(add(part(to, projected, 0, units, 2), biasGates), times(hidden, columns(state, 0, 2))),
    );
    const update = named('update', () => f!(clip(part(to, inner, 0, units))));
    const pre = part(to, projected, 2, units);
    let candidatePre: Tensor;
    const reset = (): Tensor => named('reset', () => f!(clip(part(to, inner, 1, units))));
    if (given.linearBeforeReset) {
      const product = times(hidden, columns(state, 2, 1));
      const seen = product ? add(product, biasCandidate) : biasCandidate;
      candidatePre = seen ? add(pre, to.binary('mul', reset(), seen)) : pre;
    } else {
      const kept = hidden && named('h_reset', () => to.binary('mul', reset(), hidden));
      candidatePre = add(add(pre, times(kept, columns(state, 2, 1))), biasCandidate);
    }
    const candidate = named('candidate', () => g!(clip(candidatePre)));
    const open = named('written_share', () => to.binary('sub', host.scalar(1), update));
    const written = named('written', () => to.binary('mul', open, candidate));
    if (!hidden) return [written, null];
    const kept = named('kept', () => to.binary('mul', update, hidden));
    return [named('h', () => to.binary('add', kept, written)), null];
  };
}

/** Where steps can be taken along this axis. @throws StepsOfBatch, NotExpressible over a free number of steps */
export function walkedAlong(to: Assembly, x: Tensor, axis: number): void {
  if (!isArray(x) && to.batched && x.axes[axis]!.includes(0)) throw new StepsOfBatch('steps along the examples');
  if (symbolic(to.shape(x)[axis]!)) throw new NotExpressible('a free number of steps');
}

/**
 * Unrolls a recurrent node.
 * @throws NotExpressible over a free number of steps, or more than MOST_STEPS
 */
export function unrolled(to: Assembly, given: Recurrent): Unrolled {
  const { x, units, directions } = given;
  const shape = to.shape(x);
  const [steps, batch] = shape as [number, number, number];
  const length = typeof given.length === 'number' ? given.length : steps;
  const lengths = typeof given.length === 'number' ? null : to.unsqueeze(given.length, [1]);
  walkedAlong(to, x, 0);
  if (length > MOST_STEPS) throw new NotExpressible(`${length} steps, of which ${MOST_STEPS} at most are unrolled`);
  if (length < 1 || length > steps) throw new NotExpressible(`${length} of ${steps} steps`);
  const initial = (all: Tensor | null, index: number): Tensor | null => {
    if (all === null || isZero(all)) return null;
    const own = moves.slice(to, all, [index, null, null], [index + 1, null, null], [1, 1, 1]);
    return to.squeeze(own, [0]);
  };
  const runs = directions.map((way, index) => {
    const { kernel, biasIn } = direction(given, index);
    const prefix = index === 0 ? '' : 'backward/';
    const projected = to.part(`${prefix}projected`, () => {
      const made = given.product ? given.product(x, kernel, 'input', index) : matrices.matmul(to, x, kernel);
      return biasIn ? to.binary('add', made, biasIn) : made;
    });
    const step = stepOf(to, given, index);
    let hidden = initial(given.hidden, index);
    let carry = initial(given.carry, index);
    const zeros = host.filled([1, units], 0, false);
    const outputs = new Array<Tensor>(length);
    for (let count = 0; count < length; count++) {
      const time = way === 'reverse' ? length - 1 - count : count;
      to.part(`${prefix}t${time}`, () => {
        const row = to.part('x', () =>
          to.squeeze(moves.slice(to, projected, [time, null, null], [time + 1, null, null], [1, 1, 1]), [0]),
        );
        const before = [hidden ?? zeros, carry ?? zeros] as const;
        [hidden, carry] = step(row, [hidden, carry]);
        outputs[time] = hidden;
        if (!lengths) return hidden;
        // Beyond an example's own length states stay (backwards: have not begun), and what is shown is 0.
        const counts = to.part('counts', () => to.binary('greater', lengths, host.wholes([time], []))) as Varying;
        outputs[time] = to.part('shown', () => to.select(counts, hidden!, zeros));
        if (carry) carry = to.part('c_kept', () => to.select(counts, carry!, before[1]));
        hidden = to.part('h_kept', () => to.select(counts, hidden!, before[0]));
        return hidden;
      });
    }
    return { outputs, hidden: hidden!, carry };
  });
  /** [batch, units] per direction as [directions, batch, units] */
  const joined = (list: readonly Tensor[]): Tensor =>
    moves.concat(
      to,
      list.map((each) => to.unsqueeze(each, [0])),
      0,
    );
  const rows = range(length).map((time) => to.unsqueeze(joined(runs.map(({ outputs }) => outputs[time]!)), [0]));
  if (length < steps) rows.push(host.filled([steps - length, directions.length, batchSize(batch), units], 0, false));
  return {
    sequence: to.part('sequence', () => moves.concat(to, rows, 0)),
    hidden: to.part('last', () => joined(runs.map(({ hidden }) => hidden))),
    carry: runs[0]!.carry && to.part('last_c', () => joined(runs.map(({ carry }) => carry!))),
  };
}

/** A constant has a batch of one where the file leaves its size free. */
const batchSize = (batch: number): number => (symbolic(batch) ? 1 : batch);
