/** What each ONNX op becomes: one row per op (operator sets 1 to 21), by family. */
import { constants } from './rows/constants';
import { elementwise } from './rows/elementwise';
import { types } from './rows/types';
import { products } from './rows/products';
import { windows } from './rows/windows';
import { norms } from './rows/norms';
import { overAxes } from './rows/overAxes';
import { moving } from './rows/moving';
import { resizing } from './rows/resizing';
import { recurrent } from './rows/recurrent';
import { transforms } from './rows/transforms';
import type { Row } from './rows/row';

const rows: Readonly<Record<string, Row>> = {
  ...constants,
  ...elementwise,
  ...types,
  ...products,
  ...windows,
  ...norms,
  ...overAxes,
  ...moving,
  ...resizing,
  ...recurrent,
  ...transforms,
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);
