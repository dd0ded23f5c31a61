/** Every rule for positive and negative parts against its definition, in float64. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { OP_NAMES, OPS, readsValues, type OpName } from '../../src/main/engine/graph/ops';
import type { OpRule } from '../../src/main/engine/ops/rule';
import { ops } from '../../src/main/engine/ops/table';
import { hold } from '../device';
import type { Nd } from '../reference/ops';
import { linearWeights, passage, type Parts, type Weights } from '../reference/parts';
import { cases, type Case, type Input } from './cases';
import { contextOf, difference, rows, settled } from './check';
import { refusedInParts } from './every';
import { random, type Random } from './random';

/** A start, and parts of a difference that both are there and stay where the op is defined. */
function sample(input: Input, next: Random): { start: Float32Array; parts: Parts } {
  const [start, end] = [rows(input, 1, next), rows(input, 1, next)];
  const [low, high] = input.within ?? [input.from ?? -Infinity, Infinity];
  const aside = [...start].map((from, i) => {
    const to = end[i]!;
    return Math.min(0.2 + next.uniform(), (high - Math.max(from, to)) / 2, (Math.min(from, to) - low) / 2);
  });
  const part = (sign: 1 | -1): Float64Array =>
    Float64Array.from(start, (from, i) =>
      input.constant ? 0 : Math.fround(sign * (Math.max(sign * (end[i]! - from), 0) + aside[i]!)),
    );
  return { start, parts: { positive: part(1), negative: part(-1) } };
}

const SEEDS = [1, 2];

function check(op: OpName, each: Case<OpName>, nonlinearity: 'rescale' | 'reveal-cancel', seed: number): void {
  const next = random(seed);
  const rule = ops[op] as OpRule<OpName>;
  const { context, dispose } = contextOf(each);
  const samples = each.inputs.map((input) => sample(input, next));
  tf.tidy(() => {
    const tensor = (data: Iterable<number>, index: number): Tensor => {
      const { shape, constant } = each.inputs[index]!;
      return tf.tensor(Float32Array.from(data), constant ? [...shape] : [1, ...shape]);
    };
    const start = samples.map((one, index) => tensor(one.start, index));
    const end = samples.map(({ start: from, parts }, index) =>
      context.constant[index]
        ? start[index]!
        : tensor(
            Array.from(from, (value, i) => value + parts.positive[i]! + parts.negative[i]!),
            index,
          ),
    );
    const output = difference(rule.run(start, context), rule.run(end, context));
    const inputs = each.inputs.map((_, index) =>
      context.constant[index] ? null : difference(start[index]!, end[index]!),
    );
    const constants = start.map((one, index) => (context.constant[index] ? one : null));
    const whole = { ...context, inputs, constants, output, upstream: output.delta, nonlinearity };
    const { size, shape } = output.start;
    const given = samples.map(({ parts }, index) =>
      context.constant[index]
        ? null
        : { positive: tensor(parts.positive, index), negative: tensor(parts.negative, index) },
    );

    // Where two values vary, or the largest is taken, parts pass in the shares of Rescale: its multipliers, output by output.
    const rescaled = (): Weights => {
      const found = each.inputs.map((_, index) => (context.constant[index] ? null : ([] as Float64Array[])));
      for (let out = 0; out < size; out++) {
        const upstream = tf.reshape(tf.oneHot(tf.tensor1d([out], 'int32'), size), shape);
        rule
          .multiplier({ ...whole, upstream: tf.cast(upstream, 'float32') })
          .forEach(
            (flow, index) =>
              flow && found[index]!.push(Float64Array.from(settled(flow, start[index]!.shape).dataSync())),
          );
      }
      return found;
    };
    const examples = samples.map((one, index): Nd => ({
      shape: each.inputs[index]!.shape,
      data: Float64Array.from(one.start),
    }));
    const { passing } = OPS[op];
    const isFunction = passing === 'function' || passing === 'jump';
    const weights = isFunction
      ? []
      : readsValues(op, context.constant)
        ? rescaled()
        : linearWeights(op, examples, context.constant, each.attributes as never);
    const twin = passage(
      op,
      each.attributes as never,
      examples,
      samples.map(({ parts }, index) => {
        const whole = parts.positive.map((value, i) => value + parts.negative[i]!);
        return context.constant[index] ? null : { ...parts, whole };
      }),
      weights,
      nonlinearity,
    );

    const close = (found: Tensor, wanted: Float64Array, what: string): void => {
      const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      found.dataSync().forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!), `${what} ${i}: ${value} for ${wanted[i]}`).toBeLessThan(3e-5 * scale);
      });
    };
    const made = rule.parts!.run(given, whole);
    close(made.positive, twin.parts.positive, 'positive part');
    close(made.negative, twin.parts.negative, 'negative part');
    const flow = (): Float32Array => Float32Array.from({ length: size }, () => next.normal());
    const [up, down] = [flow(), flow()];
    const upstream = { positive: tf.tensor(up, shape), negative: tf.tensor(down, shape) };
    const passed = rule.parts!.multiplier(upstream, given, whole);
    twin.back({ positive: Float64Array.from(up), negative: Float64Array.from(down) }).forEach((wanted, index) => {
      if (!wanted) return expect(passed[index]).toBeNull();
      const { positive, negative } = passed[index]!;
      close(settled(positive, start[index]!.shape), wanted.positive, `positive multiplier of input ${index},`);
      close(settled(negative, start[index]!.shape), wanted.negative, `negative multiplier of input ${index},`);
    });
  });
  dispose();
}

describe('parts, as they are defined', () => {
  beforeAll(async () => {
    await hold('wasm');
  });

  const served = OP_NAMES.filter((op) => ops[op].parts).flatMap((op) =>
    (cases[op] as readonly Case<OpName>[]).flatMap((each, index) =>
      refusedInParts(op, each.inputs) ? [] : [{ op, each, index }],
    ),
  );
  it.each(served)('$op, case $index', ({ op, each, index }) => {
    for (const seed of SEEDS)
      for (const rule of ['rescale', 'reveal-cancel'] as const) check(op, each, rule, seed + 10 * index);
  });
});
