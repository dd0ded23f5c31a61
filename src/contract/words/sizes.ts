/** Words for sizes that a model leaves free, and what they became. */
import type { PortSummary } from '../model';
import { written } from './shape';

/** `images is taken as [3, 320, 320]` */
export const boundWords = ({ name, shape }: Pick<PortSummary, 'name' | 'shape'>): string =>
  `${name} is taken as ${written(shape)}`;

/** What to do about sizes that are free, in a terminal: an option that fits the input. Null where none is. */
export function freeWords(inputs: readonly Pick<PortSummary, 'name' | 'shape'>[]): string | null {
  const open = inputs.filter(({ shape }) => shape.includes(null));
  if (open.length === 0) return null;
  const options = open.map(({ name, shape }) => `--size ${name}=${shape.map((size) => size ?? '?').join(',')}`);
  return `the sizes ? are free: an input binds them, or ${options.join(' ')} with numbers in place of ?`;
}
