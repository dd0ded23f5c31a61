/** A run: the methods of one set-up, each result taken into the document as soon as it is there. */
import type { Progress, RunPhase, RunResult } from '../../../../contract/attribution';
import type { RunRecord, RunSetup } from '../../../../contract/studio';
import { samePhase } from '../../../../contract/words/progress';
import type { Engine } from '../engine';
import type { Work } from '../jobs';
import type { Timings } from '../timings';

/** Points of a trace that are kept; a plot shows no more. */
const MOST_TRACE = 2000;

/** F and the running sums along the first path of the grid that is under way. */
class Trace {
  #phase: RunPhase | null = null;
  #points: { alpha: number; expected: number; running: number }[] = [];
  #ended = false;

  add({ phase, alpha, expected, running }: Progress): void {
    if (!samePhase(phase, this.#phase)) [this.#phase, this.#points, this.#ended] = [phase, [], false];
    if (this.#points.length > 0 && alpha <= this.#points.at(-1)!.alpha) this.#ended = true;
    if (!this.#ended && this.#points.length < MOST_TRACE) this.#points.push({ alpha, expected, running });
  }

  get points(): RunRecord['trace'] {
    return [...this.#points];
  }
}

/** @returns work that throws what the engine refuses before it begins */
export const attributionWork =
  ({ engine, timings }: { readonly engine: Engine; readonly timings: Timings }): Work<RunSetup> =>
  (epoch, setup) => {
    const { graph, summary } = epoch.openModel;
    const request = epoch.data.request(setup, epoch.openModel);
    const question = epoch.data.question(setup, request);
    const { data, baseline } = setup;
    const askedWith = { data, baseline: baseline.kind === 'data' ? baseline.data : null };

    return ({ id: job, signal, emit }) =>
      engine.use(
        setup.backend,
        async (device) => {
          const trace = new Trace();
          const began = performance.now();
          let passes = 0;
          const keep = async (result: RunResult): Promise<void> => {
            const about = { question, askedWith, job, trace: trace.points };
            const { record, unkept } = await epoch.addRun(result, about);
            // Complete as its document was replaced or left, it is kept with that, and no news for who looks at the next.
            if (!epoch.over) emit({ kind: 'run', run: record, unkept: unkept?.fault ?? null });
          };
          const onProgress = (progress: Progress): void => {
            trace.add(progress);
            passes = progress.done;
            emit({ kind: 'progress', progress });
          };
          await engine.attribute(device, graph, request, { signal, onProgress, onResult: keep });
          timings.ran(summary, device, performance.now() - began, passes);
        },
        { signal },
      );
  };
