/** The ranking's and the layers' bars as pictures. */
import type { RunRecord } from '../../contract/studio';
import { runLabel } from '../../contract/words/runs';
import type { Theme } from '../logic/colour';
import { number, percent, signed } from '../logic/format';
import { byRank, tied, type Ranking } from '../logic/ranking';
import { certainWords, trustOf } from '../../contract/words/accuracy';
import { certainFirst, unitTrust } from '../logic/certain';
import { deltaWords, type LayerSums } from '../logic/completeness';
import { errorLine, ofTotal } from '../logic/errorWords';
import { textWidth } from './metrics';
import { drawing, escaped, fitting, paints, tag, words } from './svg';

const ROW = 26;
const HEAD = 34;
const PAD = 16;
const NAME = 210;
const BAR = 170;
const VALUE = 112;
/** Of a ranking where there is little room. */
const LEAST_NAME = 120;
const LEAST_BAR = 64;

/** How many units fit a height. */
export const rankingRows = (height: number | null): number =>
  height === null ? Infinity : Math.max(3, Math.floor((height - HEAD - 10) / ROW));

/**
 * Units with one column of bars, error whiskers, values and ranks per run.
 * @param rows to draw, in order
 * @param sorted the column whose ranks stand in front and whose ties are marked
 * @param room pixels to the right that there are; names and bars give way as far as they are read
 * @param nameOf what a run is called beside the others
 * @param short what a layer is called in the picture
 */
export function rankingPicture(
  table: Ranking,
  rows: ArrayLike<number>,
  sorted: number,
  theme: Theme,
  room: number | null = null,
  nameOf: (run: RunRecord) => string = runLabel,
  short: (layer: string) => string = (layer) => layer,
): string {
  const paint = paints[theme];
  const { columns } = table;
  const extent = Math.max(1e-12, ...columns.map((column) => column.extent));
  const spare = (room ?? Infinity) - 2 * PAD - 34 - columns.length * VALUE;
  const name = Math.max(LEAST_NAME, Math.min(NAME, spare - columns.length * BAR));
  const bar = Math.max(LEAST_BAR, Math.min(BAR, (spare - name) / Math.max(1, columns.length)));
  const width = 2 * PAD + 34 + name + columns.length * (bar + VALUE);
  const left = (at: number): number => PAD + 34 + name + at * (bar + VALUE);
  const parts: string[] = [];
  const heading = { 'font-weight': 600, fill: paint.soft };
  parts.push(words('#', PAD + 24, 22, 12, { ...heading, 'text-anchor': 'end' }));
  parts.push(words('unit', PAD + 34, 22, 12, heading));
  columns.forEach(({ run }, at) =>
    parts.push(words(fitting(nameOf(run), bar + VALUE - 12, 12, true), left(at), 22, 12, heading)),
  );
  parts.push(tag('path', { d: `M${PAD} ${HEAD - 2}H${width - PAD}`, stroke: paint.line }));
  Array.from(rows).forEach((row, place) => {
    const y = HEAD + place * ROW;
    const layer = table.layers[table.layer[row]!]!;
    const middle = y + ROW / 2;
    const rank = columns[sorted]?.ranks[row] ?? place + 1;
    parts.push(words(`${rank}`, PAD + 24, middle + 4, 12, { fill: paint.faint, 'text-anchor': 'end' }));
    const unit = ` #${table.unit[row]}`;
    parts.push(
      tag(
        'text',
        { x: PAD + 34, y: middle + 4, 'font-size': 12.5 },
        escaped(fitting(short(layer.name), name - 12 - textWidth(unit, 12.5, true), 12.5)),
        tag('tspan', { 'font-weight': 700 }, unit),
      ),
    );
    columns.forEach((column, at) => {
      const x = left(at) + bar / 2;
      const scale = bar / 2 / extent;
      const value = column.values[row]!;
      const error = column.errors[row]!;
      const trust = unitTrust(column, table.layer[row]!, row);
      parts.push(tag('path', { d: `M${x} ${y + 3}v${ROW - 6}`, stroke: paint.strong }));
      parts.push(
        tag('rect', {
          x: x + Math.min(0, value) * scale,
          y: middle - 5,
          width: Math.max(0.75, Math.abs(value) * scale),
          height: 10,
          rx: 1.5,
          fill: value >= 0 ? paint.raises : paint.lowers,
          opacity: trust?.trust === 'unresolved' ? 0.4 : null,
        }),
      );
      if (error > 0)
        parts.push(
          tag('path', {
            d: `M${x + (value - error) * scale} ${middle}h${2 * error * scale}m0 -3v6M${x + (value - error) * scale} ${middle - 3}v6`,
            stroke: paint.text,
            'stroke-width': 1.2,
          }),
        );
      const end = left(at) + bar + 62;
      parts.push(words(signed(value), end, middle + (trust ? 0 : 4), 12, { 'text-anchor': 'end' }));
      if (trust)
        parts.push(
          words(errorLine(trust, error, false), end, middle + 10, 9.5, {
            'text-anchor': 'end',
            fill: trust.trust === 'coarse' ? paint.warn : paint.faint,
          }),
        );
      parts.push(
        words(`${column.ranks[row]}.`, end + 34, middle + 4, 10.5, { 'text-anchor': 'end', fill: paint.faint }),
      );
      const next = rows[place + 1];
      if (at === sorted && next !== undefined && tied(column, row, next))
        parts.push(words('≈', end + 2, y + ROW + 4, 12, { fill: paint.faint }));
    });
  });
  const certain = certainRows(table, rows, sorted);
  if (certain !== null) {
    const y = HEAD + certain * ROW;
    const said = certainWords(certain, rows.length);
    parts.push(tag('path', { d: `M${PAD} ${y}H${width - PAD}`, stroke: paint.accent, 'stroke-width': 1.5 }));
    parts.push(words(said, width - PAD, y - 3, 10, { 'text-anchor': 'end', fill: paint.accent, 'font-weight': 600 }));
  }
  const height = HEAD + rows.length * ROW + 10;
  return drawing(
    width,
    height,
    `Units by importance: ${columns.map(({ run }) => nameOf(run)).join(', ')}`,
    theme,
    parts,
  );
}

/** How many of the drawn rows are certain; null where they do not go by size, no error is known, or all are. */
function certainRows({ columns, layer }: Ranking, rows: ArrayLike<number>, sorted: number): number | null {
  const column = columns[sorted];
  const ranks = Array.from(rows, (row) => column?.ranks[row] ?? 0);
  if (!column?.hasErrors || ranks.some((rank, at) => at > 0 && rank < ranks[at - 1]!)) return null;
  const most = certainFirst(column, layer, byRank(column));
  const after = ranks.findIndex((rank) => rank > most);
  return after < 0 ? null : after;
}

/** Where a relative residual stands between 1e-8 and 1, as share of the scale's length. */
export const residualShare = (relative: number): number =>
  Math.max(0, Math.min(1, (Math.log10(Math.max(1e-12, Math.abs(relative))) + 8) / 8));

/** Per layer its sum against F(x) − F(x'), and the residual of cuts against the tolerance. @param short as of `rankingPicture` */
export function completenessPicture(
  sums: LayerSums,
  title: string,
  theme: Theme,
  short: (layer: string) => string = (layer) => layer,
): string {
  const paint = paints[theme];
  const { rows, delta, extent, tolerance, drowned } = sums;
  const [sumAt, residualAt] = [PAD + NAME, PAD + NAME + 330];
  const [sumWidth, residualWidth] = [240, 150];
  const width = residualAt + residualWidth + 90 + 110 + PAD;
  const heading = { 'font-weight': 600, fill: paint.soft };
  const parts = [
    words('layer', PAD, 22, 12, heading),
    words(`sum of contributions, F(x) − F(x') = ${deltaWords(sums)}`, sumAt, 22, 12, heading),
    words(`residual, tolerance ${percent(tolerance)}`, residualAt, 22, 12, heading),
    words('error, est.', width - PAD, 22, 12, { ...heading, 'text-anchor': 'end' }),
    tag('path', { d: `M${PAD} ${HEAD - 2}H${width - PAD}`, stroke: paint.line }),
  ];
  const zero = sumAt + sumWidth / 2;
  const scale = sumWidth / 2 / extent;
  rows.forEach(({ layer, sum, residual, error, broken }, place) => {
    const y = HEAD + place * ROW;
    const middle = y + ROW / 2;
    const judged = residual !== null;
    const ink = { fill: judged ? paint.text : paint.faint };
    parts.push(
      tag(
        'text',
        { x: PAD, y: middle + 4, 'font-size': 12.5, ...ink },
        escaped(fitting(short(layer.name), NAME - 60, 12.5)),
        layer.cut ? tag('tspan', { 'font-size': 10, fill: paint.faint }, '  cut') : '',
      ),
    );
    parts.push(
      tag('rect', {
        x: zero + Math.min(0, sum) * scale,
        y: middle - 5,
        width: Math.max(0.75, Math.abs(sum) * scale),
        height: 10,
        rx: 1.5,
        fill: sum >= 0 ? paint.raises : paint.lowers,
        opacity: judged ? null : 0.35,
      }),
    );
    parts.push(words(signed(sum), sumAt + sumWidth + 64, middle + 4, 12, { 'text-anchor': 'end', ...ink }));
    if (judged && !drowned)
      parts.push(
        tag('rect', {
          x: residualAt,
          y: middle - 3,
          width: Math.max(1, residualWidth * residualShare(residual / delta)),
          height: 6,
          rx: 1.5,
          fill: broken ? paint.bad : paint.strong,
        }),
      );
    parts.push(
      words(judged ? number(residual, 2) : 'not judged', residualAt + residualWidth + 78, middle + 4, 12, {
        'text-anchor': 'end',
        fill: broken ? paint.bad : judged ? paint.text : paint.faint,
      }),
    );
    if (error !== null)
      parts.push(
        words(ofTotal(error.units, error.unitsShare), width - PAD, middle + 4, 12, {
          'text-anchor': 'end',
          fill: trustOf(error.unitsShare) === 'fine' ? ink.fill : paint.warn,
        }),
      );
  });
  const bottom = HEAD + rows.length * ROW;
  const at = (x: number, dash: string | null): string =>
    tag('path', { d: `M${x} ${HEAD}V${bottom}`, stroke: paint.text, opacity: 0.7, 'stroke-dasharray': dash });
  parts.push(at(zero + delta * scale, null));
  parts.push(tag('path', { d: `M${zero} ${HEAD}V${bottom}`, stroke: paint.line }));
  parts.push(at(residualAt + residualWidth * residualShare(tolerance), '3 3'));
  return drawing(width, bottom + 10, title, theme, parts);
}
