/** Recurrent layers, unrolled: complete at every cut, and two independent rules meet. */
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { worst } from './cases';

const SAMPLES = resolve(import.meta.dirname, '../samples/keras_layers/keras3');

describe('recurrent layers', () => {
  let device: Device;
  let model: OpenedModel;
  let inputs: AttributionRequest['inputs'];
  beforeAll(async () => {
    device = await hold('auto');
    model = await openModel(`${SAMPLES}/recurrent.keras`);
    const arrays = await readArrays(`${SAMPLES}/outputs.npz`);
    inputs = Object.fromEntries(
      model.graph.inputs.map(({ name }) => {
        const { shape, data } = arrays[`recurrent/in/${name}`]!;
        return [name, { shape: [1, ...shape.slice(1)], data: data.slice(0, data.length / shape[0]!) }];
      }),
    );
  });

  it('every output: secant is complete at every cut and meets the trapezoid', async () => {
    expect(model.graph.outputs.length).toBeGreaterThan(5);
    for (const { name } of model.graph.outputs) {
      const request: AttributionRequest = {
        inputs,
        baseline: { kind: 'constant', value: 0 },
        target: { layer: name, index: 0, afterActivation: true },
        methods: ['nig'],
        rule: 'secant',
        steps: 64,
      };
      const [secant] = await attribute(device, model.graph, request);
      const [trapezoid] = await attribute(device, model.graph, { ...request, rule: 'trapezoid', steps: 512 });
      const scale = Math.max(Math.abs(secant!.delta[0]!), 1e-2);
      expect(secant!.layers.length, name).toBeGreaterThan(0);
      secant!.layers.forEach((layer, place) => {
        if (layer.residual) expect(Math.abs(layer.residual[0]!) / scale, `${name}: ${layer.name}`).toBeLessThan(1e-5);
        const other = trapezoid!.layers[place]!;
        expect(worst(layer.contributions, other.contributions), `${name}: ${layer.name}`).toBeLessThan(1e-3);
      });
    }
  });
});
