/** Which runs stand as chips above the views, where there may be forty of them. */
import type { RunRecord } from '../../contract/studio';

/** So many are seen at once; */
export const MOST_CHIPS = 12;
/** of more so few, since the views below want the room. Those that are shown are there in any case. */
export const FEW_CHIPS = 6;

export interface RunChips {
  /** In the order of the list. */
  readonly chips: readonly RunRecord[];
  /** Those that the user asked for and that stand in a menu, the newest first. */
  readonly others: readonly RunRecord[];
  /** Those that a view made for itself and that are not shown. */
  readonly side: readonly RunRecord[];
}

/**
 * @param runs the document's own first, older ones before newer ones
 * @param shown by id, as `pinned`: they are always chips; then guests come after the document's own runs
 */
export function runChips(
  runs: readonly RunRecord[],
  shown: ReadonlySet<string>,
  pinned: ReadonlySet<string>,
  guests: ReadonlySet<string>,
): RunChips {
  const stays = ({ run }: RunRecord): boolean => shown.has(run) || pinned.has(run);
  const hidden = runs.filter((run) => !stays(run));
  const asked = hidden.filter(({ aside }) => aside === undefined).toReversed();
  const inTurn = [...asked.filter(({ run }) => !guests.has(run)), ...asked.filter(({ run }) => guests.has(run))];
  const always = runs.length - hidden.length;
  const room = Math.max(0, (always + asked.length > MOST_CHIPS ? FEW_CHIPS : MOST_CHIPS) - always);
  const kept = new Set(inTurn.slice(0, room));
  return {
    chips: runs.filter((run) => stays(run) || kept.has(run)),
    others: inTurn.filter((run) => !kept.has(run)),
    side: hidden.filter(({ aside }) => aside !== undefined),
  };
}
