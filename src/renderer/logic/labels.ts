/** What the values of an output are called. */
import type { RunResult } from '../../contract/attribution';
import type { SampleInfo } from '../../contract/studio';

/** `class 3`, by the model's labels where there are some. */
export const outputLabel = (index: number, model: Pick<SampleInfo, 'labels'> | null): string =>
  model?.labels[index] ?? `${index}`;

/** What a result's target is called at an example: by its labels where they tell. */
export function targetName(
  { target, terms = [] }: Pick<RunResult, 'target' | 'terms'>,
  place: number,
  model: Pick<SampleInfo, 'labels'> | null,
): string {
  const labels = terms.map((term) => term.labels?.[place] ?? null);
  if (labels.length > 0 && labels.every((label) => label !== null)) return labels.join(' − ');
  return targetLabel(target[place] ?? target[0] ?? 'the target', model);
}

/** `logits[3]` → `3` where the model has a name for it: of files that do not tell what was named. */
function targetLabel(target: string, model: Pick<SampleInfo, 'labels'> | null): string {
  const index = /\[(\d+)\]$/.exec(target)?.[1];
  const label = index === undefined ? undefined : model?.labels[Number(index)];
  return label ?? target;
}
