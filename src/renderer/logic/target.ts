/** Targets that have a place of their own for each example, as examples come and go. */
import type { SampleInfo, StudioTarget } from '../../contract/studio';

/** A place for each example. */
export type Each = Extract<StudioTarget['index'], { readonly each: unknown }>;

export const isEach = (index: StudioTarget['index']): index is Each => typeof index === 'object' && 'each' in index;

/**
 * A target of some examples as one of others.
 * @param of the examples that its places are of, in their order
 * @returns null where one of the others has no place
 */
export function targetFor(
  target: StudioTarget,
  of: readonly number[],
  examples: readonly number[],
): StudioTarget | null {
  const { index } = target;
  if (!isEach(index)) return target;
  const each = examples.flatMap((example) => {
    const place = index.each[of.indexOf(example)];
    return place === undefined ? [] : [place];
  });
  return each.length === examples.length ? { ...target, index: { each } } : null;
}

/** What each example truly is, as a target: where the data tell, and the model's labels know all of it. Null else. */
export function trueEach({ labels, exampleLabels }: Pick<SampleInfo, 'labels' | 'exampleLabels'>): Each | null {
  const each = exampleLabels.map((label) => labels.indexOf(label));
  return each.length > 0 && !each.includes(-1) ? { each } : null;
}
