/** A document's model: what is open, what is known about its inputs, and its weights where it is computed. */
import type { InputPort } from '../../../../contract/data';
import { MhoError } from '../../../../contract/errors';
import { choicesOf, type OpeningChoices } from '../../../../contract/opening';
import type { ModelSummary } from '../../../../contract/model';
import type { InputData, OpenedModel, SampleInfo } from '../../../../contract/studio';
import { sizesIn, type Sizes } from '../../../engine/data/sizes';
import type { Graph } from '../../../engine/graph/graph';
import { matched, statistics, type Arrays } from '../arrays';
import type { Engine } from '../engine';
import { labelsOfModel } from '../labels';
import type { Sample } from '../samples';
import { tokensBeside } from '../tokens';

/** A model that is open; another one takes its place as a whole. */
export interface OpenModel {
  readonly graph: Graph;
  /** As the file has them: a size that it leaves free is free, whatever data have bound it to. */
  readonly ports: readonly InputPort[];
  readonly labels: readonly string[];
  /** What token ids stand for, by id; empty where nothing tells. */
  readonly tokens: readonly string[];
  readonly summary: ModelSummary;
  readonly path: string;
  readonly sample: SampleInfo | null;
  /** Names of the other models in its folder. */
  readonly beside: readonly string[];
  /** How it was asked to be opened. */
  readonly choices: OpeningChoices;
  /**
   * The model for arrays, by input, `[examples, …]`: opened again for their sizes where the file leaves some free, once for each size;
   * else itself. @throws MODEL_…, OPENING_CANCELLED
   */
  readonly at: (arrays: Arrays, signal?: AbortSignal) => OpenModel | Promise<OpenModel>;
}

/** Whether two models are checkpoints of one: the same inputs, outputs and layers by name, kind and units, whatever their weights. */
export function sameArchitecture(a: OpenModel, b: OpenModel): boolean {
  const told = ({ ports, summary: { outputs, layers } }: OpenModel): string =>
    JSON.stringify([
      ports.map(({ name, shape, dtype }) => [name, shape, dtype]),
      outputs.map(({ name }) => name),
      layers.map(({ name, kind, units }) => [name, kind, units]),
    ]);
  return told(a) === told(b);
}

/** Sizes that stay open, since one looks back and forth. Their weights are held once. */
const MOST_SIZES = 4;

/** Smaller models are open before anybody could read how far they are. */
const TOLD_BYTES = 32e6;
const TOLD_MS = 100;

/**
 * Reads a model, and what lies beside it.
 * @param sample which bundled sample it is, once its summary is known; null for none
 * @param choices what is chosen where the file leaves it open
 * @param onProgress of a large model, how much of it has been read
 * @throws MODEL_…
 */
export async function readModel(
  engine: Engine,
  path: string,
  sample: Sample | null,
  choices: OpeningChoices,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<OpenModel> {
  let told = 0;
  const found = await engine.openModel(path, {
    signal,
    choices,
    onProgress: (done, total) => {
      if (signal.aborted || total < TOLD_BYTES || performance.now() - told < TOLD_MS) return;
      told = performance.now();
      onProgress(done, total);
    },
  });
  const { graph, beside } = found;
  const proven = await engine.provenBy(found, choices, signal);
  const summary = proven ? { ...found.summary, proven } : found.summary;
  // A sample's own data tell more than its graph.
  const own = sample && (await engine.readArrays(sample.inputs, { signal }).catch(() => null));
  const ports = portsOf(engine.describe(graph).ports, sample?.info.alphabet ?? null, own);
  const labels = sample?.info.labels ?? (await labelsOfModel(path, summary.outputs, graph));
  const ids = Math.max(0, ...ports.map(({ vocabulary = 0 }) => vocabulary));
  const tokens = ids > 0 ? await tokensBeside(summary.path, ids) : [];
  const opened = { graph, summary, ports, labels, tokens, path, sample: sample?.info ?? null, beside, choices };
  // The last one opened: as long as sizes are free, what cannot be expressed reads no weights.
  let known = graph;
  return sizable(opened, async (sizes, aborted) => {
    const again = await engine.openModel(path, {
      ...(aborted && { signal: aborted }),
      choices: { ...choices, ...choicesOf(summary), sizes },
    });
    if (again.summary.hash !== summary.hash) throw new MhoError('MODEL_CHANGED', { path });
    known = engine.sharing(again.graph, known);
    return {
      ...opened,
      graph: known,
      summary: again.summary,
      labels: sample?.info.labels ?? (await labelsOfModel(path, again.summary.outputs, again.graph)),
    };
  });
}

/** Models at sizes, by what opens one. */
function sizable(
  opened: Omit<OpenModel, 'at'>,
  open: (sizes: Sizes, signal: AbortSignal | undefined) => Promise<Omit<OpenModel, 'at'>>,
): OpenModel {
  const made = new Map<string, Promise<OpenModel>>();
  const at: OpenModel['at'] = (arrays, signal) => {
    const sizes = sizesIn(opened.ports, arrays);
    if (!sizes) return model;
    const key = JSON.stringify(sizes);
    const sized = made.get(key) ?? open(sizes, signal).then((each) => ({ ...each, at }));
    made.delete(key);
    made.set(key, sized);
    sized.catch(() => made.delete(key));
    for (const oldest of made.keys()) if (made.size > MOST_SIZES) made.delete(oldest);
    return sized;
  };
  const model: OpenModel = { ...opened, at };
  return model;
}

/** What the graph and the sample's own data tell about the model's inputs. */
function portsOf(ports: readonly InputPort[], alphabet: string | null, data: Arrays | null): readonly InputPort[] {
  const names = data ? matched(data, ports) : new Map<string, string>();
  return ports.map((port) => {
    const entry = [...names].find(([, input]) => input === port.name)?.[0];
    const { min, max } = entry === undefined ? { min: null, max: null } : statistics(data![entry]!);
    return {
      ...port,
      ...(alphabet !== null && { alphabet }),
      ...(min !== null && max !== null && { seen: [min, max] as const }),
    };
  });
}

/** The model as a window shows it. */
export function openedModel(
  engine: Engine,
  { graph, summary, sample, labels, tokens, beside }: OpenModel,
  data: InputData | null,
): OpenedModel {
  const { ops, varied, finalActivation, probabilities } = engine.describe(graph);
  return {
    summary,
    ops,
    varied,
    beside,
    finalActivation,
    probabilities,
    sample,
    labels,
    tokens,
    data,
  };
}
