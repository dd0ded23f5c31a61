/** What the values of an output are called. */
import type { RunResult } from '../../contract/attribution';
import type { PortSummary } from '../../contract/model';
import type { SampleInfo } from '../../contract/studio';
import { targetTitle } from '../../contract/words/target';

type Labelled = Pick<SampleInfo, 'labels'>;

/** How many values an output has, where a free size counts once. */
export const outputSize = (shape: PortSummary['shape']): number =>
  shape.reduce<number>((size, length) => size * (length ?? 1), 1);

/**
 * What a value of an output is called: an only value by the output, others by their place, where the labels are those of an axis by
 * these.
 */
export function outputLabel(
  index: number,
  output: Pick<PortSummary, 'name' | 'shape'>,
  model: Labelled | null,
): string {
  const { labels } = model ?? { labels: [] };
  const { name, shape } = output;
  if (outputSize(shape) === 1) return labels.length === 1 ? labels[0]! : name;
  const named = labels.length > 0 ? shape.lastIndexOf(labels.length) : -1;
  const places: string[] = [];
  let left = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    const place = left % size;
    places.unshift(axis === named ? labels[place]! : `${place}`);
    left = Math.floor(left / size);
  }
  return places.join(', ');
}

/** What every value of an output is called. */
export const outputLabels = (output: Pick<PortSummary, 'name' | 'shape'>, model: Labelled | null): string[] =>
  Array.from({ length: outputSize(output.shape) }, (_, index) => outputLabel(index, output, model));

/** What a result's target is called at an example: by its labels where they tell. */
export function targetName(result: Pick<RunResult, 'target' | 'terms'>, place: number, model: Labelled | null): string {
  const title = targetTitle(result, place, model?.labels);
  if (result.terms?.length) return title;
  // of files that do not tell what was named: `logits[3]` → `3` where the model has a name for it
  const index = /\[(\d+)\]$/.exec(title)?.[1];
  return (index === undefined ? undefined : model?.labels[Number(index)]) ?? title;
}
