/** The two checks of every op on one backend. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { BackendName } from '../../src/contract/backends';
import { hold } from '../device';
import type { OpName } from '../../src/main/engine/graph/ops';
import { ops } from '../../src/main/engine/ops/table';
import type { OpRule } from '../../src/main/engine/ops/rule';
import { cases, type Case } from './cases';
import { checkCompleteness, checkGradient, checkParts, checkSpecial } from './check';
import { specials, type Special } from './special';

/** Every check is made on samples of its own from each. */
const SEEDS = [100, 200, 300];

export function everyOp(backend: BackendName, only?: readonly OpName[]): void {
  beforeAll(async () => {
    await hold(backend);
  });
  describe.each(only ?? (Object.keys(cases) as OpName[]))(`%s on ${backend}`, (op) => {
    if (op === 'unknown') {
      test('is refused by name', () => {
        const rule = ops.unknown as OpRule<'unknown'>;
        const context = { attributes: { kind: 'Mystery' }, constant: [false], fused: null, derive: () => { throw new Error('unused'); } }; // prettier-ignore
        expect(() => rule.run([], context)).toThrow(/OP_UNSUPPORTED.*Mystery/);
      });
      return;
    }
    const each = cases[op] as readonly Case<OpName>[];
    test.each(each.map((one, index) => ({ index, one })))('case $index: value and gradient', ({ index, one }) => {
      for (const seed of SEEDS) checkGradient(op, one, seed + index);
    });
    if (op !== 'embedding')
      test.each(each.map((one, index) => ({ index, one })))('case $index: completeness', ({ index, one }) => {
        for (const seed of SEEDS) checkCompleteness(op, one, seed + index);
      });
    const special = specials[op] as readonly Special[];
    if (special.length)
      test.each(special.map((one, index) => ({ index, one })))('special values $index', ({ one }) =>
        checkSpecial(op, one),
      );
    const inParts = each.filter(({ inputs }) => ops[op].parts && !refusedInParts(op, inputs));
    if (inParts.length)
      test.each(inParts.map((one, index) => ({ index, one })))('case $index: parts', ({ index, one }) => {
        for (const seed of SEEDS)
          for (const rule of ['rescale', 'reveal-cancel'] as const) checkParts(op, one, rule, seed + index);
      });
  });
}

/** RevealCancel refuses products of two varying matrices and values of different rank (RULE_MISSING). */
export const refusedInParts = (op: OpName, inputs: Case<OpName>['inputs']): boolean => {
  if (op === 'matmul') return inputs[0]!.constant === true || !inputs[1]!.constant;
  const ranks = new Set(inputs.filter((input) => !input.constant).map((input) => input.shape.length));
  const widest = Math.max(...inputs.map((input) => input.shape.length));
  return (inputs.length === 2 || op === 'select') && (ranks.size > 1 || !ranks.has(widest));
};
