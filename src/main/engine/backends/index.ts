/** Where tensors are computed: choose, try, describe, fall back. Best first: TensorFlow, WebAssembly, JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import {
  BACKENDS,
  type BackendChoice,
  type BackendInfo,
  type BackendName,
  type BackendReport,
} from '../../../contract/backends';
import { MhoError } from '../../../contract/errors';
import { cpuDevice, gpuDevice } from './device';
import type { Kernels } from './kernels/kernels';
import { nativeKernels } from './kernels/native';
import { portableKernels } from './kernels/portable';
import { nativeBackend, registerNative } from './native';
import { packageVersion, registerCpu, registerWasm } from './portable';
import { whyNoGpu, whyNoNative } from './record';
import { tryActiveBackend } from './trial';

export type { OnSegments } from './kernels/fused';
export type { Kernels } from './kernels/kernels';
export { Recordings, type Done } from './recording';
export type { Cores } from './sessionConfig';
export { cpuDevice, gpuDevice, peakMemory } from './device';

/** An open backend: what it is, and the fused kernels it has. */
export interface Backend extends BackendInfo {
  readonly kernels: Kernels;
}

interface Way {
  /** Makes tfjs know it; throws when it cannot be loaded. */
  readonly register: () => void;
  readonly kernels: Kernels;
  /** Asked once it is active. */
  readonly describe: () => { device: string; version: string };
  readonly whyNot: (fault: string) => { reason: string; remedy: string };
}

const oneCore = cpuDevice(1);
const reinstall = (fault: string) => ({
  reason: fault,
  remedy: 'Delete node_modules in the folder of Mho and run `npm start`; if it persists, please report it.',
});

const ways: Record<BackendName, Way> = {
  tensorflow: {
    register: registerNative,
    kernels: nativeKernels,
    describe: () => ({
      device: (nativeBackend().isUsingGpuDevice && (gpuDevice() ?? 'GPU')) || cpuDevice(),
      version: `TensorFlow ${nativeBackend().binding.TF_Version}`,
    }),
    whyNot: whyNoNative,
  },
  wasm: {
    register: registerWasm,
    kernels: portableKernels,
    describe: () => ({
      device: oneCore,
      version: `tfjs WebAssembly ${packageVersion('@tensorflow/tfjs-backend-wasm')}`,
    }),
    whyNot: reinstall,
  },
  cpu: {
    register: registerCpu,
    kernels: portableKernels,
    describe: () => ({ device: oneCore, version: `tfjs JavaScript ${packageVersion('@tensorflow/tfjs-backend-cpu')}` }),
    whyNot: reinstall,
  },
};

const sentence = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/\.$/, '');

/** Loads a backend, makes it the active one and has it compute. Throws when it cannot. */
const activate = async (name: BackendName): Promise<Backend> => {
  const way = ways[name];
  way.register();
  if (!(await tf.setBackend(name))) throw new Error('tfjs could not start it');
  await tryActiveBackend();
  return { name, ...way.describe(), kernels: way.kernels };
};

/**
 * Opens a backend and makes it the active one of tfjs.
 * @param choice one of them, or `auto` for the best that passes its trial
 * @throws MhoError BACKEND_UNAVAILABLE when the one asked for (or, with `auto`, every one) cannot be used
 */
export const openBackend = async (choice: BackendChoice = 'auto'): Promise<Backend> => {
  let failure: MhoError | undefined;
  for (const name of choice === 'auto' ? BACKENDS : [choice]) {
    try {
      return await activate(name);
    } catch (error) {
      const { reason, remedy } = ways[name].whyNot(sentence(error));
      failure ??= new MhoError('BACKEND_UNAVAILABLE', { backend: name, reason, remedy }, { cause: error });
    }
  }
  throw failure!;
};

/** The fused kernels of the active backend. */
export const kernels = (): Kernels => ways[tf.getBackend() as BackendName].kernels;

/**
 * Every backend, best first, each tried; and which of them `choice` opens, which is the active one afterwards.
 */
export const listBackends = async (choice: BackendChoice = 'auto'): Promise<readonly BackendReport[]> => {
  const reports: BackendReport[] = [];
  for (const name of BACKENDS) {
    try {
      const { device, version } = await activate(name);
      const lesser = name === 'tensorflow' && device.startsWith('CPU') ? whyNoGpu() : { reason: null, remedy: null };
      reports.push({ name, available: true, chosen: false, device, version, ...lesser });
    } catch (error) {
      const why = ways[name].whyNot(sentence(error));
      reports.push({ name, available: false, chosen: false, device: null, version: null, ...why });
    }
  }
  const { name: chosen } = await openBackend(choice);
  return reports.map((report) => ({ ...report, chosen: report.name === chosen }));
};
