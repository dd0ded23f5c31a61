/** Baselines that are made of the data: as a picker offers them, and what the model says at several references. */
import type { NumericArray } from '../../contract/attribution';
import type { MadeBaseline, MadeKind } from '../../contract/baselines';
import { exampleOf } from './inputs';

export const MADE_CHOICES = [
  { kind: 'mean', label: 'Mean', says: 'of each channel, over all examples' },
  { kind: 'blur', label: 'Blur', says: 'the example blurred by a Gaussian over its positions' },
  { kind: 'noise', label: 'Noise', says: 'uniform within the range of each channel' },
  { kind: 'shuffle', label: 'Shuffle', says: 'the example with its positions shuffled; pairs of letters are kept' },
  { kind: 'examples', label: 'Other examples', says: 'of the same data' },
] as const satisfies readonly { readonly kind: MadeKind; readonly label: string; readonly says: string }[];

/** What a kind is at first. @param ids of the data's examples @param shown which is not compared with itself */
export function madeAtFirst(kind: MadeKind, ids: readonly number[], shown: number): MadeBaseline {
  switch (kind) {
    case 'mean':
      return { kind };
    case 'blur':
      return { kind, sigma: null };
    case 'noise':
    case 'shuffle':
      return { kind, seed: 0, count: 4 };
    case 'examples':
      return { kind, examples: [ids.find((id) => id !== shown) ?? shown] };
  }
}

/** Whole numbers of a text, each once. */
export const numbersIn = (text: string): number[] => [...new Set((text.match(/\d+/g) ?? []).map(Number))];

/** The largest value of an output, and which it is. */
export interface Said {
  readonly index: number;
  readonly value: number;
}

/** @param values `[references, …]` */
export const saidAt = (values: NumericArray): readonly Said[] =>
  Array.from({ length: values.shape[0]! }, (_, row) => {
    const { data } = exampleOf(values, row);
    let index = 0;
    data.forEach((value, at) => {
      if (value > data[index]!) index = at;
    });
    return { index, value: data[index]! };
  });

/** `The first 8 of 32: 3 (6 times), 5 (twice); 0.2 to 4.1.` */
export function spreadWords(
  said: readonly Said[],
  references: number,
  label: (index: number) => string,
  written: (value: number) => string,
): string {
  const times = new Map<number, number>();
  for (const { index } of said) times.set(index, (times.get(index) ?? 0) + 1);
  const ordered = [...times].sort(([, a], [, b]) => b - a);
  const values = said.map(({ value }) => value);
  const shown =
    said.length < references ? `The first ${said.length} of ${references} references` : `${references} references`;
  const classes =
    ordered.length > 1 ? ` ${ordered.map(([index, count]) => `${label(index)} (${count})`).join(', ')};` : '';
  const [low, high] = [written(Math.min(...values)), written(Math.max(...values))];
  return `${shown}:${classes} ${low === high ? low : `${low} to ${high}`}`;
}
