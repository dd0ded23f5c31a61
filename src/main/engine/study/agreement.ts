/** Neuron Integrated Gradients beside DeepLIFT Rescale, unit by unit. */
import { rankCorrelation } from '../../../contract/correlation';
import type { JudgedLayer } from '../../../contract/judgement';
import { orderOf } from '../judge/measures';
import { spreadOf, type Spread } from './statistics';

const TOP = 10;
/** Below this share of the layer's largest, a contribution has no sign to speak of. */
const SILENT = 1e-3;

export interface Agreement {
  readonly layer: string;
  readonly units: number;
  /** Spearman's correlation, per example. */
  readonly spearman: Spread | null;
  /** Share of the units whose signs differ though NIG's is beyond its error and neither is next to nothing, per example. */
  readonly flips: Spread | null;
  /** The unit-example pairs in which that is so, of how many. */
  readonly flipped: number;
  readonly pairs: number;
  /** How many of the first ten (or of half of fewer units) are the same, as a share, per example. */
  readonly top: number;
  readonly overlap: Spread | null;
}

/** @param layer judged by both, NIG with its errors */
export function agreementOf({ name, units, methods }: JudgedLayer): Agreement {
  const [nig, rescale] = (['nig', 'rescale'] as const).map((wanted) =>
    methods.find(({ method }) => method === wanted)!,
  );
  const top = Math.min(TOP, Math.ceil(units / 2));
  let flipped = 0;
  const each = nig!.scores.map((scores, example) => {
    const other = rescale!.scores[example]!;
    const errors = nig!.errors?.[example] ?? scores.map(() => 0);
    const [least, otherLeast] = [scores, other].map((all) => SILENT * Math.max(...all.map(Math.abs)));
    const flips = scores.filter(
      (value, unit) =>
        value * other[unit]! < 0 &&
        Math.abs(value) > Math.max(errors[unit]!, least!) &&
        Math.abs(other[unit]!) > otherLeast!,
    ).length;
    flipped += flips;
    const first = new Set(orderOf(scores).slice(0, top));
    return {
      spearman: rankCorrelation(Float64Array.from(scores), Float64Array.from(other)),
      flips: flips / units,
      overlap: orderOf(other).slice(0, top).filter((unit) => first.has(unit)).length / top, // prettier-ignore
    };
  });
  return {
    layer: name,
    units,
    spearman: spreadOf(each.map(({ spearman }) => spearman)),
    flips: spreadOf(each.map(({ flips }) => flips)),
    flipped,
    pairs: units * each.length,
    top,
    overlap: spreadOf(each.map(({ overlap }) => overlap)),
  };
}
