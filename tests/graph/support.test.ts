/** The table of what each method gives for each op says what the code does, and stands in the documentation as it is here. */
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { factsOf, OP_NAMES, OPS, type OpName } from '../../src/main/engine/graph/ops';
import { opSupport, supportOf, supportTable } from '../../src/main/engine/graph/support';
import { variation } from '../../src/main/engine/graph/varied';
import type { OpRule } from '../../src/main/engine/ops/rule';
import { ops } from '../../src/main/engine/ops/table';
import { folder } from '../attribution/cases';
import { cases, type Case } from '../ops/cases';
import { contextOf, rows } from '../ops/check';
import { random } from '../ops/random';

const POINTS = 4001;

/**
 * ∫ gradient · dx along the straight line between two random places, over what the op's output changes by there.
 * @returns largest deviation over what changes
 */
function missedByGradient(op: OpName, { inputs, ...rest }: Case<OpName>, across: boolean): number {
  const rule = ops[op] as OpRule<OpName>;
  const { context, dispose } = contextOf({ inputs, ...rest });
  const next = random(17);
  const ends = inputs.map((input) => [0, 1].map(() => rows(input, 1, next)) as [Float32Array, Float32Array]);
  if (across) ends[0] = [ends[0]![0].map(() => -2), ends[0]![1].map(() => 3.3)];
  const missed = tf.tidy(() => {
    const given = inputs.map((input, place) => {
      const [from, to] = ends[place]!;
      if (input.constant) return tf.tensor(from, [...input.shape]);
      const alpha = tf.reshape(tf.linspace(0, 1, POINTS), [POINTS, ...input.shape.map(() => 1)]);
      const at = (data: Float32Array) => tf.tensor(data, [1, ...input.shape]);
      return tf.add(tf.mul(tf.sub(1, alpha), at(from)), tf.mul(alpha, at(to)));
    });
    const output = rule.run(given, context);
    const flow = rule.gradient({ ...context, inputs: given, output, upstream: tf.onesLike(output) });
    let sum = 0;
    flow.forEach((passed, place) => {
      const x = given[place]!;
      if (!passed || inputs[place]!.constant) return;
      const axes = x.shape.flatMap((size, axis) => (size === 1 && passed.shape[axis] !== 1 ? [axis] : []));
      const settled = axes.length ? tf.sum(passed, axes, true) : passed;
      const size = [POINTS - 1, ...x.shape.slice(1)];
      const [early, late] = [(t: tf.Tensor) => tf.slice(t, 0, size), (t: tf.Tensor) => tf.slice(t, 1, size)];
      const middle = tf.mul(tf.add(early(settled), late(settled)), 0.5);
      sum += tf.sum(tf.mul(middle, tf.sub(late(x), early(x)))).dataSync()[0]!;
    });
    const totals = tf.sum(tf.reshape(output, [POINTS, -1]), 1).dataSync();
    const size = output.size / POINTS;
    return Math.abs(sum - (totals[POINTS - 1]! - totals[0]!)) / Math.sqrt(size);
  });
  dispose();
  return missed;
}

describe('what the table says of an op', () => {
  beforeAll(async () => {
    await hold('wasm');
  });

  it('has a rule for parts where it says so, and none where it says none', () => {
    for (const op of OP_NAMES) expect(ops[op].parts !== undefined, op).toBe(supportOf(op).revealCancel !== 'none');
  });

  it.each(OP_NAMES.filter((op) => supportOf(op).nig === 'exact'))('%s: its derivative adds up to its change', (op) => {
    for (const each of cases[op] as readonly Case<OpName>[])
      // a jump in some of its forms: `opSupport` tells them by their attributes
      if (!factsOf(op).jumps?.(each.attributes)) expect(missedByGradient(op, each, false)).toBeLessThan(2e-2);
  });

  it.each(OP_NAMES.filter((op) => OPS[op].passing === 'jump'))('%s: its derivative misses its jumps', (op) => {
    const [each] = cases[op] as readonly Case<OpName>[];
    expect(missedByGradient(op, each!, true)).toBeGreaterThan(0.1);
  });
});

it('stands in the documentation', () => {
  const path = resolve(import.meta.dirname, '../../docs/formats.md');
  const text = readFileSync(path, 'utf8');
  const place = /(<!-- ops: made by tests\/graph\/support\.test\.ts -->\n\n)[^]*?(\n\n<!-- \/ops -->)/;
  expect(text).toMatch(place);
  const wanted = text.replace(place, (_whole, before: string, after: string) => before + supportTable() + after);
  if (process.env['MHO_WRITE_DOCS']) writeFileSync(path, wanted);
  expect(text, 'MHO_WRITE_DOCS=1 writes it anew').toBe(wanted);
});

it('is told of a model, node by node', async () => {
  const { graph } = await openModel(`${folder('gated')}/model.keras`);
  const found = opSupport(graph);
  expect(found.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(graph.nodes.length);
  const products = found.filter(({ op }) => op === 'matmul');
  // Dense layers, and the attention's product of two values that vary.
  expect(products.map(({ revealCancel }) => revealCancel).sort()).toEqual(['exact', 'none']);
  expect(found.find(({ op }) => op === 'softmax')).toMatchObject({ nig: 'exact', rescale: 'exact', genomics: 'none' });
});

it('says where the path starts', async () => {
  const { graph } = await openModel(`${folder('gated')}/model.keras`);
  expect(variation(graph).varied.walked).toEqual([
    { name: 'series', behind: [] },
    { name: 'context', behind: [] },
  ]);
});
