/** What every op is held to, on the active backend: its twin, finite differences of the twin, and completeness. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { OpName } from '../../src/main/engine/graph/ops';
import type { Difference, OpRule, Passed, RunContext } from '../../src/main/engine/ops/rule';
import { ops } from '../../src/main/engine/ops/table';
import { sizeOf, twins, type Nd, type Twin } from '../reference/ops';
import { inHand } from '../device';
import { random, type Random } from './random';
import type { Case, Input } from './cases';
import { distanceToKink } from './kinks';
import type { Special } from './special';

export const rows = (input: Input, count: number, next: Random, scale = 1): Float32Array =>
  Float32Array.from({ length: (input.constant ? 1 : count) * input.shape.reduce((a, b) => a * b, 1) }, () => {
    if (input.below !== undefined) return Math.floor(next.uniform() * input.below);
    if (input.within) return input.within[0] + next.uniform() * (input.within[1] - input.within[0]);
    const value = next.normal() * scale;
    if (input.from !== undefined) return input.from + Math.abs(value);
    return input.ties ? Math.round(2 * value) / 2 : value;
  });

/** How far samples keep from kinks: far beyond the steps of finite differences. */
const MARGIN = 1e-3;

/** What an op's gradient is the gradient of: where values are rounded it passes straight through. */
const smoothTwin = <Op extends OpName>(op: Op): Twin<Op> =>
  (op === 'roundToSteps' ? ([x]: readonly Nd[]) => x! : twins[op as keyof typeof twins]) as Twin<Op>;

/** Numbers of every input, whose rows keep away from the op's kinks; where values are to tie they do not. */
function smoothRows<Op extends OpName>(op: Op, each: Case<Op>, count: number, next: Random): Float32Array[] {
  const data = each.inputs.map((input) => rows(input, count, next));
  if (each.inputs.some((input) => input.ties)) return data;
  for (let row = 0; row < count; row++) {
    const example = (): Nd[] => each.inputs.map((input, index) => rowOf(input, data[index]!, row));
    for (let tries = 0; distanceToKink(op, example(), each.attributes) < MARGIN; tries++) {
      if (tries === 1000) throw new Error(`${op}: no sample away from its kinks`);
      each.inputs.forEach((input, index) => {
        if (!input.constant) data[index]!.set(rows(input, 1, next), row * sizeOf(input.shape));
      });
    }
  }
  return data;
}

const tensor = (input: Input, data: Float32Array, count: number): Tensor =>
  tf.tensor(data, input.constant ? [...input.shape] : [count, ...input.shape]);

/** One row as an array of the twin's. */
const rowOf = (input: Input, data: Float32Array, row: number): Nd => {
  const size = input.shape.reduce((a, b) => a * b, 1);
  const begin = input.constant ? 0 : row * size;
  return { shape: input.shape, data: Float64Array.from(data.subarray(begin, begin + size)) };
};

/** Derived tensors of one node, as the run's weights keep them. */
export function contextOf<Op extends OpName>({ attributes, inputs }: Pick<Case<Op>, 'attributes' | 'inputs'>) {
  const derived = new Map<string, Tensor>();
  const context: RunContext<Op> = {
    attributes,
    constant: inputs.map((input) => input.constant === true),
    fused: inHand().fused,
    derive: (key, make) => {
      if (!derived.has(key)) derived.set(key, tf.keep(tf.tidy(make)));
      return derived.get(key)!;
    },
  };
  return { context, dispose: () => tf.dispose([...derived.values()]) };
}

/** Sums what was broadcast, as the walk does. */
export const settled = (passed: Tensor, shape: readonly number[]): Tensor => {
  expect(passed.rank).toBe(shape.length);
  const axes = shape.flatMap((size, axis) => (size === 1 && passed.shape[axis] !== 1 ? [axis] : []));
  const summed = axes.length ? tf.sum(passed, axes, true) : passed;
  expect(summed.shape).toEqual([...shape]);
  return summed;
};

/** Output of one row against the twin, and gradients against its differences along random directions. */
export function checkGradient<Op extends OpName>(op: Op, each: Case<Op>, seed: number): void {
  const rule = ops[op] as OpRule<Op>;
  const twin = twins[op as keyof typeof twins] as Twin<Op>;
  const next = random(seed);
  const count = 3;
  const data = smoothRows(op, each, count, next);
  const { context, dispose } = contextOf(each);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const inputs = each.inputs.map((input, index) => tensor(input, data[index]!, count));
    const output = rule.run(inputs, context);
    const upstream = tf.tensor(
      Float32Array.from({ length: output.size }, () => next.normal()),
      output.shape,
    );
    const [values, flow] = [output.dataSync(), upstream.dataSync()];
    const size = output.size / count;
    const examples = Array.from({ length: count }, (_, row) =>
      each.inputs.map((input, index) => rowOf(input, data[index]!, row)),
    );
    examples.forEach((example, row) => {
      const expected = twin(example, each.attributes);
      expect(output.shape.slice(1)).toEqual([...expected.shape]);
      expected.data.forEach((value, index) =>
        expect(Math.abs(values[row * size + index]! - value), `output ${index}`).toBeLessThan(
          2e-6 * (10 + Math.abs(value)),
        ),
      );
    });
    const passed = rule
      .gradient({ ...context, inputs, output, upstream })
      .map((flowIn, index) => (flowIn ? settled(flowIn, inputs[index]!.shape).dataSync() : null));
    for (const [index, input] of each.inputs.entries()) {
      if (input.constant || input.ties || op === 'embedding') {
        if (!input.ties) expect(passed[index]).toBeNull();
        continue;
      }
      if (input.below !== undefined) {
        // a condition: between its two values there is no slope
        expect(passed[index]!.every((value) => value === 0)).toBe(true);
        continue;
      }
      for (let trial = 0; trial < 4; trial++)
        examples.forEach((example, row) => {
          const inputSize = example[index]!.data.length;
          const direction = Float64Array.from({ length: inputSize }, () => next.normal());
          const step = 1e-6;
          const shifted = (sign: number): Float64Array =>
            smoothTwin(op)(
              example.map((nd, other) =>
                other === index ? { ...nd, data: nd.data.map((v, i) => v + sign * step * direction[i]!) } : nd,
              ),
              each.attributes,
            ).data;
          const [up, down] = [shifted(1), shifted(-1)];
          let expected = 0;
          let scale = 1;
          up.forEach((value, i) => {
            const term = (flow[row * size + i]! * (value - down[i]!)) / (2 * step);
            expected += term;
            scale += Math.abs(term);
          });
          let found = 0;
          direction.forEach((d, i) => (found += d * passed[index]![row * inputSize + i]!));
          expect(Math.abs(found - expected), `input ${index}, row ${row}`).toBeLessThan(2e-5 * scale);
        });
    }
  });
  dispose();
  expect(tf.memory().numTensors).toBe(before);
}

export const difference = (start: Tensor, end: Tensor): Difference => ({
  shape: start.shape,
  points: tf.concat([start, end]),
  pairs: start.shape[0]!,
  stride: 1,
  start,
  end,
  delta: tf.sub(end, start),
});

/** Multipliers of segments. Call inside tf.tidy. */
export function multipliersOf<Op extends OpName>(
  op: Op,
  each: Case<Op>,
  context: RunContext<Op>,
  start: readonly Tensor[],
  end: readonly Tensor[],
  upstream?: Tensor,
): { passed: Passed; inputs: (Difference | null)[]; output: Difference; upstream: Tensor } {
  const rule = ops[op] as OpRule<Op>;
  const output = difference(rule.run(start, context), rule.run(end, context));
  const inputs = each.inputs.map((input, index) => (input.constant ? null : difference(start[index]!, end[index]!)));
  const flow = upstream ?? tf.onesLike(output.start);
  const passed = rule
    .multiplier({
      ...context,
      inputs,
      constants: each.inputs.map((input, index) => (input.constant ? start[index]! : null)),
      output,
      upstream: flow,
      nonlinearity: 'rescale',
    })
    .map((flowIn, index) => (flowIn ? settled(flowIn, start[index]!.shape) : null));
  return { passed, inputs, output, upstream: flow };
}

/** How far a segment goes, from nowhere to far. */
const LENGTHS = [0, 1e-8, 1e-6, 1e-4, 1e-3, 9e-3, 1.1e-2, 0.1, 1, 3, 10];

/** Σ multiplier · deltaIn = Σ upstream · deltaOut on every segment, to float32 rounding. */
export function checkCompleteness<Op extends OpName>(op: Op, each: Case<Op>, seed: number): void {
  const next = random(seed);
  const count = LENGTHS.length;
  const { context, dispose } = contextOf(each);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const start: Tensor[] = [];
    const end: Tensor[] = [];
    for (const input of each.inputs) {
      const first = rows(input, count, next);
      const size = first.length / (input.constant ? 1 : count);
      const last = first.map((value, i) => {
        if (input.constant) return value;
        if (input.below !== undefined) return Math.floor(next.uniform() * input.below);
        const moved = value + next.normal() * LENGTHS[Math.floor(i / size)]!;
        if (input.ties) return Math.round(2 * moved) / 2;
        if (input.within) return Math.min(Math.max(moved, input.within[0]), input.within[1]);
        return input.from === undefined ? moved : Math.max(moved, input.from);
      });
      start.push(tensor(input, first, count));
      end.push(tensor(input, last, count));
    }
    const shape = (ops[op] as OpRule<Op>).run(start, context).shape;
    const flow = tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next.normal()),
      shape,
    );
    const { passed, inputs, output } = multipliersOf(op, each, context, start, end, flow);
    const sums = new Float64Array(count);
    const scales = new Float64Array(count);
    const gather = (weight: Tensor, of: Difference, sign: 1 | -1): void => {
      const [w, d, a, b] = [weight, of.delta, of.start, of.end].map((t) => t.dataSync()) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      w.forEach((value, i) => {
        const row = Math.floor(i / (w.length / count));
        sums[row]! += sign * value * d[i]!;
        scales[row]! += Math.abs(value) * (Math.abs(a[i]!) + Math.abs(b[i]!));
      });
    };
    passed.forEach((weight, index) => weight && gather(weight, inputs[index]!, 1));
    gather(flow, output, -1);
    sums.forEach((sum, row) => {
      expect(Number.isFinite(sum), `finite, length ${LENGTHS[row]}`).toBe(true);
      expect(Math.abs(sum), `length ${LENGTHS[row]}, scale ${scales[row]}`).toBeLessThan(4e-7 * (scales[row]! + 0.1));
    });
  });
  dispose();
  expect(tf.memory().numTensors).toBe(before);
}

/** Parts add up to the difference, and what flows back through them is what flowed in. */
export function checkParts<Op extends OpName>(
  op: Op,
  each: Case<Op>,
  nonlinearity: 'rescale' | 'reveal-cancel',
  seed: number,
): void {
  const next = random(seed);
  const count = 3;
  const { context, dispose } = contextOf(each);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const start = each.inputs.map((input) => tensor(input, rows(input, count, next), count));
    const end = each.inputs.map((input, index) =>
      input.constant ? start[index]! : tensor(input, rows(input, count, next), count),
    );
    const rule = ops[op] as OpRule<Op>;
    const output = difference(rule.run(start, context), rule.run(end, context));
    const inputs = each.inputs.map((input, index) => (input.constant ? null : difference(start[index]!, end[index]!)));
    const constants = each.inputs.map((input, index) => (input.constant ? start[index]! : null));
    const whole = { ...context, inputs, constants, output, upstream: output.delta, nonlinearity };
    const given = inputs.map(
      (input) => input && { positive: tf.relu(input.delta), negative: tf.minimum(input.delta, 0) },
    );
    const made = rule.parts!.run(given, whole);
    const [up, down, delta] = [made.positive, made.negative, output.delta].map((each) => each.dataSync());
    delta!.forEach((value, i) => {
      const scale = 1 + Math.abs(up![i]!) + Math.abs(down![i]!);
      expect(Math.abs(up![i]! + down![i]! - value)).toBeLessThan(1e-5 * scale);
    });
    const flow = (): Tensor =>
      tf.tensor(
        Float32Array.from(delta!, () => next.normal()),
        output.start.shape,
      );
    const upstream = { positive: flow(), negative: flow() };
    const passed = rule.parts!.multiplier(upstream, given, whole);
    const dot = (a: Tensor, b: Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0]!;
    const out = dot(upstream.positive, made.positive) + dot(upstream.negative, made.negative);
    const back = passed.reduce((total, share, index) => {
      if (!share) return total;
      const { shape } = inputs[index]!;
      const { positive, negative } = given[index]!;
      return total + dot(settled(share.positive, shape), positive) + dot(settled(share.negative, shape), negative);
    }, 0);
    expect(Math.abs(back - out)).toBeLessThan(1e-4 * (1 + Math.abs(out)));
  });
  dispose();
  expect(tf.memory().numTensors).toBe(before);
}

const LOWEST = -3.4028234663852886e38;
const finite = (numbers: Iterable<number>): boolean => [...numbers].every(Number.isFinite);

/**
 * At special places: the twin's value, infinities included; where all is finite a gradient between the derivatives on both
 * sides; and over every segment from one place to another completeness, with no number that is none: infinities are those that
 * stand at the same place at both ends, whose difference is 0.
 */
export function checkSpecial<Op extends OpName>(op: Op, each: Special<Op>): void {
  const rule = ops[op] as OpRule<Op>;
  const twin = twins[op as keyof typeof twins] as Twin<Op>;
  const { context, dispose } = contextOf(each);
  const before = tf.memory().numTensors;
  /** The numbers of an example's inputs, constants among them. */
  const whole = (point: readonly (readonly number[])[]): (readonly number[])[] => {
    const [varying, fixed] = [[...point], [...(each.constants ?? [])]];
    return each.inputs.map((input) => (input.constant ? fixed : varying).shift()!.map(Math.fround));
  };
  const ends = (each.ends ?? []).map(whole);
  const places = [...each.points.map(whole), ...ends];
  const exampleOf = (place: readonly (readonly number[])[]): Nd[] =>
    place.map((numbers, index) => ({ shape: each.inputs[index]!.shape, data: Float64Array.from(numbers) }));
  const expected = places.map((place) => twin(exampleOf(place), each.attributes).data);
  const tensors = (of: readonly (readonly (readonly number[])[])[]): Tensor[] =>
    each.inputs.map((input, index) => {
      const data = input.constant ? of[0]![index]! : of.flatMap((place) => place[index]!);
      return tensor(input, Float32Array.from(data), of.length);
    });

  tf.tidy(() => {
    const values = rule.run(tensors(places), context).dataSync();
    const size = values.length / places.length;
    expected.forEach((wanted, row) =>
      wanted.forEach((value, index) => {
        const found = values[row * size + index]!;
        const as = `value ${index} at ${JSON.stringify(places[row])}: ${found} for ${value}`;
        // TensorFlow's pools begin at float32's lowest number.
        if (op === 'maxPool' && value === -Infinity) expect([-Infinity, LOWEST], as).toContain(found);
        else if (Number.isFinite(value))
          expect(Math.abs(found - value), as).toBeLessThanOrEqual(2e-6 * (1 + Math.abs(value)));
        else expect(found, as).toBe(value);
      }),
    );
  });

  const known = places.filter((place, row) => finite(place.flat()) && finite(expected[row]!));
  const isEnd = (place: readonly (readonly number[])[]): boolean => ends.includes(place as number[][]);
  const next = random(53);
  tf.tidy(() => {
    const inner = known.filter((place) => !isEnd(place));
    if (inner.length === 0) return;
    const inputs = tensors(inner);
    const output = rule.run(inputs, context);
    const upstream = tf.tensor(
      Float32Array.from({ length: output.size }, () => next.normal()),
      output.shape,
    );
    const flow = upstream.dataSync();
    const size = output.size / inner.length;
    const gradient = rule
      .gradient({ ...context, inputs, output, upstream })
      .map((passed, index) => passed && settled(passed, inputs[index]!.shape).dataSync());
    // A segment that is a point passes as the gradient does.
    const { passed } = multipliersOf(op, each, context, inputs, inputs, upstream);
    const atPoints = passed.map((one) => one && one.dataSync());
    inner.forEach((place, row) =>
      each.inputs.forEach((input, index) => {
        if (input.constant || input.below !== undefined) return;
        const own = place[index]!;
        for (let trial = 0; trial < 3; trial++) {
          const direction = own.map(() => next.normal());
          const reach = Math.max(...own.map(Math.abs));
          const step = each.scaleless ? 1e-6 * reach : Math.max(1e-6, 1e-10 * reach);
          const shifted = (times: number): Float64Array => {
            const moved = own.map((value, i) => value + times * step * direction[i]!);
            const beside = exampleOf(place.map((numbers, other) => (other === index ? moved : numbers)));
            return smoothTwin(op)(beside, each.attributes).data;
          };
          // Beside the place, so that what happens at it is not looked at.
          const [left2, left1, right1, right2] = [-2, -1, 1, 2].map(shifted);
          let [low, high, scale] = [0, 0, 1e-3];
          left1!.forEach((value, i) => {
            const u = flow[row * size + i]!;
            const sides = [(u * (value - left2![i]!)) / step, (u * (right2![i]! - right1![i]!)) / step];
            low += Math.min(...sides);
            high += Math.max(...sides);
            scale += Math.max(...sides.map(Math.abs)) + Math.abs((u * value * 1e-10) / step);
          });
          for (const [name, flows] of [
            ['gradient', gradient],
            ['multiplier', atPoints],
          ] as const) {
            const found = direction.reduce((sum, d, i) => sum + d * flows[index]![row * own.length + i]!, 0);
            const as = `${name} of input ${index} at ${JSON.stringify(place)}: ${found} for ${low} to ${high}`;
            expect(found, as).toBeGreaterThanOrEqual(low - 1e-4 * scale);
            expect(found, as).toBeLessThanOrEqual(high + 1e-4 * scale);
          }
        }
      }),
    );
  });

  /** Whether a number is one at both ends, or the same infinity. */
  const stays = (a: number, b: number): boolean => a === b || Number.isFinite(b - a);
  const apart = (a: number, b: number): number => (a === b ? 0 : b - a);
  const size = (...values: number[]): number =>
    values.reduce((sum, value) => sum + (Number.isFinite(value) ? Math.abs(value) : 0), 0);
  tf.tidy(() => {
    const rowsAt = places.map((place, row) => [...place.flat(), ...expected[row]!]);
    const segments = places.flatMap((from, a) =>
      places.flatMap((to, b) =>
        a !== b && rowsAt[a]!.every((value, i) => stays(value, rowsAt[b]![i]!)) ? [[from, to] as const] : [],
      ),
    );
    if (segments.length === 0) return;
    const [start, end] = [tensors(segments.map(([from]) => from)), tensors(segments.map(([, to]) => to))];
    // Of what is infinite all along the segment nothing flows: F is finite.
    const top = rule.run(start, context);
    const upstream = tf.cast(tf.equal(tf.sub(top, top), 0), 'float32');
    const { passed, output } = multipliersOf(op, each, context, start, end, upstream);
    const count = output.start.size / segments.length;
    const [from, to] = [output.start.dataSync(), output.end.dataSync()];
    const flows = passed.map((one) => one && one.dataSync());
    segments.forEach(([a, b], row) => {
      let [sum, scale] = [0, 0];
      for (let i = row * count; i < (row + 1) * count; i++) {
        sum -= apart(from[i]!, to[i]!);
        scale += size(to[i]!, from[i]!);
      }
      each.inputs.forEach((input, index) => {
        if (input.constant) return;
        a[index]!.forEach((value, i) => {
          const weight = flows[index]![row * a[index]!.length + i]!;
          const delta = apart(value, b[index]![i]!);
          if (weight !== 0 && delta !== 0) sum += weight * delta;
          // A slope is made of terms of scale 1, whose rounding the whole segment is multiplied by.
          scale += (size(weight) + 0.1) * size(value, b[index]![i]!);
        });
      });
      const as = `${JSON.stringify(a)} to ${JSON.stringify(b)}: off by ${sum} of ${scale}`;
      expect(Number.isFinite(sum), as).toBe(true);
      expect(Math.abs(sum), as).toBeLessThanOrEqual(3e-6 * (scale + 0.1));
    });
  });
  dispose();
  expect(tf.memory().numTensors).toBe(before);
}
