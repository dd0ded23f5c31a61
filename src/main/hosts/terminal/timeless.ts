/** JSON without times and dates: by the same seed the same bytes. */
import type { Judgement } from '../../../contract/judgement';
import type { Study } from '../../engine/study';

/** A value without some of its fields. */
function without<Value extends object, Key extends keyof Value>(
  value: Value,
  ...keys: readonly Key[]
): Omit<Value, Key> {
  const left = { ...value };
  for (const key of keys) delete left[key];
  return left;
}

export const timelessJudgement = (judgement: Judgement): object => ({
  ...without(judgement, 'created'),
  costs: judgement.costs.map((cost) => without(cost, 'milliseconds')),
});

export const timelessStudy = ({ conductance, costs, judgement, ...study }: Study): object => ({
  ...study,
  conductance: conductance && {
    ...conductance,
    layers: conductance.layers.map((layer) => without(layer, 'milliseconds')),
    nig: without(conductance.nig, 'milliseconds'),
  },
  costs: costs && { ...costs, methods: costs.methods.map((method) => without(method, 'all', 'alone')) },
  judgement: judgement && timelessJudgement(judgement),
});
