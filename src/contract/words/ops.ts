/** What the methods give for an op, in words: for the window, the terminal and docs/formats.md. */
import type { OpNote, OpSupport, Support } from '../model';
import { methodWords } from './methods';

/** The columns of every such table. */
export const OP_METHODS = [
  { key: 'nig', name: methodWords.nig.short },
  { key: 'rescale', name: methodWords.rescale.short },
  { key: 'revealCancel', name: methodWords['reveal-cancel'].short },
  { key: 'genomics', name: methodWords.genomics.short },
] as const satisfies readonly { readonly key: keyof OpSupport; readonly name: string }[];

/** What a method gives for an op; the sums say no more than that, so it is not called exact. */
export const SUPPORT_WORDS: Readonly<Record<Support, string>> = {
  exact: 'sums exactly',
  approximate: 'approximate',
  none: 'none',
};

const NOTES: Readonly<Record<OpNote, string>> = {
  jumps: 'its derivative misses jumps; by secant their difference is passed on',
  shares: 'positive and negative parts pass in the shares of Rescale',
  'no-parts': 'it has no rule for positive and negative parts',
  'both-vary': 'both factors vary: no rule for parts',
  'broadcast-adds-axes': 'a broadcast adds axes: no rule for parts',
  'whole-numbers': 'whole numbers have no path between them: it starts behind',
  'no-rule': 'no rule: a target behind it is refused',
  line: 'its steps stand for a straight line, which is what paths walk',
  'may-jump': '`clippedRelu` with a threshold other than 0 has a jump',
  'may-both-vary': 'a product of two values that vary has no rule for parts',
  'may-add-axes': 'a broadcast that adds axes has no rule for parts',
  'exact-by-constant': '`mul` and `div` by a constant sum exactly',
};

/** Why an op is not exact, as one sentence without its full stop; nothing where it is. */
export const opNotes = (notes: readonly OpNote[]): string => notes.map((note) => NOTES[note]).join('; ');
