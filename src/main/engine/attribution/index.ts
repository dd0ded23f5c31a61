/**
 * Attribution of every layer in one sweep: Neuron Integrated Gradients (arXiv 1807.09946) by the secant rule or the
 * paper's, DeepLIFT (1704.02685) Rescale, RevealCancel and the genomics default, gradient × difference, internal influence
 * (1802.03788). See docs/secant.md.
 *
 * A run goes through the files in this order:
 * - request: `request.ts` checks what was asked (inputs and baselines: `inputs.ts`) and finds path (`path.ts`) and target (`target.ts`);
 * - plan: `plan.ts` says which nodes are computed and which activations are kept, `methods.ts` which sums each method needs;
 * - sweep: `run.ts` takes grids and groups in turn, `chunks.ts` says how large chunks are, `sweep.ts` walks the points of one group:
 *   `forward.ts` onwards, `walk.ts` backwards over the segments of `segments.ts`, into the sums of `sums.ts`;
 * - results: `results.ts` makes of sums what the user is told, `ranking.ts` which units carried most, `remarks.ts` what is to be
 *   known before; `finite.ts` finds where a number that is none first arises.
 *
 * Beside it: `evaluate.ts` (values alone), `queries.ts` (predictions, values at the ends, what a run would cost), `along.ts` (one
 * path, point by point), `check.ts` (values beside known ones). All of them find the model's constants in `weights.ts`.
 */
export { valuesAlongPath, type AlongOptions } from './along';
export { checkAgainst, type CheckOptions, type Known } from './check';
export { planCost, predict, valuesAtEnds, type RunCost, type ValuesAtEnds } from './queries';
export { attribute, type AttributionOptions } from './run';
export { keepWeights, releaseWeights } from './weights';
