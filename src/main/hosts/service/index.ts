/**
 * The engine's side of the contract, for any host: it takes a request by name, checks it by its schema, answers it for
 * one document. A dispatcher over the contract's own table, in place of a library for remote calls: the table already
 * has the schemas and the types, so a library would add a second list of methods and no check.
 */
import { sep } from 'node:path';
import { z } from 'zod';
import { asMhoError, MhoError } from '../../../contract/errors';
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
import { openOutputs } from '../../engine/graph/closed';
import { layerNamed } from '../../engine/graph/layers';
import { checked } from '../checked';
import { Document, type DocumentSurroundings, type Unsaved } from './document';
import type { Engine } from './engine';
import { SessionPlaces } from './document/session';
import { Jobs } from './jobs';
import { judgementsOf, Recovery, lastOf, runsOf, type Owner, type SavedState } from './recovery';
import { samples } from './samples';
import { Latest, under } from './signals';
import { commandOf, knockOutCommand, pythonOf } from './repeating';
import { expectedCost, Timings, workOf } from './timings';
import { keepBeside } from './beside';
import { Interventions } from './interventions';
import { layerFacts } from './layerFacts';
import { fieldsOf, layerOfUnit, unitPeaks } from './unitValues';
import { layerWeights } from './weights';
import { referenceByReference } from './references';
import { tops } from './verdicts';
import { attributionWork } from './work/attribution';
import { continuingWork } from './work/continuing';
import { judgeEstimate, judgingWork } from './work/judging';

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
  /** Where a job that is started tells how it goes on. */
  readonly emit?: (notice: JobNotice) => void;
}

export interface ServiceOptions {
  readonly engine: Engine;
  /** Folder of the bundled samples. */
  readonly samples: string;
  /** Folder in which finished runs are kept until they are saved. */
  readonly recovery: string;
  /** Folder of uploads and downloads, links resolved: what is in it goes with the host. */
  readonly passing?: string;
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
/** `cancelOpening` waits for nothing, and is answered before these. */
type Handlers = {
  [Name in Exclude<EngineRequestName, 'cancelOpening'>]: (asked: Asked<Name>) => Promise<Result<Name>>;
};

/** Enough of a run to ask for values at its ends. */
const probe = (
  setup: Pick<RunSetup, 'data' | 'examples' | 'baseline' | 'hold' | 'walk'>,
): Omit<RunSetup, 'backend'> => ({
  ...setup,
  target: { index: 'argmax' },
  methods: ['gradient-difference'],
  rule: 'right',
  steps: 1,
});

/** Milliseconds: computed twice, it is still an answer at once. */
const QUICK = 1000;

function handlers(options: ServiceOptions, recovery: Recovery) {
  const { engine } = options;
  const timings = new Timings();
  const jobs = new Jobs();
  const attribution = attributionWork({ engine, timings });
  const continuing = continuingWork({ engine, timings });
  const judging = judgingWork({ engine, timings });
  /** Whoever steps through examples or units wants the last walk alone: of all layers, and of one unit. */
  const walks = new Latest();
  const interventions = new Interventions(engine);
  /** A slider asks many times: the last one is wanted. */
  const presses = new Latest();

  /** What a view waits for comes in between the chunks of a run, on the backend that was asked for. */
  const urgently = <Given>(
    choice: BackendChoice | undefined,
    work: (device: Device) => Promise<Given>,
    signal?: AbortSignal,
  ): Promise<Given> => engine.use(choice ?? 'auto', work, { urgent: true, ...(signal && { signal }) });

  return {
    openModel: ({ document, params, path, unsaved }) => document.openModel(path(params.file), null, unsaved),
    openSample: ({ document, params, unsaved }) => document.openModel('', params.name, unsaved),
    reopenModel: ({ document, params, unsaved }) => document.reopenModel(params.choices, unsaved),
    openedModel: async ({ document }) => document.opened(),
    sampleList: async () => (await samples(options.samples)).map(({ info }) => info),
    readInputs: ({ document, params: { files, ...rest }, path }) => document.readInputs(files.map(path), rest),
    rereadInputs: ({ document, params }) => document.rereadInputs(params.data, params.reading),
    keepReading: async ({ document: { epoch }, params }) => {
      const { reading } = epoch.data.get(params.data);
      if (!reading) throw new MhoError('NOTHING_OPEN', { what: 'picture' });
      const { range, fit, channels, mean, std } = reading;
      await keepBeside(epoch.openModel.summary.path, { image: { range, fit, channels, mean, std } });
    },
    editInputs: async ({ document, params }) => document.editInputs(params),
    inputRows: async ({ document, params }) => document.inputRows(params.data, params.examples),

    predict: async ({ document: { epoch }, params }) => {
      const request = epoch.data.request(probe(params), epoch.openModel);
      const { graph, summary } = await epoch.openModel.at(request.inputs);
      const ports = openOutputs(graph);
      const ids = [...new Set(ports.map(({ value }) => value))];
      const { atInput, atBaseline, faults, durationMs, backend } = await urgently(params.backend, async (device) => {
        const began = performance.now();
        const values = await engine.valuesAtEnds(device, graph, request, ids);
        const durationMs = performance.now() - began;
        // The first one of a model also loads its weights, and the second makes a graph of it: only the third is as all that
        // come after. Where the first was quick all the same, these are timed.
        const again = async (): Promise<number> => {
          const beganAgain = performance.now();
          await engine.valuesAtEnds(device, graph, request, ids);
          return performance.now() - beganAgain;
        };
        const watched = !timings.knows(summary, device) && durationMs < QUICK;
        const recording = watched ? await again() : 0;
        // the quickest of three: a single one is often disturbed
        const whole = watched ? Math.min(await again(), await again(), await again()) : durationMs;
        timings.forward(summary, device, whole / (2 * params.examples.length), recording);
        return { ...values, durationMs, backend: device.info };
      });
      return {
        outputs: ports.map((port) => ({
          name: port.name,
          atInput: atInput.get(port.value)!,
          atBaseline: atBaseline.get(port.value)!,
        })),
        faults,
        durationMs,
        backend,
      };
    },

    comparedWith: async ({ document: { epoch }, params: { example, ...params } }) => {
      const request = epoch.data.request(probe({ ...params, examples: [example] }), epoch.openModel);
      const { references, asked, rows } = referenceByReference(request);
      const { graph } = await epoch.openModel.at(request.inputs);
      const ports = openOutputs(graph);
      const ids = [...new Set(ports.map(({ value }) => value))];
      const { atBaseline, faults } = await urgently(params.backend, (device) =>
        engine.valuesAtEnds(device, graph, asked, ids),
      );
      const outputs = ports.map(({ name, value }) => ({ name, atBaseline: atBaseline.get(value)! }));
      return { chosen: request.baseline.chosen ?? null, references, rows, outputs, faults };
    },

    verdicts: async ({ document: { epoch }, params }) => {
      const request = epoch.data.request(probe(params), epoch.openModel);
      const { graph } = await epoch.openModel.at(request.inputs);
      const ports = openOutputs(graph);
      const wanted = [...new Set(ports.map(({ value }) => value))];
      const { atInput, faults, backend } = await engine.use(
        params.backend ?? 'auto',
        async (device) => ({
          ...(await engine.valuesAtEnds(device, graph, request, wanted)),
          backend: device.info,
        }),
        { signal: epoch.signal },
      );
      const strange = new Set(faults.map(({ example }) => example));
      return { outputs: ports.map(({ name, value }) => ({ name, ...tops(atInput.get(value)!, strange) })), backend };
    },

    activations: async ({ document: { epoch }, params }) => {
      const request = epoch.data.request(probe(params), epoch.openModel);
      const { graph } = await epoch.openModel.at(request.inputs);
      const layer = layerNamed(graph, params.layer);
      if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: params.layer, hint: '' });
      const { atInput, atBaseline, faults } = await urgently(params.backend, (device) =>
        engine.valuesAtEnds(device, graph, request, [layer.output]),
      );
      return { atInput: atInput.get(layer.output)!, atBaseline: atBaseline.get(layer.output)!, faults };
    },

    unitActivations: async ({ document: { epoch }, params }) => {
      const request = epoch.data.request(probe(params), epoch.openModel);
      const { graph } = await epoch.openModel.at(request.inputs);
      const { output, unitAxis } = layerOfUnit(graph, params.layer, params.unit);
      const work = async (device: Device) => ({
        ...(await engine.valuesAtEnds(device, graph, request, [output])),
        backend: device.info,
      });
      const { atInput, faults, backend } = await engine.use(params.backend ?? 'auto', work, { signal: epoch.signal });
      const strange = new Set(faults.map(({ example }) => example));
      return { ...unitPeaks(atInput.get(output)!, unitAxis, params.unit, strange), backend };
    },
    receptiveFields: async ({ document: { epoch }, params }) => {
      const { data, example, layer, unit, positions } = params;
      const { graph } = await epoch.openModel.at(epoch.data.rows(data, [example], epoch.openModel));
      return fieldsOf(graph, layer, unit, positions);
    },

    layer: async ({ document: { epoch }, params }) => layerFacts(epoch.openModel.graph, params.layer),
    weights: async ({ document: { epoch }, params }) => layerWeights(epoch.openModel.graph, params.layer, params.unit),

    intervene: async ({ document: { id, epoch }, params }) =>
      presses.take(id, new MhoError('CANCELLED', { done: 0, total: params.examples.length }), (superseded) =>
        under([superseded, epoch.signal], (signal) =>
          interventions.together(epoch, params, (work) => urgently(params.backend, work, signal), signal),
        ),
      ),
    knockOutCommand: async ({ document: { epoch }, params }) => knockOutCommand(epoch, params),
    knockOuts: async ({ document: { epoch }, params }) =>
      interventions.singles(epoch, params, (work) => urgently(params.backend, work, epoch.signal), epoch.signal),

    alongPath: async ({ document: { id, epoch }, params }) => {
      const { example, only, backend, ...rest } = params;
      const request = epoch.data.request({ ...rest, examples: [example], methods: ['nig'] }, epoch.openModel);
      const { graph } = await epoch.openModel.at(request.inputs);
      const notBegun = new MhoError('CANCELLED', { done: 0, total: request.steps + 1 });
      return walks.take(`${id} ${only ? 'unit' : 'layers'}`, notBegun, (superseded) =>
        under([superseded, epoch.signal], (signal) =>
          urgently(
            backend,
            (device) => engine.valuesAlongPath(device, graph, request, { ...(only && { only }), signal }),
            signal,
          ),
        ),
      );
    },

    estimate: async ({ document: { epoch }, params }) => {
      const request = epoch.data.request(params, epoch.openModel);
      const { graph, summary } = await epoch.openModel.at(request.inputs);
      return urgently(params.backend, async (device) => {
        const { passes, memoryMB, walks } = await expectedCost(engine, device, graph, request);
        const asked = { passes, adaptive: walks !== null, work: workOf(graph) };
        return { walks, memoryMB, ...timings.expects(summary, device, asked) };
      });
    },

    startRun: async ({ document, params, emit }) => ({ job: jobs.start(attribution, document, params, emit) }),
    continueRun: async ({ document, params, emit }) => ({ job: jobs.start(continuing, document, params, emit) }),
    judgeEstimate: async ({ document: { epoch }, params }) => judgeEstimate({ engine, timings }, epoch, params),
    startJudging: async ({ document, params, emit }) => ({ job: jobs.start(judging, document, params, emit) }),
    removeJudgement: ({ document, params }) => document.removeJudgement(params.judgement),
    restoreJudgement: ({ document, params }) => document.restoreJudgement(params.judgement),
    cancelRun: async ({ document, params }) => jobs.cancel(document.id, params.job),
    enoughRun: async ({ document, params }) => jobs.enough(document.id, params.job),
    runCommand: ({ document, params }) => commandOf(document.epoch, params.run),
    runPython: async ({ document, params }) => pythonOf(document.epoch, params.run, params.name),
    runList: async ({ document }) => document.epoch.runs.records,
    runBaseline: async ({ document, params }) => document.runBaseline(params.run),
    runInputs: async ({ document, params }) => document.runInputs(params.run),
    openData: async ({ document: { epoch }, params }) => epoch.data.shown(params.data, epoch.openModel),
    keepView: ({ document, params }) => document.keepView(params.of, params.view, params.known),
    contributions: ({ document, params }) => document.contributions(params.run, params.layer),
    describeRun: ({ document, params }) => document.describeRun(params.run, params.name, params.note),
    removeRun: ({ document, params }) => document.removeRun(params.run),
    restoreRun: ({ document, params }) => document.restoreRun(params.run),
    keepNotebook: ({ document, params }) => document.keepNotebook(params.model, params.notebook),
    openSession: ({ document, params, path, unsaved }) => document.openSession(path(params.file), unsaved),
    readSession: ({ document, params, path }) => document.readSession(path(params.file)),
    guestRuns: ({ document }) => document.guestRuns(),
    readBefore: ({ document }) => document.readBefore(),
    forgetGuest: async ({ document, params }) => document.epoch.guests.forget(params.run),
    document: async ({ document }) => document.state,
    present: async ({ document }) => document.present,
    backends: ({ params }) => engine.listBackends(params.choice),

    recoveryList: async () => (await recovery.orphans()).map(entryOf),
    recover: ({ document, params, unsaved }) => document.recover(params.id, unsaved),
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
  runs: runsOf(state).length,
  notes: state.notebook?.length ?? 0,
  judgements: judgementsOf(state).length,
  when: lastOf(state),
});

const table = { ...engineRequests, ...hostOnlyRequests };

export function createStudioService(options: ServiceOptions): StudioService {
  const recovery = new Recovery(options.recovery, options.owner);
  void recovery.sweep();
  const documents = new Map<string, Document>();
  /** Documents that are being closed: whoever asks for one of them again waits for that. */
  const closing = new Map<string, Promise<void>>();
  const { passing } = options;
  const around: DocumentSurroundings = {
    lasting: (path) => passing === undefined || !path.startsWith(passing + sep),
    engine: options.engine,
    recovery,
    samples: options.samples,
    software: options.software,
    places: new SessionPlaces(),
    changed: options.onDocument,
  };
  const answers = handlers(options, recovery) as unknown as Record<
    EngineRequestName,
    (asked: Asked<EngineRequestName>) => Promise<unknown>
  >;

  /**
   * Session files that documents had open as an engine before this one died: no other document may have them until each
   * document is found again, which is when its window asks. What gives them up, by document.
   */
  const reserved = recovery.sessions().then((sessions) => {
    const claims = new Map<string, () => void>();
    for (const { document, path } of sessions)
      try {
        claims.set(document, around.places.claim(path, document));
      } catch {
        // The engine died as the file went from one document to another: one of the two has it.
      }
    return claims;
  });
  const giveUpReserved = async (id: string): Promise<void> => (await reserved).get(id)?.();

  const documentOf = async (id: string): Promise<Document> => {
    while (closing.has(id)) await closing.get(id);
    const document = documents.get(id) ?? new Document(id, around);
    documents.set(id, document);
    await document.ready; // it has its session file itself now
    await giveUpReserved(id);
    return document;
  };

  const end = async (id: string, name: 'close' | 'leave'): Promise<void> => {
    while (closing.has(id)) await closing.get(id);
    const document = documents.get(id) ?? new Document(id, around);
    documents.delete(id);
    const ended = document[name]()
      .finally(() => giveUpReserved(id))
      .finally(() => closing.delete(id));
    closing.set(id, ended.catch(() => undefined)); // prettier-ignore
    await ended;
  };

  return {
    async handle({ document: id, name, params, paths = {}, unsaved = 'keep', emit = () => undefined }) {
      const check = checked(table, name, params);
      if (!check.ok) return check;
      const path = (token: string): string => {
        if (!Object.hasOwn(paths, token)) throw new MhoError('FILE_NOT_GRANTED');
        return paths[token]!;
      };
      try {
        if (name === 'close' || name === 'leave') return { ok: true, value: await end(id, name) };
        // Not to be waited for: what an engine before this one left is being opened, too.
        if (name === 'cancelOpening') return { ok: true, value: documents.get(id)?.cancelOpening() };
        const document = await documentOf(id);
        const value =
          name === 'save'
            ? await document.save((check.value as { path: string | null }).path)
            : await answers[name]({ document, params: check.value as never, path, unsaved, emit });
        return { ok: true, value };
      } catch (error) {
        return { ok: false, fault: asMhoError(error).fault };
      }
    },
  };
}
