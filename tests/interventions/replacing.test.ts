/** What units become: each kind of replacement, chosen positions, several layers. Each held against what must come out by itself. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, NumericArray } from '../../src/contract/attribution';
import type { Intervention, Replacement } from '../../src/contract/interventions';
import { predict } from '../../src/main/engine/attribution';
import { readArrays } from '../../src/main/engine/data';
import { averagedPlaces, knockOuts, onGround, together, type Together } from '../../src/main/engine/interventions';
import { GroundMemory } from '../../src/main/engine/interventions/memory';
import { firstRows, folder, openCase, type CaseName, type ReferenceCase } from '../attribution/cases';
import { hold, inHand } from '../device';

const cases = new Map<CaseName, ReferenceCase>();
let before = 0;
beforeAll(async () => {
  await hold('tensorflow');
  for (const name of ['plain', 'residual', 'gated'] as const) cases.set(name, await openCase(name));
  before = tf.memory().numTensors;
});
afterAll(() => expect(tf.memory().numTensors).toBe(before));

/** Eight examples, of which a request holds four. */
async function pool(name: CaseName): Promise<AttributionRequest['inputs']> {
  const arrays = await readArrays(`${folder(name)}/inputs.npz`);
  return Object.fromEntries(cases.get(name)!.graph.inputs.map((port, at) => [port.name, arrays[`input_${at}`]!]));
}

async function after(
  name: CaseName,
  asked: readonly Intervention[],
  options: { readonly fixed?: boolean; readonly pool?: AttributionRequest['inputs'] } = {},
): Promise<Together> {
  const { graph, request } = cases.get(name)!;
  // One place of the output, so that examples can be held against one another.
  const of = options.fixed ? { ...request, target: { index: 0 } } : request;
  const layers = asked.map(({ layer }) => layer);
  return onGround(inHand(), graph, of, layers, (ground) => together(ground, asked), { pool: options.pool });
}

const all = (name: CaseName, layer: string, to: Replacement): Intervention => {
  const { graph } = cases.get(name)!;
  const { unitAxis, output } = graph.layers.find((each) => each.name === layer)!;
  const units = Array.from({ length: graph.values[output]!.shape[unitAxis!]! }, (_, unit) => unit);
  return { layer, units, to };
};
const close = (have: ArrayLike<number>, want: ArrayLike<number>): void => {
  expect(have.length).toBe(want.length);
  for (let at = 0; at < want.length; at++) expect(Math.abs(have[at]! - want[at]!)).toBeLessThan(1e-5);
};

describe('a layer that cuts the network, all of it replaced', () => {
  it('by the baseline: F(x′)', async () => {
    const { after: F, atBaseline, atInput } = await after('plain', [all('plain', 'conv3', { kind: 'baseline' })]);
    close(F, atBaseline);
    expect(F).not.toEqual(atInput);
  });

  it('by what it is at another example: F of that example, of which the file holds more than are asked', async () => {
    const name = 'residual';
    const inputs = await pool(name);
    const { after: F } = await after(name, [all(name, 'a_add', { kind: 'example', example: 6 })], { fixed: true, pool: inputs }); // prettier-ignore
    const { after: own } = await after(name, [all(name, 'a_add', { kind: 'example', example: 2 })], { fixed: true });
    const { atInput } = await after(name, [all(name, 'a_add', { kind: 'zero' })], { fixed: true });
    close(own, [atInput[2]!, atInput[2]!, atInput[2]!, atInput[2]!]);
    const request = { ...cases.get(name)!.request, inputs, target: { index: 0 } };
    const sixth = await onGround(inHand(), cases.get(name)!.graph, request, [], (ground) => Promise.resolve(ground.atInput[6]!)); // prettier-ignore
    close(F, [sixth, sixth, sixth, sixth]);
  });

  it('by a multiple: 1 changes nothing, 0 is zero', async () => {
    const { after: one, atInput } = await after('plain', [all('plain', 'pool1', { kind: 'scale', factor: 1 })]);
    close(one, atInput);
    const { after: none } = await after('plain', [all('plain', 'pool1', { kind: 'scale', factor: 0 })]);
    const { after: zero } = await after('plain', [all('plain', 'pool1', { kind: 'zero' })]);
    const { after: value } = await after('plain', [all('plain', 'pool1', { kind: 'value', value: 0 })]);
    close(none, zero);
    close(value, zero);
  });

  it('of many examples a mean is over 512, spread evenly, and of few over all', () => {
    expect(averagedPlaces(3)).toEqual([0, 1, 2]);
    const places = averagedPlaces(5120);
    expect(places).toHaveLength(512);
    expect(places.slice(0, 3)).toEqual([0, 10, 20]);
    expect(places.at(-1)).toBe(5110);
  });

  it('the input by its mean over the file: what the model gives for that mean', async () => {
    const name = 'plain';
    const { graph } = cases.get(name)!;
    const inputs = await pool(name);
    const { after: F, outputs } = await after(name, [all(name, 'image', { kind: 'mean' })], { fixed: true, pool: inputs }); // prettier-ignore
    const { shape, data } = inputs.image!;
    const size = data.length / shape[0]!;
    const mean: NumericArray = { shape: [1, ...shape.slice(1)], data: new Float32Array(size) };
    data.forEach((value, at) => (mean.data[at % size]! += value / shape[0]!));
    const known = await predict(inHand(), graph, { image: mean });
    for (const [output, { data: want }] of Object.entries(known)) {
      expect(outputs[output]!.shape).toEqual([4, want.length]);
      close(firstRows(outputs[output]!, 1).data, want);
    }
    close(F, [F[0]!, F[0]!, F[0]!, F[0]!]);
  });
});

describe('positions and layers', () => {
  it('all positions are the unit, some of them are not', async () => {
    const whole = await after('plain', [{ layer: 'conv3', units: [3], to: { kind: 'baseline' } }]);
    const { shape } = cases.get('plain')!.graph.values[cases.get('plain')!.graph.layers.find(({ name }) => name === 'conv3')!.output]!; // prettier-ignore
    const count = shape[0]! * shape[1]!;
    const positions = Array.from({ length: count }, (_, position) => position);
    const named = await after('plain', [{ layer: 'conv3', units: [3], positions, to: { kind: 'baseline' } }]);
    close(named.after, whole.after);
    const some = await after('plain', [{ layer: 'conv3', units: [3], positions: [5], to: { kind: 'value', value: 40 } }]); // prettier-ignore
    expect(some.after).not.toEqual(whole.after);
  });

  it('a layer behind another: computed anew before it is replaced, and all that matters where it cuts', async () => {
    const first: Intervention = { layer: 'stem_relu', units: [0, 2], to: { kind: 'zero' } };
    const second: Intervention = { layer: 'a_add', units: [1], to: { kind: 'scale', factor: 2 } };
    const both = await after('residual', [first, second]);
    const turned = await after('residual', [second, first]);
    close(both.after, turned.after);
    expect(both.after).not.toEqual((await after('residual', [second])).after);
    expect(both.after).not.toEqual((await after('residual', [first])).after);
    const gone = await after('residual', [first, all('residual', 'a_add', { kind: 'baseline' })]);
    close(gone.after, gone.atBaseline);
  });

  it('units of one layer that become different things', async () => {
    const at = (units: number[], to: Replacement): Intervention => ({ layer: 'mix', units, to });
    const { after: F } = await after('gated', [at([0], { kind: 'zero' }), at([1, 2], { kind: 'scale', factor: 0.5 })]);
    const { after: zero } = await after('gated', [at([0], { kind: 'zero' })]);
    const { after: half } = await after('gated', [at([1, 2], { kind: 'scale', factor: 0.5 })]);
    const { atInput } = await after('gated', [at([0], { kind: 'zero' })]);
    // F is additive over mix's units.
    close(
      F,
      Float64Array.from(F, (_, each) => zero[each]! + half[each]! - atInput[each]!),
    );
  });

  it('says what something goes around', async () => {
    const { around } = await after('residual', [
      { layer: 'a_relu', units: [0], to: { kind: 'zero' } },
      { layer: 'a_add', units: [0], to: { kind: 'zero' } },
    ]);
    expect(around).toEqual(['a_relu']);
  });
});

describe('what is refused', () => {
  const single = (name: CaseName, layer: string, units?: readonly number[], to: Replacement = { kind: 'zero' }) => {
    const { graph, request } = cases.get(name)!;
    return onGround(inHand(), graph, request, [layer], (ground) => knockOuts(ground, layer, to, { units }));
  };
  it.each([
    ['a layer that is not there', 'plain', 'conv9', undefined, 'LAYER_UNKNOWN'],
    ['a layer behind the target', 'residual', 'classes', undefined, 'INTERVENTION_LAYER'],
    ['a unit that is not there', 'plain', 'conv3', [1000], 'OUTPUT_INDEX'],
  ] as const)('%s', async (_, name, layer, units, code) => {
    await expect(single(name, layer, units)).rejects.toMatchObject({ code });
  });
  it('an example that is not there', async () => {
    await expect(single('plain', 'conv3', undefined, { kind: 'example', example: 99 })).rejects.toMatchObject({ code: 'EXAMPLES_RANGE' }); // prettier-ignore
  });
  it('a target that is no number with units replaced', async () => {
    await expect(single('plain', 'dense1', [0], { kind: 'value', value: 3e38 })).rejects.toMatchObject({ code: 'INTERVENTION_NOT_FINITE' }); // prettier-ignore
  });
  it('a cancelled one', async () => {
    const { graph, request } = cases.get('plain')!;
    const stopped = AbortSignal.abort();
    await expect(
      onGround(inHand(), graph, request, ['conv3'], (ground) => knockOuts(ground, 'conv3', { kind: 'zero' }), { signal: stopped }), // prettier-ignore
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

it('several baselines: the mean of what each gives', async () => {
  const { graph, request } = cases.get('plain')!;
  const inputs = await pool('plain');
  const references = firstRows(inputs.image!, 3);
  const of = (rows: NumericArray) =>
    onGround(inHand(), graph, { ...request, baseline: { kind: 'arrays', arrays: { image: rows } } }, ['conv3'], (ground) => knockOuts(ground, 'conv3', { kind: 'baseline' })); // prettier-ignore
  const mean = await of(references);
  const size = references.data.length / 3;
  const each = await Promise.all(
    [0, 1, 2].map((row) => of({ shape: [1, ...references.shape.slice(1)], data: references.data.subarray(row * size, (row + 1) * size) })), // prettier-ignore
  );
  mean.drop.forEach(
    (drops, example) =>
    close(drops, Float64Array.from(drops, (_, unit) => each.reduce((sum, { drop }) => sum + drop[example]![unit]! / 3, 0))), // prettier-ignore
  );
});

describe('what is remembered of a question', () => {
  it('gives the same numbers press by press, whatever is replaced by what, and computes no end again', async () => {
    const name = 'residual';
    const { graph, request } = cases.get(name)!;
    const inputs = await pool(name);
    const memory = new GroundMemory();
    const kinds: Replacement[] = [{ kind: 'baseline' }, { kind: 'mean' }, { kind: 'scale', factor: 1.5 }, { kind: 'zero' }, { kind: 'baseline' }]; // prettier-ignore
    for (const to of kinds)
      for (const layer of ['stem_relu', 'a_add']) {
        const asked = [{ layer, units: [1, 2], to }];
        const press = (with_: { memory?: GroundMemory }) =>
          onGround(inHand(), graph, request, [layer], (ground) => together(ground, asked), { pool: inputs, ...with_ });
        const [known, anew] = [await press({ memory }), await press({})];
        close(known.after, anew.after);
        close(known.atBaseline, anew.atBaseline);
        close(Object.values(known.outputs)[0]!.data, Object.values(anew.outputs)[0]!.data);
      }
    const found = memory.values('baseline', [], () => Promise.reject(new Error('nothing is missing')));
    expect((await found).size).toBe(0);
    const [stem] = graph.layers.filter(({ name: each }) => each === 'stem_relu');
    const again = memory.values('baseline', [stem!.output], () => Promise.reject(new Error('it was computed again')));
    expect((await again).get(stem!.output)!.shape[0]).toBe(4);
  });
});
