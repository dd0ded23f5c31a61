/** What the palette offers for what is typed. */
import { fuzzy } from './fuzzy';

export interface Entry {
  /** What kind of thing it is. */
  readonly group: string;
  readonly label: string;
  readonly detail?: string;
  readonly keys?: readonly string[];
  /** How many units it has, of which each can be gone to. */
  readonly units?: number;
  /** Why it cannot be done now. */
  readonly refused?: string | null;
  /** @param unit of a layer that was asked for; null for the whole */
  run(unit: number | null): unknown;
}

export interface Answered extends Entry {
  /** The unit that was asked for. */
  readonly unit: number | null;
}

/** Answers that are listed. */
const MOST = 60;
/** What stands there before anything is typed: enough to see what there is. */
const FIRST = ['Command', 'View'];
/** Of the detail's letters each is worth less than of the name's. */
const OF_DETAIL = 0.4;
/** What cannot be done now comes after what can. */
const REFUSED = 4;

/** `dense #12`, `dense:12`, `dense 12` → the layer's part and the unit. */
function unitAsked(asked: string): { readonly layer: string; readonly unit: number } | null {
  const found = /^(.*?)\s*[#:\s]\s*(\d{1,9})$/.exec(asked.trim());
  return found?.[1] ? { layer: found[1], unit: Number(found[2]) } : null;
}

/** The best answers, the best first. `>` in front asks for commands alone, `@` for layers, as in editors. */
export function answers(entries: readonly Entry[], typed: string): readonly Answered[] {
  const only = ({ '>': 'Command', '@': 'Layer' } as const)[typed.trim()[0] ?? ''];
  const asked = (only ? typed.trim().slice(1) : typed).trim();
  const among = only ? entries.filter(({ group }) => group === only) : entries;
  const whole = (entry: Entry): Answered => ({ ...entry, unit: null });
  if (asked === '')
    return (only ? among : among.filter(({ group }) => FIRST.includes(group))).slice(0, MOST).map(whole);
  const unit = unitAsked(asked);
  const scored: { readonly answer: Answered; readonly score: number }[] = [];
  for (const entry of among) {
    const minus = entry.refused ? REFUSED : 0;
    const byName = fuzzy(asked, entry.label);
    const score = byName ?? detailScore(asked, entry);
    if (score !== null) scored.push({ answer: whole(entry), score: score - minus });
    if (unit && entry.units !== undefined && unit.unit < entry.units) {
      const ofLayer = fuzzy(unit.layer, entry.label);
      // beside a layer that is called so, a unit comes second
      if (ofLayer !== null)
        scored.push({ answer: { ...entry, label: `${entry.label} #${unit.unit}`, unit: unit.unit }, score: ofLayer });
    }
  }
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ answer }) => answer);
}

function detailScore(asked: string, { label, detail = '', group }: Entry): number | null {
  const score = fuzzy(asked, `${label} ${detail} ${group}`);
  return score === null ? null : score * OF_DETAIL;
}
