/** Two runs unit by unit as a plot draws them: value against value, and which share of the largest both name. */
import type { Theme } from './colour';
import type { RankingColumn } from './ranking';
import type { Trace } from './trace';

/** Of more units only those that are largest in the first run are drawn. */
const MOST_POINTS = 3_000;
/** Above this many points error bars are left out. */
const MOST_BARS = 600;

const PAINTS = {
  light: { line: '#b9c0ca', error: 'rgba(73,81,93,0.3)', point: '#5a45d0', flip: '#b87400', selected: '#14171c', rim: '#ffffff' }, // prettier-ignore
  dark: { line: '#454d5b', error: 'rgba(176,184,196,0.35)', point: '#a394f7', flip: '#e0ad4f', selected: '#ffffff', rim: '#16191f' }, // prettier-ignore
} as const satisfies Record<Theme, object>;

/** The rows that are drawn: all, or of very many the largest of the first run. */
export const drawnRows = (first: RankingColumn, most = MOST_POINTS): number[] =>
  [...first.values.keys()].filter((row) => first.values.length <= most || first.ranks[row]! <= most);

/** Half the side of the square that holds every value and its error. */
export const halfSide = (a: RankingColumn, b: RankingColumn): number => Math.max(a.extent, b.extent) * 1.05;

/**
 * The diagonal where both are equal, and a point for each row.
 * @param look what a row is called, whether its sign flips and whether it is the selected one
 */
export function scatterTraces(
  a: RankingColumn,
  b: RankingColumn,
  rows: readonly number[],
  look: { name(row: number): string; flips(row: number): boolean; selected(row: number): boolean },
  theme: Theme,
): Trace[] {
  const paint = PAINTS[theme];
  const half = halfSide(a, b);
  const errors = ({ errors }: RankingColumn) => ({
    type: 'data',
    array: rows.map((row) => errors[row]!),
    color: paint.error,
    thickness: 1,
    width: 0,
  });
  const bars = rows.length <= MOST_BARS;
  /** What a colour means, where it occurs. */
  const key = (name: string, color: string, occurs: boolean): Trace[] =>
    occurs ? [{ type: 'scatter', mode: 'markers', x: [null], y: [null], name, hoverinfo: 'skip', showlegend: true, marker: { color, size: 8 } }] : []; // prettier-ignore
  return [
    {
      type: 'scatter',
      mode: 'lines',
      x: [-half, half],
      y: [-half, half],
      line: { color: paint.line, width: 1, dash: 'dot' },
      hoverinfo: 'skip',
      showlegend: false,
    },
    {
      type: 'scatter',
      mode: 'markers',
      x: rows.map((row) => a.values[row]!),
      y: rows.map((row) => b.values[row]!),
      customdata: rows,
      text: rows.map(look.name),
      hovertemplate: '%{text}<br>%{x:.4g} / %{y:.4g}<extra></extra>',
      showlegend: false,
      marker: {
        size: rows.map((row) => (look.selected(row) ? 13 : 6)),
        color: rows.map((row) => (look.selected(row) ? paint.selected : look.flips(row) ? paint.flip : paint.point)),
        opacity: 0.75,
        line: { width: 0.5, color: paint.rim },
      },
      ...(bars && a.hasErrors && { error_x: errors(a) }),
      ...(bars && b.hasErrors && { error_y: errors(b) }),
    },
    ...key('unit', paint.point, true),
    ...key('its sign differs beyond both errors', paint.flip, rows.some(look.flips)),
    ...key('selected', paint.selected, rows.some(look.selected)),
  ];
}

/** @param shares of the k largest that both name, from k = 1 */
export const overlapTraces = (shares: readonly number[], theme: Theme): Trace[] => [
  {
    type: 'scatter',
    mode: 'lines',
    x: shares.map((_, at) => at + 1),
    y: shares,
    hovertemplate: 'top %{x}: %{y:.0%} shared<extra></extra>',
    showlegend: false,
    line: { color: PAINTS[theme].point, width: 2 },
  },
];
