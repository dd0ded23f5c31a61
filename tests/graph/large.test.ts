/**
 * Questions about a graph take time in line with its size: each reads a node, a value or a layer a fixed number of times,
 * however many there are. Names are data, whatever they mean to JavaScript.
 */
import { describe, expect, it } from 'vitest';
import { genomicsNonlinearity } from '../../src/main/engine/attribution/methods';
import { planRun } from '../../src/main/engine/attribution/plan';
import { singleCuts } from '../../src/main/engine/graph/cuts';
import type { Graph, Layer, Node, Value, ValueId } from '../../src/main/engine/graph/graph';
import { summarised } from '../../src/main/engine/graph/summary';
import type { OpAttributes, OpName } from '../../src/main/engine/graph/ops';
import { prune } from '../../src/main/engine/graph/prune';
import { opSupport } from '../../src/main/engine/graph/support';
import { variation } from '../../src/main/engine/graph/varied';
import { nearest, resolveTarget } from '../../src/main/engine/graph/target';

const NODES = 100_000;
const LAYERS = 20_000;
/** Most reads of one element of a graph that a question may take. */
const READS = 30;

/** A list that counts how often its elements are read, and stops a question that reads them too often. */
function counted<T>(list: readonly T[]): readonly T[] {
  let left = READS * Math.max(list.length, 1000);
  return new Proxy(list, {
    get(target, key) {
      if (typeof key === 'string' && --left < 0) throw new Error(`more than ${READS} reads of each of ${list.length}`);
      return Reflect.get(target, key) as unknown;
    },
  });
}
const countedGraph = (graph: Graph): Graph => ({
  ...graph,
  values: counted(graph.values),
  nodes: counted(graph.nodes),
  layers: counted(graph.layers),
  inputs: counted(graph.inputs),
  outputs: counted(graph.outputs),
});

class Sketch {
  readonly values: Value[] = [];
  readonly nodes: Node[] = [];
  readonly layers: Layer[] = [];
  readonly inputs: { name: string; value: ValueId }[] = [];

  value(name: string, dtype: Value['dtype'] = 'float32', constant: Value['constant'] = null): ValueId {
    return this.values.push({ id: this.values.length, name, shape: constant ? [1, 4] : [4], dtype, constant }) - 1;
  }
  input(name: string, dtype: Value['dtype'] = 'float32'): ValueId {
    const value = this.value(name, dtype);
    this.inputs.push({ name, value });
    return value;
  }
  add<Op extends OpName>(
    op: Op,
    inputs: readonly ValueId[],
    attributes: OpAttributes[Op],
    dtype?: Value['dtype'],
  ): ValueId {
    const name = `${op} ${this.nodes.length}`;
    const output = this.value(name, dtype);
    this.nodes.push({ op, name, inputs, output, attributes } as unknown as Node);
    return output;
  }
  layer(name: string, output: ValueId): void {
    this.layers.push({ name, kind: 'Dense', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
  }
  graph(output: ValueId): Graph {
    const { values, nodes, layers, inputs } = this;
    return { name: 'large', values, nodes, layers, inputs, outputs: [{ name: 'out', value: output }] };
  }
}

/** x → op → op → …, a layer at every fifth. */
function chain(op: 'add' | 'relu'): Graph {
  const sketch = new Sketch();
  let at = sketch.input('x');
  const bias = sketch.value('bias', 'float32', { shape: [1, 4], data: new Float32Array(4) });
  sketch.layer('x', at);
  for (let i = 0; i < NODES; i++) {
    at = op === 'add' ? sketch.add('add', [at, bias], {}) : sketch.add('relu', [at], {});
    if (i % (NODES / LAYERS) === 0) sketch.layer(`layer ${i}`, at);
  }
  return sketch.graph(at);
}

/** Token ids summed up, one input after the other, with a table behind every sum; all tables' rows are summed. */
function tables(): Graph {
  const sketch = new Sketch();
  const table = sketch.value('table', 'float32', { shape: [1, 4], data: new Float32Array(4) });
  let ids = sketch.input('input 0', 'int32');
  const rows: ValueId[] = [];
  for (let i = 1; i <= LAYERS; i++) {
    ids = sketch.add('add', [ids, sketch.input(`input ${i}`, 'int32')], {}, 'int32');
    rows.push(sketch.add('embedding', [ids, table], {}));
    sketch.layer(`table ${i}`, rows.at(-1)!);
  }
  return sketch.graph(rows.reduce((sum, row) => sketch.add('add', [sum, row], {})));
}

describe.each([
  ['a chain of sums', () => chain('add')],
  ['a chain of nonlinearities', () => chain('relu')],
  ['tables behind sums of whole numbers', tables],
] as const)('in %s', (_name, make) => {
  const graph = make();
  const sink = graph.outputs[0]!.value;
  const starts = variation(countedGraph(graph)).starts;

  it.each<readonly [string, (graph: Graph) => unknown]>([
    ['what a run needs', (given) => prune(given, starts, [sink])],
    ['cuts', (given) => singleCuts(prune(given, starts, [sink]), starts, [sink])],
    ['what a path varies', variation],
    ['the target', (given) => resolveTarget(given, { index: 0 })],
    ['a layer as the target', (given) => resolveTarget(given, { layer: given.layers[LAYERS - 1]!.name, index: 0 })],
    ['what the methods give', opSupport],
    ['the summary', (given) => summarised(given, { format: '', path: '', hash: '', parameters: 0 })],
    [
      'a plan of every layer by name',
      (given) =>
        planRun(given, starts, [sink], graph.layers.map(({ name }) => name), ['nig', 'genomics']), // prettier-ignore
    ],
    ['which nonlinearities follow a dense layer', (given) => graph.nodes.map(genomicsNonlinearity(given))],
  ])('%s: in linear time', (_question, ask) => {
    expect(ask(countedGraph(graph))).toBeDefined();
  });

  it('is answered in full', () => {
    expect(opSupport(graph).reduce((sum, { nodes }) => sum + nodes, 0)).toBe(graph.nodes.length);
    expect(variation(graph).varied.walked).toHaveLength(starts.length);
    const plan = planRun(graph, starts, [sink], undefined, ['nig']);
    expect(plan.layers).toHaveLength(graph.layers.length);
  });
});

it('cuts a chain at every value, and tables only where all have met', () => {
  const long = chain('relu');
  const [x] = variation(long).starts;
  const cut = (graph: Graph, starts: readonly ValueId[]): number =>
    singleCuts(prune(graph, starts, [graph.outputs[0]!.value]), starts, [graph.outputs[0]!.value]).size;
  expect(cut(long, [x!])).toBe(NODES + 1);
  const many = tables();
  expect(cut(many, variation(many).starts)).toBe(1);
});

it('names the first inputs behind a start, and no more than can be read', () => {
  const starts = variation(tables()).varied.walked;
  expect(starts[0]).toEqual({ name: 'table 1', behind: ['input 0', 'input 1'] });
  expect(starts.at(-1)!.behind).toEqual(Array.from({ length: 64 }, (_, i) => `input ${i}`));
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
  'a thing called "%s" is like any other',
  (name) => {
    const sketch = new Sketch();
    const ids = sketch.input(name, 'int32');
    const table = sketch.value('table', 'float32', { shape: [1, 4], data: new Float32Array(4) });
    const rows = sketch.add('embedding', [ids, table], {});
    const strange = sketch.add('unknown', [rows], { kind: name });
    sketch.layer(name, rows);
    const graph = { ...sketch.graph(strange), outputs: [{ name: 'out', value: strange }] };
    expect(variation(graph).varied.walked).toEqual([{ name, behind: [name] }]);
    expect(resolveTarget(graph, { layer: name, index: 0 })).toMatchObject({ value: rows, label: name });
    expect(opSupport(graph)).toContainEqual(expect.objectContaining({ op: name, nodes: 1, nig: 'none' }));
    const known = { ...graph, outputs: [{ name, value: rows }] };
    expect(planRun(known, [rows], [rows], [name], ['nig']).layers.map(({ layer }) => layer.name)).toEqual([name]);
    expect(() => resolveTarget(graph, { layer: `${name}!`, index: 0 })).toThrow(/LAYER_UNKNOWN/);
  },
);

it('guesses at a mistyped name among many, and not at one that nobody typed', () => {
  const named = Array.from({ length: LAYERS }, (_, i) => ({ name: `${'long '.repeat(20_000)}${i}` }));
  expect(nearest('dense_1', [...named, { name: 'dense_2' }])).toBe(' (did you mean dense_2?)');
  expect(nearest('x'.repeat(64_000), named)).toBe('');
});
