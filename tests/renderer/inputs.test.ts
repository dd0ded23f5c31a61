/** How inputs look: what is a picture, in which order its numbers lie, and which numbers are black and white. */
import { describe, expect, it } from 'vitest';
import { IMAGE_PRESETS } from '../../src/contract/data';
import {
  imagePixels,
  isWave,
  pictureOf,
  positionNames,
  takesChannelsFirst,
  type ImagePicture,
  type Known,
  waveOf,
} from '../../src/renderer/logic/inputs';

const known: Known = { alphabet: null, channelsFirst: false, reading: null };
const first: Known = { ...known, channelsFirst: true };
const layer = (name: string, shape: number[], unitAxis: number, inputs: string[] = []) => ({
  name,
  kind: 'Layer',
  group: [],
  shape,
  unitAxis,
  units: shape[unitAxis]!,
  parameters: 0,
  inputs,
  unsupported: [],
});

describe('what is a picture', () => {
  it.each([
    ['as PyTorch holds it', [3, 96, 96], known, [96, 96, 3, true]],
    ['grey, channels first', [1, 28, 28], known, [28, 28, 1, true]],
    ['channels last', [96, 64, 3], known, [96, 64, 3, false]],
    ['three pixels high, where the model says nothing', [3, 32, 3], known, [3, 32, 3, false]],
    ['the same, where it takes channels first', [3, 32, 3], first, [32, 3, 3, true]],
    ['a small one, where it takes channels first', [3, 4, 4], first, [4, 4, 3, true]],
    ['a small one, where it does not', [3, 4, 4], known, [3, 4, 4, false]],
  ] as const)('%s', (_, shape, told, [height, width, channels, channelsFirst]) => {
    expect(pictureOf(shape, told)).toMatchObject({ kind: 'image', height, width, channels, channelsFirst });
  });

  it('many channels are none of a picture, whatever the order', () => {
    expect(pictureOf([12, 24, 24], first).kind).toBe('grid');
    expect(pictureOf([24, 24, 12], known).kind).toBe('grid');
  });

  it('the model tells by its input layer, else by what reads it', () => {
    const conv = layer('conv', [8, 94, 94], 0, ['image']);
    expect(takesChannelsFirst({ layers: [layer('image', [3, 96, 96], 0)] }, 'image')).toBe(true);
    expect(takesChannelsFirst({ layers: [layer('image', [3, 96, 96], 2), conv] }, 'image')).toBe(true);
    expect(takesChannelsFirst({ layers: [layer('image', [96, 96, 3], 2), conv] }, 'other')).toBe(false);
    expect(takesChannelsFirst({ layers: [layer('image', [96, 3], 0)] }, 'image')).toBe(false);
  });
});

describe('pixels', () => {
  /** Red, then a dark green, of a picture of 1 × 2. */
  const colours = [
    [255, 0, 0],
    [0, 128, 0],
  ];
  const shown = (pixels: Uint8ClampedArray) => [...pixels].filter((_, at) => at % 4 < 3);
  const image = (more: Partial<ImagePicture>): ImagePicture => ({
    kind: 'image',
    height: 1,
    width: 2,
    channels: 3,
    channelsFirst: false,
    reading: null,
    ...more,
  });

  it('channels first are the same picture as channels last', () => {
    const last = Float32Array.from(colours.flat());
    const turned = Float32Array.from([0, 1, 2].flatMap((channel) => colours.map((pixel) => pixel[channel]!)));
    const drawn = shown(imagePixels(last, image({}), [0, 255]));
    expect(drawn).toEqual(colours.flat());
    expect(shown(imagePixels(turned, image({ channelsFirst: true }), [0, 255]))).toEqual(drawn);
  });

  it.each(['ImageNet (mean, std)', 'Caffe (BGR, mean)', '−1 to 1'] as const)('%s is undone', (preset) => {
    const reading = { ...IMAGE_PRESETS[preset], fit: 'stretch' } as const;
    const ends = { '0..1': [0, 1], '0..255': [0, 255], '-1..1': [-1, 1] }[reading.range] as [number, number];
    const made = colours.flatMap((pixel) => {
      const ordered = reading.channels === 'bgr' ? pixel.toReversed() : pixel;
      return ordered.map((level, channel) => {
        const value = ends[0] + (level / 255) * (ends[1] - ends[0]);
        return (value - (reading.mean?.[channel] ?? 0)) / (reading.std?.[channel] ?? 1);
      });
    });
    const data = Float32Array.from(made);
    expect(shown(imagePixels(data, image({ reading }), [Math.min(...made), Math.max(...made)]))).toEqual(
      colours.flat(),
    );
  });

  it('numbers that no picture read so can hold are drawn from the least to the largest', () => {
    const reading = { ...IMAGE_PRESETS['0 to 1'], fit: 'stretch' } as const;
    const data = Float32Array.from(colours.flat());
    expect(shown(imagePixels(data, image({ reading }), [0, 255]))).toEqual(colours.flat());
  });

  it('one grey is all three colours', () => {
    const grey = Float32Array.of(0, 1);
    expect(shown(imagePixels(grey, image({ channels: 1 }), [0, 1]))).toEqual([0, 0, 0, 255, 255, 255]);
  });
});

describe('a curve', () => {
  it('is one channel of many positions, whichever axis counts them', () => {
    for (const shape of [[1, 8000], [8000, 1], [8000]]) expect(isWave(pictureOf(shape, null))).toBe(true);
    for (const shape of [[20], [2, 8000], [1, 24], [64, 64, 3]]) expect(isWave(pictureOf(shape, null))).toBe(false);
  });

  it('reaches in each column from its least to its largest value there, with no value left out', () => {
    const data = Float32Array.from({ length: 1000 }, (_, at) => (at === 777 ? -9 : Math.sin(at)));
    for (const columns of [1, 7, 240, 1000, 5000]) {
      const wave = waveOf(data, columns);
      expect(wave.length).toBe(Math.min(columns, data.length));
      expect(Math.min(...wave.map(([low]) => low))).toBe(-9);
      expect(Math.max(...wave.map(([, high]) => high))).toBe(Math.max(...data));
    }
    expect(waveOf(Float32Array.of(3, 1, 2), 3)).toEqual([[3, 3], [1, 1], [2, 2]]); // prettier-ignore
  });
});

describe('what stands at the positions of a map of attention', () => {
  const ids = { shape: [3], data: Float32Array.of(2, 0, 7) };

  it('tokens by their names; by their ids where nothing names them', () => {
    const names = ['[PAD]', 'a', 'cat'];
    expect(positionNames(ids, pictureOf([3], null, 'int32'), 3, names)).toEqual(['cat', '[PAD]', '7']);
    expect(positionNames(ids, pictureOf([3], null), 3, [])).toEqual(['2', '0', '7']);
  });

  it('letters of a sequence', () => {
    const value = { shape: [2, 4], data: Float32Array.of(0, 0, 1, 0, 1, 0, 0, 0) };
    expect(positionNames(value, pictureOf([2, 4], null), 2, [])).toEqual(['G', 'A']);
  });

  it('none where the input has other positions, or real numbers', () => {
    expect(positionNames(ids, pictureOf([3], null), 12, [])).toBeNull();
    expect(positionNames({ shape: [2], data: Float32Array.of(0.5, 1) }, pictureOf([2], null), 2, [])).toBeNull();
  });
});
