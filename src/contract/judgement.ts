/**
 * Methods judged by what happens when units are taken out. E examples, U units, K counts of units that are out. What is no number
 * (a correlation where nothing varies) is null, so that a judgement is JSON.
 */
import { z } from 'zod';
import { METHODS, type Method } from './attribution';
import { replacement } from './interventions';

/** Methods, and two that need no theory: the difference of the activation itself, and chance as the floor. */
export const JUDGED = [...METHODS, 'activation-difference', 'random'] as const;
export type Judged = (typeof JUDGED)[number];
export const judged = z.enum(JUDGED);
/** Whether it is one of the methods that runs have, and not one of the two that stand beside them. */
export const isMethod = (method: Judged): method is Method => method !== 'random' && method !== 'activation-difference';

/** What a unit is asked: taken out of the input's activations, put back into replaced ones, and the mean of both, which leads. */
export const ASKED = ['drop', 'restore', 'mean'] as const;
export type AskedUnit = (typeof ASKED)[number];

/** A difference between two mean correlations below which two methods rank alike. */
export const ALIKE = 0.01;

const size = z.int().nonnegative();
const perExample = z.array(z.number().nullable());
const each = z.array(z.array(z.number()));
const threeWays = z.object({ drop: perExample, restore: perExample, mean: perExample });
const interval = z.object({ low: z.number(), high: z.number() });

/** One method at one layer. */
export const judgedMethod = z.object({
  method: judged,
  /** [E][U]; its estimated error [E][U], null where the method has none. */
  scores: each,
  errors: each.nullable(),
  /** How scores go with what units do: Pearson's and Spearman's correlation, and the share of units with the same sign. */
  pearson: threeWays,
  spearman: threeWays,
  signs: threeWays,
  /** [E][K]: F with the first so many units out, most important first and least important first. */
  most: each,
  least: each,
  /**
   * Per example, means over the counts: F(x) − F with the most important out (comprehensiveness, the area over the deletion curve), the same
   * least important first, and their difference, in which chance cancels.
   */
  comprehensiveness: perExample,
  leastFirst: perExample,
  difference: perExample,
  /** The same of insertion: F with only the most important there, above F without any; and what is missing to F(x) (sufficiency). */
  insertion: perExample,
  sufficiency: perExample,
  /** F(x) − F with all units out that the method calls positive, and all that it calls negative. */
  positive: perExample,
  negative: perExample,
  /** Units out, most important first, until the predicted class is another one; null where it never is. */
  changes: z.array(size.nullable()),
  /** Units whose score another one has too. */
  ties: z.array(size),
});
export type JudgedMethod = z.infer<typeof judgedMethod>;

export const judgedLayer = z.object({
  name: z.string(),
  cut: z.boolean(),
  units: size,
  /** How many units are out, in the curves. */
  counts: z.array(size),
  /** [E][U] */
  drop: each,
  restore: each,
  /** Per example F(x) − F with all units replaced. */
  joint: z.array(z.number()),
  /** Σ of single drops over the joint one: 1 where units act alone. */
  alone: perExample,
  /** Whether F is additive over the units: drop and restore are the same, and so is every complete method. It judges nothing. */
  additive: z.boolean(),
  methods: z.array(judgedMethod),
  /**
   * The greatest and the least difference that any order was found to have, one unit after another, and F along the orders that take it
   * down and up fastest, [E][K] (absent in files of before); null where that takes too long.
   */
  greedy: z
    .object({
      best: z.array(z.number()),
      worst: z.array(z.number()),
      down: each.optional(),
      up: each.optional(),
    })
    .nullable(),
});
export type JudgedLayer = z.infer<typeof judgedLayer>;

export const judgedCost = z.object({
  method: judged,
  /** Backward walks with their points, over all examples and layers. */
  passes: size,
  milliseconds: z.number(),
  /** Worst layer's estimated error as a share, mean over examples; null where the method has no integral. */
  error: z.number().nullable(),
});

/** A mean over layers and examples, and where it lies with other examples of the kind (bootstrap, 95 %). */
const mean = z.object({ mean: z.number(), interval: interval.nullable() });
export const judgedSummary = z.object({
  method: judged,
  spearman: z.object({ drop: mean.nullable(), restore: mean.nullable(), mean: mean.nullable() }),
  pearson: z.object({ drop: mean.nullable(), restore: mean.nullable(), mean: mean.nullable() }),
  /** As a share of the largest difference that was found for the layer and example. */
  difference: mean.nullable(),
});
export type JudgedSummary = z.infer<typeof judgedSummary>;

/** Two methods beside one another, by the leading measure: Spearman's correlation with the mean of drop and restore. */
export const verdict = z.object({
  ahead: judged,
  behind: judged,
  means: z.tuple([z.number(), z.number()]),
  interval: interval.nullable(),
  /** How many examples tell: those in which both rankings vary. */
  examples: size,
  /** Whether the interval leaves out 0, the two do not rank alike, and both methods' own numbers are resolved: else there is no verdict. */
  real: z.boolean(),
  /** Of the two, those whose own estimated error leaves their ranking open. */
  unresolved: z.array(judged),
  /** Layers in which the first is ahead, of how many that judge anything. */
  layers: z.tuple([size, size]),
  /** By drop alone and by restore alone: mean differences, and whether their intervals leave out 0. */
  drop: z.object({ difference: z.number(), real: z.boolean() }),
  restore: z.object({ difference: z.number(), real: z.boolean() }),
  /** Passes of the first for one of the second; null where the second needs none. */
  passes: z.number().nullable(),
});
export type Verdict = z.infer<typeof verdict>;

/** A ranking with the layers above re-drawn, from the top down, and for another target. */
export const sanityCheck = z.object({
  method: judged,
  layer: z.string(),
  /** After each stage: how many layers above are re-drawn, the last of them, and how the ranking goes with the true one. */
  stages: z.array(z.object({ layer: z.string(), redrawn: size, spearman: z.number().nullable() })),
  otherTarget: z.number().nullable(),
  /** The map hardly depends on the weights above, or on the target. */
  warns: z.object({ weights: z.boolean(), target: z.boolean() }),
});
export type SanityCheck = z.infer<typeof sanityCheck>;

/** What the examples were compared with, as far as a reader needs it to tell two judgements apart. */
const compared = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('constant'), value: z.number() }),
  z.object({ kind: z.literal('fitting') }),
  z.object({ kind: z.literal('arrays'), perExample: z.boolean() }),
]);

export const judgement = z.object({
  created: z.string(),
  /** What the inputs are called, and what they were compared with; absent in files of before. */
  source: z.string().optional(),
  baseline: compared.optional(),
  /** As numbered in the inputs. */
  examples: z.array(size),
  /** How many of them differ from all others: of those that are alike one counts. Absent where all do. */
  distinct: size.optional(),
  targets: z.array(z.string()),
  to: replacement,
  /** Of how many examples the mean was that units became; absent where they became something else. */
  meanOver: size.optional(),
  seed: size,
  atInput: z.array(z.number()),
  atBaseline: z.array(z.number()),
  layers: z.array(judgedLayer),
  costs: z.array(judgedCost),
  summaries: z.array(judgedSummary),
  verdicts: z.array(verdict),
  sanity: z.array(sanityCheck),
  /** False where it was ended before all layers were done. */
  complete: z.boolean(),
});
export type Judgement = z.infer<typeof judgement>;

/** What is being done, and how far it is, in rows that are computed. */
export interface JudgeProgress {
  readonly done: number;
  readonly total: number;
  readonly at:
    | { readonly kind: 'method'; readonly method: Judged }
    | { readonly kind: 'layer'; readonly layer: string }
    | { readonly kind: 'sanity'; readonly method: Judged };
}
