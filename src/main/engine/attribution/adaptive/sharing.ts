/** How the memory of an adaptive run is shared out among its examples' paths, before anything is walked. */
import type { Accuracy, AttributionRequest, RunResult } from '../../../../contract/attribution';
import { CHAIN_PEAK, pointsAtOnce, type PointsAtOnce } from '../chunks';
import { DECIDING_MB, MemoryShort } from '../memory';
import type { Plan } from '../plan';
import type { Prepared } from '../request';
import type { Room } from '../room';
import type { Stage } from '../stages';
import type { Weights } from '../weights';
import { entriesOf, PART, type Entries } from './entries';
import { slicesIn } from './saved';

/** Examples whose rounds share batches at the most. */
const MOST_AT_ONCE = 16;
/** Chains of a pilot. */
export const PILOT = 7;
/** Times that the sums of all neurons are there: a path's own, and what a batch changes, on the device and read. */
const SUMS = 3;

/** What a run of any kind has. */
export interface AdaptiveSetting {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly prepared: Prepared;
  readonly request: AttributionRequest;
  readonly accuracy: Accuracy;
  readonly room: Room;
}

/** How the memory of a run is shared out among its examples' paths. */
export interface Sharing {
  readonly entries: Entries;
  /** Examples whose rounds share batches. */
  readonly atOnce: number;
  /** Points of a batch at the most. */
  readonly points: number;
  readonly stages: readonly Stage[];
  /** Bytes that batches may take, and that all takes at the worst moment. */
  readonly bytes: number;
  readonly total: number;
}

/** Neurons of each layer that the grids of a run hold; null where it has none to go on from, or bounded something else. */
function heldBefore(run: RunResult | undefined, over: Accuracy['over']): readonly number[] | null {
  const saved = run?.adaptive?.examples.find((each) => each.saved)?.saved;
  const kept = saved && slicesIn(saved);
  return kept?.over === over ? kept.neurons.map(({ begin, end }) => end - begin) : null;
}

/**
 * @param before results of other methods that are there
 * @throws MemoryShort
 */
export function sharingOf(setting: AdaptiveSetting, before: number, resume: RunResult | undefined): Sharing {
  const { plan, weights, prepared, request, accuracy, room } = setting;
  const { references, examples } = prepared;
  const heldThen = heldBefore(resume, accuracy.over);
  const peak = CHAIN_PEAK[weights.device.fused ? 'fused' : 'plain'];
  // What examples came to is put together at the end.
  const results = (before + (examples > 1 ? 2 : 0)) * room.result;
  const { megabytes } = room.budget;
  const grids = PART * megabytes;
  // A budget that was given decides what is looked at; what is free on this machine never does.
  const deciding = room.budget.free === null ? megabytes : DECIDING_MB;
  const entries = entriesOf(plan.layers, room.shapes, references, accuracy.over, deciding, heldThen);
  const totals = entries.whole ? 0 : (SUMS * 4 * references * entries.neurons) / 1e6;
  const heldBy = (paths: number): number =>
    1e6 * (Math.min(paths * entries.megabytes, grids) + paths * totals) + results;
  const pointsFor = (paths: number): PointsAtOnce =>
    pointsAtOnce(room.rows, 1e6 * megabytes - heldBy(paths), peak, request.chunkRows);
  // As many as a batch has room for their pilots, and memory for their grids and sums.
  const most = Math.floor(Math.min(grids / (entries.megabytes + totals), pointsFor(1).points / (3 * PILOT)));
  const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, examples, most));
  const { points, stages, bytes: walked } = pointsFor(atOnce);
  const total = walked + heldBy(atOnce);
  if (total > 1e6 * megabytes) throw new MemoryShort(total, room.budget);
  return { entries, atOnce, points, stages, bytes: 1e6 * megabytes - heldBy(atOnce), total };
}
