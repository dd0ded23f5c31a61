/** CSV files: rows of numbers, of whole numbers (token ids), or of letters that become one-hot sequences. */
import type { NumericArray } from '../../../contract/attribution';
import type { InputPort, TableMade } from '../../../contract/data';
import { once } from 'node:events';
import { MhoError } from '../../../contract/errors';
import { TooLarge, type Allowance } from './allowance';
import { rounded } from './precision';

export interface Table {
  readonly rows: readonly Row[];
}
interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Bytes of a file; larger ones are better kept as `.npy`. */
export const LARGEST_TABLE = 2 ** 28;
const DELIMITERS = ['\t', ';', ',', ' '];

/** The first of the marks that all of the first lines have, in this order of belief; else a comma. */
function delimiterOf(text: string, marks: readonly string[]): string {
  const lines = text.slice(0, 65_536).split(/\r?\n/, 20).filter((line) => line.trim() !== '' && !line.startsWith('#')); // prettier-ignore
  return marks.find((mark) => lines.length > 0 && lines.every((line) => line.trim().includes(mark))) ?? ',';
}

/** Whether a file's beginning can be text. */
export const isText = (head: Uint8Array): boolean =>
  head.length > 0 && head.every((byte) => byte >= 0x20 || [0x09, 0x0a, 0x0d, 0x0c].includes(byte));

/** Cells of a table: more are seconds of work and gigabytes of text. */
const MOST_CELLS = 2 ** 24;
/** Bytes that a cell takes as text, and a row beside its cells. */
const CELL_BYTES = 40;
const ROW_BYTES = 200;
/** Bytes of a cell and of a row at the most: the parser takes a second for one to three million of them. */
const LONGEST_CELL = 2 ** 20;
const LONGEST_ROW = 2 ** 24;
/** Bytes parsed before other work is let in. */
const PIECE = 2 ** 20;

/** Counts cells and rows by the marks alone, before any of them is made. Quoted ones may make it too many, by no more than they are. */
function checkExtent(bytes: Uint8Array, delimiter: string, allowance: Allowance): void {
  const mark = delimiter.charCodeAt(0);
  let cells = 1;
  let rows = 1;
  let begin = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === mark) cells++;
    else if (byte === 0x0a || byte === 0x0d) rows++;
    else {
      if (at - begin >= LONGEST_CELL) throw new TooLarge('the size of a cell', `above ${LONGEST_CELL}`, LONGEST_CELL);
      continue;
    }
    begin = at + 1;
  }
  if (cells + rows > MOST_CELLS) throw new TooLarge('the number of its cells', `about ${cells + rows}`, MOST_CELLS);
  allowance.take(CELL_BYTES * cells + ROW_BYTES * rows + 3 * bytes.length);
}

/**
 * @param marks what may stand between cells
 * @throws TooLarge; Error in the library's words, with the line
 */
export async function readTable(
  bytes: Uint8Array,
  allowance: Allowance,
  marks: readonly string[] = DELIMITERS,
): Promise<Table> {
  const delimiter = delimiterOf(new TextDecoder('utf-8').decode(bytes.subarray(0, 65_536)), marks);
  checkExtent(bytes, delimiter, allowance);
  const { parse } = await import('csv-parse');
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    trim: true,
    comment: '#',
    comment_no_infix: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  });
  const rows: Row[] = [];
  parser.on('data', ({ info, record }: { info: { lines: number }; record: string[] }) => {
    rows.push({ line: info.lines, cells: record });
  });
  const ended = new Promise<void>((done, fail) => parser.on('end', done).on('error', fail));
  ended.catch(() => undefined); // told below
  try {
    for (let at = 0; at < bytes.length && !parser.errored; at += PIECE) {
      const more = parser.write(bytes.subarray(at, at + PIECE));
      if (!more) await Promise.race([once(parser, 'drain'), ended]);
    }
    parser.end();
    await ended;
  } finally {
    parser.destroy();
  }
  return { rows };
}

// ---------------------------------------------------------------- to inputs

/** Letters of a one-hot sequence of so many channels. */
const ALPHABETS: Readonly<Record<number, string>> = { 4: 'ACGT', 20: 'ACDEFGHIKLMNPQRSTVWY' };
/** Letters for "any" and "none": zero in every channel. */
const OPEN_LETTERS = new Set('NX-.*');
/** What a column is called that is no part of an input. */
const NAMES_OF_OTHERS = /^(|id|ids|idx|index|name|label|labels|class|target|y|output|unnamed: 0)$/i;

const isNumber = (cell: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(nan|inf(inity)?)$/i.test(cell);
const numberOf = (cell: string): number =>
  /nan/i.test(cell) ? NaN : /inf/i.test(cell) ? (cell.startsWith('-') ? -Infinity : Infinity) : Number(cell);
const shown = (shape: readonly (number | null)[]): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;
const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

export const alphabetOf = ({ shape, alphabet }: InputPort): string | null => {
  const channels = shape.length === 2 ? shape[1]! : null;
  const letters = channels === null ? undefined : (alphabet ?? ALPHABETS[channels]);
  return letters?.length === channels ? letters : null;
};

interface Columns {
  readonly header: readonly string[] | null;
  readonly rows: readonly Row[];
  readonly width: number;
}

/**
 * A table as inputs of a model. Rows are examples; where a table is exactly one example of a two-axis input it is taken as
 * one. Columns go to inputs by the header (`name`, `name_0`, `name[0]` …), else in order; columns of words, and those
 * called label, id and the like, are passed over.
 * @returns per input `[examples, …]`, and what was done
 * @throws INPUT_FILE, INPUT_CELL, INPUT_COLUMNS
 */
export function tableAs(
  table: Table,
  path: string,
  ports: readonly InputPort[],
): { readonly arrays: ReadonlyMap<string, NumericArray>; readonly made: TableMade } {
  const columns = withHeader(table, path, ports);
  const texts = ports.flatMap((port) => {
    const alphabet = alphabetOf(port);
    const column = alphabet === null ? -1 : sequenceColumn(columns, port, alphabet);
    return alphabet === null || column < 0 ? [] : [{ port, alphabet, column }];
  });
  const arrays = new Map<string, NumericArray>();
  const used = new Set<number>();
  const alphabets: string[] = [];
  for (const { port, alphabet, column } of texts) {
    if (used.has(column)) continue;
    arrays.set(port.name, oneHot(columns, path, port, alphabet, column));
    used.add(column);
    alphabets.push(alphabet);
  }
  const others = ports.filter(({ name }) => !arrays.has(name));
  // one sequence column may be all there is; what is missing is told with the other inputs
  const asNumbers = others.length > 0 && (texts.length === 0 || numberColumns(columns, used).length > 0);
  const { rowsArePositions, inOrder, called } = asNumbers
    ? numbers(columns, path, others, used, arrays)
    : { rowsArePositions: 0, inOrder: false, called: [] };
  const examples = [...arrays.values()][0]?.shape[0] ?? 0;
  const passed = Array.from({ length: columns.width }, (_, at) => at).filter((at) => !used.has(at));
  const unused = { first: passed.slice(0, 3).map((at) => columns.header?.[at] || at + 1), count: passed.length };
  return {
    arrays,
    made: {
      kind: 'table',
      rows: columns.rows.length,
      examples,
      alphabets,
      rowsArePositions,
      inOrder,
      ...(called.length > 0 && { columns: called }),
      unused,
    },
  };
}

function withHeader({ rows }: Table, path: string, ports: readonly InputPort[]): Columns {
  const [first, ...rest] = rows;
  if (!first) throw new MhoError('INPUT_FILE', { path, format: '.csv', reason: 'it holds no rows' });
  const alphabets = ports.flatMap((port) => alphabetOf(port) ?? []);
  const isData = first.cells.some(
    (cell) => isNumber(cell) || alphabets.some((letters) => cell.length > 1 && isSequence(cell, letters)),
  );
  const body = isData ? rows : rest;
  if (body.length === 0) throw new MhoError('INPUT_FILE', { path, format: '.csv', reason: 'it holds only a header' });
  const width = first.cells.length;
  const ragged = body.find(({ cells }) => cells.length !== width);
  if (ragged)
    throw new MhoError('INPUT_FILE', {
      path,
      format: '.csv',
      reason: `line ${ragged.line} has ${ragged.cells.length} columns, the first has ${width}`,
    });
  return { header: isData ? null : first.cells, rows: body, width };
}

// ---------------------------------------------------------------- letters

const letterOf = (letter: string, alphabet: string): number => {
  const upper = letter.toUpperCase();
  return alphabet.indexOf(alphabet === 'ACGT' && upper === 'U' ? 'T' : upper);
};
const isSequence = (cell: string, alphabet: string): boolean =>
  cell !== '' && [...cell].every((letter) => letterOf(letter, alphabet) >= 0 || OPEN_LETTERS.has(letter.toUpperCase()));

/** The column called as the input, else the first one of letters; −1 when there is none. */
function sequenceColumn({ header, rows, width }: Columns, port: InputPort, alphabet: string): number {
  const isText = (at: number): boolean => rows.every(({ cells }) => !isNumber(cells[at]!) && cells[at]!.length > 0);
  const named = header?.indexOf(port.name) ?? -1;
  if (named >= 0 && isText(named)) return named;
  const length = port.shape[0] ?? null;
  const columns = Array.from({ length: width }, (_, at) => at).filter(isText);
  const fits = (at: number, wanted: number | null): boolean => {
    const cell = rows[0]!.cells[at]!;
    return wanted === null ? cell.length > 1 && isSequence(cell, alphabet) : cell.length === wanted;
  };
  return columns.find((at) => fits(at, length)) ?? columns.find((at) => fits(at, null)) ?? -1;
}

function oneHot({ rows }: Columns, path: string, port: InputPort, alphabet: string, column: number): NumericArray {
  const length = port.shape[0] ?? rows[0]!.cells[column]!.length;
  const channels = alphabet.length;
  const data = new Float32Array(rows.length * length * channels);
  rows.forEach(({ line, cells }, row) => {
    const letters = cells[column]!;
    const refuse = (value: string, want: string): never => {
      throw new MhoError('INPUT_CELL', { path, line, column: column + 1, value, want });
    };
    if (letters.length !== length) refuse(`${letters.slice(0, 12)}${letters.length > 12 ? '…' : ''}`, `${length} letters, it has ${letters.length}`); // prettier-ignore
    for (let at = 0; at < length; at++) {
      const letter = letters[at]!;
      const channel = letterOf(letter, alphabet);
      if (channel >= 0) data[(row * length + at) * channels + channel] = 1;
      else if (!OPEN_LETTERS.has(letter.toUpperCase())) refuse(letter, `a letter of ${alphabet}`);
    }
  });
  return { shape: [rows.length, length, channels], data };
}

// ---------------------------------------------------------------- numbers

/** Columns that hold a number in the first row; the others are words. */
const numberColumns = ({ rows, width }: Columns, used: ReadonlySet<number>): number[] =>
  Array.from({ length: width }, (_, at) => at).filter((at) => !used.has(at) && isNumber(rows[0]!.cells[at]!));

/** Where `name`, or `name_0`, `name[0]`, `name.0` … in the order of their numbers, stand. */
function columnsNamed(header: readonly string[] | null, name: string): number[] {
  if (!header) return [];
  const whole = header.indexOf(name);
  if (whole >= 0) return [whole];
  const parts = header.flatMap((text, at) => {
    const rest = text.startsWith(name) ? /^[_.[\s]?(\d+(?:[_,.\s]+\d+)*)\]?$/.exec(text.slice(name.length)) : null;
    return rest ? [{ at, places: rest[1]!.split(/[_,.\s]+/).map(Number) }] : [];
  });
  const order = (a: readonly number[], b: readonly number[]): number => {
    const differs = a.findIndex((place, axis) => place !== b[axis]);
    return differs < 0 ? 0 : a[differs]! - (b[differs] ?? 0);
  };
  return parts.sort((a, b) => order(a.places, b.places)).map(({ at }) => at);
}

function numbers(
  columns: Columns,
  path: string,
  ports: readonly InputPort[],
  used: Set<number>,
  arrays: Map<string, NumericArray>,
): Pick<TableMade, 'rowsArePositions' | 'inOrder'> & { readonly called: NonNullable<TableMade['columns']> } {
  let rowsArePositions = 0;
  const called: { input: string; names: string[] }[] = [];
  const named = ports.map((port) => ({ port, at: columnsNamed(columns.header, port.name) }));
  const take = (port: InputPort, at: readonly number[]): void => {
    const shape = shapeFor(port, columns.rows.length, at.length);
    if (!shape)
      throw new MhoError('INPUT_COLUMNS', {
        path,
        have: `${columns.rows.length} rows of ${at.length} numbers`,
        input: port.name,
        shape: shown(port.shape),
        want: wanted(port.shape),
      });
    for (const place of at) used.add(place);
    arrays.set(port.name, { shape, ...valuesOf(columns, path, at) });
    if (columns.rows.length !== shape[0]) rowsArePositions++;
    else if (columns.header && port.shape.length === 1 && columnsNamed(columns.header, port.name).length === 0)
      called.push({ input: port.name, names: at.map((place) => columns.header![place]!) });
  };
  if (named.every(({ at }) => at.length > 0)) {
    for (const { port, at } of named) take(port, at);
    return { rowsArePositions, inOrder: false, called };
  }
  const all = numberColumns(columns, used);
  const own = all.filter((at) => !NAMES_OF_OTHERS.test(columns.header?.[at] ?? 'value'));
  if (ports.length === 1) {
    const [port] = ports as [InputPort];
    const fits = (at: readonly number[]): boolean => shapeFor(port, columns.rows.length, at.length) !== null;
    take(port, fits(all) || !fits(own) ? all : own);
    return { rowsArePositions, inOrder: false, called };
  }
  const sizes = ports.map(({ shape }) => (shape.includes(null) ? null : product(shape as number[])));
  const total = sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0);
  const list = total === all.length ? all : total === own.length ? own : null;
  if (!list)
    throw new MhoError('INPUT_COLUMNS', {
      path,
      have: `${all.length} columns of numbers${columns.header ? `, called ${columns.header.slice(0, 6).join(', ')}` : ''}`,
      input: ports.map(({ name }) => name).join(', '),
      shape: ports.map(({ shape }) => shown(shape)).join(', '),
      want: `columns called ${ports.map(({ name, shape }) => (product(shape.map((size) => size ?? 1)) === 1 ? name : `${name}_0 …`)).join(', ')}`, // prettier-ignore
    });
  let from = 0;
  ports.forEach((port, at) => {
    take(port, list.slice(from, from + sizes[at]!));
    from += sizes[at]!;
  });
  return { rowsArePositions, inOrder: true, called };
}

const wanted = (shape: readonly (number | null)[]): string => {
  if (shape.length === 1 && shape[0] === null) return 'a row of numbers per example';
  const [rows, ...rest] = shape;
  const grid = `${rows ?? 'any number of'} rows of ${product(rest.map((size) => size ?? 1))} for one example`;
  if (shape.includes(null)) return grid;
  const row = `rows of ${product(shape as number[])}`;
  return shape.length >= 2 ? `${row}, or ${grid}` : row;
};

/** `[examples, …]` of so many rows of so many numbers; null when they do not fit. */
function shapeFor({ shape }: InputPort, rows: number, width: number): number[] | null {
  if (!shape.includes(null)) {
    const sizes = shape as number[];
    if (width === product(sizes)) return [rows, ...sizes];
  }
  if (shape.length === 1) return shape[0] === null ? [rows, width] : null;
  const [first, ...rest] = shape;
  if (rest.some((size) => size === null)) return null;
  if (width !== product(rest as number[])) return null;
  if (first === null) return [1, rows, ...(rest as number[])];
  return rows % first! === 0 ? [rows / first!, ...(shape as number[])] : null;
}

/** @throws INPUT_CELL */
function valuesOf({ rows }: Columns, path: string, at: readonly number[]): Pick<NumericArray, 'data' | 'lost'> {
  const values = new Float64Array(rows.length * at.length);
  rows.forEach(({ line, cells }, row) => {
    at.forEach((column, place) => {
      const cell = cells[column]!;
      if (!isNumber(cell)) throw new MhoError('INPUT_CELL', { path, line, column: column + 1, value: cell || 'an empty cell', want: 'a number' }); // prettier-ignore
      values[row * at.length + place] = numberOf(cell);
    });
  });
  return rounded(values.length, (place) => values[place]!);
}
