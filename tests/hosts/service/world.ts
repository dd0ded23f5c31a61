/** A studio service over a disk in memory and an engine that computes nothing, whose every wait a test ends when it likes. */
import type { Accuracy, AttributionRequest, Reached, Round, RunResult } from '../../../src/contract/attribution';
import { MhoError } from '../../../src/contract/errors';
import type { ModelSummary } from '../../../src/contract/model';
import type { Session } from '../../../src/contract/session';
import type { DocumentState, JobNotice, RunRecord } from '../../../src/contract/studio';
import type { Graph } from '../../../src/main/engine/graph/graph';
import type { Device } from '../../../src/main/engine/backends';
import { createStudioService, type ServiceRequest, type StudioService } from '../../../src/main/hosts/service';
import type { Engine } from '../../../src/main/hosts/service/engine';
import { ownerOf } from '../../../src/main/hosts/service/recovery';
import { Turns } from '../../../src/main/hosts/service/turns';
import * as disk from './disk';

export const RECOVERY = '/state/recovery';
export const MODELS = ['/models/a', '/models/b'] as const;

/** Lets everything go on that does not wait for a step. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const summaryOf = (path: string): ModelSummary => ({
  name: path,
  format: 'test',
  path,
  hash: `hash of ${path}`,
  inputs: [{ name: 'x', shape: [1], dtype: 'float32' }],
  outputs: [{ name: 'y', shape: [1], dtype: 'float32' }],
  layers: [],
  parameters: 0,
});

const device = { info: { name: 'cpu', device: 'CPU', version: 'test' } } as Device;

let results = 0;
/** Every result is told from every other by its target; one that goes on keeps it, and has more walks. */
const resultOf = (method: RunResult['method']): RunResult => ({
  method,
  rule: null,
  steps: 1,
  adaptive: null,
  faults: [],
  remarks: [],
  target: [`result ${++results}`],
  atInput: Float32Array.of(1),
  atBaseline: Float32Array.of(0),
  delta: Float32Array.of(1),
  deltaUncertainty: Float32Array.of(1e-6),
  alarms: [],
  layers: [],
  complete: true,
  examples: [0],
  backend: device.info,
  pathStart: null,
  durationMs: 1,
});

/** Walks of a round. */
export const ROUND = 10;
/** Rounds after which an adaptive path has reached what it was asked, and those of one that goes on. */
export const ROUNDS = 3;

/** An adaptive path as far as it has come: from where it was, or from the beginning. */
function adaptiveOf(accuracy: Accuracy, before: RunResult | undefined, rounds: number, enough: boolean): RunResult {
  const walks = (before ? walksOf(before) : 0) + rounds * ROUND;
  const reached: Reached = {
    estimate: enough ? 2 * accuracy.tolerance : accuracy.tolerance / 2,
    layer: 'y',
    reached: !enough,
    stopped: enough ? 'enough' : 'reached',
    walks,
    points: walks,
    rounds,
    grid: [Float64Array.of(0, -0)],
    saved: { about: { walks }, arrays: {} },
  };
  return { ...(before ?? resultOf('nig')), rule: 'secant', steps: walks, adaptive: { accuracy, examples: [reached] } };
}

const roundOf = (accuracy: Accuracy, rounds: number): Round => ({
  method: 'nig',
  example: 0,
  target: 'y',
  accuracy,
  atInput: 1,
  atBaseline: 0,
  estimate: 1 / rounds,
  layer: 'y',
  walks: rounds * ROUND,
  rounds,
  layers: [],
});

/** How far its adaptive path has come; 0 without one. */
export const walksOf = ({ adaptive }: { readonly adaptive: RunRecord['result']['adaptive'] | RunResult['adaptive'] }) =>
  adaptive?.examples[0]!.walks ?? 0;

export const tagOf = (result: Pick<RunResult, 'target'>): string => result.target[0]!;

/** Models on the device. */
export const kept = new Map<Graph, number>();

/** What a test hears of the engine. */
export interface Ears {
  /** A session file is written. */
  readonly written?: (path: string, session: Session) => void;
  /** A result is complete. */
  readonly computed?: (tag: string, request: AttributionRequest) => void;
}

export function engineOf({ written, computed }: Ears): Engine {
  const turns = new Turns();
  const count = (graph: Graph, by: number): void => void kept.set(graph, (kept.get(graph) ?? 0) + by);
  return {
    openModel: async (path) => {
      await disk.step(`model ${path}`);
      if (!(MODELS as readonly string[]).includes(path)) throw new MhoError('MODEL_NOT_FOUND', { path });
      await disk.step(`weights ${path}`);
      return {
        graph: { layers: [], nodes: [], outputs: [], inputs: [], values: [] } as unknown as Graph,
        summary: summaryOf(path),
        beside: [],
      };
    },
    provenBy: () => Promise.resolve(undefined),
    judge: () => Promise.reject(new MhoError('NOTHING_OPEN', { what: 'judge' })),
    judgeForwards: () => Promise.resolve(1),
    describe: () => ({
      ports: summaryOf('').inputs,
      ops: [],
      varied: { walked: [], held: [] },
      finalActivation: {},
      probabilities: {},
    }),
    sharing: (graph) => graph,
    valueFault: () => null,
    valueDoubt: () => null,
    readArrays: async () => ({ x: { shape: [4, 1], data: Float32Array.of(0, 1, 2, 3) } }),
    readData: async (paths) => {
      await disk.step(`data ${paths.join()}`);
      return { arrays: { x: { shape: [4, 1], data: Float32Array.of(0, 1, 2, 3) } }, how: [], reading: null };
    },
    saveSession: async (path, session) => {
      const content: Session = { ...session, runs: session.runs.map((run) => ({ ...run })) };
      await disk.step(`save ${path}`);
      await disk.step(`replace ${path}`);
      written?.(path, content);
      disk.put(path, content);
    },
    openSession: async (path) => {
      await disk.step(`session ${path}`);
      const content = disk.get(path) as Session | undefined;
      if (!content) throw new MhoError('SESSION_NOT_FOUND', { path });
      await disk.step(`arrays ${path}`);
      return { ...content, questions: content.questions.map((question) => ({ ...question })) };
    },
    use: (_choice, work, { signal } = {}) =>
      turns.take(async () => {
        await disk.step('device');
        if (signal?.aborted) throw signal.reason as Error;
        return work(device);
      }),
    listBackends: async () => [],
    keepModel: async (graph) => {
      await disk.step('keep model');
      count(graph, 1);
    },
    releaseModel: async (graph) => {
      await disk.step('release model');
      count(graph, -1);
    },
    // Of what is cancelled, what is complete is given all the same.
    attribute: async (_device, _graph, request, { signal, enough, resume, onRound, onResult }) => {
      const all: RunResult[] = [];
      const { accuracy } = request;
      for (const method of request.methods) {
        if (signal?.aborted) break;
        await disk.step(`chunk of ${method}`);
        let rounds = 1;
        const adaptive = method === 'nig' && accuracy !== undefined;
        if (adaptive)
          for (; rounds < ROUNDS && !signal?.aborted && !enough?.aborted; rounds++) {
            onRound?.(roundOf(accuracy, rounds));
            await disk.step(`chunk of ${method}`);
          }
        const cut = rounds < ROUNDS;
        if (adaptive && cut && signal?.aborted) {
          // Of an example that goes on there may be others that had been complete.
          if (resume) await onResult?.({ ...adaptiveOf(accuracy, resume, 0, true), complete: false });
          break;
        }
        const result = adaptive ? adaptiveOf(accuracy, resume, rounds, cut) : resultOf(method);
        if (!resume) computed?.(tagOf(result), request);
        all.push(result);
        await onResult?.(result);
      }
      return all;
    },
    valuesAtEnds: async () => ({ atInput: new Map(), atBaseline: new Map(), faults: [] }),
    valuesAlongPath: async (_device, _graph, { steps }, { signal }) => {
      for (let done = 0; done < steps; done++) {
        await disk.step('chunk of a path');
        if (signal?.aborted) throw new MhoError('CANCELLED', { done: done + 1, total: steps + 1 });
      }
      return { alphas: new Float32Array(0), target: new Float32Array(0), layers: [], unit: null };
    },
    together: () => Promise.reject(new Error('No worlds take units out.')),
    knockOuts: () => Promise.reject(new Error('No worlds take units out.')),
    planCost: async () => ({ passes: 1, memoryMB: 1 }) as Awaited<ReturnType<Engine['planCost']>>,
  };
}

export function serviceOf(
  told: (document: string, state: DocumentState) => void = () => undefined,
  ears: Ears = {},
): StudioService {
  return createStudioService({
    engine: engineOf(ears),
    samples: '/samples',
    recovery: RECOVERY,
    owner: ownerOf(process.pid),
    software: { mho: '0', node: '0', platform: 'test' },
    onDocument: told,
  });
}

export function fresh(): void {
  disk.clear();
  kept.clear();
  for (const path of ['/sessions', '/models/a', '/models/b', RECOVERY]) disk.folder(path);
}

/** For tests that decide the order of a few events by hand. */
export class Hand {
  readonly notices: JobNotice[] = [];
  state: DocumentState | null = null;
  service: StudioService;

  constructor() {
    fresh();
    this.service = this.restart();
  }

  /** The engine is gone, what was under way with it. */
  restart(): StudioService {
    disk.steps.length = 0;
    this.service = serviceOf((_, state) => (this.state = state));
    return this.service;
  }

  /** Asks; what comes of it waits for steps. */
  ask(name: ServiceRequest['name'], params: unknown, more: Partial<ServiceRequest> = {}) {
    const emit = (notice: JobNotice): void => void this.notices.push(notice);
    const paths = { a: MODELS[0], b: MODELS[1], data: '/data.npz', S: '/sessions/S.mho', T: '/sessions/T.mho' };
    return this.service.handle({ document: 'one', name, params, paths, emit, ...more });
  }

  /** Ends waits, the oldest first, until nothing waits or the next one is of that label. */
  async until(label = '\n'): Promise<void> {
    await settled();
    while (disk.steps.length > 0 && !disk.steps[0]!.label.startsWith(label)) await this.go();
  }

  /** Ends all waits but those of that label. */
  async but(label: string): Promise<void> {
    await settled();
    for (let next; (next = disk.steps.find((step) => !step.label.startsWith(label)));) await this.go(next.label);
  }

  /** Ends the oldest wait of that label. */
  async go(label = ''): Promise<void> {
    await settled();
    const at = disk.steps.findIndex((step) => step.label.startsWith(label));
    if (at < 0) throw new Error(`nothing waits for ${label}: ${disk.steps.map((step) => step.label).join(', ')}`);
    disk.steps.splice(at, 1)[0]!.go();
    await settled();
  }

  /** Asks, and ends all waits. @returns the answer's value, or its fault's code */
  async done(name: ServiceRequest['name'], params: unknown, more: Partial<ServiceRequest> = {}): Promise<unknown> {
    const asked = this.ask(name, params, more);
    await this.until();
    const answer = await asked;
    return answer.ok ? answer.value : answer.fault.code;
  }

  /** A model with data, and what to run. */
  async opened(model: 'a' | 'b' = 'a') {
    await this.done('openModel', { file: model });
    const { data } = (await this.done('readInputs', { files: ['data'] })) as { data: string };
    const baseline = { kind: 'constant' as const, value: 0 };
    return { data, examples: [0], baseline, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 1, backend: 'auto' }; // prettier-ignore
  }
}
