/** Words of a command line about units that are taken out. */
import { InvalidArgumentError } from 'commander';
import { MhoError } from '../../../contract/errors';
import type { Replacement } from '../../../contract/interventions';

/** `baseline`, `zero`, `mean`, `example:K`, `scale:0.5`, or a number. */
export function replacementFrom(text: string): Replacement {
  const [kind, rest, ...more] = text.split(':');
  const number = (rest ?? '').trim() === '' ? NaN : Number(rest);
  if (more.length === 0) {
    if (rest === undefined && (kind === 'baseline' || kind === 'zero' || kind === 'mean')) return { kind };
    if (kind === 'example' && Number.isSafeInteger(number) && number >= 0) return { kind, example: number };
    if (kind === 'scale' && Number.isFinite(number)) return { kind, factor: number };
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return { kind: 'value', value };
  }
  throw new InvalidArgumentError('Give baseline, zero, mean, example:K, scale:FACTOR or a number.');
}

/** Another example by its place among those of one size. @param pooled which these are @throws EXAMPLES_RANGE */
export function amongPooled(to: Replacement, pooled: readonly number[]): Replacement {
  if (to.kind !== 'example') return to;
  const place = pooled.indexOf(to.example);
  if (place >= 0) return { kind: 'example', example: place };
  const [count, last] = [pooled.length, Math.max(...pooled)];
  throw new MhoError('EXAMPLES_RANGE', { range: String(to.example), count, last });
}

/** More units than anybody lists; a typing error stops here. */
const MOST_UNITS = 100_000;

/** Units of one layer, and where: everywhere, or at positions as they were written. */
export interface NamedUnits {
  readonly layer: string;
  readonly units: readonly number[];
  readonly at: string | null;
}

const refused = (given: string, reason: string): MhoError =>
  new MhoError('INTERVENTION_UNITS', { given, reason, example: 'conv2:3,conv2:7@4x5' });

/**
 * `LAYER:3,LAYER:7`, `LAYER:0-3` and, at some positions alone, `LAYER:3@4x5`; names may hold commas and colons themselves.
 * @returns in the order in which they were named, those of one layer and of the same positions together
 * @throws INTERVENTION_UNITS
 */
export function unitsFrom(text: string): readonly NamedUnits[] {
  const found = new Map<string, NamedUnits & { readonly units: number[] }>();
  let end = 0;
  for (const part of text.matchAll(/(.+?):(\d+)(?:-(\d+))?(?:@([\dx*+-]+))?(?:,|$)/gs)) {
    if (part.index !== end) break;
    end += part[0].length;
    const [, layer, from, to = from, at = null] = part as unknown as [string, string, string, string?, string?];
    const [first, last] = [Number(from), Number(to)];
    if (last < first || last - first >= MOST_UNITS) throw refused(part[0], `${first} to ${last} is no range of units`);
    const key = JSON.stringify([layer, at]);
    const { units } = found.get(key) ?? found.set(key, { layer, units: [], at }).get(key)!;
    for (let unit = first; unit <= last; unit++) if (!units.includes(unit)) units.push(unit);
  }
  if (end < text.length || found.size === 0)
    throw refused(text.slice(end), 'a layer, a colon and a number were expected');
  return [...found.values()];
}

/** More positions than anybody lists. */
const MOST_POSITIONS = 1_000_000;

/**
 * Positions as they were written, `4x5`, `12`, `0-3x*` or several joined by `+`, rows before columns.
 * @param sizes of a layer without its units
 * @returns flat, each once
 * @throws INTERVENTION_UNITS
 */
export function positionsFrom(text: string, layer: string, sizes: readonly number[]): readonly number[] {
  const refuse = (reason: string): MhoError => refused(`${layer}@${text}`, reason);
  if (sizes.length === 0) throw refuse(`units of ${layer} have no positions`);
  const has = `${layer} has ${sizes.join('x')} positions`;
  const found = new Set<number>();
  for (const part of text.split('+')) {
    const axes = part.split('x');
    if (axes.length !== sizes.length) throw refuse(has);
    let flat = [0];
    for (const [axis, written] of axes.entries()) {
      const size = sizes[axis]!;
      const range = /^(\d+)(?:-(\d+))?$/.exec(written);
      if (!range && written !== '*') throw refuse(`${written === '' ? 'nothing' : written} is no position`);
      const first = range ? Number(range[1]) : 0;
      const last = range ? Number(range[2] ?? range[1]) : size - 1;
      if (last < first || last >= size) throw refuse(has);
      if (flat.length * (last - first + 1) > MOST_POSITIONS) throw refuse('so many positions are not listed');
      flat = flat.flatMap((before) => Array.from({ length: last - first + 1 }, (_, at) => before * size + first + at));
    }
    for (const position of flat) found.add(position);
  }
  return [...found];
}
