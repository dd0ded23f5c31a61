/** Results as JSON for other programs; shaped as the manifest of a session, with numbers in place of array names. */
import type { LayerResult } from '../../../contract/attribution';
import type { Session, SessionRun } from '../../../contract/session';
import { printableJson } from '../../../contract/text';
import { isResolved, layerShares, reachedWords, trustOf } from '../../../contract/words/accuracy';
import { alarmWords } from '../../../contract/words/alarms';
import { remarkWords } from '../../../contract/words/remarks';
import { targetNotes } from '../../../contract/words/target';
import { roundedWords } from '../../../contract/words/varied';
import { rankUnits } from '../../engine/attribution/ranking';

/** `[examples, size]` as one list per example. */
const perExample = (values: Float32Array, examples: number): number[][] => {
  const size = values.length / examples;
  return Array.from({ length: examples }, (_, example) =>
    Array.from(values.subarray(example * size, (example + 1) * size)),
  );
};

const byReference = (values: Float32Array, examples: number, units: number): number[][][] =>
  perExample(values, examples).map((own) => perExample(Float32Array.from(own), own.length / units));

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const list = (values: Float32Array | null): number[] | null => values && Array.from(values);

function layerJson(layer: LayerResult, examples: number, top: number, neurons: boolean): object {
  const { name, kind, shape, unitAxis, cut, sum, residual, error, units, unitError } = layer;
  const places = Array.from({ length: examples }, (_, place) => place);
  const shares = places.map((place) => layerShares(layer, place));
  return {
    name,
    kind,
    shape,
    unitAxis,
    cut,
    sum: list(sum),
    residual: list(residual),
    /** Over neurons, and over units; null where the method has no integral, a share also where it is one of nothing. */
    error: list(error),
    errorShare: error && shares.map((share) => finite(share!.neurons)),
    neuronsTotal: list(layer.neuronsTotal),
    unitsError: list(layer.unitsError),
    unitsErrorShare: error && shares.map((share) => finite(share!.units)),
    unitsTotal: list(layer.unitsTotal),
    trust: error && shares.map((share) => trustOf(share!.units)),
    certain: layer.certain && Array.from(layer.certain),
    units: perExample(units, examples),
    unitError: unitError && perExample(unitError, examples),
    /** Per example, the units' contributions reference by reference. */
    ...(layer.references && { references: byReference(layer.references, examples, units.length / examples) }),
    top: places.map((place) =>
      rankUnits([layer], place, top).map(({ unit, contribution, error, rank, ranks, tied }) => ({
        unit,
        contribution,
        error,
        resolved: error === null ? null : isResolved(contribution, error),
        certain: layer.certain && rank <= layer.certain[place]!,
        rank,
        ranks,
        tied,
      })),
    ),
    ...(neurons && { contributions: perExample(layer.contributions, examples) }),
  };
}

function runJson(session: Session, run: SessionRun, top: number, neurons: boolean): object {
  const { question, method, rule, steps, target, atInput, atBaseline, delta, complete, examples, backend } = run;
  /** As numbered in the input file. */
  const numbered = (example: number): number => session.questions[question]!.examples[example]!;
  return {
    question,
    method,
    rule,
    steps,
    adaptive: run.adaptive && {
      accuracy: run.adaptive.accuracy,
      /** In words too; the points of the path and what it goes on from are in the session. */
      examples: run.adaptive.examples.map((reached) => {
        const { estimate, layer, stopped, walks, points, rounds } = reached;
        const words = reachedWords(reached, run.adaptive!.accuracy);
        return { estimate: finite(estimate), layer, reached: reached.reached, stopped, walks, points, rounds, words };
      }),
    },
    target,
    /** What was named, and whether it is a probability; in words too, for each example. */
    terms: run.terms ?? [],
    targetNotes: target.map((_, place) => targetNotes(run, place)),
    backend,
    atInput: list(atInput),
    atBaseline: list(atBaseline),
    delta: list(delta),
    deltaUncertainty: list(run.deltaUncertainty),
    alarms: run.alarms.map((alarm) => ({ ...alarm, words: alarmWords(alarm, steps) })),
    complete,
    examples: examples.map(numbered),
    faults: run.faults.map(({ example, fault }) => ({ example: numbered(example), ...fault })),
    remarks: run.remarks.map((remark) => ({
      ...remark,
      example: numbered(remark.example),
      words: remarkWords(remark),
    })),
    pathStart: run.pathStart,
    varied: run.varied ?? null,
    rounded: (run.rounded ?? []).map((each) => ({ ...each, words: roundedWords(each) })),
    baseline: run.baseline ?? null,
    layerGroups: run.layerGroups ?? 1,
    durationMs: run.durationMs,
    layers: run.layers.map((layer) => layerJson(layer, examples.length, top, neurons)),
  };
}

/** @param file where the session is, or null when it has not been saved */
export function sessionJson(session: Session, file: string | null, top: number, neurons = false): string {
  const { created, software, model, questions, runs, errors, notes } = session;
  const { name, format, path, hash, parameters, signature } = model;
  const value = {
    session: file,
    created,
    software,
    model: { name, format, path, hash, parameters, ...(signature !== undefined && { signature }) },
    questions: questions.map(({ inputs, source, examples, baseline, target, minus }) => ({
      inputs: Object.entries(inputs).map(([input, array]) => ({ name: input, shape: array.shape })),
      source,
      examples,
      baseline:
        baseline.kind === 'constant'
          ? baseline
          : {
              ...baseline,
              arrays: Object.entries(baseline.arrays).map(([input, array]) => ({ name: input, shape: array.shape })),
            },
      target,
      minus,
    })),
    runs: runs.map((run) => runJson(session, run, top, neurons)),
    judgements: session.judgements ?? [],
    errors,
    notes,
  };
  return `${printableJson(value, neurons ? 0 : 1)}\n`;
}
