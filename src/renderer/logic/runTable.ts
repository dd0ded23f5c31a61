/** The run table: what each run was asked, what it cost and how far it can be trusted, as rows that are sorted. */
import { passesOf } from '../../contract/attribution';
import type { RunRecord } from '../../contract/studio';
import type { RunTableView } from '../../contract/view';
import { worstShare } from '../../contract/words/accuracy';
import { methodWords } from '../../contract/words/methods';
import { baselineWords, pathWords } from '../../contract/words/runs';
import { targetName } from '../../contract/words/target';
import { largestResidual } from './finding';
import { isProvisional } from './provisional';
import { examplePlace } from './ranking';

export interface RunRow {
  readonly run: RunRecord;
  /** What it is called beside the others. */
  readonly name: string;
  readonly method: string;
  /** At the example that is shown, or where the run did not take it, at its own first one; so are error and residual. */
  readonly target: string;
  readonly baseline: string;
  /** Empty where its method takes no path. */
  readonly path: string;
  /** Rows of its data. */
  readonly examples: readonly number[];
  /** Milliseconds since 1970. */
  readonly made: number;
  /** Backward walks over all examples. */
  readonly passes: number;
  readonly durationMs: number;
  /** Of its worst layer, as a share of that layer's total; null where the method has no estimate. */
  readonly error: number | null;
  /** Of its cuts, as a share of F(x) − F(x'); null where none is judged. */
  readonly residual: number | null;
}

/** @param labels of the open model's output */
export function runRow(run: RunRecord, name: string, example: number, labels: readonly string[] = []): RunRow {
  const { asked, result } = run;
  const place = Math.max(0, examplePlace(run, example));
  return {
    run,
    name,
    method: methodWords[result.method].name,
    target: targetName(result, place, labels),
    baseline: baselineWords(asked.baseline),
    path: pathWords(result) ?? '',
    examples: result.examples.flatMap((at) => asked.examples[at] ?? []),
    made: Date.parse(run.created),
    passes: passesOf(result),
    durationMs: result.durationMs,
    error: worstShare(run.layers, place),
    residual: largestResidual(run, place, result.delta[place]!),
  };
}

/** What stands below one another in a cell, so that a row is as wide as the narrowest place of the results. */
export const RUN_CELLS = [
  [
    { by: 'name', head: 'run' },
    { by: 'method', head: 'method' },
    { by: 'path', head: 'path' },
  ],
  [
    { by: 'target', head: 'target' },
    { by: 'baseline', head: 'baseline' },
  ],
  [
    { by: 'error', head: 'error' },
    { by: 'residual', head: 'residual' },
  ],
  [
    { by: 'passes', head: 'passes' },
    { by: 'durationMs', head: 'took' },
  ],
  [
    { by: 'examples', head: 'examples' },
    { by: 'made', head: 'made' },
  ],
] as const satisfies readonly (readonly { readonly by: RunColumn; readonly head: string }[])[];
export type RunOrder = NonNullable<RunTableView['order']>;
export type RunColumn = RunOrder['by'] & keyof RunRow;

const byNumbers = (a: readonly number[], b: readonly number[]): number => {
  for (let at = 0; at < Math.min(a.length, b.length); at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
};

function compared(a: RunRow, b: RunRow, by: RunColumn): number {
  if (by === 'examples') return byNumbers(a.examples, b.examples);
  const [first, second] = [a[by], b[by]];
  if (typeof first === 'string' || typeof second === 'string')
    return String(first).localeCompare(String(second), 'en', { numeric: true });
  return (first ?? 0) - (second ?? 0);
}

/** In an order; what has no number there comes last either way, and equals stay as they were. */
export const sortedRuns = (rows: readonly RunRow[], { by, descending }: RunOrder): readonly RunRow[] =>
  rows.toSorted((a, b) => {
    const [without, other] = [a[by] === null, b[by] === null];
    if (without || other) return Number(without) - Number(other);
    return descending ? compared(b, a, by) : compared(a, b, by);
  });

/** A click on a column: the other way round where it is sorted by that; numbers begin with the largest, words with the first. */
export const sortedBy = (order: RunOrder, by: RunColumn): RunOrder =>
  order.by === by ? { by, descending: !order.descending } : { by, descending: !['name', 'target', 'baseline', 'method', 'path', 'examples'].includes(by) }; // prettier-ignore

/** Rows that a table of runs has: all but what is no run yet. */
export const tableRuns = (runs: readonly RunRecord[]): readonly RunRecord[] =>
  runs.filter((run) => !isProvisional(run));

/** What is chosen after a click on a row. @param last the row that was clicked before, from which a range begins */
export function chosenBy(
  chosen: ReadonlySet<string>,
  ids: readonly string[],
  id: string,
  last: string | null,
  range: boolean,
): ReadonlySet<string> {
  const next = new Set(chosen);
  const from = last === null ? -1 : ids.indexOf(last);
  if (range && from >= 0) {
    const to = ids.indexOf(id);
    for (const each of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(each);
  } else if (!next.delete(id)) next.add(id);
  return next;
}
