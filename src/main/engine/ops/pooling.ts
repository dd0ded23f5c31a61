/** Pooling over one to three spatial axes, channels last. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Padding, Window } from '../graph/ops';
import { everyAlong, padOrCrop, paddingOf, repeatAlong, sliceAlong, spreadAlong, windowsAlong } from './axes';
import { toCrossing, toWinners } from './extremes';
import { linear } from './linear';
import type { PlainWindows } from '../backends';
import type { OpRule } from './rule';
import type { Ends } from './secant';

const isZero = (padding: Padding): boolean => padding.every(([before, after]) => before === 0 && after === 0);

/** Windows over a padded input: per spatial axis their size, stride and number. */
interface Windows {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly count: readonly number[];
  /** Shape of the padded input, [rows, …spatial, C]. */
  readonly padded: readonly number[];
}

function windowsOf({ size, strides, padding }: Window, shape: readonly number[]): Windows {
  const numbers = paddingOf(padding, shape.slice(1, -1), size, strides);
  const padded = shape.map((each, axis) => {
    const [before, after] = numbers[axis - 1] ?? [0, 0];
    return each + before + after;
  });
  const count = size.map((each, axis) => windowsAlong(padded[axis + 1]!, each, strides[axis]!));
  return { size, strides, padding: numbers, count, padded };
}

const disjoint = ({ size, strides }: Windows): boolean => size.every((each, axis) => each === strides[axis]);

/**
 * Pooling of [rows, width, C], [rows, height, width, C] or [rows, depth, height, width, C] by the two-dimensional kernels:
 * a window's maximum and mean can be taken axis after axis, and tfjs's three-dimensional maximum is wrong on wasm.
 */
function pool(x: Tensor, size: readonly number[], strides: readonly number[], kind: 'max' | 'average'): Tensor {
  const [rows] = x.shape as [number];
  if (x.rank === 3) {
    const [, width, channels] = x.shape as [number, number, number];
    const pooled = pool(tf.reshape(x, [rows, 1, width, channels]), [1, ...size], [1, ...strides], kind);
    return tf.reshape(pooled, [rows, pooled.shape[2]!, channels]);
  }
  if (x.rank === 5) {
    const [, depth, ...plane] = x.shape as [number, number, number, number, number];
    const flat = pool(tf.reshape(x, [rows * depth, ...plane]), size.slice(1), strides.slice(1), kind);
    const [, height, width, channels] = flat.shape as [number, number, number, number];
    const column = tf.reshape(flat, [rows, depth, height * width, channels]);
    const deep = pool(column, [size[0]!, 1], [strides[0]!, 1], kind);
    return tf.reshape(deep, [rows, deep.shape[1]!, height, width, channels]);
  }
  const of2d = kind === 'max' ? tf.maxPool : tf.avgPool;
  return of2d(x as Tensor4D, size as [number, number], strides as [number, number], 'valid');
}

/** The candidates of every window, one tensor [rows, …count, C] per place in the window, row-major. */
function candidates(x: Tensor, windows: Windows): Tensor[] {
  const { size, strides, count } = windows;
  const [, height, width] = x.shape as [number, number, number];
  if (disjoint(windows) && x.rank === 4 && height === count[0]! * size[0]! && width === count[1]! * size[1]!) {
    // Windows that tile the image are blocks of a reshaped view: no strided reads.
    const channels = x.shape[3]!;
    const view = tf.reshape(x, [x.shape[0]! * count[0]!, size[0]!, count[1]!, size[1]! * channels]);
    const shape = [x.shape[0]!, count[0]!, count[1]!, channels];
    return places(size).map(([row, column]) =>
      tf.reshape(tf.slice(view, [0, row!, 0, column! * channels], [view.shape[0]!, 1, count[1]!, channels]), shape),
    );
  }
  return size.reduce<Tensor[]>(
    (found, each, axis) =>
      found.flatMap((tensor) =>
        Array.from({ length: each }, (_, begin) => everyAlong(tensor, axis + 1, begin, strides[axis]!, count[axis]!)),
      ),
    [x],
  );
}

/** Row-major places of a window. */
const places = (size: readonly number[]): number[][] =>
  size.reduce<number[][]>(
    (found, each) => found.flatMap((place) => Array.from({ length: each }, (_, index) => [...place, index])),
    [[]],
  );

/** Undoes `candidates`: adds up, at each input, what the windows that hold it give it. [rows, …spatial, C], unpadded. */
function scatter(parts: readonly Tensor[], windows: Windows): Tensor {
  const { size, strides, padding, count, padded } = windows;
  const uncover = (whole: Tensor): Tensor =>
    padOrCrop(
      whole,
      padding.map(([before, after]) => [-before, -after]),
    );
  if (disjoint(windows) && size.length === 2) {
    const channels = padded[3]!;
    const rows = Array.from({ length: size[0]! }, (_, row) => {
      const line = parts.slice(row * size[1]!, (row + 1) * size[1]!);
      return tf.reshape(tf.concat(line, 3), [padded[0]! * count[0]!, 1, count[1]! * size[1]! * channels]);
    });
    const tiled = tf.reshape(tf.concat(rows, 1), [padded[0]!, count[0]! * size[0]!, count[1]! * size[1]!, channels]);
    return uncover(
      padOrCrop(
        tiled,
        count.map((each, axis) => [0, padded[axis + 1]! - each * size[axis]!]),
      ),
    );
  }
  // The last axis first, each time adding up the places along it.
  let level = [...parts];
  for (let axis = size.length - 1; axis >= 0; axis--) {
    const length = padded[axis + 1]!;
    const next: Tensor[] = [];
    for (let first = 0; first < level.length; first += size[axis]!)
      next.push(
        level
          .slice(first, first + size[axis]!)
          .map((part, begin) => {
            const apart = spreadAlong(part, axis + 1, strides[axis]!);
            const after = length - begin - apart.shape[axis + 1]!;
            return padOrCrop(apart, [[begin, after]], axis + 1);
          })
          .reduce((sum, each) => tf.add(sum, each)),
      );
    level = next;
  }
  return uncover(level[0]!);
}

const covered = (x: Tensor, { padding }: Windows): Tensor => padOrCrop(x, padding, 1, -Infinity);

/** TensorFlow's pools begin at float32's lowest number and stay there over nothing but minus infinities. */
const LOWEST = -3.4028234663852886e38;
const trueTop = (top: Tensor): Tensor => tf.where(tf.equal(top, LOWEST), tf.fill(top.shape, -Infinity), top);
const topsOf = ({ start, end }: Ends): Ends => ({ start: trueTop(start), end: trueTop(end) });

/** The fused kernels serve one and two spatial axes, a line being an image of height 1. */
const isFlat = (shape: readonly number[]): boolean => shape.length <= 4;
const asImage = (x: Tensor): Tensor => (x.rank === 3 ? tf.reshape(x, [x.shape[0]!, 1, x.shape[1]!, x.shape[2]!]) : x);
const asPlain = ({ size, strides }: Windows): PlainWindows => ({
  size: size.length === 1 ? [1, size[0]!] : [size[0]!, size[1]!],
  strides: strides.length === 1 ? [1, strides[0]!] : [strides[0]!, strides[1]!],
});
/** Takes the padding off a flow of a fused kernel, and its shape back. */
const uncovered = (flow: Tensor, shape: readonly number[], { padding, padded }: Windows): Tensor => {
  const whole = flow.rank === shape.length ? flow : tf.reshape(flow, [...padded]);
  return padOrCrop(
    whole,
    padding.map(([before, after]) => [-before, -after]),
  );
};

/** Size of a window over how many real inputs it holds, [1, …count, 1]: undoes the padded zeros' part in a mean. */
function correction({ size, padding, strides, count, padded }: Windows): Tensor {
  const spatial = padded.slice(1, -1);
  const perAxis = size.map((each, axis) => {
    const [before, after] = padding[axis]!;
    const shape = size.map((_, other) => (other === axis ? count[axis]! : 1));
    const values = Array.from({ length: count[axis]! }, (_, index) => {
      const begin = index * strides[axis]!;
      const real = Math.min(begin + each, spatial[axis]! - after) - Math.max(begin, before);
      return each / Math.max(1, real);
    });
    return tf.tensor(values, [1, ...shape, 1]);
  });
  return perAxis.reduce((product, each) => tf.mul(product, each));
}

export const pooling = {
  averagePool: {
    run: ([x], { attributes, derive }) => {
      const windows = windowsOf(attributes, x!.shape);
      const mean = pool(padOrCrop(x!, windows.padding), windows.size, windows.strides, 'average');
      if (attributes.countPadding || isZero(windows.padding)) return mean;
      return tf.mul(
        mean,
        derive(`correction ${windows.padded.slice(1)}`, () => correction(windows)),
      );
    },
    // Each input is passed the mean's share of every window that holds it: axis by axis, a running sum.
    ...linear<'averagePool'>(({ attributes, shapes: [shape], upstream, derive }) => {
      const windows = windowsOf(attributes, shape!);
      const places = windows.size.reduce((product, size) => product * size, 1);
      const share =
        attributes.countPadding || isZero(windows.padding)
          ? tf.div(upstream, places)
          : tf.div(
              tf.mul(
                upstream,
                derive(`correction ${windows.padded.slice(1)}`, () => correction(windows)),
              ),
              places,
            );
      let back = share;
      windows.size.forEach((size, index) => {
        const axis = index + 1;
        const stride = windows.strides[index]!;
        if (size === stride) {
          back = repeatAlong(back, axis, size);
        } else {
          const apart = spreadAlong(back, axis, stride);
          back = Array.from({ length: size }, (_, begin) => padOrCrop(apart, [[begin, size - 1 - begin]], axis)).reduce(
            (sum, each) => tf.add(sum, each),
          );
        }
        const missing = windows.padded[axis]! - back.shape[axis]!;
        const [before] = windows.padding[index]!;
        back = sliceAlong(padOrCrop(back, [[0, missing]], axis), axis, before, shape![axis]!);
      });
      return [back];
    }),
  },
  maxPool: {
    run: ([x], { attributes }) => {
      const windows = windowsOf(attributes, x!.shape);
      return pool(covered(x!, windows), windows.size, windows.strides, 'max');
    },
    gradient: ({ inputs: [x], output, upstream, attributes, fused }) => {
      const windows = windowsOf(attributes, x!.shape);
      if (fused && isFlat(x!.shape)) {
        const flow = fused.maxPoolGradient(asImage(covered(x!, windows)), asImage(upstream), asPlain(windows));
        return [uncovered(flow, x!.shape, windows)];
      }
      return [scatter(toWinners(candidates(covered(x!, windows), windows), trueTop(output), upstream), windows)];
    },
    multiplier: ({ inputs: [x], output, upstream, attributes, fused }) => {
      const windows = windowsOf(attributes, x!.shape);
      if (fused && isFlat(x!.shape)) {
        const points = asImage(covered(x!.points, windows));
        const { pairs, stride } = x!;
        const flow = fused.maxPoolSecant(asImage(upstream), { points, pairs, stride }, asPlain(windows));
        return [uncovered(flow, x!.shape, windows)];
      }
      const start = candidates(covered(x!.start, windows), windows);
      const end = candidates(covered(x!.end, windows), windows);
      return [scatter(toCrossing(start, end, topsOf(output), upstream), windows)];
    },
    // A window's maximum is a mean of its two winners, by the crossing rule's shares: it carries their parts in that mean.
    parts: {
      run: ([parts], context) => {
        const { attributes, inputs, output } = context;
        const windows = windowsOf(attributes, inputs[0]!.shape);
        const at = (end: 'start' | 'end'): Tensor[] => candidates(covered(inputs[0]![end], windows), windows);
        const shares = toCrossing(at('start'), at('end'), topsOf(output), tf.onesLike(output.start));
        const mean = (part: Tensor): Tensor =>
          candidates(padOrCrop(part, windows.padding), windows)
            .map((each, index) => tf.mul(each, shares[index]!))
            .reduce((sum, each) => tf.add(sum, each));
        return { positive: mean(parts!.positive), negative: mean(parts!.negative) };
      },
      multiplier: (upstream, _parts, context) => {
        const { attributes, inputs, output } = context;
        const windows = windowsOf(attributes, inputs[0]!.shape);
        const at = (end: 'start' | 'end'): Tensor[] => candidates(covered(inputs[0]![end], windows), windows);
        const [start, end] = [at('start'), at('end')];
        const back = (flow: Tensor): Tensor => scatter(toCrossing(start, end, topsOf(output), flow), windows);
        return [{ positive: back(upstream.positive), negative: back(upstream.negative) }];
      },
    },
  },
} satisfies { [Op in 'averagePool' | 'maxPool']: OpRule<Op> };
