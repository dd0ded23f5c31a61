/** What each TensorFlow op becomes: one row per op, by family. */
import { constants } from './rows/constants';
import { elementwise } from './rows/elementwise';
import { products } from './rows/products';
import { windows } from './rows/windows';
import { quantisation } from './rows/quantisation';
import { norms } from './rows/norms';
import { overAxes } from './rows/overAxes';
import { moving } from './rows/moving';
import { diagonals } from './rows/diagonals';
import { orders } from './rows/orders';
import { pictures } from './rows/pictures';
import { places } from './rows/places';
import { recurrent } from './rows/recurrent';
import { resizing } from './rows/resizing';
import type { Row } from './rows/row';

const rows: Readonly<Record<string, Row>> = {
  ...constants,
  ...elementwise,
  ...products,
  ...windows,
  ...norms,
  ...quantisation,
  ...overAxes,
  ...moving,
  ...resizing,
  ...places,
  ...orders,
  ...diagonals,
  ...pictures,
  ...recurrent,
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);

/** Convolutions that a SpaceToBatchND may stand before. */
export const DILATABLE = new Set([
  'Conv2D',
  'Conv3D',
  'DepthwiseConv2dNative',
  '_FusedConv2D',
  'FusedDepthwiseConv2dNative',
  '_FusedDepthwiseConv2dNative',
]);
/** What may stand between such a convolution and its BatchToSpaceND: ops that treat every position alike. */
export const POSITIONWISE = new Set([
  'BiasAdd',
  'Relu',
  'Relu6',
  'Elu',
  'LeakyRelu',
  'Sigmoid',
  'Tanh',
  'Add',
  'AddV2',
  'Mul',
  'FusedBatchNormV3',
  'Identity',
  'Softplus',
]);
