/** Gaussian blur over positions, each channel by itself, as scipy's `gaussian_filter` does: edges mirrored, four sigmas to a side. */
import type { Layout } from './layout';

/** Share of the longest axis that a blur takes as its sigma where none is asked for, and its bounds, in positions. */
const SIGMA_SHARE = 0.1;
const LEAST_SIGMA = 1;
const MOST_FITTING = 64;

export const fittingSigma = ({ positions }: Layout): number =>
  Math.min(MOST_FITTING, Math.max(LEAST_SIGMA, SIGMA_SHARE * Math.max(...positions)));

/** Sigmas after which the kernel ends. */
const TRUNCATE = 4;

/** Weights from the middle outwards; over both sides they add up to 1. */
function kernelOf(sigma: number): Float64Array {
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const weights = Float64Array.from({ length: radius + 1 }, (_, at) => Math.exp(-(at * at) / (2 * sigma * sigma)));
  const total = weights.reduce((sum, each, at) => sum + (at === 0 ? each : 2 * each), 0);
  return weights.map((each) => each / total);
}

/** Where a place beyond the edge is mirrored to: d c b a | a b c d | d c b a. */
function mirrored(place: number, size: number): number {
  const within = ((place % (2 * size)) + 2 * size) % (2 * size);
  return within < size ? within : 2 * size - 1 - within;
}

/** @param example its numbers, laid out so @param sigma in positions, of every axis */
export function blurred(example: Float32Array, layout: Layout, sigma: number): Float64Array {
  const { positions, count, channels, positionStride, channelStride } = layout;
  const kernel = kernelOf(sigma);
  let values = Float64Array.from(example);
  let step = count;
  for (const size of positions) {
    step /= size; // positions between neighbours of this axis
    const next = new Float64Array(values.length);
    for (let position = 0; position < count; position++) {
      const along = Math.floor(position / step) % size;
      const first = position - along * step;
      for (let side = 1 - kernel.length; side < kernel.length; side++) {
        const weight = kernel[Math.abs(side)]!;
        const from = (first + mirrored(along + side, size) * step) * positionStride;
        const to = position * positionStride;
        for (let channel = 0; channel < channels; channel++)
          next[to + channel * channelStride]! += weight * values[from + channel * channelStride]!;
      }
    }
    values = next;
  }
  return values;
}
