/** Units that the user keeps, with what was noted on them: part of the document, and of its session file. */
import { z } from 'zod';

/** Most units of a notebook, and letters of a note: more is no notebook. */
export const MOST_NOTES = 2000;
export const MOST_LETTERS = 20_000;
const MOST_TAGS = 50;

export const unitNoteSchema = z.object({
  layer: z.string().min(1).max(4096),
  unit: z.int().nonnegative(),
  /** Empty where only the unit is kept. */
  note: z.string().max(MOST_LETTERS),
  tags: z.array(z.string().min(1).max(100)).max(MOST_TAGS),
});
export const notebookSchema = z.array(unitNoteSchema).max(MOST_NOTES);

export interface UnitNote {
  readonly layer: string;
  readonly unit: number;
  readonly note: string;
  readonly tags: readonly string[];
}

/** In the order in which they were kept; each unit once. */
export type Notebook = readonly UnitNote[];

/** Whether they say the same. */
export const sameNotebook = (a: Notebook, b: Notebook): boolean =>
  a === b || JSON.stringify(a.map(plainNote)) === JSON.stringify(b.map(plainNote));

/** As it is written: nothing but its fields, in their order. */
export const plainNote = ({ layer, unit, note, tags }: UnitNote): z.infer<typeof unitNoteSchema> => ({
  layer,
  unit,
  note,
  tags: [...tags],
});
