/** Receptive fields against what changes: every element of the inputs is moved, and it is seen which elements of the output follow. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import type { OpName } from '../../src/main/engine/graph/ops';
import { placesAlong } from '../../src/main/engine/graph/moved';
import { receptiveField, type Field } from '../../src/main/engine/graph/receptive';
import { cases, type Case } from '../ops/cases';
import { random } from '../ops/random';
import { rows } from '../ops/check';
import { twins, type Nd, type Twin } from '../reference/ops';

/** A graph of one op, its output a layer without units: every element is a position. */
function graphOf<Op extends OpName>(op: Op, { attributes, inputs }: Case<Op>, data: readonly Float32Array[]): Graph {
  const builder = new GraphBuilder('one');
  const ids = inputs.map(({ shape, constant }, at) =>
    constant
      ? builder.constant({ shape, data: data[at]! }, `c${at}`)
      : builder.input(`x${at}`, shape, op === 'embedding' ? 'int32' : 'float32'),
  );
  const output = builder.add(op, ids, attributes, 'y');
  builder.layer({ name: 'y', kind: op, group: [], output, unitAxis: null, inputs: [], parameters: 0 });
  builder.output('y', output);
  return builder.build();
}

/** How far elements are moved: to where they are the largest, the least, and a little. */
const MOVES = [1000, -1000, 0.3];

/** Values by the float64 twins. */
function evaluated(graph: Graph, inputs: ReadonlyMap<ValueId, Nd>): Nd {
  const values = new Map(inputs);
  for (const { id, constant } of graph.values)
    if (constant) values.set(id, { shape: constant.shape, data: Float64Array.from(constant.data) });
  for (const node of graph.nodes) {
    const twin = twins[node.op as keyof typeof twins] as Twin<OpName>;
    values.set(node.output, twin(node.inputs.map((id) => values.get(id)!), node.attributes)); // prettier-ignore
  }
  return values.get(graph.layers.at(-1)!.output)!;
}

/** For each element of the output the elements of an input that it was seen to follow. */
function followed(
  graph: Graph,
  draw: () => ReadonlyMap<ValueId, Nd>,
  moves: readonly number[],
  times = 4,
): Map<string, Set<number>[]> {
  const found = new Map<string, Set<number>[]>();
  for (let time = 0; time < times; time++) {
    const inputs = draw();
    const still = evaluated(graph, inputs).data;
    for (const { name, value } of graph.inputs) {
      const { shape, data } = inputs.get(value)!;
      const seen = found.get(name) ?? Array.from(still, () => new Set<number>());
      found.set(name, seen);
      for (let at = 0; at < data.length; at++)
        for (const move of moves) {
          const moved = Float64Array.from(data);
          moved[at]! += move;
          const now = evaluated(graph, new Map([...inputs, [value, { shape, data: moved }]])).data;
          now.forEach((each, out) => Object.is(each, still[out]) || seen[out]!.add(at));
        }
    }
  }
  return found;
}

/** The smallest box around elements, and whether they are all of it. */
function boxOf(input: string, elements: ReadonlySet<number>, shape: readonly number[]): Field | null {
  if (elements.size === 0) return null;
  const places = [...elements].map((at) => placesAlong(at, shape));
  const along = (pick: (...of: number[]) => number) => shape.map((_, axis) => pick(...places.map((each) => each[axis]!))); // prettier-ignore
  const [from, to] = [along(Math.min), along(Math.max).map((last) => last + 1)];
  const size = shape.reduce((product, _, axis) => product * (to[axis]! - from[axis]!), 1);
  return { input, from, to, exact: elements.size === size };
}

/** Of what is bounded or chosen, moving an element does not always show. */
const NOT_ALL_SEEN = new Set<OpName>(['equal', 'select', 'sparsemax']);

const allCases = (Object.keys(cases) as OpName[])
  .filter((op) => op in twins)
  .flatMap((op) => (cases[op] as readonly Case<OpName>[]).map((each, at) => [op, at, each] as const));

describe('an op', () => {
  it.each(allCases)('%s, case %i: what follows an element is in its field, and nothing else', (op, at, each) => {
    const next = random(7 + at);
    const draw = () => each.inputs.map((input) => rows(input, 1, next));
    const fixed = draw();
    const graph = graphOf(op, each, fixed);
    const inputs = () =>
      new Map(
        graph.inputs.map(({ name, value }) => {
          const index = Number(name.slice(1));
          const input = each.inputs[index]!;
          return [value, { shape: input.shape, data: Float64Array.from(rows(input, 1, next)) }] as const;
        }),
      );
    const found = followed(graph, inputs, op === 'embedding' ? [1, -1] : MOVES);
    const [layer] = graph.layers.slice(-1);
    for (const { name, value } of graph.inputs) {
      const shape = graph.values[value]!.shape as readonly number[];
      found.get(name)!.forEach((elements, out) => {
        const box = boxOf(name, elements, shape);
        const field = receptiveField(graph, layer!, 0, out).find(({ input }) => input === name) ?? null;
        if (!NOT_ALL_SEEN.has(op)) return expect([op, out, field]).toEqual([op, out, box]);
        for (const axis of shape.keys()) {
          expect(field!.from[axis]).toBeLessThanOrEqual(box?.from[axis] ?? Infinity);
          expect(field!.to[axis]).toBeGreaterThanOrEqual(box?.to[axis] ?? 0);
        }
      });
    }
  });
});

/** A step of a network over two axes and channels. */
const step = fc.oneof(
  fc.record({
    op: fc.constant('conv' as const),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
    same: fc.boolean(),
    groups: fc.constantFrom(1, 2),
  }),
  fc.record({ op: fc.constant('depthwiseConv' as const), size: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ op: fc.constant('averagePool' as const), size: fc.integer({ min: 1, max: 3 }), before: fc.integer({ min: 0, max: 1 }) }), // prettier-ignore
  fc.record({ op: fc.constant('convTranspose' as const), stride: fc.integer({ min: 1, max: 3 }), size: fc.integer({ min: 1, max: 3 }) }), // prettier-ignore
  fc.record({ op: fc.constant('pad' as const), by: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ op: fc.constant('upsample' as const), method: fc.constantFrom('nearest' as const, 'bilinear' as const) }),
  fc.record({ op: fc.constant('transpose' as const) }),
  fc.record({ op: fc.constant('branch' as const), dilation: fc.integer({ min: 1, max: 3 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

/** Steps that are possible one after the other, two channels all along; weights are positive, so that nothing cancels. */
function network(steps: readonly Step[]): Graph {
  const builder = new GraphBuilder('network');
  const next = random(3);
  let at = builder.input('x', [6, 5, 2], 'float32');
  let counted = 0;
  const filter = (...shape: number[]) =>
    builder.constant({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.1 + next.uniform()) }, `w${counted++}`); // prettier-ignore
  const conv = (window: readonly number[], dilations: readonly number[], strides: readonly number[], groups: number, same: boolean) => // prettier-ignore
    builder.add('conv', [at, filter(...window, 2 / groups, 2)], { strides, dilations, groups, padding: same ? 'same' : [[0, 0], [0, 0]] }, `conv${counted}`); // prettier-ignore
  for (const each of steps)
    try {
      if (each.op === 'conv') at = conv(each.window, each.dilations, each.strides, each.groups, each.same);
      else if (each.op === 'depthwiseConv')
        at = builder.add('depthwiseConv', [at, filter(each.size, 1, 2, 1)], { strides: [2, 1], dilations: [1, 1], padding: 'same' }, `deep${counted}`); // prettier-ignore
      else if (each.op === 'averagePool')
        at = builder.add('averagePool', [at], { size: [each.size + each.before, each.size], strides: [each.size, 1], padding: [[each.before, 0], [0, 0]], countPadding: false }, `pool${counted++}`); // prettier-ignore
      else if (each.op === 'convTranspose')
        at = builder.add('convTranspose', [at, filter(each.size, 2, 2, 2)], { strides: [each.stride, 1], dilations: [1, 2], crop: [[0, 0], [1, 0]], extend: [1, 0], groups: 1 }, `up${counted}`); // prettier-ignore
      else if (each.op === 'pad')
        at = builder.add('pad', [at], { padding: [[each.by, 0], [0, 1], [0, 0]], mode: 'edge', value: 0 }, `pad${counted++}`); // prettier-ignore
      else if (each.op === 'upsample')
        at = builder.add('upsample', [at], { scale: [2, 1], method: each.method }, `more${counted++}`); // prettier-ignore
      else if (each.op === 'transpose')
        at = builder.add('transpose', [at], { permutation: [1, 0, 2] }, `turned${counted++}`); // prettier-ignore
      else at = builder.add('add', [at, conv([3, 1], [each.dilation, 1], [1, 1], 1, true)], {}, `sum${counted++}`);
    } catch {
      // A window that does not fit any more.
    }
  builder.layer({ name: 'y', kind: 'net', group: [], output: at, unitAxis: 2, inputs: [], parameters: 0 });
  builder.output('y', at);
  return builder.build();
}

describe('a network', () => {
  it('of windows, strides, dilations, paddings, groups and branches: the smallest box around what follows', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), fc.nat(), (steps, pick) => {
        const graph = network(steps);
        const [layer] = graph.layers;
        const shape = graph.values[layer!.output]!.shape as number[];
        const [{ value }] = graph.inputs as [Graph['inputs'][number]];
        const next = random(5);
        const draw = () => new Map([[value, { shape: [6, 5, 2], data: Float64Array.from({ length: 60 }, () => next.uniform()) }]]); // prettier-ignore
        const position = pick % (shape[0]! * shape[1]!);
        const unit = pick % 2;
        const [seen] = followed(graph, draw, [1], 1).values();
        const [field] = receptiveField(graph, layer!, unit, position);
        const box = boxOf('x', seen![position * 2 + unit]!, [6, 5, 2]);
        // boxes that fill one another's gaps are told as boxes with gaps
        expect(box && !field!.exact ? { ...field, exact: box.exact } : (field ?? null)).toEqual(box);
      }),
      { numRuns: 25 },
    );
  });

  it('tells a box that is seen whole from one that only lies around what is seen', () => {
    const sum = (...branches: readonly ((builder: GraphBuilder, x: ValueId) => ValueId)[]): boolean => {
      const builder = new GraphBuilder('branches');
      const x = builder.input('x', [7, 7, 1], 'float32');
      const y = branches.map((branch) => branch(builder, x)).reduce((a, b, at) => builder.add('add', [a, b], {}, `sum${at}`)); // prettier-ignore
      builder.layer({ name: 'y', kind: 'Add', group: [], output: y, unitAxis: 2, inputs: [], parameters: 0 });
      builder.output('y', y);
      const graph = builder.build();
      return receptiveField(graph, graph.layers[0]!, 0, 24)[0]!.exact;
    };
    let named = 0;
    const conv =
      (rows: number, columns: number, dilation = 1) =>
      (builder: GraphBuilder, x: ValueId) => {
        const weights = builder.constant({ shape: [rows, columns, 1, 1], data: new Float32Array(rows * columns).fill(1) }, `w${named++}`); // prettier-ignore
        return builder.add('conv', [x, weights], { strides: [1, 1], dilations: [dilation, dilation], groups: 1, padding: 'same' }, `conv${named}`); // prettier-ignore
      };
    const skip = (_: GraphBuilder, x: ValueId): ValueId => x;
    const flat = (builder: GraphBuilder, x: ValueId): ValueId =>
      builder.add('reshape', [builder.add('reshape', [conv(3, 3)(builder, x)], { shape: [49] }, `flat${named}`)], { shape: [7, 7, 1] }, `again${named}`); // prettier-ignore
    expect(sum(conv(3, 3), skip)).toBe(true); // a residual block
    expect(sum(conv(3, 1), conv(5, 1), skip)).toBe(true);
    expect(sum(conv(3, 1), conv(1, 3))).toBe(false); // a cross
    expect(sum(conv(3, 1), conv(1, 3), conv(3, 3))).toBe(true);
    expect(sum(conv(3, 3, 2))).toBe(false); // holes
    expect(sum(flat)).toBe(true); // one place, told in another shape
  });

  it('joins axes and parts them again without losing what is read, and tells nothing of free sizes', () => {
    const builder = new GraphBuilder('flat');
    const x = builder.input('x', [4, 3, 2], 'float32');
    const flat = builder.add('reshape', [x], { shape: [12, 2] }, 'flat');
    builder.layer({ name: 'flat', kind: 'Reshape', group: [], output: flat, unitAxis: 1, inputs: [], parameters: 0 });
    builder.output('flat', flat);
    const graph = builder.build();
    expect(receptiveField(graph, graph.layers[0]!, 1, 7)).toEqual([
      { input: 'x', from: [2, 1, 1], to: [3, 2, 2], exact: true },
    ]);
    const free = new GraphBuilder('free');
    const line = free.input('x', [null, 2], 'float32');
    free.layer({ name: 'line', kind: 'Input', group: [], output: line, unitAxis: 1, inputs: [], parameters: 0 });
    free.output('line', line);
    const open = free.build();
    expect(receptiveField(open, open.layers[0]!, 0, 3)).toEqual([]);
  });
});
