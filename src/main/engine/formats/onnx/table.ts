/**
 * What each ONNX op becomes: one row per op (operator sets 1 to 24), by family; those of other domains than ONNX's own with the
 * domain before their name.
 */
import { constants } from './rows/constants';
import { elementwise } from './rows/elementwise';
import { types } from './rows/types';
import { quantised } from './rows/quantised';
import { classical } from './rows/classical';
import { placed } from './rows/places';
import { attending } from './rows/attending';
import { fused } from './rows/fused';
import { fusedAttention } from './rows/fusedAttention';
import { products } from './rows/products';
import { windows } from './rows/windows';
import { norms } from './rows/norms';
import { overAxes } from './rows/overAxes';
import { orders } from './rows/orders';
import { moving } from './rows/moving';
import { resizing } from './rows/resizing';
import { recurrent } from './rows/recurrent';
import { transforms } from './rows/transforms';
import type { Row } from './rows/row';

const rows: Readonly<Record<string, Row>> = {
  ...constants,
  ...elementwise,
  ...types,
  ...quantised,
  ...classical,
  ...placed,
  ...attending,
  ...fused,
  ...fusedAttention,
  ...products,
  ...windows,
  ...norms,
  ...overAxes,
  ...orders,
  ...moving,
  ...resizing,
  ...recurrent,
  ...transforms,
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);
