/** A judgement as pictures: methods with their intervals, curves of a layer, scores against what units did. */
import { line } from 'd3-shape';
import { scaleLinear } from 'd3-scale';
import type { Judged, JudgedLayer, Judgement } from '../../contract/judgement';
import { judgedWords } from '../../contract/words/judgement';
import type { Theme } from '../logic/colour';
import { number } from '../logic/format';
import { boundsColour, boundsOf, BOUNDS_NAME, colourOf, curvesOf, methodRows, two, type JudgedUnit } from '../logic/judging'; // prettier-ignore
import { textWidth } from './metrics';
import { drawing, paints, tag, words } from './svg';

/** Spearman's correlation with what units do, a row for each method: both ways, and their mean with its interval. */
export function methodsPicture(judgement: Judgement, theme: Theme): string {
  const paint = paints[theme];
  const rows = methodRows(judgement);
  const names = rows.map(({ method }) => judgedWords[method].short);
  const left = 16 + Math.max(...names.map((name) => textWidth(name, 12, true)));
  const [wide, high, top] = [360, 26, 34];
  const x = scaleLinear([-1, 1], [left, left + wide]);
  const bottom = top + rows.length * high;
  const parts: string[] = [words('Spearman with what single units do', left + wide / 2, 14, 12, { 'text-anchor': 'middle', fill: paint.soft })]; // prettier-ignore
  for (const tick of [-1, -0.5, 0, 0.5, 1]) {
    parts.push(tag('path', { d: `M${x(tick)} ${top}V${bottom}`, stroke: tick === 0 ? paint.strong : paint.line }));
    parts.push(words(two(tick).replace(/\.?0+$/, ''), x(tick), top - 6, 10.5, { 'text-anchor': 'middle', fill: paint.faint })); // prettier-ignore
  }
  rows.forEach(({ method, spearman, drop, restore }, at) => {
    const y = top + at * high + high / 2;
    const colour = colourOf(method, theme);
    parts.push(words(names[at]!, left - 10, y + 4, 12, { 'text-anchor': 'end', 'font-weight': 600 }));
    for (const [value, shape] of [[drop, 'M-4 -4h8l-4 8Z'], [restore, 'M-4 4h8l-4 -8Z']] as const) // prettier-ignore
      if (value)
        parts.push(tag('path', { d: shape, transform: `translate(${x(value.mean)} ${y})`, fill: 'none', stroke: paint.faint })); // prettier-ignore
    if (!spearman) return;
    const { interval } = spearman;
    if (interval)
      parts.push(
        tag('path', { d: `M${x(interval.low)} ${y}H${x(interval.high)}M${x(interval.low)} ${y - 5}v10M${x(interval.high)} ${y - 5}v10`, stroke: colour, 'stroke-width': '1.6' }), // prettier-ignore
      );
    parts.push(tag('circle', { cx: x(spearman.mean), cy: y, r: 4.5, fill: colour }));
    const said = interval
      ? `${two(spearman.mean)} (${two(interval.low)} to ${two(interval.high)})`
      : two(spearman.mean);
    parts.push(words(said, left + wide + 12, y + 4, 11.5, { fill: paint.soft }));
  });
  parts.push(words('● mean of both   ▽ drop alone   △ restore alone', left, bottom + 18, 11, { fill: paint.soft }));
  return drawing(left + wide + 150, bottom + 28, 'Methods judged by knock-outs', theme, parts);
}

/** Axes of a plot, with what stands at them. */
function axes(
  { x, y, box }: { readonly x: Scale; readonly y: Scale; readonly box: Box },
  labels: readonly [across: string, up: string],
  theme: Theme,
): string[] {
  const paint = paints[theme];
  const { left, top, width, height } = box;
  const parts: string[] = [];
  for (const tick of y.ticks(4)) {
    parts.push(tag('path', { d: `M${left} ${y(tick)}h${width}`, stroke: tick === 0 ? paint.strong : paint.line }));
    parts.push(words(number(tick), left - 6, y(tick) + 4, 10.5, { 'text-anchor': 'end', fill: paint.faint }));
  }
  for (const tick of x.ticks(5))
    parts.push(words(number(tick), x(tick), top + height + 16, 10.5, { 'text-anchor': 'middle', fill: paint.faint }));
  parts.push(
    words(labels[0], left + width / 2, top + height + 34, 11.5, { 'text-anchor': 'middle', fill: paint.soft }),
  );
  parts.push(
    words(labels[1], 0, 0, 11.5, {
      transform: `translate(14 ${top + height / 2}) rotate(-90)`,
      'text-anchor': 'middle',
      fill: paint.soft,
    }),
  );
  return parts;
}
type Scale = ReturnType<typeof scaleLinear<number, number>>;
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** F with ever more units out, means over examples: most important first drawn through, least important first dashed, bounds dotted. */
export function curvesPicture(layer: JudgedLayer, theme: Theme): string {
  const paint = paints[theme];
  const curves = curvesOf(layer, null);
  const box: Box = { left: 64, top: 12, width: 520, height: 220 };
  const bounds = boundsOf(layer, null);
  const values = [...curves, ...(bounds ? [bounds] : [])].flatMap(({ most, least }) => [...most, ...least]);
  const x = scaleLinear([0, layer.counts.at(-1)!], [box.left, box.left + box.width]);
  const y = scaleLinear([Math.min(...values), Math.max(...values)], [box.top + box.height, box.top]).nice();
  const path = (curve: readonly number[]): string => line<number>((_, at) => x(layer.counts[at]!), (value) => y(value))([...curve]) ?? ''; // prettier-ignore
  const parts = axes({ x, y, box }, ['units out', 'F'], theme);
  const beside = box.left + box.width + 14;
  const dots = { fill: 'none', stroke: boundsColour(theme), 'stroke-width': 1.6, 'stroke-dasharray': '1.5 3' };
  if (bounds) {
    for (const curve of [bounds.most, bounds.least]) parts.push(tag('path', { d: path(curve), ...dots }));
    const y = box.top + curves.length * 19 + 2;
    parts.push(tag('path', { d: `M${beside} ${y}h14`, ...dots }));
    parts.push(words(BOUNDS_NAME, beside + 20, y + 4, 11.5, { fill: paint.soft }));
  }
  curves.forEach(({ method, most, least }, at) => {
    const stroke = colourOf(method, theme);
    parts.push(tag('path', { d: path(least), fill: 'none', stroke, 'stroke-width': 1.2, 'stroke-dasharray': '5 4' }));
    parts.push(tag('path', { d: path(most), fill: 'none', stroke, 'stroke-width': 2 }));
    parts.push(tag('rect', { x: beside, y: box.top + at * 19, width: 14, height: 4, fill: stroke }));
    parts.push(words(judgedWords[method].short, beside + 20, box.top + at * 19 + 6, 11.5, { fill: paint.soft }));
  });
  const below = box.top + box.height + 54;
  const key = `drawn through: most important first; dashed: least important first${bounds ? '; dotted: one unit after another, down and up fastest' : ''}`;
  parts.push(words(key, box.left, below, 11, { fill: paint.soft })); // prettier-ignore
  return drawing(box.left + box.width + 150, below + 12, `F with units of ${layer.name} out`, theme, parts);
}

/** Scores of one method at an example against what each unit did. */
export function scoresPicture(units: readonly JudgedUnit[], method: Judged, theme: Theme): string {
  const paint = paints[theme];
  const box: Box = { left: 64, top: 12, width: 340, height: 260 };
  const ends = (values: readonly number[]): [number, number] => [Math.min(0, ...values), Math.max(1e-12, ...values)];
  const x = scaleLinear(ends(units.map(({ score }) => score)), [box.left, box.left + box.width]).nice();
  const y = scaleLinear(ends(units.map(({ did }) => did)), [box.top + box.height, box.top]).nice();
  const parts = axes({ x, y, box }, [`score by ${judgedWords[method].short}`, 'mean of drop and restore'], theme);
  parts.push(tag('path', { d: `M${x(0)} ${box.top}v${box.height}`, stroke: paint.strong }));
  for (const { score, did } of units)
    parts.push(tag('circle', { cx: x(score), cy: y(did), r: 3, fill: colourOf(method, theme), opacity: 0.75 }));
  return drawing(box.left + box.width + 16, box.top + box.height + 46, 'Scores against what units did', theme, parts);
}
