/**
 * Layers as the researcher knows them, found from the paths of node names: `model/block1/conv1/BiasAdd` belongs to the
 * layer conv1 in the group block1; `/layer1/layer1.0/conv1/Conv` to layer1.0.conv1.
 */
import type { GraphBuilder } from '../../graph/builder';
import { sizeOf, type ValueId } from '../../graph/graph';
import type { Assembly, Origin } from './assembly';

/** Scopes that Keras and TensorFlow open inside a layer. */
const INSIDE =
  /^(clip_by_value|l2_normalize|norm|Tensordot|FusedBatchNorm(?:V[23])?|batchnorm|moments|Conv[123]D|conv[123]d|convolution|depthwise|separable_conv[12]d|einsum|BiasAdd|MatMul|Cast|Rsqrt|SquaredDifference|ArithmeticOptimizer|ConstantFolding|Pad|Reshape|Shape|ones|zeros|stack|concat|strided_slice|resize|ReadVariableOp|conv2d_transpose|compat|TensorArrayUnstack|TensorArrayV2Stack|TensorArrayV2Read|TensorArrayV2Write|TensorArrayStack)(_\d+)?$/;
/** Scopes of loops: what is unrolled belongs to the layer that the loop stands in. */
const LOOP = /^while(_\d+)?$/;
/** Calls of functions, which are no scopes of the model. */
const CALLS = /^(StatefulPartitionedCall|PartitionedCall|model_call|serving_default)(_\d+)?$/;
/** What gives a layer its kind, first found first. */
const TELLING = [
  /conv|Conv/,
  /MatMul|Gemm|Einsum/,
  /Norm/,
  /Pool/,
  /Concat/,
  /Softmax|softmax/,
  /Relu|Elu|elu|Tanh|Sigmoid|Gelu|Swish|Softplus/,
];

/** Scopes that are told apart; work grows with their square. */
const DEEPEST = 64;

/** Without scopes of function calls, their own suffix and the output number. */
const partsOf = (name: string): string[] => {
  // Converters that fuse nodes join their names with semicolons: the first is the last of them.
  const parts = name
    .split(';')[0]!
    .replace(/:\d+$/, '')
    .split('/')
    .filter((part) => part !== '');
  const called = parts.findIndex((part, i) => i === parts.length - 1 || !CALLS.test(part));
  const own = parts.slice(Math.max(called, 0));
  return own.length > DEEPEST ? [...own.slice(0, DEEPEST - 1), own.slice(DEEPEST - 1).join('/')] : own;
};

/**
 * The suffix that a second build of a model adds to the names of its layers, by the layers that its variables tell: where
 * conv2d_1 and conv2d_1_1 stand for conv2d and conv2d_1, `_1`. Empty where the names are the layers' own.
 */
function addedTo(names: readonly string[], known: ReadonlySet<string>): string {
  const parts = new Set(names.flatMap((name) => partsOf(name).slice(0, -1)));
  // How many known layers each suffix meets, by the first part that bears it: the first of the most is taken.
  const met = new Map<string, number>();
  for (const part of parts) {
    const suffix = /_\d+$/.exec(part)?.[0];
    if (suffix === undefined) continue;
    met.set(suffix, (met.get(suffix) ?? 0) + Number(known.has(part.slice(0, -suffix.length))));
  }
  let [best, most] = ['', [...known].filter((name) => parts.has(name)).length];
  for (const [suffix, count] of met) if (count > most) [best, most] = [suffix, count];
  return best;
}

/**
 * Paths without the scope that all names share (the model's own) and the suffix that a second build of a Keras model adds to each.
 * @param added that suffix, where the file's variables tell it: then it is kept
 * @param whole whether one scope without others in it is the model all the same: it has more weights than a layer
 */
function pathsOf(names: readonly string[], added: string, whole: boolean): (name: string) => readonly string[] {
  const scoped = names.map(partsOf).filter((parts) => parts.length > 1);
  const root = scoped[0]?.[0];
  const nested = scoped.some((parts) => parts.length > 2 && !INSIDE.test(parts[1]!) && !LOOP.test(parts[1]!));
  if (root === undefined || !(nested || whole) || !scoped.every((parts) => parts[0] === root)) return partsOf;
  const suffix = /_\d+$/.exec(root)?.[0];
  const doubled = added === '' && suffix !== undefined && scoped.every((parts) => parts[1]!.endsWith(suffix));
  return (name) => {
    const parts = partsOf(name);
    if (parts.length < 2 || parts[0] !== root) return parts;
    const inner = parts.slice(1);
    return doubled ? inner.map((part) => (part.endsWith(suffix) ? part.slice(0, -suffix.length) : part)) : inner;
  };
}

/** Module path of scopes that repeat their parents (`layer1`, `layer1.0`, `conv1` → `layer1.0.conv1`). */
function dotted(scopes: readonly string[]): string[] {
  const full: string[] = [];
  scopes.forEach((scope, i) => {
    const [before, raw] = [full.at(-1), scopes[i - 1]];
    if (before === undefined) full.push(scope);
    else if (scope.startsWith(`${before}.`)) full.push(scope);
    else
      full.push(
        raw !== undefined && scope.startsWith(`${raw}.`) ? before + scope.slice(raw.length) : `${before}.${scope}`,
      );
  });
  return full;
}

interface Found {
  readonly key: string;
  readonly name: string;
  readonly group: readonly string[];
  /** Whether it is one op of a scope that holds other layers, and so is called as the op. */
  readonly direct: boolean;
  /** What the file calls it: the scope in full, and its last part. */
  readonly aliases: readonly string[];
}

/**
 * Which layer each node name belongs to.
 * @param kernels node name → name of the kernel it reads
 * @param known names of layers that variables belong to
 */
function assign(
  names: readonly string[],
  kernels: ReadonlyMap<string, string>,
  known: ReadonlySet<string>,
): ReadonlyMap<string, Found> {
  const added = addedTo(names, known);
  const bare = (part: string): string => (part.endsWith(added) ? part.slice(0, part.length - added.length) : part);
  const pathOf = pathsOf(names, added, kernels.size > 1 && known.size === 0);
  const paths = new Map(names.map((name) => [name, pathOf(name)] as const));
  const modules = [...paths.values()].some((parts) =>
    parts.some((part, i) => i > 0 && part.startsWith(`${parts[i - 1]!}.`)),
  );
  const scopeOf = (parts: readonly string[]): string[] => {
    const loop = parts.findIndex((part, i) => i < parts.length - 1 && LOOP.test(part));
    const scope = parts.slice(0, loop < 0 ? -1 : Math.max(loop, 1));
    // What a layer opens inside is its own affair.
    const layer = scope.findLastIndex((part) => known.has(bare(part)));
    if (layer >= 0) return scope.slice(0, layer + 1);
    while (scope.length > 1 && INSIDE.test(scope.at(-1)!)) scope.pop();
    return scope;
  };
  const scopes = new Map([...paths].map(([name, parts]) => [name, scopeOf(parts)] as const));
  // A scope with scopes in it is a container: what lies directly in it are layers of their own.
  const containers = new Set<string>();
  for (const scope of scopes.values())
    for (let depth = 1; depth < scope.length; depth++) containers.add(scope.slice(0, depth).join('/'));
  // A scope whose kernel only a node of another scope reads has been folded into that one: what is left of it is not the
  // layer of that name.
  const reading = new Map<string, Set<string>>();
  for (const [name, kernel] of kernels) {
    const owner = scopeOf(pathOf(kernel)).join('/');
    const reader = scopes.get(name)?.join('/');
    if (owner !== '' && reader !== undefined) reading.set(kernel, (reading.get(kernel) ?? new Set()).add(reader));
  }
  for (const [kernel, readers] of reading) {
    const owner = scopeOf(pathOf(kernel)).join('/');
    if (!readers.has(owner)) containers.add(owner);
  }
  const found = new Map<string, Found>();
  for (const [name, scope] of scopes) {
    const parts = paths.get(name)!;
    const direct = scope.length === 0 || containers.has(scope.join('/'));
    const path = direct ? [...scope, parts.slice(scope.length).join('/')] : scope;
    const own = path.map((part, i) => (i < scope.length ? bare(part) : part));
    const full = modules ? dotted(own) : own;
    const outer = partsOf(name).slice(0, -parts.length);
    const aliases = [path.at(-1)!, [...outer, ...path].join('/'), [...outer, ...own].join('/')];
    found.set(name, { key: path.join('/'), name: full.at(-1)!, group: full.slice(0, -1), direct, aliases });
  }
  return known.size > 0 ? unwrapped(found) : found;
}

/** A layer that is all there is in its group is what the group is: a wrapper is called as the model calls it. */
function unwrapped(found: ReadonlyMap<string, Found>): ReadonlyMap<string, Found> {
  const inside = new Map<string, Set<string>>();
  const above = (key: string): string => key.slice(0, Math.max(key.lastIndexOf('/'), 0));
  for (const { key } of found.values())
    for (let group = above(key); group !== ''; group = above(group))
      inside.set(group, (inside.get(group) ?? new Set()).add(key));
  return new Map(
    [...found].map(([name, layer]) => {
      const group = layer.group.at(-1);
      return group !== undefined && inside.get(above(layer.key))?.size === 1
        ? [name, { ...layer, name: group, group: layer.group.slice(0, -1), aliases: [...layer.aliases, layer.name] }]
        : [name, layer];
    }),
  );
}

/**
 * Names the graph's values and registers its layers.
 * @param nameOf another name for a node whose own says nothing (that of its bias), or the same
 * @param kernels names of the kernels that nodes read, by `nameOf` their origin
 * @param known names of layers that variables belong to, where the file tells
 * @returns by their outputs, the names of the layers that are more than an op
 */
export function registerLayers(
  assembly: Assembly,
  builder: GraphBuilder,
  nameOf: (origin: Origin) => string,
  kernels: ReadonlyMap<string, string>,
  known: ReadonlySet<string> = new Set(),
): ReadonlyMap<ValueId, string> {
  const graph = builder.build();
  const unitAxisOf = (id: ValueId): number | null => {
    const rank = builder.shape(id).length;
    return rank === 0 ? null : assembly.channelsFirst.has(id) ? 0 : rank - 1;
  };
  const made = graph.nodes.filter((node) => assembly.origins.has(node.output));
  const names = [...new Set(made.map((node) => nameOf(assembly.origins.get(node.output)!)))];
  const assigned = assign(names, kernels, known);

  interface Gathered extends Found {
    readonly values: ValueId[];
    readonly kinds: string[];
    readonly constants: Set<ValueId>;
  }
  const layers = new Map<string, Gathered>();
  const layerOf = new Map<ValueId, string>();
  const foundOf = (node: (typeof made)[number]): Found => assigned.get(nameOf(assembly.origins.get(node.output)!))!;
  // A layer has one output: of several outputs of the model in one, all but the last are layers of their own.
  const ports = new Map(graph.outputs.map((port) => [port.value, port.name]));
  const last = new Map(made.filter(({ output }) => ports.has(output)).map((node) => [foundOf(node).key, node.output]));
  for (const node of made) {
    const origin = assembly.origins.get(node.output)!;
    const whole = foundOf(node);
    const port = ports.get(node.output);
    const found =
      port === undefined || last.get(whole.key) === node.output
        ? whole
        : { ...whole, key: `${whole.key}:${port}`, name: port, aliases: [] };
    const layer = layers.get(found.key) ?? { ...found, values: [], kinds: [], constants: new Set<ValueId>() };
    layers.set(found.key, layer);
    layer.values.push(node.output);
    layer.kinds.push(origin.kind);
    layerOf.set(node.output, found.key);
    for (const input of node.inputs) if (graph.values[input]!.constant) layer.constants.add(input);
  }

  // A layer's output is the last of its values that others read.
  const outside = new Set<ValueId>(graph.outputs.map((port) => port.value));
  for (const node of graph.nodes)
    for (const input of node.inputs) if (layerOf.get(input) !== layerOf.get(node.output)) outside.add(input);
  const outputOf = new Map<string, ValueId>();
  for (const [key, { values }] of layers) outputOf.set(key, values.findLast((id) => outside.has(id)) ?? values.at(-1)!);

  const finalName = new Map<string, string>();
  for (const port of graph.inputs) {
    builder.layer({
      name: port.name,
      kind: 'Input',
      group: [],
      output: port.value,
      unitAxis: unitAxisOf(port.value),
      inputs: [],
      parameters: 0,
    });
  }
  const inputLayer = new Map(graph.inputs.map((port) => [port.value, port.name]));
  const ordered = [...layers].sort(([a], [b]) => outputOf.get(a)! - outputOf.get(b)!);
  const readers = new Map(made.map((node) => [node.output, node.inputs] as const));
  for (const [key, layer] of ordered) finalName.set(key, builder.freeLayerName(layer.name, layer.group));
  const taken = new Set<string>();
  for (const [key, layer] of ordered) {
    let name = builder.freeLayerName(layer.name, layer.group);
    for (let count = 2; taken.has(name); count++) name = builder.freeLayerName(`${layer.name}:${count}`, layer.group);
    taken.add(name);
    finalName.set(key, name);
    const output = outputOf.get(key)!;
    for (const id of layer.values)
      if (id !== output)
        builder.rename(id, `${name}/${assembly.origins.get(id)?.part ?? opName(graph.values[id]!.name)}`);
    builder.rename(output, name);
    for (const id of layer.constants)
      if (!graph.values[id]!.name.startsWith(`${name}/`))
        builder.rename(
          id,
          `${name}/${graph.values[id]!.name.split('/')
            .at(-1)!
            .replace(/[[_].*$/, '')}`,
        );
    const feeding = new Set<string>();
    for (const id of layer.values)
      for (const input of readers.get(id) ?? []) {
        const other = layerOf.get(input);
        const from =
          other === undefined ? inputLayer.get(input) : other === key ? undefined : (finalName.get(other) ?? other);
        if (from !== undefined) feeding.add(from);
      }
    const sizes = [...layer.constants].map((id) => graph.values[id]!.constant!);
    builder.layer({
      name,
      kind:
        TELLING.map((pattern) => layer.kinds.find((kind) => pattern.test(kind))).find((kind) => kind !== undefined) ??
        layer.kinds.at(-1)!,
      group: layer.group,
      output,
      unitAxis: unitAxisOf(output),
      inputs: [...feeding],
      parameters: sizes.reduce((sum, { shape }) => (shape.length ? sum + sizeOf(shape) : sum), 0),
    });
  }
  const called = [...layers.values()].map((layer) => [layer, outputOf.get(layer.key)!] as const);
  const count = new Map<string, number>();
  const aliasesOf = ({ name, aliases }: Gathered): Set<string> => new Set([...aliases, name.replace(/_\d+$/, '')]);
  for (const [layer] of called) for (const alias of aliasesOf(layer)) count.set(alias, (count.get(alias) ?? 0) + 1);
  // What several layers are called names none of them.
  for (const [layer, output] of called)
    for (const alias of aliasesOf(layer)) if (count.get(alias) === 1 && !taken.has(alias)) builder.alias(alias, output);
  return new Map(
    called.flatMap(([{ key, direct }, output]) => (direct ? [] : [[output, finalName.get(key)!] as const])),
  );
}

/** Last part of a node's name, for values inside a layer. */
const opName = (name: string): string => name.replace(/^~/, '').replace(/:\d+$/, '').split('/').at(-1)!;
