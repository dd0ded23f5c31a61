/** A layer without a rule is the only one that is named; those behind it are told to be behind it, and every way out works. */
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray, RunResult } from '../../src/contract/attribution';
import { MhoError } from '../../src/contract/errors';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import { summarised } from '../../src/main/engine/graph/summary';
import { hold } from '../device';

const FIELD = resolve(import.meta.dirname, '../field');
let device: Device;
beforeAll(async () => {
  device = await hold();
});

const product = (shape: readonly (number | null)[]): number =>
  shape.reduce<number>((all, size) => all * (size ?? 3), 1);

/** Two examples for each input: what a run is refused for does not depend on them. */
const arraysFor = (graph: Graph): Record<string, NumericArray> =>
  Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const { shape } = graph.values[value]!;
      const data = Float32Array.from({ length: 2 * product(shape) }, (_, i) => (i % 7) / 7);
      return [name, { shape: [2, ...shape.map((size) => size ?? 3)], data }];
    }),
  );

async function run(graph: Graph, layer: string | undefined, inputs = arraysFor(graph)): Promise<RunResult> {
  const target = { ...(layer !== undefined && { layer }), index: 'argmax' } as const;
  const baseline = { kind: 'constant', value: 0 } as const;
  const [result] = await attribute(device, graph, {
    inputs,
    baseline,
    target,
    methods: ['nig'],
    rule: 'secant',
    steps: 4,
  });
  return result!;
}

async function refusal(graph: Graph, layer?: string): Promise<MhoError> {
  const error: unknown = await run(graph, layer).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MhoError);
  return error as MhoError;
}

/** Two dense layers around a Lambda, and one behind it that its shape is not known to. */
function chain(kind: string, recorded: readonly number[] | null, why: object = {}): Graph {
  const builder = new GraphBuilder('chain');
  const x = builder.input('x', [4]);
  const weights = builder.constant({ shape: [4, 4], data: new Float32Array(16).fill(0.5) }, 'w');
  const layer = (name: string, output: number, inputs: readonly number[], of = name): void =>
    builder.layer({ name, kind: of, group: [], output, unitAxis: 0, inputs: inputs.map(String), parameters: 0 });
  layer('x', x, []);
  const first = builder.add('matmul', [x, weights], { transposeA: false, transposeB: false }, 'first');
  layer('first', first, [x]);
  const strange = builder.add('unknown', [first], { kind, ...why }, 'strange', recorded ?? [null]);
  layer('strange', strange, [first], kind);
  const last = builder.add('relu', [strange], {}, 'last');
  layer('last', last, [strange]);
  builder.output('last', last);
  return builder.build();
}

describe('the summary', () => {
  it('names the layer without a rule alone, and those behind it as behind', () => {
    const { layers } = summarised(chain('Lambda', [4]), { format: '', path: '', hash: '', parameters: 0 });
    expect(layers.map(({ name, unsupported, behind }) => [name, unsupported, behind])).toEqual([
      ['x', [], undefined],
      ['first', [], undefined],
      ['strange', ['Lambda'], undefined],
      ['last', [], ['strange']],
    ]);
  });

  it.each([
    ['lambda_siamese/lambda.keras', { distance: ['Lambda'] }, { same: ['distance'] }],
    [
      'tabular_lookup/string.keras',
      { lookup: [expect.stringMatching(/^StringLookup/)] },
      { all: ['lookup'], h1: ['lookup'], risk: ['lookup'] },
    ],
    [
      'tabular_lookup/string_saved',
      { hash_table_Lookup: ['LookupTableFindV2'] },
      { all: ['hash_table_Lookup'], h1: ['hash_table_Lookup'], risk: ['hash_table_Lookup'] },
    ],
  ])('of %s', async (file, ruleless, behind) => {
    const { summary } = await openModel(join(FIELD, file));
    const named = summary.layers.filter(({ unsupported }) => unsupported.length > 0);
    expect(Object.fromEntries(named.map(({ name, unsupported }) => [name, unsupported]))).toEqual(ruleless);
    const after = summary.layers.filter((layer) => layer.behind);
    expect(Object.fromEntries(after.map((layer) => [layer.name, layer.behind]))).toMatchObject(behind);
  });

  it('weights of layers behind stay counted', async () => {
    const { summary } = await openModel(join(FIELD, 'tabular_lookup/string_saved'));
    expect(
      summary.layers.filter(({ name }) => name === 'h1' || name === 'risk').map((each) => each.parameters),
    ).toEqual([64, 9]);
  });
});

describe('the refusal', () => {
  it('of a layer of Keras: written as ops, or an earlier target', async () => {
    const error = await refusal(chain('Lambda', [4], { layer: true }));
    expect(error.fault).toEqual({
      code: 'OP_UNSUPPORTED',
      message: 'Layer strange is of kind Lambda, which has no rule, and the target depends on it.',
      remedy:
        'In Python, write the model as ops alone: model.export("folder"), then open that folder. Or: Choose a target before it: first.',
      ways: [{ kind: 'export' }, { kind: 'target', layers: ['first'] }],
    });
  });

  it('of an op of other formats: an earlier target', async () => {
    const graph = chain('NonZero', [4]);
    const { ways } = await refusal(graph);
    expect(ways).toEqual([{ kind: 'target', layers: ['first'] }]);
    expect((await run(graph, 'first')).complete).toBe(true);
  });

  it('of what comes from no input, as numbers drawn at random: a target beside it', async () => {
    const builder = new GraphBuilder('sampling');
    const x = builder.input('x', [4]);
    const mean = builder.add('relu', [x], {}, 'mean');
    const drawn = builder.add('unknown', [builder.constant({ shape: [4], data: new Float32Array(4) }, 'sizes')], { kind: 'RandomNormal' }, 'drawn', [4]); // prettier-ignore
    const sum = builder.add('add', [mean, drawn], {}, 'sum');
    for (const [name, output] of Object.entries({ x, mean, drawn, sum }))
      builder.layer({ name, kind: name, group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
    builder.output('sum', sum);
    const graph = builder.build();
    const { ways, remedy } = await refusal(graph);
    expect(ways).toEqual([{ kind: 'target', layers: ['mean'] }]);
    expect(remedy).toContain('mean');
    expect((await run(graph, 'mean')).complete).toBe(true);
  });

  it('names the layer without a rule, where one behind it is met first', async () => {
    const builder = new GraphBuilder('behind');
    const x = builder.input('x', [4]);
    const strange = builder.add('unknown', [x], { kind: 'Lambda' }, 'strange');
    const dense = builder.add('unknown', [strange], { kind: 'Dense', option: true, behind: true }, 'dense', [4]);
    const last = builder.add('relu', [dense], {}, 'last');
    for (const [name, output] of [
      ['x', x],
      ['strange', strange],
      ['dense', dense],
      ['last', last],
    ] as const)
      builder.layer({ name, kind: name, group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
    builder.output('last', last);
    const error = await refusal(builder.build());
    expect(error.sentence).toMatch(/^Layer strange is of kind Lambda/);
    expect(error.ways).toEqual([{ kind: 'report' }]);
  });

  it('of strings: what begins behind the layer that reads them', async () => {
    for (const [file, layer] of [
      ['string.keras', 'lookup'],
      ['string_saved', 'hash_table_Lookup'],
    ] as const) {
      const { graph } = await openModel(join(FIELD, 'tabular_lookup', file));
      const { numbers } = arraysFor(graph);
      const error: unknown = await run(graph, undefined, { numbers: numbers! }).catch((thrown: unknown) => thrown);
      expect((error as MhoError).code).toBe('INPUT_TEXTS');
      expect((error as MhoError).ways).toEqual([{ kind: 'texts', layer }]);
    }
  });
});

/** Every refused model of the field whose refusal tells earlier targets or another form of the model. */
describe('ways out that are followed', () => {
  it('lambda.keras: exported, and its earlier targets', async () => {
    const { graph } = await openModel(join(FIELD, 'lambda_siamese/lambda.keras'));
    const { ways } = await refusal(graph);
    expect(ways.map(({ kind }) => kind)).toEqual(['export', 'target']);
    // What model.export() of the same model wrote.
    const exported = await openModel(join(FIELD, 'lambda_siamese/lambda_saved'));
    expect((await run(exported.graph, undefined)).complete).toBe(true);
    for (const way of ways) {
      if (way.kind !== 'target') continue;
      for (const layer of way.layers) expect((await run(graph, layer)).complete, layer).toBe(true);
    }
  });
});
