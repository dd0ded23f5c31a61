/**
 * Numbers drawn at random, as dropout draws them: what is compared with a bound that none of them passes is known. Graphs of TensorFlow 1
 * keep their dropout, with a rate that is 0 unless somebody feeds another.
 */
import * as host from '../tensors/array';
import { isArray, NotExpressible } from '../tensors/array';
import { Drawn, type Item, isTensor } from './items';
import type { TfNode } from './node';

const isUniform = (op: string): boolean => /^(RandomUniform|StatelessRandomUniform(V2)?)$/.test(op);
const isDrawing = (op: string): boolean =>
  /^(Stateless)?(Random(GetKeyCounter|StandardNormal|Normal|Uniform|UniformInt|Gamma|Poisson)|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial)/.test(op); // prettier-ignore

const known = (value: number): Item => host.wholes([value], []);

/** 1 where all are, 0 where none is. */
function decided(all: boolean, none: boolean): Item {
  if (!all && !none) throw new NotExpressible(AT_RANDOM);
  return known(all ? 1 : 0);
}
const AT_RANDOM = 'numbers drawn at random';

/** @returns null for other ops */
export function drawnNode(node: TfNode, items: readonly Item[]): Item | null {
  if (isUniform(node.op)) return new Drawn(0, 1);
  if (isDrawing(node.op)) throw new NotExpressible(AT_RANDOM);
  const place = items.findIndex((item) => item instanceof Drawn);
  if (place < 0) return null;
  const { low, high } = items[place] as Drawn;
  if (node.op === 'Identity') return items[place]!;
  if (node.op === 'Floor') {
    if (Math.floor(low) !== Math.ceil(high) - 1) throw new NotExpressible(AT_RANDOM);
    return host.scalar(Math.floor(low));
  }
  const other = items[1 - place];
  if (items.length !== 2 || !other || !isTensor(other) || !isArray(other)) throw new NotExpressible(AT_RANDOM);
  const [least, most] = [Math.min(...other.data), Math.max(...other.data)];
  switch (node.op) {
    case 'Add':
    case 'AddV2':
      return new Drawn(low + least, high + most);
    case 'Sub':
      if (place === 0) return new Drawn(low - most, high - least);
      break;
    case 'Mul':
      if (least >= 0) return new Drawn(low * (low >= 0 ? least : most), high * (high >= 0 ? most : least));
      break;
    case 'GreaterEqual':
      if (place === 0) return decided(low >= most, high <= least);
      break;
    case 'Less':
      if (place === 0) return decided(high <= least, low >= most);
  }
  throw new NotExpressible(AT_RANDOM);
}
