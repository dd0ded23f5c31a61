/** How files become a model's inputs: what can be chosen about it, shared by the window and the terminal. */
import type { PortSummary } from './model';

/** What black and white of a picture become. */
export const IMAGE_RANGES = ['0..1', '0..255', '-1..1'] as const;
/** A picture of another shape is pulled to the input's, or its middle is cut out. */
export const IMAGE_FITS = ['stretch', 'crop'] as const;

/** How a picture becomes numbers. */
export interface ImageReading {
  readonly range: (typeof IMAGE_RANGES)[number];
  readonly fit: (typeof IMAGE_FITS)[number];
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
  /** The first columns passed over, by name or else by number from 1, and how many there are. */
  readonly unused: { readonly first: readonly (string | number)[]; readonly count: number };
}

/** Why black and white of pictures become what they become. */
export type RangeReason =
  | { readonly kind: 'whole numbers' }
  /** What the first layers multiply by. */
  | { readonly kind: 'scale'; readonly layer: string; readonly factor: number }
  | { readonly kind: 'own data' }
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
