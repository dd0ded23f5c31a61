/** Times and numbers of things, in the window and the terminal alike. */

/** `< 0.1 s`, `0.4 s`, `35 s`, `2 min 5 s`, `1 h 2 min` */
export function duration(milliseconds: number): string {
  if (milliseconds < 50) return '< 0.1 s';
  if (milliseconds < 9950) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Of a time that is estimated: `about 2 s`, `under 0.1 s`. */
export const aboutWords = (milliseconds: number): string =>
  milliseconds < 50 ? 'under 0.1 s' : `about ${duration(milliseconds)}`;

/** `1 layer`, `24 layers` */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;

/** A share of a whole: `27 %`, `2.4 %`, `0.03 %`; two figures, but for whole percents. */
export function shareWords(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent >= 10) return `${Math.round(percent)} %`;
  return `${Number(percent.toPrecision(2))} %`;
}

/** What a session holds: `2 runs and 1 note`; of nothing: `nothing`. */
export function heldWords({
  runs,
  notes,
  judgements,
}: {
  readonly runs: number;
  readonly notes: number;
  readonly judgements: number;
}): string {
  const parts = [
    ...(runs > 0 ? [count(runs, 'run')] : []),
    ...(judgements > 0 ? [count(judgements, 'judgement')] : []),
    ...(notes > 0 ? [count(notes, 'note')] : []),
  ];
  if (parts.length < 2) return parts[0] ?? 'nothing';
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
