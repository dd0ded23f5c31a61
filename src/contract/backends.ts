/** Where tensors are computed. */
export const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];
export type BackendChoice = BackendName | 'auto';

/** The backend a run was made on. */
export interface BackendInfo {
  readonly name: BackendName;
  /** e.g. `CPU: AMD EPYC 7B13, 2 cores` or `GPU: NVIDIA A100`. */
  readonly device: string;
  /** Version of the library that computes, e.g. `TensorFlow 2.21.0`. */
  readonly version: string;
}

/** A row of `mho backends`. */
export interface BackendReport {
  readonly name: BackendName;
  readonly available: boolean;
  readonly chosen: boolean;
  readonly device: string | null;
  readonly version: string | null;
  /** Why it is not available, and what to do; null when it is. */
  readonly reason: string | null;
  readonly remedy: string | null;
}
