/** What inputs are compared with where nobody gave numbers for it, and why: in the window and the terminal alike. */
import type { BaselineChoice } from '../attribution';

const plain = (value: number): string => String(Number(value.toPrecision(3)));

/** `input_ids: the id of padding, 0, as the model tells`. */
export function choiceWords({ input, kind, value, why }: BaselineChoice): string {
  switch (kind) {
    case 'padding':
      return `${input}: the id of padding, ${value}, ${why === 'told' ? 'as the model tells' : 'as asked'}`;
    case 'uniform':
      return `${input}: each channel alike, ${plain(value)}`;
    case 'zeros':
      if (why === 'one-hot')
        return `${input}: no letter at any position (zeros), as it is one-hot; uniform compares with all alike`;
      if (why === 'ids')
        return `${input}: zeros in place of what is looked up, as nothing tells which id is padding; padding:ID compares with one`;
      return `${input}: zeros`;
  }
}

/** Whether there is more to say than that plain numbers are compared with zeros. */
export const choicesWorthTelling = (chosen: readonly BaselineChoice[]): boolean =>
  chosen.some(({ why }) => why !== 'numbers');
