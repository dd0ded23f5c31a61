/** What interventions start from: a request's inputs and baselines, F, and the values of layers at both ends. */
import type { AttributionRequest, NumericArray, TargetTerm } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { Intervention, Replacement } from '../../../contract/interventions';
import { evaluate } from '../attribution/evaluate';
import { checkInputs, overReferences } from '../attribution/inputs';
import { budgetOf } from '../attribution/memory';
import type { Lines } from '../attribution/path';
import { nearZero, prepareEnds } from '../attribution/request';
import { findTarget } from '../attribution/target';
import { withWeights, type Weights } from '../attribution/weights';
import type { Device } from '../backends';
import { pick } from '../data/precision';
import { singleCuts } from '../graph/cuts';
import { sizeOf, type Graph, type Layer, type ValueId } from '../graph/graph';
import { layerNamed } from '../graph/layers';
import { prune, type Pruned } from '../graph/prune';
import { nearest } from '../graph/target';
import { averagedPlaces } from './averaged';
import { GroundMemory, type Standing } from './memory';
import { InterventionRows, type Replaced } from './rows';
import { placeOf, rowOf, targetOf } from './values';

/** Examples of a mean that are computed at once. */
const AT_ONCE = 16;

export interface GroundOptions {
  /** Another set of examples, of which means are taken and other examples are: the request's own where it is absent. */
  readonly pool?: AttributionRequest['inputs'];
  /** Those of the pool that means are over; by the rule of `averagedPlaces` where it is absent. */
  readonly averaged?: readonly number[];
  readonly signal?: AbortSignal;
  /** Of the same question on the same device. */
  readonly memory?: GroundMemory;
}

/**
 * Opens a request for interventions.
 * @param layers names of all layers that will be looked at
 * @throws as `attribute`, LAYER_UNKNOWN, INTERVENTION_LAYER for a layer that the target does not depend on
 */
export async function onGround<Result>(
  device: Device,
  given: Graph,
  asked: AttributionRequest,
  layers: readonly string[],
  work: (ground: Ground) => Promise<Result>,
  options: GroundOptions = {},
): Promise<Result> {
  const looked = layers.map((name) => named(given, name).output);
  const { graph, request } = nearZero(given, asked, looked);
  // Brought near zero, a graph is another one each time.
  const memory = (graph === given && options.memory) || new GroundMemory();
  return withWeights(device, graph, async (weights) => {
    memory.standing ??= await standingOf(graph, given, weights, request, options);
    const ground = new Ground(graph, weights, memory.standing, request, memory, options.signal);
    await ground.begin();
    return work(ground);
  });
}

async function standingOf(
  graph: Graph,
  given: Graph,
  weights: Weights,
  request: AttributionRequest,
  options: GroundOptions,
): Promise<Standing> {
  const { atInput, ...ends } = await prepareEnds(graph, weights, request);
  const target = await findTarget(graph, weights, request, ends, atInput);
  const pool = options.pool ? pooled(graph, given, request, options.pool) : atInput;
  const averaged = options.averaged ?? averagedPlaces([...pool.values()][0]!.shape[0]!);
  return { ...ends, ...target, atInput, pool, averaged };
}

function named(graph: Graph, name: string): Layer {
  const layer = layerNamed(graph, name);
  if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, graph.layers) });
  return layer;
}

/** Another set of examples as it is fed: near zero like the request's own. */
function pooled(
  graph: Graph,
  given: Graph,
  request: AttributionRequest,
  inputs: AttributionRequest['inputs'],
): ReadonlyMap<ValueId, NumericArray> {
  checkInputs(given, inputs);
  const fed = nearZero(given, { ...request, inputs, baseline: { kind: 'constant', value: 0 } }).request.inputs;
  return new Map(graph.inputs.map(({ name, value }) => [value, fed[name]!]));
}

export class Ground {
  readonly examples: number;
  readonly references: number;
  readonly targets: readonly string[];
  readonly terms: readonly TargetTerm[];
  /** F per example, at the baseline averaged over references. */
  atInput: Float64Array = new Float64Array();
  atBaseline: Float64Array = new Float64Array();
  readonly #pruned: Pruned;
  readonly #cuts: ReadonlySet<ValueId>;

  constructor(
    readonly graph: Graph,
    readonly weights: Weights,
    private readonly standing: Standing,
    private readonly request: AttributionRequest,
    private readonly memory: GroundMemory,
    readonly signal: AbortSignal | undefined,
  ) {
    ({ examples: this.examples, references: this.references, targets: this.targets, terms: this.terms } = standing);
    this.#pruned = prune(graph, standing.starts, standing.sinks);
    this.#cuts = singleCuts(this.#pruned, standing.starts, standing.sinks);
  }

  /** F at both ends. */
  async begin(): Promise<void> {
    const { memory } = this;
    const { sinks, seeds } = this.standing;
    memory.shapes ??= await this.#openShapes();
    if (!memory.atInput || !memory.atBaseline) {
      const [to, from] = [await this.#inputs(sinks), await this.#baselines(sinks)];
      memory.atInput = Float64Array.from({ length: this.examples }, (_, example) =>
        targetOf(seeds, (id) => rowOf(to.get(id)!, example), example * this.references),
      );
      memory.atBaseline = this.overReferences((pair) => targetOf(seeds, (id) => rowOf(from.get(id)!, pair), pair));
    }
    this.atInput = memory.atInput;
    this.atBaseline = memory.atBaseline;
  }

  /** Of values whose sizes the model leaves open: as they are at the first input. */
  async #openShapes(): Promise<Map<ValueId, readonly number[]>> {
    const { atInput, sinks } = this.standing;
    const open = [...this.#pruned.live, ...sinks].filter((id) => this.graph.values[id]!.shape.includes(null));
    const first = new Map([...atInput].map(([id, array]) => [id, { shape: [1, ...array.shape.slice(1)], data: rowOf(array, 0) }])); // prettier-ignore
    const values = await evaluate(this.graph, this.weights, first, open);
    return new Map([...values].map(([id, { shape }]) => [id, shape.slice(1)]));
  }

  /** Values at the inputs, a row for each example. */
  #inputs(ids: readonly ValueId[]): Promise<Map<ValueId, NumericArray>> {
    return this.memory.values('input', ids, (missing) =>
      evaluate(this.graph, this.weights, this.standing.atInput, missing),
    );
  }
  /** Values at the baselines, a row for each pair. */
  #baselines(ids: readonly ValueId[]): Promise<Map<ValueId, NumericArray>> {
    return this.memory.values('baseline', ids, (missing) =>
      evaluate(this.graph, this.weights, fed(this.standing.lines, 'from'), missing),
    );
  }

  /** Means over each example's references of what pairs have. */
  overReferences(of: (pair: number) => number): Float64Array {
    const { examples, references } = this;
    return Float64Array.from({ length: examples }, (_, example) => {
      let sum = 0;
      for (let reference = 0; reference < references; reference++) sum += of(example * references + reference);
      return sum / references;
    });
  }

  /** @throws LAYER_UNKNOWN, INTERVENTION_LAYER */
  layer(name: string): Layer & { readonly cut: boolean; readonly units: number } {
    const layer = named(this.graph, name);
    if (!this.#pruned.live.has(layer.output))
      throw new MhoError('INTERVENTION_LAYER', { layer: name, target: this.targets[0]! });
    const shape = this.shapeOf(layer.output);
    return {
      ...layer,
      cut: this.#cuts.has(layer.output),
      units: layer.unitAxis === null ? 1 : shape[layer.unitAxis]!,
    };
  }

  /** Layers on the way to the target, in running order. */
  get layers(): readonly string[] {
    return this.graph.layers.filter(({ output }) => this.#pruned.live.has(output)).map(({ name }) => name);
  }

  /**
   * Makes ready to replace units of layers.
   * @param asked in turn, where several are of one layer
   * @param also values that are wanted beside F
   */
  async open(
    asked: readonly Pick<Intervention, 'layer' | 'to'>[],
    also: readonly ValueId[] = [],
  ): Promise<InterventionRows> {
    const { graph, weights, standing } = this;
    const layers = asked.map(({ layer }) => this.layer(layer));
    const own = [...new Set(layers.map(({ output }) => output))];
    // A layer behind another one is computed anew before it is replaced.
    const roots = own.filter((id) => !own.some((other) => other !== id && prune(graph, [other], [id]).live.has(other)));
    const wanted = [...new Set([...standing.sinks, ...also])];
    const { nodes, live, beside } = prune(graph, roots, wanted);
    const still = wanted.filter((id) => !live.has(id));
    const kept = [...new Set([...roots, ...beside, ...still])];
    const atInput = await this.#inputs(kept);
    const replaced: Replaced[] = [];
    for (const [at, { to }] of asked.entries()) replaced.push(await this.#replaced(layers[at]!, to));
    return new InterventionRows({
      graph,
      shapes: (id) => this.shapeOf(id),
      weights,
      nodes,
      atInput,
      roots,
      replaced,
      seeds: standing.seeds,
      moving: wanted.filter((id) => live.has(id)),
      also,
      references: this.references,
      budget: budgetOf(this.request.memoryMB, weights.device.info),
      mostRows: this.request.chunkRows,
      signal: this.signal,
    });
  }

  /** Values at the baselines, averaged over references, or at the inputs: one row for each example. */
  async valuesAt(end: 'input' | 'baseline', ids: readonly ValueId[]): Promise<ReadonlyMap<ValueId, NumericArray>> {
    if (end === 'input') return this.#inputs(ids);
    const atBaseline = await this.#baselines(ids);
    return new Map(ids.map((id) => [id, overReferences(atBaseline.get(id)!, this.references)]));
  }

  /** How many classes are told apart where an example's F lies: along the last axis of its value. */
  classesOf(example: number): number {
    const { value } = placeOf(this.standing.seeds, example * this.references);
    return this.shapeOf(value).at(-1) ?? 1;
  }

  async #replaced(layer: Layer, to: Replacement): Promise<Replaced> {
    const { output: value, unitAxis } = layer;
    const place = { value, unitAxis, shape: this.shapeOf(value) };
    switch (to.kind) {
      case 'baseline':
        return { ...place, by: { array: (await this.#baselines([value])).get(value)! } };
      case 'zero':
        return { ...place, by: { constant: 0 } };
      case 'value':
        return { ...place, by: { constant: to.value } };
      case 'scale':
        return { ...place, by: { factor: to.factor } };
      case 'mean':
        return { ...place, by: { array: await this.#mean(value) } };
      case 'example':
        return { ...place, by: { array: await this.#atExample(value, to.example) } };
    }
  }

  /** As many examples as a mean is over; null where units become something else. */
  meanOver({ kind }: Replacement): number | null {
    return kind === 'mean' ? this.standing.averaged.length : null;
  }

  /** [1, …] of one example of the pool. @throws EXAMPLES_RANGE */
  async #atExample(value: ValueId, example: number): Promise<NumericArray> {
    const count = [...this.standing.pool.values()][0]!.shape[0]!;
    if (example >= count) throw new MhoError('EXAMPLES_RANGE', { range: String(example), count, last: count - 1 });
    return this.memory.value(`example ${example}`, value, () => this.#ofPool(value, [example]));
  }

  /** [1, …] of the mean over the pool, a few of its examples at once: all together a layer's values need not fit. */
  #mean(value: ValueId): Promise<NumericArray> {
    const { averaged } = this.standing;
    return this.memory.value('mean', value, async () => {
      const sums = new Float64Array(sizeOf(this.shapeOf(value)));
      let shape: readonly number[] = [];
      for (let first = 0; first < averaged.length; first += AT_ONCE) {
        if (this.signal?.aborted) throw new MhoError('CANCELLED', { done: first, total: averaged.length });
        const some = await this.#ofPool(value, averaged.slice(first, first + AT_ONCE));
        shape = some.shape.slice(1);
        for (let at = 0; at < some.data.length; at++) sums[at % sums.length]! += some.data[at]!;
        await this.weights.device.between();
      }
      return { shape: [1, ...shape], data: Float32Array.from(sums, (sum) => sum / averaged.length) };
    });
  }

  async #ofPool(value: ValueId, places: readonly number[]): Promise<NumericArray> {
    const { graph, weights, standing } = this;
    const some = new Map([...standing.pool].map(([id, array]) => [id, pick(array, places)]));
    return (await evaluate(graph, weights, some, [value])).get(value)!;
  }

  /** Of a value, without rows. */
  shapeOf(value: ValueId): readonly number[] {
    return this.memory.shapes?.get(value) ?? (this.graph.values[value]!.shape as readonly number[]);
  }
}

const fed = ({ ends }: Lines, end: 'from' | 'to'): Map<ValueId, NumericArray> =>
  new Map([...ends].map(([id, line]) => [id, line[end]]));
