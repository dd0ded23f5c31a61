/** Where tensors are computed: choose, try, describe, fall back, take turns. Best first: TensorFlow, WebAssembly, JavaScript. */
export { devices, type Device, type UseOptions } from './devices';
export { cpuDevice, gpuDevice, peakMemory } from './hardware';
export type { FusedKernels, OnSegments, PlainWindows } from './kernels/fused';
export { kernels, type Kernels } from './kernels/kernels';
export { Recordings, type Done } from './recording';
export type { Cores } from './sessionConfig';
