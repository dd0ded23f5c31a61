/**
 * Interventions: units of layers are replaced, and all that lies behind them is computed anew. What the judge of methods and the
 * window's switches stand on.
 *
 * `ground.ts` has a request's values at its ends and opens layers on it, `memory.ts` keeps them for the next; `rows.ts` computes rows, each with units of its own
 * replaced; `singles.ts` takes every unit by itself, `orders.ts` one after another, `together.ts` some at once.
 */
export { Ground, onGround, type GroundOptions } from './ground';
export type { GroundMemory } from './memory';
export { curves, type Curves } from './orders';
export type { Replaced, Row, RowValues } from './rows';
export { averagedPlaces } from './averaged';
export { knockOuts, type SinglesOptions } from './singles';
export { together, type Together } from './together';
