/** Pooling over windows and over everything. */
import type { ValueId } from '../../../graph/graph';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { ones, paddingOf, spatialAxes } from './conv';

function windows(spatial: number, kind: 'max' | 'average'): LayerRow['translate'] {
  return (call) => {
    const axes = spatialAxes(call, spatial);
    call.wantRank(spatial + 1);
    const lead = ones(axes - spatial);
    const pool = call.config.perAxis(call.config.has('pool_size') ? 'pool_size' : 'pool_length', spatial, 2);
    const size = [...lead, ...pool];
    const strides = [...lead, ...call.config.perAxis('strides', spatial, pool)];
    return call.spatially((x) => {
      const padding = paddingOf(call.config.text('padding', 'valid'), call.shape(x), size, strides, ones(axes));
      return kind === 'max'
        ? call.op('maxPool', [x], { size, strides, padding }, 'pool')
        : call.op('averagePool', [x], { size, strides, padding, countPadding: false }, 'pool');
    });
  };
}

function everywhere(spatial: number, op: 'max' | 'mean'): LayerRow['translate'] {
  return (call): ValueId => {
    call.wantRank(spatial + 1);
    const first = call.lead + (call.channelsFirst ? 1 : 0);
    const axes = Array.from({ length: spatial }, (_, axis) => first + axis);
    return call.op(op, [call.input], { axes, keepDims: call.config.flag('keepdims', false) }, 'pool');
  };
}

/** The mean over the steps that count: their sum by their number, which is no number where none counts. */
function meanOfSteps(call: LayerCall): ValueId {
  const mask = call.mask();
  if (mask === null) return everywhere(1, 'mean')(call) as ValueId;
  call.wantRank(2);
  const shape = call.shape(mask);
  const wide = call.channelsFirst ? [...shape.slice(0, -1), 1, ...shape.slice(-1)] : [...shape, 1];
  if (wide.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
  const counts = call.truth('reshape', [mask], { shape: wide.map((size) => size ?? -1) }, 'counts');
  const over = { axes: [call.lead + (call.channelsFirst ? 1 : 0)], keepDims: call.config.flag('keepdims', false) };
  const sum = call.op('sum', [call.op('mul', [call.input, counts], {}, 'counted')], over, 'sum');
  return call.op('div', [sum, call.op('sum', [counts], over, 'count')], {}, 'pool');
}

/** Of each axis as many windows as are wanted, as even as they can be: from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉. */
function adaptive(spatial: number, op: 'max' | 'mean'): LayerRow['translate'] {
  return (call) => {
    call.wantRank(spatial + 1);
    const first = call.lead + (call.channelsFirst ? 1 : 0);
    return call.config.perAxis('output_size', spatial).reduce((x, count, i) => {
      const axis = first + i;
      const size = call.known(axis, x);
      const open = call.shape(x).map(() => null);
      const at = (place: number): (number | null)[] => open.map((_, each) => (each === axis ? place : null));
      const strides = open.map(() => 1);
      const parts = Array.from({ length: count }, (_, window) => {
        const range = {
          begin: at(Math.floor((window * size) / count)),
          end: at(Math.ceil(((window + 1) * size) / count)),
          strides,
        };
        const slice = call.op('slice', [x], range, `window_${i}_${window}`);
        return call.op(op, [slice], { axes: [axis], keepDims: true }, `pooled_${i}_${window}`);
      });
      return parts.length > 1 ? call.op('concat', parts, { axis }, `pool_${i}`) : parts[0]!;
    }, call.input);
  };
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'format' });
export const pooling: Readonly<Record<string, LayerRow>> = {
  MaxPooling1D: row(windows(1, 'max')),
  MaxPooling2D: row(windows(2, 'max')),
  MaxPooling3D: row(windows(3, 'max')),
  AveragePooling1D: row(windows(1, 'average')),
  AveragePooling2D: row(windows(2, 'average')),
  AveragePooling3D: row(windows(3, 'average')),
  MaxPool1D: row(windows(1, 'max')),
  MaxPool2D: row(windows(2, 'max')),
  MaxPool3D: row(windows(3, 'max')),
  AvgPool1D: row(windows(1, 'average')),
  AvgPool2D: row(windows(2, 'average')),
  AvgPool3D: row(windows(3, 'average')),
  AdaptiveMaxPooling1D: row(adaptive(1, 'max')),
  AdaptiveMaxPooling2D: row(adaptive(2, 'max')),
  AdaptiveMaxPooling3D: row(adaptive(3, 'max')),
  AdaptiveAveragePooling1D: row(adaptive(1, 'mean')),
  AdaptiveAveragePooling2D: row(adaptive(2, 'mean')),
  AdaptiveAveragePooling3D: row(adaptive(3, 'mean')),
  GlobalMaxPooling1D: row(everywhere(1, 'max')),
  GlobalMaxPooling2D: row(everywhere(2, 'max')),
  GlobalMaxPooling3D: row(everywhere(3, 'max')),
  GlobalAveragePooling1D: row(meanOfSteps),
  GlobalAveragePooling2D: row(everywhere(2, 'mean')),
  GlobalAveragePooling3D: row(everywhere(3, 'mean')),
  GlobalMaxPool1D: row(everywhere(1, 'max')),
  GlobalMaxPool2D: row(everywhere(2, 'max')),
  GlobalMaxPool3D: row(everywhere(3, 'max')),
  GlobalAvgPool1D: row(meanOfSteps),
  GlobalAvgPool2D: row(everywhere(2, 'mean')),
  GlobalAvgPool3D: row(everywhere(3, 'mean')),
};
