/** Some examples of a request, and what it asks of them. */
import type {
  AttributionRequest,
  BaselineSpec,
  NumericArray,
  TargetSpec,
  TargetTerm,
} from '../../../contract/attribution';
import { pick } from '../data/precision';

export const countOf = ({ inputs }: AttributionRequest): number => Object.values(inputs)[0]?.shape[0] ?? 0;

/** The request of some of its examples. */
export function narrowed(request: AttributionRequest, places: readonly number[]): AttributionRequest {
  const all = countOf(request);
  const numbers = request.exampleNumbers ?? Array.from({ length: all }, (_, at) => at);
  const minus = request.minus && targetOf(request.minus, places);
  return {
    ...request,
    inputs: rowsOf(request.inputs, places),
    baseline: baselineOf(request.baseline, places, all),
    target: targetOf(request.target, places),
    ...(minus && { minus }),
    exampleNumbers: places.map((place) => numbers[place]!),
  };
}

/** A request of one example, against the first of its references. */
export function againstFirst(request: AttributionRequest): AttributionRequest {
  const { baseline } = request;
  if (baseline.kind === 'constant') return request;
  const { references: _, ...spec } = baseline;
  const arrays = Object.fromEntries(Object.entries(baseline.arrays).map(([name, array]) => [name, pick(array, [0])]));
  return { ...request, baseline: { ...spec, arrays } };
}

/** The request with F where it was found to lie: other inputs would have another largest value. */
export function fixed(request: AttributionRequest, terms: readonly TargetTerm[]): AttributionRequest {
  const at = (spec: TargetSpec, { index }: TargetTerm): TargetSpec => ({ ...spec, index: { each: index } });
  const minus = request.minus && at(request.minus, terms[1]!);
  return { ...request, target: at(request.target, terms[0]!), ...(minus && { minus }) };
}

const rowsOf = (arrays: AttributionRequest['inputs'], places: readonly number[]): Record<string, NumericArray> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, pick(array, places)]));

function targetOf(spec: TargetSpec, places: readonly number[]): TargetSpec {
  const { index } = spec;
  if (typeof index !== 'object' || !('each' in index)) return spec;
  return { ...spec, index: { each: places.map((place) => index.each[place]!) } };
}

/** Rows that belong to examples are theirs alone: one for each, or several references one after the other. */
function baselineOf(baseline: BaselineSpec, places: readonly number[], all: number): BaselineSpec {
  if (baseline.kind === 'constant' || !baseline.perExample) return baseline;
  const each = baseline.references ?? 1;
  const rows = places.flatMap((place) => Array.from({ length: each }, (_, reference) => place * each + reference));
  const own = Object.entries(baseline.arrays).map(([name, array]) =>
    array.shape[0] === all * each ? ([name, pick(array, rows)] as const) : ([name, array] as const),
  );
  return { ...baseline, arrays: Object.fromEntries(own) };
}
