/** Names of layers and classes as they are shown: without the scope that all share, and cut in the middle where room is short. */
import { SCOPES, sharedScope } from '../../contract/words/scopes';

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

  /** A name in so many letters at most. */
  inLetters(name: string, letters: number): string {
    return inLetters(this.short(name), letters);
  }

  /** A unit in so many letters at most, of which its number keeps its own: `…res…5/residual_add #12`. */
  unit(layer: string, unit: number, letters = Infinity): string {
    const number = ` #${unit}`;
    return this.inLetters(layer, Math.max(1, letters - number.length)) + number;
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

/** Text in so many letters at most, cut in its middle: more of its end is kept, which tells names of one stem apart. */
export function clipped(text: string, letters: number): string {
  const all = Array.from(text);
  if (all.length <= letters) return text;
  const kept = Math.max(0, Math.floor(letters) - 1);
  const end = Math.ceil(kept * 0.62);
  return `${all.slice(0, kept - end).join('')}…${all.slice(all.length - end).join('')}`;
}

/** Letters that a scope keeps at least: fewer say nothing of it. */
const LEAST_OF_SCOPE = 4;

/**
 * A name ever shorter: first its scopes, each in its own middle, so that their numbers stay; then those numbers alone, which tell
 * equal blocks apart; then without the outer scopes; at last the innermost name itself.
 */
function* shorter(name: string): Generator<string> {
  yield name;
  const scopes = name.split(SCOPES);
  const own = scopes.pop()!;
  const longest = Math.max(0, ...scopes.map((scope) => scope.length - 1));
  let short: readonly string[] = scopes;
  for (let letters = longest - 1; letters >= LEAST_OF_SCOPE; letters--) {
    short = scopes.map((scope) => clipped(scope.slice(0, -1), letters) + scope.at(-1)!);
    yield short.join('') + own;
  }
  const numbers = scopes.map((scope) => /\d+$/.exec(scope.slice(0, -1))?.[0]);
  if (numbers.filter(Boolean).length > 1)
    yield (
      numbers
        .map((each, at) => `…${each === undefined ? '' : each + scopes[at]!.at(-1)!}`)
        .join('')
        .replace(/…+/g, '…') + own
    );
  for (let left = 1; left < short.length; left++) yield `…${short.slice(left).join('')}${own}`;
  if (scopes.length > 0) yield `…${own}`;
  for (let letters = Array.from(own).length; letters > 0; letters--) yield clipped(own, letters);
}

function firstOf(forms: Iterable<string>, fits: (text: string) => boolean): string {
  let shortest = '';
  for (const text of forms) {
    if (fits(text)) return text;
    shortest = text;
  }
  return shortest;
}

/** A name in so many letters at most: `sta…1/res…5/residual_add`. */
export const inLetters = (name: string, letters: number): string =>
  firstOf(shorter(name), (text) => text.length <= letters);

/** A name no wider than its room. @param widthOf how wide a text is drawn, in the same unit */
export const fitted = (name: string, room: number, widthOf: (text: string) => number): string =>
  firstOf(shorter(name), (text) => widthOf(text) <= room);
