/** Baselines that are made of the data: how they are asked for, in words of a command line and in requests alike. */
import { z } from 'zod';

/** References that are drawn for an example at the most. */
export const MOST_REFERENCES = 256;
/** Positions: kernels that are wider than this cost more than the run. */
export const MOST_SIGMA = 1000;

const drawn = {
  seed: z.number().int().nonnegative().max(0xffffffff),
  /** References, which contributions are averaged over. */
  count: z.number().int().min(1).max(MOST_REFERENCES),
};
const mean = z.object({
  kind: z.literal('mean'),
  /** Whether of a file of its own, in place of the inputs' examples. */
  ofFile: z.literal(true).optional(),
});
const blur = z.object({
  kind: z.literal('blur'),
  /** Of the Gaussian, in positions; null: what suits the size. */
  sigma: z.number().positive().max(MOST_SIGMA).nullable(),
});
const noise = z.object({ kind: z.literal('noise'), ...drawn });
const shuffle = z.object({ kind: z.literal('shuffle'), ...drawn });
const examples = z.object({
  kind: z.literal('examples'),
  /** As the data number them. */
  examples: z.array(z.number().int().nonnegative()).min(1).max(MOST_REFERENCES).readonly(),
});

/** The kinds, a schema each. */
export const MADE_BASELINES = [mean, blur, noise, shuffle, examples] as const;
export const madeBaseline = z.discriminatedUnion('kind', MADE_BASELINES);
/** The mean of each channel; each example blurred; drawn from each channel's range; positions permuted; other examples. */
export type MadeBaseline = z.infer<typeof madeBaseline>;
export type MadeKind = MadeBaseline['kind'];

/** How each kind is written on a command line. */
export const MADE_FORMS: Readonly<Record<MadeKind, string>> = {
  mean: 'mean or mean:FILE',
  blur: `blur or blur:SIGMA (above 0, to ${MOST_SIGMA})`,
  noise: `noise[:SEED][*COUNT] (to ${MOST_REFERENCES})`,
  shuffle: `shuffle[:SEED][*COUNT] (to ${MOST_REFERENCES})`,
  examples: `example:K[,L] (to ${MOST_REFERENCES})`,
};

/** The word that asks for it: `noise:1*4`. Of the mean of a file, what stands before the file's name. */
export function madeWord(made: MadeBaseline): string {
  switch (made.kind) {
    case 'mean':
      return made.ofFile ? 'mean:' : 'mean';
    case 'blur':
      return made.sigma === null ? 'blur' : `blur:${made.sigma}`;
    case 'noise':
    case 'shuffle':
      return `${made.kind}:${made.seed}${made.count === 1 ? '' : `*${made.count}`}`;
    case 'examples':
      return `example:${made.examples.join()}`;
  }
}

/** What a word asks for; null where it is none of these, or not written as one. */
export function madeFrom(word: string): MadeBaseline | null {
  const [, kind, rest = ''] = /^(mean|blur|noise|shuffle|example)([:*].*)?$/s.exec(word) ?? [];
  const asked = kind === undefined ? null : parsed(kind, rest);
  const made = madeBaseline.safeParse(asked);
  return made.success ? made.data : null;
}

function parsed(kind: string, rest: string): unknown {
  if (kind === 'mean') return rest === '' ? { kind } : null;
  if (kind === 'example') {
    const numbers = /^:(\d+(?:,\d+)*)$/.exec(rest)?.[1];
    return numbers && { kind: 'examples', examples: [...new Set(numbers.split(',').map(Number))] };
  }
  if (kind === 'blur') {
    const sigma = /^:(\d+\.?\d*|\.\d+)$/.exec(rest)?.[1];
    return rest === '' ? { kind, sigma: null } : sigma && { kind, sigma: Number(sigma) };
  }
  const [all, seed = '0', count = '1'] = /^(?::(\d+))?(?:\*(\d+))?$/.exec(rest) ?? [];
  return all === undefined ? null : { kind, seed: Number(seed), count: Number(count) };
}

/** Whether a word begins as one of these does. */
export const seemsMade = (word: string): boolean => /^(mean|blur|noise|shuffle|example)([:*]|$)/.test(word);
