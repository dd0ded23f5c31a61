/** Walks an ONNX graph node by node and builds the studio's graph: what each node becomes stands in the op table. */
import { MhoError } from '../../../../contract/errors';
import { GraphBuilder } from '../../graph/builder';
import type { Binding } from '../sizes';
import { type HostArray, isArray, NotExpressible, wholes } from '../tensors/array';
import { Assembly, Impossible, type Origin, type Tensor, type Varying } from '../tensors/assembly';
import { safeDivision } from '../tensors/compositions';
import { type Attempt, type Declared, type DeclaredInput, fixedBatch, type Reading } from '../tensors/examples';
import { Later } from '../tensors/later';
import { registerLayers } from '../tensors/layers';
import { OnnxCall } from './call';
import { channelsFirstOf, leadsToChannels } from './channels';
import { type Control, subgraphRowOf } from './control';
import { pathsByWeights } from './names';
import {
  type Attribute,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxNode,
  subgraphOf,
  type TensorProto,
  type ValueInfo,
} from './proto';
import { Sequence, sequenceRowOf } from './sequences';
import { rowOf } from './table';
import { decidingPart } from './condition';
import { isNumeric, isReal } from './tensor';

/** A comparison of values that vary, made into a value once something reads it: what guards a division needs none. */
class Condition extends Later {
  constructor(
    readonly kind: string,
    readonly a: Tensor,
    readonly b: Tensor,
    make: () => Tensor,
  ) {
    super(make);
  }
}
/** A constant that no number is: a text. */
class Text {}
type Item = Tensor | Later | Text | Sequence;

/** What the file gives: an output of it, or one value of an output that is a list. */
interface Given {
  readonly name: string;
  readonly value: Varying;
  readonly declared: Declared;
}

/** What a call of a function leaves out. */
const LEFT_OUT = new Text();

/** Values by name; those of a subgraph see the ones around it. */
class Scope {
  private readonly made = new Map<string, Item>();
  constructor(
    private readonly outer: Scope | null,
    /** Put before the names of the nodes of a subgraph. */
    readonly prefix: string,
    /** Of a function's nodes: what the call's attributes are, and the operator set that they are of. */
    readonly called: {
      readonly attributes: ReadonlyMap<string, Attribute>;
      readonly opset: number;
    } | null = outer?.called ?? null,
  ) {}
  find(name: string): Item | undefined {
    return this.made.get(name) ?? this.outer?.find(name);
  }
  set(name: string, item: Item): void {
    this.made.set(name, item);
  }
}

/** Nodes translated over all unrolled steps, beyond which a file is taken as damaged. */
const MOST_NODES = 500_000;
/** Subgraphs within subgraphs. */
const DEEPEST = 64;

export class Importer {
  /** Quotients with their operands: exporters guard divisions by comparing the divisor with zero. */
  private readonly quotients = new Map<Tensor, readonly [Tensor, Tensor]>();
  /** ONNX's types of constants, and by name those of values that the file declares or converts. */
  private readonly types = new WeakMap<Tensor, number>();
  private readonly typesByName = new Map<string, number>();
  /** Lists of maps from labels to numbers, which are read as the numbers' tensors. */
  private readonly zipped = new Set<string>();
  private readonly declared = new Map<string, ValueInfo>();
  private readonly to: Assembly;
  private readonly builder: GraphBuilder;
  /** Names of biases and weights by the node that reads them: they tell the layer of nodes whose own names do not. */
  private readonly hints = new Map<string, string>();
  private readonly kernels = new Map<string, string>();
  private readonly root = new Scope(null, '');
  private readonly functions: ReadonlyMap<string, OnnxFunction>;
  /** Inputs of channels first that are yet to be held channels last, which the first node on the way to the channels' reader does. */
  private readonly firstChannels: Set<string>;
  private visited = 0;
  private depth = 0;

  constructor(
    private readonly graph: OnnxGraph,
    private readonly opset: number,
    private readonly path: string,
    /** A tensor's numbers. */
    private readonly read: (proto: TensorProto) => HostArray,
    functions: readonly OnnxFunction[],
    private readonly reading: Reading,
    bind: Binding,
  ) {
    this.functions = new Map(functions.map((each) => [keyOf(each.domain, each.name, each.overload), each]));
    this.builder = new GraphBuilder(graph.name || 'model', bind);
    this.to = new Assembly(this.builder, reading.way, fixedBatch(declaredInputs(graph), reading));
    this.firstChannels = channelsFirstOf(graph);
  }

  build(): Attempt {
    this.begin(this.graph, this.root);
    const inputs = this.graph.inputs.filter(({ name }) => !this.root.find(name));
    inputs.forEach((info, i) => this.root.set(info.name, this.input(info, this.reading.places[i] ?? null)));
    this.nodes(this.graph, this.root);
    const outputs = this.graph.outputs.flatMap((info): readonly Given[] => {
      const { name } = info;
      const x = this.root.find(name);
      if (!x) throw this.damaged(`its output ${name} is not made by any node`);
      const value = x instanceof Later ? x.make() : x;
      if (value instanceof Sequence)
        return value.items.flatMap((each, i) =>
          isArray(each) ? [] : [{ name: `${name}_${i}`, value: each, declared: null }],
        );
      return value instanceof Text || isArray(value) ? [] : [{ name, value, declared: dimsOf(info) }];
    });
    if (!outputs.length)
      throw this.damaged(`its output ${this.graph.outputs[0]?.name ?? ''} does not depend on any input`);
    const ids = outputs.map(({ name, value, declared }) => {
      const id = this.to.at({ name, kind: 'Transpose' }, () => this.to.asOutput(value, declared));
      this.builder.output(name.replace(/:0$/, ''), id);
      if (this.zipped.has(name)) this.builder.alias(UNZIPPED, id);
      return id;
    });
    const paths = pathsByWeights(this.graph, nodeName);
    const told = (name: string): string =>
      paths.get(name) ?? (name.includes('/') ? name : (this.hints.get(name) ?? name));
    const kernels = new Map([...this.kernels].map(([name, kernel]) => [told(name), kernel]));
    registerLayers(this.to, this.builder, (origin) => told(origin.name), kernels);
    const graph = this.builder.build();
    return { graph, outputs: ids, crossed: this.to.crossed, walked: this.to.walked };
  }

  /** A graph's own constants, and what it says of its values. */
  private begin(graph: OnnxGraph, scope: Scope): void {
    for (const info of [...graph.values, ...graph.outputs]) this.declared.set(info.name, info);
    for (const { name, type } of [...graph.inputs, ...graph.values, ...graph.outputs]) {
      const told = type?.tensor?.elementType ?? 0;
      if (told !== 0) this.typesByName.set(name, told);
    }
    for (const tensor of graph.initialisers)
      scope.set(tensor.name, isNumeric(tensor.dataType) ? this.tensor(tensor) : new Text());
  }

  private nodes(graph: Pick<OnnxGraph, 'nodes'>, scope: Scope): void {
    for (const [index, node] of graph.nodes.entries()) {
      if (++this.visited > MOST_NODES)
        throw new MhoError('MODEL_TOO_LARGE', {
          path: this.path,
          what: 'the number of nodes',
          have: `over ${MOST_NODES}`,
          limit: MOST_NODES,
        });
      this.node(node, index, scope);
    }
  }

  private readonly tensor = (proto: TensorProto): HostArray => {
    const array = this.read(proto);
    this.types.set(array, proto.dataType);
    return array;
  };

  private damaged(reason: string): MhoError {
    return new MhoError('MODEL_DAMAGED', { path: this.path, reason });
  }

  private input(info: ValueInfo, place: number | null): Tensor {
    const dims = dimsOf(info);
    const type = info.type?.tensor?.elementType ?? 0;
    if (!dims || (type !== STRING && !isNumeric(type)))
      return this.to.unreadable(info.name, dims ? `numbers of type ${type}` : 'an input that is no tensor');
    const dtype = type === STRING ? 'string' : isReal(type) ? 'float32' : 'int32';
    return this.to.input(info.name, dims, dtype, place);
  }

  private node(node: OnnxNode, index: number, scope: Scope): void {
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined;
      const x = scope.find(name);
      if (x === LEFT_OUT) return undefined;
      if (!x) throw this.damaged(`node ${node.name || index} reads ${name}, which no node before it makes`);
      return x;
    });
    const name = scope.prefix + nodeName(node, index);
    const origin: Origin = { name, kind: node.op };
    if (scope === this.root && leadsToChannels(node.op))
      for (const [i, read] of node.inputs.entries()) {
        if (!this.firstChannels.delete(read)) continue;
        inputs[i] = this.to.at(origin, () => this.to.channelsLast(inputs[i] as Varying));
        scope.set(read, inputs[i]);
      }
    const hint = [...node.inputs.slice(1)]
      .reverse()
      .find((each) => each.includes('/') && isArray(scope.find(each) ?? {}));
    if (hint !== undefined) this.hints.set(name, hint);
    const kernel = node.inputs[1];
    if (/^(Conv|MatMul|Gemm)/.test(node.op) && kernel && isArray(inputs[1] ?? {})) this.kernels.set(name, kernel);
    const outputs = this.to.at(origin, () => this.translated(node, inputs, scope, origin));
    node.outputs.forEach((each, i) => {
      const made = outputs[i];
      if (each !== '' && made) scope.set(each, made);
    });
    if (node.op === 'ZipMap' && node.domain === 'ai.onnx.ml') for (const each of node.outputs) this.zipped.add(each);
    const [converted] = node.outputs;
    const type = node.op === 'Cast' ? node.attributes.find((each) => each.name === 'to')?.i : null;
    if (converted && type) this.typesByName.set(converted, type);
  }

  /** `b == 0 ? 0 : a / b`, as guarded divisions are written. */
  private guarded({ kind, a, b }: Condition, yes: unknown, no: unknown): Tensor | null {
    const quotient = this.quotients.get(no as Tensor);
    const divisor = isZero(b) ? a : b;
    if (kind !== 'Equal' || !isZero(yes) || !(isZero(a) || isZero(b)) || quotient?.[1] !== divisor) return null;
    return safeDivision(this.to, quotient[0], divisor);
  }

  private translated(
    node: OnnxNode,
    given: readonly (Item | undefined)[],
    scope: Scope,
    origin: Origin,
  ): readonly Item[] {
    const own = isOwn(node.domain);
    const kind = own ? node.op : `${node.domain}.${node.op}`;
    const present = given.flatMap((x): readonly Tensor[] => {
      if (x instanceof Sequence) return x.items;
      if (x === undefined || x instanceof Condition || x instanceof Text) return [];
      return [x instanceof Later ? x.make() : x];
    });
    return this.attempted(node, present, kind, () => {
      const [condition, yes, no] = given;
      if (own && node.op === 'Where' && condition instanceof Condition) {
        const quotient = this.guarded(condition, yes, no);
        if (quotient) return [quotient];
      }
      const attributes = attributesOf(node, scope);
      const defined = this.functions.get(keyOf(node.domain, node.op, node.overload));
      if (defined) return this.call(defined, given, attributes, scope, origin);
      const whole = given.map((x) => {
        if (x instanceof Text) throw new NotExpressible('texts');
        return x instanceof Later ? x.make() : x;
      });
      const listed = own ? sequenceRowOf(node.op, whole) : null;
      if (listed) {
        const int = (name: string, missing: number): number =>
          attributes.find((each) => each.name === name)?.i ?? missing;
        return [listed({ to: this.to, inputs: whole, int })];
      }
      const inputs = whole.map((x) => {
        if (x instanceof Sequence) throw new NotExpressible('a list of values');
        return x;
      });
      const opset = scope.called?.opset ?? this.opset;
      const subgraphs = own ? subgraphRowOf(node.op) : null;
      if (subgraphs) return subgraphs(this.controlOf(node.outputs.length, attributes, opset, inputs, scope, origin));
      const row = rowOf(kind);
      if (!row) throw new NotExpressible('');
      const used = node.outputs.filter((each) => each !== '').length;
      const call = new OnnxCall(
        node.op,
        inputs,
        used,
        opset,
        this.to,
        attributes,
        this.tensor,
        (i) => (inputs[i] && this.types.get(inputs[i])) ?? this.typesByName.get(node.inputs[i] ?? '') ?? null,
      );
      const [a, b] = inputs;
      if (COMPARISONS.has(node.op) && a && b && !(isArray(a) && isArray(b))) {
        const make = this.once(node, [a, b], kind, origin, () => row(call) as Tensor);
        return [new Condition(node.op, a, b, make)];
      }
      const result = row(call);
      const made = (Array.isArray(result) ? result : [result]) as readonly (Tensor | Later)[];
      if (node.op === 'Div' && a && b) this.quotients.set(made[0] as Tensor, [a, b]);
      return made.map((each) =>
        each instanceof Later ? new Later(this.once(node, present, kind, origin, each.make)) : each,
      );
    });
  }

  /** A node that the file itself says how to compute: its nodes in its place. */
  private call(
    { name, inputs, outputs, nodes, opsets, defaults }: OnnxFunction,
    given: readonly (Item | undefined)[],
    attributes: readonly Attribute[],
    scope: Scope,
    origin: Origin,
  ): readonly Item[] {
    if (this.depth >= DEEPEST) throw this.damaged('its functions call each other too deeply');
    const inner = new Scope(null, `${origin.name}/`, {
      attributes: new Map([...defaults, ...attributes].map((each) => [each.name, each])),
      opset: opsets.find(({ domain }) => isOwn(domain))?.version ?? scope.called?.opset ?? this.opset,
    });
    inputs.forEach((input, i) => inner.set(input, given[i] ?? LEFT_OUT));
    this.depth++;
    try {
      this.nodes({ nodes }, inner);
    } finally {
      this.depth--;
    }
    return outputs.map((output) => {
      const x = inner.find(output);
      if (!x) throw this.damaged(`the output ${output} of its function ${name} is not made by any node`);
      return x;
    });
  }

  /** Makes an output of a node at its place when it is first read, however much later that is. */
  private once(
    node: OnnxNode,
    present: readonly Tensor[],
    kind: string,
    origin: Origin,
    make: () => Tensor,
  ): () => Tensor {
    let made: Tensor | null = null;
    return () => (made ??= this.to.at(origin, () => this.attempted(node, present, kind, () => [make()])[0] as Tensor));
  }

  /** What a node becomes, or as many unknown values as it has outputs. */
  private attempted(
    node: OnnxNode,
    present: readonly Tensor[],
    kind: string,
    work: () => readonly Item[],
  ): readonly Item[] {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      const reason = error.message ? `${kind} with ${this.to.refusal(error)}` : kind;
      // Made of texts alone: no value of the model leads there.
      if (!present.some((x) => !isArray(x)) && error.message === 'texts') return node.outputs.map(() => new Text());
      return node.outputs.map((name) => {
        const info = this.declared.get(name);
        const dims = info ? dimsOf(info) : null;
        const shape = dims?.every((size) => size !== null) ? (dims as number[]) : null;
        return this.to.unknown(present, reason, shape, error.message !== '', error instanceof Impossible);
      });
    }
  }

  /** What If, Loop and Scan are made of: their inputs, attributes, and runs of their subgraphs. */
  private controlOf(
    outputs: number,
    attributes: readonly Attribute[],
    opset: number,
    inputs: readonly (Tensor | undefined)[],
    scope: Scope,
    origin: Origin,
  ): Control {
    const attribute = (name: string) => attributes.find((each) => each.name === name);
    return {
      to: this.to,
      opset,
      inputs,
      outputs,
      int: (name, missing) => attribute(name)?.i ?? missing,
      ints: (name) => attribute(name)?.ints ?? null,
      run: (name, part, values) => {
        const graph = subgraphOf(attribute(name));
        if (!graph) throw new NotExpressible(`no graph ${name}`);
        if (graph.inputs.length < values.length) throw new NotExpressible('a graph of fewer inputs');
        if (this.depth >= DEEPEST) throw this.damaged('its graphs lie in each other too deeply');
        const inner = new Scope(scope, `${origin.name}/${part}`);
        this.begin(graph, inner);
        values.forEach((value, i) => inner.set(graph.inputs[i]!.name, value));
        this.depth++;
        try {
          this.nodes(graph, inner);
        } finally {
          this.depth--;
        }
        return graph.outputs.map(({ name: output }) => {
          const x = inner.find(output);
          if (!x) throw this.damaged(`the output ${output} of a graph inside ${origin.name} is not made by any node`);
          if (x instanceof Text) throw new NotExpressible('texts');
          if (x instanceof Sequence) throw new NotExpressible('a list of values');
          return x instanceof Later ? x.make() : x;
        });
      },
      goesOn: (name, values, most) => {
        const body = subgraphOf(attribute(name));
        const deciding = body && decidingPart(body);
        const fixed = (x: Item | undefined): boolean =>
          x !== undefined && !(x instanceof Later) && isArray(x as Tensor);
        if (!deciding || !deciding.around.every((each) => fixed(scope.find(each)))) return false;
        if (!deciding.inputs.every((place) => fixed(values[place]))) return false;
        const around = new Scope(scope, origin.name);
        this.begin(body, around);
        let given: readonly (Item | undefined)[] = values;
        const { visited } = this;
        for (let step = 0; step < most; step++) {
          this.visited = visited; // numbers alone are made
          const inner = new Scope(around, origin.name);
          for (const place of deciding.inputs)
            inner.set(body.inputs[place]!.name, place === 0 ? wholes([step], []) : given[place]!);
          this.nodes(deciding, inner);
          const condition = inner.find(body.outputs[0]!.name);
          if (!fixed(condition) || (condition as HostArray).data[0] === 0) return false;
          given = body.inputs.map((_, place) => inner.find(body.outputs[place - 1]?.name ?? ''));
        }
        return true;
      },
    };
  }
}

/** What skl2onnx calls probabilities where it leaves them a tensor, so that one target serves both. */
const UNZIPPED = 'probabilities';

/** Domains of ONNX's own operators. */
const isOwn = (domain: string): boolean => domain === '' || domain === 'ai.onnx';
const keyOf = (domain: string, name: string, overload: string): string =>
  `${isOwn(domain) ? '' : domain}|${name}|${overload}`;

/** A node's attributes; in a function those of the call that they stand for, where it tells them. */
function attributesOf({ attributes }: OnnxNode, { called }: Scope): readonly Attribute[] {
  if (!called) return attributes;
  return attributes.flatMap((each) => {
    if (each.reference === '') return [each];
    const told = called.attributes.get(each.reference);
    return told ? [{ ...told, name: each.name }] : [];
  });
}

/** ONNX's type of texts. */
const STRING = 8;
const COMPARISONS = new Set(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']);

const isZero = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && isArray(x) && x.data.every((each) => each === 0);

/** Of the inputs that no constant of the file stands for. */
export function declaredInputs({ inputs, initialisers }: OnnxGraph): readonly DeclaredInput[] {
  const fixed = new Set(initialisers.map(({ name }) => name));
  return inputs
    .filter(({ name }) => !fixed.has(name))
    .map((info) => ({
      name: info.name,
      sizes: dimsOf(info),
      names: info.type?.tensor?.shape?.dims.map(({ parameter }) => parameter || null) ?? [],
    }));
}

function dimsOf(info: ValueInfo): Declared {
  const dims = info.type?.tensor?.shape?.dims;
  return dims?.map(({ value }) => (value !== null && value >= 1 ? value : null)) ?? null;
}

/** Where PyTorch's exporter tells the modules that a node stands in: `['', 'layer1', 'layer1.0', 'conv2d']`. */
const SCOPES = 'pkg.torch.onnx.name_scopes';

/** Exporters that number their values leave nodes without names; PyTorch's tells the modules beside the name. */
function nodeName(node: OnnxNode, index: number): string {
  const [output] = node.outputs;
  const own = node.name || (output && !/^\d+$/.test(output) ? output : `${node.op}_${output ?? index}`);
  const told = node.metadata.find(({ key }) => key === SCOPES)?.value;
  if (told === undefined || own.includes('/')) return own;
  const scopes = [...told.matchAll(/'([^']*)'/g)].map(([, scope]) => scope!).filter((scope) => scope !== '');
  return ['', ...scopes.slice(0, -1), own].join('/');
}
