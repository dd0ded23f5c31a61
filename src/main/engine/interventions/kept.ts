/** What stays of a layer where some of its units are replaced: of its units, or, where positions were chosen, of its neurons. */
import { MhoError } from '../../../contract/errors';
import type { Intervention } from '../../../contract/interventions';
import { sizeOf } from '../graph/graph';
import type { Replaced } from './rows';

/** 1 what stays, 0 what is replaced. @throws OUTPUT_INDEX */
export function keptOf(
  { shape, unitAxis }: Pick<Replaced, 'shape' | 'unitAxis'>,
  { layer, units, positions }: Pick<Intervention, 'layer' | 'units' | 'positions'>,
): Uint8Array {
  const count = unitAxis === null ? 1 : shape[unitAxis]!;
  const within = (index: number, size: number): void => {
    if (index >= size) throw new MhoError('OUTPUT_INDEX', { index, layer, size, last: size - 1 });
  };
  for (const unit of units) within(unit, count);
  if (!positions) {
    const keep = new Uint8Array(count).fill(1);
    for (const unit of units) keep[unit] = 0;
    return keep;
  }
  const size = sizeOf(shape);
  const inner = unitAxis === null ? 1 : sizeOf(shape.slice(unitAxis + 1));
  for (const position of positions) within(position, size / count);
  const keep = new Uint8Array(size).fill(1);
  for (const unit of units)
    for (const position of positions) {
      const before = Math.floor(position / inner);
      keep[(before * count + unit) * inner + (position % inner)] = 0;
    }
  return keep;
}

/** The same turned round: only these stay. */
export const turned = (keep: Uint8Array): Uint8Array => keep.map((stays) => 1 - stays);
