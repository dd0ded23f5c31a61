/** Interventions against float64 truth (truth_more.npz of tests/reference), on every backend that serves researchers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { curves, knockOuts, onGround, type Ground } from '../../src/main/engine/interventions';
import { CASES, EXAMPLES, folder, openCase, type ReferenceCase } from '../attribution/cases';
import { hold } from '../device';

const TO = { kind: 'baseline' } as const;
/** Layers that no skip and no other input goes around: with all units gone F is F(x'). */
const CUTS = ['conv1', 'conv2', 'conv3', 'dense1', 'stem_relu', 'a_add', 'mix'];

const rows = ({ shape, data }: NumericArray): number[][] => {
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * size, (row + 1) * size)]);
};

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  let device: Device;
  let before = 0;
  beforeAll(async () => {
    device = await hold(choice);
    before = tf.memory().numTensors;
  });
  afterAll(() => expect(tf.memory().numTensors).toBe(before));

  describe.each(CASES)('%s', (name) => {
    let reference: ReferenceCase;
    let truth: Record<string, NumericArray>;
    let layers: readonly string[];
    beforeAll(async () => {
      reference = await openCase(name);
      truth = await readArrays(`${folder(name)}/truth_more.npz`);
      layers = Object.keys(truth).flatMap((key) => (key.startsWith('knockout/') ? [key.slice(9)] : []));
    });
    const grounded = <Result>(work: (ground: Ground) => Promise<Result>): Promise<Result> =>
      onGround(device, reference.graph, reference.request, layers, work);

    /** Largest difference over examples, as a share of the largest |F| that the truth tells. */
    function apart(have: readonly ArrayLike<number>[], want: readonly ArrayLike<number>[], scale: number): number {
      expect(have.map(({ length }) => length)).toEqual(want.map(({ length }) => length));
      return Math.max(...have.flatMap((row, at) => Array.from(row, (each, place) => Math.abs(each - want[at]![place]!)))) / scale; // prettier-ignore
    }
    const scaleOf = (): number =>
      Math.max(...Object.entries(truth).flatMap(([key, { data }]) => (/^(curve|insert)_/.test(key) ? [...data] : [])).map(Math.abs)); // prettier-ignore

    it('what each unit drops, and restores, to 1e-4 of max |F|', async () => {
      expect(layers.length).toBeGreaterThanOrEqual(3);
      await grounded(async (ground) => {
        for (const layer of layers) {
          const { drop, restore, atInput, atBaseline, without, cut } = await knockOuts(ground, layer, TO);
          expect(apart(drop, rows(truth[`knockout/${layer}`]!), scaleOf()), `${layer}, drop`).toBeLessThan(1e-4);
          expect(apart(restore, rows(truth[`restore/${layer}`]!), scaleOf()), `${layer}, restore`).toBeLessThan(1e-4);
          expect(cut).toBe(CUTS.includes(layer));
          if (cut) expect(apart([without], [atBaseline], scaleOf())).toBeLessThan(1e-5);
          const [all] = [rows(truth[`curve_nig/${layer}`]!)];
          expect(apart([atInput], [all.map(([first]) => first!)], scaleOf())).toBeLessThan(1e-4);
        }
      });
    });

    it.each(['nig', 'nig_least', 'rescale', 'rescale_least'])(
      'one after another by %s, and its reverse backwards',
      async (order) => {
        await grounded(async (ground) => {
          for (const layer of layers) {
            const orders = rows(truth[`order_${order.replace('_least', '')}/${layer}`]!);
            if (order.endsWith('_least')) orders.forEach((each) => each.reverse());
            const { target, counts } = await curves(ground, layer, TO, orders);
            expect(counts).toHaveLength(orders[0]!.length + 1);
            expect(target).toHaveLength(EXAMPLES);
            const reverse = order.endsWith('_least') ? order.replace('_least', '') : `${order}_least`;
            const [curve, insert] = [truth[`curve_${order}/${layer}`], truth[`insert_${reverse}/${layer}`]];
            expect(curve && insert, layer).toBeDefined();
            expect(apart(target, rows(curve!), scaleOf()), `${layer}, curve`).toBeLessThan(1e-4);
            const backwards = target.map((each) => [...each].reverse());
            expect(apart(backwards, rows(insert!), scaleOf()), `${layer}, insertion`).toBeLessThan(1e-4);
          }
        });
      },
    );
  });
});
