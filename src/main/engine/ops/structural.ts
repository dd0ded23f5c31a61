/** Ops that move values about. Linear, and but for repetition every output is one input. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { around, everyAlong, padAll, padOrCrop, repeatAlong, sliceAlong, spreadAlong, sumRuns } from './axes';
import { linear } from './linear';
import type { OpAttributes } from '../graph/ops';
import { takenAlong } from '../graph/shapes';
import type { OpRule } from './rule';

/** A constant beside values of the batch: repeated for every row. */
const rowsOf = (inputs: readonly Tensor[], constant: readonly boolean[]): Tensor[] => {
  const rows = inputs.find((_, index) => !constant[index])!.shape[0]!;
  return inputs.map((input, index) =>
    constant[index] ? tf.tile(tf.expandDims(input, 0), [rows, ...input.shape.map(() => 1)]) : input,
  );
};

const reverseAlong = (x: Tensor, axis: number): Tensor => {
  const [before, size, after] = around(x.shape, axis);
  return tf.reshape(tf.reverse(tf.reshape(x, [before, size, after]), 1), x.shape);
};

/** How an axis is padded with what is in it. */
type Image = Exclude<OpAttributes['pad']['mode'], 'constant'>;

/** The places that an image before or behind the axis shows: first and number; turned round where it mirrors. */
function shown(mode: Image, size: number, count: number, before: boolean): readonly [first: number, count: number] {
  if (mode === 'edge') return [before ? 0 : size - 1, 1];
  if (mode === 'wrap') return [before ? size - count : 0, count];
  const skip = mode === 'reflect' ? 1 : 0;
  return [before ? skip : size - skip - count, count];
}

/** Pads one axis with images of it. */
function extendAlong(x: Tensor, axis: number, before: number, after: number, mode: Image): Tensor {
  const image = (count: number, isBefore: boolean): Tensor[] => {
    if (count === 0) return [];
    const part = sliceAlong(x, axis, ...shown(mode, x.shape[axis]!, count, isBefore));
    if (mode === 'wrap') return [part];
    return [mode === 'edge' ? repeatAlong(part, axis, count) : reverseAlong(part, axis)];
  };
  return tf.concat([...image(before, true), x, ...image(after, false)], axis);
}

/** What `extendAlong` passes back: the images are added to what they show. */
function foldAlong(x: Tensor, axis: number, before: number, after: number, mode: Image): Tensor {
  const size = x.shape[axis]! - before - after;
  const image = (count: number, begin: number, isBefore: boolean): Tensor => {
    const part = sliceAlong(x, axis, begin, count);
    const [first, places] = shown(mode, size, count, isBefore);
    const own = mode === 'wrap' ? part : mode === 'edge' ? tf.sum(part, axis, true) : reverseAlong(part, axis);
    return padOrCrop(own, [[first, size - first - places]], axis);
  };
  let result = sliceAlong(x, axis, before, size);
  if (before) result = tf.add(result, image(before, 0, true));
  if (after) result = tf.add(result, image(after, before + size, false));
  return result;
}

/** Multiplies along an axis with a matrix [out, in]. */
function mixAlong(x: Tensor, axis: number, matrix: Tensor): Tensor {
  const [before, size, after] = around(x.shape, axis);
  const [out] = matrix.shape as [number, number];
  const mixed = tf.matMul(tf.tile(tf.expandDims(matrix, 0), [before, 1, 1]), tf.reshape(x, [before, size, after]));
  return tf.reshape(
    mixed,
    x.shape.map((each, index) => (index === axis ? out : each)),
  );
}

/** Rows of bilinear weights at pixel centres, edges repeated: output i lies at (i + ½) / scale − ½. [out, in] */
function bilinear(size: number, scale: number): Tensor {
  const out = Math.floor(size * scale);
  const weights = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    const at = Math.min(Math.max((i + 0.5) / scale - 0.5, 0), size - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, size - 1);
    weights[i * size + low]! += 1 - (at - low);
    weights[i * size + high]! += at - low;
  }
  return tf.tensor2d(weights, [out, size]);
}

/** Rows that pick positions. [indices, in] */
function picking(size: number, indices: readonly number[]): Tensor {
  const weights = new Float32Array(indices.length * size);
  indices.forEach((index, row) => {
    weights[row * size + (index < 0 ? index + size : index)] = 1;
  });
  return tf.tensor2d(weights, [indices.length, size]);
}

type Structural =
  | 'identity' | 'reshape' | 'transpose' | 'concat' | 'slice' | 'pad' | 'tile' | 'repeat' | 'gather' | 'upsample' | 'stack'; // prettier-ignore

export const structural = {
  identity: {
    run: ([x]) => tf.clone(x!),
    ...linear<'identity'>(({ upstream }) => [upstream]),
  },
  reshape: {
    run: ([x], { attributes }) => tf.reshape(x!, [x!.shape[0]!, ...attributes.shape]),
    ...linear<'reshape'>(({ shapes: [shape], upstream }) => [tf.reshape(upstream, [...shape!])]),
  },
  transpose: {
    run: ([x], { attributes }) => tf.transpose(x!, [0, ...attributes.permutation.map((axis) => axis + 1)]),
    ...linear<'transpose'>(({ upstream, attributes: { permutation } }) => [
      tf.transpose(upstream, [0, ...permutation.map((_, axis) => permutation.indexOf(axis) + 1)]),
    ]),
  },
  concat: {
    run: (inputs, { attributes, constant }) => tf.concat(rowsOf(inputs, constant), attributes.axis + 1),
    ...linear<'concat'>(({ shapes, constant, upstream, attributes }) => {
      let begin = 0;
      return shapes.map((shape, index) => {
        const axis = attributes.axis + 1;
        const size = shape[constant[index] ? attributes.axis : axis]!;
        begin += size;
        return constant[index] ? null : sliceAlong(upstream, axis, begin - size, size);
      });
    }),
  },
  slice: {
    run: ([x], { attributes: { begin, end, strides } }) =>
      strides.reduce((each, stride, index) => {
        const axis = index + 1;
        const { first, count } = takenAlong(each.shape[axis]!, begin[index]!, end[index]!, stride);
        if (stride > 0) return everyAlong(each, axis, first, stride, count);
        return reverseAlong(everyAlong(each, axis, first + (count - 1) * stride, -stride, count), axis);
      }, tf.clone(x!)),
    ...linear<'slice'>(({ shapes: [shape], upstream, attributes: { begin, end, strides } }) => [
      strides.reduce((each, stride, index) => {
        const axis = index + 1;
        const size = shape![axis]!;
        const { first, count } = takenAlong(size, begin[index]!, end[index]!, stride);
        const forward = stride > 0 ? each : reverseAlong(each, axis);
        const lowest = stride > 0 ? first : first + (count - 1) * stride;
        const apart = spreadAlong(forward, axis, Math.abs(stride));
        return padOrCrop(apart, [[lowest, size - lowest - apart.shape[axis]!]], axis);
      }, upstream),
    ]),
  },
  pad: {
    run: ([x], { attributes: { padding, mode, value } }) => {
      if (mode === 'constant') return padAll(x!, [[0, 0], ...padding], value);
      return padding.reduce(
        (each, [before, after], index) => (before || after ? extendAlong(each, index + 1, before, after, mode) : each),
        tf.clone(x!),
      );
    },
    ...linear<'pad'>(({ upstream, attributes: { padding, mode } }) => {
      if (mode === 'constant') {
        const cropped = padOrCrop(
          upstream,
          padding.map(([before, after]) => [-before, -after]),
        );
        return [cropped];
      }
      return [
        padding.reduce(
          (each, [before, after], index) => (before || after ? foldAlong(each, index + 1, before, after, mode) : each),
          upstream,
        ),
      ];
    }),
  },
  tile: {
    run: ([x], { attributes }) =>
      attributes.repeats.reduce((each, times, index) => {
        if (times === 1) return each;
        const shape = each.shape.map((size, axis) => (axis === index + 1 ? size * times : size));
        const [before, size, after] = around(each.shape, index + 1);
        return tf.reshape(tf.tile(tf.reshape(each, [before, size * after]), [1, times]), shape);
      }, tf.clone(x!)),
    ...linear<'tile'>(({ shapes: [shape], upstream, attributes }) => [
      attributes.repeats.reduce((each, times, index) => {
        if (times === 1) return each;
        const [before, , after] = around(each.shape, index + 1);
        const size = shape![index + 1]!;
        const sum = tf.sum(tf.reshape(each, [before, times, size * after]), 1);
        return tf.reshape(
          sum,
          each.shape.map((other, axis) => (axis === index + 1 ? size : other)),
        );
      }, upstream),
    ]),
  },
  repeat: {
    run: ([x], { attributes: { axis, repeats } }) => repeatAlong(tf.clone(x!), axis + 1, repeats),
    ...linear<'repeat'>(({ upstream, attributes: { axis, repeats } }) => [sumRuns(upstream, axis + 1, repeats)]),
  },
  gather: {
    run: ([x], { attributes: { axis, indices } }) => {
      const size = x!.shape[axis + 1]!;
      const positions = indices.map((index) => (index < 0 ? index + size : index));
      return tf.gather(x!, tf.tensor1d(positions, 'int32'), axis + 1);
    },
    ...linear<'gather'>(({ shapes: [shape], upstream, attributes: { axis, indices }, derive }) => {
      const size = shape![axis + 1]!;
      const back = derive(`back to ${size}`, () => tf.transpose(picking(size, indices)));
      return [mixAlong(upstream, axis + 1, back)];
    }),
  },
  upsample: {
    run: ([x], { attributes: { scale, method }, derive }) =>
      scale.reduce((each, times, index) => {
        const axis = index + 1;
        if (times === 1) return each;
        if (method === 'nearest') return repeatAlong(each, axis, times);
        const size = each.shape[axis]!;
        return mixAlong(
          each,
          axis,
          derive(`${axis} from ${size}`, () => bilinear(size, times)),
        );
      }, tf.clone(x!)),
    ...linear<'upsample'>(({ shapes: [shape], upstream, attributes: { scale, method }, derive }) => [
      scale.reduce((each, times, index) => {
        const axis = index + 1;
        if (times === 1) return each;
        if (method === 'nearest') return sumRuns(each, axis, times);
        const size = shape![axis]!;
        return mixAlong(
          each,
          axis,
          derive(`${axis} back to ${size}`, () => tf.transpose(bilinear(size, times))),
        );
      }, upstream),
    ]),
  },
  stack: {
    run: (inputs, { attributes, constant }) => tf.stack(rowsOf(inputs, constant), attributes.axis + 1),
    ...linear<'stack'>(({ shapes, constant, upstream, attributes: { axis } }) =>
      shapes.map((shape, index) =>
        constant[index] ? null : tf.reshape(sliceAlong(upstream, axis + 1, index, 1), [...shape]),
      ),
    ),
  },
} satisfies { [Op in Structural]: OpRule<Op> };
