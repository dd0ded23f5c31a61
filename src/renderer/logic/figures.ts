/** What exported pictures are called, what they say of themselves, and the pages that they are made for. */
import { targetName } from '../../contract/words/target';
import type { FigureChoice, RunRecord } from '../../contract/studio';
import { methodWords } from '../../contract/words/methods';
import { baselineWords } from '../../contract/words/runs';
import type { Page } from '../drawings/figure';
import { examplePlace } from './ranking';

export type Format = FigureChoice['format'];

/** Pixels of an inch, and of a millimetre; a point is 4/3 of a pixel. */
const INCH = 96;
const mm = (millimetres: number): number => (millimetres * INCH) / 25.4;
const points = (size: number): number => (size * 4) / 3;
/** Dots per inch of a PNG. */
export const DPI = 300;

interface Preset {
  readonly name: string;
  readonly says: string;
  readonly page: Page;
}
export const PRESETS = {
  own: {
    name: 'Its own size',
    says: 'as large as the window draws it',
    page: { width: null, height: null, title: 15, text: 11, pad: 16 },
  },
  column: {
    name: 'One column',
    says: '85 mm wide, letters of 7 points',
    page: { width: mm(85), height: null, title: points(8), text: points(7), pad: 4 },
  },
  columns: {
    name: 'Two columns',
    says: '175 mm wide, letters of 7 points',
    page: { width: mm(175), height: null, title: points(9), text: points(7), pad: 4 },
  },
  slide: {
    name: 'Slide',
    says: '16:9, 13⅓ × 7½ inches',
    page: { width: INCH * (40 / 3), height: INCH * 7.5, title: points(24), text: points(12), pad: 40 },
  },
} as const satisfies Readonly<Record<FigureChoice['preset'], Preset>>;
export type PresetName = keyof typeof PRESETS;

/** Letters below it are hard to read in print, in points. */
export const LEAST_POINTS = 5;

/** What room a picture is drawn for, in pixels of its own: letters of 11 come out as 6.5 points at least. */
export interface Room {
  readonly width: number | null;
  /** Null: as many rows as there are. */
  readonly height: number | null;
}
const DRAWN_AT = 11;
const LEAST_DRAWN = points(6.5);
/** A column's picture leaves room for what is written about it. */
const MOST_COLUMN = mm(140);
export function roomOf(preset: PresetName): Room {
  const { width, height: fixed, pad, title, text }: Page = PRESETS[preset].page;
  const height = fixed ?? (width === null ? null : MOST_COLUMN);
  const enlarged = DRAWN_AT / (fixed === null ? LEAST_DRAWN : text);
  return {
    width: width === null ? null : (width - 2 * pad) * enlarged,
    height: height === null ? null : (height - 2 * pad - title * 1.3 - text * 5) * enlarged,
  };
}

/** A part of a file name: letters, figures and dots of any script, all else one hyphen. */
const slug = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}.]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);

/** `resnet38_block2-conv1_unit11_nig_green-circle`: what a picture is of, without an ending. */
export const figureName = (parts: readonly (string | null | undefined)[]): string =>
  parts
    .map((part) => slug(part ?? ''))
    .filter((part) => part !== '')
    .join('_')
    .slice(0, 160) || 'mho';

/** What a picture was asked of. */
export interface Asked {
  readonly model: string | null;
  readonly runs: readonly RunRecord[];
  readonly example: number;
  /** What a run is called beside the others. */
  readonly called: (run: RunRecord) => string;
  /** What values of the model's output are called, where the runs themselves do not tell. */
  readonly labels?: readonly string[];
  /** What the example is called; absent where nobody said. */
  readonly truth: string | undefined;
}

const unique = (words: readonly string[]): string => [...new Set(words)].join(', ');

/** `11 (green circle)`. */
const exampleWords = (example: number, truth: string | undefined): string =>
  truth === undefined ? `${example}` : `${example} (${truth})`;

/** Which model, target, example, methods and baseline: in the order in which they are read. */
export function factsOf({
  model,
  runs,
  example,
  truth,
  called,
  labels,
}: Asked): readonly (readonly [string, string])[] {
  const targets = runs.map((run): string => {
    const place = Math.max(0, examplePlace(run, example));
    const [name, where] = [targetName(run.result, place, labels), run.result.target[place] ?? ''];
    return name === where ? where : `${name} (${where})`;
  });
  const facts: (readonly [string, string])[] = [];
  if (model !== null) facts.push(['model', model]);
  if (runs.length > 0)
    facts.push(
      ['target', unique(targets)],
      ['example', exampleWords(example, truth)],
      [runs.length > 1 ? 'methods' : 'method', unique(runs.map(called))],
      ['baseline', unique(runs.map(({ asked }) => baselineWords(asked.baseline)))],
    );
  return facts;
}

/** The parts of a file's name that every picture has in common, around what it is of. */
export function nameOf({ model, runs, example, truth }: Asked, of: readonly (string | null)[]): string {
  const methods = [...new Set(runs.map(({ result }) => methodWords[result.method].short.toLowerCase()))];
  return figureName([
    model?.replace(/\.[a-z0-9]{1,6}$/i, ''),
    ...of,
    methods.length > 3 ? `${methods.length} methods` : methods.join('-'),
    runs.length === 0 ? null : truth !== undefined && /\p{L}/u.test(truth) ? truth : `example ${example}`,
  ]);
}
