/** The first round of an adaptive path: even segments, the same in pairs, and a look at the baseline's end. */
import { TIGHT, type Earlier } from './estimate';
import { CONCENTRATED, halfDetail, JUMP, PRECISIONS, sizes, split, type Leaf, type Place } from './leaf';
import { evenChains, pointAt, type Chain, type Slice, type Vector } from './points';
import type { Owned, Pilot, State } from './state';

/** Below this tolerance the first leaf is looked into more closely. */
const LOOSE = 0.02;
/** The first leaf has one point more, at 2^-PROBE of it: all that an ordinary net pays for features at the baseline. */
const PROBE = 20;

export const pilotFor = (tolerance: number): Pilot => ({
  segments: tolerance < TIGHT ? 32 : 8,
  guard: tolerance >= LOOSE ? 5 : tolerance >= TIGHT ? 7 : 8,
});

/** Per line, where the first segment is halved and then probed, from the outside in. */
export function guardsOf({ options: { lines, reach, bytes }, pilot: { segments, guard } }: State): Place[][] {
  const level = Math.log2(segments);
  const halves = Array.from({ length: guard - level }, (_, i): Place => ({ at: 0.5 ** (level + i + 1), kind: 'half' }));
  const last = 0.5 ** guard;
  return Array.from({ length: lines }, (_, line) => {
    // Nearer to the baseline there is no other point.
    const nearest = PRECISIONS[bytes].epsilon * reach[line]![0];
    return [...halves, { at: Math.min(Math.max(last * 0.5 ** PROBE, nearest), last / 2), kind: 'jump' }];
  });
}

/** The even segments of one line, and the pairs of them: they cover the path. */
export const evensOf = (line: number, { segments }: Pilot): Chain[] => evenChains(line, segments, true, 'adds');

/** Where the first of them is halved and probed. */
export function guardChains(line: number, { segments }: Pilot, guard: readonly Place[]): Chain[] {
  let hi = 1 / segments;
  return guard.map(({ at }): Chain => {
    const points = [pointAt(0, 0), pointAt(0, at), pointAt(0, hi)] as const;
    hi = at;
    return { line, points, whole: false, effect: 'replaces' };
  });
}

/** Whether the first segment is still to be halved. */
export const unguarded = ({ leaves, pilot: { segments } }: State): boolean =>
  leaves.some(({ side, lo, hi }) => side === 0 && lo === 0 && hi * segments === 1);

/**
 * @param walked `evensOf` all lines
 * @param end `Calibration.end`
 */
export function afterEvens(
  { options: { lines }, pilot: { segments } }: State,
  walked: readonly Owned[],
  slices: readonly Slice[],
  end: number,
): Pick<State, 'leaves' | 'doubled' | 'points' | 'rounds'> {
  const pairs = segments / 2;
  const each = Array.from({ length: lines }, (_, line) => {
    const own = walked.slice(line * pairs, (line + 1) * pairs);
    const doubled = own.map(({ whole }) => whole!);
    const single = own.flatMap(({ first, second }) => [first, second]);
    return { leaves: evenLeaves(line, single, doubled, slices, end), doubled };
  });
  return {
    leaves: each.flatMap(({ leaves }) => leaves),
    doubled: each.map(({ doubled }) => doubled),
    points: lines * (segments + 1),
    rounds: 1,
  };
}

/**
 * @param guards `guardsOf`, which are as many for each line
 * @param walked `guardChains` of all lines
 * @param end `Calibration.end`
 */
export function afterGuards(
  { leaves: even, points, rounds }: Pick<State, 'leaves' | 'points' | 'rounds'>,
  guards: readonly (readonly Place[])[],
  walked: readonly Owned[],
  slices: readonly Slice[],
  end: number,
): Pick<State, 'leaves' | 'points' | 'rounds'> {
  const leaves = guards.flatMap((guard, line) => {
    const [nearest, ...others] = even.filter((leaf) => leaf.line === line) as [Leaf, ...Leaf[]];
    let first = nearest;
    const farther: Leaf[] = [];
    guard.forEach((place, i) => {
      const jump = place.kind === 'jump' ? PROBE : first.jump;
      const { first: near, second: far } = walked[line * guard.length + i]!;
      const [inner, outer] = split({ ...first, jump }, place, near, far, slices, end) as [Leaf, Leaf];
      // A probe is no sign that anything is there.
      first = { ...inner, narrow: false };
      farther.unshift(outer);
    });
    return [first, ...farther, ...others];
  });
  return { leaves, points: points + walked.length, rounds: rounds + 1 };
}

/** Leaves of walks over even segments and over pairs of them. */
function evenLeaves(
  line: number,
  single: readonly Vector[],
  double: readonly Vector[],
  slices: readonly Slice[],
  end: number,
): Leaf[] {
  const n = single.length;
  const size = single.map((each) => sizes(each, slices));
  const halves = double.map((each, pair) => halfDetail(single[2 * pair]!, single[2 * pair + 1]!, each));
  const details = halves.map((half) => sizes(half, slices));
  return single.map((contributions, i) => {
    const side = 2 * i >= n ? 1 : 0;
    const near = side ? n - i - 1 : i;
    const concentration = near === 0 ? end : CONCENTRATED;
    const sibling = size[i ^ 1]!;
    return {
      line,
      side,
      lo: near / n,
      hi: (near + 1) / n,
      level: Math.log2(n),
      contributions,
      half: halves[i >> 1]!,
      earlier: null,
      root: i,
      unresolved: Uint8Array.from(size[i]!, (own, s) => Number(!slices[s]!.exact && own > concentration * sibling[s]!)),
      narrow: false,
      jump: JUMP,
      size: size[i]!,
      detail: details[i >> 1]!,
    };
  });
}

/**
 * Half of what fours of the pilot's segments changed when they became pairs.
 * @param walked chains of fours, of all lines
 */
export function foursFrom(walked: readonly Owned[], doubled: State['doubled']): Vector[][] {
  const fours = walked.flatMap(({ first, second }) => [first, second]);
  const each = fours.length / doubled.length;
  return doubled.map((pairs, line) =>
    fours.slice(line * each, (line + 1) * each).map((four, i) => halfDetail(pairs[2 * i]!, pairs[2 * i + 1]!, four)),
  );
}

/** The level before a leaf, once the pilot's fours have been walked. */
export const earlierIn =
  (fours: NonNullable<State['fours']>): Earlier =>
  ({ earlier, line, root }) =>
    earlier ?? { vector: fours[line]![root >> 2]!, share: 0.5 };

/** Whether a leaf is wider than the pilot of a tolerance would have left it. */
export const coarserThan =
  ({ segments, guard }: Pilot) =>
  ({ side, lo, hi }: Leaf): boolean =>
    hi - lo > 1.5 / segments || (side === 0 && hi > 1.5 * 0.5 ** guard && lo < 0.5 ** (guard + 1));
