/** TensorFlow's lists of values, in which loops collect their steps: known while a file is read, and no values of the graph. */
import * as host from '../tensors/array';
import { isArray, NotExpressible, range } from '../tensors/array';
import { AcrossBatch, type Assembly, symbolic, type Tensor } from '../tensors/assembly';
import { type Item, TensorList, tensorOf } from './items';
import type { TfNode } from './node';
import * as moves from '../tensors/moves';

/** More places than any loop that is unrolled fills. */
const LONGEST = 1e5;

type Row = (to: Assembly, items: readonly Item[], node: TfNode) => readonly Item[];

const listOf = (item: Item | undefined): TensorList => {
  if (!(item instanceof TensorList)) throw new NotExpressible('a list that is none');
  return item;
};
const numberOf = (to: Assembly, item: Item | undefined, what: string): number => to.list(tensorOf(item), what)[0]!;
const bounded = (count: number): number => {
  if (!(count >= 0 && count <= LONGEST)) throw new NotExpressible(`a list of ${count} values`);
  return count;
};

/** Every place along the first axis as a value of its own. */
function unstacked(to: Assembly, x: Tensor): TensorList {
  const rank = to.rank(x);
  const [count] = to.shape(x) as [number];
  // Steps along the first axis are no examples.
  if (symbolic(count)) throw new AcrossBatch('a list of a free number of values');
  const only = (value: number): (number | null)[] => range(rank).map((axis) => (axis === 0 ? value : null));
  const ones = range(rank).map(() => 1);
  return new TensorList(
    range(bounded(count)).map((at) => {
      const row = moves.slice(to, x, only(at), only(at + 1), ones);
      return isArray(row) ? host.reshaped(row, row.shape.slice(1)) : to.squeeze(row, [0]);
    }),
  );
}

const complete = ({ items }: TensorList): readonly Tensor[] =>
  items.map((item) => {
    if (item === null) throw new NotExpressible('a list with places that were never set');
    return item;
  });

function stacked(to: Assembly, list: TensorList): Tensor {
  const items = complete(list);
  if (!items.length) throw new NotExpressible('an empty list');
  return moves.concat(
    to,
    items.map((item) => to.unsqueeze(item, [0])),
    0,
  );
}

const set = (list: TensorList, index: number, item: Tensor): TensorList => {
  if (!(index >= 0 && index < bounded(Math.max(index + 1, list.items.length))))
    throw new NotExpressible(`place ${index} of ${list.items.length}`);
  const items = [...list.items];
  while (items.length <= index) items.push(null);
  items[index] = item;
  return new TensorList(items);
};

/** One row per op on lists. */
const rows: Readonly<Record<string, Row>> = {
  TensorListFromTensor: (to, [x]) => [unstacked(to, tensorOf(x))],
  TensorListReserve: (to, [, count]) => [
    new TensorList(range(bounded(numberOf(to, count, 'a length'))).map(() => null)),
  ],
  EmptyTensorList: () => [new TensorList([])],
  TensorListPushBack: (_to, [list, x]) => [new TensorList([...listOf(list).items, tensorOf(x)])],
  TensorListPopBack: (_to, [list]) => {
    const items = complete(listOf(list));
    const last = items.at(-1);
    if (!last) throw new NotExpressible('an empty list');
    return [new TensorList(items.slice(0, -1)), last];
  },
  TensorListGetItem: (to, [list, index]) => {
    const at = numberOf(to, index, 'a place');
    const item = listOf(list).items[at];
    if (!item) throw new NotExpressible(`place ${at} of a list, which was never set`);
    return [item];
  },
  TensorListSetItem: (to, [list, index, x]) => [set(listOf(list), numberOf(to, index, 'a place'), tensorOf(x))],
  TensorListStack: (to, [list]) => [stacked(to, listOf(list))],
  TensorListGather: (to, [list, indices]) => {
    const { items } = listOf(list);
    const picked = to.list(tensorOf(indices), 'places').map((at) => items[at] ?? null);
    return [stacked(to, new TensorList(picked))];
  },
  TensorListConcatV2: (to, [list]) => [moves.concat(to, complete(listOf(list)), 0)],
  TensorListLength: (_to, [list]) => [host.wholes([listOf(list).items.length], [])],
  TensorListResize: (to, [list, size]) => {
    const { items } = listOf(list);
    return [new TensorList(range(bounded(numberOf(to, size, 'a length'))).map((at) => items[at] ?? null))];
  },
};

export const listRowOf = (op: string): Row | null => (Object.hasOwn(rows, op) ? rows[op]! : null);
