/** The sums of all groups of pairs of a grid, laid out over all pairs. */
import type { ValueId } from '../graph/graph';
import type { SumKind } from './chunk';
import type { ChunkSize } from './chunks';
import { Course } from './course';
import type { Group } from './path';
import type { LayerSums } from './sums';
import type { GroupResult } from './sweep';

export class GridSums {
  donePairs = 0;
  readonly arrays: ReadonlyMap<SumKind, Map<ValueId, LayerSums>>;
  readonly courses: ReadonlyMap<SumKind, Map<ValueId, Course>>;
  readonly ofTarget: Course;
  readonly atBaseline: Float32Array;
  readonly atInput: Float32Array;
  /** Segments that the error estimate joined. */
  readonly span: number;
  /** Groups of layers that were done one after the other. */
  readonly stages: number;

  constructor(
    kinds: readonly SumKind[],
    private readonly pairs: number,
    { span, stages }: ChunkSize,
  ) {
    this.arrays = new Map(kinds.map((kind) => [kind, new Map()]));
    this.courses = new Map(kinds.map((kind) => [kind, new Map()]));
    this.ofTarget = new Course(pairs);
    this.atBaseline = new Float32Array(pairs);
    this.atInput = new Float32Array(pairs);
    this.span = span;
    this.stages = stages.length;
  }

  place(group: Group, result: GroupResult): void {
    this.atBaseline.set(result.atBaseline, group.first);
    this.atInput.set(result.atInput, group.first);
    this.ofTarget.place(result.ofTarget, group.first);
    for (const [kind, courses] of result.courses)
      for (const [id, part] of courses) {
        const held = this.courses.get(kind)!;
        const course = held.get(id) ?? new Course(this.pairs);
        course.place(part, group.first);
        held.set(id, course);
      }
    for (const [kind, layers] of result.sums)
      for (const [id, sums] of layers) this.#placeSums(this.arrays.get(kind)!, id, sums, group);
    this.donePairs = group.first + group.pairs;
  }

  #placeSums(held: Map<ValueId, LayerSums>, id: ValueId, sums: LayerSums, group: Group): void {
    if (group.pairs === this.pairs) {
      held.set(id, sums); // the one group there is
      return;
    }
    const { shape, fine, coarse, squares } = sums;
    const whole = (part: Float32Array) => new Float32Array((part.length / group.pairs) * this.pairs);
    if (!held.has(id)) {
      const all = whole(fine);
      held.set(id, { shape, fine: all, coarse: coarse === fine ? all : whole(coarse), squares: whole(squares) });
    }
    const all = held.get(id)!;
    const at = (part: Float32Array) => (part.length / group.pairs) * group.first;
    all.fine.set(fine, at(fine));
    if (coarse !== fine) all.coarse.set(coarse, at(coarse));
    all.squares.set(squares, at(squares));
  }
}
