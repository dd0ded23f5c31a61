/** Pictures: decoded, brought to a model's input, refused when they lie. TensorFlow's own ops are the second opinion. */
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { howWords, reasonWords } from '../../src/contract/words/data';
import { IMAGE_PRESETS, type InputPort } from '../../src/contract/data';
import { hold } from '../device';
import { nativeBackend } from '../../src/main/engine/backends/native';
import { readData } from '../../src/main/engine/data';
import { decodeImage, frameOf, imageAs, MOST_PIXELS, type Image } from '../../src/main/engine/data/image';
import { random } from '../random';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-images-'));
  await hold('tensorflow');
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};
const port = (shape: (number | null)[], more: Partial<InputPort> = {}): InputPort => ({
  name: 'image',
  shape,
  dtype: 'float32',
  ...more,
});
const plain = { range: '0..1', fit: 'stretch', channels: 'rgb', mean: null, std: null } as const;
const noise = (count: number, seed: number, white = 255): Uint8Array => {
  const next = random(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(next() * (white + 1)));
};

/** A PNG written by hand, part by part. */
function png(header: readonly number[], rows: Uint8Array, parts: readonly [string, Uint8Array][] = []): Uint8Array {
  const part = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const [width, height, depth, colours, interlace = 0] = header as [number, number, number, number, number?];
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([depth, colours, 0, 0, interlace], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    part('IHDR', head),
    ...parts.map(([type, data]) => part(type, data)),
    part('IDAT', deflateSync(rows)),
    part('IEND', new Uint8Array()),
  ]);
}

describe('decodes', () => {
  it.each([
    ['1-bit grey', [3, 2, 1, 0], [0, 0b10100000, 0, 0b01000000], [], 1, 1, [1, 0, 1, 0, 1, 0]],
    ['4-bit grey', [3, 1, 4, 0], [0, 0x0f, 0x70], [], 1, 15, [0, 15, 7]],
    ['16-bit grey', [2, 1, 16, 0], [0, 1, 0, 255, 255], [], 1, 65535, [256, 65535]],
    ['8-bit with alpha', [1, 1, 8, 6], [0, 9, 8, 7, 6], [], 4, 255, [9, 8, 7, 6]],
    ['grey with alpha', [1, 1, 8, 4], [0, 9, 8], [], 2, 255, [9, 8]],
    [
      '2-bit palette',
      [4, 1, 2, 3],
      [0, 0b00011011],
      [['PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]],
      3,
      255,
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ],
  ] as const)('%s', async (_, header, rows, parts, channels, white, levels) => {
    const image = await decodeImage(png(header, Uint8Array.from(rows), parts as never));
    expect(image).toMatchObject({ channels, white });
    expect([...image.levels]).toEqual(levels);
  });

  it('interlaced as plain', async () => {
    const data = noise(13 * 7 * 3, 1);
    const plain = { width: 13, height: 7, channels: 3, depth: 8, data } as const;
    const image = await decodeImage(encodePng(plain, { interlace: 'Adam7' }));
    expect([...image.levels]).toEqual([...data]);
  });

  it('JPEG near what was encoded, grey where the file is', async () => {
    const [width, height] = [16, 24];
    const data = Buffer.alloc(width * height * 4, 255);
    for (let at = 0; at < width * height; at++) data.fill(((at % width) + Math.floor(at / width)) * 6, at * 4, at * 4 + 3); // prettier-ignore
    const image = await decodeImage(encodeJpeg({ width, height, data }, 95).data);
    expect(image).toMatchObject({ format: 'JPEG', width, height, channels: 3, white: 255 });
    for (let at = 0; at < width * height; at++) expect(Math.abs(image.levels[at * 3]! - data[at * 4]!)).toBeLessThan(8);
  });
});

describe('to an input', () => {
  /** tf.image.resize(…, antialias=True) by the op that is behind it. */
  async function byTensorflow(image: Image, height: number, width: number): Promise<Float32Array> {
    const native = nativeBackend();
    const { TF_ATTR_BOOL, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } = native.binding as unknown as Record<
      string,
      number
    >;
    const result = tf.tidy(() =>
      native.executeSingleOutput(
        'ScaleAndTranslate',
        [
          { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT! },
          { name: 'kernel_type', type: TF_ATTR_STRING!, value: 'triangle' },
          { name: 'antialias', type: TF_ATTR_BOOL!, value: true },
        ],
        [
          tf.tensor4d(Float32Array.from(image.levels), [1, image.height, image.width, image.channels]),
          tf.tensor1d([height, width], 'int32'),
          tf.tensor1d([height / image.height, width / image.width]),
          tf.tensor1d([0, 0]),
        ],
      ),
    );
    const data = (await result.data()) as Float32Array;
    result.dispose();
    return data;
  }

  it.each([
    [20, 30, 8, 8],
    [7, 9, 28, 20],
    [64, 48, 5, 31],
    [8, 8, 8, 8],
  ])('%i × %i → %i × %i as TensorFlow resizes', async (height, width, toHeight, toWidth) => {
    const image: Image = {
      format: 'PNG',
      width,
      height,
      channels: 3,
      white: 255,
      levels: noise(height * width * 3, 2),
    };
    const { array } = imageAs(image, frameOf([toHeight, toWidth, 3])!, { ...plain, range: '0..255' });
    const other = await byTensorflow(image, toHeight, toWidth);
    expect(array.shape).toEqual([toHeight, toWidth, 3]);
    array.data.forEach((value, at) => expect(value).toBeCloseTo(other[at]!, 2));
  });

  const four: Image = {
    format: 'PNG',
    width: 2,
    height: 1,
    channels: 4,
    white: 255,
    levels: Uint8Array.of(255, 0, 0, 10, 0, 255, 51, 255),
  };
  it.each([
    ['colour', [1, 2, 3], '0..255', [255, 0, 0, 0, 255, 51]],
    ['channels first', [3, 1, 2], '0..255', [255, 0, 0, 255, 0, 51]],
    ['with alpha', [1, 2, 4], '0..1', [1, 0, 0, 10 / 255, 0, 1, 0.2, 1]],
    ['grey by BT.601', [1, 2, 1], '0..1', [0.299, 0.587 + 0.114 * 0.2]],
    ['black at -1', [1, 2, 1], '-1..1', [2 * 0.299 - 1, 2 * (0.587 + 0.114 * 0.2) - 1]],
  ] as const)('%s', (_, shape, range, values) => {
    const { array } = imageAs(four, frameOf(shape)!, { ...plain, range });
    expect(array.shape).toEqual(shape);
    values.forEach((value, at) => expect(array.data[at]).toBeCloseTo(value, 5));
  });

  it.each([
    ['ImageNet (mean, std)', [1, 2, 3], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225, -0.485 / 0.229, (1 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]], // prettier-ignore
    ['Caffe (BGR, mean)', [3, 1, 2], [-103.939, 51 - 103.939, -116.779, 255 - 116.779, 255 - 123.68, -123.68]],
    ['−1 to 1', [1, 2, 3], [1, -1, -1, -1, 1, -0.6]],
  ] as const)('%s, as its models are trained', (preset, shape, values) => {
    const reading = { ...IMAGE_PRESETS[preset], fit: 'stretch' } as const;
    const { array } = imageAs(four, frameOf(shape)!, reading);
    values.forEach((value, at) => expect(array.data[at]).toBeCloseTo(value, 4));
  });

  it('where three may be the height or the channels, the model tells which', () => {
    expect(frameOf([3, 32, 3])).toMatchObject({ height: 3, first: false });
    expect(frameOf([3, 32, 3], true)).toMatchObject({ height: 32, first: true });
  });

  it('grey becomes three equal channels', () => {
    const grey: Image = {
      format: 'PNG',
      width: 1,
      height: 1,
      channels: 1,
      white: 65535,
      levels: Uint16Array.of(13107),
    };
    const { array } = imageAs(grey, frameOf([1, 1, 3])!, plain);
    array.data.forEach((value) => expect(value).toBeCloseTo(0.2, 6));
  });

  it('cuts out the middle instead of pulling', () => {
    const levels = Uint8Array.from({ length: 6 * 2 }, (_, at) => at % 6);
    const wide: Image = { format: 'PNG', width: 6, height: 2, channels: 1, white: 255, levels };
    const { array, made } = imageAs(wide, frameOf([2, 2, 1])!, { ...plain, range: '0..255', fit: 'crop' });
    expect([...array.data]).toEqual([2, 3, 2, 3]);
    expect(howWords({ input: null, times: 1, made })).toContain('middle cut out');
  });

  it('a free size takes the picture as it is', () => {
    const { array } = imageAs(four, frameOf([null, null, 3])!, plain);
    expect(array.shape).toEqual([1, 2, 3]);
  });

  it('a row of numbers or a sequence is no picture', () => {
    expect(frameOf([64])).toBeNull();
    expect(frameOf([60, 4])).toBeNull();
    expect(frameOf([8, 8, 7])).toBeNull();
  });
});

describe('readData', () => {
  const square = (seed: number): Uint8Array =>
    encodePng({ width: 12, height: 12, channels: 3, depth: 8, data: noise(12 * 12 * 3, seed) });

  it('several pictures are several examples, and what was done is said once', async () => {
    const paths = await Promise.all([3, 4, 5].map((seed) => written(`${seed}.png`, square(seed))));
    const { arrays, how, reading } = await readData(paths, [port([8, 8, 1])]);
    expect(arrays['image']!.shape).toEqual([3, 8, 8, 1]);
    expect(how.map(howWords)).toEqual(['3 × PNG, 12 × 12 colour, resized to 8 × 8, taken as grey, values 0 to 1']);
    expect(reading).toMatchObject(plain);
  });

  it.each([
    ['a layer that divides by 255', { scale: { factor: 1 / 255, layer: 'rescaling' } }, '0..255', /rescaling/],
    ['a layer that normalises values up to 1', { scale: { factor: 4, layer: 'norm' } }, '0..1', /norm/],
    ['data up to 255', { seen: [0, 255] }, '0..255', /data that came/],
    ['whole numbers', { dtype: 'int32' }, '0..255', /whole numbers/],
    ['nothing', {}, '0..1', /nothing/],
  ] as const)('takes the range from %s', async (_, more, range, why) => {
    const path = await written('range.png', square(6));
    const { reading, arrays } = await readData([path], [port([12, 12, 3], more as Partial<InputPort>)]);
    expect(reading!.range).toBe(range);
    expect(reasonWords(reading!.why)).toMatch(why);
    if ('dtype' in more) expect(arrays['image']!.data.every(Number.isInteger)).toBe(true);
    const chosen = await readData([path], [port([12, 12, 3], more as Partial<InputPort>)], { range: '-1..1' });
    expect(chosen.reading).toMatchObject({ range: '-1..1', why: { kind: 'chosen' } });
    expect(Math.min(...chosen.arrays['image']!.data)).toBeLessThan(0);
  });

  it('goes to the input called as the file, or asks which', async () => {
    const [left, right] = [port([12, 12, 3], { name: 'left' }), port([12, 12, 3], { name: 'right' })];
    const path = await written('right.png', square(7));
    expect(Object.keys((await readData([path], [left, right])).arrays)).toEqual(['right']);
    const other = await written('other.png', square(7));
    await expect(readData([other], [left, right])).rejects.toThrow(
      `INPUT_IMAGE: The picture ${other} could go to several inputs: left [12, 12, 3], right [12, 12, 3].`,
    );
    await expect(readData([other], [port([64])])).rejects.toThrow('fits no input of the model: image [64].');
  });

  const sound = png([4, 4, 8, 0], new Uint8Array(4 * 5));
  it.each([
    ['bomb.png', png([4, 4, 8, 0], new Uint8Array(4_000_000)), '.png: it unpacks to more than its size'],
    ['huge.png', png([60_000, 60_000, 8, 0], new Uint8Array(5)), `limit of ${MOST_PIXELS}`],
    ['none.png', png([0, 4, 8, 0], new Uint8Array(5)), 'a size of 0 × 4'],
    ['short.png', sound.subarray(0, 50), 'it ends inside the part IDAT'],
    ['cut.png', sound.subarray(0, sound.length - 12), 'it ends before its last part'],
    ['few.png', png([4, 4, 8, 0], new Uint8Array(7)), '.png: '],
    ['sum.png', Uint8Array.from(sound, (byte, at) => (at === 30 ? byte ^ 1 : byte)), 'CRC'],
    ['short.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0), '.jpeg: it ends before its size'],
    ['lies.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0), 'limit of'],
  ])('refuses %s', async (name, bytes, reason) => {
    const path = await written(name, bytes);
    await expect(readData([path], [port([8, 8, 3])])).rejects.toThrow(reason);
    await expect(readData([path], [port([8, 8, 3])])).rejects.toThrow(`INPUT_FILE: ${path} cannot be read as`);
  });

  it('a truncated JPEG is refused, not filled up', async () => {
    const data = Buffer.from(noise(64 * 64 * 4, 8));
    const whole = encodeJpeg({ width: 64, height: 64, data }, 90).data;
    const path = await written('half.jpg', whole.subarray(0, whole.length >> 1));
    await expect(readData([path], [port([8, 8, 3])])).rejects.toThrow('INPUT_FILE');
  });

  it('a JPEG without a table that its colours name is refused in our words, not in those of JavaScript', async () => {
    const path = join(import.meta.dirname, 'broken/quantisation-missing.jpeg');
    await expect(readData([path], [port([8, 8, 3])])).rejects.toThrow(
      `INPUT_FILE: ${path} cannot be read as .jpeg: its parts contradict each other.`,
    );
  });
});
