/**
 * How every op passes differences on, and so what each method gives for it. The one place where that stands: the rules for
 * positive and negative parts (ops/parts.ts), the table in docs/formats.md, `mho inspect` and the window read it.
 */
import type { OpSupport, PathStart, Support } from '../../../contract/model';
import type { Graph, Node, ValueId } from './graph';
import type { OpName } from './ops';

/** What an op is to a difference. */
export type Passing =
  /** One value, continuous: a slope each. */
  | 'function'
  /** One value, with jumps, of which its derivative knows nothing. */
  | 'jump'
  /** Values moved about, summed or averaged with weights that are never negative. */
  | 'carried'
  /** Sums with fixed weights over many values. */
  | 'weighted'
  /** Element by element with fixed weights. */
  | 'scaled'
  /** Element by element of two values that vary, each with the other's weight. */
  | 'joint'
  /** The same, with jumps. */
  | 'choice'
  /** The largest or smallest of many. */
  | 'extreme'
  /** Every value of a group depends on all of them. */
  | 'group'
  /** The same, with jumps. */
  | 'jumpingGroup'
  /** Whole numbers to real ones: the path starts behind it. */
  | 'start'
  | 'unknown';

export const PASSING: Readonly<Record<OpName, Passing>> = {
  relu: 'function',
  clippedRelu: 'function',
  leakyRelu: 'function',
  prelu: 'function',
  elu: 'function',
  selu: 'function',
  celu: 'function',
  gelu: 'function',
  geluTanh: 'function',
  sigmoid: 'function',
  logSigmoid: 'function',
  hardSigmoid: 'function',
  silu: 'function',
  hardSilu: 'function',
  mish: 'function',
  softplus: 'function',
  softsign: 'function',
  tanh: 'function',
  tanhShrink: 'function',
  softShrink: 'function',
  hardShrink: 'jump',
  threshold: 'jump',
  squarePlus: 'function',
  sparsePlus: 'function',
  sparseSigmoid: 'function',
  clip: 'function',
  exp: 'function',
  log: 'function',
  log1p: 'function',
  sqrt: 'function',
  rsqrt: 'function',
  reciprocal: 'function',
  reciprocalOrZero: 'jump',
  square: 'function',
  pow: 'function',
  abs: 'function',
  neg: 'scaled',
  erf: 'function',
  sin: 'function',
  cos: 'function',
  tan: 'function',
  asin: 'function',
  acos: 'function',
  atan: 'function',
  sinh: 'function',
  cosh: 'function',
  asinh: 'function',
  acosh: 'function',
  atanh: 'function',
  sign: 'jump',
  floor: 'jump',
  round: 'jump',

  add: 'scaled',
  sub: 'scaled',
  mul: 'joint',
  div: 'joint',
  maximum: 'joint',
  minimum: 'joint',
  power: 'joint',
  atan2: 'choice',
  greater: 'choice',
  greaterEqual: 'choice',
  equal: 'choice',
  select: 'choice',

  matmul: 'weighted',
  conv: 'weighted',
  depthwiseConv: 'weighted',
  convTranspose: 'weighted',
  affine: 'scaled',
  averagePool: 'carried',

  sum: 'carried',
  mean: 'carried',
  max: 'extreme',
  min: 'extreme',
  maxPool: 'extreme',
  softmax: 'group',
  logSoftmax: 'group',
  sparsemax: 'jumpingGroup',
  normalise: 'group',

  identity: 'carried',
  reshape: 'carried',
  transpose: 'carried',
  concat: 'carried',
  slice: 'carried',
  pad: 'carried',
  tile: 'carried',
  repeat: 'carried',
  gather: 'carried',
  upsample: 'carried',
  stack: 'carried',

  embedding: 'start',
  unknown: 'unknown',
};

/** Per op or node: Neuron Integrated Gradients, DeepLIFT Rescale, RevealCancel and the genomics default. */
type Methods = Omit<OpSupport, 'op' | 'nodes'>;

const methods = (nig: Support, rescale: Support, parts: Support, note: string | null = null): Methods => ({
  nig,
  rescale,
  revealCancel: parts,
  genomics: parts,
  note,
});

const JUMPS = 'its derivative misses jumps; by secant their difference is passed on';
const SHARES = 'positive and negative parts pass in the shares of Rescale';
const NO_PARTS = 'it has no rule for positive and negative parts';

const BY_PASSING: Readonly<Record<Passing, Methods>> = {
  function: methods('exact', 'exact', 'exact', '`clippedRelu` with a threshold other than 0 has a jump'),
  jump: methods('approximate', 'exact', 'exact', JUMPS),
  carried: methods('exact', 'exact', 'exact'),
  weighted: methods('exact', 'exact', 'exact', 'a product of two values that vary has no rule for parts'),
  scaled: methods('exact', 'exact', 'exact', 'a broadcast that adds axes has no rule for parts'),
  joint: methods('exact', 'exact', 'approximate', `${SHARES}; \`mul\` and \`div\` by a constant are exact`),
  choice: methods('approximate', 'exact', 'approximate', `${JUMPS}; ${SHARES}`),
  extreme: methods('exact', 'exact', 'approximate', SHARES),
  group: methods('exact', 'exact', 'none', NO_PARTS),
  jumpingGroup: methods('approximate', 'exact', 'none', `${JUMPS}; ${NO_PARTS}`),
  start: methods('none', 'none', 'none', 'whole numbers have no path between them: it starts behind'),
  unknown: methods('none', 'none', 'none', 'no rule: a target behind it is refused'),
};

/** What every op gives, whatever its place in a network; the note says where a place makes it less, or more. */
export const supportOf = (op: OpName): Methods => BY_PASSING[PASSING[op]];

const BY_ELEMENT: ReadonlySet<Passing> = new Set(['scaled', 'joint', 'choice'] satisfies Passing[]);

/**
 * Whether the parts rule of a node's op serves this node too: weighted sums need one varying value, which comes first, and
 * what is scaled element by element must not gain axes by broadcasting.
 */
export function partsServe({ values }: Graph, { op, inputs, output }: Node): boolean {
  const varies = inputs.map((id) => values[id]!.constant === null);
  if (PASSING[op] === 'weighted') return varies[0]! && !varies[1];
  const rank = values[output]!.shape.length;
  return !BY_ELEMENT.has(PASSING[op]) || inputs.every((id, at) => !varies[at] || values[id]!.shape.length === rank);
}

/** What an op gives at one node of a network. */
export function nodeSupport(graph: Graph, node: Node): Methods {
  const { note: _general, ...support } = supportOf(node.op);
  const without = (note: string): Methods => ({ ...support, revealCancel: 'none', genomics: 'none', note });
  const passing = PASSING[node.op];
  if (!partsServe(graph, node))
    return without(passing === 'weighted' ? 'both factors vary: no rule for parts' : 'a broadcast adds axes: no rule for parts'); // prettier-ignore
  const fixed = node.inputs.map((id) => graph.values[id]!.constant !== null);
  if ((node.op === 'mul' && fixed.includes(true)) || (node.op === 'div' && fixed[1]))
    return methods('exact', 'exact', 'exact');
  if (node.op === 'clippedRelu' && (node as Node<'clippedRelu'>).attributes.threshold !== 0) return BY_PASSING.jump;
  if (passing === 'function' || passing === 'weighted' || passing === 'scaled') return { ...support, note: null };
  // What may be exact in another place is not here.
  return passing === 'joint' ? { ...support, note: SHARES } : supportOf(node.op);
}

/** The ops of a network, most frequent first; one line for the nodes of an op that are alike. */
export function opSupport(graph: Graph): OpSupport[] {
  const lines = new Map<string, OpSupport>();
  for (const node of graph.nodes) {
    const support = nodeSupport(graph, node);
    const op = node.op === 'unknown' ? (node as Node<'unknown'>).attributes.kind : node.op;
    const key = JSON.stringify([op, support]);
    lines.set(key, { op, nodes: (lines.get(key)?.nodes ?? 0) + 1, ...support });
  }
  return [...lines.values()].sort((a, b) => b.nodes - a.nodes);
}

/**
 * Where paths can start: real-valued model inputs, and behind inputs of whole numbers the first real values (an
 * embedding's output).
 */
export const naturalStarts = (graph: Graph): ValueId[] => [...startsBehind(graph).keys()];

/** The same as the interface says it, with the inputs that each stands behind. */
export const pathStarts = (graph: Graph): PathStart[] =>
  [...startsBehind(graph)].map(([value, behind]) => {
    const layer = graph.layers.find(({ output }) => output === value);
    return { name: layer?.name ?? graph.values[value]!.name, behind: [...behind] };
  });

/**
 * What stays as it is at the input while a path is walked: conditions on whole numbers (which tokens are padding), what is
 * made of them, and whole numbers, where a value that varies reads them.
 */
export const fixedValues = (graph: Graph): ValueId[] => [...found(graph, true).fixed];

const startsBehind = (graph: Graph): Map<ValueId, ReadonlySet<string>> => {
  const { starts } = found(graph, true);
  // Numbers that are made of conditions alone are where the path starts only if there is nothing else.
  return starts.size ? starts : found(graph, false).starts;
};

/** What picks rows of a table, whatever type the file says: Keras calls such inputs real. */
function indexValues(graph: Graph): ReadonlySet<ValueId> {
  const indices = new Set<ValueId>();
  for (const node of [...graph.nodes].reverse())
    if (node.op === 'embedding' || (indices.has(node.output) && PASSING[node.op] === 'carried'))
      for (const id of node.op === 'embedding' ? node.inputs.slice(0, 1) : node.inputs) indices.add(id);
  return indices;
}

function found(graph: Graph, fix: boolean) {
  /** Values that do not vary along the path, with the inputs that they come from. */
  const still = new Map<ValueId, ReadonlySet<string>>();
  const conditions = new Set<ValueId>();
  const starts = new Map<ValueId, ReadonlySet<string>>();
  const varies = new Set<ValueId>();
  const fixed = new Set<ValueId>();
  const indices = indexValues(graph);
  const isReal = (id: ValueId): boolean => graph.values[id]!.dtype === 'float32' && !indices.has(id);
  for (const { name, value } of graph.inputs)
    if (isReal(value)) {
      starts.set(value, new Set());
      varies.add(value);
    } else still.set(value, new Set([name]));
  for (const node of graph.nodes) {
    const { dtype } = graph.values[node.output]!;
    const real = isReal(node.output);
    if (node.inputs.some((id) => varies.has(id))) {
      varies.add(node.output);
      for (const id of node.inputs) if (still.has(id)) fixed.add(id);
      continue;
    }
    const behind = new Set(node.inputs.flatMap((id) => [...(still.get(id) ?? [])]));
    if (behind.size === 0) continue;
    const made = real && node.inputs.some((id) => conditions.has(id));
    const condition = fix && (dtype === 'bool' || made);
    if (condition) conditions.add(node.output);
    if (condition || !real) still.set(node.output, behind);
    else {
      starts.set(node.output, behind);
      varies.add(node.output);
    }
  }
  return { starts, fixed };
}

/** The table of docs/formats.md, in Markdown: ops that are alike in one line. */
export function supportTable(): string {
  const alike = new Map<Passing, OpName[]>();
  for (const [op, passing] of Object.entries(PASSING) as [OpName, Passing][])
    alike.set(passing, [...(alike.get(passing) ?? []), op]);
  const rows = [...alike].map(([passing, ops]) => {
    const { nig, rescale, revealCancel, genomics, note } = BY_PASSING[passing];
    return `| ${ops.map((op) => `\`${op}\``).join(', ')} | ${nig} | ${rescale} | ${revealCancel} | ${genomics} | ${note ?? ''} |`;
  });
  const head = '| ops | Neuron IG | DeepLIFT Rescale | RevealCancel | genomics default | |';
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}
