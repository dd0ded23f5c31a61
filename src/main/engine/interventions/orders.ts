/** Units taken out one after another, in an order. */
import type { Replacement } from '../../../contract/interventions';
import type { Ground } from './ground';
import { classOf } from './values';

/** E examples, K counts. */
export interface Curves {
  /** How many units are out: from none to all. */
  readonly counts: readonly number[];
  /** [E][K]: F with the first so many units of the order replaced. */
  readonly target: readonly Float64Array[];
  /** [E]: at how many units the predicted class is another one; null where it never is, at the counts that were looked at. */
  readonly changes: readonly (number | null)[];
}

/**
 * @param orders of each example: all units of the layer, the first one out first
 * @param counts how many are out, rising, from 0 to all; every one when absent
 * @throws as `Ground.open`, CANCELLED, INTERVENTION_NOT_FINITE
 */
export async function curves(
  ground: Ground,
  name: string,
  to: Replacement,
  orders: readonly ArrayLike<number>[],
  counts?: readonly number[],
  onBatch?: (done: number, total: number) => void,
): Promise<Curves> {
  const layer = ground.layer(name);
  const opened = await ground.open([{ layer: name, to }]);
  const at = counts ?? Array.from({ length: layer.units + 1 }, (_, count) => count);
  const total = ground.examples * ground.references * at.length;
  const found = new Float64Array(total);
  const classes = new Int32Array(total);
  await opened.run(
    total,
    (row) => {
      const pair = Math.floor(row / at.length);
      const order = orders[Math.floor(pair / ground.references)]!;
      const keep = new Uint8Array(layer.units).fill(1);
      for (let place = 0; place < at[row % at.length]!; place++) keep[order[place]!] = 0;
      return { pair, keep: [keep] };
    },
    (row, { target, values, index }) => {
      const example = Math.floor(row / at.length / ground.references);
      found[row] = target;
      classes[row] = classOf(values, index, ground.classesOf(example));
    },
    (done) => onBatch?.(done, total),
  );
  const columns = at.map((_, place) => ground.overReferences((pair) => found[pair * at.length + place]!));
  return {
    counts: at,
    target: orders.map((_, example) => Float64Array.from(columns, (column) => column[example]!)),
    changes: orders.map((_, example) => {
      const first = example * ground.references * at.length;
      const place = at.findIndex((__, count) => classes[first + count] !== classes[first]);
      return place < 0 ? null : at[place]!;
    }),
  };
}
