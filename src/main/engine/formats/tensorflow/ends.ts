/** What goes into a graph and what comes out, where no signature says it. */
import { nodeOf, type TfPort } from './graph';
import type { TfNode } from './node';

/** What nobody reads and is no result either: training, saving, reporting. */
const NO_RESULT =
  /^(NoOp|Const|Placeholder\w*|Assert|Print\w*|Assign\w*|Save\w*|Restore\w*|\w*Summary\w*|VarHandleOp|Variable\w*|ReadVariableOp|\w*Initialized\w*|MergeV2Checkpoints|ShardedFilename)$/;

const ported = ({ name, attributes }: TfNode): TfPort => ({
  name,
  tensor: name,
  shape: attributes.get('shape')?.shape ?? null,
  type: attributes.get('dtype')?.type ?? 0,
});

/** Its placeholders; and, of the nodes that depend on one, those that no other reads. */
export function endsOf(nodes: readonly TfNode[]): {
  readonly inputs: readonly TfPort[];
  readonly outputs: readonly TfPort[];
} {
  const placeholders = nodes.filter(({ op }) => op === 'Placeholder');
  const readers = new Map<string, TfNode[]>();
  for (const node of nodes)
    for (const source of new Set(node.inputs.map(nodeOf))) {
      const known = readers.get(source);
      if (known) known.push(node);
      else readers.set(source, [node]);
    }
  const reached = new Set(placeholders);
  for (const node of reached) for (const reader of readers.get(node.name) ?? []) reached.add(reader);
  const last = nodes.filter((node) => reached.has(node) && !readers.has(node.name) && !NO_RESULT.test(node.op));
  return { inputs: placeholders.map(ported), outputs: last.map(ported) };
}
