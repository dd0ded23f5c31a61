/** Orders of positions drawn at random: any, or those that keep each pair of neighbouring letters as often as it is. */
import { shuffle } from '../../attribution/random';

/** Whole numbers from 0 to below `count`, in any order. @param random from 0 to below 1 */
export const permutation = (count: number, random: () => number): number[] =>
  shuffle(
    Array.from({ length: count }, (_, at) => at),
    random,
  );

/**
 * A shuffle of letters that has the same first and last letter and each pair of neighbours as often (Altschul and Erickson, Mol.
 * Biol. Evol. 1985): an Eulerian path through the graph whose edges are those pairs, all of them equally likely. Each letter's last
 * way out is drawn as a tree that leads to the last letter by Wilson's loop-erased walks (STOC 1996) in place of drawing until one
 * is a tree, which with rare letters takes long; its other ways out follow in any order.
 */
export function pairKeepingShuffle(letters: ArrayLike<number>, random: () => number): number[] {
  const count = letters.length;
  if (count < 2) return Array.from(letters);
  const ways = new Map<number, number[]>();
  for (let at = 0; at + 1 < count; at++) {
    const from = ways.get(letters[at]!) ?? [];
    from.push(letters[at + 1]!);
    ways.set(letters[at]!, from);
  }
  const end = letters[count - 1]!;
  const lastWay = new Map<number, number>();
  const leads = new Set([end]);
  for (const start of ways.keys()) {
    for (let at = start; !leads.has(at);) {
      const out = ways.get(at)!;
      const way = Math.floor(random() * out.length);
      lastWay.set(at, way);
      at = out[way]!;
    }
    for (let at = start; !leads.has(at); at = ways.get(at)![lastWay.get(at)!]!) leads.add(at);
  }
  const orders = new Map(
    [...ways].map(([letter, out]) => {
      const last = letter === end ? undefined : lastWay.get(letter)!;
      const others = last === undefined ? out : out.filter((_, way) => way !== last);
      const order = permutation(others.length, random).map((way) => others[way]!);
      return [letter, last === undefined ? order : [...order, out[last]!]];
    }),
  );
  const taken = new Map<number, number>();
  const shuffled = [letters[0]!];
  for (let at = letters[0]!; shuffled.length < count;) {
    const way = taken.get(at) ?? 0;
    taken.set(at, way + 1);
    at = orders.get(at)![way]!;
    shuffled.push(at);
  }
  return shuffled;
}
