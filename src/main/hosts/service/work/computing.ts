/** What jobs that compute runs have in common: the device, what is told on the way, how long it took. */
import type { AttributionRequest, RunResult } from '../../../../contract/attribution';
import type { BackendChoice } from '../../../../contract/backends';
import type { RunRecord } from '../../../../contract/studio';
import type { AttributionOptions } from '../../../engine/attribution';
import type { Epoch, Kept } from '../document/epoch';
import type { Engine } from '../engine';
import type { Job } from '../jobs';
import { labelled } from '../labels';
import { expectedCost, type Timings } from '../timings';
import { Rounds } from './rounds';
import { Trace } from './trace';

export interface Computers {
  readonly engine: Engine;
  readonly timings: Timings;
}

export interface Computing extends Pick<AttributionOptions, 'resume'> {
  readonly request: AttributionRequest;
  readonly backend: BackendChoice;
  /** Takes a result in, as soon as it is there; null where nothing has come of it. */
  readonly take: (result: RunResult, trace: RunRecord['trace']) => Promise<Kept | null>;
}

/** Computes a request for the epoch's model. */
export async function computed(
  { engine, timings }: Computers,
  epoch: Epoch,
  { request, backend, take, resume }: Computing,
  { signal, enough, emit }: Job,
): Promise<void> {
  const { graph, summary, labels } = await epoch.openModel.at(request.inputs, signal);
  const compute: Parameters<typeof engine.use<void>>[1] = async (device) => {
    const trace = new Trace();
    // Complete as its document was replaced or left, a run is kept with that, and no news for who looks at the next.
    const tell: typeof emit = (notice) => {
      if (!epoch.over) emit(notice);
    };
    const rounds = new Rounds((round) => tell({ kind: 'round', round }));
    const began = performance.now();
    let passes = 0;
    await engine.attribute(device, graph, request, {
      signal,
      enough,
      ...(resume && { resume }),
      onProgress: (progress) => {
        trace.add(progress);
        passes = progress.done;
        emit({ kind: 'progress', progress });
        rounds.pass();
      },
      onRound: (round) => rounds.add(round),
      onResult: async (result) => {
        rounds.done(result.method);
        const kept = await take(labelled(result, labels), trace.points);
        if (kept) tell({ kind: 'run', run: kept.record, unkept: kept.unkept?.fault ?? null });
      },
    });
    const ms = performance.now() - began;
    // One that goes on, or was enough, tells nothing of how far a whole path goes.
    const whole = request.accuracy !== undefined && !resume && !enough.aborted;
    const expected = whole ? await expectedCost(engine, device, graph, request).catch(() => null) : null;
    timings.ran(summary, device, { ms, passes }, expected?.walks ? expected.passes : null);
  };
  return engine.use(backend, compute, { signal });
}
