/**
 * TensorFlow itself: the kernels of @tensorflow/tfjs-node-gpu over the binding that set-up builds. Only the backend and
 * its kernels are loaded, not the package's entry, which would bring tfjs-layers, -converter, -data and two more
 * backends, and look for the binding by a tool of its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { whyNotTrusted } from '../../../../scripts/setup/trust.mjs';

/** An attribute of a TensorFlow op, as the binding takes it: a TF_AttrType number and the value. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
}

/** What is used of the package's untyped insides. */
export interface NativeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  binding: NativeBinding;
  executeSingleOutput(op: string, attributes: readonly NativeAttribute[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  /** The tensors' numbers in the binding; uploads those that are not there yet. */
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  getDTypeInteger(dtype: tf.DataType): number;
  createOutputTensor(made: NativeTensor): tf.Tensor;
}

/** A tensor as the binding tells of it. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface NativeBinding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_STRING: number;
  isUsingGpuDevice(): boolean;
  executeOp(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[];
  /** 64-bit whole numbers come as pairs of 32-bit ones. */
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  /** @returns the session's number */
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(session: number, inputs: readonly number[], inputNames: string, outputNames: string): NativeTensor[];
  deleteSavedModel(session: number): void;
}

const load = createRequire(import.meta.url);

/** The folder of the package, or null when it is not installed. */
export const packageFolder = (): string | null => {
  try {
    return dirname(load.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    return null;
  }
};

/** Two functions that the package calls, which Node 22 warns of and Node 23 removed (tfjs issue 8609). */
const restoreRemovedUtilities = (): void => {
  const util = load('node:util') as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
};

/**
 * Runs `work` while `require('@tensorflow/tfjs')` inside the package gives tfjs-core: all that its kernels use of the
 * union package. So there is one engine, and half the loading time.
 */
const withCoreAsUnion = <Result>(inside: NodeJS.Require, work: () => Result): Result => {
  const union = inside.resolve('@tensorflow/tfjs');
  const before = inside.cache[union];
  if (before) return work();
  const core = new Module(union);
  core.exports = inside('@tensorflow/tfjs-core');
  core.loaded = true;
  inside.cache[union] = core;
  try {
    return work();
  } finally {
    delete inside.cache[union];
  }
};

let fusedLoaded = false;

/** Whether the ops of kernels/fused.cc are there; without them the same is done by ordinary ops. */
export const fusedKernelsAreLoaded = (): boolean => fusedLoaded;

const loadFusedKernels = (path: string): void => {
  if (!existsSync(path)) return;
  // Idle threads of the fused kernels sleep at once: TensorFlow's own want the cores.
  process.env.OMP_WAIT_POLICY ??= 'passive';
  process.env.GOMP_SPINCOUNT ??= '0';
  try {
    fusedLoaded = (load(path) as { readonly ready: boolean }).ready;
  } catch {
    // It needs the compiler's threading library, which may have gone since: slower without, never broken.
  }
};

/**
 * Loads the native library and registers it with tfjs as `tensorflow`. Throws what the system's loader says when a
 * library is missing or does not fit.
 */
export const registerNative = (): void => {
  if (tf.findBackendFactory('tensorflow')) return;
  const folder = packageFolder();
  if (!folder) throw new Error('the package @tensorflow/tfjs-node-gpu is not installed');
  const binary = join(folder, 'lib/napi-v8/tfjs_binding.node');
  if (!existsSync(binary)) throw new Error('it has not been set up');
  const wrong = whyNotTrusted(join(realpathSync(dirname(binary)), '../..'), join(folder, '../../..'));
  if (wrong) throw new Error(`it is not loaded, since ${wrong}`);
  // All of these are read when the library loads. oneDNN's kernels are a quarter faster.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // TensorFloat-32 keeps ten bits of a factor: a GPU's products would leave residuals of 1e-3.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  // Sessions have threads of their own, and as many as they ask for; see sessionConfig.ts.
  process.env.TF_OVERRIDE_GLOBAL_THREADPOOL ??= '1';
  const quiet = join(folder, 'lib/napi-v8/quiet.node');
  if (existsSync(quiet)) load(quiet);
  const binding = load(binary) as NativeBinding;
  loadFusedKernels(join(folder, 'lib/napi-v8/fused.node'));
  restoreRemovedUtilities();
  const inside = createRequire(join(folder, 'dist/index.js'));
  const { NodeJSKernelBackend } = withCoreAsUnion(inside, () => {
    inside('./register_all_kernels');
    return inside('./nodejs_kernel_backend') as {
      NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => NativeBackend;
    };
  });
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'));
};

/** The native backend, which must be the active one. */
export const nativeBackend = (): NativeBackend => tf.backend() as NativeBackend;
