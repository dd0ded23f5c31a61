/** How to draw an input: what its shape, its values and what the model tells of it say it is. */
import type { NumericArray } from '../../contract/attribution';
import { endsOf, type ImageReading } from '../../contract/data';
import type { ModelSummary, PortSummary } from '../../contract/model';

/** What is known of an input besides its shape and its numbers. */
export interface Known {
  /** Letters of a one-hot sequence; null where nothing tells. */
  readonly alphabet: string | null;
  /** Whether the model takes channels as the first axis. */
  readonly channelsFirst: boolean;
  /** How pictures became its numbers; null where that is not known. */
  readonly reading: ImageReading | null;
}

export interface ImagePicture {
  readonly kind: 'image';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly channelsFirst: boolean;
  /** How its numbers were made; null: they are drawn from the least to the largest. */
  readonly reading: ImageReading | null;
}
export type Picture =
  | ImagePicture
  | { readonly kind: 'sequence'; readonly length: number; readonly alphabet: string }
  | { readonly kind: 'grid'; readonly rows: number; readonly columns: number }
  /** Few enough to be written, or whole numbers that stand for something. */
  | { readonly kind: 'numbers' };

/** An example's input and what it looks like. */
export interface DrawnInput {
  readonly value: NumericArray;
  readonly picture: Picture;
}

/** Values of a row that are written rather than drawn. */
const WRITTEN = 4;
/** A side of a picture is no shorter where only that tells it from channels. */
const LEAST_SIDE = 8;

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
const isChannels = (size: number | undefined): boolean => size === 1 || size === 3 || size === 4;

/** Whether an input's first axis is its channels, as its own layer or one that reads it counts its units. */
export function takesChannelsFirst({ layers }: Pick<ModelSummary, 'layers'>, input: string): boolean {
  const own = layers.find(({ name }) => name === input);
  if (own?.shape.length !== 3) return false;
  if (own.unitAxis === 0) return true;
  return layers.some(({ inputs, shape, unitAxis }) => inputs.includes(input) && shape.length === 3 && unitAxis === 0);
}

/**
 * @param shape of one example
 * @param known null where nothing but the shape tells
 */
export function pictureOf(
  shape: readonly number[],
  known: Known | null,
  dtype: PortSummary['dtype'] = 'float32',
): Picture {
  if (shape.length <= 1 && (dtype !== 'float32' || product(shape) <= WRITTEN)) return { kind: 'numbers' };
  const [first = 1, second = 1, third = 1] = shape;
  const letters = known?.alphabet ?? (second === 4 ? 'ACGT' : '');
  if (shape.length === 2 && letters.length === second) return { kind: 'sequence', length: first, alphabet: letters };
  if (shape.length === 3) {
    const reading = known?.reading ?? null;
    const sides = second >= LEAST_SIDE && third >= LEAST_SIDE;
    if (isChannels(first) && (known?.channelsFirst || (!isChannels(third) && sides)))
      return { kind: 'image', height: second, width: third, channels: first, channelsFirst: true, reading };
    if (isChannels(third))
      return { kind: 'image', height: first, width: second, channels: third, channelsFirst: false, reading };
  }
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

/**
 * What stands at each position of a sequence: its letters, else the tokens of its ids.
 * @param value one example of the input
 * @param tokens by id; an id without one is named by itself
 * @returns null where the input has other positions, or its numbers stand for nothing
 */
export function positionNames(
  { shape, data }: NumericArray,
  picture: Picture,
  count: number,
  tokens: readonly string[],
): readonly string[] | null {
  if (picture.kind === 'sequence' && picture.length === count) return [...lettersOf(data, picture.alphabet)];
  const ids = shape.length === 1 && shape[0] === count && data.every((each) => Number.isInteger(each) && each >= 0);
  return ids ? Array.from(data, (id) => tokens[id] || `${id}`) : null;
}

/** A row of more numbers is drawn as a curve: cells of it would be narrower than what can be seen. */
const LONGEST_ROW = 128;

/** Whether an input of one channel is a curve over its positions, a sound or a measured series. */
export const isWave = (picture: Picture): boolean =>
  picture.kind === 'grid' &&
  Math.min(picture.rows, picture.columns) === 1 &&
  Math.max(picture.rows, picture.columns) > LONGEST_ROW;

/** What a curve reaches in each of so many columns: its least and its largest value there. */
export function waveOf(data: Float32Array, columns: number): (readonly [low: number, high: number])[] {
  const each = Math.max(1, data.length / columns);
  const count = Math.min(columns, data.length);
  return Array.from(
    { length: count },
    (_, column) =>
    range(data.subarray(Math.floor(column * each), Math.max(Math.floor(column * each) + 1, Math.floor((column + 1) * each)))), // prettier-ignore
  );
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

/** Values may lie this share of the way beyond black and white and still be of a picture that was read so. */
const BEYOND = 0.05;

/** For each channel the values that are drawn black and white: what its reading made of them, where values lie between, else the limits. */
function endsFor(
  { channels, reading }: ImagePicture,
  limits: readonly [number, number],
): (readonly [number, number])[] {
  const each = Array.from({ length: channels }, (_, channel) => (reading ? endsOf(reading, channel) : limits));
  const [low, high] = [Math.min(...each.map(([black]) => black)), Math.max(...each.map(([, white]) => white))];
  const slack = BEYOND * (high - low);
  return limits[0] >= low - slack && limits[1] <= high + slack ? each : each.map(() => limits);
}

/** RGBA of an image, whatever the order of its axes and colours. @param limits least and largest value of all that it belongs to */
export function imagePixels(
  data: Float32Array,
  picture: ImagePicture,
  limits: readonly [number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const { channels, channelsFirst, reading } = picture;
  const count = data.length / channels;
  const pixels = new Uint8ClampedArray(count * 4);
  const ends = endsFor(picture, limits);
  const level = (at: number, channel: number): number => {
    const [black, white] = ends[channel]!;
    const value = data[channelsFirst ? channel * count + at : at * channels + channel]!;
    return white === black ? 0 : ((value - black) * 255) / (white - black);
  };
  const order = channels < 3 ? [0, 0, 0] : reading?.channels === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  for (let at = 0; at < count; at++) {
    for (let colour = 0; colour < 3; colour++) pixels[at * 4 + colour] = level(at, order[colour]!);
    pixels[at * 4 + 3] = channels === 4 ? level(at, 3) : 255;
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
