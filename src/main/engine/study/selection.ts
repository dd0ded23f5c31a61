/**
 * Units as features (1805.12233, section 4.3): those that a score puts first on some examples of each class, read by a line,
 * judged on others. And the signs that units have over classes.
 */
import { seededNumbers } from '../attribution/random';
import { permutation } from '../data/baselines/shuffle';
import { orderOf } from '../judge/measures';
import { SCORES, type LayerScores, type Score } from './scores';
import { meanOf, readout } from './statistics';

/** Examples of each class that units are chosen and read by, at the most; where there are few, two thirds of the smallest class. */
const CHOSEN = 30;
const SHARE = 2 / 3;
/** Draws that chance is the mean of. */
const DRAWS = 10;

/** Which class each example is of. */
export interface Classes {
  readonly names: readonly string[];
  readonly of: readonly number[];
  /** Whether they were given; else they are what the network predicts. */
  readonly given: boolean;
}

export interface Split {
  readonly chosen: readonly number[];
  readonly judged: readonly number[];
  readonly perClass: number;
}

/** The first of each class and all others; null where a class has one example, or there is one class. */
export function splitOf({ names, of }: Classes): Split | null {
  const places = names.map((_, own) => of.flatMap((each, at) => (each === own ? [at] : [])));
  const fewest = Math.min(...places.map(({ length }) => length));
  const perClass = Math.min(CHOSEN, Math.floor(SHARE * fewest));
  if (names.length < 2 || perClass === 0) return null;
  const chosen = places.flatMap((own) => own.slice(0, perClass));
  return { chosen, judged: of.flatMap((_, at) => (chosen.includes(at) ? [] : [at])), perClass };
}

export interface Selected {
  readonly layer: string;
  readonly units: number;
  readonly counts: readonly number[];
  readonly scores: readonly {
    readonly score: Score;
    /** Share of the other examples whose class is read from so many units. */
    readonly accuracy: readonly number[];
  }[];
}

/** 1, 2, 4, … and all, but no more than the examples carry. */
const countsOf = (units: number, examples: number): number[] => {
  const most = Math.min(units, examples);
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
};

export function select(layer: string, scores: LayerScores, classes: Classes, split: Split, seed: number): Selected {
  const { activation } = scores;
  const units = activation[0]!.length;
  const counts = countsOf(units, split.chosen.length);
  const accuracyOf = (order: readonly number[]): number[] =>
    counts.map((count) => {
      const features = (at: number): number[] => order.slice(0, count).map((unit) => activation[at]![unit]!);
      const of = split.chosen.map((at) => classes.of[at]!);
      const say = readout(split.chosen.map(features), of, classes.names.length);
      return meanOf(split.judged.map((at) => (say(features(at)) === classes.of[at] ? 1 : 0)));
    });
  const byChance = (): number[] => {
    const draws = Array.from({ length: DRAWS }, (_, draw) => accuracyOf(permutation(units, seededNumbers(seed, units, draw)))); // prettier-ignore
    return counts.map((_, at) => meanOf(draws.map((draw) => draw[at]!)));
  };
  return {
    layer,
    units,
    counts,
    scores: SCORES.map((score) => ({
      score,
      accuracy: score === 'random' ? byChance() : accuracyOf(inTurn(scores[score], classes, split)),
    })),
  };
}

/** Each class's first unit, then each one's second, and so on: each unit once. */
export function inTurn(
  scores: readonly Float64Array[],
  { names, of }: Classes,
  { chosen }: Pick<Split, 'chosen'>,
): number[] {
  const orders = names.map((_, own) =>
    orderOf(
      classMean(
        scores,
        chosen.filter((at) => of[at] === own),
      ),
    ),
  );
  const units = orders[0]!.length;
  return [...new Set(Array.from({ length: units }, (_, place) => orders.map((order) => order[place]!)).flat())];
}

const classMean = (scores: readonly Float64Array[], places: readonly number[]): Float64Array =>
  Float64Array.from(scores[0]!, (_, unit) => meanOf(places.map((at) => scores[at]![unit]!)));

export interface Signs {
  readonly layer: string;
  readonly units: number;
  /** Units whose mean contribution is above 0 for some class and below it for another; one of both; none. */
  readonly both: number;
  readonly positive: number;
  readonly negative: number;
  readonly neither: number;
}

/** Standard errors that a class's mean must be away from 0 to have a sign. */
const APART = 2;
/** Examples below which a class tells no error. */
const FEWEST = 3;

/** @param contributions [E][U], each example's to its own F */
export function signsOf(layer: string, contributions: readonly Float64Array[], { names, of }: Classes): Signs {
  const units = contributions[0]!.length;
  const places = names.map((_, own) => of.flatMap((each, at) => (each === own ? [at] : []))).filter(({ length }) => length >= FEWEST); // prettier-ignore
  const counted = { both: 0, positive: 0, negative: 0, neither: 0 };
  for (let unit = 0; unit < units; unit++) {
    const signs = places.map((own) => {
      const values = own.map((at) => contributions[at]![unit]!);
      const mean = meanOf(values);
      const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)) * (own.length / (own.length - 1)));
      return Math.abs(mean) > (APART * deviation) / Math.sqrt(own.length) ? Math.sign(mean) : 0;
    });
    const [up, down] = [signs.includes(1), signs.includes(-1)];
    counted[up && down ? 'both' : up ? 'positive' : down ? 'negative' : 'neither']++;
  }
  return { layer, units, ...counted };
}
