/** How a run behaves: chunks, groups, references, targets, path starts, cancel, errors, and nothing left on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttributionRequest, Progress, RunResult } from '../../src/contract/attribution';
import { phaseWords } from '../../src/contract/words/progress';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openCase, worst, type ReferenceCase } from './cases';

let device: Device;
let plain: ReferenceCase;
let gated: ReferenceCase;
let motif: ReferenceCase;
let before = 0;

beforeAll(async () => {
  device = await hold('auto');
  [plain, gated, motif] = await Promise.all([openCase('plain'), openCase('gated'), openCase('motif')]);
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

const run = (reference: ReferenceCase, changes: Partial<AttributionRequest> = {}, options = {}): Promise<RunResult[]> =>
  attribute(device, reference.graph, { ...reference.request, ...changes }, options);

const agree = (a: RunResult, b: RunResult, tolerance = 1e-5): void => {
  expect(a.layers.map(({ name }) => name)).toEqual(b.layers.map(({ name }) => name));
  a.layers.forEach((layer, place) =>
    expect(worst(layer.contributions, b.layers[place]!.contributions), layer.name).toBeLessThan(tolerance),
  );
};

describe('chunks', () => {
  it.each([3, 4, 7, 64, 500])('of %i rows change nothing but rounding', async (chunkRows) => {
    const [all] = await run(plain, { steps: 12, chunkRows: 13 });
    const [other] = await run(plain, { steps: 12, chunkRows });
    agree(other!, all!);
    other!.layers.forEach((layer, place) => {
      const size = layer.contributions.length / layer.sum.length;
      layer.error!.forEach((error, example) => {
        const own = layer.contributions.subarray(example * size, (example + 1) * size);
        const scale = own.reduce((sum, value) => sum + Math.abs(value), 0);
        expect(Math.abs(error - all!.layers[place]!.error![example]!), layer.name).toBeLessThan(1e-5 * scale);
      });
    });
  });

  it('of odd and even numbers of steps give the sums of the whole grid', async () => {
    for (const rule of ['secant', 'trapezoid', 'right', 'left'] as const) {
      const [whole] = await run(motif, { rule, steps: 9, chunkRows: 40 });
      const [split] = await run(motif, { rule, steps: 9, chunkRows: 4 });
      agree(split!, whole!);
    }
  });

  it('too large for the memory budget are refused with what they need', async () => {
    await expect(run(plain, { memoryMB: 0.01 })).rejects.toMatchObject({ code: 'MEMORY_BUDGET' });
  });
});

describe('methods in one run', () => {
  it('give what each gives alone', async () => {
    const methods = ['nig', 'rescale', 'gradient-difference', 'internal-influence'] as const;
    const together = await run(motif, { methods, steps: 10 });
    expect(together.map(({ method }) => method)).toEqual(methods);
    for (const [place, method] of methods.entries())
      agree((await run(motif, { methods: [method], steps: 10 }))[0]!, together[place]!);
  });

  it('gradient × difference is the gradient at the input times the difference', async () => {
    const [result] = await run(motif, { methods: ['gradient-difference'], layers: ['sequence'] });
    const [right] = await run(motif, { rule: 'right', steps: 1, layers: ['sequence'] });
    agree(result!, right!);
    expect(result!.layers[0]!.residual).toBeNull();
  });

  it('internal influence is the mean gradient: times the difference at the input it is Integrated Gradients', async () => {
    const [influence] = await run(motif, { methods: ['internal-influence'], steps: 64, layers: ['sequence'] });
    const [integrated] = await run(motif, { rule: 'trapezoid', steps: 64, layers: ['sequence'] });
    const input = motif.request.inputs.sequence!.data;
    const product = influence!.layers[0]!.contributions.map((value, at) => value * (input[at]! - 0.25));
    expect(worst(product, integrated!.layers[0]!.contributions)).toBeLessThan(1e-5);
  });
});

describe('references', () => {
  it('several: contributions are their mean, with the spread', async () => {
    const references = { shape: [3, 12, 6], data: Float32Array.from({ length: 216 }, (_, at) => Math.sin(at) / 4) };
    const contexts = { shape: [3, 3], data: new Float32Array(9) };
    const single = async (reference: number) => {
      const series = { shape: [1, 12, 6], data: references.data.slice(reference * 72, (reference + 1) * 72) };
      const context = { shape: [1, 3], data: new Float32Array(3) };
      return (await run(gated, { steps: 4, baseline: { kind: 'arrays', arrays: { series, context } } }))[0]!;
    };
    const alone = [await single(0), await single(1), await single(2)];
    const arrays = { series: references, context: contexts };
    const [mean] = await run(gated, { steps: 4, baseline: { kind: 'arrays', arrays } });
    mean!.layers.forEach((layer, place) => {
      const parts = alone.map((each) => each.layers[place]!.contributions);
      const expected = parts[0]!.map((value, at) => (value + parts[1]![at]! + parts[2]![at]!) / 3);
      expect(worst(layer.contributions, expected), layer.name).toBeLessThan(1e-5);
      const spread = expected.map((m, at) => Math.sqrt(parts.reduce((sum, part) => sum + (part[at]! - m) ** 2, 0) / 2));
      expect(worst(layer.spread!, spread), layer.name).toBeLessThan(1e-4);
    });
  });

  it('a constant is the array of it', async () => {
    const [constant] = await run(motif, { baseline: { kind: 'constant', value: 0.25 } });
    agree(constant!, (await run(motif))[0]!);
  });
});

describe('targets', () => {
  it('minus another is the difference of the two runs', async () => {
    const layers = ['conv2'];
    const [first] = await run(plain, { target: { index: 3 }, layers });
    const [second] = await run(plain, { target: { index: 5 }, layers });
    const [both] = await run(plain, { target: { index: 3 }, minus: { index: 5 }, layers });
    const expected = first!.layers[0]!.contributions.map((value, at) => value - second!.layers[0]!.contributions[at]!);
    expect(worst(both!.layers[0]!.contributions, expected)).toBeLessThan(1e-4);
    expect(both!.target[0]).toBe('logits[3] − logits[5]');
  });

  it('at a hidden neuron ends the graph there', async () => {
    const [result] = await run(plain, { target: { layer: 'conv2', index: [2, 3, 4] } });
    expect(result!.layers.map(({ name }) => name)).toEqual(['image', 'conv1', 'conv2']);
    expect(result!.target[0]).toBe('conv2[2, 3, 4]');
    for (const layer of result!.layers)
      expect(Math.abs(layer.residual![0]!)).toBeLessThan(1e-5 * Math.abs(result!.delta[0]!) + 1e-7);
  });

  it('behind a final softmax is the value before it, or after it on request', async () => {
    const residual = await openCase('residual');
    const [logit] = await run(residual, { target: { index: 2 }, steps: 2 });
    expect(logit!.target[0]).toBe('logits[2]');
    const target = { index: 2, afterActivation: true };
    const [probability] = await run(residual, { target, steps: 2 });
    expect(probability!.target[0]).toBe('classes[2]');
    const outputs = await predict(device, residual.graph, residual.request.inputs);
    expect(probability!.atInput[0]).toBeCloseTo(outputs[residual.graph.outputs[0]!.name]!.data[2]!, 5);
    for (const layer of probability!.layers.filter(({ cut }) => cut))
      expect(Math.abs(layer.residual![0]!), layer.name).toBeLessThan(1e-5);
  });

  it.each([
    [{ index: 10 }, 'OUTPUT_INDEX'],
    [{ layer: 'conv2', index: [8, 0, 0] }, 'TARGET_SHAPE'],
    [{ layer: 'conv9', index: 0 }, 'LAYER_UNKNOWN'],
  ])('%o is refused as %s', async (target, code) => {
    await expect(run(plain, { target })).rejects.toMatchObject({ code });
  });
});

describe('a path from a hidden layer', () => {
  it('is a straight line there: its own layer gets Integrated Gradients of the rest, complete', async () => {
    const [result] = await run(plain, { pathStart: 'pool1', steps: 16 });
    expect(result!.layers[0]!.name).toBe('pool1');
    expect(result!.pathStart).toBe('pool1');
    const [fromInput] = await run(plain, { steps: 16 });
    expect(worst(result!.delta, fromInput!.delta)).toBeLessThan(1e-6);
    for (const layer of result!.layers)
      layer.residual?.forEach((residual, at) => expect(Math.abs(residual / result!.delta[at]!)).toBeLessThan(1e-5));
    const other = fromInput!.layers.find(({ name }) => name === 'pool1')!;
    expect(worst(result!.layers[0]!.contributions, other.contributions)).toBeGreaterThan(1e-3);
  });

  it('is refused where the target can be reached around it', async () => {
    await expect(run(gated, { pathStart: 'gate' })).rejects.toMatchObject({ code: 'PATH_START' });
  });
});

describe('a cancel', () => {
  it('takes effect at the next chunk and keeps the examples that are complete', async () => {
    const cancel = new AbortController();
    let chunks = 0;
    const onProgress = (): void => {
      chunks += 1;
      if (chunks === 5) cancel.abort();
    };
    const results = await run(plain, { steps: 8, chunkRows: 5 }, { signal: cancel.signal, onProgress });
    expect(chunks).toBe(5);
    expect(results[0]).toMatchObject({ complete: false, examples: [0, 1] });
    const [whole] = await run(plain, { steps: 8, chunkRows: 5 });
    const [conv1] = whole!.layers.filter(({ name }) => name === 'conv1');
    const kept = results[0]!.layers.find(({ name }) => name === 'conv1')!;
    expect(kept.contributions.length).toBe(conv1!.contributions.length / 2);
    expect(worst(kept.contributions, conv1!.contributions.slice(0, kept.contributions.length))).toBeLessThan(1e-6);
  });

  it('keeps the methods that are complete', async () => {
    const cancel = new AbortController();
    const methods = ['nig', 'rescale'] as const;
    const onResult = (): void => cancel.abort();
    const results = await run(plain, { methods, steps: 8, chunkRows: 5 }, { signal: cancel.signal, onResult });
    expect(results.map(({ method, complete }) => [method, complete])).toEqual([['rescale', true]]);
  });
});

describe('progress', () => {
  it('waits while a result is being kept', async () => {
    const heard: string[] = [];
    const onResult = async ({ method }: { method: string }): Promise<void> => {
      heard.push(`${method} comes`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      heard.push(`${method} is kept`);
    };
    const onProgress = ({ phase }: Progress): void => {
      if (heard.at(-1) !== phaseWords(phase)) heard.push(phaseWords(phase));
    };
    await run(plain, { methods: ['nig', 'rescale'], steps: 8, chunkRows: 5 }, { onResult, onProgress });
    expect(heard).toEqual([
      'DeepLIFT and differences',
      'rescale comes',
      'rescale is kept',
      'path of 8 steps',
      'nig comes',
      'nig is kept',
    ]);
  });

  it('counts up to the total and follows F along the path', async () => {
    const seen: Progress[] = [];
    const [result] = await run(
      motif,
      { steps: 16, chunkRows: 5 },
      { onProgress: (progress: Progress) => seen.push(progress) },
    );
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ done: seen[0]!.total, alpha: 1, remainingMs: 0 });
    const ends = seen.filter(({ alpha }) => alpha === 1);
    ends.forEach(({ expected, running }, example) => {
      expect(expected).toBeCloseTo(result!.delta[example]!, 4);
      expect(running).toBeCloseTo(expected, 4);
    });
  });
});

describe('inputs', () => {
  const bad: readonly (readonly [string, Partial<AttributionRequest>, string])[] = [
    ['missing', { inputs: {} }, 'INPUT_MISSING'],
    ['of another shape', { inputs: { image: { shape: [1, 8, 8], data: new Float32Array(64) } } }, 'INPUT_SHAPE'],
    ['of another name', { inputs: { imagf: { shape: [1, 8, 8, 1], data: new Float32Array(64) } } }, 'INPUT_UNKNOWN'],
    ['not finite', { inputs: { image: { shape: [1, 8, 8, 1], data: new Float32Array(64).fill(NaN) } } }, 'INPUT_VALUE'],
    ['with no steps', { steps: 0 }, 'STEPS_INVALID'],
    ['with half a step', { steps: 2.5 }, 'STEPS_INVALID'],
  ];
  it.each(bad)('%s are refused', async (_name, changes, code) => {
    await expect(run(plain, changes)).rejects.toMatchObject({ code });
  });
});
