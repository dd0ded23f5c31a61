/** Units that a window takes out, as the service tells: against what the model itself says, and against one another. */
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Replacement } from '../../../src/contract/interventions';
import type { IntervenedSetup } from '../../../src/contract/studio';
import type { StudioService } from '../../../src/main/hosts/service';
import { code, digits, get, read, samples, start } from './studio';

let service: StudioService;
let asked: IntervenedSetup;
let layers: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[];
beforeEach(async () => {
  service = start();
  const { data, baseline, target } = await digits(service);
  asked = { data, examples: [3], baseline, target };
  ({ layers } = (await get(service, 'openedModel', {}))!.summary);
});
/** The last layer of windows, and its units. */
const convolution = () => layers.findLast(({ shape }) => shape.length === 3)!;
const unitsOf = ({ shape }: { readonly shape: readonly (number | null)[] }) =>
  Array.from({ length: shape.at(-1)! }, (_, unit) => unit);
const out = (layer: string, units: number[], to: Replacement = { kind: 'baseline' }) => ({ layer, units, to });
const intervene = (...interventions: ReturnType<typeof out>[]) =>
  get(service, 'intervene', { ...asked, interventions });

describe('units taken out together', () => {
  it('leave the prediction as it is where they are scaled by one, and give the baseline where all of a cut are out', async () => {
    const layer = convolution();
    const same = await intervene(out(layer.name, [0, 1], { kind: 'scale', factor: 1 }));
    const { outputs } = await get(service, 'predict', { data: asked.data, examples: [3], baseline: asked.baseline });
    expect(same.after[0]).toBeCloseTo(same.atInput[0]!, 4);
    expect(same.outputs.map(({ name }) => name)).toEqual(outputs.map(({ name }) => name));
    same.outputs.forEach(({ values }, at) =>
      values.data.forEach((value, place) => expect(value).toBeCloseTo(outputs[at]!.atInput.data[place]!, 4)),
    );
    const cut = layers.find(({ name }) => name.includes('stem'))!;
    const none = await intervene(out(cut.name, unitsOf(cut)));
    expect(none.around).toEqual([]);
    expect(none.after[0]).toBeCloseTo(none.atBaseline[0]!, 3);
    expect(none.meanOver).toBeNull();
  });

  it('are told beside what each does by itself, in batches that agree with the whole', async () => {
    const { name, ...layer } = convolution();
    const units = unitsOf(layer);
    const single = (some: number[]) => get(service, 'knockOuts', { ...asked, layer: name, to: { kind: 'baseline' }, units: some }); // prettier-ignore
    const [whole, first, last] = [await single(units), await single([0, 1]), await single([units.length - 1])];
    expect(whole.drop[0]).toHaveLength(units.length);
    expect(first.drop[0]![1]).toBeCloseTo(whole.drop[0]![1]!, 4);
    expect(last.restore[0]![0]).toBeCloseTo(whole.restore[0]!.at(-1)!, 4);
    const alone = await intervene(out(name, [1]));
    expect(alone.atInput[0]! - alone.after[0]!).toBeCloseTo(whole.drop[0]![1]!, 4);
  });

  it('become another example’s by its number, and a mean that says of how many', async () => {
    const input = layers.find(({ name }) => name.includes('stem'))!;
    const fixed = { ...asked, target: { index: 0 } };
    const press = (examples: number[], to: Replacement) =>
      get(service, 'intervene', { ...fixed, examples, interventions: [out(input.name, unitsOf(input), to)] });
    const { after } = await press([3], { kind: 'example', example: 7 });
    const { atInput } = await press([7], { kind: 'zero' });
    expect(after[0]).toBeCloseTo(atInput[0]!, 3);
    expect((await press([3], { kind: 'mean' })).meanOver).toBeGreaterThan(7);
  });

  it('of another question are not answered by what is remembered', async () => {
    const { name } = convolution();
    const first = await intervene(out(name, [2]));
    const other = await get(service, 'intervene', { ...asked, examples: [5], interventions: [out(name, [2])] });
    expect(other.atInput[0]).not.toBeCloseTo(first.atInput[0]!, 3);
    const again = await intervene(out(name, [2]));
    expect([again.atInput[0], again.after[0]]).toEqual([first.atInput[0], first.after[0]]);
  });

  it('that there are not are refused by name, and what is no question by its schema', async () => {
    const { name } = convolution();
    const refused = (intervention: object) => code(service, { name: 'intervene', params: { ...asked, interventions: [intervention] } }); // prettier-ignore
    expect(await refused(out('nowhere', [0]))).toBe('LAYER_UNKNOWN');
    expect(await refused(out(name, [10_000]))).toBe('OUTPUT_INDEX');
    expect(await refused(out(name, [0], { kind: 'example', example: 1e6 }))).toBe('EXAMPLES_RANGE');
    expect(await refused({ layer: name, units: [-1], to: { kind: 'zero' } })).not.toBe('ok');
    expect(await refused({ layer: name, units: [0], to: { kind: 'value', value: NaN } })).not.toBe('ok');
    expect(await code(service, { name: 'intervene', params: { ...asked, interventions: [] } })).not.toBe('ok');
  });

  it('asked many times at once: the last is answered, and of the others each or none', async () => {
    const { name } = convolution();
    const factors = [0, 0.5, 1, 1.5, 2];
    const answers = await Promise.all(
      factors.map(
        (factor) =>
        service.handle({ document: 'one', name: 'intervene', params: { ...asked, interventions: [out(name, [0], { kind: 'scale', factor })] } }), // prettier-ignore
      ),
    );
    for (const answer of answers) if (!answer.ok) expect(answer.fault.code).toBe('CANCELLED');
    expect(answers.at(-1)!.ok).toBe(true);
    const alone = await intervene(out(name, [0], { kind: 'scale', factor: 2 }));
    expect((answers.at(-1) as { value: { after: Float64Array } }).value.after[0]).toBeCloseTo(alone.after[0]!, 4);
  });

  it('are repeated by a line of mho knock-out where files hold what it asks about', async () => {
    const path = join(samples, 'digits', 'inputs.npz');
    const { data } = await read(service, [path]);
    const { name } = convolution();
    const params = { ...asked, data, interventions: [out(name, [0, 1, 5], { kind: 'zero' })] };
    const line = await get(service, 'knockOutCommand', params);
    expect(line).toMatch(/^mho knock-out \S+ --input \S+inputs\.npz .*--examples 3 /);
    expect(line).toContain(`--units ${name}:0-1,${name}:5 --to=zero`);
    const mixed = { ...params, interventions: [...params.interventions, out(name, [2])] };
    expect(await code(service, { name: 'knockOutCommand', params: mixed })).toBe('INTERVENTION_MIXED');
  });
});
