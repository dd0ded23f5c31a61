/** Units of one or several layers, taken out together. */
import type { NumericArray } from '../../../contract/attribution';
import type { Intervention } from '../../../contract/interventions';
import { openOutputs } from '../graph/closed';
import type { Ground } from './ground';
import { keptOf } from './kept';

export interface Together {
  readonly targets: readonly string[];
  /** F per example: as it is, at the baseline, and with the units replaced. */
  readonly atInput: Float64Array;
  readonly atBaseline: Float64Array;
  readonly after: Float64Array;
  /** Of the layers that were asked, those that something goes around. */
  readonly around: readonly string[];
  /** The model's outputs with the units replaced: name → [E, …]; over several references their mean. */
  readonly outputs: Readonly<Record<string, NumericArray>>;
}

/** @throws as `Ground.open`, OUTPUT_INDEX, CANCELLED, INTERVENTION_NOT_FINITE */
export async function together(ground: Ground, asked: readonly Intervention[]): Promise<Together> {
  const layers = asked.map(({ layer }) => ground.layer(layer));
  const outputs = openOutputs(ground.graph);
  const opened = await ground.open(
    asked,
    outputs.map(({ value }) => value),
  );
  const keep = opened.replaced.map((layer, at) => keptOf(layer, asked[at]!));
  const { examples, references } = ground;
  const total = examples * references;
  const found = new Float64Array(total);
  const sums = outputs.map((): Float32Array | null => null);
  await opened.run(
    total,
    (pair) => ({ pair, keep }),
    (pair, { target, also }) => {
      found[pair] = target;
      const example = Math.floor(pair / references);
      also.forEach((values, at) => {
        const sum = (sums[at] ??= new Float32Array(examples * values.length));
        for (let place = 0; place < values.length; place++)
          sum[example * values.length + place]! += values[place]! / references;
      });
    },
  );
  return {
    targets: ground.targets,
    atInput: ground.atInput,
    atBaseline: ground.atBaseline,
    after: ground.overReferences((pair) => found[pair]!),
    around: layers.filter(({ cut }) => !cut).map(({ name }) => name),
    outputs: Object.fromEntries(
      outputs.map(({ name, value }, at) => [name, { shape: [examples, ...ground.shapeOf(value)], data: sums[at]! }]),
    ),
  };
}
