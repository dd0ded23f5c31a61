/**
 * Fused kernels that the walk wants and tfjs has no op for. To add one: a line here, one in native.ts (the TensorFlow op)
 * and one in portable.ts (the same from ordinary ops); the compiler then asks for its case in the tests.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedKernels } from './fused';

export interface Kernels {
  /** a / b, and 0 where b is 0; shapes broadcast. The secant slope Δout / Δin. */
  divNoNan(a: Tensor, b: Tensor): Tensor;

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

  /** Kernels of our own in C++, or null; the op table has the same from ordinary ops. */
  readonly fused: FusedKernels | null;
  /** Whether work can be recorded and run as one graph; see ../recording.ts. */
  readonly records: boolean;
}
