/** The engine as the service uses it. Loaded when it is first needed: TensorFlow takes half a second. */
import type { AttributionRequest, NumericArray, RunResult } from '../../../contract/attribution';
import type { BackendChoice, BackendReport } from '../../../contract/backends';
import type { Intervention, KnockOuts, Replacement } from '../../../contract/interventions';
import type { OpeningChoices } from '../../../contract/opening';
import type { Session } from '../../../contract/session';
import type { MhoError } from '../../../contract/errors';
import type { AlongPath, OpenedModel } from '../../../contract/studio';
import type { Doubt, ImageReading, InputPort } from '../../../contract/data';
import type { AlongOptions, AttributionOptions, RunCost, ValuesAtEnds } from '../../engine/attribution';
import type { Device, UseOptions } from '../../engine/backends';
import type { GroundOptions, SinglesOptions, Together } from '../../engine/interventions';
import type { DataRead } from '../../engine/data';
import { inputPorts, valueDoubt, valueFault } from '../../engine/data/ports';
import type { OpenedModel as FormatsOpenedModel } from '../../engine/formats';
import { sharing } from '../../engine/formats/sharing';
import type { Graph, ValueId } from '../../engine/graph/graph';
import { opSupport } from '../../engine/graph/support';
import { outputActivations } from '../../engine/graph/target';
import { variation } from '../../engine/graph/varied';
import type { provenBy } from '../proving';
import type { JudgeAsked, JudgeOptions, Judging } from '../../engine/judge';
import { KnownModels } from './known';

export interface Engine {
  openModel(
    path: string,
    options?: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal; choices?: OpeningChoices },
  ): Promise<FormatsOpenedModel>;
  /** A graph with the arrays of another wherever they hold the same weights. */
  sharing(graph: Graph, known: Graph): Graph;
  /** What came of comparing a model with what lies beside it. */
  provenBy: typeof provenBy;
  /** What a graph tells without being computed. */
  describe(graph: Graph): Pick<OpenedModel, 'ops' | 'varied' | 'finalActivation' | 'probabilities'> & {
    readonly ports: readonly InputPort[];
  };
  /** What keeps an array from being an input's values; null where nothing does. */
  valueFault(port: InputPort, array: NumericArray): MhoError | null;
  /** What is allowed but looks wrong about values of this range; null where nothing does. */
  valueDoubt(port: InputPort, low: number, high: number): Doubt | null;
  readArrays(path: string, options?: { signal?: AbortSignal }): Promise<Readonly<Record<string, NumericArray>>>;
  readData(
    paths: readonly string[],
    ports: readonly InputPort[],
    reading: Partial<ImageReading>,
    options?: { signal?: AbortSignal },
  ): Promise<DataRead>;
  saveSession(path: string, session: Session): Promise<void>;
  openSession(path: string, options?: { signal?: AbortSignal }): Promise<Session>;
  /**
   * The one way to compute: waits for its turn and has the work done on the device. Urgent work comes in between the chunks of
   * other work. The work must not wait for another use.
   */
  use<Result>(choice: BackendChoice, work: (device: Device) => Promise<Result>, options?: UseOptions): Promise<Result>;
  listBackends(choice: BackendChoice): Promise<readonly BackendReport[]>;
  /** Work on the model finds its weights on the device from now on, until it is released. */
  keepModel(graph: Graph): Promise<void>;
  releaseModel(graph: Graph): Promise<void>;
  attribute(
    device: Device,
    graph: Graph,
    request: AttributionRequest,
    options: AttributionOptions,
  ): Promise<readonly RunResult[]>;
  judge(device: Device, graph: Graph, asked: JudgeAsked, options: JudgeOptions): Promise<Judging>;
  /** Forward passes that judging takes. */
  judgeForwards(graph: Graph, asked: JudgeAsked): Promise<number>;
  valuesAtEnds(
    device: Device,
    graph: Graph,
    request: AttributionRequest,
    wanted: readonly ValueId[],
  ): Promise<ValuesAtEnds>;
  valuesAlongPath(device: Device, graph: Graph, request: AttributionRequest, options: AlongOptions): Promise<AlongPath>;
  /** Units taken out together. */
  together(
    device: Device,
    graph: Graph,
    request: AttributionRequest,
    asked: readonly Intervention[],
    options: GroundOptions,
  ): Promise<Together>;
  /** Units of a layer, each taken out by itself, and put back by itself. */
  knockOuts(
    device: Device,
    graph: Graph,
    request: AttributionRequest,
    asked: { readonly layer: string; readonly to: Replacement } & Omit<SinglesOptions, 'onBatch'>,
    options: GroundOptions,
  ): Promise<KnockOuts>;
  planCost(device: Device, graph: Graph, request: AttributionRequest): Promise<RunCost>;
}

const backends = () => import('../../engine/backends');
const attribution = () => import('../../engine/attribution');
const interventions = () => import('../../engine/interventions');
const judging = () => import('../../engine/judge');
const sessions = () => import('../../engine/sessions');

const known = new KnownModels();

/** The engine of this process. */
export const engine: Engine = {
  openModel: (path, options = {}) =>
    known.open(path, options.choices ?? {}, async () =>
      (await import('../../engine/formats')).openModel(path, options),
    ),
  sharing,
  provenBy: (found, ...asked) =>
    known.proven(found.graph, async () => (await import('../proving')).provenBy(found, ...asked)),
  describe: (graph) => ({
    ports: inputPorts(graph),
    ops: opSupport(graph),
    varied: variation(graph).varied,
    ...outputActivations(graph),
  }),
  valueFault,
  valueDoubt,
  keepModel: async (graph) => (await attribution()).keepWeights(graph),
  releaseModel: async (graph) => (await attribution()).releaseWeights(graph),
  readArrays: async (...asked) => (await import('../../engine/data')).readArrays(...asked),
  readData: async (...asked) => (await import('../../engine/data')).readData(...asked),
  saveSession: async (path, session) => (await sessions()).saveSession(path, session),
  openSession: async (...asked) => (await sessions()).openSession(...asked),
  use: async (...asked) => (await backends()).devices.use(...asked),
  listBackends: async (choice) => (await backends()).devices.list(choice),
  attribute: async (...asked) => (await attribution()).attribute(...asked),
  judge: async (...asked) => (await judging()).judge(...asked),
  judgeForwards: async (...asked) => (await judging()).judgeForwards(...asked),
  valuesAtEnds: async (...asked) => (await attribution()).valuesAtEnds(...asked),
  valuesAlongPath: async (...asked) => (await attribution()).valuesAlongPath(...asked),
  together: async (device, graph, request, asked, options) => {
    const { onGround, together } = await interventions();
    const layers = asked.map(({ layer }) => layer);
    return onGround(device, graph, request, layers, (ground) => together(ground, asked), options);
  },
  knockOuts: async (device, graph, request, { layer, to, ...which }, options) => {
    const { onGround, knockOuts } = await interventions();
    return onGround(device, graph, request, [layer], (ground) => knockOuts(ground, layer, to, which), options);
  },
  planCost: async (...asked) => (await attribution()).planCost(...asked),
};
