/** How to draw an input: what an array's shape and values say it is. */
import type { NumericArray } from '../../contract/attribution';
import type { PortSummary } from '../../contract/model';
import type { SampleInfo } from '../../contract/studio';

export type Picture =
  | { readonly kind: 'image'; readonly height: number; readonly width: number; readonly channels: number }
  | { readonly kind: 'sequence'; readonly length: number; readonly alphabet: string }
  | { readonly kind: 'grid'; readonly rows: number; readonly columns: number }
  /** Few enough to be written, or whole numbers that stand for something. */
  | { readonly kind: 'numbers' };

/** Values of a row that are written rather than drawn. */
const WRITTEN = 4;

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** @param shape of one example */
export function pictureOf(
  shape: readonly number[],
  sample: SampleInfo | null,
  dtype: PortSummary['dtype'] = 'float32',
): Picture {
  if (shape.length <= 1 && (dtype !== 'float32' || product(shape) <= WRITTEN)) return { kind: 'numbers' };
  const [first = 1, second = 1, third] = shape;
  const letters = sample?.alphabet ?? (second === 4 ? 'ACGT' : '');
  if (shape.length === 2 && letters.length === second) return { kind: 'sequence', length: first, alphabet: letters };
  if (shape.length === 3 && [1, 3, 4].includes(third!))
    return { kind: 'image', height: first, width: second, channels: third! };
  if (shape.length === 2) return { kind: 'grid', rows: second, columns: first };
  if (shape.length <= 1) return { kind: 'grid', rows: 1, columns: first };
  return { kind: 'grid', rows: product(shape.slice(1)), columns: first };
}

/** One example of `[examples, …]`. */
export function exampleOf({ shape, data }: NumericArray, place: number): NumericArray {
  const size = product(shape.slice(1));
  return { shape: shape.slice(1), data: data.subarray(place * size, (place + 1) * size) };
}

/** Letters of a sequence, the largest of each position's channels; a dot where all are equal. */
export function lettersOf(data: Float32Array, alphabet: string): string {
  let letters = '';
  for (let from = 0; from < data.length; from += alphabet.length) {
    let best = 0;
    for (let at = 1; at < alphabet.length; at++) if (data[from + at]! > data[from + best]!) best = at;
    let equal = true;
    for (let at = 1; at < alphabet.length; at++) equal &&= data[from + at] === data[from];
    letters += equal ? '·' : alphabet[best];
  }
  return letters;
}

/** Smallest and largest finite value. */
export function range(data: ArrayLike<number>): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/** RGBA of an image whose values run from `low` to `high`. */
export function imagePixels(
  data: Float32Array,
  channels: number,
  low: number,
  high: number,
): Uint8ClampedArray<ArrayBuffer> {
  const count = data.length / channels;
  const pixels = new Uint8ClampedArray(count * 4);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let at = 0; at < count; at++) {
    for (let channel = 0; channel < 3; channel++)
      pixels[at * 4 + channel] = (data[at * channels + (channels >= 3 ? channel : 0)]! - low) * scale;
    pixels[at * 4 + 3] = channels === 4 ? (data[at * channels + 3]! - low) * scale : 255;
  }
  return pixels;
}

/** One unit's contributions over its positions: `[…positions]` out of one example's `[…shape]`. */
export function unitMap(
  data: Float32Array,
  shape: readonly number[],
  unitAxis: number | null,
  unit: number,
): NumericArray {
  if (unitAxis === null) return { shape: [], data: data.slice(0, 1) };
  const inner = product(shape.slice(unitAxis + 1));
  const units = shape[unitAxis]!;
  const outer = product(shape.slice(0, unitAxis));
  const values = new Float32Array(outer * inner);
  for (let at = 0; at < outer; at++)
    for (let within = 0; within < inner; within++)
      values[at * inner + within] = data[(at * units + unit) * inner + within]!;
  return { shape: shape.filter((_, axis) => axis !== unitAxis), data: values };
}

/** Contributions of all units, summed at each position. */
export function overUnits(data: Float32Array, sizes: readonly number[], unitAxis: number | null): NumericArray {
  if (unitAxis === null) return { shape: [], data };
  const units = sizes[unitAxis]!;
  if (sizes.length === 1) return { shape: [], data: Float32Array.of(data.reduce((sum, value) => sum + value, 0)) };
  const first = unitMap(data, sizes, unitAxis, 0);
  const total = first.data.slice();
  for (let index = 1; index < units; index++)
    unitMap(data, sizes, unitAxis, index).data.forEach((value, at) => (total[at]! += value));
  return { shape: first.shape, data: total };
}
