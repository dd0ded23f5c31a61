/**
 * How far sums over even steps lie from the integrals that they stand for, by how far segments lie from what they are joined to
 * (docs/secant.md, "Error estimate"). An estimate and no more: what all of a stretch's points miss, it does not see.
 */
import type { SumKind } from './chunk';

/** What a rule's distances say. */
export interface Calibration {
  /**
   * An error over the root of the sum of squared distances, per unit: errors of stretches are nearly independent where kinks make
   * them.
   */
  readonly independent: number;
  /** Where they share a sign, over their sum. */
  readonly coherent: number;
  /** Of single neurons, over their sum. */
  readonly neurons: number;
  /** How much more in the limit of paths so rough that distances say little yet. */
  readonly rough: number;
  /** How much more where a single stretch holds all: a pair of kinks in one segment may leave its distance short of its error. */
  readonly sparse: number;
}

/**
 * Measured on the reference networks, the samples, a trained MobileNet v2 and a net of few kinks, 8 to 256 steps. Joining two instead of four
 * segments leaves a third of the distance.
 */
const JOINING_FOUR: Calibration = { independent: 0.3, coherent: 0.1, neurons: 0.3, rough: 3, sparse: 2 };
const JOINING_TWO: Calibration = { independent: 0.9, coherent: 0.3, neurons: 0.9, rough: 3, sparse: 2 };
/** Gradients err on one side. */
const BY_GRADIENTS: Calibration = { independent: 0.9, coherent: 1, neurons: 1, rough: 1, sparse: 0 };

/** @param span segments that secant walks joined */
export const calibrationOf = (kind: SumKind, span: number): Calibration =>
  kind !== 'secant' ? BY_GRADIENTS : span === 2 ? JOINING_TWO : JOINING_FOUR;

/** Distances as a share of the total from which on a path counts as rough, and at which it is wholly. */
const ROUGH_FROM = 0.15;
const ROUGH_AT = 0.5;
/** A unit's error against its share of its layer's: so much more, some of the layer's mean, and more while the path is rough. */
const UNIT = 1.5;
const MEAN = 0.3;
const UNIT_ROUGH = 0.6;

/** Distances of one layer at one example, over its references. */
export interface Distances {
  /** Per unit, the root of the sum of squares over stretches, and their sum. */
  readonly independent: Float64Array;
  readonly coherent: Float64Array;
  /** Σ| | over neurons of their sums. */
  readonly neurons: number;
  /** Over how many stretches they are spread; see `Course.spread`. */
  readonly spread: number;
}

export interface Errors {
  /** Estimated L1 error over the neurons, and over the units. */
  readonly neurons: number;
  readonly units: number;
  readonly unit: Float64Array;
}

/** @param total Σ|contribution| over units */
export function errorsOf(
  { independent, coherent, neurons, spread }: Distances,
  total: number,
  calibration: Calibration,
): Errors {
  const count = independent.length;
  const ofSquares = sum(independent);
  const share = total > 0 ? ofSquares / total : 0;
  // Joining two leaves a third of what joining four does: the scale on which roughness is told is that of four.
  const rough = ramp((share * calibration.independent) / JOINING_FOUR.independent);
  const factor = Math.max(1 + (calibration.rough - 1) * rough, 1 + calibration.sparse / spread);
  const units = factor * Math.max(calibration.independent * ofSquares, calibration.coherent * sum(coherent));
  const mean = (MEAN * ofSquares) / count;
  const perUnit = factor * (1 + UNIT_ROUGH * rough);
  const unit = independent.map(
    (root, place) =>
      perUnit *
      Math.max(
        calibration.independent * (UNIT * root + mean),
        UNIT * calibration.coherent * Math.abs(coherent[place]!),
      ),
  );
  return { units, neurons: Math.max(units, factor * calibration.neurons * neurons), unit };
}

const ramp = (share: number): number => Math.min(1, Math.max(0, (share - ROUGH_FROM) / (ROUGH_AT - ROUGH_FROM)));

function sum(values: Float64Array): number {
  let total = 0;
  for (let place = 0; place < values.length; place++) total += Math.abs(values[place]!);
  return total;
}
