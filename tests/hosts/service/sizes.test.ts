/** Models that leave sizes free, as a window has them: at the sizes of the data. */
import { describe, expect, it } from 'vitest';
import type { RunSetup } from '../../../src/contract/studio';
import { npyBytes, npyHeader } from '../../../src/main/engine/data/npy';
import type { Graph } from '../../../src/main/engine/graph/graph';
import type { StudioService } from '../../../src/main/hosts/service';
import { engine } from '../../../src/main/hosts/service/engine';
import { recurrentFile } from '../../formats/freeOnnx';
import { code, get, read, run, start, write } from './studio';

describe('sizes that a model leaves free', () => {
  const model = (): string => write('free.onnx', recurrentFile('steps'));
  const opened = (service: StudioService, path: string) =>
    get(service, 'openModel', { file: 'token' }, { paths: { token: path } });
  const rows = (name: string, steps: number, examples = 1): string => {
    const shape = [examples, steps, 2];
    const data = Float32Array.from({ length: examples * steps * 2 }, (_, at) => Math.sin(at + steps));
    return write(name, Buffer.concat([npyHeader(shape), npyBytes(data)]));
  };
  const setup = (data: string): RunSetup => ({
    data,
    examples: [0],
    baseline: { kind: 'constant', value: 0 },
    target: { index: 0 },
    methods: ['nig'],
    rule: 'secant',
    steps: 3,
    backend: 'auto',
  });
  const shapes = async (service: StudioService) =>
    (await get(service, 'openedModel', {}))!.summary.layers.map(({ shape }) => shape);

  it('are those of the data, and are said', async () => {
    const service = start();
    const { summary } = await opened(service, model());
    expect(summary.inputs[0]!.shape).toEqual([null, 2]);
    expect(summary.layers.some(({ unsupported }) => unsupported.length > 0)).toBe(true);
    const data = await read(service, [rows('seven.npy', 7)]);
    expect(data).toMatchObject({ faults: [], bound: [{ name: 'x', shape: [7, 2] }], expected: [{ shape: [null, 2] }] });
    const now = (await get(service, 'openedModel', {}))!;
    expect(now.summary).toMatchObject({ hash: summary.hash, inputs: [{ shape: [7, 2] }] });
    expect(now.summary.layers.flatMap(({ unsupported }) => unsupported)).toEqual([]);
    const notices = await run(service, setup(data.data));
    expect(notices.at(-1)).toMatchObject({ kind: 'finished' });
  });

  it('are opened once for each size, and hold their weights once', async () => {
    const choices: unknown[] = [];
    const graphs: Graph[] = [];
    const service = start(undefined, {
      openModel: (path, options) => {
        choices.push(options?.choices?.sizes);
        return engine.openModel(path, options);
      },
      sharing: (graph, known) => {
        const shared = engine.sharing(graph, known);
        graphs.push(known, shared);
        return shared;
      },
    });
    await opened(service, model());
    const seven = await read(service, [rows('seven.npy', 7)]);
    const four = await read(service, [rows('four.npy', 4)]);
    expect(await shapes(service)).toContainEqual([4, 2]);
    // Data that were read before go by their own sizes still.
    for (const { data } of [seven, four, seven]) expect((await run(service, setup(data))).at(-1)).toMatchObject({ kind: 'finished' }); // prettier-ignore
    await read(service, [rows('again.npy', 7, 2)]);
    expect(await shapes(service)).toContainEqual([7, 2]);
    expect(choices).toEqual([undefined, { x: [7, 2] }, { x: [4, 2] }]);
    const large = ({ values }: Graph) => values.flatMap(({ constant }) => (constant && constant.data.length >= 16 ? [constant.data] : [])); // prettier-ignore
    const [, , first, second] = graphs.map(large) as [unknown, unknown, Float32Array[], Float32Array[]];
    expect(first.length).toBeGreaterThan(0);
    expect(second.every((data) => first.includes(data))).toBe(true);
  });

  it('come back in a new engine with the data', async () => {
    const before = start();
    await opened(before, model());
    await read(before, [rows('seven.npy', 7)]);
    expect(await shapes(start())).toContainEqual([7, 2]);
  });

  it('are refused where the file has become another meanwhile', async () => {
    const service = start();
    await opened(service, model());
    write('free.onnx', recurrentFile('t'));
    const params = { files: ['token'] };
    const paths = { token: rows('seven.npy', 7) };
    expect(await code(service, { name: 'readInputs', params, paths })).toBe('MODEL_CHANGED');
  });
});
