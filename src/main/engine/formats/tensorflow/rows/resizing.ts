/** Pictures of another size. */
import { resizedOver, type Resizing } from '../../tensors/resizing';
import type { Row } from './row';
import * as sliding from '../../tensors/sliding';

const resize =
  (method: Resizing['method']): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const shape = to.shape(x);
    const wanted = call.list(1, 'a size');
    const spatial = [1, 2];
    const scale = spatial.map((axis, i) => wanted[i]! / shape[axis]!);
    const coordinates = call.flag('half_pixel_centers')
      ? 'half_pixel'
      : call.flag('align_corners')
        ? 'align_corners'
        : 'asymmetric';
    const by: Resizing = {
      method,
      coordinates,
      // TensorFlow's nearest takes the floor of the centre, or rounds where corners are aligned.
      rounding: coordinates === 'align_corners' ? 'round_prefer_ceil' : 'floor',
      cubic: call.flag('half_pixel_centers') ? -0.5 : -0.75,
      excludeOutside: call.flag('half_pixel_centers'),
      antialias: false,
      ...(method === 'cubic' && { table: 1024 }),
    };
    const whole = scale.every((each) => Number.isInteger(each) && each >= 1);
    if (method === 'nearest' && whole && coordinates !== 'align_corners')
      return sliding.upsample(to, x, 3, spatial, scale, 'nearest');
    if (method === 'linear' && whole && coordinates === 'half_pixel')
      return sliding.upsample(to, x, 3, spatial, scale, 'bilinear');
    const centred: Resizing =
      method === 'nearest' && coordinates === 'half_pixel' ? { ...by, coordinates: 'tf_half_pixel_for_nn' } : by;
    const axes = spatial.map((axis, i) => ({ axis, count: wanted[i]!, scale: scale[i]! }));
    return resizedOver(to, x, axes, 3, centred);
  };

export const resizing: Readonly<Record<string, Row>> = {
  ResizeBilinear: resize('linear'),
  ResizeBicubic: resize('cubic'),
  ResizeNearestNeighbor: resize('nearest'),
};
