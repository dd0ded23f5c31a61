/** Tables that turn whole numbers into others (Keras's IntegerLookup, a vocabulary of identifiers), as a file fills them when it is loaded. */
import * as host from '../tensors/array';
import { type HostArray, NotExpressible } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import { converted } from '../tensors/casts';
import * as reductions from '../tensors/reductions';
import { nodeOf, type TfFunction } from './graph';
import { Handle, type Item, tensorOf } from './items';
import { DT, isReal, type TfNode, widthOf } from './node';

interface Table {
  readonly keys: HostArray;
  readonly values: HostArray;
}
export type Tables = ReadonlyMap<string, Table>;

/** Numbers that are looked for in one value at the most. */
const MOST_KEYS = 8192;

export const isTable = (op: string): boolean => /^(Mutable|Anonymous)?HashTable(V2)?$/.test(op);
const isFilling = (op: string): boolean => /^(LookupTableImport|InitializeTable)(V2)?$/.test(op);
const isLookup = (op: string): boolean => /^LookupTableFind(V2)?$/.test(op);

/** Tables of the main graph, by the node that makes them; those of texts, and those read from files, are left out. */
export function tablesOf(nodes: readonly TfNode[], functions: ReadonlyMap<string, TfFunction>): Tables {
  const main = new Map(nodes.map((node) => [node.name, node]));
  const tables = new Map<string, Table>();
  const number = (reference: string | undefined): HostArray | null => {
    const node = main.get(nodeOf(reference ?? ''));
    const type = node?.attributes.get('dtype')?.type;
    const known = node?.op === 'Const' && type !== undefined && widthOf(type) !== null;
    return known ? (node.attributes.get('value')?.tensor?.() ?? null) : null;
  };
  const fill = ([table, keys, values]: readonly (string | undefined)[]): void => {
    const [from, to] = [number(keys), number(values)];
    if (table === undefined || !from || !to || from.data.length !== to.data.length) return;
    tables.set(nodeOf(table), { keys: from, values: to });
  };
  for (const node of nodes) {
    if (isFilling(node.op)) fill(node.inputs);
    const called = functions.get(node.attributes.get('f')?.func ?? '');
    const filling = called?.nodes.find(({ op }) => isFilling(op));
    if (called && filling) fill(filling.inputs.map((input) => node.inputs[called.inputs.indexOf(nodeOf(input))]));
  }
  return tables;
}

/** What a table has for each number: another number's is what it has for none. @returns null for other ops, and for texts */
export function lookedUp(to: Assembly, node: TfNode, items: readonly Item[], tables: Tables): Item | null {
  if (!isLookup(node.op) || node.attributes.get('Tin')?.type === DT.string) return null;
  const [handle, given, otherwise] = items;
  const table = handle instanceof Handle ? tables.get(handle.name) : undefined;
  if (!table) throw new NotExpressible('a table that the file does not hold as numbers');
  const { keys, values } = table;
  if (keys.data.length > MOST_KEYS) throw new NotExpressible(`a table of ${keys.data.length}, of at most ${MOST_KEYS}`);
  if (keys.data.some((each) => Math.fround(each) !== each))
    throw new NotExpressible('whole numbers that float32 does not tell apart');
  const x = tensorOf(given);
  const [missing] = to.array(tensorOf(otherwise), 'a default').data as Float64Array;
  const axis = to.rank(x);
  const flat = (array: HostArray): HostArray => host.reshaped(array, [array.data.length]);
  const more = host.mapped(flat(values), (each) => each - missing!);
  const real = isReal(node.attributes.get('Tout')?.type ?? 0);
  const made = (): Tensor => {
    const here = converted(to, to.binary('equal', to.unsqueeze(x, [axis]), flat(keys)), real ? 'real' : 'int32');
    const sum = reductions.reduce(to, 'sum', to.binary('mul', here, more), [axis], false);
    return to.binary('add', sum, real ? host.scalar(missing!) : host.wholes([missing!], []));
  };
  return real ? made() : to.asWhole(made);
}
