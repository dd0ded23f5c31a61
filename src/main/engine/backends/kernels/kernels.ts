/**
 * Kernels that the walk wants and tfjs has no op for, registered with tfjs for every backend: called like its own, they run where
 * their tensors are. To add one: a line here, one in native.ts (the TensorFlow op) and one in portable.ts (the same from
 * ordinary ops); the compiler then asks for its case in the tests.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { BackendName } from '../../../../contract/backends';

export interface Kernels {
  /** a / b, and 0 where b is 0; shapes broadcast. The secant slope Δout / Δin. */
  divNoNan(a: Tensor, b: Tensor): Tensor;
  /** a · b, and 0 where b is 0, whatever a is; shapes broadcast. What passes nothing passes nothing through an infinity. */
  mulNoNan(a: Tensor, b: Tensor): Tensor;
  /** end − start, and 0 where both are the same infinity, which stands where it stood. */
  difference(start: Tensor, end: Tensor): Tensor;

  // Gradients: upstream is ∂F/∂output and has the shape of input and output, as the result has.
  // Upstreams are finite: native ops multiply by 0 where others select.
  /** Where output > 0, upstream; else 0. */
  reluGrad(upstream: Tensor, output: Tensor): Tensor;
  /** Where 0 < output < 6, upstream; else 0. */
  relu6Grad(upstream: Tensor, output: Tensor): Tensor;
  /** Where input > 0, upstream; else slope × upstream. */
  leakyReluGrad(upstream: Tensor, input: Tensor, slope: number): Tensor;
  /** For α = 1: where output < 0, upstream × (output + 1); else upstream. */
  eluGrad(upstream: Tensor, output: Tensor): Tensor;
  seluGrad(upstream: Tensor, output: Tensor): Tensor;
  /** upstream × output × (1 − output). */
  sigmoidGrad(upstream: Tensor, output: Tensor): Tensor;
  /** upstream × (1 − output²). */
  tanhGrad(upstream: Tensor, output: Tensor): Tensor;
  /** upstream × sigmoid(input). */
  softplusGrad(upstream: Tensor, input: Tensor): Tensor;
  /** upstream / (1 + |input|)². */
  softsignGrad(upstream: Tensor, input: Tensor): Tensor;
}

type Kernel = (a: Tensor, b: Tensor, slope?: number) => Tensor;

const NAMES = {
  divNoNan: 'MhoDivNoNan',
  mulNoNan: 'MhoMulNoNan',
  difference: 'MhoDifference',
  reluGrad: 'MhoReluGrad',
  relu6Grad: 'MhoRelu6Grad',
  leakyReluGrad: 'MhoLeakyReluGrad',
  eluGrad: 'MhoEluGrad',
  seluGrad: 'MhoSeluGrad',
  sigmoidGrad: 'MhoSigmoidGrad',
  tanhGrad: 'MhoTanhGrad',
  softplusGrad: 'MhoSoftplusGrad',
  softsignGrad: 'MhoSoftsignGrad',
} as const satisfies Record<keyof Kernels, string>;
const entries = Object.entries(NAMES) as [keyof Kernels, string][];

/** Makes tfjs know the kernels of a backend. */
export function registerKernels(backendName: BackendName, kernels: Kernels): void {
  for (const [name, kernelName] of entries) {
    const run = kernels[name] as Kernel;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        run(inputs.a as Tensor, inputs.b as Tensor, attrs?.slope as number | undefined),
    });
  }
}

/** The kernels of whatever backend is the active one. */
export const kernels: Kernels = Object.fromEntries(
  entries.map(([name, kernelName]): [string, Kernel] => [
    name,
    (a, b, slope) => tf.engine().runKernel(kernelName, { a, b }, slope === undefined ? {} : { slope }),
  ]),
) as unknown as Kernels;
