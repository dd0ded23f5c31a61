/** What a path varies and what it holds, in words: before a run and with its result, in the window and the terminal alike. */
import type { HeldInput, HeldReason, PathStart, Varied } from '../model';

const WHY: Readonly<Record<HeldReason, string>> = {
  mask: 'it masks or weighs what varies',
  divisor: 'it divides: a length or a count',
  position: 'it says where values stand',
  choice: 'it decides which values are taken',
  asked: 'as asked',
};

/** `words, the first real values behind input_ids`. */
export const walkedWords = ({ name, behind }: PathStart): string =>
  behind.length === 0 ? name : `${name}, the first real values behind ${behind.join(', ')}`;

/** `attention_mask (it masks or weighs what varies)`, a line for each input. */
export function heldWords(held: readonly HeldInput[]): string[] {
  const reasons = new Map<string, HeldReason[]>();
  for (const { input, why } of held) reasons.set(input, [...(reasons.get(input) ?? []), why]);
  return [...reasons].map(([input, all]) => `${input} (${all.map((why) => WHY[why]).join('; ')})`);
}

/** Whether there is anything to tell: that real inputs vary goes without saying. */
export const worthTelling = ({ walked, held }: Varied): boolean =>
  held.length > 0 || walked.some(({ behind }) => behind.length > 0);
