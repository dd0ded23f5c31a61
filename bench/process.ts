/** A process that answers JSON lines: the peers' (Python) or our own, so that both are asked and timed the same way. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** ms of one piece of work: `cpu` counts all threads. */
export interface Times {
  readonly wall: number;
  readonly cpu: number;
}

export class Asked {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';

  constructor(program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#child.stderr!.on('data', (text) => (this.#complaints = `${this.#complaints}${text}`.slice(-4000)));
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /**
   * Asks, and stands still between questions: PyTorch's idle threads spin for a while, and would take a core of whoever is
   * measured next.
   * @throws when it answers with an error or ends
   */
  async ask<Answer>(question: object): Promise<Answer> {
    this.#child.kill('SIGCONT');
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#answers.next();
    this.#child.kill('SIGSTOP');
    if (done) throw new Error(`a process of the benchmark ended: ${this.#complaints}`);
    const answer = JSON.parse(value) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`${answer.error}\n${this.#complaints}`);
    return answer;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGCONT');
    this.#child.stdin!.end();
    await ended;
  }
}

/** A fresh process of ours that is asked once (`answering` in service.ts). @param what it was to do, for whoever reads why it did not */
export function askOnce<Answer>(root: string, child: string, question: object, what: string): Answer {
  const words = ['--import', 'tsx', child, JSON.stringify(question)];
  const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' };
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${what}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

/**
 * Medians of alternating measurements and of the rounds' ratios ours / theirs; and the ratio of the two fastest runs, which
 * other programs on the machine disturb least.
 */
export interface Pair {
  readonly ours: Times;
  readonly theirs: Times;
  readonly wallRatio: number;
  readonly cpuRatio: number;
  readonly fastestRatio: number;
}

/** What comes before is not like what follows: PyTorch plans its first run, we record our second as a graph. */
const UNMEASURED = 3;

/** The mean of several short runs one after another, but for the first: who has just been woken finds its caches cold. */
const repeated = (times: number, run: () => Promise<Times>) => async (): Promise<Times> => {
  if (times > 1) await run();
  const total = { wall: 0, cpu: 0 };
  for (let time = 0; time < times; time++) {
    const { wall, cpu } = await run();
    total.wall += wall / times;
    total.cpu += cpu / times;
  }
  return total;
};

/**
 * Measures in turn, so that what else the machine does hits both alike, after unmeasured rounds.
 * @param runs of either side in a round, one after another; where there are several, after one that is not counted
 */
export async function alternate(
  rounds: number,
  our: () => Promise<Times>,
  their: () => Promise<Times>,
  runs = 1,
): Promise<Pair> {
  const [ours, theirs] = [repeated(runs, our), repeated(runs, their)];
  for (let round = 0; round < UNMEASURED; round++) {
    await ours();
    await theirs();
  }
  const measured: { ours: Times; theirs: Times }[] = [];
  for (let round = 0; round < rounds; round++) {
    const oursFirst = round % 2 === 0;
    const first = await (oursFirst ? ours : theirs)();
    const second = await (oursFirst ? theirs : ours)();
    measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  const times = (side: 'ours' | 'theirs'): Times => ({
    wall: median(measured.map((round) => round[side].wall)),
    cpu: median(measured.map((round) => round[side].cpu)),
  });
  return {
    ours: times('ours'),
    theirs: times('theirs'),
    wallRatio: median(measured.map((round) => round.ours.wall / round.theirs.wall)),
    cpuRatio: median(measured.map((round) => round.ours.cpu / round.theirs.cpu)),
    fastestRatio:
      Math.min(...measured.map((round) => round.ours.wall)) / Math.min(...measured.map((round) => round.theirs.wall)),
  };
}
