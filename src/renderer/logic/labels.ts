/** What the values of an output are called. */
import type { SampleInfo } from '../../contract/studio';

/** `class 3`, by the model's labels where there are some. */
export const outputLabel = (index: number, model: Pick<SampleInfo, 'labels'> | null): string =>
  model?.labels[index] ?? `${index}`;

/** `logits[3]` → `3` where the model has a name for it. */
export function targetLabel(target: string, model: Pick<SampleInfo, 'labels'> | null): string {
  const index = /\[(\d+)\]$/.exec(target)?.[1];
  const label = index === undefined ? undefined : model?.labels[Number(index)];
  return label ?? target;
}
