/** RevealCancel and the genomics default on `motif`, against what deeplift 0.6.13 gives every layer. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { folder, openCase, worst } from './cases';

/** Our layers among deeplift's, which counts a layer's nonlinearity as one of its own; its pre-activations are none of ours. */
const PEERS = {
  sequence: '0_Input',
  conv1: '2_ReLU',
  conv2: '4_ReLU',
  pool: '5_AvgPool1D',
  flat: '6_Flatten',
  dense1: '8_ReLU',
};

describe.each(['tensorflow', 'wasm'] as const)('parts on %s', (name) => {
  let device: Device;
  let results: RunResult[];
  let peer: Awaited<ReturnType<typeof readArrays>>;
  let before: number;
  beforeAll(async () => {
    device = await hold(name);
    const { graph, request } = await openCase('motif');
    before = tf.memory().numTensors;
    results = await attribute(device, graph, { ...request, methods: ['reveal-cancel', 'genomics'] });
    peer = await readArrays(`${folder('motif')}/deeplift_peer.npz`);
  });

  test('leave no tensor', () => {
    expect(tf.memory().numTensors).toBe(before);
  });

  describe.each([
    ['RevealCancel', 0],
    ['DeepLIFT_GenomicsDefault', 1],
  ] as const)('%s', (mode, index) => {
    test.each(Object.entries(PEERS))('%s', (layer, entry) => {
      const ours = results[index]!.layers.find((each) => each.name === layer)!;
      const key = Object.keys(peer).find((each) => each.startsWith(`${mode}/${entry}`));
      expect(key, `${Object.keys(peer).join(' ')}`).toBeDefined();
      expect(worst(ours.contributions, peer[key!]!.data)).toBeLessThan(1e-4);
    });

    test('is complete at every layer', () => {
      for (const layer of results[index]!.layers)
        layer.residual?.forEach((residual, example) =>
          expect(Math.abs(residual), layer.name).toBeLessThan(1e-5 * Math.abs(results[index]!.delta[example]!)),
        );
    });
  });
});
