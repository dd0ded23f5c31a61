/**
 * Steps that training for whole numbers leaves in a graph: values clipped and rounded to a grid, but real ones all the same. They stand
 * for a straight line, which is what a path walks (`graph/straightened.ts`).
 */
import * as host from '../../tensors/array';
import { type HostArray, isArray, range } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { functions } from '../../tensors/functions';
import type { TfCall } from '../call';
import type { Row } from './row';

/** The grid of 2^bits values over a range that is moved so that zero is one of them (TensorFlow's fake_quant_ops_functor.h). */
function gridOf(low: number, high: number, bits: number, narrow: boolean): { scale: number; from: number; to: number } {
  const [first, last] = [narrow ? 1 : 0, 2 ** bits - 1];
  const scale = (high - low) / (last - first);
  const zero = Math.min(last, Math.max(first, Math.round(first - low / scale)));
  return { scale, from: (first - zero) * scale, to: (last - zero) * scale };
}

/** @param lows per channel, or one number */
function onGrid(call: TfCall, x: Tensor, lows: HostArray, highs: HostArray): Tensor {
  const { to } = call;
  const bits = call.int('num_bits', 8);
  const grids = range(lows.data.length).map((i) =>
    gridOf(lows.data[i]!, highs.data[i]!, bits, call.flag('narrow_range')),
  );
  const each = (of: (grid: (typeof grids)[number]) => number): HostArray => host.reals(lows.shape, grids.map(of));
  const from = each((grid) => grid.from);
  const kept = to.binary('maximum', to.binary('minimum', x, each((grid) => grid.to)), from); // prettier-ignore
  const steps = to.binary(
    'div',
    to.binary('sub', kept, from),
    each(({ scale }) => scale),
  );
  const nearest = to.unary('floor', to.binary('add', steps, host.scalar(0.5)), {}, functions['floor']!);
  // What rounding moves a value by is what a path leaves out.
  const whole = isArray(steps)
    ? nearest
    : to.binary('add', steps, to.unary('identity', to.binary('sub', nearest, steps), { straight: 0 }, null));
  return to.binary('add', to.binary('mul', whole, each(({ scale }) => scale)), from); // prettier-ignore
}

const byInputs: Row = (call) => {
  const [low, high] = [1, 2].map((i) => call.to.array(call.input(i), 'a range')) as [HostArray, HostArray];
  return onGrid(call, call.input(0), low, high);
};

export const quantisation: Readonly<Record<string, Row>> = {
  FakeQuantWithMinMaxArgs: (call) =>
    onGrid(call, call.input(0), host.scalar(call.float('min', -6)), host.scalar(call.float('max', 6))),
  FakeQuantWithMinMaxVars: byInputs,
  FakeQuantWithMinMaxVarsPerChannel: byInputs,
};
