/**
 * Scores beside what one unit's ablation does, and units ablated in a score's order until the top class is another one
 * (1805.12233, sections 4.1 and 4.2). Ablated is set to zero, as there.
 */
import { correlation } from '../../../contract/correlation';
import { curves, knockOuts, type Ground } from '../interventions';
import { countsOf, orderOf } from '../judge/measures';
import { SCORES, type LayerScores, type Score } from './scores';
import { spreadOf, type Spread } from './statistics';

const ZERO = { kind: 'zero' } as const;

export interface Ablated {
  readonly layer: string;
  readonly units: number;
  readonly scores: readonly {
    readonly score: Score;
    /** Pearson's correlation with the drops of F, per example. */
    readonly correlation: Spread | null;
    /** Units out until the top class is another one: of the examples in which it becomes one, which are so many. */
    readonly until: Spread | null;
    readonly changes: readonly (number | null)[];
  }[];
}

/** @throws as `Ground.open`, CANCELLED */
export async function ablate(
  ground: Ground,
  layer: string,
  scores: LayerScores,
  onShare: (share: number) => void,
): Promise<Ablated> {
  const parts = 1 + SCORES.length;
  const { drop } = await knockOuts(ground, layer, ZERO, { onBatch: (done, all) => onShare(done / all / parts) });
  const { units } = ground.layer(layer);
  const told: Ablated['scores'][number][] = [];
  for (const [at, score] of SCORES.entries()) {
    const orders = scores[score].map((each, example) => orderOf(towardsClass(ground, score, each, example)));
    const { changes } = await curves(ground, layer, ZERO, orders, countsOf(units), (done, all) =>
      onShare((1 + at + done / all) / parts),
    );
    told.push({
      score,
      correlation: spreadOf(scores[score].map((each, example) => correlation(each, drop[example]!))),
      until: spreadOf(changes),
      changes,
    });
  }
  return { layer, units, scores: told };
}

/** Of one value alone, below 0 the class is the other one, and what speaks for it is what lowers F. */
function towardsClass(ground: Ground, score: Score, scores: Float64Array, example: number): Float64Array {
  const isOther = ground.classesOf(example) === 1 && ground.atInput[example]! <= 0;
  return isOther && score !== 'activation' && score !== 'random' ? scores.map((value) => -value) : scores;
}
