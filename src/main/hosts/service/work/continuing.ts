/** A run that goes on: its adaptive path, from where it is, towards another accuracy. It stays the same run. */
import type { RunResult } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import type { Continuation } from '../../../../contract/studio';
import { madeName } from '../../../../contract/words/runs';
import { continuing, goneOn } from '../../continuing';
import type { Epoch } from '../document/epoch';
import type { Run } from '../document/runs';
import type { Work } from '../jobs';
import { computed, type Computers } from './computing';

/** @throws NOTHING_OPEN, HANDLE_UNKNOWN, RUN_NOT_ADAPTIVE, RUN_OTHER_MODEL */
function checked(epoch: Epoch, id: string): Run {
  const run = epoch.runs.get(id);
  const { summary } = epoch.openModel;
  const name = run.name ?? madeName(run.result);
  if (!run.result.adaptive || run.result.method !== 'nig') throw new MhoError('RUN_NOT_ADAPTIVE', { run: name });
  if (run.model !== summary.hash)
    throw new MhoError('RUN_OTHER_MODEL', { run: name, model: epoch.described?.name ?? 'another model' });
  return run;
}

/** @returns work that throws what the engine refuses before it begins */
export const continuingWork =
  (computers: Computers): Work<Continuation> =>
  (epoch, asked) => {
    const run = checked(epoch, asked.run);
    const { result: resume } = run;
    const request = continuing(resume, run.question, asked.accuracy, asked.memoryMB);
    const done = epoch.runs.goOn(run.id);
    const take = (result: RunResult, trace: Run['trace']) =>
      // Cancelled in the middle, it has less than before: the run stays as it was.
      result.complete ? epoch.reviseRun(run, goneOn(resume, result), trace) : Promise.resolve(null);
    return async (job) => {
      try {
        await computed(computers, epoch, { request, backend: asked.backend, take, resume }, job);
      } finally {
        done();
      }
    };
  };
