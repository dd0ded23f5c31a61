/** A run: the methods of one set-up, each result taken into the document as soon as it is there. */
import type { RunResult } from '../../../../contract/attribution';
import type { RunRecord, RunSetup } from '../../../../contract/studio';
import type { Work } from '../jobs';
import { computed, type Computers } from './computing';

/** @returns work that throws what the engine refuses before it begins */
export const attributionWork =
  (computers: Computers): Work<RunSetup> =>
  (epoch, setup) => {
    const request = epoch.data.request(setup, epoch.openModel);
    const question = epoch.data.question(setup, request);
    const { data, baseline, backend } = setup;
    const askedWith = { data, baseline: baseline.kind === 'data' ? baseline.data : null };
    return (job) => {
      const about = { question, askedWith, job: job.id, aside: setup.aside };
      const take = (result: RunResult, trace: RunRecord['trace']) => epoch.addRun(result, { ...about, trace });
      return computed(computers, epoch, { request, backend, take }, job);
    };
  };
