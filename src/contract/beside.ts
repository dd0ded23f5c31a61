/**
 * `mho.json` beside a model: what its user says about it. Unknown keys are passed over, and kept where it is written. Read without a
 * schema: every opening looks for it, and would wait for what schemas load.
 */
import { IMAGE_CHANNELS, IMAGE_FITS, IMAGE_RANGES, type ImageReading } from './data';
import { isRecord } from './records';

export const BESIDE = 'mho.json';
/** Bytes: it may hold a vocabulary. */
export const LARGEST_BESIDE = 2 ** 23;

export interface BesideModel {
  /** How pictures are read. */
  readonly image?: Partial<ImageReading> | undefined;
  /** What token ids stand for, by id. */
  readonly vocabulary?: readonly string[] | undefined;
  /** The id of padding. */
  readonly pad_token_id?: number | undefined;
  /** Files that hold inputs and what the model is to give for them. */
  readonly check?: { readonly input: string; readonly expect: string } | undefined;
}

const MOST_TOKENS = 2 ** 20;
const MOST_CHANNELS = 4;

const isText = (value: unknown): value is string => typeof value === 'string';
const among = <Name extends string>(names: readonly Name[], value: unknown): value is Name =>
  names.some((name) => name === value);
const isPerChannel = (value: unknown, least: number): value is readonly number[] | null =>
  value === null ||
  (Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST_CHANNELS &&
    value.every((each) => Number.isFinite(each) && each > least));

/** What is told of a reading; undefined where one part of it is none. */
function readingIn(value: unknown): BesideModel['image'] {
  if (!isRecord(value)) return undefined;
  const { range, fit, channels, mean, std } = value;
  const read = {
    ...(among(IMAGE_RANGES, range) && { range }),
    ...(among(IMAGE_FITS, fit) && { fit }),
    ...(among(IMAGE_CHANNELS, channels) && { channels }),
    ...(isPerChannel(mean, -Infinity) && { mean }),
    ...(isPerChannel(std, 0) && { std }),
  };
  const told = Object.entries({ range, fit, channels, mean, std }).filter(([, each]) => each !== undefined);
  return told.length === Object.keys(read).length ? read : undefined;
}

/**
 * Each part is read for itself: one that is wrong is as if it were not there, and the others hold.
 * @returns null where the text is no JSON object
 */
export function besideFrom(text: string): BesideModel | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { vocabulary, pad_token_id: padding, check } = value;
  return {
    image: readingIn(value['image']),
    vocabulary:
      Array.isArray(vocabulary) && vocabulary.length <= MOST_TOKENS && vocabulary.every(isText)
        ? vocabulary
        : undefined,
    pad_token_id: Number.isInteger(padding) && (padding as number) >= 0 ? (padding as number) : undefined,
    check:
      isRecord(check) && isText(check['input']) && isText(check['expect'])
        ? { input: check['input'], expect: check['expect'] }
        : undefined,
  };
}
