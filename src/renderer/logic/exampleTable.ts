/** Rows of the table of examples: what is known of each, and what each shown run came to there. */
import type { RunRecord } from '../../contract/studio';
import type { ExampleSort } from '../../contract/view';
import { layerShares } from '../../contract/words/accuracy';
import type { ExampleFacts } from './examples';
import { examplePlace } from './ranking';

/** What a run came to at an example. */
export interface AtExample {
  /** F(x), F(x) − F(x'). */
  readonly atInput: number;
  readonly delta: number;
  /** Of the cuts, the largest by size; null where none promises completeness. */
  readonly residual: number | null;
  /** Of all layers, the largest estimated error of its units as a share of their total; null without an estimate. */
  readonly error: number | null;
  /** Where F lies. */
  readonly target: string;
}

/** @returns null where the run did not take the example */
export function atExample(run: RunRecord, example: number): AtExample | null {
  const place = examplePlace(run, example);
  if (place < 0) return null;
  let residual: number | null = null;
  let error: number | null = null;
  for (const layer of run.layers) {
    const left = layer.residual?.[place];
    if (left !== undefined && !(Math.abs(left) <= Math.abs(residual ?? 0))) residual = left;
    else if (left !== undefined) residual ??= left;
    const share = layerShares(layer, place)?.units;
    if (share !== undefined && !(share <= (error ?? -1))) error = share;
  }
  const { atInput, delta, target } = run.result;
  return { atInput: atInput[place]!, delta: delta[place]!, residual, error, target: target[place] ?? target[0] ?? '' };
}

/** How the table of examples is laid out. */
export interface ExampleLayout {
  /** Whether two facts stand below one another, so that they fit. */
  readonly stacked: boolean;
  /** Pixels of the input's picture, and of the narrowest that a row can be. */
  readonly picture: number;
  readonly minWidth: number;
}

/** Pixels of a picture, by what it is of: where there is room, and where there is little. */
const PICTURE = { image: [44, 44], sequence: [130, 60], grid: [90, 60], numbers: [90, 60] } as const;

/**
 * @param room pixels that there are
 * @param told whether the data tell what examples are
 */
export function exampleLayout(
  room: number,
  { kind, told, runs }: { readonly kind: keyof typeof PICTURE; readonly told: boolean; readonly runs: number },
): ExampleLayout {
  const [large, small] = PICTURE[kind];
  const wide = 316 + large + (told ? 146 : 0) + runs * 258;
  // of few runs all is beside one another where it fits; what fits neither way scrolls
  if (wide <= room) return { stacked: false, picture: large, minWidth: wide };
  return { stacked: true, picture: small, minWidth: 150 + small + (told ? 90 : 0) + Math.max(30, runs * 130) };
}

export interface ExampleRow {
  readonly facts: ExampleFacts;
  /** One for each run, in their order. */
  readonly runs: readonly (AtExample | null)[];
}

export const exampleRows = (facts: readonly ExampleFacts[], runs: readonly RunRecord[]): readonly ExampleRow[] =>
  facts.map((each) => ({ facts: each, runs: runs.map((run) => atExample(run, each.example)) }));

type Key = number | string | null;
function keyOf({ facts, runs }: ExampleRow, sort: ExampleSort): Key {
  if (sort.by === 'correct') return facts.correct === null ? null : Number(facts.correct);
  if (!('run' in sort)) return facts[sort.by];
  const value = runs[sort.run]?.[sort.by] ?? null;
  return sort.by === 'residual' && value !== null ? Math.abs(value) : value;
}

const missing = (key: Key): boolean => key === null || Number.isNaN(key);

/** Rows by a key, those without it last either way; equal ones as in the data. */
export function sortedRows(rows: readonly ExampleRow[], sort: ExampleSort): readonly ExampleRow[] {
  const sign = sort.down ? -1 : 1;
  return rows
    .map((row) => ({ row, key: keyOf(row, sort) }))
    .sort((a, b) => {
      if (missing(a.key) || missing(b.key)) return Number(missing(a.key)) - Number(missing(b.key));
      if (a.key === b.key) return 0;
      if (typeof a.key === 'string') return sign * a.key.localeCompare(b.key as string, 'en', { numeric: true });
      return a.key! < (b.key as number) ? -sign : sign;
    })
    .map(({ row }) => row);
}
