/** Orders that are found one unit after another, by looking what each would do next: bounds of what any method's order can reach. */
import type { Replacement } from '../../../contract/interventions';
import type { Ground } from '../interventions';
import { countsOf, meanOverCounts } from './measures';

/** Rows above which it is left out: half a minute of a small network. */
const MOST_ROWS = 20_000;

export const affordable = (units: number, examples: number): boolean => units * units * examples <= MOST_ROWS;

/**
 * @returns per example the difference of areas, least first less most first, of the order that takes F down fastest and up fastest; and
 * F along both, at the counts of the layer's curves
 * @throws as `Ground.open`, CANCELLED
 */
export async function greedyBounds(
  ground: Ground,
  name: string,
  to: Replacement,
  onShare: (share: number) => void = () => undefined,
): Promise<Record<'best' | 'worst', number[]> & Record<'down' | 'up', number[][]>> {
  const { units } = ground.layer(name);
  const opened = await ground.open([{ layer: name, to }]);
  const { examples, references } = ground;
  const curves: Readonly<Record<'down' | 'up', number[][]>> = { down: [], up: [] };
  let walked = 0;
  for (const side of ['down', 'up'] as const) {
    const sign = side === 'down' ? 1 : -1;
    const out = Array.from({ length: examples }, () => new Uint8Array(units).fill(1));
    const curve = Array.from({ length: examples }, (_, example) => [ground.atInput[example]!]);
    for (let step = 0; step < units; step++) {
      const left = out.map((keep) => [...keep].flatMap((stays, unit) => (stays ? [unit] : [])));
      const each = units - step;
      const found = Array.from({ length: examples }, () => new Float64Array(each));
      await opened.run(
        examples * references * each,
        (row) => {
          const pair = Math.floor(row / each);
          const example = Math.floor(pair / references);
          const keep = out[example]!.slice();
          keep[left[example]![row % each]!] = 0;
          return { pair, keep: [keep] };
        },
        (row, { target }) => {
          found[Math.floor(row / each / references)]![row % each]! += target / references;
        },
      );
      found.forEach((values, example) => {
        let best = 0;
        for (let at = 1; at < each; at++) if (sign * values[at]! < sign * values[best]!) best = at;
        out[example]![left[example]![best]!] = 0;
        curve[example]!.push(values[best]!);
      });
      walked += each;
      onShare(walked / (units * (units + 1)));
    }
    curves[side].push(...curve);
  }
  const counts = countsOf(units);
  const [down, up] = [curves.down, curves.up].map((all) => all.map((curve) => counts.map((count) => curve[count]!)));
  const area = (curve: readonly number[]): number => meanOverCounts(counts, curve);
  const best = up!.map((curve, example) => area(curve) - area(down![example]!));
  // Turned round, the order that does most does least.
  return { best, worst: best.map((value) => -value), down: down!, up: up! };
}
