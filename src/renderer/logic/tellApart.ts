/** What tells two classes apart is a question of its own: the value of one minus that of the other, over examples of both. */
import type { ExampleFacts } from './examples';
import type { MatrixColumn } from './matrix';

export interface Telling {
  /** Places of the two classes in the output. */
  readonly of: number;
  readonly against: number;
  readonly examples: readonly number[];
}

/** Examples of each class that are run at once. */
const MOST_OF_CLASS = 50;

/**
 * @param labels what the values of the output are called
 * @param columns what was run already
 * @returns null where a class is no value of the output, has no example, or where just this was run
 */
export function tellingOf(
  of: string,
  against: string,
  labels: readonly string[],
  facts: readonly Pick<ExampleFacts, 'example' | 'truth' | 'predicted'>[],
  columns: readonly MatrixColumn[],
): Telling | null {
  const [first, second] = [labels.indexOf(of), labels.indexOf(against)];
  if (first < 0 || second < 0) return null;
  const ofClass = (name: string): readonly number[] =>
    facts
      .filter(({ truth, predicted }) => (truth ?? predicted) === name)
      .slice(0, MOST_OF_CLASS)
      .map(({ example }) => example);
  const [ours, theirs] = [ofClass(of), ofClass(against)];
  if (ours.length === 0 || theirs.length === 0) return null;
  const examples = [...ours, ...theirs].sort((a, b) => a - b);
  const done = new Set(
    columns
      .filter(({ run: { asked } }) => asked.target.index === first && asked.minus?.index === second)
      .map(({ example }) => example),
  );
  return examples.every((example) => done.has(example)) ? null : { of: first, against: second, examples };
}
