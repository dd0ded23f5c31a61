/** What is to be known of numbers before they are read, in words. */
import type { Remark } from '../attribution';
import { printable } from '../text';

const number = (value: number): string => String(Number(value.toPrecision(3)));

/** So near an end of the path α tells a reader nothing. */
const AT_END = 1e-6;
const placeWords = (alpha: number): string =>
  alpha < AT_END ? 'right behind the baseline' : alpha > 1 - AT_END ? 'right before the input' : `at α = ${number(alpha)}`; // prettier-ignore

/** One sentence about an example; which one that is, stands beside it. */
export function remarkWords(remark: Remark): string {
  switch (remark.kind) {
    case 'same':
      return 'The baseline is the input itself, so that nothing changes and every contribution is 0.';
    case 'flat':
      return Math.abs(remark.delta) <= remark.resolution
        ? `F is the same at input and baseline as far as float32 tells (difference ${number(remark.delta)}, rounding ${number(remark.resolution)}): residuals and errors relative to it say nothing.`
        : `F hardly differs between input and baseline (${number(remark.delta)}), while the units of ${printable(remark.layer)} carry ${number(remark.carried)} that all but cancels: residuals relative to the difference say nothing.`;
    case 'jump': {
      const layer = printable(remark.layer);
      const turns = remark.decides === null ? 'steps' : `takes other values as ${printable(remark.decides)} turns`;
      return `F jumps by ${number(remark.delta)} ${placeWords(remark.alpha)}, where ${layer} ${turns}: no number of segments resolves which units before it owe how much of that, and their sums hold it to the residuals beside them. In layers behind ${layer} its part is exact. Choose a target before ${layer}, or a baseline on the input's side of the jump.`;
    }
    case 'quantised':
      return `The model rounds its values to steps. The path walks the straight line that these stand for: there F goes from ${number(remark.atBaseline)} to ${number(remark.atInput)}, and contributions are shares of that difference. F(x) and F(x′) are told as the model rounds them.`;
    case 'state': {
      const [first, ...others] = remark.layers.map(printable);
      const which = others.length > 0 ? `${first} and ${others.length} more keep` : `${first} keeps`;
      return `${which} a state from one batch to the next: it is taken as zero here, as it is before the first batch.`;
    }
    case 'dead':
      return nothingThrough(deadWhere(remark));
  }
}

type Dead = Extract<Remark, { kind: 'dead' }>;

const nothingThrough = (where: string): string =>
  `Nothing passes through ${where} along the whole path; their contributions are exactly 0.`;

function deadWhere({ layers }: Dead): string {
  const [dead, units] = layers.reduce(([d, u], layer) => [d + layer.dead, u + layer.units], [0, 0]);
  const most = layers.reduce((a, b) => (b.dead / b.units > a.dead / a.units ? b : a));
  return layers.length === 1
    ? `${dead} of ${units} units of ${printable(most.name)}`
    : `${dead} of ${units} units of ${layers.length} layers (most of all ${printable(most.name)}: ${most.dead} of ${most.units})`;
}

/** Units through which nothing passes, by several runs in one sentence: each is named where they differ. None for no remark. */
export function deadWords(told: readonly { readonly by: string; readonly remark: Remark }[]): readonly string[] {
  const places = new Map<string, string[]>();
  for (const { by, remark } of told) {
    if (remark.kind !== 'dead') continue;
    const where = deadWhere(remark);
    const named = places.get(where);
    if (!named) places.set(where, [by]);
    else if (!named.includes(by)) named.push(by);
  }
  if (places.size === 0) return [];
  const only = places.size === 1 ? [...places.keys()] : null;
  const where = only ?? Array.from(places, ([words, by]) => `${words} by ${by.join(' and ')}`);
  return [nothingThrough(where.length < 3 ? where.join(', and ') : where.join('; '))];
}
