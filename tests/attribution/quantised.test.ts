/** Models that round to steps (tests/field/qdq_int8, made by onnxruntime): F as they round it, contributions on the line that the steps stand for. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type RunResult } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';

const folder = join(import.meta.dirname, '../field');
let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});

async function run(name: string): Promise<RunResult> {
  const path = (file: string): string => join(folder, 'qdq_int8', file);
  const { graph } = await openModel(path(`${name}.onnx`));
  const [result] = await attribute(device, graph, {
    inputs: await readArrays(path(`${name}.in.npz`)),
    baseline: { kind: 'arrays', arrays: await readArrays(path(`${name}.base.npz`)) },
    target: { index: 1 },
    methods: ['nig'],
    rule: 'secant',
    steps: 50,
    accuracy: DEFAULT_ACCURACY,
  });
  return result!;
}

describe.each(['qdq', 'qoperator', 'dynamic'])('%s', (name) => {
  it('is walked on the line, which is near the model that was quantised, with as few walks', async () => {
    const [float, given] = [await run('float'), await run(name)];
    // Of the dynamic one, steps that each value tells itself.
    const [atInput, atBaseline] =
      name === 'dynamic' ? [-0.1637389361858368, -0.22351880371570587] : [-0.16385091841220856, -0.22410577535629272];
    expect(given.atInput[0]).toBeCloseTo(atInput, 5);
    expect(given.atBaseline[0]).toBeCloseTo(atBaseline, 5);
    const [line] = given.remarks.filter(({ kind }) => kind === 'quantised');
    expect(line).toMatchObject({ kind: 'quantised', example: 0 });
    if (line?.kind !== 'quantised') throw new Error('no line');
    expect(line.atInput - line.atBaseline).toBeCloseTo(given.delta[0]!, 6);
    expect(Math.abs(line.atInput - given.atInput[0]!)).toBeLessThan(2e-3);
    expect(given.adaptive!.examples[0]!.stopped).toBe('reached');
    expect(given.adaptive!.examples[0]!.walks).toBeLessThanOrEqual(2 * float.adaptive!.examples[0]!.walks);
    // The pool behind the first convolution: its channels carry what they carry without steps.
    const pool = (of: RunResult): Float32Array => of.layers.find((layer) => layer.name === '3')!.units;
    const [want, have] = [pool(float), pool(given)];
    const apart = have.reduce((sum, value, unit) => sum + Math.abs(value - want[unit]!), 0);
    expect(apart).toBeLessThan(0.03 * want.reduce((sum, value) => sum + Math.abs(value), 0));
    for (const layer of given.layers) if (layer.cut) expect(Math.abs(layer.residual![0]!)).toBeLessThan(1e-5);
  });
});

describe('an output that is a label', () => {
  it.each(['plain', 'zipmap'])(
    '%s.onnx is no target where none is named, and beside none that is computed',
    async (name) => {
      const { graph, summary } = await openModel(join(folder, 'sklearn_mlp', `${name}.onnx`));
      expect(summary.outputs.length).toBe(2);
      expect(summary.defaultOutput).toBe(summary.outputs[1]!.name);
      const inputs = await readArrays(join(folder, 'sklearn_mlp/case.in.npz'));
      expect(Object.keys(await predict(device, graph, inputs))).toEqual([summary.defaultOutput]);
      const [result] = await attribute(device, graph, {
        inputs,
        baseline: { kind: 'constant', value: 0 },
        target: { index: 1, afterActivation: true },
        methods: ['rescale'],
        rule: 'secant',
        steps: 1,
      });
      expect(result!.atInput[0]).toBeCloseTo(0.0070180268958210945, 5);
      expect(result!.terms![0]!.layer).toBe(summary.defaultOutput);
    },
  );
});
