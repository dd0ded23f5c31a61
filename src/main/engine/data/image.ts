/** PNG and JPEG files, and from their pixels to what a model's input wants: channels, size, range of values. */
import { inflateSync } from 'node:zlib';
import type { NumericArray } from '../../../contract/attribution';
import { endsOf, RANGE_ENDS, type ImageReading, type PictureMade } from '../../../contract/data';
import { reasonOf } from './allowance';

/** A fault of the bytes; whoever knows the file turns it into an error of the catalogue. */
export class ImageFault extends Error {}

export interface Image {
  readonly format: 'PNG' | 'JPEG';
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** The value of white. */
  readonly white: number;
  /** `[height, width, channels]`, 0 to `white`. */
  readonly levels: Uint8Array | Uint16Array | Uint8ClampedArray;
}

/** Width × height; a picture that declares more is refused before anything is unpacked. */
export const MOST_PIXELS = 2 ** 26;
/** Bytes of its pixels as they are stored, likewise: 44 million of colour at 8 bits. More takes minutes to be made small. */
const MOST_BYTES = 2 ** 27;

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
export const isPng = (head: Uint8Array): boolean => PNG.every((byte, at) => head[at] === byte);
export const isJpeg = (head: Uint8Array): boolean => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;

/** Decodes a picture as it is stored: no turning by EXIF, no colour profile. @throws ImageFault */
export async function decodeImage(bytes: Uint8Array): Promise<Image> {
  try {
    return isPng(bytes) ? await decodePng(bytes) : await decodeJpeg(bytes);
  } catch (error) {
    if (error instanceof ImageFault) throw error;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message.replace(/:$/, '')}: ${reasonOf(cause)}` : reasonOf(error);
    throw new ImageFault(reason.replace(/\.$/, ''), { cause: error });
  }
}

/** @param bits of a pixel */
function checkSize(width: number, height: number, bits: number): void {
  if (width === 0 || height === 0) throw new ImageFault(`it declares a size of ${width} × ${height}`);
  const bytes = height * Math.ceil((width * bits) / 8);
  if (width * height <= MOST_PIXELS && bytes > MOST_BYTES)
    throw new ImageFault(`its ${width} × ${height} pixels take ${bytes} bytes, more than the limit of ${MOST_BYTES}`);
  if (width * height > MOST_PIXELS)
    throw new ImageFault(`its ${width} × ${height} pixels are more than the limit of ${MOST_PIXELS}`);
}

// ---------------------------------------------------------------- PNG

/** Chunks that say what the pixels are; profiles and texts are left out, they may unpack to anything. */
const NEEDED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const CHANNELS: Readonly<Record<number, 1 | 2 | 3 | 4>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The needed chunks alone, once the declared size is bounded and the pixels unpack to no more than that. */
function soundPng(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const packed: Uint8Array[] = [];
  let largest = 0;
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) throw new ImageFault('it ends before its last part');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) throw new ImageFault(`it ends inside the part ${type}`);
    if (at === 8) {
      if (type !== 'IHDR' || length !== 13) throw new ImageFault('it does not begin with its size');
      const [width, height] = [view.getUint32(16), view.getUint32(20)];
      const bits = bytes[24]! * (CHANNELS[bytes[25]!] ?? 4);
      checkSize(width, height, bits);
      // a filter byte per row, and interlacing has up to seven times the rows
      largest = height * (Math.ceil((width * bits) / 8) + 1) + 16 * (width + height) + 1024;
    }
    if (NEEDED.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') packed.push(bytes.subarray(at + 8, end - 4));
    if (type === 'IEND') break;
    at = end;
  }
  try {
    inflateSync(Buffer.concat(packed), { maxOutputLength: largest });
  } catch (error) {
    const bomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new ImageFault(bomb ? 'it unpacks to more than its size' : 'its pixels are damaged', { cause: error });
  }
  return Buffer.concat(kept);
}

async function decodePng(bytes: Uint8Array): Promise<Image> {
  const sound = soundPng(bytes);
  const { convertIndexedToRgb, decode } = await import('fast-png');
  const png = decode(sound, { checkCrc: true });
  const { width, height } = png;
  if (png.palette) {
    const channels = png.palette[0]!.length as 3 | 4;
    return { format: 'PNG', width, height, channels, white: 255, levels: convertIndexedToRgb(png) };
  }
  if (png.depth < 8) {
    // packed greys: the library unpacks palettes alone, so the greys are given as one
    const white = 2 ** png.depth - 1;
    const palette = Array.from({ length: white + 1 }, (_, grey) => [grey]);
    return { format: 'PNG', width, height, channels: 1, white, levels: convertIndexedToRgb({ ...png, palette }) };
  }
  const levels = png.data as Uint8Array | Uint16Array;
  const channels = png.channels as Image['channels'];
  if (levels.length !== width * height * channels) throw new ImageFault('its pixels are not as many as its size says');
  return { format: 'PNG', width, height, channels, white: 2 ** png.depth - 1, levels };
}

// ---------------------------------------------------------------- JPEG

/** Size and number of colours out of the frame header (ITU T.81, B.2.2), before anything is unpacked. */
function jpegFrame(bytes: Uint8Array): { width: number; height: number; colours: number } {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) throw new ImageFault('its parts are damaged');
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    const two = (place: number): number => bytes[place]! * 256 + bytes[place + 1]!;
    if (isFrame) return { height: two(at + 5), width: two(at + 7), colours: bytes[at + 9]! };
    at += 2 + two(at + 2);
  }
  throw new ImageFault('it ends before its size');
}

async function decodeJpeg(bytes: Uint8Array): Promise<Image> {
  const { width, height, colours } = jpegFrame(bytes);
  // Three times what a byte of grey takes: it is unpacked to coefficients first.
  checkSize(width, height, 8 * Math.max(3, colours));
  const { decode } = await import('jpeg-js');
  const image = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_PIXELS / 1e6,
    maxMemoryUsageInMB: 1024,
  });
  if (image.width !== width || image.height !== height) throw new ImageFault('its parts differ in size');
  const pixels = width * height;
  const grey = colours === 1;
  const levels = grey ? Uint8Array.from({ length: pixels }, (_, at) => image.data[3 * at]!) : image.data;
  return { format: 'JPEG', width, height, channels: grey ? 1 : 3, white: 255, levels };
}

// ---------------------------------------------------------------- to an input

/** Where an input's shape keeps height, width and channels; null sizes are free. Null: no picture fits it. */
export interface Frame {
  readonly height: number | null;
  readonly width: number | null;
  readonly channels: 1 | 3 | 4;
  readonly first: boolean;
  /** Whether the shape has an axis for the channels. */
  readonly axis: boolean;
}

/**
 * @param shape of one example
 * @param told whether the model's own windows take the channels first
 */
export function frameOf(shape: readonly (number | null)[], told = false): Frame | null {
  const isChannels = (size: number | null | undefined): size is 1 | 3 | 4 => size === 1 || size === 3 || size === 4;
  const [a = null, b = null, c = null] = shape;
  const isSide = (size: number | null): boolean => size === null || size >= 8;
  if (shape.length === 2)
    return isSide(a) && isSide(b) ? { height: a, width: b, channels: 1, first: false, axis: false } : null;
  if (shape.length !== 3) return null;
  if (isChannels(c) && !(told && isChannels(a))) return { height: a, width: b, channels: c, first: false, axis: true };
  return isChannels(a) ? { height: b, width: c, channels: a, first: true, axis: true } : null;
}

/**
 * A picture as one example of an input. Sizes change by a triangle filter as wide as the step (bilinear, averaged where
 * pixels are merged); grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); an alpha that is not asked for is dropped.
 * @returns the example, without the axis of examples, and what was done
 */
export function imageAs(
  image: Image,
  frame: Frame,
  reading: ImageReading,
): { readonly array: NumericArray; readonly made: PictureMade } {
  const height = frame.height ?? image.height;
  const width = frame.width ?? image.width;
  const cut = reading.fit === 'crop' ? centre(image, width / height) : null;
  const part = cut ?? { left: 0, top: 0, width: image.width, height: image.height };
  const same = image.width === width && image.height === height;
  const resized = same ? image.levels : resample(image, part, width, height);
  const { channels } = frame;
  const ends = Array.from({ length: channels }, (_, channel) => endsOf(reading, channel));
  const turned = reading.channels === 'bgr' && channels >= 3;
  const pixels = width * height;
  const data = new Float32Array(pixels * channels);
  const has = image.channels;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * has;
    const [r, g, b] = has >= 3 ? [resized[from]!, resized[from + 1]!, resized[from + 2]!] : [resized[from]!, resized[from]!, resized[from]!]; // prettier-ignore
    const alpha = has === 4 ? resized[from + 3]! : has === 2 ? resized[from + 1]! : image.white;
    const grey = has >= 3 ? 0.299 * r + 0.587 * g + 0.114 * b : r;
    const levels = channels === 1 ? [grey] : turned ? [b, g, r, alpha] : [r, g, b, alpha];
    for (let channel = 0; channel < channels; channel++) {
      const [black, white] = ends[channel]!;
      const at = frame.first ? channel * pixels + pixel : pixel * channels + channel;
      data[at] = black + levels[channel]! * ((white - black) / image.white);
    }
  }
  const shape = !frame.axis ? [height, width] : frame.first ? [channels, height, width] : [height, width, channels];
  const made: PictureMade = {
    kind: 'picture',
    format: image.format,
    width: image.width,
    height: image.height,
    channels: has,
    cut: cut !== null && !same,
    resized: same ? null : [width, height],
    takenAs: has === channels ? null : channels,
    values: RANGE_ENDS[reading.range],
    ...((turned || reading.mean || reading.std) && {
      normalised: { channels: turned ? 'bgr' : 'rgb', mean: reading.mean, std: reading.std },
    }),
  };
  return { array: { shape, data }, made };
}

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest part of a picture around its middle that has the wanted aspect; null when that is the whole. */
function centre({ width, height }: Image, aspect: number): Part | null {
  const wide = width / height > aspect;
  const part = wide
    ? { width: Math.max(1, Math.round(height * aspect)), height }
    : { width, height: Math.max(1, Math.round(width / aspect)) };
  if (part.width === width && part.height === height) return null;
  return { ...part, left: Math.floor((width - part.width) / 2), top: Math.floor((height - part.height) / 2) };
}

/** Per new place, which old ones it is made of and how much of each; the shares sum to 1. */
function shares(from: number, to: number): { first: number; weights: Float64Array }[] {
  const step = from / to;
  const reach = Math.max(1, step);
  return Array.from({ length: to }, (_, place) => {
    const middle = (place + 0.5) * step;
    const first = Math.max(0, Math.floor(middle - reach));
    const last = Math.min(from, Math.ceil(middle + reach));
    const weights = Float64Array.from({ length: last - first }, (_, at) =>
      Math.max(0, 1 - Math.abs((first + at + 0.5 - middle) / reach)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

/** A part of a picture in a new size, `[height, width, channels]`: first along rows, then along columns. */
function resample(image: Image, part: Part, width: number, height: number): Float32Array {
  const { channels, levels } = image;
  const narrow = new Float32Array(part.height * width * channels);
  const along = shares(part.width, width);
  for (let row = 0; row < part.height; row++) {
    const start = ((part.top + row) * image.width + part.left) * channels;
    along.forEach(({ first, weights }, column) => {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let at = 0; at < weights.length; at++)
          sum += weights[at]! * levels[start + (first + at) * channels + channel]!;
        narrow[(row * width + column) * channels + channel] = sum;
      }
    });
  }
  const whole = new Float32Array(height * width * channels);
  const line = width * channels;
  shares(part.height, height).forEach(({ first, weights }, row) => {
    for (let at = 0; at < line; at++) {
      let sum = 0;
      for (let each = 0; each < weights.length; each++) sum += weights[each]! * narrow[(first + each) * line + at]!;
      whole[row * line + at] = sum;
    }
  });
  return whole;
}
