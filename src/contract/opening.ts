/** How a model is opened, where its file leaves that open. */
import { z } from 'zod';
import type { ModelSummary } from './model';

export const openingChoicesSchema = z.object({
  /**
   * Sizes of inputs that the file leaves free, by the input's name, without the examples' axis; null stays free. Where a size is not free, it
   * must be the file's own.
   */
  sizes: z.record(z.string(), z.array(z.number().int().positive().nullable())).optional(),
  /** Which of several signatures; absent: the one that serves, else the first that can be attributed. */
  signature: z.string().optional(),
});

export type OpeningChoices = Readonly<z.infer<typeof openingChoicesSchema>>;

/** How the model that a summary describes was opened, so that it can be opened so again. */
export const choicesOf = ({ signature }: ModelSummary): OpeningChoices => ({
  ...(signature !== undefined && { signature }),
});
