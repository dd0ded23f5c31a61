/** What has no rule, what lies behind it, and what can be done. */
import { MhoError } from '../../../contract/errors';
import type { Way } from '../../../contract/ways';
import { waysWords } from '../../../contract/words/ways';
import type { Graph, Layer, Node, ValueId } from './graph';
import { layersOfNodes } from './layers';
import { UNKNOWN_SHAPE } from './shapes';

/** Layers that a layer is told to be behind, and earlier targets that are told. */
const MOST = 8;

/** One node that holds a whole model as a program in StableHLO: what jax2tf writes, and Keras's export on JAX. */
const PROGRAM_OF_JAX = 'XlaCallModule';

/** Decision trees of ONNX, however many, by whatever of its operators. */
const TREES = /^ai\.onnx\.ml\.Tree/;

type Unknown = Node<'unknown'>;
const isUnknown = (node: Node): node is Unknown => node.op === 'unknown';

/** Values that depend on one of the model's inputs. */
function fedValues({ inputs, nodes }: Graph): ReadonlySet<ValueId> {
  const fed = new Set(inputs.map(({ value }) => value));
  for (const node of nodes) if (node.inputs.some((id) => fed.has(id))) fed.add(node.output);
  return fed;
}

/**
 * The nodes that have no rule of their own. Not those that would have one if their inputs were known, nor what only makes something for
 * one of them (a table that is looked into).
 */
export function rulelessNodes(graph: Graph): readonly Unknown[] {
  const own = graph.nodes.filter(isUnknown).filter(({ attributes }) => attributes.behind !== true);
  const fed = fedValues(graph);
  const read = new Set(own.flatMap(({ inputs }) => inputs));
  return own.filter(({ output }) => fed.has(output) || !read.has(output));
}

/** Of each value, the layers without a rule that it comes after: the nearest ones, MOST of them at the most. */
export function layersBefore(graph: Graph): ReadonlyMap<ValueId, ReadonlySet<string>> {
  const layerOf = layersOfNodes(graph);
  const own = new Map(rulelessNodes(graph).map((node) => [node.output, layerOf(node)?.name ?? node.name] as const));
  const before = new Map<ValueId, ReadonlySet<string>>();
  const through = (id: ValueId): Iterable<string> => {
    const name = own.get(id);
    return name === undefined ? (before.get(id) ?? []) : [name];
  };
  for (const { inputs, output } of graph.nodes) {
    const [only, ...others] = inputs.filter((id) => own.has(id) || before.has(id));
    if (only === undefined) continue;
    // Most have one such input, and share its set.
    const shared = others.length === 0 && !own.has(only) ? before.get(only) : undefined;
    before.set(output, shared ?? new Set(inputs.flatMap((id) => [...through(id)]).slice(0, MOST)));
  }
  return before;
}

/** Behind which layer an input of texts has become something else. */
export function readerOfTexts(graph: Graph, { name, value }: Graph['inputs'][number]): string {
  const layerOf = layersOfNodes(graph);
  const after = new Set([value]);
  const own = new Set(rulelessNodes(graph));
  let reader: Node | undefined;
  for (const node of graph.nodes) {
    if (!node.inputs.some((id) => after.has(id))) continue;
    after.add(node.output);
    reader = node;
    if (isUnknown(node) && own.has(node)) break;
  }
  return (reader && (layerOf(reader)?.name ?? reader.name)) ?? name;
}

/** A node that a value comes from, and the one in front of all that has no rule of its own. */
function cause(graph: Graph, node: Unknown): Unknown {
  if (node.attributes.behind !== true) return node;
  const own = new Map(rulelessNodes(graph).map((each) => [each.output, each] as const));
  const needed = new Set(node.inputs);
  for (const each of [...graph.nodes].reverse()) {
    if (!needed.has(each.output)) continue;
    const found = own.get(each.output);
    if (found) return found;
    for (const id of each.inputs) needed.add(id);
  }
  return node;
}

/** Everything that values come from, these among it. */
function upstream(graph: Graph, values: Iterable<ValueId>): ReadonlySet<ValueId> {
  const needed = new Set(values);
  for (const { inputs, output } of [...graph.nodes].reverse())
    if (needed.has(output)) for (const id of inputs) needed.add(id);
  return needed;
}

/** Outputs that come from a value. */
function outputsBehind({ nodes, outputs }: Graph, value: ValueId): ValueId[] {
  const behind = new Set([value]);
  for (const { inputs, output } of nodes) if (inputs.some((id) => behind.has(id))) behind.add(output);
  return outputs.flatMap(({ value: output }) => (behind.has(output) ? [output] : []));
}

/** Layers among what is needed that can be a target of a path from `starts`, the nearest first. */
function earlier(graph: Graph, needed: ReadonlySet<ValueId>, starts: readonly ValueId[]): Layer[] {
  const varies = new Set(starts);
  const closed = new Set<ValueId>();
  for (const each of graph.nodes) {
    if (each.inputs.some((id) => varies.has(id))) varies.add(each.output);
    if (isUnknown(each) || each.inputs.some((id) => closed.has(id))) closed.add(each.output);
  }
  const places = new Map(graph.nodes.map(({ output }, place) => [output, place] as const));
  return graph.layers
    .filter(({ output }) => {
      const { dtype, shape } = graph.values[output]!;
      const fits = dtype === 'float32' && shape !== UNKNOWN_SHAPE && places.has(output);
      return fits && needed.has(output) && varies.has(output) && !closed.has(output);
    })
    .sort((a, b) => places.get(b.output)! - places.get(a.output)!)
    .slice(0, MOST);
}

/**
 * The refusal of a node without a rule that a target depends on, by what works for it: binding free sizes, writing the model as ops,
 * an earlier target.
 * @param starts of the path that was asked for
 */
export function rulelessFault(graph: Graph, met: Unknown, starts: readonly ValueId[]): MhoError {
  const node = cause(graph, met);
  const layer = layersOfNodes(graph)(node)?.name ?? node.name;
  const { kind, option, unfollowed, layer: ofKeras } = node.attributes;
  const needed = upstream(graph, [node.output]);
  const ports = graph.inputs.filter(({ value }) => needed.has(value));
  const ways: Way[] = [];
  const free = ports.filter(({ value }) => graph.values[value]!.shape.includes(null)).map(({ name }) => name);
  const texts = ports.some(({ value }) => graph.values[value]!.dtype === 'string');
  if (texts) ways.push({ kind: 'texts', layer });
  else {
    if (option === true && free.length > 0) ways.push({ kind: 'size', inputs: free });
    if (unfollowed === true) ways.push({ kind: 'behind', layer });
    else if (ofKeras === true) ways.push({ kind: 'export' });
    if (kind === PROGRAM_OF_JAX) ways.push({ kind: 'origin', framework: 'jax' });
    if (TREES.test(kind)) ways.push({ kind: 'origin', framework: 'trees' });
  }
  const before = earlier(graph, needed, starts);
  // What comes from no input (numbers drawn at random) has layers beside it, not before it.
  const beside = before.length > 0 || ways.length > 0 ? before : earlier(graph, upstream(graph, outputsBehind(graph, node.output)), starts); // prettier-ignore
  const targets = beside.map(({ name }) => name);
  if (targets.length > 0) ways.push({ kind: 'target', layers: targets });
  if (ways.length === 0) ways.push({ kind: 'report' });
  return new MhoError('OP_UNSUPPORTED', { layer, kind, remedy: waysWords(ways) }, { ways });
}
