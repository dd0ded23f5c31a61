/** A layer's weight in one run: the sums that colour the layer graph and widen its edges. */
import type { LayerRecord } from '../../contract/studio';
import { unitCount } from './ranking';

export interface LayerMass {
  /** Σ of the units' positive and Σ of their negative contributions; negative ≤ 0. */
  readonly positive: number;
  readonly negative: number;
  /** Σ over units of |contribution|. */
  readonly mass: number;
  readonly sum: number;
}

/** @param place position of the example in the result's leading axis */
export function layerMass(layer: LayerRecord, place: number): LayerMass {
  const units = unitCount(layer);
  let positive = 0;
  let negative = 0;
  for (let at = place * units; at < (place + 1) * units; at++) {
    const value = layer.units[at]!;
    if (value > 0) positive += value;
    else negative += value;
  }
  return { positive, negative, mass: positive - negative, sum: positive + negative };
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
}

/**
 * What passes through each edge, by completeness: contributions are conserved along a chain, so an edge carries the
 * sum of its source where that has one consumer, the sum of its end where that has one source, and what is left
 * over where all but one edge of a layer are known. Null where none of these tells.
 */
export function edgeFlows(edges: readonly FlowEdge[], sums: ReadonlyMap<string, number>): (number | null)[] {
  const outgoing = grouped(edges.map(({ from }) => from));
  const incoming = grouped(edges.map(({ to }) => to));
  const flows: (number | null)[] = edges.map(({ from, to }) => {
    if (outgoing.get(from)!.length === 1) return sums.get(from) ?? null;
    if (incoming.get(to)!.length === 1) return sums.get(to) ?? null;
    return null;
  });
  for (let changed = true; changed;) {
    changed = false;
    for (const [ends, groups] of [
      ['from', outgoing],
      ['to', incoming],
    ] as const)
      edges.forEach((edge, at) => {
        const total = sums.get(edge[ends]);
        if (flows[at] !== null || total === undefined) return;
        const others = groups.get(edge[ends])!.filter((other) => other !== at);
        if (others.some((other) => flows[other] === null)) return;
        flows[at] = total - others.reduce((known, other) => known + flows[other]!, 0);
        changed = true;
      });
  }
  return flows;
}

/** name → places of the list where it stands */
function grouped(names: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  names.forEach((name, at) => {
    const group = groups.get(name);
    if (group) group.push(at);
    else groups.set(name, [at]);
  });
  return groups;
}
