/**
 * Interventions: units of layers are replaced, and all that lies behind them is computed anew. What the judge of methods and the
 * window's switches stand on.
 *
 * `ground.ts` has a request's values at its ends and opens layers on it; `rows.ts` computes rows, each with units of its own
 * replaced; `singles.ts` takes every unit by itself, `orders.ts` one after another, `together.ts` some at once.
 */
export { Ground, onGround, type GroundOptions } from './ground';
export { curves, type Curves } from './orders';
export type { Replaced, Row, RowValues } from './rows';
export { knockOuts } from './singles';
export { together, type Together } from './together';
