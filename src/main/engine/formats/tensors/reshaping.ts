/** Other sizes for the same numbers: the list of axes where it can say them, and what is held where it cannot. */
import type { Size, ValueId } from '../../graph/graph';
import * as host from './array';
import { isArray, NotExpressible, product, range } from './array';
import { AcrossBatch, Axes, free, NO_BATCH, type Tensor, type Varying } from './axes';

/** @param target sizes in full: no −1, no 0 */
export function reshaped(to: Axes, x: Tensor, target: readonly number[]): Tensor {
  if (isArray(x)) return host.reshaped(x, target);
  to.known(x);
  const sequence = x.axes.flat();
  const blocks = blocksOf(to, x.id, sequence, target);
  // Runs of held axes that become other sizes in their place, by the first of the run.
  const replaced = new Map<number, { readonly old: number; readonly sizes: readonly number[] }>();
  // New axes as held ones: old ones by number, those of a run by its first and their place in it.
  const marks: string[][] = [];
  for (const { from, into } of blocks) {
    const matched = matchedAxes(to, x.id, from, into);
    const rest = from[0] === 0 ? from.slice(1) : from;
    const own = from[0] === 0 ? into[0]! / to.batch : 1;
    if (matched) marks.push(...matched.map((group) => group.map(String)));
    else if (!rest.includes(0) && contiguous(rest) && Number.isInteger(own)) {
      // The batch may take some of the sizes that follow it: [N, H · C] as [N · H, C].
      const sizes = from[0] !== 0 ? into : own === 1 ? into.slice(1) : [own, ...into.slice(1)];
      const key = (i: number): string => `${rest[0]!},${i}`;
      replaced.set(rest[0]!, { old: rest.length, sizes });
      if (from[0] === 0) marks.push(own === 1 ? ['0'] : ['0', key(0)]);
      const skip = from[0] === 0 && own !== 1 ? 1 : 0;
      marks.push(...sizes.slice(skip).map((_, i) => [key(i + skip)]));
    } else {
      const ordered = inSequence(to, x, sequence);
      return ordered ? reshaped(to, ordered, target) : reshapedInOrder(to, x, target);
    }
  }
  if (!replaced.size) {
    if (new Set(marks.flat()).size !== sequence.length) return reshapedInOrder(to, x, target);
    return to.varying(
      x.id,
      marks.map((group) => group.map(Number)),
    );
  }
  // Rebuild the held shape with the replaced runs, and number the axes anew.
  const shape = to.builder.shape(x.id);
  const sizes: Size[] = [];
  const renumbered = new Map<string, number>([['0', 0]]);
  for (let axis = 1; axis <= shape.length;) {
    const run = replaced.get(axis);
    if (run) {
      run.sizes.forEach((size, i) => renumbered.set(`${axis},${i}`, sizes.push(free(size))));
      axis += run.old;
    } else {
      renumbered.set(`${axis}`, sizes.push(shape[axis - 1]!));
      axis++;
    }
  }
  return to.varying(
    to.reshapedTo(x.id, sizes),
    marks.map((group) => group.map((key) => renumbered.get(key)!)),
  );
}

/** Held in the order in which the file's axes follow each other; null where it is so already. */
function inSequence(to: Axes, x: Varying, sequence: readonly number[]): Varying | null {
  const order = sequence.filter((axis) => axis !== 0);
  if (order.every((axis, i) => axis === i + 1)) return null;
  const id = to.transposed(
    x.id,
    order.map((axis) => axis - 1),
  );
  return to.varying(
    id,
    x.axes.map((group) => group.map((axis) => (axis === 0 ? 0 : order.indexOf(axis) + 1))),
  );
}

/** Moves the axes into the file's order first. The batch must then be first and stay whole. */
function reshapedInOrder(to: Axes, x: Varying, target: readonly number[]): Varying {
  if (!to.batched) {
    if (product(target) !== product(to.shape(x))) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
    const { id } = to.arranged(x, [NO_BATCH, ...range(x.axes.length)]);
    return to.varying(to.reshapedTo(id, target.map(free)), to.allHeld(target.length));
  }
  if (to.batchAxis(x) !== 0) throw new AcrossBatch('a reshape across the batch');
  const order = range(x.axes.length);
  const merged = x.axes[0]!;
  const { id } = to.arranged(x, order);
  const inner = product(to.shape(x)) / to.batch;
  const [first, ...rest] = target as [number, ...number[]];
  if (merged[0] !== 0) throw new AcrossBatch('a reshape across the batch');
  let ones = 0;
  while (ones < target.length - 1 && target[ones] === 1 && to.batch !== 1) ones++;
  const size = target[ones]!;
  const tail = target.slice(ones + 1);
  if (size % to.batch || product(target) !== inner * to.batch)
    throw new AcrossBatch(`a reshape to [${[first, ...rest].join(', ')}] across the batch`);
  const own = size / to.batch;
  const held = own === 1 ? tail : [own, ...tail];
  const made = to.reshapedTo(id, held.map(free));
  const axes: number[][] = [...range(ones).map(() => []), own === 1 ? [0] : [0, 1]];
  const offset = own === 1 ? 1 : 2;
  return to.varying(made, [...axes, ...tail.map((_, i) => [offset + i])]);
}

/** Runs of held axes and of new sizes with equal products, as short as can be. */
function blocksOf(
  to: Axes,
  id: ValueId,
  sequence: readonly number[],
  target: readonly number[],
): { from: number[]; into: number[] }[] {
  const blocks: { from: number[]; into: number[] }[] = [];
  let i = 0;
  let j = 0;
  while (i < sequence.length || j < target.length) {
    const from: number[] = [];
    const into: number[] = [];
    let [have, want] = [1, 1];
    const takeHeld = (): void => {
      have *= to.held(id, sequence[i]!);
      from.push(sequence[i++]!);
    };
    const takeNew = (): void => {
      want *= target[j]!;
      into.push(target[j++]!);
    };
    if (i < sequence.length && j < target.length) {
      const [left, right] = [to.held(id, sequence[i]!), target[j]!];
      // A one on one side only is a block of its own.
      if (left !== right && right === 1) takeNew();
      else if (left !== right && left === 1 && sequence[i] !== 0) takeHeld();
      else {
        takeHeld();
        takeNew();
        while (have !== want) {
          if (have < want && i < sequence.length) takeHeld();
          else if (have > want && j < target.length) takeNew();
          else throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
        }
      }
    } else if (i < sequence.length) {
      if (to.held(id, sequence[i]!) !== 1) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
      takeHeld();
    } else {
      if (target[j] !== 1) throw new NotExpressible(`a reshape to [${target.join(', ')}]`);
      takeNew();
    }
    blocks.push({ from, into });
  }
  // Ones may stand anywhere: one that is left over is taken where a new one is wanted.
  const left = blocks.filter(({ into }) => into.length === 0);
  const wanted = blocks.filter(({ from }) => from.length === 0);
  wanted.slice(0, left.length).forEach((block, i) => block.from.push(...left[i]!.from.splice(0)));
  return blocks.filter(({ from, into }) => from.length > 0 || into.length > 0);
}

/** New axes of a block that needs no change of what is held, or null. */
function matchedAxes(to: Axes, id: ValueId, from: readonly number[], into: readonly number[]): number[][] | null {
  if (from.length === 0) return into.map(() => []); // ones that are not held
  if (into.length === from.length && into.every((size, i) => size === to.held(id, from[i]!)))
    return from.map((axis) => [axis]);
  if (into.length === 1 && from.includes(0)) return [[...from]]; // merged into the batch
  return null;
}

const contiguous = (list: readonly number[]): boolean =>
  list.length > 0 && list.every((axis, i) => axis === list[0]! + i);
