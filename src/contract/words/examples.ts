/** How a file counts examples, and what is to be given, in words. */
import type { ModelSummary } from '../model';
import { written } from './shape';

/** Null where a file counts its examples on the first axis of every input, as nearly all do. */
export function examplesWords({ examples, inputs }: Pick<ModelSummary, 'examples' | 'inputs'>): string | null {
  if (examples === undefined) return null;
  const given = inputs.map(({ name, shape }) => `${name} as ${written(['examples', ...shape])}`).join(', ');
  const takes = examples === 'one' ? 'takes one example at a time' : 'has no axis of examples';
  return `The file ${takes}: give ${given}; each example gives what it gives alone`;
}
