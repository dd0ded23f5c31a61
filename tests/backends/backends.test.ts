import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../src/contract/backends';
import { MhoError } from '../../src/contract/errors';
import { cpuDevice, devices, gpuDevice, peakMemory } from '../../src/main/engine/backends';
import { hold, letGo } from '../device';
import { tryActiveBackend } from '../../src/main/engine/backends/trial';

const load = createRequire(import.meta.url);

describe('a device', () => {
  it.each(['wasm', 'cpu'] as const)('is %s, which computes and says what it is', async (name) => {
    await hold(name);
    const before = tf.memory().numTensors;
    const { info, fused, records } = await hold(name);
    expect(tf.getBackend()).toBe(name);
    expect(info).toMatchObject({ name, device: expect.stringMatching(/^CPU: .+, 1 core$/) as string });
    expect(info.version).toMatch(/4\.22\.0$/);
    expect({ fused, records }).toEqual({ fused: null, records: false });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is the native one first, with one tfjs engine and without the union package, on a Node of today', async () => {
    const util = load('node:util') as Record<string, unknown>;
    for (const removed of ['isNullOrUndefined', 'isArray']) delete util[removed]; // as Node 23 has
    const { info, fused } = await hold('auto');
    expect(info.name).toBe('tensorflow');
    expect(info.version).toMatch(/^TensorFlow \d+\.\d+\.\d+$/);
    expect(info.device).toMatch(/^[CG]PU: /);
    expect(fused, 'compiled by set-up with the binding').not.toBeNull();
    const core = load('@tensorflow/tfjs-core') as typeof tf;
    expect(core.engine()).toBe(tf.engine());
    const loaded = Object.keys(load.cache).filter((path) =>
      /@tensorflow\/tfjs(-layers|-data|-converter)?\/dist/.test(path),
    );
    expect(loaded).toEqual([]);
  });

  it('stays usable when another is opened', async () => {
    for (const name of BACKENDS) {
      await hold(name);
      await hold(name);
      expect(Array.from(tf.tidy(() => tf.relu(tf.tensor1d([-1, 2])).dataSync()))).toEqual([0, 2]);
    }
  });
});

describe('a backend that computes wrongly', () => {
  afterAll(() => tf.removeBackend('wrong'));

  it('fails its trial, and leaves no tensor', async () => {
    await hold('cpu');
    const factory = tf.findBackendFactory('cpu');
    tf.registerBackend('wrong', factory);
    for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'wrong' });
    tf.unregisterKernel('BatchMatMul', 'wrong');
    tf.registerKernel({
      kernelName: 'BatchMatMul',
      backendName: 'wrong',
      kernelFunc: ({ inputs }) => tf.zerosLike(inputs.a as tf.Tensor),
    });
    await tf.setBackend('wrong');
    (tf.backend() as tf.KernelBackend & { firstUse: boolean }).firstUse = false; // no greeting
    const before = tf.memory().numTensors;
    await expect(tryActiveBackend()).rejects.toThrow('a trial product came out as 0, 0, 0, 0');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the list of backends', () => {
  beforeAll(letGo);

  it('has all, best first, and marks the one that the choice opens', async () => {
    const reports = await devices.list('wasm');
    expect(reports.map(({ name }) => name)).toEqual([...BACKENDS]);
    expect(reports.map(({ available }) => available)).toEqual([true, true, true]);
    expect(reports.filter(({ chosen }) => chosen).map(({ name }) => name)).toEqual(['wasm']);
  });

  it('says why the GPU is not used, and what to do', async () => {
    const [native] = await devices.list();
    if (native!.device!.startsWith('GPU')) return expect(native!.reason).toBeNull();
    expect(native!.reason).toMatch(/CUDA|GPU/);
    expect(native!.remedy).not.toBe('');
  });
});

describe('descriptions', () => {
  it('name the processor with its cores', () => {
    expect(cpuDevice(1)).toMatch(/^CPU: .+, 1 core$/);
    expect(cpuDevice(64)).toMatch(/, 64 cores$/);
  });

  it('find no GPU where there is no driver', () => expect(gpuDevice('/nowhere')).toBeNull());

  it('know the peak of memory in bytes', () => {
    expect(peakMemory()).toBeGreaterThanOrEqual(process.memoryUsage().rss * 0.9);
  });
});

describe('BACKEND_UNAVAILABLE', () => {
  it('names backend, reason and remedy', () => {
    const error = new MhoError('BACKEND_UNAVAILABLE', {
      backend: 'tensorflow',
      reason: 'no pip',
      remedy: 'Install pip.',
    });
    expect(error.message).toBe('BACKEND_UNAVAILABLE: The backend tensorflow cannot be used: no pip. Install pip.');
  });
});
