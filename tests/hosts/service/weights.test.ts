/** A unit's weights as the service tells them: dense, windows, in groups, behind flattening, pools and what channels-first files turn. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OpName, OpAttributes } from '../../../src/main/engine/graph/ops';
import { GraphBuilder } from '../../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../../src/main/engine/graph/graph';
import { layerWeights } from '../../../src/main/hosts/service/weights';
import { torchStages, transformer, twoInputs } from '../../window/ownModels';
import { folder, get, start } from './studio';

/** A graph of layers of one op each; weights count up from 0. */
class Small {
  readonly builder = new GraphBuilder('small');
  at: ValueId;
  constructor(shape: readonly number[]) {
    this.at = this.builder.input('input', shape, 'float32');
    this.builder.layer({ name: 'input', kind: 'Input', group: [], output: this.at, unitAxis: shape.length - 1, inputs: [], parameters: 0 }); // prettier-ignore
  }
  constant(name: string, shape: readonly number[]): ValueId {
    const data = Float32Array.from({ length: shape.reduce((all, each) => all * each, 1) }, (_, at) => at);
    return this.builder.constant({ shape, data }, name);
  }
  op<Op extends OpName>(op: Op, name: string, attributes: OpAttributes[Op], more: readonly ValueId[] = []): this {
    this.at = this.builder.add(op, [this.at, ...more], attributes, name);
    const rank = this.builder.shape(this.at).length;
    this.builder.layer({ name, kind: op, group: [], output: this.at, unitAxis: rank - 1, inputs: [], parameters: 0 });
    return this;
  }
  get graph(): Graph {
    this.builder.output('out', this.at);
    return this.builder.build();
  }
}

const same = [
  [1, 1],
  [1, 1],
] as const;
const conv = (groups: number) => ({ strides: [1, 1], dilations: [1, 1], padding: same, groups });
const list = ({ data }: { data: Float32Array }) => [...data];

describe('weights of a unit', () => {
  it('dense: its column in, its row out', () => {
    const small = new Small([3]);
    small.op('matmul', 'wide', { transposeA: false, transposeB: false }, [small.constant('w1', [3, 2])]);
    small.op('relu', 'active', {});
    small.op('matmul', 'narrow', { transposeA: false, transposeB: true }, [small.constant('w2', [2, 2])]);
    const { graph } = small;
    const { kernel, incoming, outgoing } = layerWeights(graph, 'wide', 1);
    expect(kernel).toMatchObject({ kind: 'dense', shape: [3, 2], min: 0, max: 5, mean: 2.5, zeros: 1 });
    expect(kernel!.histogram.reduce((all, each) => all + each, 0)).toBe(6);
    expect([incoming!.layer, list(incoming!.weights)]).toEqual(['input', [1, 3, 5]]);
    // held as [out, in]
    expect(outgoing.map(({ layer, weights }) => [layer, ...list(weights)])).toEqual([['narrow', 1, 3]]);
    expect(layerWeights(graph, 'active', 0)).toMatchObject({ kernel: null, incoming: null });
  });

  it('windows in groups: only the units of its group, counted from the first of them', () => {
    const small = new Small([4, 4, 4]);
    small.op('conv', 'grouped', conv(2), [small.constant('filter', [3, 3, 2, 6])]);
    const { graph } = small;
    const { incoming } = layerWeights(graph, 'grouped', 4);
    expect([incoming!.first, incoming!.weights.shape]).toEqual([2, [3, 3, 2]]);
    expect(list(incoming!.weights).slice(0, 4)).toEqual([4, 10, 16, 22]);
    const [read] = layerWeights(graph, 'input', 3).outgoing;
    expect([read!.first, read!.weights.shape]).toEqual([3, [3, 3, 3]]);
    expect(list(read!.weights).slice(0, 6)).toEqual([9, 10, 11, 21, 22, 23]);
  });

  it('one window for each channel: its own alone', () => {
    const small = new Small([4, 4, 3]);
    small.op('depthwiseConv', 'apart', { strides: [1, 1], dilations: [1, 1], padding: same }, [
      small.constant('filter', [3, 3, 3, 2]),
    ]);
    const { graph } = small;
    const { incoming } = layerWeights(graph, 'apart', 3);
    expect([incoming!.first, list(incoming!.weights).slice(0, 2)]).toEqual([1, [3, 9]]);
    const [read] = layerWeights(graph, 'input', 1).outgoing;
    expect([read!.first, list(read!.weights).slice(0, 4)]).toEqual([2, [2, 3, 8, 9]]);
  });

  it('behind pooling and flattening: once for each position that is left', () => {
    const small = new Small([4, 4, 2]);
    small.op('averagePool', 'pool', {
      size: [2, 2],
      strides: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
      countPadding: true,
    });
    small.op('reshape', 'flat', { shape: [8] });
    small.op('matmul', 'head', { transposeA: false, transposeB: false }, [small.constant('w', [8, 1])]);
    const [read] = layerWeights(small.graph, 'input', 1).outgoing;
    expect([read!.layer, read!.weights.shape, list(read!.weights)]).toEqual(['head', [4, 1], [1, 3, 5, 7]]);
  });

  describe('of models as they are brought', () => {
    beforeEach(() => mkdirSync(join(folder, 'own')));
    const weights = async (model: string, layer: string, unit: number | null) => {
      const service = start();
      await get(service, 'openModel', { file: 'model' }, { paths: { model } });
      return get(service, 'weights', { layer, unit });
    };

    it('2,048 units: from the features, to the layer behind', async () => {
      const { incoming, outgoing } = await weights(twoInputs(join(folder, 'own')).model, 'features_wide', 2047);
      expect([incoming!.layer, incoming!.weights.shape, typeof incoming!.bias]).toEqual(['features', [64], 'number']);
      expect(outgoing.map(({ layer, weights }) => [layer, weights.shape])).toEqual([['features_narrow', [32]]]);
    });

    it('channels first: the picture is where a filter comes from', async () => {
      const { kernel, incoming } = await weights(torchStages(join(folder, 'own')).model, 'stem', 3);
      expect(kernel).toMatchObject({ kind: 'conv', shape: [7, 7, 3, 12], strides: [4, 4], groups: 1 });
      expect([incoming!.layer, incoming!.weights.shape]).toEqual(['pixel_values', [7, 7, 3]]);
    });

    it('heads of attention: the kernel, though none of its outputs is a unit', async () => {
      const { kernel, incoming } = await weights(transformer(join(folder, 'own')).model, 'block0_attention/query', 1);
      expect([kernel!.shape, incoming]).toEqual([[16, 16], null]);
    });
  });
});
