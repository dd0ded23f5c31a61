/**
 * The network as the judge of methods: units are taken out and put back, and each method's scores are held against what happened.
 *
 * `scores.ts` has what methods say, `effort.ts` what it all takes; `layers.ts` what one layer's units do, and how scores go with it (`measures.ts`, `greedy.ts`);
 * `verdicts.ts` which differences are real (`bootstrap.ts`); `sanity.ts` whether rankings depend on the weights at all.
 */
import type { AttributionRequest, RunResult } from '../../../contract/attribution';
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { Replacement } from '../../../contract/interventions';
import type { Judged, JudgedLayer, Judgement, JudgeProgress, SanityCheck } from '../../../contract/judgement';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { onGround } from '../interventions';
import { chooseLayers, foreseenLayers } from './choosing';
import { distinctExamples } from './distinct';
import { effortOf } from './effort';
import { judgeLayer } from './layers';
import { checkSanity } from './sanity';
import { scoresBy } from './scores';
import { summariesOf, verdictsOf } from './verdicts';

export interface JudgeAsked {
  /** Its methods are not looked at; its layers are those that are judged, a handful by importance where they are absent. */
  readonly request: AttributionRequest;
  readonly methods: readonly Judged[];
  readonly to: Replacement;
  readonly seed: number;
  /** Whether rankings are made anew with re-drawn weights. */
  readonly sanity: boolean;
  readonly pool?: AttributionRequest['inputs'];
  /** What the inputs are called. */
  readonly source?: string;
}

export interface JudgeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JudgeProgress) => void;
}

export interface Judging {
  readonly judgement: Judgement;
  /** Of the methods that were judged, at the layers that were. */
  readonly results: readonly RunResult[];
  /** Why it ended early; what it holds is complete. */
  readonly fault: MhoError | null;
}

/** Forward passes of an example that a judgement takes; where no layers are asked for, as of a handful over the depth. */
export async function judgeForwards(graph: Graph, asked: JudgeAsked): Promise<number> {
  const layers = asked.request.layers ?? foreseenLayers(graph);
  return Math.round(effortOf(graph, { ...asked, request: { ...asked.request, layers } }).total);
}

/**
 * @returns layer by layer what is complete, where it was ended early
 * @throws as `attribute` and `onGround`, before the first layer was judged
 */
export async function judge(
  device: Device,
  graph: Graph,
  asked: JudgeAsked,
  options: JudgeOptions = {},
): Promise<Judging> {
  const { request, to, seed, pool } = asked;
  const methods = [...new Set(asked.methods)];
  const { signal, onProgress } = options;
  const layers = [...new Set(request.layers ?? (await chooseLayers(device, graph, request, signal)))];
  const effort = effortOf(graph, { ...asked, methods, request: { ...request, layers } });
  const report = (at: JudgeProgress['at'], share: number): void =>
    onProgress?.({ done: effort.before(at) + share * effort.of(at), total: effort.total, at });
  const scored = await scoresBy(device, graph, { ...request, layers }, methods, {
    signal,
    onShare: (method, share) => report({ kind: 'method', method }, share),
  });
  const done: JudgedLayer[] = [];
  const sanity: SanityCheck[] = [];
  let fault: MhoError | null = null;
  const ends = await onGround(
    device,
    graph,
    request,
    layers,
    async (ground) => {
      try {
        for (const [at, name] of layers.entries())
          done.push(
            await judgeLayer(ground, name, { methods, scored, to, seed: seed + at }, (share) =>
              report({ kind: 'layer', layer: name }, share),
            ),
          );
      } catch (error) {
        if (done.length === 0) throw error;
        fault = asMhoError(error);
      }
      return ground;
    },
    { pool, signal },
  );
  if (asked.sanity && !fault)
    try {
      const how = { signal, onShare: (method: Judged, share: number) => report({ kind: 'sanity', method }, share) };
      sanity.push(...(await checkSanity(device, graph, { ...request, layers }, methods, scored, seed, how)));
    } catch (error) {
      fault = asMhoError(error);
    }
  const meanOver = ends.meanOver(to);
  const differ = distinctExamples(request, ends.targets);
  const distinct = differ.filter((does) => does).length;
  const over = { layers: done, counts: (example: number): boolean => differ[example]! };
  const judgement: Judgement = {
    created: new Date().toISOString(),
    ...(asked.source !== undefined && { source: asked.source }),
    baseline: comparedWith(request),
    examples: [...(request.exampleNumbers ?? ends.targets.keys())],
    ...(distinct < differ.length && { distinct }),
    targets: [...ends.targets],
    to,
    ...(meanOver !== null && { meanOver }),
    seed,
    atInput: [...ends.atInput],
    atBaseline: [...ends.atBaseline],
    layers: done,
    costs: scored.costs,
    summaries: summariesOf(over, methods, seed),
    verdicts: verdictsOf(over, methods, scored.costs, seed),
    sanity,
    complete: fault === null,
  };
  return { judgement, results: [...scored.results.values()], fault };
}

function comparedWith({ baseline }: AttributionRequest): NonNullable<Judgement['baseline']> {
  if (baseline.kind === 'constant') return { kind: 'constant', value: baseline.value };
  return baseline.chosen ? { kind: 'fitting' } : { kind: 'arrays', perExample: baseline.perExample === true };
}
