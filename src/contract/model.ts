/** A model as the interface shows it: no weights, no tensors. */
export interface ModelSummary {
  readonly name: string;
  readonly format: string;
  readonly path: string;
  /** SHA-256 over configuration and weights, hex. */
  readonly hash: string;
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
}

export interface PortSummary {
  readonly name: string;
  /** Without the batch axis; null where the size is free. */
  readonly shape: readonly (number | null)[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string';
}

export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** Nested models and scopes that contain the layer, outermost first. */
  readonly group: readonly string[];
  readonly shape: readonly (number | null)[];
  readonly unitAxis: number | null;
  readonly units: number | null;
  readonly parameters: number;
  /** Names of the layers that feed it. */
  readonly inputs: readonly string[];
  /** Ops of the layer without a rule; empty when it can be attributed. */
  readonly unsupported: readonly string[];
}
