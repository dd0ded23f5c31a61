/** What is held stays as it is at the input, so that padded and full examples answer one question: against float64 truth. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';
import { selectExamples } from '../../src/main/hosts/terminal/inputs';
import { hold } from '../device';

const folder = (name: string): string => join(import.meta.dirname, '../field', name);
let device: Device;
beforeAll(async () => {
  device = await hold('wasm');
});

/** L1 distance to the truth, as a share of it. */
const off = (have: ArrayLike<number>, want: ArrayLike<number>): number => {
  const apart = Array.from(want, (value, i) => Math.abs(have[i]! - value)).reduce((a, b) => a + b, 0);
  return apart / Array.from(want, Math.abs).reduce((a, b) => a + b, 0);
};

describe('an attention mask that is converted to real numbers', () => {
  let model: OpenedModel;
  let inputs: AttributionRequest['inputs'];
  let expected: AttributionRequest['inputs'];
  beforeAll(async () => {
    model = await openModel(join(folder('mask-cast'), 'bert.onnx'));
    inputs = await readArrays(join(folder('mask-cast'), 'inputs.npz'));
    expected = await readArrays(join(folder('mask-cast'), 'expected.npz'));
  });
  const run = async (example: number, more: Partial<AttributionRequest> = {}): Promise<RunResult> => {
    const [result] = await attribute(device, model.graph, {
      inputs: selectExamples(inputs, [example]),
      baseline: { kind: 'arrays', arrays: { input_ids: { shape: [1, 10], data: new Float32Array(10) } } },
      target: { layer: 'out', index: 1 },
      methods: ['nig'],
      rule: 'secant',
      steps: 128,
      ...more,
    });
    return result!;
  };

  it('is held, and the token ids are walked behind their table', () => {
    expect(variation(model.graph).varied).toEqual({
      walked: [{ name: 'word', behind: ['input_ids'] }],
      held: [{ input: 'attention_mask', why: 'mask', walkable: true }],
    });
  });

  it.each([0, 4])('gives what float64 gives, of example %i', async (example) => {
    const result = await run(example);
    const [atInput, atBaseline] = expected[`ex${example}_F`]!.data;
    expect(result.atInput[0]).toBeCloseTo(atInput!, 4);
    expect(result.atBaseline[0]).toBeCloseTo(atBaseline!, 4);
    let compared = 0;
    for (const { name, contributions } of result.layers) {
      const truth = expected[`ex${example}_${name === 'word' ? 'in0' : name}`];
      if (!truth) continue;
      expect(off(contributions, truth.data), name).toBeLessThan(0.01);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(8);
  });
});
