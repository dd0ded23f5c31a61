/** Runs of one method for a study: complete or not at all; and how long one takes once what it needs is there. */
import type { AttributionRequest, Method, Progress, RunResult } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { attribute } from '../attribution';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';

export interface RunOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** Errors take a third more walks; they are left out where nobody looks at them. */
  readonly estimateError?: boolean;
}

/** @throws as `attribute`, CANCELLED, STUDY_EXAMPLE where something of an example is no number */
export async function runOf(
  device: Device,
  graph: Graph,
  request: AttributionRequest,
  method: Method,
  { estimateError = false, ...options }: RunOptions,
): Promise<RunResult> {
  const asked = { ...request, methods: [method], accuracy: undefined };
  const [result] = await attribute(device, graph, asked, { ...options, estimateError });
  if (result?.complete) return result;
  const first = result?.faults[0];
  if (!first || options.signal?.aborted) throw new MhoError('CANCELLED', { done: 0, total: 1 });
  const example = request.exampleNumbers?.[first.example] ?? first.example;
  throw new MhoError('STUDY_EXAMPLE', { example, reason: first.fault.message });
}

/** Runs before the first that is timed: the first makes what it needs, the second records it. */
const WARMING = 2;
/** Runs of which the median is told; one that takes so many milliseconds is enough. */
const TIMED = 3;
const LONG = 2000;

/** @returns milliseconds. @throws as `runOf` */
export async function timed(...asked: Parameters<typeof runOf>): Promise<number> {
  let last = (await runOf(...asked)).durationMs;
  for (let more = 1; more < WARMING && last < LONG; more++) last = (await runOf(...asked)).durationMs;
  const times = [(await runOf(...asked)).durationMs];
  while (times.length < TIMED && times[0]! < LONG) times.push((await runOf(...asked)).durationMs);
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
