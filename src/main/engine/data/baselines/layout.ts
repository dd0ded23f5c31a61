/** Where positions and channels of an example lie in its numbers. */
import type { NumericArray } from '../../../../contract/attribution';
import type { InputPort } from '../../../../contract/data';
import { isOneHot } from './fitting';

/** Position p's channel c lies at p · positionStride + c · channelStride. */
export interface Layout {
  /** Sizes of the axes of positions; none where an example is a row of features. */
  readonly positions: readonly number[];
  /** Their product. */
  readonly count: number;
  readonly channels: number;
  readonly positionStride: number;
  readonly channelStride: number;
  /** Whether each position has one channel that is 1, or none. */
  readonly oneHot: boolean;
}

/** @param array `[examples, …]` */
export function layoutOf({ vocabulary, channelsFirst }: InputPort, array: NumericArray): Layout {
  const shape = array.shape.slice(1);
  if (vocabulary !== undefined) return laid(shape, 1, false, false);
  const last = isOneHot(array);
  const first = !last && shape.length === 2 && isOneHot(turned(array));
  return channelsFirst || first
    ? laid(shape.slice(1), shape[0]!, true, first)
    : laid(shape.slice(0, -1), shape.at(-1) ?? 1, false, last);
}

function laid(positions: readonly number[], channels: number, channelsFirst: boolean, oneHot: boolean): Layout {
  const count = positions.reduce((product, each) => product * each, 1);
  const [positionStride, channelStride] = channelsFirst ? [1, count] : [channels, 1];
  return { positions, count, channels, positionStride, channelStride, oneHot };
}

/** `[examples, a, b]` → `[examples, b, a]` */
function turned({ shape, data }: NumericArray): NumericArray {
  const [examples, a, b] = shape as [number, number, number];
  const to = new Float32Array(data.length);
  for (let example = 0; example < examples; example++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++) to[(example * b + j) * a + i] = data[(example * a + i) * b + j]!;
  return { shape: [examples, b, a], data: to };
}
