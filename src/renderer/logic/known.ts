/** What is to be known before the numbers of an example are read, in the terminal's order: each sentence once. */
import type { Remark } from '../../contract/attribution';
import type { RunRecord } from '../../contract/studio';
import { alarmWords, drowns, DROWNED, leadingAlarm } from '../../contract/words/alarms';
import { count } from '../../contract/words/quantities';
import { deadWords, remarkWords } from '../../contract/words/remarks';
import { runLabel } from '../../contract/words/runs';
import { targetNotes } from '../../contract/words/target';
import { heldWords, roundedWords } from '../../contract/words/varied';
import { examplePlace } from './ranking';

export interface Known {
  /** What is not to be believed as it stands; `alarm` is the run whose even steps are too wide. */
  readonly marked: readonly { readonly words: string; readonly alarm: RunRecord | null }[];
  /** What is so, and no fault. */
  readonly notes: readonly string[];
}

const sentence = (words: string): string => (/[.!?]$/.test(words) ? words : `${words}.`);

/**
 * @param runs that took the example
 * @param nameOf what a run is called beside the others
 */
export function known(
  runs: readonly RunRecord[],
  example: number,
  nameOf: (run: RunRecord) => string = runLabel,
): Known {
  const marked = new Map<string, RunRecord | null>();
  const notes = new Set<string>();
  const dead: { by: string; remark: Remark }[] = [];
  for (const run of runs) {
    const { result } = run;
    const place = examplePlace(run, example);
    const remarks = result.remarks.filter((remark) => remark.example === result.examples[place]);
    const flat = remarks.filter(({ kind }) => kind !== 'dead');
    for (const remark of flat) marked.set(remarkWords(remark), null);
    if (flat.every(({ kind }) => kind === 'jump') && drowns(result, place)) marked.set(sentence(DROWNED), null);
    const found = leadingAlarm(result, place);
    if (found) {
      const more = found.more > 0 ? `, and so in ${count(found.more, 'other layer')}` : '';
      marked.set(sentence(`${nameOf(run)}: ${alarmWords(found.alarm, result.steps)}${more}`), run);
    }
    for (const note of targetNotes(result, place)) notes.add(sentence(note));
    for (const each of result.rounded ?? []) notes.add(sentence(roundedWords(each)));
    for (const each of heldWords(result.varied?.held ?? [])) notes.add(`Held as at the input: ${sentence(each)}`);
    dead.push(...remarks.map((remark) => ({ by: nameOf(run), remark })));
  }
  for (const words of deadWords(dead)) notes.add(words);
  return { marked: Array.from(marked, ([words, alarm]) => ({ words, alarm })), notes: [...notes] };
}
