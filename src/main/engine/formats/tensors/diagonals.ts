/** Diagonals of the last two axes, as TensorFlow has them: taken out, laid out, put in. All of them only move values. */
import * as host from './array';
import { NotExpressible, product, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import * as moves from './moves';

/** Diagonals from `lower` to `upper` (0 the main one, positive above it), and to which side short ones are laid. */
export interface Band {
  readonly lower: number;
  readonly upper: number;
  readonly superLeft: boolean;
  readonly subLeft: boolean;
}

const MOST = 2 ** 22;

const lengthOf = (diagonal: number, rows: number, columns: number): number =>
  Math.min(rows + Math.min(0, diagonal), columns - Math.max(0, diagonal));

const longest = ({ lower, upper }: Band, rows: number, columns: number): number =>
  Math.min(rows + Math.min(upper, 0), columns - Math.max(lower, 0));

/** Where an element of a matrix stands in its band, [diagonals, longest] flat; null outside the band. */
function placeInBand(band: Band, rows: number, columns: number, row: number, column: number): number | null {
  const diagonal = column - row;
  if (diagonal < band.lower || diagonal > band.upper) return null;
  const left = (diagonal >= 0 && band.superLeft) || (diagonal <= 0 && band.subLeft);
  const width = longest(band, rows, columns);
  const offset = left ? 0 : width - lengthOf(diagonal, rows, columns);
  return (band.upper - diagonal) * width + Math.min(row, column) + offset;
}

/** Several last axes as one. */
function flattened(to: Assembly, x: Tensor, count: number): Tensor {
  const shape = to.shape(x);
  const sizes = shape.slice(shape.length - count);
  if (sizes.length < count || sizes.some(symbolic) || product(sizes) > MOST)
    throw new NotExpressible('diagonals of a free or very large size');
  return count === 1 ? x : to.reshape(x, [...shape.slice(0, -count), product(sizes)]);
}

/** Places of a last axis as several axes; −1: a number. */
function laidOut(
  to: Assembly,
  x: Tensor,
  places: readonly number[],
  sizes: readonly number[],
  padding: number,
): Tensor {
  const rank = to.rank(x);
  const nothing = to.shape(x)[rank - 1]!;
  const open = places.includes(-1);
  const wider = range(rank).map((axis): readonly [number, number] => [0, axis === rank - 1 ? 1 : 0]);
  const padded = open ? moves.pad(to, x, wider, 'constant', padding) : x;
  const taken = moves.gather(to, padded, host.wholes(places.map((at) => (at < 0 ? nothing : at))), rank - 1);
  return sizes.length === 1 ? taken : to.reshape(taken, [...to.shape(x).slice(0, -1), ...sizes]);
}

const cells = (rows: number, columns: number): (readonly [number, number])[] =>
  range(rows * columns).map((at) => [Math.floor(at / columns), at % columns]);

/** @returns [..., diagonals, longest], or [..., longest] of one diagonal */
export function diagonalPart(to: Assembly, x: Tensor, band: Band, padding: number): Tensor {
  const [rows, columns] = to.shape(x).slice(-2) as [number, number];
  const flat = flattened(to, x, 2);
  const [count, width] = [band.upper - band.lower + 1, longest(band, rows, columns)];
  if (!(count >= 1 && width >= 1 && count * width <= MOST)) throw new NotExpressible(`${count} diagonals of ${width}`);
  const places = new Array<number>(count * width).fill(-1);
  cells(rows, columns).forEach(([row, column], cell) => {
    const at = placeInBand(band, rows, columns, row, column);
    if (at !== null) places[at] = cell;
  });
  return laidOut(to, flat, places, count === 1 ? [width] : [count, width], padding);
}

/** @param sizes of the matrices; −1: as small as they can be */
export function diagonalMatrix(
  to: Assembly,
  x: Tensor,
  band: Band,
  [givenRows, givenColumns]: readonly [number, number],
  padding: number,
): Tensor {
  const width = to.shape(x).at(-1)!;
  const flat = flattened(to, x, band.upper === band.lower ? 1 : 2);
  const [least, leastColumns] = [width - Math.min(band.upper, 0), width + Math.max(band.lower, 0)];
  const square = Math.max(least, leastColumns);
  const rows = givenRows > 0 ? givenRows : givenColumns > 0 ? least : square;
  const columns = givenColumns > 0 ? givenColumns : givenRows > 0 ? leastColumns : square;
  const places = cells(rows, columns).map(([row, column]) => placeInBand(band, rows, columns, row, column) ?? -1);
  return laidOut(to, flat, places, [rows, columns], padding);
}

/** A matrix with other diagonals. */
export function withDiagonals(to: Assembly, x: Tensor, diagonals: Tensor, band: Band): Tensor {
  const [rows, columns] = to.shape(x).slice(-2) as [number, number];
  const flat = flattened(to, x, 2);
  const own = flattened(to, diagonals, band.upper === band.lower ? 1 : 2);
  const both = moves.concat(to, [flat, own], to.rank(flat) - 1);
  const places = cells(rows, columns).map(([row, column], cell) => {
    const at = placeInBand(band, rows, columns, row, column);
    return at === null ? cell : rows * columns + at;
  });
  return laidOut(to, both, places, [rows, columns], 0);
}
