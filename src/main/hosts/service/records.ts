/** From a run as the service holds it to what a window shows of it. */
import { buf as crc32 } from 'crc-32';
import type { AdaptiveResult, BaselineSpec, NumericArray, RunResult } from '../../../contract/attribution';
import type { Question } from '../../../contract/session';
import type { AdaptiveRecord, AskedBaseline, RunRecord } from '../../../contract/studio';
import { isFromFile } from '../../../contract/words/baselines';
import type { Arrays } from './arrays';

/** A run as the service holds it. */
export interface StoredRun {
  readonly id: string;
  readonly result: RunResult;
  readonly question: Question;
  readonly model: string;
  /** Given by the user; null where nobody did. */
  name: string | null;
  note: string;
  readonly created: string;
  readonly job: string;
  /** As in RunRecord. */
  readonly aside?: string | undefined;
  readonly trace: RunRecord['trace'];
}

const checksum = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  (crc32(new Uint8Array(buffer, byteOffset, byteLength)) >>> 0).toString(16);

const inOrder = (arrays: Arrays): readonly NumericArray[] =>
  Object.entries(arrays)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, array]) => array);

/** Checksums of each example's inputs, and of the baseline. */
interface Digests {
  readonly examples: readonly string[];
  readonly baseline: AskedBaseline;
}

/** What a question compared with, as it is told. */
export const baselineOf = (baseline: BaselineSpec): AskedBaseline => {
  if (baseline.chosen) return { kind: 'fitting', chosen: baseline.chosen };
  if (baseline.kind === 'constant') return { kind: 'constant', value: baseline.value };
  const arrays = inOrder(baseline.arrays);
  return {
    kind: 'arrays',
    rows: arrays[0]?.shape[0] ?? 0,
    perExample: baseline.perExample === true,
    digest: arrays.map(({ data }) => checksum(data)).join('-'),
  };
};

/** Worked out once per question. */
const digestsOf = (question: Question): Digests => {
  const known = digests.get(question);
  if (known) return known;
  const inputs = inOrder(question.inputs);
  const made: Digests = {
    examples: question.examples.map((_, at) =>
      inputs
        .map(({ shape, data }) => {
          const size = data.length / shape[0]!;
          return checksum(data.subarray(at * size, (at + 1) * size));
        })
        .join('-'),
    ),
    baseline: baselineOf(question.baseline),
  };
  digests.set(question, made);
  return made;
};
const digests = new WeakMap<Question, Digests>();

/** Points of an example's grids that a window can draw. */
const MOST_POINTS = 10_000;

const adaptiveRecord = ({ accuracy, examples }: AdaptiveResult): AdaptiveRecord => ({
  accuracy,
  examples: examples.map(({ grid, saved, ...reached }) => ({
    ...reached,
    grid: grid.reduce((sum, { length }) => sum + length, 0) > MOST_POINTS ? null : grid,
    goesOn: reached.stopped === 'limit' ? null : saved ? 'held' : 'anew',
  })),
});

/** What of a question came from no file that is known. */
function filelessOf({ files, baseline }: Question): Pick<RunRecord['asked'], 'fileless'> {
  if (!files?.inputs) return { fileless: 'inputs' };
  return isFromFile(baseline) && !files.baseline ? { fileless: 'baselines' } : {};
}

export const recordOf = ({
  id,
  result,
  question,
  model,
  name,
  note,
  created,
  job,
  aside,
  trace,
}: StoredRun): RunRecord => {
  const { layers, adaptive, ...rest } = result;
  return {
    run: id,
    name,
    note,
    created,
    job,
    ...(aside !== undefined && { aside }),
    model,
    trace,
    asked: {
      dataName: question.source ?? '',
      examples: question.examples,
      digests: digestsOf(question).examples,
      baseline: digestsOf(question).baseline,
      target: question.target as RunRecord['asked']['target'],
      minus: question.minus as RunRecord['asked']['minus'],
      ...(question.hold && { hold: question.hold }),
      ...(question.walk && { walk: question.walk }),
      ...filelessOf(question),
    },
    result: { ...rest, adaptive: adaptive && adaptiveRecord(adaptive) },
    layers: layers.map(
      ({ contributions: _contributions, spread: _spread, references: _references, ...layer }) => layer,
    ),
  };
};
