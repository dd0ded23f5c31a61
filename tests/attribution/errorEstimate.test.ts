/** How far error estimates of even steps can be trusted: against the true errors of every layer, example and unit. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { LayerResult, Rule } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { positionSums } from '../../src/main/engine/attribution/positions';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { CASES, openCase, truthOf } from './cases';

const STEPS: Record<'secant' | 'trapezoid', readonly number[]> = {
  secant: [8, 16, 32, 50, 64, 128],
  trapezoid: [16, 32, 50, 128, 256],
};
/** Below this relative error float32 rounding decides. */
const FLOOR = 2e-5;

/** Estimates and true errors of a layer at an example. */
interface Judged {
  readonly layer: { readonly estimate: number; readonly error: number; readonly total: number };
  readonly neurons: { readonly estimate: number; readonly error: number; readonly total: number };
  readonly units: readonly { readonly estimate: number; readonly error: number; readonly size: number }[];
}

const l1 = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + Math.abs(value), 0);
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (value, place) => value - b[place]!);

function judge(layer: LayerResult, truth: Float32Array, example: number): Judged {
  const examples = layer.sum.length;
  const of = (values: Float32Array): Float32Array => {
    const size = values.length / examples;
    return values.subarray(example * size, (example + 1) * size);
  };
  const want = positionSums(of(truth), 1, layer.shape, layer.unitAxis);
  const errors = apart(of(layer.units), want);
  return {
    layer: { estimate: layer.unitsError![example]!, error: l1(errors), total: l1(want) },
    neurons: {
      estimate: layer.error![example]!,
      error: l1(apart(of(layer.contributions), of(truth))),
      total: l1(of(truth)),
    },
    units: Array.from(of(layer.unitError!), (estimate, unit) => ({
      estimate,
      error: Math.abs(errors[unit]!),
      size: Math.abs(want[unit]!),
    })).filter(({ size, error }) => size > 0 || error > 0),
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const share = <Item>(items: readonly Item[], holds: (item: Item) => boolean): number =>
  items.filter(holds).length / items.length;

describe('the error estimate of even steps', () => {
  let device: Device;
  beforeAll(async () => {
    device = await hold('auto');
  });

  it.each(Object.keys(STEPS) as (keyof typeof STEPS)[])('%s: covers layers, neurons and units', async (rule: Rule) => {
    const judged: Judged[] = [];
    for (const name of CASES) {
      const reference = await openCase(name);
      for (const steps of STEPS[rule as keyof typeof STEPS]) {
        const [result] = await attribute(device, reference.graph, { ...reference.request, rule, steps });
        for (const layer of result!.layers) {
          const truth = truthOf(reference, 'nig', layer.name)?.data;
          if (truth) layer.sum.forEach((_, example) => judged.push(judge(layer, truth, example)));
        }
        expect(result!.alarms, `${name} in ${steps} steps`).toEqual([]);
      }
    }
    for (const kind of ['layer', 'neurons'] as const) {
      const told = judged.map((each) => each[kind]).filter(({ error, total }) => error > FLOOR * total);
      expect(told.length).toBeGreaterThan(300);
      expect(
        share(told, ({ estimate, error }) => error <= estimate),
        kind,
      ).toBeGreaterThanOrEqual(0.94);
      expect(median(told.map(({ estimate, error }) => estimate / error)), kind).toBeLessThan(6);
    }
    const covered = ({ estimate, error }: { estimate: number; error: number }): boolean => error <= estimate;
    expect(share(judged.flatMap(({ units }) => units), covered)).toBeGreaterThanOrEqual(0.95); // prettier-ignore
    const largest = judged.flatMap(({ units }) =>
      [...units].sort((a, b) => b.size - a.size).slice(0, Math.max(1, Math.ceil(units.length / 10))),
    );
    expect(share(largest, covered)).toBeGreaterThanOrEqual(0.95);
  });
});
