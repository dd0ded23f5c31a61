/** Taking units out: what they become, which they are, and what F is then. */
import { z } from 'zod';
import type { NumericArray } from './attribution';
import type { BackendInfo } from './backends';
import { layerName } from './setup';

/**
 * What a unit becomes: what it is at the baseline; 0; its mean over examples; what it is at another example; a multiple of what it
 * is; a number.
 */
export const replacement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('baseline') }),
  z.object({ kind: z.literal('zero') }),
  z.object({ kind: z.literal('mean') }),
  z.object({ kind: z.literal('example'), example: z.number().int().nonnegative() }),
  z.object({ kind: z.literal('scale'), factor: z.number() }),
  z.object({ kind: z.literal('value'), value: z.number() }),
]);
export type Replacement = z.infer<typeof replacement>;
export const REPLACEMENT_KINDS = replacement.options.map(({ shape }) => shape.kind.value);

/** Examples that a mean is taken over at the most. */
export const MOST_AVERAGED = 512;

const places = z.array(z.number().int().nonnegative()).min(1).max(1_000_000);

/** Units of one layer that are replaced together; at chosen positions, flat in the layer's shape without its units, or at all. */
export const intervention = z.object({
  layer: layerName,
  units: places,
  positions: places.optional(),
  to: replacement,
});
export type Intervention = z.infer<typeof intervention>;

/** Each unit of a layer by itself. E examples, U units. */
export interface KnockOuts {
  readonly layer: string;
  /** Whether every path from the inputs to the target passes through the layer: else something goes around it. */
  readonly cut: boolean;
  readonly to: Replacement;
  /** As many examples as the mean was taken over; null where none was. */
  readonly meanOver: number | null;
  /** Where F lies, per example. */
  readonly targets: readonly string[];
  /** Which units, by their numbers. */
  readonly units: readonly number[];
  /** Where they were replaced and put back, flat in the layer's shape without its units; null: everywhere. */
  readonly positions: readonly number[] | null;
  /** F, per example; at the baseline averaged over several of them. */
  readonly atInput: Float64Array;
  readonly atBaseline: Float64Array;
  /** F with all units replaced: F(x') at a cut, and something else where something goes around. */
  readonly without: Float64Array;
  /** [E][U]: F(x) − F with the unit alone replaced. */
  readonly drop: readonly Float64Array[];
  /** [E][U]: F with all of the layer replaced but the unit, minus F with all of it replaced. */
  readonly restore: readonly Float64Array[];
}

/** What a prediction is with units taken out together, beside what it was. E examples. */
export interface Intervened {
  /** Where F lies, per example. */
  readonly targets: readonly string[];
  /** F, per example; at the baseline averaged over several of them. */
  readonly atInput: Float64Array;
  readonly atBaseline: Float64Array;
  /** F with the units replaced. */
  readonly after: Float64Array;
  /** Of their layers, those that something goes around. */
  readonly around: readonly string[];
  /** `[E, …]`, with the units replaced. */
  readonly outputs: readonly { readonly name: string; readonly values: NumericArray }[];
  /** As many examples as means were taken over; null where none was. */
  readonly meanOver: number | null;
  readonly durationMs: number;
  readonly backend: BackendInfo;
}
