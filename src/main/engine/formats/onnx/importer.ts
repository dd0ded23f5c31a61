/** Walks an ONNX graph node by node and builds the studio's graph: what each node becomes stands in the op table. */
import { MhoError } from '../../../../contract/errors';
import { GraphBuilder } from '../../graph/builder';
import { type HostArray, isArray, NotExpressible } from '../tensors/array';
import { Assembly, BATCH, type Origin, type Tensor } from '../tensors/assembly';
import { safeDivision } from '../tensors/compositions';
import { registerLayers } from '../tensors/layers';
import { OnnxCall } from './call';
import type { OnnxGraph, OnnxNode, TensorProto, ValueInfo } from './proto';
import { rowOf } from './table';
import { isNumeric, isReal, tensorOf } from './tensor';

/** A comparison of values that vary: no value of the graph, but known to what selects by it. */
class Condition {
  constructor(
    readonly kind: string,
    readonly a: Tensor,
    readonly b: Tensor,
  ) {}
}
const COMPARISONS = new Set(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']);

export class Importer {
  private readonly made = new Map<string, Tensor | Condition>();
  /** Quotients with their operands: exporters guard divisions by comparing the divisor with zero. */
  private readonly quotients = new Map<Tensor, readonly [Tensor, Tensor]>();
  private readonly declared: ReadonlyMap<string, ValueInfo>;
  private readonly to: Assembly;
  private readonly builder: GraphBuilder;
  /** Names of biases and weights by the node that reads them: they tell the layer of nodes whose own names do not. */
  private readonly hints = new Map<string, string>();
  private readonly kernels = new Map<string, string>();

  constructor(
    private readonly graph: OnnxGraph,
    private readonly opset: number,
    private readonly path: string,
    private readonly external: ReadonlyMap<TensorProto, Uint8Array>,
  ) {
    this.declared = new Map([...graph.values, ...graph.outputs].map((info) => [info.name, info]));
    this.builder = new GraphBuilder(graph.name || 'model');
    const fixed = new Set(graph.initialisers.map(({ name }) => name));
    const sizes = graph.inputs.filter(({ name }) => !fixed.has(name)).map((info) => dimsOf(info)?.[0] ?? null);
    const [first] = sizes;
    this.to = new Assembly(
      this.builder,
      first !== undefined && first !== null && sizes.every((size) => size === first) ? first : BATCH,
    );
  }

  build() {
    for (const tensor of this.graph.initialisers) {
      if (!isNumeric(tensor.dataType)) continue;
      this.made.set(tensor.name, this.tensor(tensor));
    }
    for (const info of this.graph.inputs) if (!this.made.has(info.name)) this.made.set(info.name, this.input(info));
    for (const [index, node] of this.graph.nodes.entries()) this.node(node, index);
    for (const { name } of this.graph.outputs) {
      const x = this.made.get(name);
      if (!x) throw this.damaged(`its output ${name} is not made by any node`);
      if (x instanceof Condition || isArray(x)) throw this.damaged(`its output ${name} does not depend on any input`);
      const id = this.to.at({ name, kind: 'Transpose' }, () => this.to.asOutput(x));
      this.builder.output(name.replace(/:0$/, ''), id);
    }
    const told = (name: string): string => (name.includes('/') ? name : (this.hints.get(name) ?? name));
    const kernels = new Map([...this.kernels].map(([name, kernel]) => [told(name), kernel]));
    registerLayers(this.to, this.builder, (origin) => told(origin.name), kernels);
    return this.builder.build();
  }

  private damaged(reason: string): MhoError {
    return new MhoError('MODEL_DAMAGED', { path: this.path, reason });
  }

  private tensor(proto: TensorProto): HostArray {
    return tensorOf(proto, this.path, this.external);
  }

  private input(info: ValueInfo): Tensor {
    const dims = dimsOf(info);
    const type = info.type?.tensor?.elementType ?? 0;
    if (!dims || dims.length < 1) throw this.damaged(`its input ${info.name} has no batch axis`);
    if (!isNumeric(type)) throw this.damaged(`its input ${info.name} is of type ${type}, which holds no numbers`);
    return this.to.input(info.name, dims.slice(1), isReal(type) ? 'float32' : 'int32');
  }

  private node(node: OnnxNode, index: number): void {
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined;
      const x = this.made.get(name);
      if (!x) throw this.damaged(`node ${node.name || index} reads ${name}, which no node before it makes`);
      return x;
    });
    const name = nodeName(node, index);
    const origin: Origin = { name, kind: node.op };
    const hint = [...node.inputs.slice(1)]
      .reverse()
      .find((each) => each.includes('/') && isArray(this.made.get(each) ?? {}));
    if (hint !== undefined) this.hints.set(name, hint);
    const kernel = node.inputs[1];
    if (/^(Conv|MatMul|Gemm)/.test(node.op) && kernel && isArray(inputs[1] ?? {})) this.kernels.set(name, kernel);
    const outputs = this.to.at(origin, () => this.translated(node, inputs));
    node.outputs.forEach((each, i) => {
      const made = outputs[i];
      if (each !== '' && made) this.made.set(each, made);
    });
  }

  /** `b == 0 ? 0 : a / b` is the one selection by varying values that is known. */
  private selected(op: string, { kind, a, b }: Condition, yes: unknown, no: unknown): Tensor {
    const quotient = this.quotients.get(no as Tensor);
    const divisor = isZero(b) ? a : b;
    if (op !== 'Where' || kind !== 'Equal' || !isZero(yes) || !(isZero(a) || isZero(b)) || quotient?.[1] !== divisor)
      throw new NotExpressible('a condition that depends on the input');
    return safeDivision(this.to, quotient[0], divisor);
  }

  private translated(
    node: OnnxNode,
    given: readonly (Tensor | Condition | undefined)[],
  ): readonly (Tensor | Condition)[] {
    const present = given.filter((x): x is Tensor => x !== undefined && !(x instanceof Condition));
    const domain =
      node.domain === '' || node.domain === 'ai.onnx' || (node.domain === 'com.microsoft' && node.op === 'Gelu');
    const kind = domain ? node.op : `${node.domain}.${node.op}`;
    try {
      const row = domain ? rowOf(node.op) : null;
      if (!row) throw new NotExpressible('');
      const [condition, yes, no] = given;
      if (condition instanceof Condition) return [this.selected(node.op, condition, yes, no)];
      if (present.length < given.filter((x) => x !== undefined).length)
        throw new NotExpressible('a comparison that depends on the input');
      const inputs = given as readonly (Tensor | undefined)[];
      const [a, b] = inputs;
      if (COMPARISONS.has(node.op) && a && b && !(isArray(a) && isArray(b))) return [new Condition(node.op, a, b)];
      const used = node.outputs.filter((each) => each !== '').length;
      const call = new OnnxCall(node.op, inputs, used, this.opset, this.to, node.attributes, (proto) =>
        this.tensor(proto),
      );
      const result = row(call);
      const made = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
      if (node.op === 'Div' && a && b) this.quotients.set(made[0]!, [a, b]);
      return made;
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      const reason = error.message ? `${kind} with ${error.message}` : kind;
      return node.outputs.map((name) => {
        const info = this.declared.get(name);
        const dims = info ? dimsOf(info) : null;
        return this.to.unknown(present, reason, dims?.every((size) => size !== null) ? (dims as number[]) : null);
      });
    }
  }
}

const isZero = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && isArray(x) && x.data.every((each) => each === 0);

/** Sizes of a declared value; null where free. Null as a whole where nothing is declared. */
function dimsOf(info: ValueInfo): (number | null)[] | null {
  const dims = info.type?.tensor?.shape?.dims;
  return dims?.map(({ value }) => (value !== null && value >= 1 ? value : null)) ?? null;
}

/** Exporters that number their values leave nodes without names. */
function nodeName(node: OnnxNode, index: number): string {
  if (node.name) return node.name;
  const [output] = node.outputs;
  return output && !/^\d+$/.test(output) ? output : `${node.op}_${output ?? index}`;
}
