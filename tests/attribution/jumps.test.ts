/** Where F jumps, no path resolves what leads there: the layer that jumps is named, and what decides it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type Remark, type RunResult } from '../../src/contract/attribution';
import { remarkWords } from '../../src/contract/words/remarks';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { ValueId } from '../../src/main/engine/graph/graph';
import { hold } from '../device';

let device: Device;
beforeAll(async () => {
  device = await hold();
});

type Add = (name: string, op: Parameters<GraphBuilder['add']>[0], inputs: ValueId[], attributes?: object) => ValueId;
type Make = (hidden: ValueId, add: Add, constant: (...values: number[]) => ValueId) => ValueId;

/** relu of a dense layer, and what is made of it: from 0 to x, its sum goes from 0 to 4. */
async function run(make: Make): Promise<RunResult> {
  const builder = new GraphBuilder('net');
  const layer = (name: string, output: ValueId): void =>
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
  let constants = 0;
  const constant = (...values: number[]): ValueId =>
    builder.constant({ shape: [values.length], data: Float32Array.from(values) }, `c${constants++}`);
  const add: Add = (name, op, inputs, attributes = {}) => {
    const output = builder.add(op, inputs, attributes as never, name);
    layer(name, output);
    return output;
  };
  const x = builder.input('x', [3]);
  layer('x', x);
  const weights = builder.constant({ shape: [3, 3], data: Float32Array.of(1, 0, 2, 0, 1, -1, 0.5, 0, 1) }, 'w');
  const dense = add('dense', 'matmul', [x, weights], { transposeA: false, transposeB: false });
  const hidden = add('hidden', 'relu', [dense]);
  builder.output('out', make(add('sum', 'sum', [hidden], { axes: [0], keepDims: true }), add, constant));
  const [result] = await attribute(device, builder.build(), {
    inputs: { x: { shape: [1, 3], data: Float32Array.of(1, 0.5, 0.3) } },
    baseline: { kind: 'constant', value: 0 },
    target: { index: 0 },
    methods: ['nig'],
    rule: 'secant',
    steps: 8,
    accuracy: DEFAULT_ACCURACY,
  });
  return result!;
}
const jumpsOf = ({ remarks }: RunResult): readonly Remark[] => remarks.filter(({ kind }) => kind === 'jump');
/** Of x: 1.15 + 0.5 + 1.8 */
const SUM = 3.45;

const CASES: Readonly<
  Record<string, readonly [Make, layer: string, decides: string | null, alpha: number, delta: number]>
> = {
  'a choice that the path decides': [
    (sum, add, constant) =>
      add('chosen', 'select', [
        add('above', 'greater', [sum, constant(1)]),
        add('twice', 'mul', [sum, constant(2)]),
        add('bent', 'tanh', [sum]),
      ]),
    'chosen',
    'above',
    1 / SUM,
    2 - Math.tanh(1),
  ],
  'a choice behind a condition that is turned around': [
    (sum, add, constant) => {
      const not = add('not', 'sub', [constant(1), add('above', 'greaterEqual', [sum, constant(2)])]);
      return add('chosen', 'select', [not, constant(5), add('twice', 'mul', [sum, constant(2)])]);
    },
    'chosen',
    'above',
    2 / SUM,
    -1,
  ],
  'a step': [
    (sum, add, constant) =>
      add('out', 'mul', [add('stepped', 'sign', [add('apart', 'sub', [sum, constant(1.5)])]), constant(3)]),
    'stepped',
    null,
    1.5 / SUM,
    6,
  ],
  'a truth that is multiplied': [
    (sum, add, constant) => add('out', 'mul', [add('above', 'greater', [sum, constant(1)]), sum]),
    'above',
    null,
    1 / SUM,
    1,
  ],
};

describe('what jumps', () => {
  it.each(Object.entries(CASES))('%s', async (_, [make, layer, decides, alpha, delta]) => {
    const result = await run(make);
    expect(result.adaptive!.examples[0]!.stopped).toBe('limit');
    const [jump, ...more] = jumpsOf(result);
    expect(more).toEqual([]);
    expect(jump).toMatchObject({ kind: 'jump', example: 0, layer, decides });
    const found = jump as Extract<Remark, { kind: 'jump' }>;
    expect(found.alpha).toBeCloseTo(alpha, 4);
    expect(found.delta).toBeCloseTo(delta, 2);
    // What it says is exact, is; and what it says of the residuals too.
    const behind = result.layers.findIndex(({ name }) => name === layer);
    result.layers.forEach(({ cut, sum, residual }, at) => {
      if (cut && at >= behind) expect(sum[0]).toBeCloseTo(result.delta[0]!, 5);
      if (residual) expect(Math.abs(residual[0]!)).toBeLessThan(0.02 * Math.abs(result.delta[0]!));
    });
  });

  it('is no choice whose values meet where it turns', async () => {
    const result = await run((sum, add, constant) => {
      const apart = add('apart', 'sub', [sum, constant(1)]);
      return add('chosen', 'select', [add('above', 'greater', [apart, constant(0)]), apart, constant(0)]);
    });
    expect(jumpsOf(result)).toEqual([]);
  });

  it('is told by layer, with what is exact and what to do', () => {
    const jump = {
      kind: 'jump',
      example: 0,
      layer: 'If_32',
      decides: 'GreaterOrEqual_30',
      alpha: 0.00012,
      delta: -0.5,
    } as const;
    expect(remarkWords(jump)).toBe(
      'F jumps by -0.5 at α = 0.00012, where If_32 takes other values as GreaterOrEqual_30 turns: no number of segments resolves ' +
        'which units before it owe how much of that, and their sums hold it to the residuals beside them. In layers behind If_32 ' +
        "its part is exact. Choose a target before If_32, or a baseline on the input's side of the jump.",
    );
    expect(remarkWords({ ...jump, decides: null, alpha: 1e-30 })).toMatch(
      /^F jumps by -0\.5 right behind the baseline, where If_32 steps:/,
    );
  });
});
