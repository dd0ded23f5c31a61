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

/**
 * `LAYER:3,LAYER:7` and `LAYER:0-3`; names may hold commas and colons themselves.
 * @returns layer → units, in the order in which they were named
 * @throws INTERVENTION_UNITS
 */
export function unitsFrom(text: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const refused = (given: string, reason: string): MhoError =>
    new MhoError('INTERVENTION_UNITS', { given, reason, example: 'conv2:3,conv2:7' });
  let at = 0;
  for (const part of text.matchAll(/(.+?):(\d+)(?:-(\d+))?(?:,|$)/gs)) {
    if (part.index !== at) break;
    at += part[0].length;
    const [, layer, from, to = from] = part as unknown as [string, string, string, string?];
    const [first, last] = [Number(from), Number(to)];
    if (last < first || last - first >= MOST_UNITS) throw refused(part[0], `${first} to ${last} is no range of units`);
    const units = found.get(layer) ?? [];
    found.set(layer, units);
    for (let unit = first; unit <= last; unit++) if (!units.includes(unit)) units.push(unit);
  }
  if (at < text.length || found.size === 0)
    throw refused(text.slice(at), 'a layer, a colon and a number were expected');
  return found;
}
