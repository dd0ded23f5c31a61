/** The judge on the reference networks: the table at the end of tests/reference/README.md, on two backends; and nothing where F is additive. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Judged, Judgement } from '../../src/contract/judgement';
import type { Device } from '../../src/main/engine/backends';
import { judge } from '../../src/main/engine/judge';
import { openCase, type CaseName } from '../attribution/cases';
import { hold } from '../device';

/** Pearson's r of NIG, Rescale, gradient × difference with the drop and with the mean; the median of Σ drops / joint drop. */
const TABLE: Readonly<Record<CaseName, Readonly<Record<string, readonly number[]>>>> = {
  motif: {
    conv1: [0.981, 0.986, 0.987, 0.993, 0.983, 0.967, 1.44],
    conv2: [0.985, 0.997, 0.987, 0.997, 0.998, 0.977, 0.93],
  },
  plain: {
    conv1: [0.848, 0.928, 0.83, 0.899, 0.947, 0.701, 0.31],
    conv3: [0.942, 0.983, 0.943, 0.987, 0.879, 0.813, 0.99],
  },
  residual: { stem_relu: [0.948, 0.975, 0.96, 0.991, 0.964, 0.94, 1.31] },
  gated: {
    norm: [0.7, 0.812, 0.741, 0.849, 0.936, 0.87, 9.0],
    gated: [0.801, 0.834, 0.977, 0.997, 0.99, 0.987, 2.9],
  },
};
/** Layers over whose units F is additive. */
const ADDITIVE: Readonly<Record<CaseName, readonly string[]>> = {
  motif: ['dense1'],
  plain: ['dense1'],
  residual: ['a_add', 'b_add'],
  gated: ['mix'],
};
const METHODS = ['nig', 'rescale', 'gradient-difference'] as const satisfies readonly Judged[];

const mean = (values: readonly (number | null)[]): number =>
  values.reduce((sum: number, value) => sum + value!, 0) / values.length;
const median = (values: readonly (number | null)[]): number => {
  const sorted = [...values].map((value) => value!).sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  let device: Device;
  beforeAll(async () => {
    device = await hold(choice);
  });

  describe.each(Object.keys(TABLE) as CaseName[])('%s', (name) => {
    let judged: Judgement;
    const rows = Object.entries(TABLE[name]);
    beforeAll(async () => {
      const { graph, request } = await openCase(name);
      const layers = [...rows.map(([layer]) => layer), ...ADDITIVE[name]];
      const before = tf.memory().numTensors;
      const asked = { request: { ...request, layers }, methods: METHODS, to: { kind: 'baseline' }, seed: 0, sanity: false } as const; // prettier-ignore
      const { judgement, fault } = await judge(device, graph, asked);
      expect(fault).toBeNull();
      expect(tf.memory().numTensors).toBe(before);
      judged = judgement;
    });

    it.each(rows)('%s: correlations to 0.01, and how far units act alone', (layer, want) => {
      const { methods, alone, additive } = judged.layers.find((each) => each.name === layer)!;
      const have = methods.flatMap(({ pearson }) => [mean(pearson.drop), mean(pearson.mean)]);
      have.forEach((value, at) => expect(Math.abs(value - want[at]!), `column ${at}`).toBeLessThan(0.01));
      const figure = want.at(-1)!;
      expect(Math.abs(median(alone) - figure)).toBeLessThan(figure >= 2 ? 0.051 : 0.0051);
      expect(additive).toBe(false);
    });

    it('additive layers judge nothing: drop, restore, NIG and Rescale are one', () => {
      for (const layer of ADDITIVE[name]) {
        const { additive, methods } = judged.layers.find((each) => each.name === layer)!;
        expect(additive, layer).toBe(true);
        for (const { method, spearman } of methods)
          if (method !== 'gradient-difference') for (const value of spearman.drop) expect(value).toBeGreaterThan(0.99);
      }
      for (const { layers } of judged.verdicts) expect(layers[1]).toBe(rows.length);
    });
  });
});
