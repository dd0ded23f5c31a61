/** How long a run takes once what it needs is there. */
import type { AttributionRequest } from '../../../contract/attribution';
import { attribute } from '../attribution';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';

/** Runs before the first that is timed: the first makes what it needs, the second records it. */
const WARMING = 2;
/** Runs of which the median is told; one that takes so many milliseconds is enough. */
const RUNS = 3;
const LONG = 2000;

/** Without error estimates. @returns milliseconds. @throws as `attribute` */
export async function timed(
  device: Device,
  graph: Graph,
  request: AttributionRequest,
  signal: AbortSignal | undefined,
): Promise<number> {
  const once = async (): Promise<number> => {
    const [run] = await attribute(device, graph, request, { signal, estimateError: false });
    return run!.durationMs;
  };
  let last = await once();
  for (let more = 1; more < WARMING && last < LONG; more++) last = await once();
  const times = [await once()];
  while (times.length < RUNS && times[0]! < LONG) times.push(await once());
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
