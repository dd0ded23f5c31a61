/** How files become a model's inputs: what can be chosen about it, shared by the window and the terminal. */
import type { PortSummary } from './model';

/** What black and white of a picture become. */
export const IMAGE_RANGES = ['0..1', '0..255', '-1..1'] as const;
/** A picture of another shape is pulled to the input's, or its middle is cut out. */
export const IMAGE_FITS = ['stretch', 'crop'] as const;

/** The order in which a picture's colours are given. */
export const IMAGE_CHANNELS = ['rgb', 'bgr'] as const;

/** How a picture becomes numbers: brought to the range, then less the mean, divided by the deviation, channel by channel. */
export interface ImageReading {
  readonly range: (typeof IMAGE_RANGES)[number];
  readonly fit: (typeof IMAGE_FITS)[number];
  readonly channels: (typeof IMAGE_CHANNELS)[number];
  /** In the order of `channels`, in units of the range; null: none is taken away. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
}

/** What black and white become before mean and deviation. */
export const RANGE_ENDS: Readonly<Record<ImageReading['range'], readonly [black: number, white: number]>> = {
  '0..1': [0, 1],
  '0..255': [0, 255],
  '-1..1': [-1, 1],
};

/** What is chosen at once: how most models were trained. */
export const IMAGE_PRESETS = {
  '0 to 1': { range: '0..1', channels: 'rgb', mean: null, std: null },
  '0 to 255': { range: '0..255', channels: 'rgb', mean: null, std: null },
  '−1 to 1': { range: '-1..1', channels: 'rgb', mean: null, std: null },
  'ImageNet (mean, std)': { range: '0..1', channels: 'rgb', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  'Caffe (BGR, mean)': { range: '0..255', channels: 'bgr', mean: [103.939, 116.779, 123.68], std: null },
} as const satisfies Readonly<Record<string, Omit<ImageReading, 'fit'>>>;

/** What a channel's value is for black and for white. */
export function endsOf({ range, mean, std }: ImageReading, channel: number): readonly [black: number, white: number] {
  const [less, by] = [mean?.[channel] ?? mean?.[0] ?? 0, std?.[channel] ?? std?.[0] ?? 1];
  const [black, white] = RANGE_ENDS[range];
  return [(black - less) / by, (white - less) / by];
}

/** A model's input, and what the graph behind it tells about its values. */
export interface InputPort extends PortSummary {
  /** Whole numbers from 0 to below this: the rows of the table they are looked up in. */
  readonly vocabulary?: number;
  /** Which of them is padding, where the model or a file beside it tells. */
  readonly padding?: number;
  /** What the first layers multiply by, where they do nothing else before: the sign of a model that wants 0 to 255. */
  readonly scale?: { readonly factor: number; readonly layer: string };
  /** Letters of a one-hot sequence, in the order of its channels. */
  readonly alphabet?: string;
  /** Whether a picture's channels are its first axis, where the model's first windows tell. */
  readonly channelsFirst?: boolean;
  /** How pictures are read, as a `mho.json` beside the model says. */
  readonly reading?: Partial<ImageReading>;
  /** The range of values of data that came with the model. */
  readonly seen?: readonly [low: number, high: number];
}

/** What was done to a file of a table or a picture to make it an input; its words are in `words/data.ts`. */
export interface HowRead {
  /** The input that it was opened for; null where the model's inputs shared it. */
  readonly input: string | null;
  /** Files of which this is true. */
  readonly times: number;
  readonly made: PictureMade | TableMade;
}

export interface PictureMade {
  readonly kind: 'picture';
  readonly format: 'PNG' | 'JPEG';
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether only its middle was taken. */
  readonly cut: boolean;
  readonly resized: readonly [width: number, height: number] | null;
  /** Channels that it was brought to; null where it had them. */
  readonly takenAs: 1 | 3 | 4 | null;
  readonly values: readonly [black: number, white: number];
  /** What was done to values after that; absent where nothing was. */
  readonly normalised?: Pick<ImageReading, 'channels' | 'mean' | 'std'>;
}

export interface TableMade {
  readonly kind: 'table';
  readonly rows: number;
  readonly examples: number;
  /** Of the columns of letters. */
  readonly alphabets: readonly string[];
  /** Inputs of which rows are positions, not examples. */
  readonly rowsArePositions: number;
  /** Whether columns went to several inputs in their order, not by name. */
  readonly inOrder: boolean;
  /** What the header calls the places of an input of one axis, where that says more than the input's own name and their numbers. */
  readonly columns?: readonly { readonly input: string; readonly names: readonly string[] }[];
  /** The first columns passed over, by name or else by number from 1, and how many there are. */
  readonly unused: { readonly first: readonly (string | number)[]; readonly count: number };
}

/** Why black and white of pictures become what they become. */
export type RangeReason =
  | { readonly kind: 'whole numbers' }
  /** What the first layers multiply by. */
  | { readonly kind: 'scale'; readonly layer: string; readonly factor: number }
  | { readonly kind: 'own data' }
  /** A `mho.json` beside the model. */
  | { readonly kind: 'beside' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'chosen' };

/** Values that are allowed but look wrong. */
export interface Doubt {
  readonly low: number;
  readonly high: number;
  readonly because:
    | { readonly kind: 'scale'; readonly layer: string; readonly factor: number }
    /** The range of the data that came with the model. */
    | { readonly kind: 'own data'; readonly low: number; readonly high: number }
    /** They hold more digits than float32, which takes so much from them at the most. */
    | { readonly kind: 'digits'; readonly by: number };
}

/** One change of an example, as somebody made it. `input` is null where the model has only one. */
export type EditMade = { readonly input: string | null } & (
  | { readonly kind: 'letter' | 'token'; readonly position: number; readonly from: string; readonly to: string }
  | { readonly kind: 'value'; readonly position: number; readonly from: number; readonly to: number }
  /** Corners of a rectangle, both within it: row, column. */
  | {
      readonly kind: 'patch';
      readonly from: readonly [row: number, column: number];
      readonly to: readonly [row: number, column: number];
      readonly filled: string;
    }
);
