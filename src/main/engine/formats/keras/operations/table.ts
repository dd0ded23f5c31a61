/** Every operation of keras.ops that can be expressed, by the name its class has in a configuration. */
import { elementwise } from './elementwise';
import { moving } from './moving';
import { ordering } from './ordering';
import { overAxes } from './overAxes';
import { products } from './products';
import type { Operation } from './row';
import { spectra } from './spectra';
import { windows } from './windows';

export const operations = {
  ...elementwise,
  ...overAxes,
  ...ordering,
  ...products,
  ...windows,
  ...spectra,
  ...moving,
};
export type OperationName = keyof typeof operations;

export const operationNamed = (kind: string): Operation | null =>
  Object.hasOwn(operations, kind) ? operations[kind as OperationName] : null;
