/** RevealCancel and the genomics default on whole small nets, every layer against their definition in float64. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import type { OpAttributes, OpName } from '../../src/main/engine/graph/ops';
import { hold } from '../device';
import { random } from '../ops/random';
import { partsContributions } from '../reference/parts';

const INPUT = [6, 3];
const SEEDS = [1, 2, 3];

/** A builder whose every op is a layer, with random weights. */
class Net {
  readonly builder = new GraphBuilder('net');
  readonly next;
  readonly x: ValueId;
  constructor(seed: number) {
    this.next = random(seed);
    this.x = this.layer('x', this.builder.input('x', INPUT));
  }
  private layer(name: string, output: ValueId): ValueId {
    this.builder.layer({ name, kind: name, group: [], output, unitAxis: null, inputs: [], parameters: 0 });
    return output;
  }
  weight(...shape: number[]): ValueId {
    const size = shape.reduce((product, each) => product * each, 1);
    return this.builder.constant(
      { shape, data: Float32Array.from({ length: size }, () => this.next.normal()) },
      'weight',
    );
  }
  add<Op extends OpName>(op: Op, inputs: readonly ValueId[], attributes: OpAttributes[Op]): ValueId {
    const output = this.builder.add(op, inputs, attributes, op);
    return this.layer(this.builder.at(output).name, output);
  }
  dense(x: ValueId, inner: number, units: number): ValueId {
    const product = this.add('matmul', [x, this.weight(inner, units)], { transposeA: false, transposeB: false });
    return this.add('add', [product, this.weight(units)], {});
  }
  conv(x: ValueId, channels: number, units: number): ValueId {
    const attributes = { strides: [1], dilations: [1], padding: 'same', groups: 1 } as const;
    const product = this.add('conv', [x, this.weight(3, channels, units)], attributes);
    return this.add('add', [product, this.weight(units)], {});
  }
  flat(x: ValueId): ValueId {
    return this.add('reshape', [x], { shape: [-1] });
  }
  done(out: ValueId): Graph {
    this.builder.output('out', out);
    return this.builder.build();
  }
}

const NETS: Readonly<Record<string, (net: Net) => ValueId>> = {
  'dense layers': (net) => {
    const first = net.add('relu', [net.dense(net.flat(net.x), 18, 7)], {});
    return net.dense(net.add('tanh', [net.dense(first, 7, 5)], {}), 5, 2);
  },
  'convolutions, a pool and dense layers': (net) => {
    const conv = net.add('relu', [net.conv(net.x, 3, 4)], {});
    const pooled = net.add('averagePool', [conv], { size: [2], strides: [2], padding: [[0, 0]], countPadding: false });
    const dense = net.add('elu', [net.dense(net.flat(pooled), 12, 6)], { alpha: 1 });
    return net.dense(dense, 6, 2);
  },
  'a residual connection, batch norm and concatenation': (net) => {
    const conv = net.conv(net.x, 3, 3);
    const normed = net.add('affine', [conv, net.weight(3), net.weight(3)], {});
    const sum = net.add('add', [net.add('leakyRelu', [normed], { slope: 0.1 }), net.x], {});
    const less = net.add('sub', [net.add('sigmoid', [sum], {}), net.add('neg', [sum], {})], {});
    const joined = net.add('concat', [less, net.add('mul', [sum, net.weight(3)], {})], { axis: 1 });
    const padded = net.add('pad', [joined], { padding: [[1, 0], [0, 0]], mode: 'constant', value: 0.5 });
    return net.dense(net.add('mean', [padded], { axes: [0], keepDims: false }), 6, 2);
  }, // prettier-ignore
  'nonlinearities behind a scaled dense layer, and one upon the other': (net) => {
    const scaled = net.add('affine', [net.dense(net.x, 3, 4), net.weight(4), net.weight(4)], {});
    const turned = net.add('transpose', [net.add('mul', [scaled, net.weight(4)], {})], { permutation: [1, 0] });
    const twice = net.add('softplus', [net.add('prelu', [turned, net.weight(4, 1)], {})], {});
    return net.dense(net.flat(twice), 24, 2);
  },
};

describe.each(['tensorflow', 'wasm'] as const)('on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await hold(backend);
  });

  describe.each(Object.entries(NETS))('%s', (_name, make) => {
    it.each(SEEDS)('seed %i', async (seed) => {
      const net = new Net(seed);
      const graph = net.done(make(net));
      const out = graph.outputs[0]!.value;
      const draw = (): Float32Array => Float32Array.from({ length: 18 }, () => net.next.normal());
      // Some of the input as in the baseline: what does not change has no part either way.
      const [from, to] = [draw(), draw()];
      to[4] = from[4]!;
      const request: AttributionRequest = {
        inputs: { x: { shape: [1, ...INPUT], data: to } },
        baseline: { kind: 'arrays', arrays: { x: { shape: [1, ...INPUT], data: from } } },
        target: { index: 1 },
        methods: ['reveal-cancel', 'genomics'],
        rule: 'secant',
        steps: 1,
      };
      const results = await attribute(device, graph, request);
      results.forEach(({ layers }, index) => {
        const wanted = partsContributions(
          graph,
          request.methods[index] as 'genomics',
          Float64Array.from(from),
          Float64Array.from(to),
          { value: out, index: 1 },
        );
        expect(layers.length).toBe(graph.layers.length);
        for (const { name, contributions } of layers) {
          const truth = wanted.get(graph.layers.find((each) => each.name === name)!.output)!;
          const scale = truth.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
          expect(contributions).toHaveLength(truth.length);
          contributions.forEach((value, place) =>
            expect(Math.abs(value - truth[place]!), `${name} ${place}: ${value} for ${truth[place]}`).toBeLessThan(
              1e-4 * scale,
            ),
          );
        }
      });
    });
  });

  it('tells the two methods apart', () => {
    const net = new Net(1);
    const graph = net.done(NETS['convolutions, a pool and dense layers']!(net));
    const [from, to] = [0, 1].map(() => Float64Array.from({ length: 18 }, () => net.next.normal()));
    const target = { value: graph.outputs[0]!.value, index: 1 };
    const [reveal, genomics] = (['reveal-cancel', 'genomics'] as const).map((method) =>
      partsContributions(graph, method, from!, to!, target).get(graph.inputs[0]!.value)!,
    );
    expect(reveal!.some((value, place) => Math.abs(value - genomics![place]!) > 1e-2)).toBe(true);
  });
});
