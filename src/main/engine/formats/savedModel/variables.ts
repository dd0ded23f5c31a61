/**
 * Which tensor of the checkpoint each variable is. The graph itself says it: the operation that restores a checkpoint
 * names the tensors and assigns them to the variables' handles.
 */
import { nodeOf, type TfFunction } from '../tensorflow/graph';
import type { TfNode } from '../tensorflow/node';
import type { Checkpoint } from './checkpoint';

/**
 * @param texts names of the tensors that a RestoreV2 node reads, by that node's own second input
 * @param bound the objects that functions are called with after their arguments
 */
export function checkpointKeys(
  nodes: readonly TfNode[],
  functions: ReadonlyMap<string, TfFunction>,
  checkpoint: Checkpoint,
  texts: (constant: TfNode) => readonly string[],
  bound: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const main = new Map(nodes.map((node) => [node.name, node]));
  restored(main, texts, (handle, key) => keys.set(handle, key));
  for (const call of nodes) {
    const called = functions.get(call.attributes.get('f')?.func ?? '');
    if (!called) continue;
    const body = new Map(called.nodes.map((node) => [node.name, node]));
    if (!called.nodes.some((node) => node.op === 'RestoreV2')) continue;
    restored(body, texts, (argument, key) => {
      const place = called.inputs.indexOf(argument);
      const handle = place < 0 ? undefined : call.inputs[place];
      if (handle !== undefined) keys.set(nodeOf(handle), key);
    });
  }
  // Keras 3 restores into copies of its variables: of those that are used, the functions say which objects they are.
  for (const call of nodes) {
    const objects = bound.get(call.attributes.get('f')?.func ?? '') ?? [];
    const given = call.inputs.filter((input) => !input.startsWith('^')).slice(-objects.length);
    if (given.length < objects.length) continue;
    objects.forEach((object, i) => {
      const key = checkpoint.byObject[object];
      const handle = nodeOf(given[i]!);
      if (key !== undefined && main.get(handle)?.op === 'VarHandleOp' && !keys.has(handle)) keys.set(handle, key);
    });
  }
  // Files whose restoring was cut away: by the variable's name.
  for (const node of nodes) {
    if (node.op !== 'VarHandleOp' && node.op !== 'VariableV2') continue;
    const name = node.attributes.get('shared_name')?.s || node.name;
    if (keys.has(node.name)) continue;
    const key = checkpoint.byName.get(name) ?? checkpoint.byName.get(node.name) ?? name;
    keys.set(node.name, key);
  }
  return keys;
}

/** Every assignment of a restored tensor. */
function restored(
  nodes: ReadonlyMap<string, TfNode>,
  texts: (constant: TfNode) => readonly string[],
  found: (handle: string, key: string) => void,
): void {
  for (const node of nodes.values()) {
    if (node.op !== 'AssignVariableOp' && node.op !== 'Assign') continue;
    const [handle, value] = node.inputs;
    if (handle === undefined || value === undefined) continue;
    let reference = value;
    let source = nodes.get(nodeOf(reference));
    for (let i = 0; i < 8 && source?.op === 'Identity'; i++) {
      reference = source.inputs[0] ?? '';
      source = nodes.get(nodeOf(reference));
    }
    if (source?.op !== 'RestoreV2') continue;
    const names = nodes.get(nodeOf(source.inputs[1] ?? ''));
    const index = Number(/:(\d+)$/.exec(reference)?.[1] ?? 0);
    const key = names ? texts(names)[index] : undefined;
    if (key !== undefined) found(nodeOf(handle), key);
  }
}
