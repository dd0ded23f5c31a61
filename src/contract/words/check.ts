/** Whether a model gives what it is known to give, in words: for window and terminal. */
import type { CheckResult, Proven } from '../check';
import { count } from './quantities';

const difference = (value: number): string => (value === 0 ? '0' : value.toPrecision(2));

/** One sentence on all that was compared. */
export function checkWords(result: CheckResult): string {
  const { from, compared, begins, examples } = result;
  const worst = compared.reduce((most, each) => (each.difference > most.difference ? each : most));
  const largest = `the largest difference is ${difference(worst.difference)}, at ${worst.name} [${worst.at.join(', ')}]`;
  if (result.agrees) return `Gives what ${from} says, in ${count(examples, 'example')}: ${largest}.`;
  const place = begins ? ` It begins at layer ${begins.layer}${begins.after === null ? '' : `, after ${begins.after}, which agrees`}.` : ''; // prettier-ignore
  return `Does not give what ${from} says: ${largest} (${worst.have} in place of ${worst.want}).${place}`;
}

/** The same of what lies beside a model. */
export const provenWords = (proven: Proven): string =>
  'reason' in proven ? `Not compared with ${proven.from}: ${proven.reason}` : checkWords(proven);

/** Whether it is something to be warned of. */
export const isDoubtful = (proven: Proven): boolean => 'reason' in proven || !proven.agrees;
