/** How well a text answers what was typed: its letters in their order, words in any. */

/** What a letter is worth where it follows the one before, where a word begins with it, and anywhere. */
const WORTH = { next: 6, word: 8, anywhere: 1 } as const;
/** What is longer than it need be comes later. */
const LENGTH = 0.02;

const begins = (text: string, at: number): boolean =>
  at === 0 || /[\s/_.:#·,(-]/.test(text[at - 1]!) || (/\d/.test(text[at]!) && !/\d/.test(text[at - 1]!));

/** Letters of one word in a text, in their order; null where it lacks one. */
function wordScore(word: string, text: string): number | null {
  const whole = text.indexOf(word);
  if (whole >= 0)
    return word.length * WORTH.next + (begins(text, whole) ? WORTH.word : 0) + (text.length === word.length ? WORTH.word : 0); // prettier-ignore
  let score = 0;
  let last = -2;
  for (const letter of word) {
    let at = text.indexOf(letter, Math.max(0, last + 1));
    if (at < 0) return null;
    // a word that begins with it is meant sooner than the middle of one
    if (at !== last + 1)
      for (let later = at; later >= 0; later = text.indexOf(letter, later + 1))
        if (begins(text, later)) {
          at = later;
          break;
        }
    score += at === last + 1 ? WORTH.next : begins(text, at) ? WORTH.word : WORTH.anywhere;
    last = at;
  }
  // Letters that are strewn over a text answer nothing.
  return score >= word.length * 2 ? score / 2 : null;
}

/** @returns null where it is no answer; else the larger, the better */
export function fuzzy(asked: string, text: string): number | null {
  const low = text.toLowerCase();
  let score = -LENGTH * text.length;
  for (const word of asked.toLowerCase().split(/\s+/).filter(Boolean)) {
    const found = wordScore(word, low);
    if (found === null) return null;
    score += found;
  }
  return score;
}
