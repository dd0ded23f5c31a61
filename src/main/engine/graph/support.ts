/**
 * What each method gives for an op, by how it passes differences on: docs/formats.md, `mho inspect` and the window read it.
 */
import type { OpNote, OpSupport, Support } from '../../../contract/model';
import { OP_METHODS, opNotes, SUPPORT_WORDS } from '../../../contract/words/ops';
import type { Passing } from './facts/row';
import type { Graph, Node, ValueId } from './graph';
import { factsOf, OP_NAMES, OPS, readsValues, type OpName } from './ops';
import { isStraightened } from './straightened';

/** Per op or node: Neuron Integrated Gradients, DeepLIFT Rescale, RevealCancel and the genomics default. */
type Methods = Omit<OpSupport, 'op' | 'nodes'>;

const methods = (nig: Support, rescale: Support, parts: Support, ...notes: readonly OpNote[]): Methods => ({
  nig,
  rescale,
  revealCancel: parts,
  genomics: parts,
  notes,
});

const EXACT = methods('exact', 'exact', 'exact');
const SHARES = methods('exact', 'exact', 'approximate', 'shares');

const BY_PASSING: Readonly<Record<Passing, Methods>> = {
  function: methods('exact', 'exact', 'exact', 'may-jump'),
  jump: methods('approximate', 'exact', 'exact', 'jumps'),
  moved: EXACT,
  carried: EXACT,
  weighted: methods('exact', 'exact', 'exact', 'may-both-vary'),
  scaled: methods('exact', 'exact', 'exact', 'may-add-axes'),
  joint: methods('exact', 'exact', 'approximate', 'shares', 'exact-by-constant'),
  choice: methods('approximate', 'exact', 'approximate', 'jumps', 'shares'),
  extreme: SHARES,
  group: methods('exact', 'exact', 'none', 'no-parts'),
  jumpingGroup: methods('approximate', 'exact', 'none', 'jumps', 'no-parts'),
  start: methods('none', 'none', 'none', 'whole-numbers'),
  unknown: methods('none', 'none', 'none', 'no-rule'),
};
const ON_LINE = methods('exact', 'exact', 'exact', 'line');
const BOTH_VARY = methods('exact', 'exact', 'none', 'both-vary');
const ADDS_AXES = methods('exact', 'exact', 'none', 'broadcast-adds-axes');
const JUMP_ADDS_AXES = methods('approximate', 'exact', 'none', 'broadcast-adds-axes');

/** What every op gives, whatever its place in a network; the notes say where a place makes it less, or more. */
export const supportOf = (op: OpName): Methods => BY_PASSING[OPS[op].passing];

const BY_ELEMENT: ReadonlySet<Passing> = new Set(['scaled', 'joint', 'choice'] satisfies Passing[]);

/**
 * Whether the parts rule of a node's op serves this node too: weighted sums need one varying value, which comes first, and
 * what is scaled element by element must not gain axes by broadcasting.
 */
export function partsServe(graph: Graph, { op, inputs, output }: Node): boolean {
  const { values } = graph;
  const { passing } = OPS[op];
  const varies = (id: ValueId): boolean => values[id]!.constant === null;
  if (passing === 'weighted') return varies(inputs[0]!) && !inputs.slice(1).some(varies);
  const rank = values[output]!.shape.length;
  return !BY_ELEMENT.has(passing) || inputs.every((id) => !varies(id) || values[id]!.shape.length === rank);
}

/** Whether the backward rules of a node read no values: it is linear in what varies. */
export const isLinear = (graph: Graph, node: Node): boolean =>
  !readsValues(
    node.op,
    node.inputs.map((id) => graph.values[id]!.constant !== null),
  );

/** What an op gives at one node of a network: one of few objects, which may be told apart by identity. */
export function nodeSupport(graph: Graph, node: Node): Methods {
  const { passing } = OPS[node.op];
  if (isStraightened(node)) return ON_LINE;
  if (!partsServe(graph, node))
    return passing === 'weighted' ? BOTH_VARY : passing === 'choice' ? JUMP_ADDS_AXES : ADDS_AXES;
  switch (passing) {
    case 'function':
      return factsOf(node.op).jumps?.(node.attributes) ? BY_PASSING.jump : EXACT;
    case 'weighted':
    case 'scaled':
      return EXACT;
    case 'joint':
      return isLinear(graph, node) ? EXACT : SHARES;
    default:
      return BY_PASSING[passing];
  }
}

/** The ops of a network, most frequent first; one line for the nodes of an op that are alike. */
export function opSupport(graph: Graph): OpSupport[] {
  const counts = new Map<string, Map<Methods, number>>();
  for (const node of graph.nodes) {
    // Of what is only behind an op without a rule, nothing is known to tell.
    if (node.op === 'unknown' && (node as Node<'unknown'>).attributes.behind === true) continue;
    const support = nodeSupport(graph, node);
    const op = node.op === 'unknown' ? (node as Node<'unknown'>).attributes.kind : node.op;
    const alike = counts.get(op) ?? new Map<Methods, number>();
    counts.set(op, alike.set(support, (alike.get(support) ?? 0) + 1));
  }
  const lines = [...counts].flatMap(([op, alike]) => [...alike].map(([support, nodes]) => ({ op, nodes, ...support })));
  return lines.sort((a, b) => b.nodes - a.nodes);
}

/**
 * Values that are a matrix product but for what is done to each element by itself and linearly (a bias, batch norm) and for
 * where it stands: what deeplift calls the output of a dense layer.
 */
export function denseOutputs(graph: Graph): ReadonlySet<ValueId> {
  const dense = new Set<ValueId>();
  for (const node of graph.nodes) {
    const { passing } = OPS[node.op];
    const keeps = passing === 'moved' || ((passing === 'scaled' || passing === 'joint') && isLinear(graph, node));
    const varying = node.inputs.filter((id) => graph.values[id]!.constant === null);
    if (node.op === 'matmul' || (keeps && varying.length === 1 && dense.has(varying[0]!))) dense.add(node.output);
  }
  return dense;
}

/** The table of docs/formats.md, in Markdown: ops that are alike in one line. */
export function supportTable(): string {
  const alike = new Map<Methods, OpName[]>();
  for (const op of OP_NAMES) alike.set(supportOf(op), [...(alike.get(supportOf(op)) ?? []), op]);
  const rows = [...alike].map(([support, ops]) => {
    const cells = OP_METHODS.map(({ key }) => SUPPORT_WORDS[support[key]]);
    return `| ${ops.map((op) => `\`${op}\``).join(', ')} | ${cells.join(' | ')} | ${opNotes(support.notes)} |`;
  });
  const head = `| ops | ${OP_METHODS.map(({ name }) => name).join(' | ')} | |`;
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}
