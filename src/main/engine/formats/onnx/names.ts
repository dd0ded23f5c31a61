/**
 * Names of layers in files whose nodes have none (Caffe2's): the weights tell them. `fire2/squeeze1x1_w_0` belongs to the
 * layer squeeze1x1 in the group fire2, `res2_0_branch2a_bn_s_0` to branch2a_bn in res2_0; what has no weights stands with
 * what it follows.
 */
import type { OnnxGraph, OnnxNode } from './proto';

/** Caffe2's weights: filter, bias, and of a norm scale, mean and variance, with the number of the copy. */
const WEIGHT = /_(w|b|s|rm|riv|scale|bias|mean|var)_\d+$/;
const BLOCK = /(^|\/)(res\d+(?:_\d+|[a-z]\d*))_(?=branch)/;
/** Ops that pass a weight on in another shape. */
const RESHAPING = new Set(['Unsqueeze', 'Squeeze', 'Reshape', 'Identity', 'Transpose', 'Cast']);

/** `fire2/squeeze1x1_w_0` → `fire2/squeeze1x1/w`; null for other names. */
const pathOf = (weight: string): string | null =>
  WEIGHT.test(weight) ? weight.replace(WEIGHT, '/$1').replace(BLOCK, '$1$2/') : null;
const groupOf = (path: string): string => path.split('/').slice(0, -2).join('/');

/**
 * Paths of a graph's nodes, by their names; empty where the nodes have paths of their own.
 * @param nameOf names as the importer gives them
 */
export function pathsByWeights(
  graph: OnnxGraph,
  nameOf: (node: OnnxNode, index: number) => string,
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const weights = new Map(graph.initialisers.map(({ name }) => [name, pathOf(name)] as const));
  if (graph.nodes.some(({ name }) => name.includes('/'))) return paths;
  graph.nodes.forEach((node, index) => {
    const [first, ...others] = node.inputs;
    // Some files make their constants by nodes.
    if (node.inputs.every((input) => input === '' || weights.has(input)))
      for (const output of node.outputs)
        weights.set(
          output,
          RESHAPING.has(node.op) && first !== undefined ? (weights.get(first) ?? null) : pathOf(output),
        );
    else {
      const own = others.map((input) => weights.get(input)).find((path) => path !== undefined && path !== null);
      if (own !== undefined && own !== null)
        paths.set(nameOf(node, index), `${own.slice(0, own.lastIndexOf('/'))}/${node.op.toLowerCase()}`);
    }
  });
  if (paths.size === 0) return paths;

  const readers = new Map<string, string[]>();
  graph.nodes.forEach((node, index) => {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), nameOf(node, index)]);
  });
  /** Group of what makes each value. */
  const groups = new Map<string, { readonly group: string; readonly index: number }>();
  graph.nodes.forEach((node, index) => {
    if (node.inputs.every((input) => input === '' || weights.has(input))) return;
    const name = nameOf(node, index);
    const path = paths.get(name);
    // Of a sum, the branch that was made last: the other may be the block before.
    const latest = node.inputs
      .flatMap((input) => groups.get(input) ?? [])
      .reduce((last, each) => (each.index > last.index ? each : last), { group: '', index: -1 });
    // A pool belongs to what reads it, where that is one block: inception's begin with one.
    const after = new Set(node.outputs.flatMap((output) => readers.get(output) ?? []));
    const [only] = [...after].map((reader) => paths.get(reader));
    const begins = node.op.endsWith('Pool') && after.size === 1 && only !== undefined;
    const group = path !== undefined ? groupOf(path) : begins ? groupOf(only) : latest.group;
    if (path === undefined && group !== '') paths.set(name, `${group}/${name}/${node.op.toLowerCase()}`);
    for (const output of node.outputs) groups.set(output, { group, index });
  });
  return paths;
}
