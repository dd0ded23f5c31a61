/** Whether rankings depend on weights and target: what must fall apart does, and what does not depend on them is warned of. */
import { beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../src/main/engine/judge';
import { redrawn } from '../../src/main/engine/judge/sanity';
import type { SanityCheck } from '../../src/contract/judgement';
import { openCase } from '../attribution/cases';
import { hold, inHand } from '../device';
import { sanityWords } from '../../src/contract/words/judgement';

const asked = async (name: 'plain' | 'motif', layers: string[], target?: { index: number }): Promise<SanityCheck[]> => {
  const { graph, request } = await openCase(name);
  const of = { ...request, layers, ...(target && { target }), steps: 16 };
  const how = { request: of, methods: ['nig', 'rescale', 'random'], to: { kind: 'baseline' }, seed: 3, sanity: true } as const; // prettier-ignore
  return (await judge(inHand(), graph, how)).judgement.sanity;
};

beforeAll(async () => void (await hold('tensorflow')));

describe('weights above a layer drawn anew', () => {
  it('take rankings apart, stage by stage from the target down', async () => {
    const checks = await asked('plain', ['conv1', 'conv3']);
    expect(checks.map(({ method, layer }) => `${method} ${layer}`)).toEqual(['nig conv1', 'nig conv3', 'rescale conv1', 'rescale conv3']); // prettier-ignore
    for (const { stages, warns, layer } of checks) {
      expect(stages.map(({ redrawn: count }) => count)).toEqual([...stages.keys()].map((at) => at + 1));
      expect(stages[0]!.layer).toBe('logits');
      expect(stages.at(-1)!.layer).toBe(layer === 'conv1' ? 'conv2' : 'dense1');
      expect(stages.at(-1)!.spearman).toBeLessThan(0.8);
      expect(warns).toEqual({ weights: false, target: false });
    }
  });

  it('leave the array’s own values, and all below', async () => {
    const { graph } = await openCase('plain');
    const drawn = redrawn(graph, new Set(['logits']), 1);
    const changed = graph.values.flatMap((value, id) => (value === drawn.values[id] ? [] : [id]));
    expect(changed.length).toBeGreaterThan(0);
    for (const id of changed) {
      const [before, after] = [graph.values[id]!.constant!, drawn.values[id]!.constant!];
      expect([...after.data].sort()).toEqual([...before.data].sort());
      expect(after.data).not.toEqual(before.data);
      expect(after.shape).toEqual(before.shape);
    }
    expect(redrawn(graph, new Set(['logits']), 1).values).toEqual(drawn.values);
    expect(redrawn(graph, new Set(['logits']), 2).values).not.toEqual(drawn.values);
  });

  it('are warned of where a ranking does not notice', () => {
    const check: SanityCheck = {
      method: 'nig',
      layer: 'conv1',
      stages: [{ layer: 'dense1', redrawn: 2, spearman: 0.97 }],
      otherTarget: 0.1,
      warns: { weights: true, target: false },
    };
    expect(sanityWords(check)).toBe(
      'NIG at conv1 hardly depends on the weights above it: with those of 2 layers re-drawn its ranking is still the same (Spearman 0.97).',
    );
    expect(sanityWords({ ...check, warns: { weights: false, target: false } })).toBeNull();
  });
});
