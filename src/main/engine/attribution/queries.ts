/** What is asked around a run: the model's outputs, values at both ends of the path, and what a run would cost. */
import {
  takesAdaptivePath,
  type AttributionRequest,
  type ExampleFault,
  type NumericArray,
} from '../../../contract/attribution';
import type { MhoError } from '../../../contract/errors';
import type { Device } from '../backends';
import type { Graph, ValueId } from '../graph/graph';
import { openOutputs } from '../graph/closed';
import { prune } from '../graph/prune';
import { sharingOf } from './adaptive/sharing';
import { liveShapes } from './chunks';
import { evaluate } from './evaluate';
import { valueFault } from './finite';
import { checkInputs, overReferences } from './inputs';
import { budgetOf, within } from './memory';
import { gridsOf, methodSum } from './methods';
import { planRun } from './plan';
import { recentred } from './recentred';
import { nearZero, prepare, prepareEnds } from './request';
import { Room } from './room';
import { withWeights } from './weights';

/**
 * Outputs of the model at given inputs, but those that cannot be computed beside others.
 * @param inputs name → [E, …]
 * @returns output name → [E, …]
 * @throws INPUT_…, OP_UNSUPPORTED, NOT_FINITE_… for an output that is not a number
 */
export async function predict(
  device: Device,
  given: Graph,
  inputs: AttributionRequest['inputs'],
): Promise<Record<string, NumericArray>> {
  checkInputs(given, inputs);
  const { graph, request } = recentred(given, { inputs, baseline: { kind: 'constant', value: 0 } }, () => []);
  return withWeights(device, graph, async (weights) => {
    const feeds = new Map(graph.inputs.map(({ name, value }) => [value, request.inputs[name]!]));
    const outputs = openOutputs(graph);
    const wanted = [...new Set(outputs.map(({ value }) => value))];
    const values = await evaluate(graph, weights, feeds, wanted);
    const lines = { pairs: 0, ends: new Map([...feeds].map(([id, at]) => [id, { from: at, to: at }])) };
    const [fault] = valueFaults({ graph, weights, lines, starts: [...feeds.keys()], wanted }, [values], 1, undefined);
    if (fault) throw fault.error;
    return Object.fromEntries(outputs.map(({ name, value }) => [name, values.get(value)!]));
  });
}

export interface ValuesAtEnds {
  readonly atInput: ReadonlyMap<ValueId, NumericArray>;
  readonly atBaseline: ReadonlyMap<ValueId, NumericArray>;
  readonly faults: readonly ExampleFault[];
}

/**
 * Values at the inputs and at their baselines.
 * @param wanted value ids
 * @returns per id `[examples, …]`, at the baseline averaged over references; and the examples in which one of them is not a
 * number
 * @throws INPUT_…, BASELINE_SHAPE, OP_UNSUPPORTED
 */
export const valuesAtEnds = (
  device: Device,
  given: Graph,
  asked: AttributionRequest,
  wanted: readonly ValueId[],
): Promise<ValuesAtEnds> => {
  const { graph, request } = nearZero(given, asked, wanted);
  return withWeights(device, graph, async (weights) => {
    const { starts, lines, references, atInput } = await prepareEnds(graph, weights, request);
    // What no path reaches is at the baseline what it is at the input.
    const { live } = prune(graph, starts, wanted);
    const moving = wanted.filter((id) => live.has(id));
    const still = wanted.filter((id) => !live.has(id));
    const atBoth = await evaluate(graph, weights, atInput, still);
    const at = async (end: 'from' | 'to'): Promise<Map<ValueId, NumericArray>> => {
      const feeds = new Map([...lines.ends].map(([id, each]) => [id, each[end]]));
      const values = await evaluate(graph, weights, feeds, moving);
      return new Map([
        ...atBoth,
        ...[...values].map(([id, array]) => [id, overReferences(array, references)] as const),
      ]);
    };
    const [to, from] = [await at('to'), await at('from')];
    const behind = { graph, weights, lines, starts, wanted: moving };
    const ofInput = { graph, weights, lines: { pairs: 0, ends: new Map([...atInput].map(([id, each]) => [id, { from: each, to: each }])) }, starts: [...atInput.keys()], wanted: still }; // prettier-ignore
    const faults = [
      ...valueFaults(ofInput, [atBoth], 1, request.exampleNumbers),
      ...valueFaults(behind, [to, from], references, request.exampleNumbers),
    ].map(({ example, error: { fault } }) => ({ example, fault }));
    return { atInput: to, atBaseline: from, faults };
  });
};

/** Examples in which a value is not a number at one of the ends; or infinite at one of them alone. */
function valueFaults(
  asked: Parameters<typeof valueFault>[0],
  ends: readonly ReadonlyMap<ValueId, NumericArray>[],
  references: number,
  exampleNumbers: readonly number[] | undefined,
): { readonly example: number; readonly error: MhoError }[] {
  const strange = new Set<number>();
  for (const id of asked.wanted) {
    const [one, other] = [ends[0]!.get(id)!.data, (ends[1] ?? ends[0]!).get(id)!.data];
    const size = one.length / ends[0]!.get(id)!.shape[0]!;
    for (let at = 0; at < one.length; at++)
      if (Number.isNaN(one[at]!) || !(Number.isFinite(one[at]! - other[at]!) || one[at] === other[at]))
        strange.add(Math.floor(at / size));
  }
  return [...strange].flatMap((example) => {
    const error = valueFault(asked, { example, exampleNumbers }, references);
    return error ? [{ example, error }] : [];
  });
}

/** What a run would take. */
export interface RunCost {
  /** Point evaluations of all methods, each with its backward walk. */
  readonly passes: number;
  readonly memoryMB: number;
}

/**
 * Plans a run without running it; of an adaptive path alone, with as many points as steps say.
 * @throws what `attribute` would refuse the request with
 */
export const planCost = (device: Device, given: Graph, asked: AttributionRequest): Promise<RunCost> => {
  const { graph, request } = nearZero(given, asked);
  return withWeights(device, graph, async (weights) => {
    const prepared = await prepare(graph, weights, request);
    const sums = new Map(request.methods.map((method) => [method, methodSum(method, request.rule, request.steps)]));
    const plan = planRun(graph, prepared.starts, prepared.sinks, request.layers, request.methods, prepared.fixed);
    const accuracy = takesAdaptivePath(request) ? request.accuracy : undefined;
    const room = new Room(
      plan,
      liveShapes(plan, weights, prepared.lines),
      { examples: prepared.examples, references: prepared.references, methods: request.methods.length },
      budgetOf(request.memoryMB, device.info),
      request.chunkRows,
    );
    const grids = within(room.budget, (budget) => {
      const own = room.of(budget);
      let before = 0;
      return gridsOf(sums).map((grid) => {
        const there = before;
        before += [...sums.values()].filter(({ steps }) => steps === grid.steps).length;
        const { steps } = grid;
        const setting = accuracy && { plan, weights, prepared, request, accuracy, room: own };
        const bytes = setting ? sharingOf(setting, 0, undefined).total : own.chunks(grid, steps > 1, there).bytes;
        return { steps, bytes };
      });
    });
    return {
      passes: grids.reduce((total, { steps }) => total + (steps + 1) * prepared.lines.pairs, 0),
      memoryMB: Math.ceil(Math.max(...grids.map(({ bytes }) => bytes)) / 1e6),
    };
  });
};
