/** Scatter and path as pictures for the report, which shows them without a plot library. */
import { line } from 'd3-shape';
import { scaleLinear } from 'd3-scale';
import type { RunRecord } from '../../contract/studio';
import { runLabel } from '../../contract/words/runs';
import type { Theme } from '../logic/colour';
import { flips } from '../../contract/comparison';
import { number } from '../logic/format';
import type { RankingColumn } from '../logic/ranking';
import { drawing, paints, tag, words } from './svg';

/** Two columns unit by unit, over `rows`: the line of agreement dotted, error estimates as thin bars. */
export function scatterPicture(
  a: RankingColumn,
  b: RankingColumn,
  rows: Uint32Array,
  theme: Theme,
  nameOf: (run: RunRecord) => string = runLabel,
): string {
  const paint = paints[theme];
  const [size, left, top] = [380, 64, 16];
  const extent = Math.max(1e-12, a.extent, b.extent);
  const x = scaleLinear([-extent, extent], [left, left + size]);
  const y = scaleLinear([-extent, extent], [top + size, top]);
  const parts: string[] = [];
  for (const tick of x.ticks(5)) {
    parts.push(tag('path', { d: `M${x(tick)} ${top}v${size}M${left} ${y(tick)}h${size}`, stroke: paint.line }));
    parts.push(words(number(tick), x(tick), top + size + 16, 10.5, { 'text-anchor': 'middle', fill: paint.faint }));
    parts.push(words(number(tick), left - 6, y(tick) + 4, 10.5, { 'text-anchor': 'end', fill: paint.faint }));
  }
  parts.push(
    tag('path', { d: `M${left} ${top + size}L${left + size} ${top}`, stroke: paint.strong, 'stroke-dasharray': '3 3' }),
  );
  rows.forEach((row) => {
    const value = a.values[row]!;
    const other = b.values[row]!;
    const [across, down] = [a.errors[row]!, b.errors[row]!];
    if (across > 0)
      parts.push(tag('path', { d: `M${x(value - across)} ${y(other)}H${x(value + across)}`, stroke: paint.strong }));
    if (down > 0)
      parts.push(tag('path', { d: `M${x(value)} ${y(other - down)}V${y(other + down)}`, stroke: paint.strong }));
    parts.push(
      tag('circle', {
        cx: x(value),
        cy: y(other),
        r: 2.6,
        fill: flips(a, b, row) ? paint.warn : paint.accent,
        opacity: 0.8,
      }),
    );
  });
  const [first, second] = [nameOf(a.run), nameOf(b.run)];
  parts.push(words(first, left + size / 2, top + size + 36, 12, { 'text-anchor': 'middle', fill: paint.soft }));
  parts.push(
    words(second, 0, 0, 12, {
      transform: `translate(16 ${top + size / 2}) rotate(-90)`,
      'text-anchor': 'middle',
      fill: paint.soft,
    }),
  );
  return drawing(left + size + 16, top + size + 46, `${second} against ${first}, unit by unit`, theme, parts);
}

/** F(α) − F(x') and the running sum of contributions along the path, from the baseline on. */
export function pathPicture(
  trace: readonly { readonly alpha: number; readonly expected: number; readonly running: number }[],
  theme: Theme,
): string {
  const paint = paints[theme];
  const [width, height, left, top] = [620, 220, 64, 30];
  const values = trace.flatMap(({ expected, running }) => [expected, running, 0]);
  const x = scaleLinear([0, 1], [left, left + width]);
  const y = scaleLinear([Math.min(...values), Math.max(...values, 1e-9)], [top + height, top]).nice();
  const parts: string[] = [];
  for (const tick of y.ticks(4)) {
    parts.push(tag('path', { d: `M${left} ${y(tick)}h${width}`, stroke: tick === 0 ? paint.strong : paint.line }));
    parts.push(words(number(tick), left - 6, y(tick) + 4, 10.5, { 'text-anchor': 'end', fill: paint.faint }));
  }
  for (const tick of x.ticks(5))
    parts.push(words(`${tick}`, x(tick), top + height + 16, 10.5, { 'text-anchor': 'middle', fill: paint.faint }));
  const way = (key: 'expected' | 'running'): string =>
    line<(typeof trace)[number]>(
      ({ alpha }) => x(alpha),
      (point) => y(point[key]),
    )([...trace]) ?? '';
  parts.push(tag('path', { d: way('expected'), fill: 'none', stroke: paint.strong, 'stroke-width': 5 }));
  parts.push(tag('path', { d: way('running'), fill: 'none', stroke: paint.accent, 'stroke-width': 2 }));
  parts.push(tag('rect', { x: left, y: 10, width: 16, height: 5, fill: paint.strong }));
  parts.push(words("F(α) − F(x')", left + 22, 17, 11.5, { fill: paint.soft }));
  parts.push(tag('rect', { x: left + 120, y: 11, width: 16, height: 3, fill: paint.accent }));
  parts.push(words('sum of contributions', left + 142, 17, 11.5, { fill: paint.soft }));
  parts.push(words('α', left + width / 2, top + height + 32, 12, { 'text-anchor': 'middle', fill: paint.soft }));
  return drawing(left + width + 16, top + height + 42, 'Target and running sum along the path', theme, parts);
}
