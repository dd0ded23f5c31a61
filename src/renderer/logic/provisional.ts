/** A run that is still sharpening: what its newest round says of one example, in the form in which runs are shown. */
import type { Round, RunResult } from '../../contract/attribution';
import type { LayerSummary } from '../../contract/model';
import type { LayerRecord, RunRecord } from '../../contract/studio';

/** Under this it stands among the runs; there is one at most. No id that the engine makes has a space in it. */
export const PROVISIONAL = 'on the way';

export const isProvisional = ({ run }: Pick<RunRecord, 'run'>): boolean => run === PROVISIONAL;

const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);
const magnitude = (values: Float32Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0);

/** A layer of a round as of a result of one example. What a round does not tell, its neurons' error, is no number. */
function layerOf(
  { name, cut, units, unitError, unitsError, certain }: Round['layers'][number],
  summary: LayerSummary | undefined,
  delta: number,
): LayerRecord {
  const sum = sumOf(units);
  return {
    name,
    kind: summary?.kind ?? '',
    // how many positions there are comes with the run
    shape: summary?.unitAxis == null ? [] : [units.length],
    unitAxis: summary?.unitAxis == null ? null : 0,
    cut,
    sum: Float32Array.of(sum),
    residual: cut ? Float32Array.of(sum - delta) : null,
    error: Float32Array.of(Number.NaN),
    neuronsTotal: Float32Array.of(Number.NaN),
    units,
    unitError,
    unitsError: Float32Array.of(unitsError),
    unitsTotal: Float32Array.of(magnitude(units)),
    certain: Int32Array.of(certain),
  };
}

/** What a provisional run has besides its round. */
export interface OnTheWay {
  readonly job: string;
  /** Model hash. */
  readonly model: string;
  readonly asked: RunRecord['asked'];
  readonly pathStart: string | null;
  readonly backend: RunResult['backend'];
  readonly durationMs: number;
}

/** @param layers of the open model */
export function provisionalRun(round: Round, way: OnTheWay, layers: ReadonlyMap<string, LayerSummary>): RunRecord {
  const { method, target, accuracy, atInput, atBaseline, estimate, layer, walks, rounds } = round;
  const delta = atInput - atBaseline;
  return {
    run: PROVISIONAL,
    name: null,
    note: '',
    created: '',
    job: way.job,
    model: way.model,
    asked: way.asked,
    result: {
      method,
      rule: 'secant',
      faults: [],
      remarks: [],
      steps: walks,
      adaptive: {
        accuracy,
        examples: [
          {
            estimate,
            layer,
            reached: false,
            stopped: 'enough',
            walks,
            points: walks,
            rounds,
            grid: null,
            goesOn: null,
          },
        ],
      },
      target: [target],
      atInput: Float32Array.of(atInput),
      atBaseline: Float32Array.of(atBaseline),
      delta: Float32Array.of(delta),
      deltaUncertainty: null,
      alarms: [],
      complete: false,
      examples: [round.example],
      backend: way.backend,
      pathStart: way.pathStart,
      durationMs: way.durationMs,
    },
    layers: round.layers.map((each) => layerOf(each, layers.get(each.name), delta)),
    trace: [],
  };
}
