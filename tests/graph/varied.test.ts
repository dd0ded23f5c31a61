/** What a path varies and what it holds, by every way that whole numbers go. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { variation, type AskedVariation } from '../../src/main/engine/graph/varied';

const LENGTH = 6;
const FEATURES = 4;

/** Weights that tell features apart. */
const spread = (...shape: number[]): { shape: number[]; data: Float32Array } => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) / 7 - 0.6),
});

class Net {
  readonly builder = new GraphBuilder('net');
  private count = 0;
  private readonly name = (op: string): string => `${op}${this.count++}`;

  ints = (name: string, ...shape: number[]): ValueId => this.builder.input(name, shape, 'int32');
  reals = (name: string, ...shape: number[]): ValueId => this.builder.input(name, shape);
  number = (value: number): ValueId => this.builder.constant({ shape: [1], data: Float32Array.of(value) }, this.name('c')); // prettier-ignore
  weights = (...shape: number[]): ValueId => this.builder.constant(spread(...shape), this.name('w'));
  cast = (x: ValueId): ValueId => this.builder.add('identity', [x], {}, this.name('cast'));
  dense = (x: ValueId, units = 3): ValueId =>
    this.builder.add('matmul', [x, this.weights(this.builder.shape(x).at(-1)!, units)], { transposeA: false, transposeB: false }, this.name('dense')); // prettier-ignore
  table = (ids: ValueId, rows: number, name = this.name('words')): ValueId =>
    this.builder.add('embedding', [ids, this.weights(rows, FEATURES)], {}, name);
  oneHot = (x: ValueId, depth: number): ValueId => {
    const data = Float32Array.from({ length: depth * depth }, (_, at) => (at % (depth + 1) === 0 ? 1 : 0));
    const table = this.builder.constant({ shape: [depth, depth], data }, this.name('diagonal'));
    return this.builder.add('embedding', [x, table], {}, 'spread0');
  };
  two = (op: 'add' | 'sub' | 'mul' | 'div', a: ValueId, b: ValueId): ValueId =>
    this.builder.add(op, [a, b], {}, this.name(op));
  above = (a: ValueId, b: ValueId): ValueId =>
    this.builder.add('greater', [a, b], {}, this.name('above'), undefined, 'bool');
  wave = (op: 'sin' | 'cos', x: ValueId): ValueId => this.builder.add(op, [x], {}, this.name(op));
  /** [6] → [6, 1] */
  wide = (x: ValueId, dtype: 'float32' | 'int32' | 'bool' = 'float32'): ValueId =>
    this.builder.add('reshape', [x], { shape: [LENGTH, 1] }, this.name('wide'), undefined, dtype);
  sum = (x: ValueId, axis = 0): ValueId => this.builder.add('sum', [x], { axes: [axis], keepDims: false }, this.name('sum')); // prettier-ignore
  concat = (...given: ValueId[]): ValueId => this.builder.add('concat', given, { axis: 0 }, this.name('concat'));
  select = (condition: ValueId, a: ValueId, b: ValueId): ValueId =>
    this.builder.add('select', [condition, a, b], {}, this.name('select'));
  words = (): ValueId => this.table(this.ints('ids', LENGTH), 40, 'words');
  out(x: ValueId): Graph {
    this.builder.output('out', this.builder.add('tanh', [x], {}, 'out'));
    return this.builder.build();
  }
}

/** `walked` by inputs and `held` with reasons, as short as can be read. */
function found(make: (net: Net) => ValueId, asked?: AskedVariation): { walked: string[]; held: string[] } {
  const net = new Net();
  const { varied } = variation(net.out(make(net)), asked);
  return {
    walked: varied.walked.map(({ name, behind }) => (behind.length ? `${behind.join('+')}>${name}` : name)),
    held: varied.held.map(({ input, why, walkable }) => `${input} ${why}${walkable ? '' : '!'}`),
  };
}

/** `!`: cannot be walked. */
const CASES: Readonly<Record<string, readonly [(net: Net) => ValueId, walked: string[], held: string[]]>> = {
  'a mask that is added to scores': [
    (net) => {
      const hidden = net.two('sub', net.number(1), net.cast(net.ints('mask', LENGTH)));
      return net.two('add', net.dense(net.words(), LENGTH), net.two('mul', hidden, net.number(-10000)));
    },
    ['ids>words'],
    ['mask mask'],
  ],
  'a mask by which values are multiplied, and their count by which the sum is divided': [
    (net) => {
      const mask = net.cast(net.ints('mask', LENGTH));
      return net.two('div', net.sum(net.two('mul', net.words(), net.wide(mask))), net.sum(mask));
    },
    ['ids>words'],
    ['mask mask', 'mask divisor'],
  ],
  'a mask of real inputs': [
    (net) => net.dense(net.two('mul', net.reals('x', FEATURES), net.cast(net.ints('mask', FEATURES)))),
    ['x'],
    ['mask mask'],
  ],
  'lengths that are divided by': [
    (net) => net.two('div', net.sum(net.words()), net.cast(net.ints('lengths', 1))),
    ['ids>words'],
    ['lengths divisor'],
  ],
  'lengths that decide which steps count': [
    (net) => {
      const steps = net.builder.constant({ shape: [LENGTH], data: Int32Array.from([0, 1, 2, 3, 4, 5]) }, 'steps');
      const within = net.wide(net.above(net.ints('lengths', 1), steps), 'bool');
      return net.select(within, net.words(), net.number(0));
    },
    ['ids>words'],
    ['lengths choice!'],
  ],
  'lengths that are compared, and the truth multiplied': [
    (net) => {
      const steps = net.builder.constant({ shape: [LENGTH], data: Int32Array.from([0, 1, 2, 3, 4, 5]) }, 'steps');
      const within = net.wide(net.cast(net.above(net.ints('lengths', 1), steps)));
      return net.two('mul', net.words(), within);
    },
    ['ids>words'],
    ['lengths mask'],
  ],
  'padding that the ids themselves tell': [
    (net) => {
      const ids = net.ints('ids', LENGTH);
      const kept = net.wide(net.cast(net.above(ids, net.number(0))));
      return net.two('mul', net.table(ids, 40, 'words'), kept);
    },
    ['ids>words'],
    ['ids mask'],
  ],
  'a length that picks the last step, spread out as one-hot': [
    (net) => {
      const last = net.wide(net.oneHot(net.ints('length'), LENGTH));
      return net.sum(net.two('mul', net.dense(net.words()), last));
    },
    ['ids>words'],
    ['length mask'],
  ],
  'a category that is spread out beside features': [
    (net) => net.dense(net.concat(net.reals('x', FEATURES), net.oneHot(net.ints('kind'), 3))),
    ['x', 'kind>spread0'],
    [],
  ],
  'a category alone, spread out': [(net) => net.dense(net.oneHot(net.ints('kind'), 3)), ['kind>spread0'], []],
  'whole pixels': [(net) => net.dense(net.two('div', net.cast(net.ints('pixels', 8)), net.number(255))), ['pixels>cast0'], []], // prettier-ignore
  'counts by their own sum': [
    (net) => {
      const counts = net.cast(net.ints('counts', 8));
      const share = net.two('div', counts, net.builder.add('sum', [counts], { axes: [0], keepDims: true }, 'total'));
      return net.dense(net.builder.add('log1p', [share], {}, 'log'));
    },
    ['counts>cast0'],
    [],
  ],
  'a sum of counts by a length of its own': [
    (net) => net.dense(net.two('div', net.cast(net.ints('counts', 8)), net.cast(net.ints('lengths', 1)))),
    ['counts>cast0'],
    ['lengths divisor'],
  ],
  'whole features beside real ones': [
    (net) => net.dense(net.concat(net.reals('x', 3), net.cast(net.ints('age', 1)))),
    ['x', 'age>cast0'],
    [],
  ],
  'a whole feature alone': [(net) => net.dense(net.cast(net.ints('age', 1)), 4), ['age>cast0'], []],
  'classes as one-hot, beside real features': [
    (net) => {
      const classes = net.builder.constant({ shape: [3], data: Int32Array.from([0, 1, 2]) }, 'classes');
      const hot = net.builder.add('equal', [net.ints('class', 1), classes], {}, 'equal', undefined, 'bool');
      return net.dense(net.concat(net.reals('x', 3), net.cast(hot)));
    },
    ['x', 'class>cast0'],
    [],
  ],
  'positions by name': [
    (net) => net.two('add', net.words(), net.table(net.ints('position_ids', LENGTH), 512)),
    ['ids>words'],
    ['position_ids position'],
  ],
  'positions by the name of their layer': [
    (net) => net.two('add', net.words(), net.table(net.ints('input_2', LENGTH), 512, 'embeddings/position_embeddings')),
    ['ids>words'],
    ['input_2 position'],
  ],
  'positions and segments by the rows of their tables': [
    (net) => {
      const places = net.table(net.ints('b', LENGTH), LENGTH);
      return net.two('add', net.two('add', net.table(net.ints('c', LENGTH), 2), places), net.words());
    },
    ['ids>words'],
    ['b position', 'c choice'],
  ],
  'positions that are counted from the padding': [
    (net) => {
      const ids = net.ints('ids', LENGTH);
      const real = net.builder.add('identity', [net.above(ids, net.number(0))], {}, 'kept', undefined, 'int32');
      const places = net.builder.add('mul', [real, real], {}, 'places', undefined, 'int32');
      return net.two('add', net.table(ids, 40, 'words'), net.table(places, 9));
    },
    ['ids>words'],
    ['ids position'],
  ],
  'token ids with unknown ones replaced': [
    (net) => {
      const ids = net.ints('ids', LENGTH);
      const one = net.builder.constant({ shape: [1], data: Int32Array.of(1) }, 'one');
      const known = net.builder.add('select', [net.above(ids, net.number(39)), one, ids], {}, 'known', undefined, 'int32'); // prettier-ignore
      return net.table(known, 40, 'words');
    },
    ['ids>words'],
    [],
  ],
  'two tables of features that are joined': [
    (net) => net.dense(net.concat(net.sum(net.table(net.ints('city', 1), 90, 'cities')), net.sum(net.table(net.ints('sex', 1), 2, 'sexes')))), // prettier-ignore
    ['city>cities', 'sex>sexes'],
    [],
  ],
  'rotary positions': [
    (net) => {
      const angles = net.dense(net.wide(net.cast(net.ints('places', LENGTH))), FEATURES);
      return net.two('mul', net.words(), net.wave('cos', angles));
    },
    ['ids>words'],
    ['places position'],
  ],
  'an hour as a wave that is a feature': [
    (net) => net.dense(net.concat(net.reals('x', 2), net.wave('sin', net.two('mul', net.cast(net.ints('hour', 1)), net.number(0.26))))), // prettier-ignore
    ['x', 'hour>cast0'],
    [],
  ],
  'whole numbers and nothing else': [
    (net) => net.two('mul', net.cast(net.ints('a', 2)), net.cast(net.ints('b', 2))),
    ['a>cast0', 'b>cast1'],
    [],
  ],
  'only positions': [(net) => net.dense(net.table(net.ints('positions', LENGTH), 9, 'places')), ['positions>places'], []], // prettier-ignore
};

describe('by default', () => {
  it.each(Object.entries(CASES))('%s', (_, [make, walked, held]) => {
    expect(found(make)).toEqual({ walked, held });
  });

  it('what is held is read where a value that varies reads it', () => {
    const net = new Net();
    const mask = net.cast(net.ints('mask', LENGTH));
    const hidden = net.two('mul', mask, net.number(-10000));
    const graph = net.out(net.two('add', net.dense(net.words(), LENGTH), hidden));
    expect(variation(graph).fixed).toEqual([hidden]);
  });
});

describe('as asked', () => {
  const masked = (net: Net): ValueId => net.two('mul', net.reals('x', LENGTH), net.cast(net.ints('mask', LENGTH)));
  const chosen = (net: Net): ValueId =>
    net.select(net.above(net.ints('which', 1), net.number(0)), net.reals('x', 2), net.reals('y', 2));

  it('a real input is held, a mask walked', () => {
    expect(found(masked, { hold: ['x'], walk: ['mask'] })).toEqual({ walked: ['mask>cast0'], held: ['x asked'] });
    expect(found(chosen, { hold: ['y'] })).toEqual({ walked: ['x'], held: ['which choice!', 'y asked'] });
  });

  it('a mask is held by name where it is already', () => {
    expect(found(masked, { hold: ['mask'] })).toEqual({ walked: ['x'], held: ['mask asked'] });
  });

  it('what only decides cannot be walked', () => {
    expect(() => found(chosen, { walk: ['which'] })).toThrow(/WALK_CHOICE: The input which cannot be walked/);
  });

  it('refuses names that are none, both at once, and everything', () => {
    expect(() => found(masked, { hold: ['masc'] })).toThrow(/INPUT_UNKNOWN: .*masc \(did you mean mask\?\)/);
    expect(() => found(masked, { hold: ['x'], walk: ['x'] })).toThrow(/HOLD_AND_WALK: x/);
    expect(() => found(masked, { hold: ['x', 'mask'] })).toThrow(/HELD_ALL: Nothing is left to walk/);
  });
});
