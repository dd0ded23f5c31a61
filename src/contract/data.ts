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
  /** What the first layers multiply by, where they do nothing else before: the sign of a model that wants 0 to 255. */
  readonly scale?: { readonly factor: number; readonly layer: string };
  /** Letters of a one-hot sequence, in the order of its channels. */
  readonly alphabet?: string;
  /** The range of values of data that came with the model. */
  readonly seen?: readonly [low: number, high: number];
}
