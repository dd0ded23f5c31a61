/** WebAssembly and plain JavaScript: tfjs's own backends, the same on every machine. */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const load = createRequire(import.meta.url);

/** Kernels of two tensors that XNNPACK computes: at most six axes; of more it leaves what was in the memory, and complains. */
const XNNPACK = ['Add', 'Sub', 'Multiply', 'RealDiv', 'SquaredDifference'];
const XNNPACK_AXES = 6;

/**
 * Two shapes that broadcast to each other with fewer axes: neighbours on which they broadcast alike are one.
 * @returns the two, of the same number of axes
 */
export function mergedShapes(a: readonly number[], b: readonly number[]): [a: number[], b: number[]] {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: readonly number[]): number[] => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [left, right] = [padded(a), padded(b)];
  const merged: [number[], number[]] = [[], []];
  let before: number | null = null;
  left.forEach((size, axis) => {
    const other = right[axis]!;
    if (size === 1 && other === 1) return;
    const kind = size === other ? 0 : size === 1 ? 1 : 2;
    if (kind === before) {
      merged[0].push(merged[0].pop()! * size);
      merged[1].push(merged[1].pop()! * other);
    } else {
      merged[0].push(size);
      merged[1].push(other);
    }
    before = kind;
  });
  return merged;
}

const withFewAxes = (name: string): void => {
  const config = tf.getKernel(name, 'wasm');
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({
    ...config,
    kernelFunc: (asked) => {
      const { a, b } = asked.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      if (Math.max(a.shape.length, b.shape.length) <= XNNPACK_AXES) return config.kernelFunc(asked);
      const [left, right] = mergedShapes(a.shape, b.shape);
      if (left.length > XNNPACK_AXES) throw new Error(`${name} of ${left.length} axes is more than WebAssembly has`);
      const inputs = { a: { ...infoOf(a), shape: left }, b: { ...infoOf(b), shape: right } };
      const made = config.kernelFunc({ ...asked, inputs }) as tf.TensorInfo;
      return { ...infoOf(made), shape: tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape) };
    },
  });
};
const infoOf = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({ dataId, shape, dtype });

/** log(1 + x), which WebAssembly's own takes literally: of 1e-6 it is 5 % off, of 1e-8 it is 0. */
const withSmallLog1p = (): void => {
  tf.unregisterKernel('Log1p', 'wasm');
  tf.registerKernel({
    kernelName: 'Log1p',
    backendName: 'wasm',
    kernelFunc: ({ inputs }) => {
      const x = inputs.x as tf.Tensor;
      return tf.tidy(() => {
        const whole = tf.add(x, 1);
        const log = tf.log(whole);
        // What rounding 1 + x takes from x, the quotient of logarithm and difference gives back (Kahan).
        const near = tf.mul(x, tf.div(log, tf.sub(whole, 1)));
        const small = tf.where(tf.equal(whole, 1), x, near);
        return tf.where(tf.less(tf.abs(x), 0.5), small, log);
      });
    },
  });
};

/** Registers WebAssembly (SIMD where there is any, one thread: tfjs has no threads in Node). */
export const registerWasm = (): void => {
  if (tf.findBackendFactory('wasm')) return;
  const entry = load.resolve('@tensorflow/tfjs-backend-wasm');
  const { setWasmPaths } = load(entry) as typeof import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(entry)}/`); // from disk: nothing is ever fetched
  XNNPACK.forEach(withFewAxes);
  withSmallLog1p();
};

/** Registers plain JavaScript. */
export const registerCpu = (): void => {
  if (tf.findBackendFactory('cpu')) return;
  load('@tensorflow/tfjs-backend-cpu');
  // Or it greets on standard error, with the advice to install what has just been tried.
  (tf.findBackend('cpu') as tf.KernelBackend & { firstUse: boolean }).firstUse = false;
};

/** Version of an installed package. */
export const packageVersion = (name: string): string => (load(`${name}/package.json`) as { version: string }).version;
