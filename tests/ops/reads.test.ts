/**
 * What a row of the table says its rules read is what they read: where it says shapes, they run on tensors that are gone; where
 * it says values, some rule of some case fails on them, so that no activation is kept for nothing.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BackendName } from '../../src/contract/backends';
import { hold } from '../device';
import { OP_NAMES, OPS, readsValues, type OpName } from '../../src/main/engine/graph/ops';
import type { Difference, GradientContext, MultiplierContext, OpRule, Passed } from '../../src/main/engine/ops/rule';
import { ops } from '../../src/main/engine/ops/table';
import { cases, type Case } from './cases';
import { contextOf, difference, rows } from './check';
import { random } from './random';

const COUNT = 3;

/** The numbers that a gradient and a multiplier pass, with the tensors of inputs and output alive or gone. */
function passedBy(op: OpName, each: Case<OpName>, alive: boolean): Record<'gradient' | 'multiplier', () => number[][]> {
  const rule = ops[op] as OpRule<OpName>;
  const { context, dispose } = contextOf(each);
  const next = random(5);
  const drawn = (): Tensor[] =>
    each.inputs.map((input) =>
      tf.tensor(rows(input, COUNT, next), input.constant ? [...input.shape] : [COUNT, ...input.shape]),
    );
  const [start, other] = [drawn(), drawn()];
  const end = other.map((tensor, index) => (context.constant[index] ? start[index]! : tensor));
  // In a tidy of its own: views of the inputs that are made on the way would keep the numbers of what is disposed of.
  const run = (given: readonly Tensor[]): Tensor => tf.tidy(() => rule.run(given, context));
  const output = difference(run(start), run(end));
  const inputs = each.inputs.map((_, index) =>
    context.constant[index] ? null : difference(start[index]!, end[index]!),
  );
  const upstream = tf.tensor(
    Float32Array.from({ length: output.start.size }, () => next.normal()),
    output.start.shape,
  );
  const constants = start.map((tensor, index) => (context.constant[index] ? tensor : null));
  const gradient: GradientContext<OpName> = { ...context, inputs: start, output: output.start, upstream };
  const multiplier: MultiplierContext<OpName> = { ...context, inputs, constants, output, upstream, nonlinearity: 'rescale' }; // prettier-ignore
  const numbers = (passed: Passed): number[][] => passed.map((flow) => (flow ? [...flow.dataSync()] : []));
  if (!alive) {
    const gone = ({ points, start: a, end: b, delta }: Difference): Tensor[] => [points, a, b, delta];
    tf.dispose([...inputs.flatMap((input) => (input ? gone(input) : [])), ...gone(output)]);
  }
  const later = (f: () => Passed) => (): number[][] => {
    try {
      return tf.tidy(() => numbers(f()));
    } finally {
      dispose();
    }
  };
  return { gradient: later(() => rule.gradient(gradient)), multiplier: later(() => rule.multiplier(multiplier)) };
}

const RULES = ['gradient', 'multiplier'] as const;
/** All ops that a run meets; a path never goes through a table of whole numbers. */
const MET = OP_NAMES.filter((op) => op !== 'unknown' && op !== 'embedding');
const linear = (op: OpName, { inputs }: Case<OpName>): boolean =>
  !readsValues(
    op,
    inputs.map((input) => input.constant === true),
  );

describe.each(['tensorflow', 'wasm', 'cpu'] satisfies BackendName[])('on %s', (backend) => {
  beforeAll(async () => {
    await hold(backend);
  });

  const onShapes = MET.flatMap((op) =>
    (cases[op] as readonly Case<OpName>[]).flatMap((each, index) => (linear(op, each) ? [{ op, each, index }] : [])),
  );
  it.each(onShapes)('$op, case $index, reads shapes only', ({ op, each }) => {
    for (const rule of RULES)
      tf.tidy(() => {
        const wanted = passedBy(op, each, true)[rule]();
        expect(wanted.flat().length).toBeGreaterThan(0);
        expect(passedBy(op, each, false)[rule]()).toEqual(wanted);
      });
  });

  const onValues = MET.filter((op) => OPS[op].reads !== 'shapes');
  it.each(onValues)('%s reads values where it says so', (op) => {
    const reading = (cases[op] as readonly Case<OpName>[]).filter((each) => !linear(op, each));
    expect(reading.length).toBeGreaterThan(0);
    for (const each of reading)
      // TensorFlow.js looks for the backend that holds the tensor's numbers.
      tf.tidy(() => {
        expect(() => passedBy(op, each, false).multiplier()).toThrow(/disposed|reading 'backend'/);
      });
  });
});

it('has a case for every form in which an op may be linear', () => {
  for (const op of MET) {
    const forms = new Set((cases[op] as readonly Case<OpName>[]).map((each) => linear(op, each)));
    const { reads } = OPS[op];
    const wanted = reads === 'values' ? [false] : reads === 'shapes' ? [true] : [false, true];
    expect([...forms].sort(), op).toEqual(wanted);
  }
});
