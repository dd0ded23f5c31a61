/** Names of layers and classes as they are shown: without the scope that all share, and cut in the middle where room is short. */
import { SCOPES, sharedScope } from '../../contract/words/scopes';

/** Names that stand together: what each is called among the others. */
export class Names {
  /** The scope that is left out; empty where there is none. */
  readonly prefix: string;
  /** Short names in order: those that are most alike at their beginning stand beside one another. */
  readonly #sorted: readonly string[];
  readonly #apart = new Map<string, readonly number[]>();

  constructor(names: readonly string[]) {
    const all = [...new Set(names)];
    this.prefix = sharedScope(all);
    this.#sorted = all.map((name) => this.short(name)).sort();
  }

  /** A name without the scope that it shares with the others. */
  short(name: string): string {
    return this.prefix !== '' && name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
  }

  /** Where a short name begins to differ from others of them that begin like it, as places of its letters in rising order. */
  apart(short: string): readonly number[] {
    const known = this.#apart.get(short) ?? placesApart(short, this.#sorted);
    this.#apart.set(short, known);
    return known;
  }

  /** A name in so many letters at most. */
  inLetters(name: string, letters: number): string {
    const short = this.short(name);
    return inLetters(short, letters, this.apart(short));
  }

  /** A name no wider than its room. @param widthOf how wide a text is drawn, in the same unit */
  fitted(name: string, room: number, widthOf: (text: string) => number): string {
    const short = this.short(name);
    return fitted(short, room, widthOf, this.apart(short));
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

/** Others that are looked at on either side of a name: those further off are ever less like it. */
const MOST_NEIGHBOURS = 64;

/** @param sorted names, this one among them */
function placesApart(name: string, sorted: readonly string[]): readonly number[] {
  const own = sorted.indexOf(name);
  const places = new Set<number>();
  for (const step of own < 0 ? [] : [-1, 1])
    for (let at = own + step, same = name.length; Math.abs(at - own) <= MOST_NEIGHBOURS; at += step) {
      const other = sorted[at];
      if (other === undefined) break;
      let alike = 0;
      while (alike < same && other[alike] === name[alike]) alike++;
      if (alike === 0) break;
      // a name that goes on where this one ends differs from it nowhere in it
      if (alike < name.length) places.add(alike);
      same = alike;
    }
  return [...places].sort((a, b) => a - b);
}

/** Letters of a word that tell it from another. */
const LETTERS_APART = 4;

/** What stands at a place where names differ: a whole number, else a few letters of a word. */
function wordAt(text: string, place: number): readonly [from: number, to: number] {
  let [from, to] = [place, place + 1];
  const digit = (at: number): boolean => /\d/.test(text[at] ?? '');
  if (digit(place)) {
    while (digit(from - 1)) from--;
    while (digit(to)) to++;
  } else while (to < Math.min(text.length, place + LETTERS_APART) && /[\p{L}\p{M}]/u.test(text[to]!)) to++;
  return [from, to];
}

/**
 * Text in so many letters at most, cut in its middle, where what tells it apart stays: `transf…_2_…normalisation`.
 * @param apart places at which others differ from it; of those that find no room the last is kept
 */
function clippedApart(text: string, letters: number, apart: readonly number[]): string {
  const plain = clipped(text, letters);
  const end = Math.ceil(Math.max(0, Math.floor(letters) - 1) * 0.62);
  const begin = Math.max(0, Math.floor(letters) - 1 - end);
  const hidden = apart.filter((place) => place >= begin && place < text.length - end);
  // letters of two code units are not taken apart
  if (text.length <= letters || hidden.length === 0 || /[\uD800-\uDFFF]/.test(text)) return plain;
  for (const kept of [hidden, hidden.slice(-1)]) {
    const words = kept.map((place) => wordAt(text, place)).filter(([from], at, all) => from !== all[at - 1]?.[0]);
    const middle = words.map(([from, to]) => text.slice(from, to)).join('…');
    const left = Math.floor(letters) - middle.length - 2;
    if (left < 2) continue;
    const last = Math.min(Math.floor(left * 0.62), text.length - words.at(-1)![1]);
    const first = Math.min(left - last, words[0]![0]);
    return `${text.slice(0, first)}…${middle}…${text.slice(text.length - last)}`;
  }
  return plain;
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
 * @param apart places at which others differ from it
 */
function* shorter(name: string, apart: readonly number[]): Generator<string> {
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
  const before = name.length - own.length;
  const inOwn = apart.map((place) => place - before).filter((place) => place >= 0);
  for (let letters = Array.from(own).length; letters > 0; letters--) yield clippedApart(own, letters, inOwn);
}

function firstOf(forms: Iterable<string>, fits: (text: string) => boolean): string {
  let shortest = '';
  for (const text of forms) {
    if (fits(text)) return text;
    shortest = text;
  }
  return shortest;
}

/** A name in so many letters at most: `sta…1/res…5/residual_add`. @param apart places at which others differ from it */
export const inLetters = (name: string, letters: number, apart: readonly number[] = []): string =>
  firstOf(shorter(name, apart), (text) => text.length <= letters);

/** Letters that a part of a name may have more than the whole has in as much room. */
const LONGER = 1.4;

/**
 * A name no wider than its room.
 * @param widthOf how wide a text is drawn, in the same unit
 * @param apart places at which others differ from it
 */
export const fitted = (
  name: string,
  room: number,
  widthOf: (text: string) => number,
  apart: readonly number[] = [],
): string => {
  // measuring is what takes time: what is much too long by its letters alone is not measured
  const most = (LONGER * room * name.length) / Math.max(1, widthOf(name));
  return firstOf(shorter(name, apart), (text) => text.length <= most && widthOf(text) <= room);
};
