/**
 * The network as the judge of methods: units are taken out and put back, and each method's scores are held against what happened.
 *
 * `scores.ts` has what methods say; `layers.ts` what one layer's units do, and how scores go with it (`measures.ts`, `greedy.ts`);
 * `verdicts.ts` which differences are real (`bootstrap.ts`); `sanity.ts` whether rankings depend on the weights at all.
 */
import type { AttributionRequest, RunResult } from '../../../contract/attribution';
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { Replacement } from '../../../contract/interventions';
import type { Judged, JudgedLayer, Judgement, SanityCheck } from '../../../contract/judgement';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { onGround } from '../interventions';
import { chooseLayers } from './choosing';
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
}

/** What is being done, and how far it is. */
export interface JudgeProgress {
  readonly done: number;
  readonly total: number;
  readonly at:
    | { readonly kind: 'method'; readonly method: Judged }
    | { readonly kind: 'layer'; readonly layer: string }
    | { readonly kind: 'sanity'; readonly method: Judged };
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
  const { request, methods, to, seed, pool } = asked;
  const { signal, onProgress } = options;
  const layers = request.layers ?? (await chooseLayers(device, graph, request, signal));
  const total = methods.length + layers.length + (asked.sanity ? methods.length : 0);
  const report = (done: number, at: JudgeProgress['at']): void => onProgress?.({ done, total, at });
  const scored = await scoresBy(device, graph, { ...request, layers }, methods, {
    signal,
    onShare: (method, share) => report(methods.indexOf(method) + share, { kind: 'method', method }),
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
              report(methods.length + at + share, { kind: 'layer', layer: name }),
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
      const how = { signal, onShare: (method: Judged, share: number) => report(methods.length + layers.length + share * methods.length, { kind: 'sanity', method }) }; // prettier-ignore
      sanity.push(...(await checkSanity(device, graph, { ...request, layers }, methods, scored, seed, how)));
    } catch (error) {
      fault = asMhoError(error);
    }
  const judgement: Judgement = {
    created: new Date().toISOString(),
    examples: [...(request.exampleNumbers ?? ends.targets.keys())],
    targets: [...ends.targets],
    to,
    seed,
    atInput: [...ends.atInput],
    atBaseline: [...ends.atBaseline],
    layers: done,
    costs: scored.costs,
    summaries: summariesOf(done, methods, seed),
    verdicts: verdictsOf(done, methods, scored.costs, seed),
    sanity,
    complete: fault === null,
  };
  return { judgement, results: [...scored.results.values()], fault };
}
