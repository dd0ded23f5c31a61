/** What a run says of each node of the layer graph: mass, flow, badges. */
import type { LayerSummary } from '../../contract/model';
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { estimateWords, layerShares, NOT_YET_RESOLVED, trustOf } from '../../contract/words/accuracy';
import { behindWords } from '../../contract/words/ruleless';
import { number, shape, signed } from './format';
import type { GraphNode, VisibleGraph } from './graphTree';
import { edgeFlows, layerMass, type FlowEdge, type LayerMass } from './mass';
import { examplePlace } from './ranking';

export interface Badge {
  readonly kind: 'cut' | 'residual' | 'error' | 'rule';
  readonly says: string;
}

/** Of the layers' masses this share is within the colour scale: one outlier does not make all others pale. */
const WITHIN_SCALE = 0.98;

export class GraphFacts {
  readonly #layers: ReadonlyMap<string, LayerSummary>;
  readonly #results: ReadonlyMap<string, LayerRecord>;
  readonly #masses: ReadonlyMap<string, LayerMass>;
  readonly #place: number;
  readonly #delta: number;
  readonly #uncertainty: number;
  /** Flows between layers, once they are asked for. */
  #between: readonly (FlowEdge & { readonly flow: number | null })[] | null = null;
  /** The mass that the darkest colour stands for. */
  readonly massExtent: number;
  /** The largest that raises or lowers. */
  readonly signedExtent: number;

  /**
   * @param run null before there is one
   * @param exceeded whether a residual is beyond the tolerance, of the difference that is explained and what rounding leaves open of it
   */
  constructor(
    layers: readonly LayerSummary[],
    run: RunRecord | null,
    example: number,
    private readonly exceeded: (residual: number, delta: number, uncertainty: number) => boolean,
  ) {
    this.#layers = new Map(layers.map((layer) => [layer.name, layer]));
    this.#place = run ? examplePlace(run, example) : -1;
    const records = this.#place < 0 ? [] : run!.layers;
    this.#results = new Map(run?.layers.map((layer) => [layer.name, layer]));
    this.#masses = new Map(records.map((layer) => [layer.name, layerMass(layer, this.#place)]));
    this.#delta = this.#place < 0 ? 0 : run!.result.delta[this.#place]!;
    this.#uncertainty = this.#place < 0 ? 0 : (run!.result.deltaUncertainty?.[this.#place] ?? 0);
    const sizes = [...this.#masses]
      .filter(([name]) => this.#layers.get(name)?.inputs.length)
      .map(([, { mass }]) => mass)
      .sort((a, b) => a - b);
    this.massExtent = sizes[Math.floor(sizes.length * WITHIN_SCALE)] ?? 0;
    this.signedExtent = [...this.#masses.values()].reduce(
      (most, { positive, negative }) => Math.max(most, positive, -negative),
      1e-12,
    );
  }

  /** A closed group counts as the heaviest of its layers: sums over layers in a row would count the same flow again. */
  massOf({ layers }: Pick<GraphNode, 'layers'>): LayerMass | null {
    return layers.reduce<LayerMass | null>((best, name) => {
      const mass = this.#masses.get(name);
      return mass && (!best || mass.mass > best.mass) ? mass : best;
    }, null);
  }

  /** What a legend has to explain of nodes that are shown: marks that occur, and whether closed groups do. */
  toExplain(nodes: readonly { readonly node: GraphNode }[]) {
    const cards = nodes.filter(({ node }) => node.children === null);
    return {
      badges: new Set(cards.flatMap(({ node }) => this.badges(node).map(({ kind }) => kind))),
      groups: cards.some(({ node }) => node.group),
    };
  }

  /** The id of the node with the largest mass, inputs aside; null before there is a run. */
  heaviest(nodes: readonly { readonly node: GraphNode }[]): string | null {
    let best: { readonly id: string; readonly mass: number } | null = null;
    for (const { node } of nodes) {
      if (node.children || !node.layers.some((name) => this.#layers.get(name)?.inputs.length)) continue;
      const mass = this.massOf(node)?.mass ?? 0;
      if (mass > (best?.mass ?? 0)) best = { id: node.id, mass };
    }
    return best?.id ?? null;
  }

  /**
   * What passes through each edge, of groups the sum over the edges between their layers, and the largest of it; null before
   * there is a run.
   */
  flows({ edges, shownBy }: Pick<VisibleGraph, 'edges' | 'shownBy'>): {
    readonly each: readonly (number | null)[];
    readonly extent: number;
  } | null {
    if (this.#masses.size === 0) return null;
    this.#between ??= this.#layerFlows();
    const sums = new Map<string, number | null>();
    for (const { from, to, flow } of this.#between) {
      const key = `${shownBy.get(from)}\n${shownBy.get(to)}`;
      const known = sums.get(key);
      sums.set(key, known === null || flow === null ? null : (known ?? 0) + flow);
    }
    const each = edges.map(({ from, to }) => sums.get(`${from}\n${to}`) ?? null);
    return { each, extent: each.reduce<number>((most, flow) => Math.max(most, Math.abs(flow ?? 0)), 1e-12) };
  }

  #layerFlows(): readonly (FlowEdge & { readonly flow: number | null })[] {
    const edges = [...this.#layers.values()].flatMap(({ name, inputs }) =>
      [...new Set(inputs)].filter((from) => this.#layers.has(from)).map((from) => ({ from, to: name })),
    );
    const flows = edgeFlows(edges, new Map([...this.#masses].map(([name, { sum }]) => [name, sum])));
    return edges.map((edge, at) => ({ ...edge, flow: flows[at]! }));
  }

  /** The estimated error over units as a share of their total, the worst of several layers; null without an estimate. */
  errorOf({ layers }: Pick<GraphNode, 'layers'>): number | null {
    if (this.#place < 0) return null;
    return layers.reduce<number | null>((worst, name) => {
      const layer = this.#results.get(name);
      const share = layer && layerShares(layer, this.#place)?.units;
      return share === undefined ? worst : Math.max(worst ?? 0, share);
    }, null);
  }

  /** How far a layer's sum is from what is explained; null where that is not known. */
  residualOf(name: string): number | null {
    return this.#place < 0 ? null : (this.#results.get(name)?.residual?.[this.#place] ?? null);
  }

  badges({ layers, group }: GraphNode): readonly Badge[] {
    const found: Badge[] = [];
    const ruleless = layers.flatMap((name) => this.#layers.get(name)?.unsupported ?? []);
    const behind = layers.flatMap((name) => this.#layers.get(name)?.behind ?? []);
    if (ruleless.length > 0) found.push({ kind: 'rule', says: `no rule for ${ruleless.join(', ')}` });
    else if (behind.length > 0)
      found.push({ kind: 'rule', says: `${behindWords([...new Set(behind)])}, which has no rule` });
    const broken = layers.some((name) => {
      const residual = this.#results.get(name)?.residual;
      return residual && this.#place >= 0 && this.exceeded(residual[this.#place]!, this.#delta, this.#uncertainty);
    });
    if (broken) found.push({ kind: 'residual', says: 'residual beyond tolerance' });
    const error = this.errorOf({ layers });
    if (error !== null && trustOf(error) !== 'fine')
      found.push({
        kind: 'error',
        says: trustOf(error) === 'unresolved' ? NOT_YET_RESOLVED : `error ${estimateWords(error)} of its total`,
      });
    if (!group && this.#results.get(layers[0]!)?.cut) found.push({ kind: 'cut', says: 'cut: everything passes here' });
    return found;
  }

  /** All of it in a sentence. */
  describe(node: GraphNode): string {
    const mass = this.massOf(node);
    const layer = node.group ? undefined : this.#layers.get(node.id);
    return [
      node.group ? `group ${node.label}` : node.id,
      node.detail,
      layer ? shape(layer.shape) : '',
      mass ? `importance mass ${number(mass.mass)}, sum ${signed(mass.sum)}` : '',
      ...this.badges(node).map(({ says }) => says),
    ]
      .filter(Boolean)
      .join(', ');
  }
}
