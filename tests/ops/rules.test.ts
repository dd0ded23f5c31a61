/** Single rules against their definition: slopes in float64, crossings, the softmax's shift, and exact small cases. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { hold } from '../device';
import type { OpName } from '../../src/main/engine/graph/ops';
import { scalars } from '../reference/ops';
import { cases, type Case } from './cases';
import { contextOf, multipliersOf } from './check';
import { distanceToKink } from './kinks';
import { random } from './random';

/** Multipliers of the first input for rows of starts and ends. */
function multipliers<Op extends OpName>(
  op: Op,
  each: Case<Op>,
  start: number[][],
  end: number[][],
  upstream?: number[],
): number[][] {
  const { context, dispose } = contextOf(each);
  const found = tf.tidy(() => {
    const tensor = (rows: number[][], index: number): Tensor =>
      tf.tensor(rows[index]!, [rows[index]!.length / size(index), ...each.inputs[index]!.shape]);
    const size = (index: number): number => each.inputs[index]!.shape.reduce((a, b) => a * b, 1);
    const starts = each.inputs.map((_, index) => tensor(start, index));
    const ends = each.inputs.map((_, index) => tensor(end, index));
    const flow = upstream ? tf.tensor(upstream) : undefined;
    const shape = flow
      ? context.constant.length
        ? multipliersOf(op, each, context, starts, ends).output.shape
        : []
      : [];
    const { passed } = multipliersOf(op, each, context, starts, ends, flow && tf.reshape(flow, [...shape]));
    return passed.map((one) => Array.from(one!.dataSync()));
  });
  dispose();
  return found;
}

const close = (found: readonly number[], expected: readonly number[], within = 1e-6): void => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, index) => expect(Math.abs(found[index]! - value), `${index}`).toBeLessThan(within));
};

const STEPS = new Set(['sign', 'floor', 'hash', 'round', 'hardShrink', 'threshold', 'clippedRelu']);

describe.each(['tensorflow', 'wasm'] as const)('rules on %s', (backend) => {
  beforeAll(async () => {
    await hold(backend);
  });

  describe.each((Object.keys(scalars) as (keyof typeof scalars)[]).filter((op) => !STEPS.has(op)))(
    'the slope of %s',
    (op) => {
      const each = cases[op][0] as Case<OpName>;
      const f = scalars[op] as (x: number, attributes: unknown) => number;
      const { from, within } = each.inputs[0]!;
      const low = from ?? within?.[0];

      test('is within 1e-4 of the float64 one, however short the segment', () => {
        const next = random(7);
        const starts: number[] = [];
        const ends: number[] = [];
        for (const length of [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 9e-3, 1.1e-2, 0.05, 0.09, 0.11, 0.3, 0.5, 1, 4])
          for (let trial = 0; trial < 40; trial++) {
            const start = within
              ? within[0] + next.uniform() * (within[1] - within[0])
              : low === undefined
                ? 3 * next.normal()
                : low + 3 * Math.abs(next.normal());
            const far =
              start + (next.uniform() < 0.5 && (low === undefined || start - length > low) ? -length : length);
            const end = within ? Math.min(far, within[1]) : far;
            starts.push(Math.fround(start));
            ends.push(Math.fround(end));
          }
        const one = { attributes: each.attributes, inputs: [{ shape: [1] }] };
        const [found] = multipliers(op, one as Case<OpName>, [starts], [ends]);
        starts.forEach((start, index) => {
          const end = ends[index]!;
          if (start === end) return;
          // Over tiny segments float64 cancels too: the middle one of a 4e-6 wide segment is as good.
          const delta = Math.abs(end - start);
          const middle = (start + end) / 2;
          const kinked = Math.abs(f(end, each.attributes) - f(start, each.attributes)) > 1e3;
          if (kinked) return;
          const [a, b] =
            delta < 4e-6 &&
            middle > (low ?? -Infinity) + 4e-6 &&
            distanceToKink(op, [{ shape: [1], data: Float64Array.of(middle) }], each.attributes as never) > 4e-6
              ? [middle - 2e-6, middle + 2e-6]
              : [start, end];
          const slope = (f(b, each.attributes) - f(a, each.attributes)) / (b - a);
          expect(Math.abs(found![index]! - slope), `${start} to ${end}, slope ${slope}`).toBeLessThan(
            1e-4 * Math.max(1, Math.abs(slope)),
          );
        });
      });

      test('is the derivative where the segment is a point', () => {
        const step = within ? (within[1] - within[0]) / 21 : 0.4;
        const starts = Array.from({ length: 20 }, (_, i) => Math.fround((low ?? -4) + (i + 0.37) * step));
        const one = { attributes: each.attributes, inputs: [{ shape: [1] }] };
        const [found] = multipliers(op, one as Case<OpName>, [starts], [starts]);
        starts.forEach((start, index) => {
          const derivative = (f(start + 1e-5, each.attributes) - f(start - 1e-5, each.attributes)) / 2e-5;
          expect(Math.abs(found![index]! - derivative), `${start}`).toBeLessThan(
            2e-5 * Math.max(1, Math.abs(derivative)),
          );
        });
      });
    },
  );

  test('a ReLU open at both ends passes exactly 1, closed 0, and where it comes back to its value as it stands', () => {
    const start = [0.1, 1e6, 3, -2, 5, -5, 0, -1];
    const end = [0.1 + 1e-7, 1e6 + 0.125, 3, -3, 5, -5, 0, 3];
    expect(multipliers('relu', { attributes: {}, inputs: [{ shape: [1] }] }, [start], [end])[0]).toEqual([
      1, 1, 1, 0, 1, 0, 0, 0.75,
    ]);
  });

  test('a maximum of two passes by who leads for how long; the first wins a tie', () => {
    const each: Case<'maximum'> = { attributes: {}, inputs: [{ shape: [1] }, { shape: [1] }] };
    const found = multipliers('maximum', each, [[3, 0, 1, 2], [1, 1, 1, 2]], [[3, 4, 1, 0], [9, 1, 1, 2]]); // prettier-ignore
    close(found[0]!, [0.25, 0.75, 1, 0]);
    close(found[1]!, [0.75, 0.25, 0, 1]);
  });

  test('a max pool passes to the winner at the start until the lines cross, then to the winner at the end', () => {
    const each: Case<'maxPool'> = { attributes: { size: [4], strides: [4], padding: [[0, 0]] }, inputs: [{ shape: [4, 1] }] }; // prettier-ignore
    // 0 leads 2 by 3 at the start, 2 leads 0 by 1 at the end; the others never win at an end
    const [found] = multipliers('maxPool', each, [[5, 4, 2, 1]], [[6, 4, 7, 1]]);
    close(found!, [0.75, 0, 0.25, 0]);
    // one winner throughout; ties: the first
    const [tied] = multipliers('maxPool', each, [[1, 5, 5, 0]], [[1, 8, 8, 0]]);
    close(tied!, [0, 1, 0, 0]);
  });

  test('overlapping windows add up what they give to one input', () => {
    const each: Case<'maxPool'> = { attributes: { size: [3], strides: [1], padding: [[0, 0]] }, inputs: [{ shape: [5, 1] }] }; // prettier-ignore
    const [found] = multipliers('maxPool', each, [[0, 0, 4, 0, 0]], [[0, 0, 6, 0, 0]], [1, 10, 100]);
    close(found!, [0, 0, 111, 0, 0]);
  });

  test('padding never wins a max pool of negative values', () => {
    const each: Case<'maxPool'> = { attributes: { size: [2], strides: [2], padding: [[1, 1]] }, inputs: [{ shape: [2, 1] }] }; // prettier-ignore
    const [found] = multipliers('maxPool', each, [[-3, -4]], [[-5, -2]], [1, 10]);
    close(found!, [1, 10]);
  });

  /** The composition exp, sum, reciprocal, product, in float64. */
  const softmaxTwin = (start: number[], end: number[], upstream: number[]): number[] => {
    const shift = (Math.max(...start) + Math.max(...end)) / 2;
    const [e0, e1] = [start, end].map((z) => z.map((value) => Math.exp(value - shift))) as [number[], number[]];
    const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    const [r0, r1] = [1 / sum(e0), 1 / sum(e1)];
    const intoReciprocal = sum(upstream.map((u, i) => (u * (e0[i]! + e1[i]!)) / 2));
    return start.map((z, i) => {
      const slope = end[i] === z ? e0[i]! : (e1[i]! - e0[i]!) / (end[i]! - z);
      return slope * ((upstream[i]! * (r0 + r1)) / 2 - intoReciprocal * r0 * r1);
    });
  };

  test.each([
    ['near', [0.3, -1, 2, 0.5], [0.5, -1, 1.2, 0.9]],
    ['a point', [0.3, -1, 2, 0.5], [0.3, -1, 2, 0.5]],
    ['far', [3, -1, 2, 0.5], [-4, 6, 1.2, 0.9]],
    ['big logits', [1003, 999, 1002, 1000.5], [1002, 1001, 1001.5, 1000]],
    ['a common shift', [1, 2, 0, 0.5], [6, 8, 5, 4.5]],
  ])('softmax is the composition with one shift for both ends: %s', (_name, start, end) => {
    const upstream = [1, -2, 0.5, 3];
    const each: Case<'softmax'> = { attributes: { axis: 0 }, inputs: [{ shape: [4] }] };
    const [found] = multipliers('softmax', each, [start], [end], upstream);
    const expected = softmaxTwin(start, end, upstream);
    close(found!, expected, 3e-6 * Math.max(1, ...expected.map(Math.abs)));
  });

  test.each([
    ['a big common shift', [1, 2, 0, 0.5], [21, 23, 20, 19.5]],
    ['two that share the end, far above the start', [-300, -2, -1, -310], [60, 60.4, -90, -200]],
    ['one after the other', [90, -70, 0, 3], [-70, 40, 0, 3]],
    ['just below what float32 can exponentiate', [0, 1, -2, 0.5], [158, 158.2, -30, 157]],
  ])('softmax passes no more than about what comes of it, and all of that: %s', (_name, start, end) => {
    const each: Case<'softmax'> = { attributes: { axis: 0 }, inputs: [{ shape: [4] }] };
    const upstream = [1, -2, 0.5, 3];
    const ends = [start, end].map((z) => {
      const top = Math.max(...z);
      const exponentials = z.map((value) => Math.exp(value - top));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      return upstream.reduce((total, u, i) => total + (u * exponentials[i]!) / sum, 0);
    });
    for (const [from, to, change] of [[start, end, ends[1]! - ends[0]!], [end, start, ends[0]! - ends[1]!]] as const) {
      const [found] = multipliers('softmax', each, [from], [to], upstream);
      const passed = found!.map((m, i) => m * (to[i]! - from[i]!));
      expect(passed.reduce((a, b) => a + b, 0)).toBeCloseTo(change, 3);
      passed.forEach((value) => expect(Math.abs(value)).toBeLessThan(200));
    }
  }); // prettier-ignore

  test('softmax stays finite where the logits lie far beyond what float32 can exponentiate', () => {
    const each: Case<'softmax'> = { attributes: { axis: 0 }, inputs: [{ shape: [3] }] };
    const [found] = multipliers('softmax', each, [[-1e4, 0, 1e4]], [[1e4, 50, -1e4]], [1, 2, 3]);
    found!.forEach((value) => expect(Number.isFinite(value)).toBe(true));
  });

  test.each(['softmax', 'logSoftmax'] as const)('%s is complete where all is masked at one end', (op) => {
    const each: Case<typeof op> = { attributes: { axis: 0 }, inputs: [{ shape: [4] }] };
    for (const masked of [-1e9, -1e30, -300]) {
      const [start, end] = [new Array<number>(4).fill(masked), [0.5, masked, 1.2, -0.3]];
      const upstream = [1, -2, 0.5, 3];
      for (const [from, to] of [[start, end], [end, start]] as const) {
        const [found] = multipliers(op, each, [from], [to], upstream);
        const f = (z: readonly number[]): number => {
          const top = Math.max(...z);
          const sum = Math.log(z.reduce((total, value) => total + Math.exp(value - top), 0));
          const y = z.map((value) => value - top - sum);
          return upstream.reduce((total, u, i) => total + u * (op === 'softmax' ? Math.exp(y[i]!) : Math.max(y[i]!, -1e30)), 0);
        };
        const passed = found!.reduce((total, m, i) => total + m * (to[i]! - from[i]!), 0);
        found!.forEach((value) => expect(Number.isFinite(value)).toBe(true));
        const scale = found!.reduce((total, m, i) => total + Math.abs(m * (to[i]! - from[i]!)), 1);
        expect(Math.abs(passed - (f(to) - f(from))) / scale, `${masked}`).toBeLessThan(1e-5);
      }
    }
  }); // prettier-ignore

  test('a product passes each factor the middle of the other', () => {
    const each: Case<'mul'> = { attributes: {}, inputs: [{ shape: [1] }, { shape: [1] }] };
    const found = multipliers('mul', each, [[1], [10]], [[3], [14]]);
    expect(found).toEqual([[12], [2]]);
  });

  test('a quotient passes 1 to the dividend and its own middle to the divisor, over the middle of the divisor', () => {
    const each: Case<'div'> = { attributes: {}, inputs: [{ shape: [1] }, { shape: [1] }] };
    const found = multipliers('div', each, [[2], [1]], [[6], [4]]);
    close(found[0]!, [0.4]);
    close(found[1]!, [-0.7]);
    // A vector of length 3 over its length, from a baseline of zeros with the usual guard: nothing large comes of the guard.
    const unit = multipliers('div', each, [[0], [1e-12]], [[3], [3]]);
    close(unit[0]!, [2 / 3]);
    close(unit[1]!, [-1 / 3]);
  });

  test('a quotient whose divisor changes its sign passes as a product with the reciprocal', () => {
    const each: Case<'div'> = { attributes: {}, inputs: [{ shape: [1] }, { shape: [1] }] };
    const found = multipliers('div', each, [[2], [-1]], [[6], [4]]);
    close(found[0]!, [-0.375]);
    close(found[1]!, [1]);
  });
});
