/**
 * Units that answer to a change of the inputs, such as a "not" before a word: whose contribution changes most, and what is left of
 * the change of F with them out (1805.12233, section 5, looks for such units in a text network).
 */
import type { AttributionRequest } from '../../../contract/attribution';
import { seededNumbers } from '../attribution/random';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { curves, onGround } from '../interventions';
import { orderOf } from '../judge/measures';
import { fixed } from './choosing';
import { runOf } from './runs';
import { meanOf } from './statistics';

/** Units that are listed, and that are taken out together at the most. */
const LISTED = 8;
const DRAWS = 10;

export interface Answering {
  readonly unit: number;
  /** Mean contribution as it is and changed; mean |difference|; share of the pairs in which the sign turns. */
  readonly before: number;
  readonly after: number;
  readonly change: number;
  readonly turns: number;
}

export interface ContrastLayer {
  readonly layer: string;
  readonly units: number;
  readonly answering: readonly Answering[];
  /** With so many of them out, and with as many by chance: mean |F changed − F| that is left, as a share. */
  readonly counts: readonly number[];
  readonly left: readonly number[];
  readonly byChance: readonly number[];
}

export interface Contrast {
  readonly pairs: number;
  /** Means of F, and of what the change does to it. */
  readonly before: number;
  readonly after: number;
  readonly change: number;
  readonly layers: readonly ContrastLayer[];
}

/**
 * @param changed the same examples, changed
 * @throws as `attribute`, CANCELLED
 */
export async function contrastOf(
  device: Device,
  graph: Graph,
  asked: AttributionRequest,
  changed: AttributionRequest['inputs'],
  layers: readonly string[],
  seed: number,
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<Contrast> {
  const request: AttributionRequest = { ...asked, rule: 'secant', layers };
  const plain = await runOf(device, graph, request, 'nig', { signal });
  const other = fixed({ ...request, inputs: changed }, plain.terms!);
  onShare(0.2);
  const turned = await runOf(device, graph, other, 'nig', { signal });
  onShare(0.4);
  const pairs = plain.examples.length;
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    meanOf(Array.from(a, (value, at) => Math.abs(b[at]! - value)));
  const change = apart(plain.atInput, turned.atInput);
  const done: ContrastLayer[] = [];
  for (const name of layers) {
    const [before, after] = [plain, turned].map((run) => run.layers.find((layer) => layer.name === name)!.units);
    const units = before!.length / pairs;
    const column = (all: Float32Array, unit: number): number[] =>
      Array.from({ length: pairs }, (_, pair) => all[pair * units + unit]!);
    const each = Array.from({ length: units }, (_, unit): Answering => {
      const [a, b] = [column(before!, unit), column(after!, unit)];
      return {
        unit,
        before: meanOf(a),
        after: meanOf(b),
        change: apart(a, b),
        turns: meanOf(a.map((value, pair) => (value * b[pair]! < 0 ? 1 : 0))),
      };
    });
    const order = orderOf(each.map((unit) => unit.change));
    const most = Math.min(LISTED, units - 1);
    const counts = [...Array.from({ length: most + 1 }, (_, count) => count), units];
    const left = async (by: readonly number[]): Promise<number[]> => {
      const orders = Array.from({ length: pairs }, () => by);
      const curve = (of: AttributionRequest) =>
        onGround(device, graph, of, [name], (ground) => curves(ground, name, { kind: 'zero' }, orders, counts), { signal }); // prettier-ignore
      const [here, there] = [await curve(request), await curve(other)];
      return counts.map((_, at) => apart(here.target.map((F) => F[at]!), there.target.map((F) => F[at]!)) / change); // prettier-ignore
    };
    const own = await left(order);
    const draws: number[][] = [];
    for (let draw = 0; draw < DRAWS; draw++) {
      const next = seededNumbers(seed, units, draw);
      draws.push(await left(orderOf(each.map(() => next()))));
    }
    done.push({
      layer: name,
      units,
      answering: order.slice(0, most).map((unit) => each[unit]!),
      counts,
      left: own,
      byChance: counts.map((_, at) => meanOf(draws.map((draw) => draw[at]!))),
    });
    onShare(0.4 + (0.6 * done.length) / layers.length);
  }
  return { pairs, before: meanOf(plain.atInput), after: meanOf(turned.atInput), change, layers: done };
}
