/** Which examples of a request are as another before them: however many there are, they tell no more than that one. */
import type { AttributionRequest } from '../../../contract/attribution';

/** @param targets where F lies, per example @returns for each example whether none before it is the same */
export function distinctExamples(
  { inputs, baseline }: AttributionRequest,
  targets: readonly string[],
): readonly boolean[] {
  const rows = [inputs, baseline.kind !== 'constant' && baseline.perExample ? baseline.arrays : {}];
  const arrays = rows.flatMap((each) => Object.values(each));
  const same = (a: number, b: number): boolean =>
    targets[a] === targets[b] &&
    arrays.every(({ data }) => {
      const size = data.length / targets.length;
      for (let at = 0; at < size; at++) if (!Object.is(data[a * size + at], data[b * size + at])) return false;
      return true;
    });
  return targets.map(
    (_, example) => !Array.from({ length: example }, (__, other) => other).some((other) => same(example, other)),
  );
}
