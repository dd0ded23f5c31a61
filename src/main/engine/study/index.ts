/**
 * The papers' questions, asked of one network: Total Conductance by its formula beside Neuron Integrated Gradients (`literal.ts`,
 * `conductance.ts`), what methods cost (`costs.ts`), where NIG and DeepLIFT differ (`agreement.ts`) and whom the network bears out
 * (the judge), and the conductance paper's tables: ablation (`ablation.ts`), units as features and signs over classes (`selection.ts`),
 * units that answer to a change of the inputs (`contrast.ts`).
 */
import type { AttributionRequest } from '../../../contract/attribution';
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { Judged, Judgement } from '../../../contract/judgement';
import type { Device } from '../backends';
import { spreadPlaces } from '../data/spread';
import type { Graph } from '../graph/graph';
import { onGround } from '../interventions';
import { judge } from '../judge';
import { chooseLayers } from '../judge/choosing';
import { ablate, type Ablated } from './ablation';
import { agreementOf, type Agreement } from './agreement';
import { countOf, narrowed } from './choosing';
import { compareConductance, type ConductanceStudy } from './conductance';
import { contrastOf, type Contrast } from './contrast';
import { costsOf, type Costs } from './costs';
import { unitScores } from './scores';
import { select, signsOf, splitOf, type Classes, type Selected, type Signs } from './selection';

/** Examples that are judged, and that are ablated, at the most: evenly spread over all. */
const MOST_JUDGED = 24;
const MOST_ABLATED = 100;

export interface StudyAsked {
  /** `steps` even steps, an even number; its layers are those that are studied, a handful by importance where absent. */
  readonly request: AttributionRequest;
  readonly seed: number;
  /** What each example is, where that is known; else what the network predicts. */
  readonly truth?: readonly string[];
  /** The same examples, changed. */
  readonly changed?: AttributionRequest['inputs'];
}

export const STUDY_PARTS = ['conductance', 'costs', 'judge', 'ablation', 'selection', 'contrast'] as const;
export type StudyPart = (typeof STUDY_PARTS)[number];

export interface StudyOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, part: StudyPart) => void;
}

/** Parts that were not reached, or that there is nothing for, are null. */
export interface Study {
  readonly seed: number;
  readonly steps: number;
  readonly examples: readonly number[];
  readonly layers: readonly string[];
  readonly conductance: ConductanceStudy | null;
  readonly costs: Costs | null;
  readonly judgement: Judgement | null;
  readonly agreement: readonly Agreement[] | null;
  readonly ablation: { readonly examples: number; readonly layers: readonly Ablated[] } | null;
  readonly classes: Classes | null;
  /** Null too where a class has no two examples. */
  readonly selection: {
    readonly perClass: number;
    readonly judged: number;
    readonly layers: readonly Selected[];
  } | null;
  readonly signs: readonly Signs[] | null;
  readonly contrast: Contrast | null;
  readonly complete: boolean;
}

const JUDGED: readonly Judged[] = ['nig', 'rescale', 'gradient-difference', 'internal-influence', 'activation-difference', 'random']; // prettier-ignore

/**
 * @returns what is complete, where it was ended early
 * @throws as `attribute`, before anything is complete
 */
export async function study(
  device: Device,
  graph: Graph,
  asked: StudyAsked,
  { signal, onProgress }: StudyOptions = {},
): Promise<{ readonly study: Study; readonly fault: MhoError | null }> {
  const { seed, truth, changed } = asked;
  const all: AttributionRequest = { ...asked.request, accuracy: undefined, rule: 'secant' };
  const layers = [...new Set(all.layers ?? (await chooseLayers(device, graph, all, signal)))];
  const count = countOf(all);
  const found: { -readonly [Part in keyof Study]?: Study[Part] } = {};
  const parts = STUDY_PARTS.filter((part) => part !== 'contrast' || changed !== undefined);
  const on = (part: StudyPart) => (share: number) => onProgress?.(parts.indexOf(part) + share, parts.length, part);
  const work: Record<StudyPart, () => Promise<void>> = {
    conductance: async () => {
      const { conductance, fault } = await compareConductance(device, graph, all, layers, signal, on('conductance'));
      found.conductance = conductance;
      if (fault) throw fault;
    },
    costs: async () => {
      found.costs = await costsOf(device, graph, all, layers, signal, on('costs'));
    },
    judge: async () => {
      const request = { ...narrowed(all, spreadPlaces(count, MOST_JUDGED)), layers };
      const { judgement, fault } = await judge(
        device,
        graph,
        { request, methods: JUDGED, to: { kind: 'baseline' }, seed, sanity: false },
        { signal, onProgress: ({ done, total }) => on('judge')(done / total) },
      );
      found.judgement = judgement;
      found.agreement = judgement.layers.map(agreementOf);
      if (fault) throw fault;
    },
    ablation: async () => {
      const places = spreadPlaces(count, MOST_ABLATED);
      const request = narrowed(all, places);
      const done: Ablated[] = [];
      found.ablation = { examples: places.length, layers: done };
      await onGround(
        device,
        graph,
        request,
        layers,
        async (ground) => {
          const scores = await unitScores(device, graph, request, layers, seed, signal, (share) =>
            on('ablation')(share / 4),
          );
          for (const [at, layer] of layers.entries())
            done.push(
              await ablate(ground, layer, scores.get(layer)!, (share) =>
                on('ablation')(0.25 + (0.75 * (at + share)) / layers.length),
              ),
            );
        },
        { signal },
      );
    },
    selection: () =>
      onGround(
        device,
        graph,
        all,
        layers,
        async (ground) => {
          const predicted = ground.targets.map((target, at) =>
            ground.classesOf(at) > 1 ? target : ground.atInput[at]! > 0 ? 'above 0' : 'below 0',
          );
          const classes = classesOf(truth ?? predicted, truth !== undefined);
          const split = splitOf(classes);
          found.classes = classes;
          const scores = await unitScores(device, graph, all, layers, seed, signal, on('selection'));
          found.signs = layers.map((layer) => signsOf(layer, scores.get(layer)!.conductance, classes));
          found.selection = split && {
            perClass: split.perClass,
            judged: split.judged.length,
            layers: layers.map((layer) => select(layer, scores.get(layer)!, classes, split, seed)),
          };
        },
        { signal },
      ),
    contrast: async () => {
      found.contrast = await contrastOf(device, graph, all, changed!, layers, seed, signal, on('contrast'));
    },
  };
  let fault: MhoError | null = null;
  for (const part of parts)
    try {
      on(part)(0);
      await work[part]();
    } catch (error) {
      if (Object.keys(found).length === 0) throw error;
      fault = asMhoError(error);
      break;
    }
  const { conductance = null, costs = null, judgement = null, agreement = null, ablation = null } = found;
  const { classes = null, selection = null, signs = null, contrast = null } = found;
  const examples = all.exampleNumbers ?? Array.from({ length: count }, (_, at) => at);
  return {
    study: {
      seed,
      steps: all.steps,
      examples,
      layers,
      conductance,
      costs,
      judgement,
      agreement,
      ablation,
      classes,
      selection,
      signs,
      contrast,
      complete: fault === null,
    },
    fault,
  };
}

function classesOf(each: readonly string[], given: boolean): Classes {
  const names = [...new Set(each)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { names, of: each.map((name) => names.indexOf(name)), given };
}
