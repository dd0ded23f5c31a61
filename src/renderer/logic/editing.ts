/** Changes of an example's input, as values at places: a letter, a token, a feature, a patch of a picture. */
import type { Edit } from '../../contract/studio';
import type { Picture } from './inputs';

/** An input's values with the changes that are its own, in their order. */
export function withEdits(values: Float32Array, edits: readonly Edit[], input: string): Float32Array {
  const changed = values.slice();
  for (const { input: of, places, values: now } of edits)
    if (of === input) places.forEach((place, at) => (changed[place] = now[at]!));
  return changed;
}

/** Whose input is named where a model has several. */
export interface OfInput {
  readonly input: string;
  /** Null where the model has only one. */
  readonly told: string | null;
}

/** A position of a one-hot sequence becomes another letter. Null where it is that one. */
export function letterEdit(
  { input, told }: OfInput,
  values: Float32Array,
  alphabet: string,
  position: number,
  letter: string,
): Edit | null {
  const channel = alphabet.indexOf(letter);
  const from = position * alphabet.length;
  const before = values.subarray(from, from + alphabet.length);
  if (channel < 0 || before.length < alphabet.length) return null;
  if (before.every((value, at) => value === Number(at === channel))) return null;
  return {
    input,
    places: Array.from(before, (_, at) => from + at),
    values: Array.from(before, (_, at) => Number(at === channel)),
    made: { kind: 'letter', input: told, position, from: letterOf(before, alphabet), to: letter },
  };
}

/** The letter with the largest value; `·` where all are equal. */
export function letterOf(channels: ArrayLike<number>, alphabet: string): string {
  let best = 0;
  let equal = true;
  for (let at = 1; at < alphabet.length; at++) {
    if (channels[at]! > channels[best]!) best = at;
    equal &&= channels[at] === channels[0];
  }
  return equal ? '·' : alphabet[best]!;
}

/** What stands for an id: its token, where the vocabulary tells one, else the number. */
export const tokenOf = (id: number, tokens: readonly string[]): string => tokens[id] || `${id}`;

/** The id that is meant by a token, or by a number; a token that is itself a number goes first. Null where neither is meant. */
export function tokenId(text: string, tokens: readonly string[]): number | null {
  const word = text.trim();
  if (word === '') return null;
  for (const each of [word, word.toLowerCase()]) {
    const at = tokens.indexOf(each);
    if (at >= 0) return at;
  }
  return Number.isInteger(Number(word)) ? Number(word) : null;
}

/**
 * A number becomes another one. Null where it is that one, or none.
 * @param whole tokens and the like @param tokens what whole numbers stand for, by id
 */
export function numberEdit(
  { input, told }: OfInput,
  values: Float32Array,
  position: number,
  to: number,
  whole: boolean,
  tokens: readonly string[] = [],
): Edit | null {
  const from = values[position];
  if (from === undefined || !Number.isFinite(to) || Math.fround(to) === from || (whole && !Number.isInteger(to)))
    return null;
  return {
    input,
    places: [position],
    values: [to],
    made: whole
      ? {
          kind: 'token',
          input: told,
          position,
          from: tokenOf(from, tokens).slice(0, 100),
          to: tokenOf(to, tokens).slice(0, 100),
        }
      : { kind: 'value', input: told, position, from, to },
  };
}

/** Corners of a rectangle of a picture, both within it: row, column. */
export interface Patch {
  readonly from: readonly [row: number, column: number];
  readonly to: readonly [row: number, column: number];
}

type Drawn = Extract<Picture, { readonly kind: 'image' | 'grid' }>;

/** Where a picture's values lie: all channels of a row and a column. */
export function placesAt(picture: Drawn, row: number, column: number): number[] {
  if (picture.kind === 'grid') return [column * picture.rows + row];
  const { channels, width, height } = picture;
  const at = row * width + column;
  const apart = width * height;
  return Array.from({ length: channels }, (_, channel) =>
    picture.channelsFirst ? channel * apart + at : at * channels + channel,
  );
}

export const sizeOf = (picture: Drawn): readonly [rows: number, columns: number] =>
  picture.kind === 'image' ? [picture.height, picture.width] : [picture.rows, picture.columns];

/**
 * What a patch is filled with: for each channel its mean over the patch, one value, or the values of another picture.
 */
export type Filling =
  | { readonly kind: 'mean' }
  | { readonly kind: 'value'; readonly value: number; readonly name: string }
  | { readonly kind: 'other'; readonly values: Float32Array; readonly name: string };

/** Corners in order and within the picture. */
export function bounded({ from, to }: Patch, picture: Drawn): Patch {
  const sizes = sizeOf(picture);
  const within = (value: number, axis: 0 | 1) => Math.max(0, Math.min(sizes[axis] - 1, Math.round(value) || 0));
  const [a, b] = [from, to].map(([row, column]) => [within(row, 0), within(column, 1)] as const) as [
    readonly [number, number],
    readonly [number, number],
  ];
  return { from: [Math.min(a[0], b[0]), Math.min(a[1], b[1])], to: [Math.max(a[0], b[0]), Math.max(a[1], b[1])] };
}

/** A patch of a picture is filled. */
export function patchEdit(
  { input, told }: OfInput,
  values: Float32Array,
  picture: Drawn,
  patch: Patch,
  filling: Filling,
): Edit {
  const { from, to } = bounded(patch, picture);
  const places: number[] = [];
  const now: number[] = [];
  const channels = picture.kind === 'image' ? picture.channels : 1;
  const all: number[][] = Array.from({ length: channels }, () => []);
  for (let row = from[0]; row <= to[0]; row++)
    for (let column = from[1]; column <= to[1]; column++)
      placesAt(picture, row, column).forEach((place, channel) => all[channel]!.push(place));
  for (const ofChannel of all) {
    const mean = ofChannel.reduce((sum, place) => sum + values[place]! / ofChannel.length, 0);
    for (const place of ofChannel) {
      places.push(place);
      now.push(filling.kind === 'mean' ? mean : filling.kind === 'value' ? filling.value : filling.values[place]!);
    }
  }
  const filled = filling.kind === 'mean' ? 'its mean' : filling.name;
  return { input, places, values: now, made: { kind: 'patch', input: told, from: [...from], to: [...to], filled } };
}
