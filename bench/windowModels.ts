/** What the window is measured on: models and a session of a given size, written as files that anybody could bring. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerResult, RunResult } from '../src/contract/attribution';
import type { Session } from '../src/contract/session';
import { npyBytes, npyHeader } from '../src/main/engine/data/npy';
import { saveSession } from '../src/main/engine/sessions/save'; // not the reader beside it: Playwright loads no import.meta
import { writeLayersModel, type WrittenLayer } from '../tests/layersModelFile';
import { random } from '../tests/random';

/**
 * Blocks of four branches that are joined again, each branch five layers long: 21 layers a block, nothing to weigh.
 * @param count layers, at least
 */
export function branchedModel(folder: string, count: number): string {
  const layers: WrittenLayer[] = [];
  let from = 'input';
  for (let block = 0; layers.length < count; block++) {
    const ends: string[] = [];
    for (let branch = 0; branch < 4; branch++) {
      let at = from;
      for (let depth = 0; depth < 5; depth++) {
        const name = `b${block}_${branch}_${depth}`;
        layers.push({ kind: 'Activation', name, inputs: [at], config: { activation: 'tanh' } });
        at = name;
      }
      ends.push(at);
    }
    layers.push({ kind: 'Add', name: `b${block}_add`, inputs: ends });
    from = `b${block}_add`;
  }
  return writeLayersModel(folder, 'branched', [4], layers);
}

/** A residual net in the proportions of ResNet-18, and one input for it. @returns the model's folder and its inputs */
export function residualModel(folder: string, size = 224): { model: string; inputs: string } {
  const layers: WrittenLayer[] = [];
  const convolution = (
    name: string,
    from: string,
    channels: readonly [number, number],
    kernel: number,
    strides: number,
  ) => {
    layers.push({
      kind: 'Conv2D',
      name,
      inputs: [from],
      config: {
        filters: channels[1],
        kernel_size: [kernel, kernel],
        strides: [strides, strides],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        activation: 'linear',
        use_bias: true,
      },
      weights: { kernel: [kernel, kernel, ...channels], bias: [channels[1]] },
    });
    return name;
  };
  const plain = (kind: string, name: string, inputs: readonly string[], config: object = {}): string => {
    layers.push({ kind, name, inputs, config });
    return name;
  };
  const relu = (name: string, from: string): string => plain('Activation', name, [from], { activation: 'relu' });
  let at = relu('stem_relu', convolution('stem', 'input', [3, 64], 7, 2));
  at = plain('MaxPooling2D', 'stem_pool', [at], { pool_size: [3, 3], strides: [2, 2], padding: 'same' });
  let channels = 64;
  for (const [stage, width] of [64, 128, 256, 512].entries())
    for (let block = 0; block < 2; block++) {
      const name = `s${stage}_b${block}`;
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const first = relu(`${name}_relu1`, convolution(`${name}_conv1`, at, [channels, width], 3, strides));
      const second = convolution(`${name}_conv2`, first, [width, width], 3, 1);
      const skip = strides > 1 ? convolution(`${name}_skip`, at, [channels, width], 1, strides) : at;
      at = relu(`${name}_relu2`, plain('Add', `${name}_add`, [second, skip]));
      channels = width;
    }
  at = plain('GlobalAveragePooling2D', 'pool', [at], { data_format: 'channels_last' });
  layers.push({
    kind: 'Dense',
    name: 'logits',
    inputs: [at],
    config: { units: 1000, activation: 'linear', use_bias: true },
    weights: { kernel: [512, 1000], bias: [1000] },
  });
  const model = writeLayersModel(join(folder, 'residual'), 'residual', [size, size, 3], layers);
  const next = random(8);
  const inputs = join(folder, 'residual-input.npy');
  const shape = [1, size, size, 3];
  const image = Float32Array.from({ length: size * size * 3 }, () => next());
  writeFileSync(inputs, Buffer.concat([npyHeader(shape), npyBytes(image)]));
  return { model, inputs };
}

/** A session of two runs over hidden layers of 10,000 units each. @param units together */
export async function largeSession(path: string, units: number): Promise<string> {
  const next = random(9);
  const width = 10_000;
  const count = units / width;
  const names = Array.from({ length: count }, (_, at) => `layer${String(at).padStart(3, '0')}`);
  const layer = (name: string): LayerResult => {
    // Few are large, most next to nothing, as in a network.
    const contributions = Float32Array.from({ length: width }, () => (next() * 2 - 1) ** 9);
    const sum = contributions.reduce((total, value) => total + value, 0);
    return {
      name,
      kind: 'Dense',
      shape: [width],
      unitAxis: 0,
      cut: true,
      contributions,
      sum: Float32Array.of(sum),
      residual: Float32Array.of(sum - 1),
      error: Float32Array.of(0.01),
      units: contributions,
      unitsError: Float32Array.of(0.01),
      neuronsTotal: Float32Array.of(contributions.reduce((total, value) => total + Math.abs(value), 0)),
      unitsTotal: Float32Array.of(contributions.reduce((total, value) => total + Math.abs(value), 0)),
      certain: null,
      unitError: contributions.map((value) => Math.abs(value) * 0.01),
      spread: null,
    };
  };
  const run = (method: RunResult['method']) => ({
    method,
    rule: method === 'nig' ? ('secant' as const) : null,
    steps: method === 'nig' ? 50 : 1,
    adaptive: null,
    faults: [],
    remarks: [],
    target: ['logits[0]'],
    atInput: Float32Array.of(1),
    atBaseline: Float32Array.of(0),
    delta: Float32Array.of(1),
    deltaUncertainty: Float32Array.of(1e-7),
    alarms: [],
    layers: names.map(layer),
    complete: true,
    examples: [0],
    backend: { name: 'tensorflow' as const, device: 'CPU', version: 'TensorFlow' },
    pathStart: null,
    durationMs: 1,
    question: 0,
  });
  const layerSummary = (name: string, inputs: string[], size: number) => ({
    name,
    kind: 'Dense',
    group: [],
    shape: [size],
    unitAxis: 0,
    units: size,
    parameters: 0,
    inputs,
    unsupported: [],
  });
  const session: Session = {
    created: new Date(0).toISOString(),
    software: { mho: '0', node: process.version, platform: process.platform },
    model: {
      name: 'wide',
      format: 'Keras 3 (.keras)',
      path: join(path, 'gone.keras'),
      hash: 'ab'.repeat(32),
      inputs: [{ name: 'input', shape: [4], dtype: 'float32' }],
      outputs: [{ name: 'logits', shape: [1], dtype: 'float32' }],
      layers: [
        layerSummary('input', [], 4),
        ...names.map((name, at) => layerSummary(name, [names[at - 1] ?? 'input'], width)),
        layerSummary('logits', [names.at(-1)!], 1),
      ],
      parameters: 0,
    },
    questions: [
      {
        inputs: { input: { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) } },
        source: 'inputs.npz',
        examples: [0],
        baseline: { kind: 'constant', value: 0 },
        target: { layer: 'logits', index: 0 },
        minus: null,
      },
    ],
    runs: [run('nig'), run('rescale')],
    errors: [],
    notes: '',
  };
  await saveSession(path, session);
  return path;
}
