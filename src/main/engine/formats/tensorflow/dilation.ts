/**
 * Dilated convolutions as TensorFlow writes them: SpaceToBatchND makes examples of positions, an ordinary convolution
 * follows, and BatchToSpaceND puts them together again. What lies between is made once the cut at the end is known.
 */
import { NotExpressible } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import { type Dilated, TfCall } from './call';
import { Folded, type Item, Spread } from './items';
import type { TfNode } from './node';
import { DILATABLE, POSITIONWISE, rowOf } from './table';

export function spread(to: Assembly, items: readonly Item[]): Spread {
  const [x, block, paddings] = items as [Tensor, Tensor, Tensor];
  const sizes = to.list(block, 'a block');
  const flat = to.list(paddings, 'paddings');
  if (sizes.some((size) => !(size >= 1)) || flat.length !== 2 * sizes.length)
    throw new NotExpressible('paddings of another number of axes');
  return new Spread(
    x,
    sizes,
    sizes.map((_, i) => [flat[2 * i]!, flat[2 * i + 1]!]),
  );
}

/** A convolution over one axis is written as one over two, the other of size one. */
export function widened(to: Assembly, { x, block, paddings }: Spread, items: readonly Item[]): Spread {
  const rank = to.rank(x) + 1;
  const [given] = to.list(items[1] as Tensor, 'an axis');
  const axis = given! < 0 ? given! + rank : given!;
  if (axis < 1 || axis > block.length + 1) throw new NotExpressible('examples made of positions');
  const at = <T>(list: readonly T[], fresh: T): T[] => [...list.slice(0, axis - 1), fresh, ...list.slice(axis - 1)];
  return new Spread(to.unsqueeze(x, [axis]), at(block, 1), at<readonly [number, number]>(paddings, [0, 0]));
}

export function narrowed(to: Assembly, node: TfNode, { block, make }: Folded): Folded {
  const axes = node.attributes.get('squeeze_dims')?.ints ?? node.attributes.get('axis')?.ints ?? [];
  const [given] = axes;
  const axis = given !== undefined && given < 0 ? given + block.length + 2 : given;
  if (axes.length !== 1 || block[axis! - 1] !== 1) throw new NotExpressible('examples made of positions');
  const without = block.filter((_, i) => i !== axis! - 1);
  return new Folded(without, (crops) =>
    to.squeeze(make([...crops.slice(0, axis! - 1), [0, 0], ...crops.slice(axis! - 1)]), [axis!]),
  );
}

export function dilated(
  to: Assembly,
  node: TfNode,
  name: string,
  { x, block, paddings }: Spread,
  items: readonly Item[],
): Folded {
  if (!DILATABLE.has(node.op)) throw new NotExpressible('examples made of positions');
  const rest = items.slice(1) as Tensor[];
  return new Folded(block, (crops) => {
    // What is cut off in the end need not be padded, at a stride of one.
    const padding = paddings.map(([before, after], i) => [before - crops[i]![0], after - crops[i]![1]] as const);
    if (padding.flat().some((each) => each < 0)) throw new NotExpressible('a cut into the values');
    const dilated: Dilated = { block, padding };
    return to.at({ name, kind: node.op }, () => rowOf(node.op)!(new TfCall(node, [x, ...rest], to, dilated)) as Tensor);
  });
}

export function positionwise(
  to: Assembly,
  node: TfNode,
  name: string,
  pending: Folded,
  items: readonly Item[],
): Folded {
  if (!POSITIONWISE.has(node.op)) throw new NotExpressible('examples made of positions');
  return new Folded(pending.block, (crops) => {
    const inputs = items.map((item) => (item === pending ? pending.make(crops) : (item as Tensor)));
    return to.at({ name, kind: node.op }, () => rowOf(node.op)!(new TfCall(node, inputs, to)) as Tensor);
  });
}

export function gatheredBack(to: Assembly, items: readonly Item[]): Tensor {
  const [x, block, crops] = items;
  if (!(x instanceof Folded)) throw new NotExpressible('positions made of examples');
  const sizes = to.list(block as Tensor, 'a block');
  const flat = to.list(crops as Tensor, 'crops');
  if (sizes.length !== x.block.length || sizes.some((size, i) => size !== x.block[i]))
    throw new NotExpressible('another block than before');
  return x.make(sizes.map((_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const));
}
