/** One unit or layer in one picture: where it acts by each run, its place in its layer, its way along the path. */
import { line } from 'd3-shape';
import { scaleLinear } from 'd3-scale';
import type { NumericArray } from '../../contract/attribution';
import type { AlongPath } from '../../contract/studio';
import type { Theme } from '../logic/colour';
import { number, signed } from '../logic/format';
import { range, type DrawnInput } from '../logic/inputs';
import { positionsFragment, type PixelUrl } from './positions';
import { textWidth } from './metrics';
import { drawing, paints, tag, words } from './svg';

export interface UnitPicture {
  readonly title: string;
  /** Kind and shape of the layer. */
  readonly subtitle: string;
  readonly maps: readonly {
    readonly caption: string;
    readonly map: NumericArray;
    readonly value: number | null;
    /** As `mapError` words it; empty without an estimate. */
    readonly error: string;
    readonly extent: number;
  }[];
  readonly input: DrawnInput | null;
  /** All units of the layer, and which one this is. */
  readonly layer: { readonly values: ArrayLike<number>; readonly unit: number | null } | null;
  /** Its way along the path. */
  readonly curve: Pick<AlongPath, 'alphas' | 'target' | 'unit'> | null;
}

const PAD = 16;
const MAP = 168;
const WIDE = 560;
const SIDE = 200;
/** Height of a line of a caption. */
const LINE = 15;
/** Where maps begin, below the subtitle. */
const TOP = 32;

/** Units of a layer as bars; those too many to tell apart are left to the table. */
function strip(values: ArrayLike<number>, unit: number | null, width: number, theme: Theme): string {
  const paint = paints[theme];
  const shown = Array.from(values).slice(0, 400);
  const pitch = Math.min(18, width / Math.max(1, shown.length));
  const [low, high] = range(shown);
  const y = scaleLinear([Math.min(0, low), Math.max(1e-12, high)], [70, 2]);
  return shown
    .map((value, at) =>
      tag('rect', {
        x: at * pitch,
        y: Math.min(y(0), y(value)),
        width: Math.max(0.7, pitch - (pitch > 3 ? 1 : 0)),
        height: Math.max(0.6, Math.abs(y(value) - y(0))),
        fill: value >= 0 ? paint.raises : paint.lowers,
        stroke: at === unit ? paint.accent : null,
        'stroke-width': at === unit ? 2 : null,
      }),
    )
    .concat(tag('path', { d: `M0 ${y(0)}H${pitch * shown.length}`, stroke: paint.strong }))
    .join('');
}

/** A curve in its own range, zero included. */
function curveOf(alphas: ArrayLike<number>, values: ArrayLike<number>, width: number): string {
  const [low, high] = range(values);
  const y = scaleLinear([Math.min(low, 0), Math.max(high, 0, low + 1e-9)], [66, 4]);
  const x = scaleLinear([0, 1], [2, width - 2]);
  return (
    line<number>(
      (_, at) => x(alphas[at]!),
      (value) => y(value),
    )(Array.from(values)) ?? ''
  );
}

const captionLines = (text: string, value: string, fits: number): readonly string[] => {
  const whole = `${text} ${value}`.trim();
  return textWidth(whole, 12) <= fits || value === '' ? [whole] : [text, value];
};
const heightOf = (...of: Parameters<typeof captionLines>): number => 18 + (captionLines(...of).length - 1) * LINE;

/**
 * @param url makes a picture of a map's pixels
 * @param room its width, in which what does not fit beside stands below; without one as wide as it comes
 */
export function unitPicture(
  { title, subtitle, maps, input, layer, curve }: UnitPicture,
  theme: Theme,
  url: PixelUrl,
  room?: number | null,
): string {
  const most = room ?? Infinity;
  const paint = paints[theme];
  const parts = [words(subtitle, PAD, 20, 11.5, { fill: paint.faint })];
  const along = maps.some(({ map }) => map.shape.length === 1 && map.data.length > 1);
  const wide = Math.min(WIDE, most - 2 * PAD);
  /** Two stand beside one another in a column. */
  const half = Math.floor((most - 3 * PAD) / 2);
  const size = Math.min(MAP, half);
  const beside = Math.min(SIDE, half);
  let [x, y, bottom, right] = [PAD, TOP, TOP, PAD];
  /** A caption and what it tells, in one line where there is room. @returns its height and width */
  const caption = (text: string, value: string, at: readonly [x: number, y: number], fits: number) => {
    const lines = captionLines(text, value, fits);
    for (const [line, each] of lines.entries())
      parts.push(words(each, at[0], at[1] + 10 + line * LINE, 12, { fill: paint.soft }));
    return { height: heightOf(text, value, fits), width: Math.max(...lines.map((each) => textWidth(each, 12))) };
  };
  const toldOf = ({ value, error }: (typeof maps)[number]): string =>
    `${value === null ? '' : signed(value)} ${error}`.trim();
  const fits = room ? (along ? wide : half) : Infinity;
  // Maps that stand beside one another begin at one height, however long what one of them is called.
  const headed = along ? 0 : Math.max(...maps.map((each) => heightOf(each.caption, toldOf(each), fits)));
  for (const each of maps) {
    const { caption: called, map, extent } = each;
    const fragment = positionsFragment(map, input, extent, theme, along ? wide : size, along ? 64 : size, url);
    if (!along && x > PAD && x + Math.max(fragment?.width ?? 0, size) + PAD > most) [x, y] = [PAD, bottom];
    const head = caption(called, toldOf(each), [x, y], fits);
    const top = Math.max(headed, head.height);
    if (fragment) parts.push(tag('g', { transform: `translate(${x} ${y + top})` }, fragment.markup));
    const height = top + (fragment?.height ?? 0) + 12;
    bottom = Math.max(bottom, y + height);
    if (along) y += height;
    else x += Math.max(fragment?.width ?? 0, head.width) + PAD;
    right = Math.max(right, along ? PAD + wide + PAD : x);
  }
  const below = (along ? right : right + PAD) + SIDE + PAD > most;
  let side = below ? PAD : along ? right : right + PAD;
  let down = below ? bottom : TOP;
  const place = (called: string, value: string, markup: string): void => {
    if (side > PAD && side + beside + PAD > most) [side, down] = [PAD, bottom];
    const head = caption(called, value, [side, down], room ? beside : Infinity);
    parts.push(tag('g', { transform: `translate(${side} ${down + head.height})` }, markup));
    const height = head.height + 72 + 14;
    bottom = Math.max(bottom, down + height);
    right = Math.max(right, side + Math.max(beside, head.width) + PAD);
    if (below) side += Math.max(beside, head.width) + PAD;
    else down += height;
  };
  if (layer && layer.values.length > 1)
    place(`among the ${layer.values.length} of its layer`, '', strip(layer.values, layer.unit, beside, theme));
  for (const name of ['activation', 'gradient'] as const) {
    const values = curve?.unit?.[name];
    if (!curve || !values) continue;
    const dotted = { fill: 'none', stroke: paint.strong, 'stroke-dasharray': '3 3', 'stroke-width': 1.5 };
    place(
      `${name} along the path`,
      `${number(values[0]!)} → ${number(values[values.length - 1]!)}`,
      tag('path', { d: curveOf(curve.alphas, curve.target, beside), ...dotted }) +
        tag('path', {
          d: curveOf(curve.alphas, values, beside),
          fill: 'none',
          stroke: paint.accent,
          'stroke-width': 2,
        }),
    );
  }
  return drawing(right, bottom + 8, title, theme, parts);
}
