/**
 * The engine's side of the contract, for any host: it takes a request by name, checks it by its schema, answers it for
 * one document. A dispatcher over the contract's own table, in place of a library for remote calls: the table already
 * has the schemas and the types, so a library would add a second list of methods and no check.
 */
import { z } from 'zod';
import { asMhoError, MhoError } from '../../../contract/errors';
import type { AttributionRequest } from '../../../contract/attribution';
import type { BackendChoice } from '../../../contract/backends';
import type { Session } from '../../../contract/session';
import {
  engineRequests,
  type Answer,
  type DocumentState,
  type EngineRequestName,
  type JobNotice,
  type Params,
  type RecoveryEntry,
  type Result,
  type RunSetup,
} from '../../../contract/studio';
import type { Device } from '../../engine/backends';
import { checked } from '../checked';
import { Document, type DocumentSurroundings, type Unsaved } from './document';
import type { Engine } from './engine';
import { Jobs } from './jobs';
import { Recovery, type Owner, type SavedState } from './recovery';
import { samples } from './samples';

/** What the host itself asks; never forwarded from a view, since it names files by path. */
export const hostOnlyRequests = {
  /** To the path, or to the document's own file; answers false when it has none yet. */
  save: { params: z.object({ path: z.string().min(1).nullable() }) },
  /** The window is closed and nothing in it is wanted any more. */
  close: { params: z.object({}) },
  /** The page went away without a word: what is unsaved is offered again. */
  leave: { params: z.object({}) },
} as const;
type HostOnlyName = keyof typeof hostOnlyRequests;

export interface ServiceRequest {
  readonly document: string;
  readonly name: EngineRequestName | HostOnlyName;
  readonly params: unknown;
  /** Paths of the file tokens in `params`. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Whether unsaved runs may be replaced; a host that cannot ask leaves them to be offered at the next start. */
  readonly unsaved?: Unsaved;
  /** Where `startRun` tells how its job goes on. */
  readonly emit?: (notice: JobNotice) => void;
}

export interface ServiceOptions {
  readonly engine: Engine;
  /** Folder of the bundled samples. */
  readonly samples: string;
  /** Folder in which finished runs are kept until they are saved. */
  readonly recovery: string;
  /** The program that has the documents open. */
  readonly owner: Owner;
  readonly software: Session['software'];
  readonly onDocument: (document: string, state: DocumentState) => void;
}

export interface StudioService {
  handle(request: ServiceRequest): Promise<Answer>;
}

interface Asked<Name extends EngineRequestName> {
  readonly document: Document;
  readonly params: Params<Name>;
  /** @throws FILE_NOT_GRANTED */
  readonly path: (token: string) => string;
  readonly unsaved: Unsaved;
  readonly emit: (notice: JobNotice) => void;
}
type Handlers = { [Name in EngineRequestName]: (asked: Asked<Name>) => Promise<Result<Name>> };

/** Enough of a run to ask for values at its ends. */
const probe = (setup: Pick<RunSetup, 'data' | 'examples' | 'baseline'>): Omit<RunSetup, 'backend'> => ({
  ...setup,
  target: { index: 'argmax' },
  methods: ['gradient-difference'],
  rule: 'right',
  steps: 1,
});

/** Milliseconds: computed twice, it is still an answer at once. */
const QUICK = 1000;

function handlers(options: ServiceOptions, recovery: Recovery, jobs: Jobs) {
  const { engine } = options;
  /** Milliseconds of one forward pass of an example, by model hash. */
  const forward = new Map<string, number>();
  /** The walk along a path that each document asked for last, of all layers and of one unit. */
  const walks = new Map<string, AbortController>();

  /** What a view waits for comes in between the chunks of a run, on the backend that was asked for. */
  const urgently = <Given>(
    choice: BackendChoice | undefined,
    work: (device: Device) => Promise<Given>,
    signal?: AbortSignal,
  ): Promise<Given> => engine.use(choice ?? 'auto', work, { urgent: true, ...(signal && { signal }) });

  const layerOutput = (document: Document, layer: string): number => {
    const found = document.model.graph.layers.find(({ name }) => name === layer);
    if (!found) throw new MhoError('LAYER_UNKNOWN', { layer, hint: '' });
    return found.output;
  };

  return {
    openModel: ({ document, params, path, unsaved }) => document.openModel(path(params.file), null, unsaved),
    openSample: ({ document, params, unsaved }) => document.openModel('', params.name, unsaved),
    cancelOpening: async ({ document }) => document.cancelOpening(),
    openedModel: async ({ document }) => document.opened(),
    sampleList: async () => (await samples(options.samples)).map(({ info }) => info),
    readInputs: ({ document, params: { files, ...rest }, path }) => document.readInputs(files.map(path), rest),
    rereadInputs: ({ document, params }) => document.rereadInputs(params.data, params.reading),
    inputRows: async ({ document, params }) => document.inputRows(params.data, params.examples),

    predict: async ({ document, params }) => {
      const { graph, summary } = document.model;
      const request: AttributionRequest = document.request(probe(params));
      const ids = [...new Set(graph.outputs.map(({ value }) => value))];
      const { atInput, atBaseline, durationMs, backend } = await urgently(params.backend, async (device) => {
        const began = performance.now();
        const values = await engine.valuesAtEnds(device, graph, request, ids);
        const durationMs = performance.now() - began;
        // The first one of a model also loads its weights: one that was quick all the same is timed again.
        let each = durationMs / (2 * params.examples.length);
        if (!forward.has(summary.hash) && durationMs < QUICK) {
          const again = performance.now();
          await engine.valuesAtEnds(device, graph, request, ids);
          each = (performance.now() - again) / (2 * params.examples.length);
        }
        forward.set(summary.hash, Math.min(each, forward.get(summary.hash) ?? Infinity));
        return { ...values, durationMs, backend: device.info };
      });
      return {
        outputs: graph.outputs.map((port) => ({
          name: port.name,
          atInput: atInput.get(port.value)!,
          atBaseline: atBaseline.get(port.value)!,
        })),
        durationMs,
        backend,
      };
    },

    activations: async ({ document, params }) => {
      const id = layerOutput(document, params.layer);
      const { graph } = document.model;
      const request = document.request(probe(params));
      const { atInput, atBaseline } = await urgently(params.backend, (device) =>
        engine.valuesAtEnds(device, graph, request, [id]),
      );
      return { atInput: atInput.get(id)!, atBaseline: atBaseline.get(id)! };
    },

    alongPath: async ({ document, params }) => {
      const { example, only, backend, ...rest } = params;
      const request = document.request({ ...rest, examples: [example], methods: ['nig'] });
      // Whoever steps through examples or units wants the last one alone.
      const kind = `${document.id} ${only ? 'unit' : 'layers'}`;
      walks.get(kind)?.abort(new MhoError('CANCELLED', { done: 0, total: request.steps + 1 }));
      const abort = new AbortController();
      walks.set(kind, abort);
      const { graph } = document.model;
      const { signal } = abort;
      try {
        return await urgently(
          backend,
          (device) => engine.valuesAlongPath(device, graph, request, { ...(only && { only }), signal }),
          signal,
        );
      } finally {
        if (walks.get(kind) === abort) walks.delete(kind);
      }
    },

    estimate: async ({ document, params }) => {
      const { graph, summary } = document.model;
      const request = document.request(params);
      const { passes, memoryMB } = await urgently(params.backend, (device) => engine.planCost(device, graph, request));
      const measured = jobs.pace(summary.hash);
      const single = forward.get(summary.hash);
      // A pass is a forward and a backward walk: about two and a half forward ones.
      const each = measured ?? (single === undefined ? null : single * 2.5);
      return {
        passes,
        memoryMB,
        durationMs: each === null ? null : each * passes,
        basis: measured !== null ? 'runs' : single !== undefined ? 'forward' : null,
      };
    },

    startRun: async ({ document, params, emit }) => ({ job: jobs.start(document, params, emit) }),
    cancelRun: async ({ document, params }) => jobs.cancel(document.id, params.job),
    runList: async ({ document }) => document.runs,
    runBaseline: async ({ document, params }) => document.runBaseline(params.run),
    contributions: async ({ document, params }) => document.contributions(params.run, params.layer),
    describeRun: ({ document, params }) => document.describeRun(params.run, params.name, params.note),
    removeRun: ({ document, params }) => document.removeRun(params.run),
    restoreRun: ({ document, params }) => document.restoreRun(params.run),
    openSession: ({ document, params, path, unsaved }) => document.openSession(path(params.file), unsaved),
    readSession: ({ document, params, path }) => document.readSession(path(params.file)),
    document: async ({ document }) => document.state,
    present: async ({ document }) => document.present,
    backends: ({ params }) => engine.listBackends(params.choice),

    recoveryList: async () => (await recovery.orphans()).map(entryOf),
    recover: async ({ document, params, unsaved }) => {
      const left = await recovery.orphan(params.id);
      if (!left) throw new MhoError('HANDLE_UNKNOWN', { what: 'recovered session', id: params.id });
      return document.recover(left.folder, left.state, unsaved);
    },
    discardRecovery: ({ params }) => recovery.discard(params.id),
    restoreRecovery: async ({ params }) => {
      const left = await recovery.undiscard(params.id);
      if (!left) throw new MhoError('HANDLE_UNKNOWN', { what: 'recovered session', id: params.id });
      return entryOf(left);
    },
    reopenBefore: ({ document, unsaved }) => document.reopenBefore(unsaved),
  } satisfies Handlers;
}

const entryOf = ({ folder, state }: { folder: { name: string }; state: SavedState }): RecoveryEntry => ({
  id: folder.name,
  title: state.title ?? 'Untitled',
  runs: state.runs.length,
  when: state.runs
    .map(({ created }) => created)
    .sort()
    .at(-1)!,
});

const table = { ...engineRequests, ...hostOnlyRequests };

export function createStudioService(options: ServiceOptions): StudioService {
  const recovery = new Recovery(options.recovery, options.owner);
  void recovery.clear();
  const jobs = new Jobs(options.engine);
  const documents = new Map<string, Promise<Document>>();
  const open = new Map<string, Document>();
  const around: DocumentSurroundings = {
    engine: options.engine,
    recovery,
    samples: options.samples,
    software: options.software,
    openElsewhere: (path, document) =>
      [...open.values()].some((each) => each.id !== document && each.sessionPath === path),
    changed: options.onDocument,
  };
  const answers = handlers(options, recovery, jobs) as unknown as Record<
    EngineRequestName,
    (asked: Asked<EngineRequestName>) => Promise<unknown>
  >;

  const documentOf = (id: string): Promise<Document> => {
    const known = documents.get(id);
    if (known) return known;
    const opening = Document.open(id, around).then((document) => {
      open.set(id, document);
      return document;
    });
    documents.set(id, opening);
    return opening;
  };

  return {
    async handle({ document: id, name, params, paths = {}, unsaved = 'keep', emit = () => undefined }) {
      const check = checked(table, name, params);
      if (!check.ok) return check;
      try {
        const document = await documentOf(id);
        if (name === 'save')
          return { ok: true, value: await document.save((check.value as { path: string | null }).path) };
        if (name === 'close' || name === 'leave') {
          jobs.cancelAll(id);
          documents.delete(id);
          open.delete(id);
          await (name === 'close' ? document.close() : document.leave());
          return { ok: true, value: undefined };
        }
        const path = (token: string): string => {
          if (!Object.hasOwn(paths, token)) throw new MhoError('FILE_NOT_GRANTED');
          return paths[token]!;
        };
        const { epoch } = document;
        const value = await answers[name]({ document, params: check.value as never, path, unsaved, emit });
        if (document.epoch !== epoch) jobs.cancelAll(id); // what they were asked about is closed
        return { ok: true, value };
      } catch (error) {
        return { ok: false, fault: asMhoError(error).fault };
      }
    },
  };
}
