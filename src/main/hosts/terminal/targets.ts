/** The words of `--target` and `--minus`: places by index, by name, or one for each example out of a file. */
import { existsSync, statSync } from 'node:fs';
import type { TargetIndex, TargetSpec } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { LayerSummary, PortSummary } from '../../../contract/model';
import type { readColumn } from '../../engine/data';
import { nearest } from '../../engine/graph/target';
import { labelAxis } from '../service/labels';
import { targetFrom } from './inputs';

export interface TargetWords {
  readonly model: {
    readonly outputs: readonly Pick<PortSummary, 'name' | 'shape'>[];
    readonly defaultOutput?: string | undefined;
    readonly layers: readonly Pick<LayerSummary, 'name' | 'shape'>[];
  };
  /** Names of the values of an output; empty without. */
  readonly labels: readonly string[];
  /** Which of the inputs' examples are asked for, of how many. */
  readonly examples: readonly number[];
  readonly count: number;
  readonly afterActivation: boolean;
}

/** What a target is of: an output or layer with its shape, and what its values are called. */
interface Named {
  readonly layer: string;
  readonly shape: readonly (number | null)[];
  readonly labels: readonly string[];
}

/**
 * Besides what `targetFrom` reads: `NAME:LABEL` (with further axes `NAME:LABEL,2,3`), and `NAME:FILE` or `NAME:FILE#COLUMN` with an
 * index or a label for each example of the inputs, or for each that was asked for.
 * @throws TARGET_…, INPUT_FILE, INPUT_TYPE, OPENING_CANCELLED
 */
export async function targetOf(
  text: string | undefined,
  asked: TargetWords,
  read: typeof readColumn,
): Promise<TargetSpec> {
  const { model, afterActivation } = asked;
  const plain = targetFrom(text, model, afterActivation);
  // What it could not take apart it took for a layer's name.
  if (text === undefined || plain.layer !== text || knows(model, text)) return plain;
  const { layer, what } = apart(text, model);
  const named = namedBy(layer, asked);
  const spec = (index: TargetSpec['index']): TargetSpec => ({
    ...(layer !== undefined && { layer }),
    index,
    ...(afterActivation && { afterActivation }),
  });
  if (named.labels.includes(what)) return spec(placeOf(what, named, ''));
  const file = fileOf(what);
  if (file) return spec({ each: await eachFrom(file, named, asked, read) });
  if (/\.(npy|npz|csv|tsv|txt)(#.*)?$/i.test(what))
    throw new MhoError('TARGET_FILE', { path: what, reason: 'does not exist' });
  const isMeant =
    layer !== undefined ||
    text.startsWith(':') ||
    nearest(
      what,
      named.labels.map((name) => ({ name })),
    ) !== '';
  return isMeant ? spec(placeOf(what, named, '')) : plain; // the engine says which layers there are
}

const knows = ({ outputs, layers }: TargetWords['model'], name: string): boolean =>
  outputs.some((each) => each.name === name) || layers.some((each) => each.name === name);

/** The longest name of an output or layer in front of a colon, and what stands behind it. */
function apart(text: string, model: TargetWords['model']): { readonly layer?: string; readonly what: string } {
  const names = new Set([...model.outputs, ...model.layers].map(({ name }) => name));
  for (let at = text.lastIndexOf(':'); at > 0; at = text.lastIndexOf(':', at - 1)) {
    const layer = text.slice(0, at);
    if (names.has(layer)) return { layer, what: text.slice(at + 1) };
  }
  return { what: text.startsWith(':') ? text.slice(1) : text };
}

function namedBy(layer: string | undefined, { model, labels }: TargetWords): Named {
  const name = layer ?? model.defaultOutput ?? model.outputs[0]!.name;
  const { shape } = [...model.outputs, ...model.layers].find((each) => each.name === name)!;
  return { layer: name, shape, labels: labelAxis(shape, labels) === null ? [] : labels };
}

/** A file, and the column of it behind the last `#`. */
function fileOf(what: string): { readonly path: string; readonly column: string | null } | null {
  const isFile = (path: string): boolean => existsSync(path) && !statSync(path).isDirectory();
  if (isFile(what)) return { path: what, column: null };
  const mark = what.lastIndexOf('#');
  return mark > 0 && isFile(what.slice(0, mark)) ? { path: what.slice(0, mark), column: what.slice(mark + 1) } : null;
}

/** Where a label stands, or a label and indices, one for each axis. @param where in a file, for messages */
function placeOf(text: string, named: Named, where: string): TargetIndex {
  const { layer, shape, labels } = named;
  const axis = labelAxis(shape, labels);
  if (axis === null) throw new MhoError('TARGET_LABEL', { label: text, layer });
  if (labels.includes(text) && shape.every((size, other) => other === axis || size === 1))
    return shape.length === 1 ? labelIndex(text, named, where) : shape.map((_, other) => (other === axis ? labelIndex(text, named, where) : 0)); // prettier-ignore
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== shape.length || parts.length === 1) return labelIndex(text, named, where);
  return parts.map((part, other) => (other === axis && !/^\d+$/.test(part) ? labelIndex(part, named, where) : wholeOf(part, named, where))); // prettier-ignore
}

function wholeOf(text: string, { layer }: Named, where: string): number {
  if (!/^\d+$/.test(text)) throw new MhoError('TARGET_LABEL_UNKNOWN', { where, layer, label: text, hint: '' });
  return Number(text);
}

function labelIndex(label: string, { layer, labels }: Named, where: string): number {
  const first = labels.indexOf(label);
  if (first < 0)
    throw new MhoError('TARGET_LABEL_UNKNOWN', {
      where,
      layer,
      label,
      hint: nearest(label, labels.map((name) => ({ name }))), // prettier-ignore
    });
  const second = labels.indexOf(label, first + 1);
  if (second >= 0) throw new MhoError('TARGET_LABEL_TWICE', { where, label, layer, first, second });
  return first;
}

/** A place for each asked example. */
async function eachFrom(
  { path, column }: { readonly path: string; readonly column: string | null },
  named: Named,
  { examples, count }: TargetWords,
  read: typeof readColumn,
): Promise<TargetIndex[]> {
  const found = await read(path, column);
  const fits = (have: number): boolean => have === count || have === examples.length;
  const rows = 'data' in found ? rowsOf(found.shape, found.data, path) : headless(found, fits);
  if (!fits(rows.length)) throw new MhoError('TARGET_EXAMPLES', { source: path, have: rows.length, want: count });
  const chosen = rows.length === count ? examples.map((example) => rows[example]!) : rows;
  // Numbers are indices, whatever the labels are called.
  const areNumbers = chosen.every((row) => typeof row !== 'string' || /^\d+$/.test(row));
  return chosen.map((row, at) => {
    if (typeof row !== 'string') return row;
    return areNumbers ? Number(row) : placeOf(row, named, `${path}, example ${examples[at]!}: `);
  });
}

/** Without its head, where there is a row too many for the examples. */
const headless = (cells: readonly string[], fits: (have: number) => boolean): readonly string[] =>
  !fits(cells.length) && fits(cells.length - 1) && !/^\d+$/.test(cells[0]!) ? cells.slice(1) : cells;

/** Whole numbers, one or one for each axis in a row. @throws TARGET_FILE */
function rowsOf(shape: readonly number[], data: Float32Array, path: string): TargetIndex[] {
  const [have = 0, width = 1, ...more] = shape;
  if (shape.length === 0 || more.length > 0)
    throw new MhoError('TARGET_FILE', { path, reason: `holds an array of shape [${shape.join(', ')}]` });
  const wrong = data.find((value) => !Number.isInteger(value) || value < 0);
  if (wrong !== undefined) throw new MhoError('TARGET_FILE', { path, reason: `holds ${wrong}, which is no index` });
  return Array.from({ length: have }, (_, row) =>
    width === 1 ? data[row]! : Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}
