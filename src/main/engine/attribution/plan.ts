/** What a run computes, worked out once: the pruned nodes, which activations must be kept, and which layers are asked for. */
import type { Method } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { singleCuts } from '../graph/cuts';
import type { Graph, Layer, Node, ValueId } from '../graph/graph';
import { layersNamed } from '../graph/layers';
import { nearest } from '../graph/target';
import { prune, unknownBefore, type Pruned } from '../graph/prune';
import { rulelessFault } from '../graph/ruleless';
import { isLinear, partsServe } from '../graph/support';
import { ruleOf } from './forward';

export interface PlannedLayer {
  readonly layer: Layer;
  readonly cut: boolean;
}

export interface Plan {
  readonly graph: Graph;
  readonly pruned: Pruned;
  readonly starts: readonly ValueId[];
  /** Values that stay as they are at the input, and that the path does not go through. */
  readonly fixed: readonly ValueId[];
  readonly sinks: readonly ValueId[];
  /** The asked layers that lie between start and target, in running order. */
  readonly layers: readonly PlannedLayer[];
  /** What a backward walk must reach: the values of the asked layers, and all between them and the sinks. */
  readonly walked: ReadonlySet<ValueId>;
  /** Live values whose activations a backward walk reads, or whose layer is asked for. */
  readonly kept: ReadonlySet<ValueId>;
}

/**
 * Plans a run from `starts` to `sinks`.
 * @param names layers asked for; absent: all
 * @param fixed values that may reach the sinks around the starts, since they stay as they are
 * @param methods what the plan serves: those that carry positive and negative parts need a rule for it at every node, and
 * read every activation
 * @throws LAYER_UNKNOWN, OP_UNSUPPORTED, PATH_START, RULE_MISSING, TARGET_CONSTANT
 */
export function planRun(
  graph: Graph,
  starts: readonly ValueId[],
  sinks: readonly ValueId[],
  names: readonly string[] | undefined,
  methods: readonly Method[],
  fixed: readonly ValueId[] = [],
): Plan {
  const named = layersNamed(graph);
  const asked =
    names &&
    new Set(
      names.map((name) => {
        const layer = named(name);
        if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, graph.layers) });
        return layer.name;
      }),
    );

  const pruned = prune(graph, starts, sinks);
  const describe = (id: ValueId): string => graph.values[id]!.name;
  const constantSink = sinks.find((sink) => !pruned.live.has(sink));
  if (constantSink !== undefined)
    throw new MhoError('TARGET_CONSTANT', {
      target: describe(constantSink),
      start: starts.map(describe).join(', '),
    });
  const stranger = pruned.nodes.find((node): node is Node<'unknown'> => node.op === 'unknown');
  if (stranger) throw rulelessFault(graph, stranger, starts);
  const held = new Set(fixed);
  const around = pruned.beside.find((id) => !held.has(id));
  if (around !== undefined) {
    const source = unknownBefore(graph, around);
    if (source) throw rulelessFault(graph, source, starts);
    throw new MhoError('PATH_START', {
      layer: starts.map(describe).join(', '),
      reason: `${describe(around)} reaches the target around it`,
    });
  }

  const inParts = methods.find((method) => method === 'reveal-cancel' || method === 'genomics');
  const missing = inParts && pruned.nodes.find((node) => !ruleOf(node).parts || !partsServe(graph, node));
  if (missing) throw new MhoError('RULE_MISSING', { op: missing.op, node: missing.name, method: inParts });

  const cuts = singleCuts(pruned, starts, sinks);
  const layers = graph.layers
    .filter((layer) => pruned.live.has(layer.output) && (!asked || asked.has(layer.name)))
    .map((layer) => ({ layer, cut: cuts.has(layer.output) }));

  const walked = new Set(layers.map(({ layer }) => layer.output));
  const passes = (node: Node): boolean => node.inputs.some((id) => walked.has(id));
  for (const node of pruned.nodes) if (passes(node)) walked.add(node.output);

  const kept = new Set<ValueId>([...sinks, ...layers.map(({ layer }) => layer.output)]);
  for (const node of pruned.nodes)
    if (inParts || (passes(node) && !isLinear(graph, node)))
      for (const id of [...node.inputs, node.output]) if (pruned.live.has(id)) kept.add(id);
  return { graph, pruned, starts, fixed: pruned.beside, sinks, layers, walked, kept };
}

/** The cut nearest the target among the asked layers (the cheapest to read), or any layer where none cuts. */
export function watchedValue(plan: Plan): ValueId {
  const cut = plan.layers.findLast((layer) => layer.cut) ?? plan.layers.at(-1);
  return cut ? cut.layer.output : plan.sinks[0]!;
}
