/** A document's model: what is open, what is known about its inputs, and its weights where it is computed. */
import type { InputPort } from '../../../../contract/data';
import type { OpeningChoices } from '../../../../contract/opening';
import type { ModelSummary } from '../../../../contract/model';
import type { InputData, OpenedModel, SampleInfo } from '../../../../contract/studio';
import type { Graph } from '../../../engine/graph/graph';
import { matched, statistics, type Arrays } from '../arrays';
import type { Engine } from '../engine';
import { labelsBeside } from '../labels';
import type { Sample } from '../samples';

/** A model that is open; another one takes its place as a whole. */
export interface OpenModel {
  readonly graph: Graph;
  readonly ports: readonly InputPort[];
  readonly labels: readonly string[];
  readonly summary: ModelSummary;
  readonly path: string;
  readonly sample: SampleInfo | null;
  /** Names of the other models in its folder. */
  readonly beside: readonly string[];
  /** How it was asked to be opened. */
  readonly choices: OpeningChoices;
}

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
  const { graph, summary, beside } = await engine.openModel(path, {
    signal,
    choices,
    onProgress: (done, total) => {
      if (signal.aborted || total < TOLD_BYTES || performance.now() - told < TOLD_MS) return;
      told = performance.now();
      onProgress(done, total);
    },
  });
  // A sample's own data tell more than its graph.
  const own = sample && (await engine.readArrays(sample.inputs, { signal }).catch(() => null));
  const ports = portsOf(engine.describe(graph).ports, sample?.info.alphabet ?? null, own);
  const labels = sample?.info.labels ?? (await labelsBeside(path, summary.outputs));
  return { graph, summary, ports, labels, path, sample: sample?.info ?? null, beside, choices };
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
  { graph, summary, sample, labels, beside }: OpenModel,
  data: InputData | null,
): OpenedModel {
  const kinds = new Map<string, string[]>();
  for (const { name, unsupported } of summary.layers)
    for (const kind of new Set(unsupported)) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  const { ops, varied, finalActivation, probabilities } = engine.describe(graph);
  return {
    summary,
    unsupported: [...kinds].map(([kind, layers]) => ({ kind, layers })),
    ops,
    varied,
    beside,
    finalActivation,
    probabilities,
    sample,
    labels,
    data,
  };
}
