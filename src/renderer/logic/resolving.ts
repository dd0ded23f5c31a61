/** What a run is asked next where it leaves open what was to be found. */
import { DEFAULT_ACCURACY, type Accuracy } from '../../contract/attribution';
import type { RunRecord } from '../../contract/studio';
import { continueEstimate } from '../../contract/words/walks';
import { isProvisional } from './provisional';
import { nextTolerances } from './sharpen';

/** What is asked first of a run that resolved nothing. */
const FIRST = 0.01;

export interface Sharper {
  readonly accuracy: Accuracy;
  /** Whether the run itself can go on; else it is run anew. */
  readonly goesOn: boolean;
}

/**
 * The accuracy that may resolve an example of a run.
 * @param place of the example in the result
 * @returns null where none is offered: it sharpens already, knows no errors, or float32 resolves no more
 */
export function sharper(run: RunRecord, place: number): Sharper | null {
  if (isProvisional(run) || !run.layers.some(({ unitError }) => unitError)) return null;
  const { adaptive } = run.result;
  if (!adaptive) return { accuracy: { ...DEFAULT_ACCURACY, tolerance: FIRST, mostWalks: null }, goesOn: false };
  const reached = adaptive.examples[place];
  const [tolerance] = nextTolerances(Math.min(reached?.estimate ?? Infinity, 2 * FIRST), 1);
  if (!reached || reached.stopped === 'limit' || tolerance === undefined) return null;
  const accuracy = { ...adaptive.accuracy, tolerance, untilTop: null, mostWalks: null };
  return { accuracy, goesOn: reached.goesOn !== null && continueEstimate(run, accuracy) !== null };
}
