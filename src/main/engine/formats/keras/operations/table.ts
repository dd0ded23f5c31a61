/** Every operation of keras.ops that can be expressed, by the name its class has in a configuration. */
import { elementwise } from './elementwise';
import { moving } from './moving';
import { overAxes } from './overAxes';
import { products } from './products';
import type { Operation } from './row';

export const operations = { ...elementwise, ...overAxes, ...products, ...moving };
export type OperationName = keyof typeof operations;

export const operationNamed = (kind: string): Operation | null =>
  Object.hasOwn(operations, kind) ? operations[kind as OperationName] : null;
