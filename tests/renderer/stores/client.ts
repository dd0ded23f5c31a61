/** A client whose answers a test gives when it wants, for tests of the window's stores. */
import type {
  Continuation,
  Job,
  JobNotice,
  JobSetup,
  JudgeSetup,
  Params,
  RequestName,
  Result,
  RunSetup,
  StudioClient,
  StudioNotice,
} from '../../../src/contract/studio';
import { defaultSettings } from '../../../src/contract/defaults';

/** One request that waits for its answer. */
export interface Asked<Name extends RequestName = RequestName> {
  readonly name: Name;
  readonly params: Params<Name>;
  answer(value: Result<Name>): void;
  refuse(error: unknown): void;
}

type Answers = { readonly [Name in RequestName]?: (params: Params<Name>) => Result<Name> };

/** What a window is told when it starts, where a test says nothing else. */
const usual: Answers = {
  status: () => ({ version: 'test', platform: 'linux', engine: 'ready', backend: null }),
  settings: () => defaultSettings,
  launch: () => ({ kind: 'nothing' }),
  present: () => null,
  recoveryList: () => [],
  sampleList: () => [],
  recentList: () => [],
};

export class FakeClient implements StudioClient {
  readonly host = 'electron';
  readonly left = [];
  /** Every request, in order. */
  readonly requests: { readonly name: RequestName; readonly params: unknown }[] = [];
  /** Those that nothing answered by itself. */
  readonly open: Asked[] = [];
  readonly jobs: {
    readonly setup: JobSetup;
    readonly tell: (notice: JobNotice) => void;
    cancelled: boolean;
    enough: boolean;
  }[] = [];
  #listeners = new Set<(notice: StudioNotice) => void>();

  /** @param answers given at once; other requests wait in `open` */
  constructor(readonly answers: Answers = {}) {}

  request<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Result<Name>> {
    this.requests.push({ name, params });
    const answer = (this.answers[name] ?? usual[name]) as ((params: Params<Name>) => Result<Name>) | undefined;
    if (answer) return Promise.resolve().then(() => answer(params));
    return new Promise((resolve, reject) =>
      this.open.push({ name, params, answer: resolve as Asked['answer'], refuse: reject }),
    );
  }

  /** What was asked under a name. */
  asked<Name extends RequestName>(name: Name): Params<Name>[] {
    return this.requests.filter((request) => request.name === name).map(({ params }) => params as Params<Name>);
  }

  startRun(setup: RunSetup, tell: (notice: JobNotice) => void): Promise<Job> {
    return this.#start(setup, tell);
  }

  continueRun(asked: Continuation, tell: (notice: JobNotice) => void): Promise<Job> {
    return this.#start(asked, tell);
  }

  startJudging(asked: JudgeSetup, tell: (notice: JobNotice) => void): Promise<Job> {
    return this.#start(asked, tell);
  }

  #start(setup: JobSetup, tell: (notice: JobNotice) => void): Promise<Job> {
    const job = { setup, tell, cancelled: false, enough: false };
    this.jobs.push(job);
    return Promise.resolve({
      job: `job${this.jobs.length}`,
      cancel: async () => void (job.cancelled = true),
      enough: async () => void (job.enough = true),
    });
  }

  onNotice(listener: (notice: StudioNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(notice: StudioNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  filesFrom(): Promise<[]> {
    return Promise.resolve([]);
  }
}
