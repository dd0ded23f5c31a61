/** Normalisation layers. Those with trained statistics are affine; the others stay as the normalisation they are. */
import type { Constant, Shape, ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { asConstant, precise } from '../../tensors/array';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { scaleAndShift } from './core';

const floats = (call: LayerCall, id: ValueId): Float32Array => call.data(id).data as Float32Array;

/** (x − mean) / √(variance + ε) · γ + β with the trained mean and variance: one scale and one offset per channel. */
function batchNorm(call: LayerCall): ValueId {
  const { config } = call;
  const axis = call.axes('axis', -1);
  if (axis.length !== 1) throw new NotExpressible(`axes ${axis.join(', ')}`);
  const channels = call.known(axis[0]!);
  const scaled = config.flag('scale', true);
  const centred = config.flag('center', true);
  const found = call.weights(
    ...(scaled ? ([['gamma', [channels]]] as const) : []),
    ...(centred ? ([['beta', [channels]]] as const) : []),
    ['moving_mean', [channels]],
    ['moving_variance', [channels]],
  );
  const variance = floats(call, found.pop()!);
  const mean = floats(call, found.pop()!);
  const beta = centred ? floats(call, found.pop()!) : null;
  const gamma = scaled ? floats(call, found.pop()!) : null;
  const epsilon = config.number('epsilon', 1e-3);
  const factor = Float64Array.from(variance, (each, i) => (gamma?.[i] ?? 1) / Math.sqrt(each + epsilon));
  const shift = factor.map((each, i) => (beta?.[i] ?? 0) - mean[i]! * each);
  const shape = along(call.shape(), axis) as number[];
  return scaleAndShift(call, asConstant(precise(shape, factor)), asConstant(precise(shape, shift)));
}

/** The shape that broadcasts a constant over all axes but these. */
function along(shape: Shape, axes: readonly number[]): number[] {
  const first = Math.min(...axes);
  return shape.map((size, axis) => (axes.includes(axis) ? size! : 1)).slice(first);
}

/** γ and β over the axes given, where the layer has them. */
function scaleAndCentre(
  call: LayerCall,
  x: ValueId,
  axes: readonly number[],
  scaled: boolean,
  centred: boolean,
): ValueId {
  if (!scaled && !centred) return x;
  const own = axes.map((axis) => call.known(axis));
  const found = call.weights(
    ...(scaled ? ([['gamma', own]] as const) : []),
    ...(centred ? ([['beta', own]] as const) : []),
  );
  const shape = along(call.shape(), axes);
  const size = own.reduce((product, each) => product * each, 1);
  const gamma = scaled ? floats(call, found[0]!) : new Float32Array(size).fill(1);
  const beta = centred ? floats(call, found.at(-1)!) : new Float32Array(size);
  const constant = (data: Float32Array): Constant => ({ shape, data });
  return scaleAndShift(call, constant(gamma), constant(beta), x);
}

function layerNorm(call: LayerCall): ValueId {
  const { config } = call;
  const axes = call.axes('axis', -1).sort((a, b) => a - b);
  const epsilon = config.number('epsilon', 1e-3);
  if (!config.flag('rms_scaling', false)) {
    const core = call.op('normalise', [call.input], { axes, epsilon }, 'normalised');
    return scaleAndCentre(call, core, axes, config.flag('scale', true), config.flag('center', true));
  }
  // x · γ / √(variance + ε): the mean is left in.
  const mean = call.op('mean', [call.input], { axes, keepDims: true }, 'mean');
  const centred = call.op('sub', [call.input, mean], {}, 'centred');
  return byMeanSquare(call, call.op('square', [centred], {}, 'square'), axes, epsilon, true);
}

/** x / √(mean of `squares` + ε) · γ */
function byMeanSquare(call: LayerCall, squares: ValueId, axes: number[], epsilon: number, scaled: boolean): ValueId {
  const mean = call.op('mean', [squares], { axes, keepDims: true }, 'mean_square');
  const shifted = call.op('add', [mean, call.scalar('epsilon', epsilon)], {}, 'mean_square_epsilon');
  const root = call.op('sqrt', [shifted], {}, 'root_mean_square');
  const normalised = call.op('div', [call.input, root], {}, 'normalised');
  return scaleAndCentre(call, normalised, axes, scaled, false);
}

/** x / √(mean of x² + ε) · scale (arXiv 1910.07467). */
function rmsNorm(call: LayerCall): ValueId {
  const axes = call.axes('axis', -1).sort((a, b) => a - b);
  const squares = call.op('square', [call.input], {}, 'square');
  const mean = call.op('mean', [squares], { axes, keepDims: true }, 'mean_square');
  const epsilon = call.scalar('epsilon', call.config.number('epsilon', 1e-6));
  const root = call.op('sqrt', [call.op('add', [mean, epsilon], {}, 'mean_square_epsilon')], {}, 'root_mean_square');
  const normalised = call.op('div', [call.input, root], {}, 'normalised');
  const own = axes.map((axis) => call.known(axis));
  const scale = call.data(call.weights(['scale', own])[0]!);
  const shaped = call.derived('scale_along', () => ({ shape: along(call.shape(), axes), data: scale.data }));
  return call.op('mul', [normalised, shaped], {}, 'scaled');
}

/** Channels in groups, each normalised over its channels and all positions (arXiv 1803.08494). */
function groupNorm(call: LayerCall): ValueId {
  const { config } = call;
  const [axis] = call.axes('axis', -1) as [number];
  const channels = call.known(axis);
  const groups = config.whole('groups', 32) === -1 ? channels : config.whole('groups', 32);
  if (groups < 1 || channels % groups)
    throw new ConfigFault(`${channels} channels cannot be shared among ${groups} groups`);
  const shape = call.shape();
  if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
  const open = shape.map((size) => size ?? -1);
  const parted = [...open.slice(0, axis), groups, channels / groups, ...open.slice(axis + 1)];
  const grouped = call.op('reshape', [call.input], { shape: parted }, 'grouped');
  const axes = parted.map((_, i) => i).filter((i) => i !== axis && i >= call.lead);
  const normalised = call.op('normalise', [grouped], { axes, epsilon: config.number('epsilon', 1e-3) }, 'normalised');
  const joined = call.op('reshape', [normalised], { shape: open }, 'joined');
  return scaleAndCentre(call, joined, [axis], config.flag('scale', true), config.flag('center', true));
}

/** x / max(‖x‖₂, ε) */
function unitNorm(call: LayerCall): ValueId {
  return normalisedToUnit(call, call.input, call.axes('axis', -1), '');
}

/** To unit length along the axes, as Keras: Keras 2 holds x² above 1e-12, Keras 3 the norm. */
export function normalisedToUnit(call: LayerCall, x: ValueId, axes: number[], which: string): ValueId {
  const sum = call.op('sum', [call.op('square', [x], {}, `square${which}`)], { axes, keepDims: true }, `sum${which}`);
  const least = call.scalar('least', call.keras < 3 ? 1e-12 : 1e-24);
  const held = call.op('maximum', [sum, least], {}, `held${which}`);
  return call.op('div', [x, call.op('sqrt', [held], {}, `length${which}`)], {}, `unit${which}`);
}

/** (x − mean) / max(√variance, 1e-7) with statistics from data, or the inverse of it. */
function normalization(call: LayerCall): ValueId {
  const { config } = call;
  const kept = config.get('axis') === undefined ? [] : call.axes('axis', -1).sort((a, b) => a - b);
  const given = config.has('mean') && config.has('variance');
  const own = kept.map((axis) => call.known(axis));
  const shape = kept.length ? along(call.shape(), kept) : [];
  const size = own.reduce((product, each) => product * each, 1);
  let mean: Float32Array, variance: Float32Array;
  if (given) {
    [mean, variance] = [config.array('mean').data, config.array('variance').data];
    // One number, or as many as the last kept axes have, serves all.
    const spread = (data: Float32Array): Float32Array => {
      if (!data.length || size % data.length) throw new ConfigFault(`${data.length} means do not fit ${size} features`);
      return Float32Array.from({ length: size }, (_, i) => data[i % data.length]!);
    };
    [mean, variance] = [spread(mean), spread(variance)];
  } else {
    const found = call.weights(['mean', own], ['variance', own]);
    [mean, variance] = found.map((id) => floats(call, id)) as [Float32Array, Float32Array];
  }
  const deviation = Float64Array.from(variance, (each) => Math.max(Math.sqrt(each), 1e-7));
  const invert = config.flag('invert', false);
  const scale = Float32Array.from(deviation, (each) => (invert ? each : 1 / each));
  const offset = Float32Array.from(mean, (each, i) => (invert ? each : -each / deviation[i]!));
  return scaleAndShift(call, { shape, data: scale }, { shape, data: offset });
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'kept' });

export const normalisation: Readonly<Record<string, LayerRow>> = {
  BatchNormalization: row(batchNorm),
  BatchNormalizationV1: row(batchNorm),
  BatchNormalizationV2: row(batchNorm),
  SyncBatchNormalization: row(batchNorm),
  LayerNormalization: row(layerNorm),
  RMSNormalization: row(rmsNorm),
  GroupNormalization: row(groupNorm),
  UnitNormalization: row(unitNorm),
  Normalization: row(normalization),
};
