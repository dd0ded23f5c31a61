/** How much memory a run may take, where the figure is from, and how a run was fitted into it. */
import type { MemoryBudget } from '../memory';
import { count, shareWords } from './quantities';

/** `at most 9,646 MB (60 % of the 16,077 MB that are free here)`; `at most 500 MB (as asked)` */
export const memoryWords = ({ megabytes, free }: MemoryBudget): string =>
  `at most ${count(megabytes, 'MB', 'MB')} (${free === null ? 'as asked' : `${shareWords(megabytes / free)} of the ${count(free, 'MB', 'MB')} that are free here`})`;

/** `in 4 groups of layers (all at once did not fit the memory)`; null where all did. */
export const groupsWords = (groups: number | undefined): string | null =>
  groups === undefined ? null : `in ${count(groups, 'group')} of layers (all at once did not fit the memory)`;
