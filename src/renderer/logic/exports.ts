/** Pictures and tables as files. */
import { asCellText } from '../../contract/text';
import { replacementWords } from '../../contract/words/interventions';
import type { Params } from '../../contract/studio';
import type { Framed } from '../drawings/figure';
import type { PixelUrl } from '../drawings/positions';
import { soundXml } from '../drawings/svg';
import { certainFirst, unitTrust } from './certain';
import type { LayerSums } from './completeness';
import { DPI, type Format } from './figures';
import { withDensity } from './png';
import { byRank, type Ranking } from './ranking';
import { studio } from '../stores/studio.svelte';
import { messages } from '../stores/messages.svelte';

/** One field as RFC 4180 has it, of which no spreadsheet makes a formula: layer and run names come from files. */
const field = (value: string | number): string => {
  const text = typeof value === 'number' ? String(value) : asCellText(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows of a table with its head as CSV. */
export const csv = (head: readonly string[], rows: Iterable<readonly (string | number)[]>): string => {
  const lines = [head.map(field).join(',')];
  for (const row of rows) lines.push(row.map(field).join(','));
  return `${lines.join('\r\n')}\r\n`;
};

/** What a ranking's table tells of a unit by each run. */
const RANKED = ['value', 'error', 'error share', 'resolved', 'rank', 'certain'] as const;
const yesNo = (holds: boolean): string => (holds ? 'yes' : 'no');

/**
 * The ranking as shown: one line per unit; of every column value, rank and, where the method gives one, the error: itself, of its
 * layer's total, whether the unit is resolved, and whether it is certain to be among the largest of the table.
 */
export function rankingCsv(table: Ranking, rows: Uint32Array): string {
  const head = [
    'layer',
    'unit',
    ...table.columns.flatMap(({ run }) => RANKED.map((what) => `${studio.runs.nameOf(run)} ${what}`)),
    ...(table.measured ? ['measured drop', 'measured restore', 'units became'] : []),
  ];
  const certain = table.columns.map((column) => certainFirst(column, table.layer, byRank(column)));
  return csv(
    head,
    Array.from(rows, (row) => [
      table.layers[table.layer[row]!]!.name,
      table.unit[row]!,
      ...table.columns.flatMap((column, at) => {
        const trust = unitTrust(column, table.layer[row]!, row);
        const [value, rank] = [column.values[row]!, column.ranks[row]!];
        return trust
          ? [value, column.errors[row]!, trust.share, yesNo(trust.trust !== 'unresolved'), rank, yesNo(rank <= certain[at]!)] // prettier-ignore
          : [value, '', '', '', rank, ''];
      }),
      ...measuredCells(table, row),
    ]),
  );
}

function measuredCells({ measured }: Ranking, row: number): (string | number)[] {
  if (!measured) return [];
  const [drop, restore] = [measured.drop[row]!, measured.restore[row]!];
  return Number.isNaN(drop) ? ['', '', ''] : [drop, restore, replacementWords(measured.to)];
}

/** Layers and their sums; errors over units and over neurons, each as a share of its total too. */
export const completenessCsv = ({ rows, delta, uncertainty }: LayerSums): string =>
  csv(
    [
      'layer',
      'kind',
      'cut',
      'sum',
      'F(x) - F(baseline)',
      'its uncertainty',
      'residual',
      'error over units',
      'share of units total',
      'error over neurons',
      'share of neurons total',
    ],
    rows.map(({ layer, sum, residual, error }) => [
      layer.name,
      layer.kind,
      yesNo(layer.cut),
      sum,
      delta,
      uncertainty ?? '',
      residual ?? '',
      ...(error ? [error.units, error.unitsShare, error.neurons, error.neuronsShare] : ['', '', '', '']),
    ]),
  );

/**
 * A picture as text of an SVG that stands alone; null when there is nothing to draw. What takes longer than a frame is a function:
 * it is begun in the picture's colours, and goes on when the window has its own again.
 */
export type Drawing = string | null | Promise<string | null> | (() => Promise<string>);

/** What is saved as it is. */
type FileKind = Params<'exportFile'>['kind'];

/** Hands bytes to the host, which asks where to. */
export async function exportBytes(name: string, kind: FileKind, bytes: Uint8Array): Promise<void> {
  await studio.program.guard(async () => {
    const saved = await studio.program.client.request('exportFile', {
      name,
      kind,
      bytes: bytes as Uint8Array<ArrayBuffer>,
    });
    if (saved !== null) messages.note(`Saved ${saved}.`);
  });
}

export const exportText = (name: string, kind: Exclude<FileKind, 'png'>, text: string): Promise<void> =>
  exportBytes(name, kind, new TextEncoder().encode(text));

/** Styles that a picture takes from the page's sheet and must carry itself. */
const CARRIED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-weight',
  'font-family',
  'text-anchor',
];

/** An SVG of the page as text that stands alone: its styles written into it, its scene unscaled. */
export function standaloneSvg(source: SVGSVGElement, size: readonly [number, number] | null): string {
  const copy = source.cloneNode(true) as SVGSVGElement;
  const originals = [source, ...source.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((element, at) => {
    const styles = getComputedStyle(originals[at]!);
    for (const name of CARRIED) {
      const value = styles.getPropertyValue(name);
      if (value && !(name === 'opacity' && value === '1')) element.setAttribute(name, value);
    }
    for (const name of ['class', 'style', 'tabindex', 'role', 'data-id', 'aria-pressed']) element.removeAttribute(name);
  });
  const [width, height] = size ? [size[0] + 40, size[1] + 40] : [source.clientWidth, source.clientHeight];
  if (size) copy.querySelector('g')?.setAttribute('transform', 'translate(20 20)');
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', `${width}`);
  copy.setAttribute('height', `${height}`);
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  ground.setAttribute('fill', getComputedStyle(document.documentElement).getPropertyValue('--surface').trim());
  copy.prepend(ground);
  return soundXml(new XMLSerializer().serializeToString(copy));
}

/** Pixels of a canvas that browsers still draw, in each direction and in all. */
const MOST_SIDE = 16_000;
const MOST_PIXELS = 120e6;

/** An SVG's text as PNG of 300 dots per inch, as far as a canvas goes; what it says of its density is what it has. */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { width, height } = image;
    const scale = Math.min(DPI / 96, MOST_SIDE / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return withDensity(await canvasPng(canvas), scale * 96);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Saves a framed picture. */
export async function exportFigure(name: string, format: Format, { svg, width, height }: Framed): Promise<void> {
  if (format === 'svg') return exportText(`${name}.svg`, 'svg', svg);
  if (format === 'png') return exportBytes(`${name}.png`, 'png', await pngOf(svg));
  const saved = await studio.program.client.request('exportPdf', { name: `${name}.pdf`, svg, width, height });
  if (saved !== null) messages.note(`Saved ${saved}.`);
}

/** A picture of a few pixels as data URL. @param data RGBA */
export const pixelUrl: PixelUrl = (data, columns, rows) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns, rows];
  canvas.getContext('2d')!.putImageData(new ImageData(data, columns, rows), 0, 0);
  return canvas.toDataURL('image/png');
};

async function canvasPng(canvas: HTMLCanvasElement): Promise<Uint8Array> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the picture is too large for a PNG');
  return new Uint8Array(await blob.arrayBuffer());
}
