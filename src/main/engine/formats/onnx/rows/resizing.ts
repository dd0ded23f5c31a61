/** Pictures and other grids of another size. */
import { NotExpressible, range } from '../../tensors/array';
import { resizedOver, type Resizing } from '../../tensors/resizing';
import type { Row } from './row';
import * as sliding from '../../tensors/sliding';

/** Sizes of a Resize or Upsample, per axis. */
const resize: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const shape = to.shape(x);
  const old = call.kind === 'Upsample' || call.opset < 11;
  const scaleInput = call.inputs[old ? 1 : 2];
  const scales = call.floats('scales') ?? (scaleInput ? to.list(scaleInput, 'scales') : []);
  const wanted = !old && call.inputs[3] ? to.list(call.inputs[3], 'sizes') : [];
  const axes = (call.ints('axes') ?? range(shape.length)).map((axis) => to.axis(x, axis));
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  const ratios = wanted.map((size, i) => size / shape[axes[i]!]!);
  const common = policy === 'not_larger' ? Math.min(...ratios) : policy === 'not_smaller' ? Math.max(...ratios) : null;
  const scaleOf = (axis: number): number => {
    const i = axes.indexOf(axis);
    if (i < 0) return 1;
    return wanted.length ? (common ?? ratios[i]!) : (scales[i] ?? 1);
  };
  const countOf = (axis: number): number => {
    const i = axes.indexOf(axis);
    if (i < 0) return shape[axis]!;
    if (!wanted.length) return Math.floor(shape[axis]! * scaleOf(axis));
    return common === null ? wanted[i]! : Math.floor(shape[axis]! * common + 0.5);
  };
  const touched = range(shape.length).filter((axis) => scaleOf(axis) !== 1);
  if (!touched.length) return x;
  const mode = call.text('mode', 'nearest');
  const method = mode === 'bilinear' || mode === 'linear' ? 'linear' : mode === 'cubic' ? 'cubic' : 'nearest';
  if (method === 'nearest' && mode !== 'nearest') throw new NotExpressible(`resizing by ${mode}`);
  const coordinates = call.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const rounding = call.text('nearest_mode', old ? 'floor' : 'round_prefer_floor');
  const antialias = call.int('antialias', 0) !== 0;

  // Whole factors of images repeat, or mix two neighbours: ops of their own, which free sizes may pass.
  const spatial = range(Math.max(0, shape.length - 2), 2);
  const scale = spatial.map(scaleOf);
  const whole = scale.every((each) => Number.isInteger(each) && each >= 1) && touched.every((axis) => axis >= 2);
  const halfPixel = coordinates === 'half_pixel' || coordinates === 'pytorch_half_pixel';
  const repeats =
    method === 'nearest' &&
    ((coordinates === 'asymmetric' && rounding === 'floor') || (halfPixel && rounding.startsWith('round')));
  if (whole && repeats) return sliding.upsample(to, x, 1, spatial, scale, 'nearest');
  if (whole && method === 'linear' && halfPixel && !antialias && spatial.length <= 2)
    return sliding.upsample(to, x, 1, spatial, scale, 'bilinear');
  const by: Resizing = {
    method,
    coordinates,
    rounding,
    cubic: call.float('cubic_coeff_a', -0.75),
    excludeOutside: call.int('exclude_outside', 0) !== 0,
    antialias,
  };
  const resized = touched.map((axis) => ({ axis, count: countOf(axis), scale: scaleOf(axis) }));
  return resizedOver(to, x, resized, 1, by);
};

export const resizing: Readonly<Record<string, Row>> = {
  Resize: resize,
  Upsample: resize,
};
