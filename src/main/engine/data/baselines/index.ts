/**
 * What inputs are compared with where nobody gives numbers for it. `fitting.ts`: what fits the data; `made.ts`: what is made of
 * them, by `blur.ts` and `shuffle.ts`; `layout.ts` says which of an array's axes are positions.
 */
export { fittingBaseline, isOneHot, type FittingBaseline } from './fitting';
export { madeBaseline, type Pool } from './made';
