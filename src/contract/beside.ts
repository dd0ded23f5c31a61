/** `mho.json` beside a model: what its user says about it. Unknown keys are passed over, and kept where it is written. */
import { z } from 'zod';
import { imageReading } from './studio';

export const BESIDE = 'mho.json';

/** Each part is read for itself: one that is wrong is as if it were not there, and the others hold. */
export const besideModel = z.looseObject({
  /** How pictures are read. */
  image: imageReading.partial().optional().catch(undefined),
  /** What token ids stand for, by id. */
  vocabulary: z
    .array(z.string())
    .max(2 ** 20)
    .optional()
    .catch(undefined),
  /** The id of padding. */
  pad_token_id: z.number().int().nonnegative().optional().catch(undefined),
  /** Files that hold inputs and what the model is to give for them. */
  check: z.object({ input: z.string(), expect: z.string() }).optional().catch(undefined),
});
export type BesideModel = z.infer<typeof besideModel>;

/** @returns null where the text is no JSON object */
export function besideFrom(text: string): BesideModel | null {
  try {
    return besideModel.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
