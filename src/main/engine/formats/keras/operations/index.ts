/**
 * Functions called in functional models: keras.ops (Keras 3), and the `TFOpLambda` and `SlicingOpLambda` that Keras 2
 * makes of TensorFlow's. They count the batch axis, so they are built with tensors; each result is a value in Keras's
 * order of axes, or numbers that do not depend on the input (shapes, masks).
 */
import type { ValueId } from '../../../graph/graph';
import * as host from '../../tensors/array';
import { type HostArray, NotExpressible } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import type { LayerCall } from '../call';
import type { LayerSpec } from '../config';
import { Arguments } from './given';
import type { Operation } from './row';
import { operationNamed, operations } from './table';
import { functionOf } from './tensorflow';

/** Whether a layer of the file is a call of a function; @returns what it does, or null for layers. */
export function operationOf(
  layer: LayerSpec,
): ((call: LayerCall, given: readonly (ValueId | HostArray)[]) => readonly Tensor[]) | null {
  if (layer.kind === 'TFOpLambda' || layer.kind === 'SlicingOpLambda') {
    const name = layer.config.text('function').replace(/^(tf\.)?(compat\.v1\.)?/, '');
    const found = functionOf(name);
    return (call, given) => {
      if (!found) throw new NotExpressible(`tf.${name}`);
      const [kind, parameters, fixed] = found;
      return performed(call, given, operations[kind], parameters.split(' '), fixed ?? {});
    };
  }
  if (layer.isLayer) return null;
  const found = layer.isKeras ? operationNamed(layer.kind) : null;
  return (call, given) => {
    if (!found) throw new NotExpressible('');
    const { name: _, ...configured } = layer.config.raw;
    return performed(call, given, found, found.parameters, configured);
  };
}

/** @param names of the parameters in order, as `theirs:ours` or as both have it */
function performed(
  call: LayerCall,
  given: readonly (ValueId | HostArray)[],
  { run }: Operation,
  names: readonly string[],
  fixed: object,
): readonly Tensor[] {
  const { to, spec } = call;
  const ours = new Map(names.map((name) => name.split(':') as [string, string?]).map(([a, b]) => [a, b ?? a]));
  const values = new Map<string, unknown>(Object.entries(fixed));
  const [rest] = names[0]!.startsWith('*') ? names : [];
  if (rest) values.set(rest.slice(1), spec.positional);
  else
    spec.positional.forEach((value, place) => {
      const name = names[place];
      if (name === undefined) throw new NotExpressible(`${spec.positional.length} arguments`);
      // None is what is not given: functions have their own word for what that means.
      if (value !== null) values.set(ours.get(name.split(':')[0]!)!, value);
    });
  for (const [name, value] of Object.entries(spec.named)) if (value !== null) values.set(ours.get(name) ?? name, value);
  const tensors = given.map((each): Tensor => {
    if (typeof each !== 'number') return each;
    const { constant } = to.builder.at(each);
    // Constants of the graph have no batch axis.
    return constant ? host.reals([1, ...constant.shape], Float32Array.from(constant.data)) : call.tensor(each);
  });
  const result = to.at({ name: `${call.name}/inside`, kind: call.kind }, () =>
    run(new Arguments(to, values, tensors), to),
  );
  return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
}
