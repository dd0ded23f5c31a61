/** Names of layers and classes as they are shown: without the scope that all share, and cut in the middle where room is short. */

/** What ends a scope in names of layers, whatever program wrote them; the weak ones only where every name has it. */
const SCOPES = /[/.:|]/;
const WEAK = /[_-]/;
/** A scope that so many of the names share is the model's own, and tells nothing. */
const MOST = 0.75;
/** Shorter prefixes are not worth a name that differs from the file's. */
const SHORTEST = 4;
const WORD = /\p{L}/u;

/** Names that stand together: what each is called among the others. */
export class Names {
  /** The scope that is left out; empty where there is none. */
  readonly prefix: string;

  constructor(names: readonly string[]) {
    this.prefix = sharedScope([...new Set(names)]);
  }

  /** A name without the scope that it shares with the others. */
  short(name: string): string {
    return this.prefix !== '' && name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
  }

  /** A name in so many letters at most: `stage_3/resid…residual_add`. */
  clipped(name: string, letters: number): string {
    return clipped(this.short(name), letters);
  }

  /** A unit in so many letters at most, of which its number keeps its own: `stage_3…_add #12`. */
  unit(layer: string, unit: number, letters = Infinity): string {
    const number = ` #${unit}`;
    return this.clipped(layer, Math.max(1, letters - number.length)) + number;
  }
}

/** Those of the last list are kept: views ask for the same one again and again. */
const known = new WeakMap<readonly string[], Names>();

/** What names are called that stand together; worked out once for each list. */
export function namesOf(names: readonly string[]): Names {
  const made = known.get(names) ?? new Names(names);
  known.set(names, made);
  return made;
}

/** The longest scope that nearly all names begin with, such that what is left of them tells them apart and is still a word. */
function sharedScope(names: readonly string[]): string {
  if (names.length < 2) return '';
  const counts = new Map<string, { scope: boolean; names: number }>();
  for (const name of names)
    for (let at = 0; at < name.length - 1; at++) {
      const scope = SCOPES.test(name[at]!);
      if (!scope && !WEAK.test(name[at]!)) continue;
      const prefix = name.slice(0, at + 1);
      const seen = counts.get(prefix);
      if (seen) seen.names++;
      else counts.set(prefix, { scope, names: 1 });
    }
  const whole = new Set(names);
  const fits = (prefix: string): boolean =>
    names.every((name) => {
      if (!name.startsWith(prefix)) return true;
      const rest = name.slice(prefix.length);
      return rest.length >= 3 && WORD.test(rest) && !whole.has(rest);
    });
  const shared = [...counts]
    .filter(
      ([prefix, { scope, names: many }]) =>
        prefix.length >= SHORTEST && many >= 2 && many >= (scope ? MOST : 1) * names.length,
    )
    .map(([prefix]) => prefix)
    .sort((a, b) => b.length - a.length);
  return shared.find(fits) ?? '';
}

/** Text in so many letters at most, cut in its middle: more of its end is kept, which tells names of one stem apart. */
export function clipped(text: string, letters: number): string {
  const all = Array.from(text);
  if (all.length <= letters) return text;
  const kept = Math.max(0, Math.floor(letters) - 1);
  const end = Math.ceil(kept * 0.62);
  return `${all.slice(0, kept - end).join('')}…${all.slice(all.length - end).join('')}`;
}

/** Text cut in its middle so that it is no wider than its room. @param widthOf how wide a text is drawn, in the same unit */
export function fitted(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  let [least, most] = [1, Array.from(text).length - 1];
  while (least < most) {
    const letters = Math.ceil((least + most) / 2);
    if (widthOf(clipped(text, letters)) <= room) least = letters;
    else most = letters - 1;
  }
  return clipped(text, least);
}
