/** What examples give, in a few numbers; and a readout of units, by ridge regression. */

/** Median and quartiles of what is known, between neighbours where they fall between; null of nothing. */
export interface Spread {
  readonly count: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (sorted.length === 0) return null;
  sorted.sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (place % 1) * (sorted[Math.ceil(place)]! - below);
  };
  return { count: sorted.length, low: at(0.25), median: at(0.5), high: at(0.75) };
}

export const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Of features that are brought to mean 0 and deviation 1: what keeps a readout of many from few examples in bounds. */
const RIDGE = 1;

/**
 * Class by class, ridge regression of ±1 on features, in closed form; the greatest answer is the class.
 * @param rows [N][k]
 * @param classes [N] 0 to count − 1
 * @returns says the class of a row
 */
export function readout(
  rows: readonly ArrayLike<number>[],
  classes: readonly number[],
  count: number,
): (row: ArrayLike<number>) => number {
  const features = rows[0]!.length;
  const mean = Array.from({ length: features }, (_, at) => meanOf(rows.map((row) => row[at]!)));
  const deviation = mean.map((middle, at) => Math.sqrt(meanOf(rows.map((row) => (row[at]! - middle) ** 2))) || 1);
  const scaled = (row: ArrayLike<number>): Float64Array =>
    Float64Array.from(mean, (middle, at) => (row[at]! - middle) / deviation[at]!);
  const X = rows.map(scaled);
  const gram = Array.from({ length: features }, (_, a) =>
    Float64Array.from(mean, (__, b) => X.reduce((sum, row) => sum + row[a]! * row[b]!, a === b ? RIDGE : 0)),
  );
  const factor = choleskyOf(gram);
  const answers = Array.from({ length: count }, (_, own) => {
    const wanted = classes.map((each) => (each === own ? 1 : -1));
    const middle = meanOf(wanted);
    const along = Float64Array.from(mean, (__, at) =>
      X.reduce((sum, row, place) => sum + row[at]! * (wanted[place]! - middle), 0),
    );
    return { middle, weights: solved(factor, along) };
  });
  return (row) => {
    const own = scaled(row);
    const said = answers.map(({ middle, weights }) =>
      own.reduce((sum, value, at) => sum + value * weights[at]!, middle),
    );
    return said.indexOf(Math.max(...said));
  };
}

/** L with L Lᵀ = the given, which is symmetric and positive definite. */
function choleskyOf(given: readonly Float64Array[]): Float64Array[] {
  const L = given.map(({ length }) => new Float64Array(length));
  for (let row = 0; row < L.length; row++)
    for (let column = 0; column <= row; column++) {
      let sum = given[row]![column]!;
      for (let at = 0; at < column; at++) sum -= L[row]![at]! * L[column]![at]!;
      L[row]![column] = row === column ? Math.sqrt(sum) : sum / L[column]![column]!;
    }
  return L;
}

function solved(L: readonly Float64Array[], right: Float64Array): Float64Array {
  const x = Float64Array.from(right);
  for (let row = 0; row < L.length; row++) {
    for (let at = 0; at < row; at++) x[row]! -= L[row]![at]! * x[at]!;
    x[row]! /= L[row]![row]!;
  }
  for (let row = L.length - 1; row >= 0; row--) {
    for (let at = row + 1; at < L.length; at++) x[row]! -= L[at]![row]! * x[at]!;
    x[row]! /= L[row]![row]!;
  }
  return x;
}
