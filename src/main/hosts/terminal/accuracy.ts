/** From the words of a command line to how a path is walked: in even steps, or as far as an accuracy asks. */
import {
  DEFAULT_ACCURACY,
  LEAST_TOLERANCE,
  type Accuracy,
  type AttributionRequest,
} from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { AttributeOptions } from './options';

/** Steps of methods and rules that take no other path. */
const EVEN_STEPS = 50;

/** `5%`, `0.1 %`, `0.05`, as a share; null for anything else. */
export function toleranceFrom(text: string): number | null {
  const parts = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*(%?)$/i.exec(text.trim());
  if (!parts) return null;
  // By the decimal point, so that 0.01 % is the number that 0.0001 is.
  const share = Number(`${parts[1]}e${Number(parts[2]?.slice(1) ?? 0) - (parts[3] ? 2 : 0)}`);
  return share >= LEAST_TOLERANCE && share <= 1 ? share : null;
}

type Asked = Pick<AttributeOptions, 'tolerance' | 'toleranceOver' | 'maxPasses' | 'untilTop'>;

/** Options that only an adaptive path takes, as they are written. */
const OPTIONS = {
  tolerance: '--tolerance',
  toleranceOver: '--tolerance-over',
  maxPasses: '--max-passes',
  untilTop: '--until-top',
} as const satisfies Record<keyof Asked, string>;

/**
 * What was asked, where something was: a tolerance has no cap of its own, for somebody wants it.
 * @param otherwise what holds where an option does not say it
 */
export function accuracyFrom(
  { tolerance, toleranceOver, maxPasses, untilTop }: Asked,
  otherwise: Accuracy = DEFAULT_ACCURACY,
): Accuracy {
  return {
    tolerance: tolerance ?? otherwise.tolerance,
    over: toleranceOver ?? otherwise.over,
    mostWalks: maxPasses ?? (tolerance !== undefined && untilTop === undefined ? null : otherwise.mostWalks),
    untilTop: untilTop ?? otherwise.untilTop,
  };
}

/** @throws ACCURACY_UNUSED where options contradict each other */
export function pathFrom({
  method: methods,
  rule,
  steps,
  ...asked
}: Pick<AttributeOptions, 'method' | 'rule' | 'steps' | keyof Asked>): Pick<AttributionRequest, 'steps' | 'accuracy'> {
  const even =
    steps !== undefined
      ? `--steps ${steps} asks for even steps`
      : !methods.includes('nig')
        ? `only nig takes it, and asked were ${methods.join(', ')}`
        : rule !== 'secant'
          ? `the rule ${rule} takes even steps`
          : null;
  if (even === null) return { steps: EVEN_STEPS, accuracy: accuracyFrom(asked) };
  for (const [key, option] of Object.entries(OPTIONS) as [keyof Asked, string][])
    if (asked[key] !== undefined) throw new MhoError('ACCURACY_UNUSED', { option, reason: even });
  return { steps: steps ?? EVEN_STEPS };
}
