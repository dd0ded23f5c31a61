/** What even steps cannot resolve, and what float32 cannot: where a run's numbers are not to be believed although its estimates are small. */
import type { Alarm, RunResult } from '../attribution';
import { count, shareWords } from './quantities';

const place = (alpha: number): string => `α = ${Number(alpha.toPrecision(2))}`;

const where = ({ from, to }: Alarm): string =>
  from === 0 ? `below ${place(to)}` : to === 1 ? `above ${place(from)}` : `between ${place(from)} and ${place(to)}`;

/** `embed: 98 % of the change lies below α = 0.02, which 50 even steps cannot resolve` */
export const alarmWords = (alarm: Alarm, steps: number): string =>
  `${alarm.layer ?? 'F'}: ${shareWords(alarm.share)} of the change lies ${where(alarm)}, which ${count(steps, 'even step')} cannot resolve`;

/** The alarm of an example that says most, and how many more layers have one; null where there is none. */
export function leadingAlarm(
  { alarms }: Pick<RunResult, 'alarms'>,
  example: number,
): { readonly alarm: Alarm; readonly more: number } | null {
  const own = alarms.filter((alarm) => alarm.example === example);
  const [first, ...rest] = own.sort((a, b) => b.share - a.share);
  return first ? { alarm: first, more: rest.length } : null;
}

/** Whether F(x) − F(x') is no more than rounding may have made it. */
export const drowns = (
  { delta, deltaUncertainty }: Pick<RunResult, 'delta' | 'deltaUncertainty'>,
  place: number,
): boolean => deltaUncertainty !== null && Math.abs(delta[place]!) <= deltaUncertainty[place]!;

/** Why shares of F(x) − F(x') mean nothing then. */
export const DROWNED = "F(x) − F(x') is no larger than what rounding of float32 leaves open of it";
