/**
 * Walks a TensorFlow graph from its outputs to the inputs: what the outputs do not need (training, saving) is never
 * looked at. Calls of functions are followed into the function's body, variables become constants.
 */
import { MhoError } from '../../../../contract/errors';
import { GraphBuilder } from '../../graph/builder';
import type { Graph, ValueId } from '../../graph/graph';
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible } from '../tensors/array';
import { Assembly, type Origin, type Tensor, type Varying } from '../tensors/assembly';
import { chosenBetween } from '../tensors/branches';
import {
  type Attempt,
  type Declared,
  type DeclaredInput,
  farthest,
  fixedBatch,
  type Reading,
  type Way,
} from '../tensors/examples';
import { registerLayers } from '../tensors/layers';
import { MOST_STEPS } from '../tensors/recurrent';
import { TfCall } from './call';
import { complexNode } from './complex';
import { dilated, gatheredBack, narrowed, positionwise, spread, widened } from './dilation';
import { drawnNode } from './drawn';
import { type Frame, frameName, partOf } from './frames';
import { nodeOf, type TfFunction, type TfGraph, type TfPort } from './graph';
import { Later } from '../tensors/later';
import { bitsNode } from './bits';
import { ComplexItem, Folded, Handle, isTensor, type Item, Spread, TensorList, tensorsOf, Untaken } from './items';
import { listRowOf } from './lists';
import { isTable, lookedUp, type Tables, tablesOf } from './lookups';
import { DT, isReal, type TfNode } from './node';
import { offsetOf, outputsOf } from './outputs';
import { rowOf } from './table';

/** Calls within calls, and nodes over all calls, beyond which a file is taken as damaged. */
const DEEPEST = 64;
const MOST_NODES = 500_000;

/** What a file gives. */
export interface Imported {
  readonly graph: Graph;
  readonly reading: Way;
  /** Every variable and constant weight that was read, for the count of parameters. */
  readonly read: ReadonlySet<HostArray>;
}

/**
 * Builds the graph of a file.
 * @throws MODEL_DAMAGED, MODEL_WEIGHTS_MISSING, MODEL_TOO_LARGE
 */
export function importTensorflow(file: TfGraph): Imported {
  const declared = file.inputs.map((port): DeclaredInput => ({ name: port.name, sizes: sizesOf(port) }));
  return farthest(declared, (reading) => new TfImporter(file, reading, fixedBatch(declared, reading)).build());
}

const sizesOf = ({ shape }: TfPort): Declared => shape?.map((size) => (size >= 1 ? size : null)) ?? null;

class TfImporter {
  private readonly to: Assembly;
  private readonly builder: GraphBuilder;
  private readonly variables = new Map<string, HostArray>();
  private readonly constantNames = new Map<HostArray, string>();
  private readonly kernels = new Map<string, string>();
  private readonly fixed = new Map<TfNode, readonly Item[]>();
  private visited = 0;
  private readonly read = new Set<HostArray>();
  private readonly tables: Tables;

  constructor(
    private readonly file: TfGraph,
    private readonly reading: Reading,
    batch: number | undefined,
  ) {
    this.tables = tablesOf(file.nodes, file.functions);
    this.builder = new GraphBuilder(file.name, file.bind);
    this.to = new Assembly(this.builder, reading.way, batch);
  }

  build(): Omit<Imported, 'reading'> & Attempt {
    const { file } = this;
    const frame = this.frame(file.nodes, { prefix: '', part: undefined, depth: 0, isFunction: false });
    file.inputs.forEach((port, i) =>
      frame.made.set(nodeOf(port.tensor), [this.input(port, this.reading.places[i] ?? null)]),
    );
    this.run(
      frame,
      file.outputs.map(({ tensor }) => nodeOf(tensor)),
    );
    const made = file.outputs.flatMap((port) => {
      const { name, tensor } = port;
      const given = this.item(frame, tensor);
      const x = given instanceof ComplexItem ? this.complexOutput(name, given) : given;
      if (!isTensor(x)) throw this.damaged(`its output ${name} holds no numbers`);
      return isArray(x) ? [] : [{ name, x, declared: sizesOf(port) }];
    });
    if (!made.length) throw this.damaged(`its output ${file.outputs[0]?.name ?? ''} does not depend on any input`);
    const ids = made.map(({ name, x, declared }) => {
      const id = this.to.at({ name, kind: 'Transpose' }, () => this.to.asOutput(x, declared));
      this.builder.output(name, id);
      return id;
    });
    const layers = registerLayers(this.to, this.builder, (origin) => origin.name, this.kernels, file.layers);
    this.callOutputs(ids, layers);
    const graph = this.builder.build();
    const { to } = this;
    return { graph, read: this.read, outputs: ids, crossed: to.crossed, walked: to.walked };
  }

  /** What the file calls by number is called as the layer that gives it; its number stays an alias. */
  private callOutputs(ids: readonly ValueId[], layers: ReadonlyMap<ValueId, string>): void {
    const names = new Set(this.builder.build().outputs.map(({ name }) => name));
    for (const port of this.builder.build().outputs) {
      const layer = ids.includes(port.value) && NUMBERED.test(port.name) ? layers.get(port.value) : undefined;
      if (layer === undefined || names.has(layer)) continue;
      names.add(layer);
      this.builder.renameOutput(port.name, layer);
      this.builder.alias(port.name, port.value);
    }
  }

  /** An output of complex numbers is there to be seen; what it is made of can be a target. */
  private complexOutput(name: string, { re, im }: ComplexItem): Tensor {
    const parts = im ? [re, im] : [re];
    return this.to.at({ name, kind: 'Complex' }, () => this.to.unknown(parts, 'Complex numbers', null));
  }

  private damaged(reason: string): MhoError {
    return new MhoError('MODEL_DAMAGED', { path: this.file.path, reason });
  }

  private input(port: TfPort, place: number | null): Tensor {
    const { name, type } = port;
    const sizes = sizesOf(port);
    if (!sizes || type === DT.resource || type === DT.variant)
      return this.to.unreadable(name, sizes ? 'an input that holds no numbers' : 'an input of unknown shape');
    if (type === DT.string) return this.to.input(name, sizes, 'string', place);
    return this.to.input(name, sizes, type === 0 || isReal(type) ? 'float32' : 'int32', place);
  }

  private frame(nodes: readonly TfNode[], rest: Pick<Frame, 'prefix' | 'part' | 'depth' | 'isFunction'>): Frame {
    return { ...rest, nodes: new Map(nodes.map((node) => [node.name, node])), made: new Map() };
  }

  /** Makes the wanted nodes, those they read first. */
  private run(frame: Frame, wanted: readonly string[]): void {
    // A node is on the stack twice at most: to wait for what it reads, then to be made.
    const stack = [...wanted].reverse().map((name) => ({ name, ready: false }));
    const waiting = new Set<string>();
    while (stack.length) {
      const { name, ready } = stack.pop()!;
      if (frame.made.has(name)) continue;
      const node = frame.nodes.get(name);
      if (!node) throw this.damaged(`a node reads ${name}, which does not exist`);
      if (ready) {
        waiting.delete(name);
        frame.made.set(name, this.node(frame, node));
        continue;
      }
      if (waiting.has(name)) throw this.damaged(`the node ${name} waits for itself`);
      if (++this.visited > MOST_NODES)
        throw new MhoError('MODEL_TOO_LARGE', {
          path: this.file.path,
          what: 'the number of nodes',
          have: `over ${MOST_NODES}`,
          limit: MOST_NODES,
        });
      if (node.op === 'Exit') {
        // The nodes of a loop of TensorFlow 1 go round: its steps are unrolled from here.
        this.leaveLoop(frame, node);
        continue;
      }
      waiting.add(name);
      stack.push({ name, ready: true });
      for (const input of node.inputs) {
        const source = nodeOf(input);
        if (!frame.made.has(source)) stack.push({ name: source, ready: false });
      }
    }
  }

  private item(frame: Frame, reference: string): Item {
    const [name, second, third] = reference.split(':');
    const items = frame.made.get(name!);
    const index =
      Number((frame.isFunction ? third : second) ?? 0) +
      offsetOf(frame.nodes.get(name!)?.op, frame.isFunction ? second : undefined);
    const item = items?.[index];
    if (!item) throw this.damaged(`there is no output ${reference}`);
    if (!(item instanceof Later)) return item;
    const node = frame.nodes.get(name!)!;
    const made = this.to.at(this.originOf(frame, node), () => this.attempted(node, [], () => [item.make()]))[0]!;
    frame.made.set(name!, items!.with(index, made));
    return made;
  }

  private node(frame: Frame, node: TfNode): readonly Item[] {
    const items = node.inputs.map((reference) => this.item(frame, reference));
    const name = frame.prefix + node.name;
    if (node.op !== 'Merge' && items.some((item) => item instanceof Untaken))
      return new Array<Item>(outputsOf(node)).fill(new Untaken());
    const special = this.handled(frame, node, name, items);
    if (special) return special;
    return this.to.at(this.originOf(frame, node), () =>
      this.attempted(node, items, () => {
        const list = listRowOf(node.op);
        if (list) return list(this.to, items, node);
        return this.control(frame, node, name, items) ?? this.converted(node, name, items);
      }),
    );
  }

  private originOf({ prefix, part }: Frame, { name, op }: TfNode): Origin {
    const full = prefix + name;
    return { name: full, kind: op, ...(part !== undefined && { part: `${part}/${full.split('/').at(-1)!}` }) };
  }

  /** What a node becomes, or as many unknown values as it has outputs. */
  private attempted(node: TfNode, items: readonly Item[], work: () => readonly Item[]): readonly Item[] {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      const reason = error.message ? `${node.op} with ${this.to.refusal(error)}` : node.op;
      const shape = node.attributes.get('_output_shape')?.shape ?? null;
      const one = this.to.unknown(items.filter(isTensor), reason, shape, error.message !== '');
      return new Array<Tensor>(outputsOf(node)).fill(one);
    }
  }

  /** Variables and calls of functions. */
  private handled(frame: Frame, node: TfNode, name: string, items: readonly Item[]): readonly Item[] | null {
    if (isTable(node.op)) return [new Handle(node.name)];
    switch (node.op) {
      case 'VarHandleOp':
        return [new Handle(node.name)];
      case 'VariableV2':
      case 'Variable':
        return [this.variable(node.name, name)];
      case 'ReadVariableOp': {
        const [handle] = items;
        return handle instanceof Handle ? [this.variable(handle.name, name)] : null;
      }
      case 'ResourceGather': {
        const [handle, ...rest] = items;
        if (!(handle instanceof Handle)) return null;
        const table = this.variable(handle.name, name);
        return this.to.at({ name, kind: node.op }, () =>
          this.attempted(node, rest, () => this.translated(node, name, [table, ...rest])),
        );
      }
      case 'Const': {
        const weight = this.file.weight(node.name);
        const known = this.fixed.get(node);
        if (!weight && known) return known;
        if (!weight) {
          // Unrolled steps share what is fixed in a loop's body.
          const made = this.to.at({ name, kind: node.op }, () =>
            this.attempted(node, items, () => this.converted(node, name, items)),
          );
          this.fixed.set(node, made);
          return made;
        }
        this.read.add(weight);
        this.constantNames.set(weight, name);
        return [weight];
      }
      case 'Identity':
      case 'StopGradient':
      case 'Enter':
      case 'NextIteration':
      case 'LoopCond':
        return items[0] instanceof Handle || items[0] instanceof TensorList || node.op !== 'Identity'
          ? [items[0]!]
          : null;
      case 'IdentityN':
        return items;
      case 'NoOp':
        return [];
      case 'PartitionedCall':
      case 'StatefulPartitionedCall': {
        const called = this.file.functions.get(node.attributes.get('f')?.func ?? '');
        return called ? this.called(frame, name, called, items) : null;
      }
      default: {
        // Functions of TensorFlow 1 are called by their own name.
        const called = this.file.functions.get(node.op);
        return called ? this.called(frame, name, called, items) : null;
      }
    }
  }

  private called(frame: Frame, name: string, called: TfFunction, items: readonly Item[]): readonly Item[] {
    if (frame.depth >= DEEPEST) throw this.damaged('its functions call each other too deeply');
    if (called.inputs.length > items.length)
      throw this.damaged(`the call ${name} has ${items.length} inputs, expected ${called.inputs.length}`);
    // Bodies of loops may be named in full already.
    const own = name.slice(frame.prefix.length);
    const full = called.nodes.some((node) => node.name.startsWith(`${own}/`));
    const scope = name.split('/').slice(0, -1).join('/');
    const inner = this.frame(called.nodes, {
      prefix: full ? frame.prefix : scope && `${scope}/`,
      part: frame.part,
      depth: frame.depth + 1,
      isFunction: true,
    });
    called.inputs.forEach((input, i) => inner.made.set(input, [items[i]!]));
    this.run(inner, called.outputs.map(nodeOf));
    return called.outputs.map((reference) => this.item(inner, reference));
  }

  /** Loops and branches, where the file itself says how many steps there are and which branch is taken. */
  private control(frame: Frame, node: TfNode, name: string, items: readonly Item[]): readonly Item[] | null {
    const { op, attributes } = node;
    const named = (key: string): TfFunction => {
      const found = this.file.functions.get(attributes.get(key)?.func ?? '');
      if (!found) throw new NotExpressible(`no function ${key}`);
      return found;
    };
    if (op === 'If' || op === 'StatelessIf') {
      const [condition] = items;
      const taken = (branch: string, part?: string): readonly Item[] =>
        this.called(
          part === undefined ? frame : { ...frame, part: partOf(frame, part) },
          name,
          named(branch),
          items.slice(1),
        );
      if (!isTensor(condition!) || isArray(condition))
        return taken(this.holds(condition!, 'a condition') ? 'then_branch' : 'else_branch');
      const [yes, no] = [taken('then_branch', 'then'), taken('else_branch', 'else')];
      return chosenBetween(this.to, condition, tensorsOf(yes), tensorsOf(no));
    }
    if (op === 'Case' || op === 'StatelessCase') return this.oneOf(frame, node, name, items);
    if (op === 'Switch') {
      const taken = this.holds(items[1]!, 'a condition');
      return taken ? [new Untaken(), items[0]!] : [items[0]!, new Untaken()];
    }
    if (op === 'Merge') {
      const alive = items.flatMap((item, i) => (item instanceof Untaken ? [] : [i]));
      if (alive.length !== 1) throw new NotExpressible(`${alive.length} branches that are taken`);
      return [items[alive[0]!]!, host.wholes([alive[0]!], [])];
    }
    if (op !== 'While' && op !== 'StatelessWhile') return null;
    const [condition, body] = [named('cond'), named('body')];
    let values = items;
    for (let step = 0; ; step++) {
      const inner = { ...frame, part: partOf(frame, `t${step}`) };
      if (!this.holds(this.called(inner, name, condition, values)[0]!, 'a number of steps')) return values;
      if (step >= MOST_STEPS) throw new NotExpressible(`more than ${MOST_STEPS} steps`);
      values = this.called(inner, name, body, values);
    }
  }

  /** One of several branches, by a number; any that no branch has is the last. */
  private oneOf(frame: Frame, node: TfNode, name: string, items: readonly Item[]): readonly Item[] {
    const branches = (node.attributes.get('branches')?.funcs ?? []).map((branch) => this.file.functions.get(branch));
    const [index, ...given] = items;
    const taken = (place: number, part?: string): readonly Item[] => {
      const branch = branches.at(place);
      if (!branch) throw new NotExpressible('no such branch');
      return this.called(part === undefined ? frame : { ...frame, part: partOf(frame, part) }, name, branch, given);
    };
    if (!index || !isTensor(index)) throw new NotExpressible('a choice that is no number');
    if (isArray(index)) {
      const [place] = index.data as Float64Array;
      return taken(place! >= 0 && place! < branches.length ? place! : -1);
    }
    const all = branches.map((_, place) => tensorsOf(taken(place, `case${place}`)));
    return all.slice(0, -1).reduceRight<readonly Tensor[]>(
      (other, one, place) => {
        const chosen = this.to.binary('equal', index, host.wholes([place], []));
        return chosenBetween(this.to, chosen as Varying, one, other);
      },
      all.at(-1) ?? [],
    );
  }

  private holds(item: Item, what: string): boolean {
    if (!isTensor(item)) throw new NotExpressible(`${what} that is no number`);
    return this.to.array(item, what).data[0] !== 0;
  }

  /**
   * A loop of TensorFlow 1: values enter by Enter, meet by Merge with those of NextIteration, and by Switch go round once
   * more or leave by Exit, as LoopCond says. Each step is a frame of its own over the same nodes.
   */
  private leaveLoop(frame: Frame, exit: TfNode): void {
    const at = (reference: string | undefined): TfNode => {
      const node = frame.nodes.get(nodeOf(reference ?? ''));
      if (!node) throw this.damaged(`a node reads ${reference ?? 'nothing'}, which does not exist`);
      return node;
    };
    const refuse = (reason: string): void => {
      const name = frame.prefix + exit.name;
      const made = this.to.at({ name, kind: exit.op }, () => this.to.unknown([], `a loop with ${reason}`, null));
      frame.made.set(exit.name, [made]);
    };
    const condition = at(at(exit.inputs[0]).inputs[1]);
    if (condition.op !== 'LoopCond') return refuse('an exit that no condition leads to');
    const switches = [...frame.nodes.values()].filter(
      (node) => node.op === 'Switch' && nodeOf(node.inputs[1] ?? '') === condition.name,
    );
    const merges = switches.map((node) => at(node.inputs[0]));
    const turns = merges.map((merge) => at(merge.inputs[1]));
    if (merges.some(({ op }) => op !== 'Merge') || turns.some(({ op }) => op !== 'NextIteration'))
      return refuse('values that do not go round');
    const scope = frameName(at(merges[0]?.inputs[0]));
    const enters = [...frame.nodes.values()].filter((node) => node.op === 'Enter' && frameName(node) === scope);
    this.run(
      frame,
      enters.map(({ name }) => name),
    );
    const entered = enters.map(({ name }) => [name, frame.made.get(name)!] as const);
    let values = merges.map((merge) => this.item(frame, merge.inputs[0]!));
    try {
      for (let step = 0; ; step++) {
        const part = frame.part === undefined ? `t${step}` : `${frame.part}/t${step}`;
        const inner: Frame = { ...frame, part, made: new Map(entered) };
        merges.forEach(({ name }, i) => inner.made.set(name, [values[i]!, host.wholes([0], [])]));
        this.run(inner, [condition.name]);
        if (!this.holds(inner.made.get(condition.name)![0]!, 'a number of steps')) break;
        if (step >= MOST_STEPS) throw new NotExpressible(`more than ${MOST_STEPS} steps`);
        switches.forEach(({ name }, i) => inner.made.set(name, [values[i]!, values[i]!]));
        this.run(
          inner,
          turns.map(({ name }) => name),
        );
        values = turns.map(({ name }) => inner.made.get(name)![0]!);
      }
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      return refuse(error.message);
    }
    const leaving = [...frame.nodes.values()].filter((node) => node.op === 'Exit');
    for (const node of leaving) {
      const index = switches.findIndex(({ name }) => name === nodeOf(node.inputs[0] ?? ''));
      if (index >= 0) frame.made.set(node.name, [values[index]!]);
    }
  }

  private variable(handle: string, reader: string): HostArray {
    const known = this.variables.get(handle);
    if (known) return known;
    const array = this.file.variable(handle);
    if (!array) throw new MhoError('MODEL_WEIGHTS_MISSING', { weight: handle, layer: reader, path: this.file.path });
    this.variables.set(handle, array);
    this.constantNames.set(array, reader);
    this.read.add(array);
    return array;
  }

  /** Of complex values, of bits, of what is drawn, of tables, or of real values. */
  private converted(node: TfNode, name: string, items: readonly Item[]): readonly Item[] {
    const made =
      complexNode(this.to, node, items, (real) => this.translated(node, name, real)[0]!) ??
      bitsNode(this.to, node, items) ??
      drawnNode(node, items) ??
      lookedUp(this.to, node, items, this.tables);
    return made ? [made] : this.translated(node, name, items);
  }

  private translated(node: TfNode, name: string, items: readonly Item[]): readonly Item[] {
    if (node.op === 'SpaceToBatchND') return [spread(this.to, items)];
    if (node.op === 'BatchToSpaceND') return [gatheredBack(this.to, items)];
    const row = rowOf(node.op);
    if (!row) throw new NotExpressible('');
    const [first] = items;
    if (first instanceof Spread) {
      if (node.op === 'ExpandDims') return [widened(this.to, first, items)];
      this.noteKernel(node, name, [first.x, ...items.slice(1).filter(isTensor)]);
      return [dilated(this.to, node, name, first, items)];
    }
    const pending = items.find((item) => item instanceof Folded);
    if (pending)
      return [
        node.op === 'Squeeze' ? narrowed(this.to, node, pending) : positionwise(this.to, node, name, pending, items),
      ];
    const known = items.filter(isTensor);
    if (known.length !== items.length) throw new NotExpressible('an input that is no number');
    this.noteKernel(node, name, known);
    const result = row(new TfCall(node, known, this.to));
    return (Array.isArray(result) ? result : [result]) as readonly Item[];
  }

  /** Which layer the kernel belongs to tells whether a layer was folded into the next. */
  private noteKernel(node: TfNode, name: string, inputs: readonly Tensor[]): void {
    const kernel = inputs[1];
    const owner = kernel && isArray(kernel) ? this.constantNames.get(kernel) : undefined;
    if (owner !== undefined && /Conv|MatMul/.test(node.op)) this.kernels.set(name, owner);
  }
}

/** Outputs that nobody has named. */
const NUMBERED = /^(output_\d+|Identity(_\d+)?|(Stateful)?PartitionedCall(_\d+)?)(:\d+)?$/;
