/** What a path varies and what it holds, in words: before a run and with its result, in the window and the terminal alike. */
import type { Rounded } from '../attribution';
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

const plain = (value: number): string => String(Number(value.toPrecision(2)));

/** What float32 takes from an input's numbers. */
export const roundedWords = ({ input, alone, by }: Rounded): string =>
  by < alone
    ? `${input} holds more digits than float32, which would round it by up to ${plain(alone)}; what the model subtracts first was subtracted before, and ${by > 0 ? `up to ${plain(by)} is lost` : 'nothing is lost'}`
    : `${input} holds more digits than float32, and was rounded by up to ${plain(by)}: the model subtracts nothing from it that would bring it near zero`;

/** Whether there is anything to tell: that real inputs vary goes without saying. */
export const worthTelling = ({ walked, held }: Varied): boolean =>
  held.length > 0 || walked.some(({ behind }) => behind.length > 0);
