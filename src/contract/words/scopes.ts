/** The scope that most names of a model's layers begin with, which tells nothing: window and terminal leave it out. */

/** Behind what ends a scope in names of layers, whatever program wrote them (`stages.0` is one word of it); */
export const SCOPES = /(?<=[/:|]|\.(?!\d))/;
/** and what does so only where every name has it. */
const WEAK = /(?<=[_-])/;
/** A scope that so many of the names share is the model's own, and tells nothing. */
const MOST = 0.6;
/** Shorter prefixes are not worth a name that differs from the file's. */
const SHORTEST = 4;
const WORD = /\p{L}/u;

/** What a name begins with, up to each place where it may be taken apart. */
function prefixesOf(name: string, at: RegExp): string[] {
  let prefix = '';
  return name
    .split(at)
    .slice(0, -1)
    .map((piece) => (prefix += piece));
}

/** The longest scope that most names begin with, such that what is left of them tells them apart and is still a word. */
export function sharedScope(names: readonly string[]): string {
  if (names.length < 2) return '';
  const counts = new Map<string, number>();
  for (const name of names)
    for (const prefix of prefixesOf(name, SCOPES)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  for (const prefix of prefixesOf(names[0]!, WEAK))
    if (names.every((name) => name.startsWith(prefix))) counts.set(prefix, names.length);
  const whole = new Set(names);
  const fits = (prefix: string): boolean =>
    names.every((name) => {
      if (!name.startsWith(prefix)) return true;
      const rest = name.slice(prefix.length);
      return rest.length >= 3 && WORD.test(rest) && !whole.has(rest);
    });
  const shared = [...counts]
    .filter(([prefix, many]) => prefix.length >= SHORTEST && many >= Math.max(2, MOST * names.length))
    .map(([prefix]) => prefix)
    .sort((a, b) => b.length - a.length);
  return shared.find(fits) ?? '';
}
