/** The kernels that tfjs lacks as TensorFlow's own ops: one call each. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { fusedKernels } from './fused';
import { nativeBackend } from '../native';
import type { Kernels } from './kernels';
import { portableKernels } from './portable';

/** Runs a TensorFlow op of float32 inputs and one output; the result belongs to the surrounding tidy. */
const op = (name: string, inputs: readonly Tensor[], numbers: Readonly<Record<string, number>> = {}): Tensor => {
  const backend = nativeBackend();
  const { TF_ATTR_TYPE, TF_ATTR_FLOAT, TF_FLOAT } = backend.binding;
  const attributes = Object.entries(numbers).map(([key, value]) => ({ name: key, type: TF_ATTR_FLOAT, value }));
  return backend.executeSingleOutput(name, [{ name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT }, ...attributes], inputs);
};

const alike = (a: Tensor, b: Tensor): boolean =>
  a.rank === b.rank &&
  a.shape.every((size, axis) => size === b.shape[axis]) &&
  a.dtype === 'float32' &&
  b.dtype === 'float32';

export const nativeKernels: Kernels = {
  divNoNan: (a, b) => op('DivNoNan', [a, b]),
  mulNoNan: (a, b) => op('MulNoNan', [a, b]),
  difference: (start, end) => {
    const own = alike(start, end) ? fusedKernels() : null;
    return own ? own.difference(start, end) : portableKernels.difference(start, end);
  },
  reluGrad: (upstream, output) => op('ReluGrad', [upstream, output]),
  relu6Grad: (upstream, output) => op('Relu6Grad', [upstream, output]),
  leakyReluGrad: (upstream, input, slope) => op('LeakyReluGrad', [upstream, input], { alpha: slope }),
  eluGrad: (upstream, output) => op('EluGrad', [upstream, output]),
  seluGrad: (upstream, output) => op('SeluGrad', [upstream, output]),
  sigmoidGrad: (upstream, output) => op('SigmoidGrad', [output, upstream]),
  tanhGrad: (upstream, output) => op('TanhGrad', [output, upstream]),
  softplusGrad: (upstream, input) => op('SoftplusGrad', [upstream, input]),
  softsignGrad: (upstream, input) => op('SoftsignGrad', [upstream, input]),
};
