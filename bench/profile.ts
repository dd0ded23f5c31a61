/**
 * Where a sweep's time goes, TensorFlow op by op: profile.ts MODEL.keras INPUTS.npz RULE STEPS, run by tsx. Prints ms per
 * point and calls of every native op.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Rule } from '../src/contract/attribution';
import { attribute } from '../src/main/engine/attribution';
import { devices, type Device } from '../src/main/engine/backends';
import { readArrays } from '../src/main/engine/data';
import { openModel } from '../src/main/engine/formats';

interface Binding {
  executeOp(name: string, attributes: unknown, inputs: readonly number[], outputs: number): { shape: number[] }[];
}

async function main(device: Device): Promise<void> {
  const [model, inputs, rule, steps] = process.argv.slice(2) as [string, string, Rule, string];
  const { graph } = await openModel(model);
  const arrays = await readArrays(inputs);
  const request = {
    inputs: Object.fromEntries(
      graph.inputs.map(({ name }, place) => {
        const { shape, data } = (arrays[name] ?? arrays[`input_${place}`])!;
        return [name, { shape: [1, ...shape.slice(1)], data: data.slice(0, data.length / shape[0]!) }];
      }),
    ),
    baseline: { kind: 'constant', value: 0 } as const,
    target: { index: 0 },
    methods: ['nig'] as const,
    rule,
    steps: Number(steps),
  };
  const run = () => attribute(device, graph, request, { estimateError: false });
  await run();
  const native = tf.backend() as unknown as { binding: Binding };
  const spent = new Map<string, { ms: number; calls: number }>();
  const execute = native.binding.executeOp.bind(native.binding);
  const timedOp: Binding['executeOp'] = (name, attributes, given, outputs) => {
    const begun = performance.now();
    const made = execute(name, attributes, given, outputs);
    const key = `${name} → [${made[0]?.shape.join(', ') ?? ''}]`;
    const before = spent.get(key) ?? { ms: 0, calls: 0 };
    spent.set(key, { ms: before.ms + performance.now() - begun, calls: before.calls + 1 });
    return made;
  };
  // The binding's own properties cannot be assigned.
  native.binding = Object.create(native.binding, { executeOp: { value: timedOp } }) as Binding;
  const begun = performance.now();
  await run();
  const whole = performance.now() - begun;
  const points = Number(steps) + 1;
  process.stdout.write(`${(whole / points).toFixed(2)} ms per point, ${points} points\n`);
  for (const [name, { ms, calls }] of [...spent].sort((a, b) => b[1].ms - a[1].ms).slice(0, 40))
    process.stdout.write(`${(ms / points).toFixed(3).padStart(8)} ms ${String(calls).padStart(5)} × ${name}\n`);
}

devices.use('tensorflow', main).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
