/** Small run records, as the engine's side gives them, for tests of the views' logic. */
import type { LayerRecord, RunRecord } from '../../src/contract/studio';
import type { Method } from '../../src/contract/attribution';

interface Given {
  readonly name: string;
  readonly units: readonly number[];
  readonly errors?: readonly number[];
  readonly residual?: number;
}

/** One example, dense layers. */
export function record(method: Method, layers: readonly Given[], change: Partial<RunRecord> = {}): RunRecord {
  return {
    run: method,
    name: null,
    note: '',
    created: '2026-01-01T00:00:00.000Z',
    job: 'job',
    model: 'hash',
    asked: {
      dataName: 'inputs.npz',
      examples: [5],
      digests: ['five'],
      baseline: { kind: 'constant', value: 0 },
      target: { index: 3 },
      minus: null,
    },
    result: {
      method,
      rule: method === 'nig' ? 'secant' : null,
      steps: 50,
      adaptive: null,
      faults: [],
      remarks: [],
      target: ['logits[3]'],
      atInput: Float32Array.of(4),
      atBaseline: Float32Array.of(1),
      delta: Float32Array.of(3),
      deltaUncertainty: Float32Array.of(1e-6),
      alarms: [],
      complete: true,
      examples: [0],
      backend: { name: 'cpu', device: 'CPU', version: 'test' },
      pathStart: null,
      durationMs: 1,
    },
    layers: layers.map(({ name, units, errors, residual }): LayerRecord => ({
      name,
      kind: 'Dense',
      shape: [units.length],
      unitAxis: 0,
      cut: residual !== undefined,
      sum: Float32Array.of(units.reduce((sum, value) => sum + value, 0)),
      residual: residual === undefined ? null : Float32Array.of(residual),
      error: errors ? Float32Array.of(errors.reduce((sum, value) => sum + value, 0)) : null,
      units: Float32Array.from(units),
      unitsError: errors ? Float32Array.of(errors.reduce((sum, value) => sum + value, 0)) : null,
      neuronsTotal: Float32Array.of(units.reduce((sum, value) => sum + Math.abs(value), 0)),
      unitsTotal: Float32Array.of(units.reduce((sum, value) => sum + Math.abs(value), 0)),
      certain: null,
      unitError: errors ? Float32Array.from(errors) : null,
    })),
    trace: [],
    ...change,
  };
}
