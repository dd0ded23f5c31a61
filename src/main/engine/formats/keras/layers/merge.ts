/** Layers that join several values. */
import type { Shape, Size, ValueId } from '../../../graph/graph';
import type { OpName } from '../../../graph/ops';
import { ConfigFault } from '../../json';
import { scalar } from '../../tensors/array';
import type { Tensor, Varying } from '../../tensors/assembly';
import { contraction } from '../../tensors/contraction';
import type { LayerCall } from '../call';
import { NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { isSince } from '../version';
import { normalisedToUnit } from './norm';

type Joining = Extract<OpName, 'add' | 'sub' | 'mul' | 'maximum' | 'minimum'>;

/** Values of fewer axes get axes of one in front, as Keras does before it broadcasts. */
function levelled(call: LayerCall): ValueId[] {
  const rank = Math.max(...call.inputs.map((id) => call.shape(id).length));
  return call.inputs.map((id, index) => {
    const shape = call.shape(id);
    if (shape.length === rank) return id;
    if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
    const wide = [...new Array<number>(rank - shape.length).fill(1), ...shape.map((size) => size ?? -1)];
    return call.op('reshape', [id], { shape: wide }, `levelled_${index + 1}`);
  });
}

/** One after the other: ((a ∘ b) ∘ c) ∘ … */
function chain(call: LayerCall, op: Joining): ValueId {
  const [first, ...rest] = levelled(call) as [ValueId, ...ValueId[]];
  if (first === undefined) throw new ConfigFault('it has no inputs');
  if (!rest.length) return call.op('identity', [first], {}, 'identity');
  return rest.reduce((left, right, index) => call.op(op, [left, right], {}, `${op}_${index + 1}`), first);
}

/** The masks of the inputs, where the Keras that wrote the file lets them decide what is joined; null where there are none. */
function deciding(call: LayerCall): (Varying | null)[] | null {
  if (!isSince(call.version, 3, 4) || call.masks.every((mask) => mask === null)) return null;
  const rank = call.shape().length;
  return call.inputs.map((id, place) => {
    const mask = call.mask(place);
    if (call.shape(id).length !== rank || call.fixed(id)) throw new NotExpressible('masked values beside others');
    if (mask === null) return null;
    if (call.shape(mask).length !== rank - 1) throw new NotExpressible('a mask of these axes');
    return call.to.unsqueeze(call.tensor(mask), [rank - call.lead]) as Varying;
  });
}

/** The larger or smaller of what counts; where only one counts, that one. */
function extreme(call: LayerCall, op: 'maximum' | 'minimum'): ValueId {
  const masks = deciding(call);
  if (!masks) return chain(call, op);
  const { to } = call;
  const [first, ...rest] = call.inputs.map((id) => call.tensor(id)) as [Varying, ...Varying[]];
  const made = call.assembled(op, () => {
    let joined = first;
    let counts: Varying | null = masks[0]!;
    rest.forEach((given, i) => {
      const mask = masks[i + 1]!;
      const x = mask ? to.select(mask, given, joined) : given;
      if (counts) joined = to.select(counts, joined, x);
      counts = mask && counts ? (to.binary('maximum', counts, mask) as Varying) : null;
      joined = to.binary(op, joined, x) as Varying;
    });
    return joined;
  });
  return call.value(made, op);
}

/** The product of what counts; 0 where all inputs have masks and none counts. */
function product(call: LayerCall): ValueId {
  const masks = deciding(call);
  if (!masks) return chain(call, 'mul');
  const { to } = call;
  const made = call.assembled('product', () => {
    const factors = call.inputs.map((id, i): Tensor => {
      const mask = masks[i];
      return mask ? to.select(mask, call.tensor(id), scalar(1)) : call.tensor(id);
    });
    const whole = factors.reduce((a, b) => to.binary('mul', a, b));
    const known = masks.filter((mask) => mask !== null);
    if (known.length < masks.length) return whole;
    const any = known.reduce((a, b) => to.binary('maximum', a, b) as Varying);
    return to.select(any, whole, scalar(0));
  });
  return call.value(made, 'product');
}

const joining = (op: Joining, translate: LayerRow['translate'] = (call) => chain(call, op)): LayerRow => ({
  translate,
  units: 'kept',
  takesConstants: true,
});

function subtract(call: LayerCall): ValueId {
  if (call.inputs.length !== 2) throw new ConfigFault(`it has ${call.inputs.length} inputs, expected 2`);
  return chain(call, 'sub');
}

function average(call: LayerCall): ValueId {
  const share = call.scalar('share', 1 / call.inputs.length);
  return call.op('mul', [chain(call, 'add'), share], {}, 'average');
}

function concatenate(call: LayerCall): ValueId {
  const axis = call.axis(call.config.whole('axis', -1));
  return call.op('concat', call.inputs, { axis }, 'concat');
}

/** Sums over one axis of each of two values, as Keras's batch_dot: what is left of the first, then of the second. */
function dot(call: LayerCall): ValueId {
  if (call.inputs.length !== 2) throw new ConfigFault(`it has ${call.inputs.length} inputs, expected 2`);
  const [a, b] = call.inputs as [ValueId, ValueId];
  const given = call.config.get('axes');
  const axes = Array.isArray(given) ? given : [given, given];
  if (axes.length !== 2) throw new ConfigFault(`axes is ${JSON.stringify(given)}`);
  const [axisA, axisB] = [call.axis(axes[0], a), call.axis(axes[1], b)];
  const normalise = call.config.flag('normalize', false);
  if (call.lead > 0) {
    const [x, y] = [a, b].map((id, i) =>
      normalise ? normalisedToUnit(call, id, [i ? axisB : axisA], `_${i + 1}`) : id,
    );
    return dotAtSteps(call, [x!, axisA], [y!, axisB]);
  }
  const left = rows(call, normalise ? normalisedToUnit(call, a, [axisA], '_1') : a, axisA, 1);
  const right = rows(call, normalise ? normalisedToUnit(call, b, [axisB], '_2') : b, axisB, 2);
  const product = call.op(
    'matmul',
    [left.value, right.value],
    // The axis summed over stands last in the first and first in the second, or is swapped there by the op.
    { transposeA: left.summed === 0, transposeB: right.summed === 1 },
    'matmul',
  );
  const kept = [...left.kept, ...right.kept];
  const shape = kept.length ? kept : [1];
  const now = call.shape(product);
  if (shape.length === now.length && shape.every((size, axis) => size === now[axis])) return product;
  if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
  return call.op('reshape', [product], { shape: shape.map((size) => size ?? -1) }, 'shaped');
}

/** The same at every time step, which are counted among the examples. */
function dotAtSteps(call: LayerCall, ...given: readonly (readonly [value: ValueId, axis: number])[]): ValueId {
  const letters = [...'bcdefghijklmnopqrstuvwxy'];
  let kept = '';
  const terms = given.map(([id, axis]) => {
    const own = call.shape(id).slice(call.lead).map((_, i) => (i === axis - call.lead ? 'z' : letters.shift()!)); // prettier-ignore
    kept += own.filter((letter) => letter !== 'z').join('');
    return `a${own.join('')}`;
  });
  const made = call.assembled('product', (to) => {
    const sum = contraction(to, `${terms.join()}->a${kept}`, given.map(([id]) => call.tensor(id))); // prettier-ignore
    return kept === '' ? to.unsqueeze(sum, [1]) : sum;
  });
  return call.value(made, 'product');
}

interface Rows {
  /** Two axes: what is kept, joined, and the axis that is summed over. */
  readonly value: ValueId;
  /** Which of the two is summed over. */
  readonly summed: 0 | 1;
  readonly kept: readonly Size[];
}

/** A value as a matrix with the axis to sum over beside all others joined. */
function rows(call: LayerCall, value: ValueId, axis: number, which: number): Rows {
  const shape: Shape = call.shape(value);
  const kept = shape.filter((_, each) => each !== axis);
  if (shape.length === 2) return { value, summed: axis as 0 | 1, kept };
  if (shape.length === 1) {
    const column = call.op('reshape', [value], { shape: [-1, 1] }, `column_${which}`);
    return { value: column, summed: 0, kept };
  }
  const order = [...shape.map((_, each) => each).filter((each) => each !== axis), axis];
  const moved = call.op('transpose', [value], { permutation: order }, `moved_${which}`);
  const summed = call.known(axis, value);
  const joined = call.op('reshape', [moved], { shape: [-1, summed] }, `joined_${which}`);
  return { value: joined, summed: 1, kept };
}

/** Of keras.applications' Inception-ResNet: what comes by, and a share of what was computed. */
function scaledSum(call: LayerCall): ValueId {
  const [x, residual] = call.inputs;
  if (x === undefined || residual === undefined) throw new ConfigFault('it takes two values');
  const scale = call.scalar('scale', call.config.number('scale'));
  return call.op('add', [x, call.op('mul', [residual, scale], {}, 'scaled')], {}, 'sum');
}

export const merging: Readonly<Record<string, LayerRow>> = {
  Add: joining('add'),
  Subtract: { translate: subtract, units: 'kept', takesConstants: true },
  Multiply: joining('mul', product),
  Average: { translate: average, units: 'kept', takesConstants: true },
  Maximum: joining('maximum', (call) => extreme(call, 'maximum')),
  Minimum: joining('minimum', (call) => extreme(call, 'minimum')),
  Concatenate: { translate: concatenate, units: 'kept' },
  Dot: { translate: dot, units: 'last', overTime: true },
  CustomScaleLayer: { translate: scaledSum, units: 'kept' },
};
