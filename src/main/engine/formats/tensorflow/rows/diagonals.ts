/** Diagonals of matrices, in the three versions that TensorFlow has of each op. */
import { diagonalMatrix, diagonalPart, type Band, withDiagonals } from '../../tensors/diagonals';
import { NotExpressible } from '../../tensors/array';
import type { TfCall } from '../call';
import type { Row } from './row';

const MAIN: Band = { lower: 0, upper: 0, superLeft: true, subLeft: true };

/** @param index of the input that tells the diagonals */
function bandOf(call: TfCall, index: number): Band {
  const list = call.list(index, 'diagonals');
  const align = call.text('align', 'LEFT_LEFT');
  return {
    lower: list[0]!,
    upper: list.at(-1)!,
    superLeft: align.startsWith('LEFT'),
    subLeft: align.endsWith('LEFT'),
  };
}
const numberOf = (call: TfCall, index: number): number => call.list(index, 'a number')[0]!;

const matrix: Row = (call) =>
  diagonalMatrix(call.to, call.input(0), bandOf(call, 1), [numberOf(call, 2), numberOf(call, 3)], numberOf(call, 4));
const part: Row = (call) => diagonalPart(call.to, call.input(0), bandOf(call, 1), numberOf(call, 2));
const put: Row = (call) => withDiagonals(call.to, call.input(0), call.input(1), bandOf(call, 2));

/** Of one axis, or two: others pair axes of several. */
const flat =
  (rank: number, row: Row): Row =>
  (call) => {
    if (call.to.rank(call.input(0)) !== rank) throw new NotExpressible('several axes');
    return row(call);
  };
const mainMatrix: Row = (call) => diagonalMatrix(call.to, call.input(0), MAIN, [-1, -1], 0);
const mainPart: Row = (call) => diagonalPart(call.to, call.input(0), MAIN, 0);

export const diagonals: Readonly<Record<string, Row>> = {
  Diag: flat(1, mainMatrix),
  DiagPart: flat(2, mainPart),
  MatrixDiag: mainMatrix,
  MatrixDiagV2: matrix,
  MatrixDiagV3: matrix,
  MatrixDiagPart: mainPart,
  MatrixDiagPartV2: part,
  MatrixDiagPartV3: part,
  MatrixSetDiag: (call) => withDiagonals(call.to, call.input(0), call.input(1), MAIN),
  MatrixSetDiagV2: put,
  MatrixSetDiagV3: put,
};
