/**
 * The one way to compute: `devices.use(choice, (device) => work)`. tfjs has one active backend in a thread, so pieces of
 * work on all its devices take turns; long ones let urgent ones in between their chunks (`device.between()`), each on the
 * device that it asked for. Devices of other threads or machines would be asked in the same way and need no turns here.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  BACKENDS,
  type BackendChoice,
  type BackendInfo,
  type BackendName,
  type BackendReport,
} from '../../../contract/backends';
import { MhoError } from '../../../contract/errors';
import { cpuDevice, gpuDevice } from './hardware';
import { fusedKernels, type FusedKernels } from './kernels/fused';
import { registerKernels, type Kernels } from './kernels/kernels';
import { nativeKernels } from './kernels/native';
import { portableKernels } from './kernels/portable';
import { nativeBackend, registerNative } from './native';
import { packageVersion, registerCpu, registerWasm } from './portable';
import { whyNoGpu, whyNoNative } from './record';
import { tryActiveBackend } from './trial';

/** What a piece of work computes on. One object for as long as the process lives: what lies on it is found again by it. */
export interface Device {
  /** The label of all that is computed here. */
  readonly info: BackendInfo;
  /** Kernels of our own in C++, or null; the op table has the same from ordinary ops. */
  readonly fused: FusedKernels | null;
  /** Whether work can be recorded and run as one graph; see recording.ts. */
  readonly records: boolean;
  /**
   * To be awaited between chunks, never inside a tidy: lets events in, then whatever is more urgent. Afterwards this device is
   * the active one again.
   */
  between(): Promise<void>;
}

export interface UseOptions {
  /** Somebody waits for the answer: it comes in between the chunks of work that is not urgent. */
  readonly urgent?: boolean;
  /** Work that has not begun is forgotten; work that has begun ends by itself, and gets its turn first for that. */
  readonly signal?: AbortSignal;
}

interface Way {
  /** Makes tfjs know it; throws when it cannot be loaded. */
  readonly register: () => void;
  readonly kernels: Kernels;
  /** Asked once it is active. */
  readonly describe: () => { device: string; version: string };
  /** Asked once it is active; a device without has neither. */
  readonly extras?: () => Pick<Device, 'fused' | 'records'>;
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
    extras: () => ({
      fused: fusedKernels(),
      // The binding feeds graphs from the computer's own memory: a GPU's weights would come down at every run.
      records: !nativeBackend().isUsingGpuDevice,
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

const makeActive = async (name: BackendName): Promise<void> => {
  if (tf.getBackend() !== name && !(await tf.setBackend(name))) throw new Error('tfjs could not start it');
};

/** Lets events in: native kernels block the thread, and a Cancel must be heard. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A piece of work that takes its turns. */
interface Piece {
  readonly urgent: boolean;
  readonly signal: AbortSignal | undefined;
  /** Null until its first turn. */
  device: Device | null;
}

/** Who goes first, the smallest number. Equals go in the order in which they came. */
function rank({ urgent, signal, device }: Piece): number {
  const begun = device !== null;
  if (begun && signal?.aborted) return 0; // it only has to end
  if (urgent) return begun ? 2 : 1;
  return begun ? 3 : 4; // so that one piece of long work is under way at a time
}

export class Devices {
  readonly #open = new Map<BackendName, Device>();
  /** What `auto` turned out to be. */
  #best: BackendName | null = null;
  #holder: Piece | null = null;
  readonly #waiting: { readonly piece: Piece; readonly go: () => void }[] = [];

  /**
   * Waits for its turn, makes the device the active one and has the work done on it. The work does one thing after the other on
   * it, and must not itself wait for another use.
   * @param choice one of the backends, or `auto` for the best that passes its trial
   * @throws MhoError BACKEND_UNAVAILABLE when the one asked for (or, with `auto`, every one) cannot be used; the signal's
   * reason when it came before the work began; what the work throws
   */
  use<Result>(
    choice: BackendChoice,
    work: (device: Device) => Promise<Result>,
    { urgent = false, signal }: UseOptions = {},
  ): Promise<Result> {
    return this.#turn({ urgent, signal, device: null }, async (piece) => {
      piece.device = await this.#opened(choice);
      return work(piece.device);
    });
  }

  /** Every backend, best first, each tried; and which of them `choice` opens. */
  list(choice: BackendChoice = 'auto'): Promise<readonly BackendReport[]> {
    return this.#turn({ urgent: true, signal: undefined, device: null }, async () => {
      const reports: BackendReport[] = [];
      for (const name of BACKENDS) {
        try {
          const { device, version } = (await this.#tried(name)).info;
          const lesser =
            name === 'tensorflow' && device.startsWith('CPU') ? whyNoGpu() : { reason: null, remedy: null };
          reports.push({ name, available: true, chosen: false, device, version, ...lesser });
        } catch (error) {
          const why = ways[name].whyNot(sentence(error));
          reports.push({ name, available: false, chosen: false, device: null, version: null, ...why });
        }
      }
      this.#best = reports.find(({ available }) => available)?.name ?? null;
      const chosen = choice === 'auto' ? this.#best : choice;
      return reports.map((report) => ({ ...report, chosen: report.available && report.name === chosen }));
    });
  }

  async #turn<Result>(piece: Piece, work: (piece: Piece) => Promise<Result>): Promise<Result> {
    await this.#wait(piece);
    try {
      return await work(piece);
    } finally {
      this.#holder = null;
      this.#next();
    }
  }

  /** Waits until the piece holds the turn. @throws the signal's reason, for a piece that has not begun */
  #wait(piece: Piece): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = piece;
      const forget = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason as Error);
      };
      const waiting = {
        piece,
        go: () => {
          signal?.removeEventListener('abort', forget);
          resolve();
        },
      };
      if (!piece.device) {
        if (signal?.aborted) return reject(signal.reason as Error);
        signal?.addEventListener('abort', forget);
      }
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  /** Gives the turn to who is first, when nobody has it. */
  #next(): void {
    if (this.#holder || this.#waiting.length === 0) return;
    const first = this.#waiting.reduce((best, each) => (rank(each.piece) < rank(best.piece) ? each : best));
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    this.#holder = first.piece;
    first.go();
  }

  async #between(device: Device): Promise<void> {
    const piece = this.#holder;
    if (piece?.device !== device) throw new Error('a device was used outside its turn');
    await breathe();
    if (this.#holder !== piece) throw new Error('one piece of work was at the device twice at once');
    if (!this.#waiting.some((other) => rank(other.piece) < rank(piece))) return;
    this.#holder = null;
    await this.#wait(piece);
    await makeActive(device.info.name);
  }

  async #opened(choice: BackendChoice): Promise<Device> {
    const names = choice !== 'auto' ? [choice] : this.#best ? [this.#best] : BACKENDS;
    let failure: MhoError | undefined;
    for (const name of names) {
      try {
        const known = this.#open.get(name);
        if (known) await makeActive(name);
        const device = known ?? (await this.#tried(name));
        if (choice === 'auto') this.#best = name;
        return device;
      } catch (error) {
        const { reason, remedy } = ways[name].whyNot(sentence(error));
        failure ??= new MhoError('BACKEND_UNAVAILABLE', { backend: name, reason, remedy }, { cause: error });
      }
    }
    throw failure!;
  }

  /** Loads a backend, makes it the active one and has it compute. Throws when it cannot. */
  async #tried(name: BackendName): Promise<Device> {
    const way = ways[name];
    way.register();
    await makeActive(name);
    await tryActiveBackend();
    const known = this.#open.get(name);
    if (known) return known;
    registerKernels(name, way.kernels);
    const device: Device = {
      info: { name, ...way.describe() },
      ...(way.extras?.() ?? { fused: null, records: false }),
      between: () => this.#between(device),
    };
    this.#open.set(name, device);
    return device;
  }
}

/** The devices of this thread. */
export const devices = new Devices();
