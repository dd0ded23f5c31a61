/** Convolutions and pools: windows over one to three spatial axes, channels last. */
import { written } from '../../../../contract/words/shape';
import type { Shape, Size } from '../values';
import { fail, sameCount } from '../shapes';
import { op, wholes } from './row';

/** Zeros (or −∞, or edges) put before and after each spatial axis. */
export type Padding = readonly (readonly [before: number, after: number])[];

/**
 * Spatial padding of windows: numbers, or `same` where free sizes keep it from being known before a run
 * (then as TensorFlow: output = ceil(size / stride), the odd one after).
 */
export type WindowPadding = Padding | 'same';

export interface Window {
  /** One per spatial axis (1 to 3). */
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: WindowPadding;
}

interface ConvAttributes {
  /** One per spatial axis (1 to 3); values are [...spatial, channels]. */
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
  readonly groups: number;
}

interface TransposeAttributes {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly crop: Padding;
  readonly extend: readonly number[];
  readonly groups: number;
}

function windowed(
  size: Size,
  window: number,
  stride: number,
  dilation: number,
  padding: WindowPadding,
  axis: number,
): Size {
  if (size === null) return null;
  if (padding === 'same') return sameCount(size, stride);
  const [before, after] = padding[axis]!;
  const reach = (window - 1) * dilation + 1;
  const result = Math.floor((size + before + after - reach) / stride) + 1;
  return result >= 1 ? result : fail(`a window of ${reach} does not fit into a size of ${size + before + after}`);
}

function checkWindow(
  spatial: number,
  size: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: WindowPadding | null,
): void {
  wholes('a window size of', size, 1);
  wholes('a stride of', strides, 1);
  wholes('a dilation of', dilations, 1);
  const lengths = [size.length, strides.length, dilations.length];
  if (padding !== null && padding !== 'same') {
    wholes('a padding of', padding.flat(), 0);
    lengths.push(padding.length);
  }
  if (lengths.some((length) => length !== spatial))
    fail(`a window over ${lengths.join(', ')} axes does not fit ${spatial} spatial axes`);
}

/** A filter's window, and its last two sizes. */
function partsOf(filter: Shape, x: Shape): { readonly window: number[]; readonly ends: readonly [number, number] } {
  const spatial = x.length - 1;
  if (filter.length !== spatial + 2) fail(`a filter ${written(filter)} does not fit values of shape ${written(x)}`);
  return { window: filter.slice(0, spatial) as number[], ends: filter.slice(spatial) as [number, number] };
}

function convolved(x: Shape, filter: Shape, { strides, dilations, padding, groups }: ConvAttributes): Size[] {
  const spatial = x.length - 1;
  const { window, ends: [each, out] } = partsOf(filter, x); // prettier-ignore
  checkWindow(spatial, window, strides, dilations, padding);
  wholes('a number of groups of', [groups], 1);
  const channels = x[spatial]!;
  if (channels !== null && channels !== each * groups)
    fail(
      `the filter ${written(filter)} in ${groups} groups wants ${each * groups} channels, the input has ${channels}`,
    );
  if (out % groups) fail(`${out} filters cannot be shared among ${groups} groups`);
  return [
    ...x.slice(0, spatial).map((size, i) => windowed(size, window[i]!, strides[i]!, dilations[i]!, padding, i)),
    out,
  ];
}

function depthwise(x: Shape, filter: Shape, { strides, dilations, padding }: Omit<ConvAttributes, 'groups'>): Size[] {
  const spatial = x.length - 1;
  const { window, ends: [each, multiplier] } = partsOf(filter, x); // prettier-ignore
  checkWindow(spatial, window, strides, dilations, padding);
  const channels = x[spatial]!;
  if (channels !== null && channels !== each)
    fail(`the filter ${written(filter)} wants ${each} channels, the input has ${channels}`);
  return [
    ...x.slice(0, spatial).map((size, i) => windowed(size, window[i]!, strides[i]!, dilations[i]!, padding, i)),
    each * multiplier,
  ];
}

function transposed(x: Shape, filter: Shape, attributes: TransposeAttributes): Size[] {
  const spatial = x.length - 1;
  const { window, ends: [out, channels] } = partsOf(filter, x); // prettier-ignore
  const { strides, dilations, crop, extend, groups } = attributes;
  checkWindow(spatial, window, strides, dilations, crop);
  wholes('an extension of', extend, 0);
  if (x[spatial] !== null && x[spatial] !== channels)
    fail(`the filter ${written(filter)} wants ${channels} channels, the input has ${x[spatial]}`);
  return [
    ...x.slice(0, spatial).map((size, i) => {
      if (size === null) return null;
      const [before, after] = crop[i]!;
      const result = (size - 1) * strides[i]! + (window[i]! - 1) * dilations[i]! + 1 - before - after + extend[i]!;
      return result >= 1 ? result : fail(`nothing is left of a size of ${size}`);
    }),
    out * groups,
  ];
}

function pooled(x: Shape, { size, strides, padding }: Window): Size[] {
  const spatial = x.length - 1;
  checkWindow(
    spatial,
    size,
    strides,
    size.map(() => 1),
    padding,
  );
  return [...x.slice(0, spatial).map((each, i) => windowed(each, size[i]!, strides[i]!, 1, padding, i)), x[spatial]!];
}

export const windows = {
  /** Inputs: x [...spatial, C], constant filter [...window, C / groups, out]. */
  conv: op<ConvAttributes>({
    shape: ([x, filter], attributes) => convolved(x!.shape, filter!.shape, attributes),
    passing: 'weighted',
    reads: 'shapes',
  }),
  /** Inputs: x [...spatial, C], constant filter [...window, C, multiplier] → [...spatial, C · multiplier], channel-major. */
  depthwiseConv: op<Omit<ConvAttributes, 'groups'>>({
    shape: ([x, filter], attributes) => depthwise(x!.shape, filter!.shape, attributes),
    passing: 'weighted',
    reads: 'shapes',
  }),
  /**
   * Inputs: x [...spatial, C], constant filter [...window, out, C]. The input gradient of a convolution: each input
   * point adds its filter at stride · position, then `crop` is cut off and `extend` zeros are appended per spatial axis.
   */
  convTranspose: op<TransposeAttributes>({
    shape: ([x, filter], attributes) => transposed(x!.shape, filter!.shape, attributes),
    passing: 'weighted',
    reads: 'shapes',
  }),
  /** `countPadding`: whether padded zeros count in the mean (ONNX count_include_pad; Keras does not). */
  averagePool: op<Window & { readonly countPadding: boolean }>({
    shape: ([x], attributes) => pooled(x!.shape, attributes),
    passing: 'carried',
    reads: 'shapes',
  }),
  maxPool: op<Window>({
    shape: ([x], attributes) => pooled(x!.shape, attributes),
    passing: 'extreme',
    reads: 'values',
  }),
};
