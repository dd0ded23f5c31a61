/** Sessions of known results, for what the program says of them. */
import type { Accuracy, LayerResult, Reached } from '../../src/contract/attribution';
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import type { Session, SessionRun } from '../../src/contract/session';
import { selectExamples } from '../../src/main/hosts/terminal/inputs';
import { reached } from '../reached';
import { sampleSession } from '../sessions/sample';

interface Given {
  readonly units: readonly number[];
  readonly errors: readonly number[];
  readonly certain?: number;
  readonly change?: Partial<LayerResult>;
}

/** A layer of one example whose units are its neurons. */
function layer(name: string, { units, errors, certain, change }: Given): LayerResult {
  const total = (values: readonly number[]): Float32Array =>
    Float32Array.of(values.reduce((sum, value) => sum + Math.abs(value), 0));
  return {
    name,
    kind: 'Dense',
    shape: [units.length],
    unitAxis: 0,
    cut: true,
    contributions: Float32Array.from(units),
    sum: Float32Array.of(units.reduce((sum, value) => sum + value, 0)),
    residual: Float32Array.of(0),
    error: total(errors),
    unitsError: total(errors),
    neuronsTotal: total(units),
    unitsTotal: total(units),
    units: Float32Array.from(units),
    unitError: Float32Array.from(errors),
    certain: certain === undefined ? null : Int32Array.of(certain),
    spread: null,
    ...change,
  };
}

/** A session of one adaptive run of one example. */
export function adaptiveSession(
  layers: Readonly<Record<string, Given>>,
  came: Partial<Reached> = {},
  asked: Partial<Accuracy> = {},
): Session {
  const session = sampleSession();
  const [question] = session.questions;
  const [sample] = session.runs;
  const run: SessionRun = {
    ...sample!,
    question: 0,
    adaptive: { accuracy: { ...DEFAULT_ACCURACY, ...asked }, examples: [reached(came)] },
    steps: 38,
    target: ['logits[0]'],
    atInput: Float32Array.of(3),
    atBaseline: Float32Array.of(1),
    delta: Float32Array.of(2),
    deltaUncertainty: null,
    alarms: [],
    remarks: [],
    varied: undefined,
    rounded: [],
    complete: true,
    examples: [0],
    layers: Object.entries(layers).map(([name, given]) => layer(name, given)),
  };
  return {
    ...session,
    questions: [{ ...question!, inputs: selectExamples(question!.inputs, [0]), examples: [0] }],
    runs: [run],
    errors: [],
    notes: '',
  };
}
