/** One example's references, each as an example of its own: so that what the model says at each of them is told. */
import type { AttributionRequest } from '../../../contract/attribution';
import { pick } from '../../engine/data/precision';
import type { Arrays } from './arrays';

/** Of several references, those that are looked at one by one. */
const MOST_SHOWN = 8;

/** @param request of one example, whose baseline's rows are all its own */
export function referenceByReference(request: AttributionRequest): {
  /** All of them. */
  readonly references: number;
  readonly asked: AttributionRequest;
  readonly rows: Arrays;
} {
  const { baseline, inputs } = request;
  if (baseline.kind === 'constant') return { references: 1, asked: request, rows: {} };
  const { references: _, ...spec } = baseline;
  const references = Math.max(1, ...Object.values(baseline.arrays).map(({ shape }) => shape[0]!));
  const shown = Math.min(MOST_SHOWN, references);
  const places = Array.from({ length: shown }, (_, place) => place);
  const firsts = Object.entries(baseline.arrays).map(([name, array]) => [name, array.shape[0] === 1 ? array : pick(array, places)] as const); // prettier-ignore
  const repeated = Object.entries(inputs).map(
    ([name, array]) =>
      [
        name,
        pick(
          array,
          places.map(() => 0),
        ),
      ] as const,
  );
  const rows = Object.fromEntries(firsts);
  const { exampleNumbers: _numbers, ...rest } = request;
  return {
    references,
    rows,
    asked: { ...rest, inputs: Object.fromEntries(repeated), baseline: { ...spec, arrays: rows, perExample: true } },
  };
}
