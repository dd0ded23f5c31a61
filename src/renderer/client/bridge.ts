/** Over Electron's bridge; a job's notices come by a MessagePort of their own. */
import { JOB_CHANNEL, type StudioBridge } from '../../contract/channels';
import type {
  Answer,
  FileRef,
  Job,
  JobNotice,
  JobRequestName,
  JobSetup,
  Result,
  StudioClient,
  StudioNotice,
} from '../../contract/studio';
import { valueOf } from './fault';
import { OpenJobs } from './jobs';

export function overBridge(bridge: StudioBridge): StudioClient {
  const jobs = new OpenJobs();
  const ports = new Map<string, MessagePort>();
  const expected = new Map<string, (port: MessagePort) => void>();
  window.addEventListener('message', (event: MessageEvent<{ channel?: string; job?: string }>) => {
    const [port] = event.ports;
    const { channel, job } = event.data;
    if (event.source !== window || channel !== JOB_CHANNEL || !job || !port) return;
    const take = expected.get(job);
    if (take) take(port);
    else ports.set(job, port);
  });

  /** The port may come before or after the answer that names its job. */
  const portOf = (job: string): Promise<MessagePort> => {
    const port = ports.get(job);
    ports.delete(job);
    return port ? Promise.resolve(port) : new Promise((resolve) => expected.set(job, resolve));
  };

  const ask = async (name: string, params: unknown): Promise<unknown> =>
    valueOf((await bridge.request(name, params)) as Answer);

  const start = async (name: JobRequestName, asked: JobSetup, listener: (notice: JobNotice) => void): Promise<Job> => {
    const { job } = (await ask(name, asked)) as Result<JobRequestName>;
    jobs.open(job, listener);
    const port = await portOf(job);
    expected.delete(job);
    port.onmessage = ({ data }: MessageEvent<JobNotice>) => {
      if (!jobs.tell(job, data)) port.close();
    };
    return {
      job,
      cancel: async () => void (await ask('cancelRun', { job })),
      enough: async () => void (await ask('enoughRun', { job })),
    };
  };

  bridge.onNotice((given) => {
    const notice = given as StudioNotice;
    if (notice.kind === 'engine' && notice.fault) jobs.failAll(notice.fault);
  });

  return {
    host: 'electron',
    left: [],
    request: async (name, params) => (await ask(name, params)) as Result<typeof name>,
    startRun: (setup, listener) => start('startRun', setup, listener),
    continueRun: (asked, listener) => start('continueRun', asked, listener),
    startJudging: (asked, listener) => start('startJudging', asked, listener),
    onNotice: (listener) => bridge.onNotice((notice) => listener(notice as StudioNotice)),
    filesFrom: async (files) => (await bridge.filesFrom(files)) as readonly FileRef[],
  };
}
