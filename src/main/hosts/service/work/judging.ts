/** A judgement: methods of one set-up, judged by taking units out and putting them back. */
import type { AttributionRequest } from '../../../../contract/attribution';
import { asMhoError } from '../../../../contract/errors';
import { isMethod, type JudgeProgress } from '../../../../contract/judgement';
import type { JudgeEstimate, JudgeSetup } from '../../../../contract/studio';
import type { Device } from '../../../engine/backends';
import type { JudgeAsked } from '../../../engine/judge';
import type { Epoch } from '../document/epoch';
import { averagedOf } from '../interventions';
import type { Work } from '../jobs';
import type { Computers } from './computing';

/** @throws INPUT_…, EXAMPLES_RANGE, HANDLE_UNKNOWN */
function askedOf(epoch: Epoch, { judged, to, seed, sanity, backend: _backend, ...setup }: JudgeSetup): JudgeAsked {
  const { data, openModel } = epoch;
  const request: AttributionRequest = data.request({ ...setup, methods: judged.filter(isMethod) }, openModel);
  const source = data.get(setup.data, 'input').name;
  const asked = { request, methods: judged, to, seed, sanity, source };
  if (to.kind === 'mean') return { ...asked, pool: data.rows(setup.data, averagedOf(epoch, setup.data), openModel) };
  // Of another example that one alone is needed; it is told by its own number.
  if (to.kind === 'example')
    return { ...asked, to: { kind: 'example', example: 0 }, pool: data.rows(setup.data, [to.example], openModel) };
  return asked;
}

/** Apart at least, ms: each notice crosses two processes. */
const APART = 100;

/** @returns work that throws what the engine refuses before it begins */
export const judgingWork =
  ({ engine, timings }: Computers): Work<JudgeSetup> =>
  (epoch, setup) => {
    const asked = askedOf(epoch, setup);
    return async ({ signal, emit }) => {
      const { graph, summary } = await epoch.openModel.at(asked.request.inputs, signal);
      const compute = async (device: Device): Promise<void> => {
        const began = performance.now();
        let told = -Infinity;
        let forwards = 0;
        const onProgress = (progress: JudgeProgress): void => {
          forwards = progress.total;
          const now = performance.now();
          if (now - told < APART) return;
          told = now;
          const { done, total } = progress;
          const remainingMs = done > 0 ? ((now - began) / done) * (total - done) : null;
          emit({ kind: 'judging', progress: { ...progress, remainingMs } });
        };
        const { judgement, fault } = await engine.judge(device, graph, asked, { signal, onProgress });
        // That a model has no layer that could be judged is an answer, too.
        if (judgement.layers.length > 0 || !fault) {
          const { record, unkept } = await epoch.addJudgement({ ...judgement, to: setup.to });
          if (!epoch.over) emit({ kind: 'judgement', judgement: record, unkept: unkept?.fault ?? null });
        }
        if (fault) throw fault;
        timings.judged(summary, device, performance.now() - began, forwards);
      };
      try {
        await engine.use(setup.backend, compute, { signal });
      } catch (error) {
        // Cancelled it is no failure: what was complete is in the document by now.
        if (!(signal.aborted && asMhoError(error).code === 'CANCELLED')) throw error;
      }
    };
  };

/** @throws what judging would be refused with before it begins */
export async function judgeEstimate(
  { engine, timings }: Computers,
  epoch: Epoch,
  setup: JudgeSetup,
): Promise<JudgeEstimate> {
  const asked = askedOf(epoch, setup);
  const { graph, summary } = await epoch.openModel.at(asked.request.inputs);
  const forwards = await engine.judgeForwards(graph, asked);
  const expected = (device: Device): Promise<number | null> => Promise.resolve(timings.expectsJudging(summary, device, forwards)); // prettier-ignore
  return { forwards, durationMs: await engine.use(setup.backend, expected, { urgent: true }) };
}
